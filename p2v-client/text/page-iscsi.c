/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialog/iscsi-add.h"
#include "dialog/say.h"
#include "text.h"

#define TITLE     _ ("Add an iSCSI disk")
#define MOST_SEEN 12 /* targets; whoever has more types the name */

typedef struct {
  Sheet *sheet;
  guint portal, target, initiator, user, password, in_user, in_password;
  guint go;
} Form;

typedef struct {
  gboolean done;
  char **names;
  GError *error;
} Wait;

/* Any of them: which one is wrong is what the error says. */
static gboolean
check_names (const char *value G_GNUC_UNUSED, gpointer data, GError **error)
{
  const Form *form = data;
  return iscsi_check_names (sheet_value (form->sheet, form->portal),
                            sheet_value (form->sheet, form->initiator),
                            sheet_value (form->sheet, form->target), error);
}

static void
make_form (Form *form)
{
  g_autofree char *initiator = iscsi_initiator ();
  Sheet *sheet = form->sheet = sheet_new (TITLE);
  sheet_set_text (sheet, _ ("All disks that the target has for this machine appear. Users and "
                            "passwords only where the target wants them."));
  form->portal = sheet_add_entry (sheet, _ ("P_ortal"), "");
  form->target = sheet_add_entry (sheet, _ ("_Target, if you know it"), "");
  form->initiator = sheet_add_entry (sheet, _ ("_Initiator name"), initiator);
  form->user = sheet_add_entry (sheet, _ ("_User (CHAP)"), "");
  form->password = sheet_add_secret (sheet, _ ("_Password"), "");
  form->in_user = sheet_add_entry (sheet, _ ("Target's u_ser"), "");
  form->in_password = sheet_add_secret (sheet, _ ("Target's pass_word"), "");
  sheet_check_by (sheet, form->portal, check_names, form);
  sheet_check_by (sheet, form->target, check_names, form);
  sheet_check_by (sheet, form->initiator, check_names, form);
  form->go = sheet_add_button (sheet, _ ("_Connect"), TRUE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
}

static void
take_answer (char **names, const GError *error, gpointer owner)
{
  Wait *wait = g_object_get_data (owner, "wait");
  wait->names = g_strdupv (names);
  wait->error = error ? g_error_copy (error) : NULL;
  wait->done = TRUE;
}

static void
show_error (const Form *form, const GError *error)
{
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  sheet_set_notice (form->sheet, NOTICE_ERROR, problem, remedy);
}

/* With the target NAME, or "" to ask for the targets: *NAMES.  FALSE when it was wrong, when
 * it was stopped, and when it failed, which the form then says. */
static gboolean
try (const Text *text, const Form *form, const char *name, char ***names)
{
  const IscsiTyped typed = {
      .portal = sheet_value (form->sheet, form->portal),
      .initiator = sheet_value (form->sheet, form->initiator),
      .name = name,
      .user = sheet_value (form->sheet, form->user),
      .password = sheet_value (form->sheet, form->password),
      .in_user = sheet_value (form->sheet, form->in_user),
      .in_password = sheet_value (form->sheet, form->in_password),
  };
  Wait wait = {0};
  g_autoptr (GError) error = NULL;
  IscsiTarget *target = iscsi_read_typed (&typed, &error);
  gboolean ok = target != NULL;
  if (ok) {
    g_object_set_data (text->owner, "wait", &wait);
    g_autoptr (GCancellable) cancel =
        iscsi_add_start (typed.initiator, target, take_answer, text->owner);
    ok = text_wait (TITLE, *name ? _ ("Connecting…") : _ ("Asking for the targets…"), &wait.done,
                    cancel) &&
         !wait.error;
    error = wait.error;
    *names = wait.names;
  }
  if (error)
    show_error (form, error);
  return ok;
}

/* A copy; NULL when none of them is right. */
static char *
choose (char **names)
{
  guint n = MIN (g_strv_length (names), MOST_SEEN), first = 0;
  if (n == 1)
    return g_strdup (names[0]);
  g_autoptr (Sheet) sheet = sheet_new (TITLE);
  sheet_add_label (sheet, _ ("Targets of the portal"));
  for (guint i = 0; i < n; i++) {
    guint field = sheet_add_named_choice (sheet, names[i], i == 0);
    first = i == 0 ? field : first;
  }
  guint go = sheet_add_button (sheet, _ ("_Connect"), FALSE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
  if (sheet_run (sheet, NULL, NULL) != (int)go)
    return NULL;
  for (guint i = 0; i < n; i++)
    if (sheet_is_on (sheet, first + i))
      return g_strdup (names[i]);
  return NULL;
}

static gboolean
connect_form (const Text *text, const Form *form)
{
  g_auto (GStrv) names = NULL;
  g_auto (GStrv) none = NULL;
  g_autofree char *name = g_strdup (sheet_value (form->sheet, form->target));
  if (!*name) {
    g_free (name);
    name = try (text, form, "", &names) ? choose (names) : NULL;
  }
  return name && try (text, form, name, &none);
}

void
text_add_iscsi (Text *text)
{
  Form form = {0};
  make_form (&form);
  g_autoptr (Sheet) sheet = form.sheet;
  do {
    if (sheet_run (sheet, NULL, NULL) != (int)form.go)
      return;
    sheet_set_notice (sheet, NOTICE_INFO, NULL, NULL);
  } while (!connect_form (text, &form));
}
