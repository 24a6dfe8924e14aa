/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "convert/linux/device-name.h"
#include "guest.h"
#include "mounts.h"
#include "unlock.h"
#include "volumes.h"

/* MiB for the appliance: libguestfs's own default of 768 is too little for the
 * guest's mkinitramfs, which unpacks its result in memory (initrd.c). */
#define APPLIANCE_MEMORY 1280
#define APPLIANCE_CPUS   4

/* No text file that a conversion reads comes near this; GRUB's configuration and
 * LVM's may have hundreds of KiB.  libguestfs takes what it reads into memory. */
#define READ_MOST (8 * 1024 * 1024)

/* An array whose disks do not agree would be made to (resync) as soon as the
 * appliance writes to it: all of it read from the physical machine, and written to the
 * overlay.  The virtual machine does that.  Read-only until written to, by the first
 * (md.4); no resync at all, by the second. */
#define NO_RESYNC "md_mod.start_ro=1"
#define STAY_UNSYNCED                                                                              \
  "for f in /sys/block/md*/md/sync_action; do"                                                     \
  " [ ! -e $f ] || echo frozen >$f; done"

/* Until all arrays say on their disks that nothing is under way, for else the
 * virtual machine's first start would be a resync. */
#define LEAVE_CLEAN "[ ! -e /proc/mdstat ] || mdadm --wait-clean --scan"

static void
on_event (guestfs_h *g, void *opaque, uint64_t event, int handle, int flags, const char *text,
          size_t length, const uint64_t *array, size_t array_length)
{
  (void)g, (void)handle, (void)flags, (void)array, (void)array_length;
  Job *job = opaque;
  const char *kind = event == GUESTFS_EVENT_TRACE ? "call" : "appliance";
  g_autofree char *copy = g_strndup (text, length);
  g_autofree char *line = g_utf8_make_valid (g_strchomp (copy), -1);
  if (*line)
    job_log (job, P2V_LOG_DEBUG, "%s: %s", kind, line);
}

/* The environment that libguestfs sees: ours, with its sockets in the job
 * directory, because logind removes XDG_RUNTIME_DIR with the last login. */
static char **
guest_environment (Job *job)
{
  g_autofree char *tmp = job_path (job, "tmp");
  char **env = g_get_environ ();
  env = g_environ_setenv (env, "XDG_RUNTIME_DIR", tmp, TRUE);
  env = g_environ_setenv (env, "TMPDIR", tmp, TRUE);
  env = g_environ_setenv (env, "LIBGUESTFS_TMPDIR", tmp, TRUE);
  env = g_environ_setenv (env, "LIBGUESTFS_BACKEND", "direct", FALSE);
  if (!g_environ_getenv (env, "LIBGUESTFS_CACHEDIR")) {
    /* STATE/jobs/ID → STATE/cache: one appliance for all jobs of this user */
    g_autofree char *jobs = g_path_get_dirname (job->dir);
    g_autofree char *state = g_path_get_dirname (jobs);
    g_autofree char *cache = g_build_filename (state, "cache", NULL);
    g_mkdir_with_parents (cache, 0700);
    env = g_environ_setenv (env, "LIBGUESTFS_CACHEDIR", cache, TRUE);
  }
  g_mkdir_with_parents (tmp, 0700);
  return env;
}

