/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shared.h"
#include "common/error.h"
#include "common/log.h"
#include "headless.h"

Shared *
shared_new (const Settings *settings, const DialogOptions *options)
{
  Shared *shared = g_new0 (Shared, 1);
  shared->options = options;
  shared->settings = settings_copy (settings);
  shared->log = g_ptr_array_new_with_free_func (g_free);
  shared->pictures = g_ptr_array_new_with_free_func (g_free);
  shared->status = STATUS_CANCELLED;
  return shared;
}

void
shared_free (Shared *shared)
{
  settings_free (shared->settings);
  p2v_machine_free (shared->present);
  probe_free (shared->probe);
  p2v_machine_free (shared->machine);
  g_ptr_array_unref (shared->log);
  g_ptr_array_unref (shared->pictures);
  event_free (shared->finished);
  g_free (shared->desk);
  g_free (shared);
}

void
shared_log (Shared *shared, const char *level, const char *text)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format (now, "%H:%M:%S");
  g_autofree char *line = g_strdup_printf ("%s %s: %s", time, level, text);
  g_ptr_array_add (shared->log, p2v_log_redact (line));
}

void
shared_finish (Shared *shared, Event *event)
{
  if (event->error) {
    g_autofree char *words = p2v_error_sentence (event->error);
    shared_log (shared, "error", words);
  }
  shared->status = !event->error ? STATUS_OK
                   : g_error_matches (event->error, P2V_ERROR, P2V_ERROR_CANCELLED)
                       ? STATUS_CANCELLED
                       : STATUS_FAILED;
  shared->finished = event;
}

const char *
shared_folder (const Shared *shared)
{
  return shared->options->image ? "/run/p2v" : g_get_home_dir ();
}

char *
shared_log_text (const Shared *shared)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < shared->log->len; i++)
    g_string_append_printf (text, "%s\n", (const char *)g_ptr_array_index (shared->log, i));
  return g_string_free (text, FALSE);
}
