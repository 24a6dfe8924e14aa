/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.json and report.json of a job: a state that is read can be shown, a report
 * rendered, whatever is in them. */
#include "fuzz.h"
#include "p2v-server/report-text.h"
#include "p2v-server/state.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static char dir[] = "/tmp/p2v-fuzz.XXXXXX";
  g_autofree char *text = fuzz_utf8 (data, size);
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  if (root && JSON_NODE_HOLDS_OBJECT (root))
    g_free (report_text_render (json_node_get_object (root)));

  MUST (mkdtemp (dir));
  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  MUST (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_autoptr (State) state = state_read (dir);
  MUST (state && state->status && state->name && state->phase);
  json_object_unref (state_to_json (state));
  (void)unlink (path);
  (void)rmdir (dir);
  memcpy (dir + strlen (dir) - 6, "XXXXXX", 6);
  return 0;
}
