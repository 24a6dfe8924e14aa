/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page-server.h"
#include "common/error.h"
#include "dialog/driver-look.h"
#include "dialog/look.h"
#include "dialog/say.h"
#include "form.h"
#include "key-sheet.h"
#include "notice.h"
#include "rows.h"

struct _P2vPageServer {
  P2vPage parent;
  GtkEntry *host, *port, *user, *password, *key, *jump;
  GtkExpander *by_jump;
  GtkToggleButton *by_password, *by_key, *sudo;
  GtkButton *choose_key, *choose_stick, *test;
  GtkSpinner *spinner;
  GtkLabel *complaint, *asked, *fingerprint, *how, *compare, *busy;
  GtkBox *hardware, *result;
  GtkWidget *question, *trust;
  Form *form;
  GCancellable *look; /* a test that is going on */
  GCancellable *drivers;
  SettingId pin;  /* whose fingerprint is asked about: the server's or the jump host's */
  char *shown[2]; /* what they showed, that was asked about: the server, the jump host */
};

G_DEFINE_TYPE (P2vPageServer, p2v_page_server, P2V_TYPE_PAGE)

static Settings *
settings_of (P2vPageServer *self)
{
  return p2v_page_shared (P2V_PAGE (self))->settings;
}

/* The button tests, or ends the test that is going on. */
static void
show_state (P2vPageServer *self)
{
  gboolean busy = self->look != NULL;
  gtk_button_set_label (self->test, busy ? _ ("Stop the _test") : _ ("_Test connection"));
  gtk_widget_set_visible (gtk_widget_get_parent (GTK_WIDGET (self->test)),
                          !gtk_widget_get_visible (self->question));
  gtk_widget_set_sensitive (GTK_WIDGET (self->test), busy || form_is_good (self->form));
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), busy);
  gtk_widget_set_visible (GTK_WIDGET (self->busy), busy);
  g_object_set (self->spinner, "active", busy, NULL);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)) && !p2v_page_is_complete (P2V_PAGE (self)))
    gtk_widget_grab_default (GTK_WIDGET (self->test));
}

/* What was found out holds for what stood there. */
static void
take_change (gpointer data)
{
  P2vPageServer *self = data;
  work_cancel (&self->look);
  notice_hide (self->result);
  gtk_widget_hide (self->question);
  if (*gtk_entry_get_text (self->jump))
    gtk_expander_set_expanded (self->by_jump, TRUE);
  p2v_page_set_complete (P2V_PAGE (self), FALSE);
  show_state (self);
}

static void
choose_login (P2vPageServer *self)
{
  gboolean key = gtk_toggle_button_get_active (self->by_key);
  gtk_widget_set_sensitive (GTK_WIDGET (self->password), !key);
  gtk_widget_set_sensitive (GTK_WIDGET (self->key), key);
  gtk_widget_set_sensitive (GTK_WIDGET (self->choose_key), key);
  gtk_widget_set_sensitive (GTK_WIDGET (self->choose_stick), key);
  form_use (self->form, self->password, !key);
  form_use (self->form, self->key, key);
  take_change (self);
}

/* ---- the test ---- */

static void
ask_for_trust (P2vPageServer *self, const HostkeySeen *seen)
{
  char **shown = &self->shown[seen->jump];
  g_free (*shown);
  *shown = g_strdup (seen->fingerprint);
  self->pin = seen->jump ? SETTING_jump_hostkey : SETTING_hostkey;
  gtk_label_set_text (self->asked, say_whether_right (seen));
  gtk_label_set_text (self->how, say_how_to_compare (seen));
  g_autofree char *command = g_strdup_printf ("ssh-keygen -lf /etc/ssh/%s", seen->file);
  gtk_label_set_text (self->fingerprint, seen->fingerprint);
  gtk_label_set_text (self->compare, command);
  /* With both open the page is too high for a small screen. */
  gtk_expander_set_expanded (self->by_jump, FALSE);
  gtk_widget_show (self->question);
  gtk_widget_grab_focus (self->trust);
}

static void
show_success (P2vPageServer *self, const Probe *probe)
{
  g_autofree char *first = say_connected (probe);
  g_autofree char *second = say_can_make (probe);
  notice_show (self->result, NOTICE_GOOD, first, second);
}

