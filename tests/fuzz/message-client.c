/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a client says: lines, messages, and the machine in "start", as a session and
 * a job take them. */
#include "fuzz.h"
#include "common/error.h"
#include "common/lines.h"
#include "common/machine.h"
#include "common/message.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (P2vLines) lines = p2v_lines_new (P2V_MESSAGE_MAX);
  if (!p2v_lines_push (lines, data, size, NULL))
    return 0;
  char *line;
  while ((line = p2v_lines_pop (lines))) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonObject) message =
        p2v_message_parse (line, strlen (line), P2V_FROM_CLIENT, &error);
    g_free (line);
    MUST (!message == (error != NULL));
    if (!message)
      continue;
    g_autofree char *again = p2v_message_to_line (message);
    g_autoptr (JsonObject) same =
        p2v_message_parse (again, strlen (again) - 1, P2V_FROM_CLIENT, NULL);
    MUST (same || strlen (again) >= P2V_MESSAGE_MAX);
    JsonObject *described = p2v_json_object (message, "machine");
    if (described)
      p2v_machine_free (p2v_machine_from_json (described, NULL));
  }
  return 0;
}
