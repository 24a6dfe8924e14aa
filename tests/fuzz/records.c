/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A job's records: state.json can be shown whatever is in it; a report with a guest's
 * texts in it does not steer the terminal. */
#include "fuzz.h"
#include "p2v-server/report.h"
#include "p2v-server/state.h"

static char dir[] = "/dev/shm/p2v-fuzz.XXXXXX";

static void
remove_dir (void)
{
  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  (void)unlink (path);
  (void)rmdir (dir);
}

static void
read_state (const char *text)
{
  static gboolean made;
  if (!made)
    MUST (mkdtemp (dir) && atexit (remove_dir) == 0);
  made = TRUE;
  g_autofree char *path = g_build_filename (dir, "state.json", NULL);
  MUST (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_autoptr (State) state = state_read (dir);
  MUST (state && state->status && state->name && state->phase);
  json_object_unref (state_to_json (state));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_utf8 (data, size);
  read_state (text);
  g_autoptr (Report) report = report_new ();
  report_change (report, text, text, text, text);
  report_warning (report, "%s", text);
  report_text (report, text, text);
  g_autofree char *shown = report_to_text (report);
  for (const char *p = shown; *p; p++)
    MUST (*p == '\n' || !g_ascii_iscntrl (*p));
  return 0;
}
