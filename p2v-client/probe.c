/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"
#include <string.h>
#include "common/error.h"
#include "control.h"

/* libvirt may have to be started over there. */
#define ANSWER_S 60
#define BYE_MS   2000

typedef struct {
  Probe *probe;
  gboolean answered;
} Wait;

/* Cleaned, for the server is not trusted with the screen (caller frees). */
static char **
take_strings (JsonObject *object, const char *member)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  JsonArray *array = p2v_json_array (object, member);
  for (guint i = 0; array && i < json_array_get_length (array); i++) {
    g_autofree char *word = control_clean_text (json_array_get_string_element (array, i));
    g_strv_builder_add (words, word);
  }
  return g_strv_builder_end (words);
}

static gboolean
take_answer (JsonObject *message, gpointer data, GError **error)
{
  Wait *wait = data;
  Probe *probe = wait->probe;
  if (strcmp (p2v_message_type (message), "survey") != 0) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, NULL,
                   "p2v-server said \"%s\" where its answer belongs.", p2v_message_type (message));
    return FALSE;
  }
  const char *directory = p2v_json_string (message, "directory", "");
  JsonObject *refusal = p2v_json_object (message, "error");
  wait->answered = TRUE;
  probe->pools = take_strings (message, "pools");
  probe->networks = take_strings (message, "networks");
  probe->warnings = take_strings (message, "warnings");
  const char *waiting = p2v_json_string (message, "waiting", "");
  probe->waiting = *waiting ? control_clean_text (waiting) : NULL;
  probe->directory = *directory ? control_clean_text (directory) : NULL;
  probe->free = p2v_json_int (message, "free", -1);
  probe->refusal = refusal ? control_error (refusal) : NULL;
  return TRUE;
}

static gboolean
ask (Control *control, const Settings *settings, const P2vMachine *machine, Probe *probe,
     GCancellable *cancel, GError **error)
{
  g_autoptr (JsonObject) survey = p2v_message_new ("survey");
  json_object_set_object_member (survey, "settings", settings_to_json (settings));
  if (machine)
    json_object_set_object_member (survey, "machine", p2v_machine_to_json (machine));
  control_send (control, survey);
  Wait wait = {.probe = probe};
  gint64 deadline = g_get_monotonic_time () + ANSWER_S * G_TIME_SPAN_SECOND;
  while (!wait.answered) {
    if (g_cancellable_is_cancelled (cancel)) {
      p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
      return FALSE;
    }
    if (g_get_monotonic_time () > deadline) {
      p2v_set_error (error, P2V_ERROR_LINK, "Run \"p2v-server doctor\" on the conversion server.",
                     "p2v-server did not answer within %d seconds.", ANSWER_S);
      return FALSE;
    }
    if (!control_serve (control, 100, -1, take_answer, &wait, error))
      return FALSE;
  }
  return TRUE;
}

static void
add_warning (Probe *probe, const char *warning)
{
  guint count = probe->warnings ? g_strv_length (probe->warnings) : 0;
  probe->warnings = g_renew (char *, probe->warnings, count + 2);
  probe->warnings[count] = g_strdup (warning);
  probe->warnings[count + 1] = NULL;
}

static void
say_bye (Control *control)
{
  g_autoptr (JsonObject) bye = p2v_message_new ("bye");
  control_send (control, bye);
  control_flush (control, BYE_MS);
}

Probe *
probe_server (const Settings *settings, const P2vMachine *machine, GCancellable *cancel,
              GError **error)
{
  g_autoptr (Probe) probe = g_new0 (Probe, 1);
  g_autoptr (Identity) identity = NULL;
  g_autoptr (Session) session = NULL;
  g_autoptr (Control) control = NULL; /* freed before its session */
  probe->free = -1;
  if (identity_load (settings, &identity, cancel, error))
    session = session_open_seeing (settings, identity, &probe->hostkey, cancel, error);
  if (session)
    control = control_open (session, cancel, error);
  if (control) {
    probe->peer = g_strdup (session_peer (session));
    probe->version = control_clean_text (p2v_json_string (control_hello (control), "version", ""));
    probe->targets = take_strings (control_hello (control), "targets");
    if (ask (control, settings, machine, probe, cancel, error))
      say_bye (control);
    if (control_clock (control))
      add_warning (probe, control_clock (control));
  }
  return g_steal_pointer (&probe);
}

void
probe_free (Probe *probe)
{
  if (!probe)
    return;
  g_free (probe->hostkey.fingerprint);
  g_free (probe->peer);
  g_free (probe->version);
  g_strfreev (probe->targets);
  g_strfreev (probe->pools);
  g_strfreev (probe->networks);
  g_strfreev (probe->warnings);
  g_free (probe->waiting);
  g_free (probe->directory);
  g_clear_error (&probe->refusal);
  g_free (probe);
}
