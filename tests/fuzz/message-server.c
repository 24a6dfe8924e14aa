/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a server says, and what the client shows of it. */
#include "fuzz.h"
#include "common/error.h"
#include "common/message.h"
#include "machine.h"
#include "p2v-client/control.h"
#include "p2v-client/summary.h"

static void
check_clean (const char *text)
{
  MUST (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    MUST (!g_unichar_iscntrl (g_utf8_get_char (p)));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (JsonObject) message =
      p2v_message_parse ((const char *)data, size, P2V_FROM_SERVER, NULL);
  if (!message)
    return 0;
  JsonObject *error = p2v_json_object (message, "error");
  JsonObject *summary = p2v_json_object (message, "summary");
  if (error) {
    g_autoptr (GError) shown = control_error (error);
    g_autofree char *sentence = p2v_error_sentence (shown);
    check_clean (sentence);
  }
  if (summary) {
    g_autoptr (P2vMachine) machine = fuzz_machine ();
    g_autofree char *text = summary_of_job (summary, machine);
    MUST (text);
    for (const char *p = text; *p; p++)
      MUST (*p == '\n' || !g_ascii_iscntrl (*p));
  }
  g_autofree char *clean = control_clean_text (p2v_json_string (message, "text", ""));
  check_clean (clean);
  return 0;
}