static void
take_look (Probe *probe, const GError *error, gpointer owner)
{
  P2vPageServer *self = owner;
  g_clear_object (&self->look);
  if (error && probe->hostkey.unknown && probe->hostkey.fingerprint) {
    ask_for_trust (self, &probe->hostkey);
  } else if (error) {
    g_autofree char *problem = say_problem (error);
    g_autofree char *remedy = say_remedy (error);
    notice_show (self->result, NOTICE_ERROR, problem, remedy);
  } else {
    show_success (self, probe);
  }
  p2v_page_set_complete (P2V_PAGE (self), !error);
  show_state (self);
  if (error) {
    probe_free (probe);
    return;
  }
  Shared *shared = p2v_page_shared (P2V_PAGE (self));
  probe_free (shared->probe);
  shared->probe = probe;
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (self));
  GtkWidget *next = gtk_window_get_default_widget (GTK_WINDOW (window));
  if (next)
    gtk_widget_grab_focus (next);
}

static void
start_test (P2vPageServer *self)
{
  Shared *shared = p2v_page_shared (P2V_PAGE (self));
  gboolean stop = self->look != NULL;
  take_change (self);
  if (stop || !form_is_good (self->form))
    return;
  form_store (self->form);
  settings_set (shared->settings, SETTING_sudo,
                gtk_toggle_button_get_active (self->sudo) ? "yes" : NULL);
  self->look = look_start (shared->settings, shared->present, take_look, G_OBJECT (self));
  show_state (self);
}

static void
trust (P2vPageServer *self)
{
  settings_set (settings_of (self), self->pin, self->shown[self->pin == SETTING_jump_hostkey]);
  start_test (self);
}

static void
distrust (P2vPageServer *self)
{
  gboolean jump = self->pin == SETTING_jump_hostkey;
  take_change (self);
  notice_show (self->result, NOTICE_WARNING,
               _ ("The connection was not made: the fingerprint is not the right one."),
               say_distrusted (jump));
  gtk_widget_grab_focus (GTK_WIDGET (jump ? self->jump : self->host));
}

/* Another machine has another key. */
static void
forget_key (P2vPageServer *self, gboolean jump)
{
  Shared *shared = p2v_page_shared (P2V_PAGE (self));
  if (self->shown[jump] && shared)
    settings_set (shared->settings, jump ? SETTING_jump_hostkey : SETTING_hostkey, NULL);
  g_clear_pointer (&self->shown[jump], g_free);
}

static void
host_changed (P2vPageServer *self)
{
  forget_key (self, FALSE);
}

static void
jump_changed (P2vPageServer *self)
{
  forget_key (self, TRUE);
}

static void
choose_file (P2vPageServer *self)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self)));
  g_autoptr (GtkFileChooserNative) chooser = gtk_file_chooser_native_new (
      _ ("Choose the private key"), window, GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);
  if (gtk_native_dialog_run (GTK_NATIVE_DIALOG (chooser)) != GTK_RESPONSE_ACCEPT)
    return;
  g_autofree char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (chooser));
  gtk_entry_set_text (self->key, path ? path : "");
}

static void
take_stick (const char *path, gpointer data)
{
  P2vPageServer *self = data;
  gtk_entry_set_text (self->key, path);
  gtk_widget_grab_focus (GTK_WIDGET (self->test));
}

static void
choose_stick (P2vPageServer *self)
{
  key_sheet_open (P2V_WINDOW (gtk_widget_get_toplevel (GTK_WIDGET (self))), take_stick, self);
}

/* What is missing here can only be helped by another image: it is said first. */
static void
take_drivers (const char *text, const char *remedy, gpointer owner)
{
  P2vPageServer *self = owner;
  g_clear_object (&self->drivers);
  if (text)
    notice_show (self->hardware, NOTICE_WARNING, text, remedy);
}

