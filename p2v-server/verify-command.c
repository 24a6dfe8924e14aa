/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server verify IMAGE [MANIFEST]`: is a target still what was verified?  The
 * exit status is 0 when it is, 1 when it differs, 2 when that cannot be said. */
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/error.h"
#include "ranges.h"
#include "size.h"
#include "subcommands.h"
#include "target/files-name.h"
#include "verify-manifest.h"

#define EQUAL   0
#define DIFFERS 1
#define UNKNOWN 2

/* Places that are printed; a guest that has run has thousands. */
#define PLACES_MAX 100

#define PROGRESS_US (G_USEC_PER_SEC / 4)

typedef struct {
  char *image, *manifest, *dir;
  GCancellable *cancel;
  GMainLoop *loop;
  gboolean terminal;
  gint64 shown; /* monotonic */
  int status;
} Command;

static void
show_progress (guint64 done, guint64 total, gpointer data)
{
  Command *command = data;
  gint64 now = g_get_monotonic_time ();
  if (!command->terminal || now - command->shown < PROGRESS_US)
    return;
  command->shown = now;
  g_autofree char *whole = size_text (total);
  fprintf (stderr, "\r%3u %% of %s compared", (guint)(done / (total / 100 + 1)), whole);
}

/* Before anything else is printed. */
static void
end_progress (const Command *command)
{
  if (command->shown)
    fputs ("\r\033[K", stderr);
}

/* What qemu-nbd printed, on one line (caller frees). */
static char *
read_log (const Command *command)
{
  g_autofree char *path = g_build_filename (command->dir, "log", NULL);
  char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_strdup ("");
  return g_strdelimit (g_strstrip (text), "\n", ' ');
}

static int
cannot_say (const Command *command, const GError *error)
{
  end_progress (command);
  if (g_cancellable_is_cancelled (command->cancel)) {
    fprintf (stderr, "p2v-server: interrupted; nothing can be said about %s.\n", command->image);
    return UNKNOWN;
  }
  g_autofree char *log = read_log (command);
  if (strstr (log, " lock")) {
    fprintf (stderr, "p2v-server: %s is in use; shut the guest down first.\n%s\n", command->image,
             log);
  } else if (*log) {
    g_autofree char *problem = p2v_error_problem (error);
    fprintf (stderr, "p2v-server: %s\n%s\n", problem, log);
  } else {
    (void)subcommand_failed (error);
  }
  return UNKNOWN;
}

static int
tell_result (const Command *command, const GArray *bad, guint64 compared)
{
  end_progress (command);
  g_autofree char *all = size_text (compared);
  if (bad->len == 0) {
    printf ("%s is equal to its manifest, %s compared.\n", command->image, all);
    return EQUAL;
  }
  g_autofree char *bytes = size_text (ranges_bytes (bad));
  printf ("%s differs from its manifest in %u place%s, %s of %s compared:\n", command->image,
          bad->len, bad->len == 1 ? "" : "s", bytes, all);
  for (guint i = 0; i < bad->len && i < PLACES_MAX; i++) {
    g_autofree char *text = range_text (&g_array_index (bad, Range, i));
    printf ("  %s\n", text);
  }
  if (bad->len > PLACES_MAX)
    printf ("  and %u more places\n", bad->len - PLACES_MAX);
  printf ("That is no damage if the guest has run since the conversion.\n");
  return DIFFERS;
}

static int
compare (Command *command)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Blockmap) manifest = blockmap_open_manifest (command->manifest, &error);
  if (!manifest)
    return cannot_say (command, error);
  VerifyManifest verify = {
      .image = command->image,
      .format = verify_image_format (command->image, blockmap_disk_size (manifest), &error),
      .dir = command->dir,
      .manifest = manifest,
      .cancel = command->cancel,
      .progress = show_progress,
      .data = command,
  };
  g_autoptr (GArray) bad = ranges_new ();
  guint64 compared = 0;
  if (verify.format && verify_manifest (&verify, bad, &compared, &error))
    return tell_result (command, bad, compared);
  gboolean another_disk = verify.format && g_error_matches (error, P2V_ERROR, P2V_ERROR_TARGET);
  int status = cannot_say (command, error);
  return another_disk ? DIFFERS : status;
}

static gboolean
on_end (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_REMOVE;
}

static gpointer
run_compare (gpointer data)
{
  Command *command = data;
  command->status = compare (command);
  g_idle_add (on_end, command->loop);
  return NULL;
}

static gboolean
on_signal (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_CONTINUE;
}

/* In a thread, so that a signal ends qemu-nbd and removes the directory. */
static void
compare_until_signal (Command *command)
{
  static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
  command->loop = g_main_loop_new (NULL, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_unix_signal_add (signals[i], on_signal, command->cancel);
  GThread *thread = g_thread_new ("compare", run_compare, command);
  g_main_loop_run (command->loop);
  g_thread_join (thread);
  g_main_loop_unref (command->loop);
}

int
command_verify (int argc, char **argv)
{
  if (argc != 2 && argc != 3)
    return subcommand_usage ("verify");
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("p2v-verify-XXXXXX", &error);
  if (!dir) {
    (void)subcommand_failed (error);
    return UNKNOWN;
  }
  Command command = {
      .image = g_canonicalize_filename (argv[1], NULL),
      .manifest = argc == 3 ? g_strdup (argv[2]) : g_strconcat (argv[1], FILES_MANIFEST, NULL),
      .dir = dir,
      .cancel = g_cancellable_new (),
      .terminal = isatty (STDERR_FILENO),
      .status = UNKNOWN,
  };
  compare_until_signal (&command);
  g_autofree char *log = g_build_filename (dir, "log", NULL);
  (void)g_unlink (log);
  (void)g_rmdir (dir);
  g_object_unref (command.cancel);
  g_free (command.manifest);
  g_free (command.image);
  return command.status;
}
