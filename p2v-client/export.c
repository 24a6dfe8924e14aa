/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which nbdkit settings make the block layer read exactly what was asked for
 * (sectors read in /sys/block/X/stat against bytes requested; loop device,
 * readahead 128 KiB, kernel 6.18, nbdkit 1.32; page cache dropped before):
 *
 *   64 MiB in reads of         fadvise=normal   fadvise=random
 *   64 KiB, in sequence        +128 KiB         exact
 *   64 KiB, every fourth       +64 KiB          exact
 *   1 MiB, in sequence         +1 MiB           exact
 *   59 KiB at odd offsets      +8.5 %           whole pages of 4 KiB
 *
 * So fadvise=random.  cache=none changes nothing in these figures and would
 * make the second half of a page that was asked for in two pieces cross the
 * bus twice; it stays with the page cache, which the kernel takes back when
 * memory is short.  noextents: a disk has no holes, and an image file that
 * stands in for one in a test must not get them for nothing. */
#include "export.h"
#include "common/error.h"
#include "common/log.h"
#include "common/process.h"
#include "digest-reader.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads of one connection that wait for the disk at the same time; there are two
 * (p2v.connections), and a read of the copy is of 256 KiB.  nbdkit's 16 get into each other's
 * way, which costs processor time (make bench-loopback). */
#define THREADS "4"

#define START_MS 20000 /* an emulated machine with many disks needs some seconds */
#define STOP_MS  2000

struct Export {
  char *dir;
  char *log;
  GPtrArray *sockets;   /* char *, NULL-ended */
  GPtrArray *processes; /* GSubprocess * */
  DigestReader *reader;
};

/* Root has a folder in /run, which every system with an init has; an ordinary user
 * has a place of his own there; the rest have TMPDIR.  P2V_RUN_DIR is for tests that
 * look at what stays behind. */
static char *
make_dir (GError **error)
{
  const char *base = g_getenv ("P2V_RUN_DIR");
  if (!base)
    base = geteuid () == 0 ? "/run/p2v" : g_getenv ("XDG_RUNTIME_DIR");
  if (!base || (mkdir (base, 0700) != 0 && errno != EEXIST) || access (base, W_OK) != 0)
    base = g_get_tmp_dir ();
  char *dir = g_build_filename (base, "export.XXXXXX", NULL);
  if (g_mkdtemp (dir)) /* 0700 */
    return dir;
  p2v_set_error (error, P2V_ERROR_IO, "Make room there, or set TMPDIR to another folder.",
                 "No private folder can be made below %s: %s.", base, g_strerror (errno));
  g_free (dir);
  return NULL;
}

/* For as long as the machine runs, not only for as long as we do: what cannot be
 * written by mistake cannot be spoilt, and a reboot forgets it. */
static gboolean
protect (const P2vDisk *disk, GError **error)
{
  int fd = open (disk->device, O_RDONLY | O_CLOEXEC);
  struct stat st;
  gboolean ok = fd >= 0 && fstat (fd, &st) == 0;
  int one = 1;
  if (ok && S_ISBLK (st.st_mode))
    ok = ioctl (fd, BLKROSET, &one) == 0;
  if (!ok)
    p2v_set_error (error, P2V_ERROR_DISK,
                   "Check the disk and its cable, or leave it out with p2v.disks=.",
                   "The disk %s cannot be opened read-only: %s.", disk->device, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return ok;
}

/* nbdkit's own words, for the message. */
static char *
complaint (const Export *export)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents (export->log, &text, NULL, NULL) || !*g_strstrip (text))
    return g_strdup ("it printed nothing");
  g_strdelimit (text, "\n\r", ' ');
  gsize length = strlen (text);
  return g_utf8_make_valid (length > 400 ? text + length - 400 : text, -1);
}

