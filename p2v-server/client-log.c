/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client-log.h"
#include "common/log.h"
#include "common/message.h"

#define LINES_MAX  10000u
#define TEXT_LIMIT 1000 /* characters */

void
client_log_take (JsonObject *message, guint *lines)
{
  if (*lines >= LINES_MAX)
    return;
  if (++*lines == LINES_MAX) {
    p2v_warning ("client: it has said %u lines; the rest is left out", LINES_MAX);
    return;
  }
  const char *name = p2v_json_string (message, "level", "");
  P2vLogLevel level = P2V_LOG_ERROR;
  while (level > P2V_LOG_INFO && g_strcmp0 (name, p2v_log_level_name (level)) != 0)
    level--;
  /* The logger sees to what would steer a terminal. */
  g_autofree char *valid = g_utf8_make_valid (p2v_json_string (message, "text", ""), -1);
  g_autofree char *text = g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), TEXT_LIMIT));
  p2v_log (level, "client: %s", text);
}