static gboolean
add_disks (Guest *guest, GError **error)
{
  Job *job = guest->job;
  for (guint i = 0; i < job->disks->len; i++) {
    JobDisk *disk = g_ptr_array_index (job->disks, i);
    /* cachemode unsafe: flushes of the guest's file systems cost seconds each
     * and buy nothing, for an overlay whose appliance did not shut down in
     * order is dropped and made again. */
    struct guestfs_add_drive_opts_argv options = {
        .bitmask = GUESTFS_ADD_DRIVE_OPTS_FORMAT_BITMASK |
                   GUESTFS_ADD_DRIVE_OPTS_CACHEMODE_BITMASK |
                   GUESTFS_ADD_DRIVE_OPTS_DISCARD_BITMASK,
        .format = "qcow2",
        .cachemode = "unsafe",
        .discard = "enable",
    };
    if (disk->source->logical_block_size == 4096) {
      options.bitmask |= GUESTFS_ADD_DRIVE_OPTS_BLOCKSIZE_BITMASK;
      options.blocksize = 4096;
    }
    if (guestfs_add_drive_opts_argv (guest->g, disk->overlay, &options) < 0) {
      guest_error (guest, P2V_ERROR_INTERNAL, "The overlay cannot be opened", error);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
launch (Guest *guest, GError **error)
{
  guestfs_h *g = guest->g;
  long cpus = sysconf (_SC_NPROCESSORS_ONLN);
  guestfs_set_error_handler (g, NULL, NULL);
  guestfs_set_event_callback (g, on_event,
                              GUESTFS_EVENT_APPLIANCE | GUESTFS_EVENT_LIBRARY |
                                  GUESTFS_EVENT_WARNING | GUESTFS_EVENT_TRACE,
                              0, guest->job);
  guestfs_set_trace (g, 1);
  guestfs_set_autosync (g, 1);
  if (guestfs_set_memsize (g, APPLIANCE_MEMORY) < 0 ||
      guestfs_set_smp (g, (int)CLAMP (cpus, 1, APPLIANCE_CPUS)) < 0 ||
      guestfs_set_network (g, 0) < 0 || guestfs_set_append (g, NO_RESYNC) < 0) {
    guest_error (guest, P2V_ERROR_INTERNAL, "libguestfs", error);
    return FALSE;
  }
  if (!add_disks (guest, error))
    return FALSE;
  if (guestfs_launch (g) < 0) {
    guest_error (guest, P2V_ERROR_INTERNAL, "The appliance does not start", error);
    return FALSE;
  }
  guest->devices = guestfs_list_devices (g);
  if (!guest->devices) {
    guest_error (guest, P2V_ERROR_INTERNAL, "The appliance does not list its disks", error);
    return FALSE;
  }
  if (g_strv_length (guest->devices) != guest->job->disks->len) {
    p2v_set_error (error, P2V_ERROR_INTERNAL, NULL, "The appliance shows %u disks instead of %u.",
                   g_strv_length (guest->devices), guest->job->disks->len);
    return FALSE;
  }
  g_free (guest_shell (guest, STAY_UNSYNCED));
  return TRUE;
}

Guest *
guest_open (Job *job, GError **error)
{
  g_auto (GStrv) env = guest_environment (job);
  Guest *guest = g_new0 (Guest, 1);
  guest->job = job;
  guest->volumes = g_ptr_array_new_with_free_func ((GDestroyNotify)volume_free);
  guest->mounts = g_ptr_array_new_with_free_func ((GDestroyNotify)guest_mount_free);
  guest->unlocked = g_ptr_array_new_with_free_func ((GDestroyNotify)unlocked_free);
  guest->orders = g_ptr_array_new_with_free_func ((GDestroyNotify)device_order_free);
  guest->g = guestfs_create_flags (GUESTFS_CREATE_NO_ENVIRONMENT);
  if (!guest->g) {
    p2v_set_error (error, P2V_ERROR_INTERNAL, NULL, "libguestfs cannot be used: %s.",
                   g_strerror (errno));
    guest_abandon (guest);
    return NULL;
  }
  gint64 start = g_get_monotonic_time ();
  if (guestfs_parse_environment_list (guest->g, env) < 0) {
    guest_error (guest, P2V_ERROR_INTERNAL, "libguestfs refuses its environment", error);
    guest_abandon (guest);
    return NULL;
  }
  if (!launch (guest, error)) {
    guest_abandon (guest);
    return NULL;
  }
  job_log (job, P2V_LOG_INFO, "The appliance took %.0f s to start",
           (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC);
  return guest;
}

void
guest_abandon (Guest *guest)
{
  if (!guest)
    return;
  if (guest->g)
    guestfs_close (guest->g);
  g_strfreev (guest->devices);
  g_ptr_array_unref (guest->volumes);
  g_ptr_array_unref (guest->mounts);
  g_ptr_array_unref (guest->orders);
  g_ptr_array_unref (guest->unlocked);
  g_strfreev (guest->lvs);
  g_strfreev (guest->incomplete_vgs);
  g_free (guest->crypttab);
  g_free (guest->mdadm_conf);
  g_free (guest);
}

gboolean
guest_close (Guest *guest, GError **error)
{
  gboolean ok = guestfs_umount_all (guest->g) == 0;
  if (ok) {
    g_free (guest_shell (guest, LEAVE_CLEAN));
    ok = guestfs_shutdown (guest->g) == 0;
  }
  if (!ok)
    guest_error (guest, P2V_ERROR_CONVERT, "The appliance does not shut down in order", error);
  guest_abandon (guest);
  return ok;
}

void
guest_error (Guest *guest, P2vErrorCode code, const char *what, GError **error)
{
  if (g_cancellable_is_cancelled (guest->job->cancel)) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
    return;
  }
  const char *last = guestfs_last_error (guest->g);
  g_autofree char *text = g_utf8_make_valid (last ? last : "unknown error", -1);
  g_strdelimit (text, "\n", ' ');
  p2v_set_error (error, code, "`p2v-server log` shows what led to it.", "%s: %s.", what, text);
}

char *
guest_device (Guest *guest, guint disk, guint part)
{
  if (disk >= g_strv_length (guest->devices))
    return NULL;
  return part ? g_strdup_printf ("%s%u", guest->devices[disk], part)
              : g_strdup (guest->devices[disk]);
}

gint
guest_device_disk (Guest *guest, const char *device)
{
  for (guint i = 0; guest->devices[i]; i++) {
    gsize length = strlen (guest->devices[i]);
    if (g_str_has_prefix (device, guest->devices[i]) &&
        strspn (device + length, "0123456789") == strlen (device + length))
      return (gint)i;
  }
  return -1;
}

char *
guest_shell (Guest *guest, const char *script)
{
  char *const words[] = {(char *)script, NULL};
  return guestfs_debug (guest->g, "sh", words);
}

const char *
guest_lookup (char **table, const char *key)
{
  for (guint i = 0; table[i] && table[i + 1]; i += 2)
    if (!strcmp (table[i], key))
      return table[i + 1];
  return NULL;
}

/* TRUE when PATH (links followed) is a file that may be read; *error is set for
 * one that must not be: reading a pipe would wait for ever. */
static gboolean
may_read (Guest *guest, const char *path, GError **error)
{
  struct guestfs_statns *stat = guestfs_statns (guest->g, path);
  if (!stat) {
    int reason = guestfs_last_errno (guest->g);
    if (reason != ENOENT && reason != ENOTDIR && reason != ELOOP) {
      g_autofree char *what = g_strdup_printf (N_ ("%s in the guest cannot be read"), path);
      guest_error (guest, P2V_ERROR_CONVERT, what, error);
    }
    return FALSE;
  }
  guint type = (guint)(stat->st_mode & S_IFMT);
  gint64 size = stat->st_size;
  guestfs_free_statns (stat);
  /* a character device: whoever has no file there links it to /dev/null */
  if (type == S_IFDIR || type == S_IFCHR)
    return FALSE;
  if (type == S_IFREG && size <= READ_MOST)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_GUEST,
                 "Look at it: start the physical machine from its own disk, put it right or move "
                 "it away, and convert again.",
                 type == S_IFREG ? "%s in the guest is too large to be what it should be."
                                 : "%s in the guest is not a file.",
                 path);
  return FALSE;
}

char *
guest_read (Guest *guest, const char *path, GError **error)
{
  if (!may_read (guest, path, error))
    return NULL;
  size_t size = 0;
  char *text = guestfs_read_file (guest->g, path, &size);
  if (!text) {
    g_autofree char *what = g_strdup_printf (N_ ("%s in the guest cannot be read"), path);
    guest_error (guest, P2V_ERROR_CONVERT, what, error);
    return NULL;
  }
  if (strlen (text) == size)
    return text;
  free (text);
  return NULL;
}