static void
start (P2vPage *page)
{
  P2vPageServer *self = P2V_PAGE_SERVER (page);
  Settings *settings = settings_of (self);
  self->drivers = driver_look_start (take_drivers, G_OBJECT (self));
  gtk_widget_set_visible (GTK_WIDGET (self->choose_stick), p2v_page_shared (page)->options->image);
  self->form = form_new (settings, self->complaint, take_change, self);
  form_add (self->form, self->host, SETTING_server, FALSE);
  form_add (self->form, self->port, SETTING_port, FALSE);
  form_add (self->form, self->user, SETTING_username, FALSE);
  /* Without one the server asks for it where it can (question.h). */
  form_add (self->form, self->password, SETTING_password, TRUE);
  form_add (self->form, self->key, SETTING_identity, FALSE);
  form_add (self->form, self->jump, SETTING_jump, TRUE);
  gtk_toggle_button_set_active (self->sudo, settings_get_bool (settings, SETTING_sudo));
  gtk_toggle_button_set_active (self->by_key, settings_given (settings, SETTING_identity));
  choose_login (self);
  g_signal_connect_swapped (self->host, "changed", G_CALLBACK (host_changed), self);
  g_signal_connect_swapped (self->port, "changed", G_CALLBACK (host_changed), self);
  g_signal_connect_swapped (self->jump, "changed", G_CALLBACK (jump_changed), self);
}

/* To the first that is still to be filled in. */
static void
focus_first (P2vPageServer *self)
{
  gboolean by_key = gtk_toggle_button_get_active (self->by_key);
  GtkEntry *const order[] = {self->host, self->user, by_key ? self->key : self->password};
  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    if (!*gtk_entry_get_text (order[i])) {
      gtk_widget_grab_focus (GTK_WIDGET (order[i]));
      return;
    }
  }
  gtk_widget_grab_focus (GTK_WIDGET (self->test));
}

static void
enter (P2vPage *page)
{
  P2vPageServer *self = P2V_PAGE_SERVER (page);
  const Settings *settings = settings_of (self);
  g_auto (GStrv) missing = NULL;
  show_state (self);
  focus_first (self);
  /* What the kernel arguments leave open. */
  if (p2v_page_is_complete (page) || settings_headless (settings, &missing) || !missing[0])
    return;
  if (settings_given (settings, SETTING_server))
    notice_show (self->result, NOTICE_INFO,
                 _ ("The kernel arguments do not say everything that is needed."),
                 _ ("Fill in how to log in: a password or a private key."));
}

static void
dispose (GObject *object)
{
  P2vPageServer *self = P2V_PAGE_SERVER (object);
  work_cancel (&self->look);
  work_cancel (&self->drivers);
  g_clear_pointer (&self->form, form_free);
  g_clear_pointer (&self->shown[FALSE], g_free);
  g_clear_pointer (&self->shown[TRUE], g_free);
  G_OBJECT_CLASS (p2v_page_server_parent_class)->dispose (object);
}

static void
p2v_page_server_class_init (P2vPageServerClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  G_OBJECT_CLASS (class)->dispose = dispose;
  P2V_PAGE_CLASS (class)->start = start;
  P2V_PAGE_CLASS (class)->enter = enter;
  gtk_widget_class_set_template_from_resource (widget, "/p2v/page-server.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget, P2vPageServer, name)
  CHILD (host);
  CHILD (port);
  CHILD (user);
  CHILD (password);
  CHILD (key);
  CHILD (jump);
  CHILD (by_jump);
  CHILD (by_password);
  CHILD (by_key);
  CHILD (sudo);
  CHILD (choose_key);
  CHILD (choose_stick);
  CHILD (test);
  CHILD (spinner);
  CHILD (busy);
  CHILD (complaint);
  CHILD (asked);
  CHILD (fingerprint);
  CHILD (how);
  CHILD (compare);
  CHILD (result);
  CHILD (hardware);
  CHILD (question);
  CHILD (trust);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget, choose_login);
  gtk_widget_class_bind_template_callback (widget, take_change);
  gtk_widget_class_bind_template_callback (widget, start_test);
  gtk_widget_class_bind_template_callback (widget, trust);
  gtk_widget_class_bind_template_callback (widget, distrust);
  gtk_widget_class_bind_template_callback (widget, choose_file);
  gtk_widget_class_bind_template_callback (widget, choose_stick);
}

static void
p2v_page_server_init (P2vPageServer *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  row_wrap_button (self->sudo);
}
