/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passphrases of encrypted volumes: what the settings hold and what a person has typed while
 * the job ran.  The server asks anew whenever it starts its appliance; what opened something once
 * is not asked of the person again. */
#include "attendance-private.h"
#include "common/log.h"
#include "common/secret.h"
#include "secret-answer.h"
#include <string.h>

/* LIST is wiped and freed. */
static void
send_list (Attendance *attendance, gint64 id, char **list, gboolean leave)
{
  char *line = secret_answer_new (id, list, leave);
  control_send_secret (line_control (attendance->line), line);
  secret_answer_free (line);
  settings_wipe_list (list);
}

static void
answer_all (Attendance *attendance, gint64 id)
{
  char **given =
      attendance->settings ? settings_passphrases (attendance->settings) : g_new0 (char *, 1);
  guint n = g_strv_length (given);
  g_mutex_lock (&attendance->lock);
  char **list = g_new0 (char *, n + attendance->passphrases->len + 1);
  memcpy (list, given, n * sizeof *given);
  g_free (given);
  for (guint i = 0; i < attendance->passphrases->len; i++)
    list[n + i] = g_strdup (g_ptr_array_index (attendance->passphrases, i));
  g_mutex_unlock (&attendance->lock);
  send_list (attendance, id, list, FALSE);
}

/* What a person has said last. */
static void
answer_typed (Attendance *attendance, gint64 id)
{
  char **list = g_new0 (char *, 2);
  g_mutex_lock (&attendance->lock);
  gboolean leave = attendance->leave;
  guint n = attendance->passphrases->len;
  if (!leave && n > 0)
    list[0] = g_strdup (g_ptr_array_index (attendance->passphrases, n - 1));
  g_mutex_unlock (&attendance->lock);
  send_list (attendance, id, list, leave);
}

static char **
read_closed (JsonArray *array)
{
  guint n = json_array_get_length (array);
  char **closed = g_new0 (char *, n + 1);
  for (guint i = 0; i < n; i++)
    closed[i] = control_clean_text (json_array_get_string_element (array, i));
  return closed;
}

static void
ask_person (Attendance *attendance)
{
  Event *event = event_new (EVENT_LOCKED);
  g_autofree char *names = g_strjoinv (", ", attendance->closed);
  event->job = g_strdup (attendance->job);
  event->text = g_strdup_printf ("No passphrase that was given opens %s (LUKS).", names);
  event->choices = g_strdupv (attendance->closed);
  attendance->emit (event, attendance->data);
}

/* A query that is asked again after a break has the number that it had: then the person who
 * has answered it is not asked again, nor one who is still asked the same. */
void
attendance_take_locked (Attendance *attendance, JsonObject *query)
{
  gint64 id = p2v_json_int (query, "id", 0);
  JsonArray *array = p2v_json_array (query, "closed");
  if (!array) {
    attendance->opened_id = 0;
    answer_all (attendance, id);
    return;
  }
  if (!attendance->chooses || json_array_get_length (array) == 0) {
    send_list (attendance, id, g_new0 (char *, 1), FALSE);
    return;
  }
  if (attendance->opened_id == id) {
    answer_typed (attendance, id);
    return;
  }
  g_auto (GStrv) closed = read_closed (array);
  gboolean asked = attendance->closed_id && g_strv_equal ((const char *const *)closed,
                                                          (const char *const *)attendance->closed);
  attendance->closed_id = id;
  if (asked)
    return;
  g_strfreev (attendance->closed);
  attendance->closed = g_steal_pointer (&closed);
  g_mutex_lock (&attendance->lock);
  attendance->typed = FALSE;
  g_mutex_unlock (&attendance->lock);
  ask_person (attendance);
}

void
attendance_go_on_locked (Attendance *attendance)
{
  if (!attendance->closed_id)
    return;
  g_mutex_lock (&attendance->lock);
  gboolean typed = attendance->typed;
  attendance->typed = FALSE;
  g_mutex_unlock (&attendance->lock);
  if (!typed)
    return;
  attendance->opened_id = attendance->closed_id;
  attendance->closed_id = 0;
  answer_typed (attendance, attendance->opened_id);
}

void
attendance_unlock (Attendance *attendance, const char *passphrase)
{
  p2v_log_add_secret (passphrase);
  g_mutex_lock (&attendance->lock);
  attendance->typed = TRUE;
  attendance->leave = passphrase == NULL;
  if (passphrase)
    g_ptr_array_add (attendance->passphrases, p2v_secret_new (passphrase));
  g_mutex_unlock (&attendance->lock);
}
