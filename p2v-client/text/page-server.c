/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"
#include "common/error.h"
#include "dialog/driver-look.h"
#include "dialog/key-look.h"
#include "dialog/look.h"
#include "dialog/say.h"
#include "terminal.h"

#define TITLE _ ("Which conversion server?")

typedef struct {
  Sheet *sheet;
  guint host, port, user, password, key, sudo, jump;
  guint test, stick, keyboard, back;
  gboolean tested;         /* what a test has said is not taken away */
  char *hardware, *remedy; /* what has no driver; NULL: nothing, or not known yet */
} Form;

typedef struct {
  gboolean done;
  Probe *probe;
  GError *error;
} Look;

static void
show_hardware (const Form *form)
{
  if (form->hardware && !form->tested)
    sheet_set_notice (form->sheet, NOTICE_WARNING, form->hardware, form->remedy);
}

static void
take_drivers (const char *text, const char *remedy, gpointer owner)
{
  Form *form = g_object_get_data (owner, "server");
  form->hardware = g_strdup (text);
  form->remedy = g_strdup (remedy);
  show_hardware (form);
}

static void
make_form (Form *form, const Text *text)
{
  const Settings *settings = text->shared->settings;
  Sheet *sheet = form->sheet = sheet_new (TITLE);
  sheet_set_text (
      sheet, _ ("The conversion server makes the virtual machine. It needs p2v-server and SSH."));
  form->host = sheet_add_entry (sheet, _ ("_Host"), settings_get (settings, SETTING_server));
  form->port = sheet_add_entry (sheet, _ ("P_ort"), settings_get (settings, SETTING_port));
  form->user = sheet_add_entry (sheet, _ ("_User name"), settings_get (settings, SETTING_username));
  form->password =
      sheet_add_secret (sheet, _ ("_Password"), settings_get (settings, SETTING_password));
  form->key =
      sheet_add_entry (sheet, _ ("Private _key"), settings_get (settings, SETTING_identity));
  form->sudo = sheet_add_switch (sheet, _ ("_Run p2v-server with sudo (the login is not root)"),
                                 settings_get_bool (settings, SETTING_sudo));
  form->jump =
      sheet_add_entry (sheet, _ ("_Jump host, if any"), settings_get (settings, SETTING_jump));
  sheet_check (sheet, form->host, SETTING_server, FALSE);
  sheet_check (sheet, form->port, SETTING_port, FALSE);
  sheet_check (sheet, form->user, SETTING_username, FALSE);
  sheet_check (sheet, form->key, SETTING_identity, TRUE);
  sheet_check (sheet, form->jump, SETTING_jump, TRUE);
  form->test = sheet_add_button (sheet, _ ("_Test connection"), TRUE);
  gboolean image = text->shared->options->image;
  form->stick = image ? sheet_add_button (sheet, _ ("Key from USB _stick"), FALSE) : 98;
  form->keyboard =
      image && terminal_has_keyboard () ? sheet_add_button (sheet, _ ("Keyboard"), FALSE) : 97;
  form->back = image ? sheet_add_button (sheet, _ ("_Back"), FALSE) : 99;
  if (settings_given (settings, SETTING_server) && !settings_given (settings, SETTING_password) &&
      !settings_given (settings, SETTING_identity))
    sheet_set_notice (sheet, NOTICE_INFO,
                      _ ("The kernel arguments do not say everything that is needed."),
                      _ ("Fill in how to log in: a password or a private key."));
  show_hardware (form);
}

static void
store_entry (Settings *settings, SettingId id, const char *value)
{
  settings_set (settings, id, *value ? value : NULL);
}