static gboolean
start_disk (Export *export, guint index, const P2vDisk *disk, GError **error)
{
  g_autofree char *name = g_strdup_printf ("d%u.nbd", index);
  g_autofree char *socket = g_build_filename (export->dir, name, NULL);
  g_autofree char *libdir = p2v_process_libdir ();
  g_autofree char *filter = g_strdup_printf ("--filter=%s/nbdkit-p2vdigest-filter.so", libdir);
  g_autofree char *device = g_strdup_printf ("file=%s", disk->device);
  g_autofree char *digests =
      g_strdup_printf ("digest-socket=%s", digest_reader_path (export->reader, index));
  const char *argv[] = {"nbdkit", "--foreground", "--readonly",     "--threads=" THREADS,
                        "--unix", socket,         filter,           "--filter=noextents",
                        "file",   device,         "fadvise=random", digests,
                        NULL};

  g_autoptr (GError) cause = NULL;
  int log = open (export->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  GSubprocess *process = p2v_process_spawn (argv, log, &cause);
  if (log >= 0)
    close (log);
  if (process)
    g_ptr_array_add (export->processes, process);
  if (!process || !p2v_process_wait_socket (process, socket, START_MS, NULL, &cause) ||
      !digest_reader_accept (export->reader, index, START_MS, &cause)) {
    g_autofree char *words = process ? complaint (export) : p2v_error_problem (cause);
    p2v_set_error (error, P2V_ERROR_DISK,
                   "Check the disk with dmesg, or leave it out with p2v.disks=.",
                   "The disk %s cannot be exported: %s.", disk->device, words);
    return FALSE;
  }
  g_ptr_array_index (export->sockets, index) = g_steal_pointer (&socket);
  return TRUE;
}

Export *
export_start (const P2vMachine *machine, ExportDigests callback, gpointer data, GError **error)
{
  g_autoptr (Export) export = g_new0 (Export, 1);
  guint n_disks = machine->disks->len;
  export->processes = g_ptr_array_new_with_free_func (g_object_unref);
  export->sockets = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_set_size (export->sockets, (gint)n_disks + 1);
  export->dir = make_dir (error);
  if (!export->dir)
    return NULL;
  export->log = g_build_filename (export->dir, "nbdkit.log", NULL);
  export->reader = digest_reader_new (export->dir, n_disks, callback, data, error);
  if (!export->reader)
    return NULL;
  for (guint i = 0; i < n_disks; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    if (!protect (disk, error) || !start_disk (export, i, disk, error))
      return NULL;
  }
  digest_reader_start (export->reader);
  return g_steal_pointer (&export);
}

const char *const *
export_sockets (Export *export)
{
  return (const char *const *)export->sockets->pdata;
}

guint64
export_bytes_read (Export *export, guint disk)
{
  return digest_reader_bytes (export->reader, disk);
}

void
export_flush (Export *export)
{
  digest_reader_flush (export->reader);
}

gboolean
export_failed (Export *export, GError **error)
{
  for (guint i = 0; i < export->processes->len; i++) {
    if (g_subprocess_get_identifier (g_ptr_array_index (export->processes, i)))
      continue;
    g_autofree char *words = complaint (export);
    p2v_set_error (error, P2V_ERROR_DISK, "Look into the log and at dmesg, then start again.",
                   "nbdkit, which reads disk %u, ended before the conversion did: %s.", i + 1,
                   words);
    return TRUE;
  }
  return FALSE;
}

void
export_free (Export *export)
{
  if (!export)
    return;
  for (guint i = 0; export->processes && i < export->processes->len; i++)
    p2v_process_stop (g_ptr_array_index (export->processes, i), STOP_MS);
  g_clear_pointer (&export->reader, digest_reader_free);
  for (guint i = 0; export->sockets && i < export->sockets->len; i++) {
    if (g_ptr_array_index (export->sockets, i))
      (void)g_unlink (g_ptr_array_index (export->sockets, i));
  }
  if (export->log)
    (void)g_unlink (export->log);
  if (export->dir)
    (void)g_rmdir (export->dir);
  g_clear_pointer (&export->processes, g_ptr_array_unref);
  g_clear_pointer (&export->sockets, g_ptr_array_unref);
  g_free (export->log);
  g_free (export->dir);
  g_free (export);
}
