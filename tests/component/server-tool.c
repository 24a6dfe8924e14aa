/* SPDX-License-Identifier: GPL-2.0-or-later */
/* p2v-server without appliance: all of it but inspect, convert and trim, which do in
 * a second what is left of them for the disks.  Inspect has the broker read the
 * beginning of each disk, so that its cache holds that; convert writes to the overlay.
 * A machine that is called "several…" has three operating systems, one that is called "locked…"
 * an encrypted volume, which the passphrase "sesame" opens. */
#include <sys/stat.h>
#include "common/process.h"
#include "p2v-server/nbd-pool.h"
#include "p2v-server/passphrases.h"
#include "p2v-server/phases.h"
#include "p2v-server/root-choice.h"
#include "p2v-server/subcommands.h"

#define READ_BYTES  (4u << 20)
#define PART        (256u << 10)
#define WRITE_WHERE "write -P 7 4M 4M"

static void
answered (gpointer data, int errnum)
{
  *(int *)data = errnum ? errnum : -1;
}

static gboolean
read_beginning (Job *job, const JobDisk *disk, GError **error)
{
  g_autofree guint8 *part = g_malloc (PART);
  g_autoptr (NbdPool) pool =
      nbd_pool_open (disk->broker_socket, "", 1, "the broker", job->cancel, error);
  for (guint64 at = 0; pool && at < READ_BYTES; at += PART) {
    int answer = 0;
    if (!nbd_pool_read (pool, part, at, PART, answered, &answer, error))
      return FALSE;
    while (!answer)
      if (!nbd_pool_poll (&pool, 1, 1000, job->cancel, error))
        return FALSE;
    g_assert (answer < 0);
  }
  return pool != NULL;
}

static char **
open_with_sesame (const GPtrArray *passphrases, gpointer data)
{
  for (guint i = 0; i < passphrases->len; i++)
    if (g_str_equal (g_ptr_array_index (passphrases, i), "sesame"))
      return g_new0 (char *, 1);
  return g_strdupv (data);
}

gboolean
phase_inspect (Job *job, GError **error)
{
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    if (!read_beginning (job, disk, error))
      return FALSE;
    disk->used_bytes = disk->source->size;
  }
  if (g_str_has_prefix (job->machine->name, "several")) {
    char *roots[] = {"/dev/sda1", "/dev/sda2", "/dev/sda3", NULL};
    char *names[] = {"Debian 11", "Debian 12", "Ubuntu 22.04", NULL};
    const char *root = root_choose (job, roots, names, NULL, error);
    if (!root)
      return FALSE;
    job_log (job, P2V_LOG_INFO, "Found the root file system on %s", root);
  }
  char *volumes[] = {"/dev/sda2", NULL};
  if (g_str_has_prefix (job->machine->name, "locked") &&
      !passphrases_use (job, volumes, FALSE, open_with_sesame, volumes, error))
    return FALSE;
  g_clear_pointer (&job->info, guest_info_free);
  job->info = guest_info_new ();
  job->info->virtio_blk = job->info->virtio_net = TRUE;
  return TRUE;
}

void
undo_inspect (Job *job G_GNUC_UNUSED)
{
}

gboolean
phase_convert (Job *job, GError **error)
{
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    const char *argv[] = {"qemu-io", "-f", "qcow2", "-c", WRITE_WHERE, disk->overlay, NULL};
    g_autofree char *output = NULL;
    if (!p2v_process_run (argv, &output, job->cancel, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
phase_trim (Job *job G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  g_usleep (G_USEC_PER_SEC);
  return TRUE;
}

int
main (int argc, char **argv)
{
  umask (0077);
  return subcommands_run (argc, argv);
}