/* Another machine has another key. */
static void
store_form (const Form *form, Settings *settings)
{
  const char *host = sheet_value (form->sheet, form->host);
  const char *port = sheet_value (form->sheet, form->port);
  if (settings_given (settings, SETTING_server) &&
      (g_strcmp0 (settings_get (settings, SETTING_server), host) != 0 ||
       g_strcmp0 (settings_get (settings, SETTING_port), port) != 0))
    settings_set (settings, SETTING_hostkey, NULL);
  const char *jump = sheet_value (form->sheet, form->jump);
  const char *jump_before = settings_get (settings, SETTING_jump);
  if (jump_before && g_strcmp0 (jump_before, jump) != 0)
    settings_set (settings, SETTING_jump_hostkey, NULL);
  store_entry (settings, SETTING_jump, jump);
  store_entry (settings, SETTING_server, host);
  store_entry (settings, SETTING_port, port);
  store_entry (settings, SETTING_username, sheet_value (form->sheet, form->user));
  store_entry (settings, SETTING_password, sheet_value (form->sheet, form->password));
  store_entry (settings, SETTING_identity, sheet_value (form->sheet, form->key));
  settings_set (settings, SETTING_sudo, sheet_is_on (form->sheet, form->sudo) ? "yes" : NULL);
}

/* ---- the test ---- */

static void
take_look (Probe *probe, const GError *error, gpointer owner)
{
  Look *look = g_object_get_data (owner, "wait");
  look->probe = probe;
  look->error = error ? g_error_copy (error) : NULL;
  look->done = TRUE;
}

/* FALSE when it was stopped. */
static gboolean
look_at_server (const Text *text, Look *look)
{
  *look = (Look){0};
  g_object_set_data (text->owner, "wait", look);
  g_autoptr (GCancellable) cancel =
      look_start (text->shared->settings, text->shared->present, take_look, text->owner);
  return text_wait (TITLE, _ ("Connecting… this takes up to 20 seconds when nobody answers."),
                    &look->done, cancel);
}

static gboolean
ask_for_trust (const HostkeySeen *seen)
{
  g_autofree char *question =
      g_strdup_printf ("%s\n\n  %s\n\n%s\n\n  ssh-keygen -lf /etc/ssh/%s",
                       _ ("This machine sees it for the first time. It showed the fingerprint"),
                       seen->fingerprint, say_how_to_compare (seen), seen->file);
  return text_ask (say_whether_right (seen), question, _ ("Yes, the _fingerprint is the same"),
                   _ ("No, do not _connect"), NULL, NULL);
}

static Go
show_success (const Probe *probe)
{
  g_autoptr (Sheet) sheet = sheet_new (TITLE);
  g_autofree char *first = say_connected (probe);
  g_autofree char *second = say_can_make (probe);
  g_autofree char *words = g_strdup_printf ("%s\n\n%s", first, second);
  sheet_set_text (sheet, words);
  guint next = sheet_add_button (sheet, _ ("_Next"), FALSE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
  sheet_begin_at_button (sheet, next);
  int button = text_run_sheet (sheet);
  return button < 0 ? GO_LEAVE : button == (int)next ? GO_NEXT : GO_BACK;
}

/* TRUE when the connection is good and the person goes on or away: *GO. */
static gboolean
test (const Text *text, const Form *form, Go *go)
{
  Shared *shared = text->shared;
  Look look;
  while (look_at_server (text, &look)) {
    g_autoptr (GError) error = look.error;
    g_autoptr (Probe) probe = look.probe;
    if (!error) {
      probe_free (shared->probe);
      shared->probe = g_steal_pointer (&probe);
      *go = show_success (shared->probe);
      return *go != GO_BACK;
    }
    if (!probe->hostkey.unknown || !probe->hostkey.fingerprint) {
      g_autofree char *problem = say_problem (error);
      g_autofree char *remedy = say_remedy (error);
      sheet_set_notice (form->sheet, NOTICE_ERROR, problem, remedy);
      return FALSE;
    }
    if (!ask_for_trust (&probe->hostkey)) {
      sheet_set_notice (form->sheet, NOTICE_WARNING,
                        _ ("The connection was not made: the fingerprint is not the right one."),
                        say_distrusted (probe->hostkey.jump));
      return FALSE;
    }
    settings_set (shared->settings, probe->hostkey.jump ? SETTING_jump_hostkey : SETTING_hostkey,
                  probe->hostkey.fingerprint);
  }
  return FALSE;
}

/* ---- a key from a stick ---- */

typedef struct {
  gboolean done;
  GPtrArray *keys;
  GError *failure;
} KeyWait;

static void
take_keys (GPtrArray *keys, const GError *failure, gpointer owner)
{
  KeyWait *wait = g_object_get_data (owner, "wait");
  wait->keys = keys;
  wait->failure = failure ? g_error_copy (failure) : NULL;
  wait->done = TRUE;
}

/* The key that is chosen among KEYS, or NULL. */
static const StickKey *
choose_key (GPtrArray *keys, const char *title)
{
  g_autofree guint *fields = g_new (guint, keys->len);
  g_autoptr (Sheet) sheet = sheet_new (title);
  sheet_set_text (sheet,
                  _ ("The chosen key is copied into this machine's memory; the stick is only "
                     "read and can be pulled out afterwards."));
  (void)sheet_add_label (sheet, _ ("Private _key"));
  for (guint i = 0; i < keys->len; i++)
    fields[i] =
        sheet_add_named_choice (sheet, ((StickKey *)g_ptr_array_index (keys, i))->words, i == 0);
  guint use = sheet_add_button (sheet, _ ("_Use this key"), TRUE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
  if (sheet_run (sheet, NULL, NULL) != (int)use)
    return NULL;
  for (guint i = 0; i < keys->len; i++)
    if (sheet_is_on (sheet, fields[i]))
      return g_ptr_array_index (keys, i);
  return NULL;
}

static void
take_from_stick (const Text *text)
{
  const char *title = _ ("A private key from a USB stick");
  KeyWait wait = {0};
  g_object_set_data (text->owner, "wait", &wait);
  g_autoptr (GCancellable) cancel = key_look_start (take_keys, text->owner);
  if (!text_wait (title, _ ("Looking at the USB sticks…"), &wait.done, cancel))
    return;
  g_autoptr (GPtrArray) keys = wait.keys;
  g_autoptr (GError) error = wait.failure;
  const StickKey *key = keys->len > 0 ? choose_key (keys, title) : NULL;
  g_autofree char *path = key ? stick_key_keep (key, error ? NULL : &error) : NULL;
  if (path) {
    settings_set (text->shared->settings, SETTING_identity, path);
  } else if (error) {
    g_autofree char *words = say_error (error);
    text_tell (title, words, NULL, NULL);
  } else if (keys->len == 0) {
    text_tell (title, _ ("There is no private key on a USB stick."), NULL, NULL);
  }
}

static Go
run_form (Text *text, Form *form)
{
  Go go = GO_LEAVE;
  for (;;) {
    int button = text_run_sheet (form->sheet);
    if (button < 0)
      return GO_LEAVE;
    if (button == (int)form->back)
      return GO_BACK;
    if (button == (int)form->keyboard) {
      text_choose_keyboard (text);
      continue;
    }
    store_form (form, text->shared->settings);
    if (button == (int)form->stick) {
      take_from_stick (text);
      g_clear_pointer (&form->sheet, sheet_free);
      make_form (form, text);
      continue;
    }
    form->tested = TRUE;
    sheet_set_notice (form->sheet, NOTICE_INFO, NULL, NULL);
    if (test (text, form, &go))
      return go;
  }
}

Go
page_server (Text *text)
{
  Form form = {0};
  make_form (&form, text);
  g_object_set_data (text->owner, "server", &form);
  GCancellable *drivers = driver_look_start (take_drivers, text->owner);
  Go go = run_form (text, &form);
  work_cancel (&drivers);
  sheet_free (form.sheet);
  g_free (form.hardware);
  g_free (form.remedy);
  return go;
}
