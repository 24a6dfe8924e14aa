/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stick.h"
#include "common/error.h"
#include "common/log.h"
#include "sysfs.h"
#include "words.h"
#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TICK_MS 500

struct Stick {
  char *device, *disk; /* "/dev/sdb1", "/dev/sdb" */
  char *path;
  gboolean mounted, writable;
};

/* What can be on it, and the options without which the kernel would write a journal back even
 * though nothing shall be written. */
static const struct {
  const char *type, *reading;
  gboolean writable;
} kinds[] = {
    {"vfat", "", TRUE},       {"ext2", "noload", TRUE}, {"ext3", "noload", TRUE},
    {"ext4", "noload", TRUE}, {"iso9660", "", FALSE},   {"xfs", "norecovery", FALSE},
    {"exfat", "", TRUE},      {"ntfs3", "", FALSE},
};

char **
stick_types (void)
{
  g_autoptr (GStrvBuilder) types = g_strv_builder_new ();
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    g_strv_builder_add (types, kinds[i].type);
  return g_strv_builder_end (types);
}

/* PROBLEM, which it owns, is a whole sentence, so that the dialogs know its format again
 * (dialog/phrase.h). */
static gboolean
fail (GError **error, char *problem)
{
  p2v_set_error (error, P2V_ERROR_SETTINGS,
                 "Plug it in and look at lsblk -f; FAT and ext4 always work.", "%s", problem);
  g_free (problem);
  return FALSE;
}

/* The disk that DEVICE is on: itself, or the one above its partition. */
static char *
disk_of (const char *device)
{
  struct stat st;
  if (stat (device, &st) != 0 || !S_ISBLK (st.st_mode))
    return NULL;
  guint number[2] = {major (st.st_rdev), minor (st.st_rdev)};
  gboolean part = sysfs_read_int (0, "/sys/dev/block/%u:%u/partition", number[0], number[1]) > 0;
  g_autofree char *link = g_strdup_printf ("/sys/dev/block/%u:%u", number[0], number[1]);
  g_autofree char *place = realpath (link, NULL);
  if (!place)
    return NULL;
  g_autofree char *above = part ? g_path_get_dirname (place) : g_strdup (place);
  g_autofree char *name = g_path_get_basename (above);
  return g_strconcat ("/dev/", g_strdelimit (name, "!", '/'), NULL);
}

/* The partition or disk with that label, or NULL.  As it is now, not as it was written down when
 * another stick was there. */
static char *
find_label (const char *label)
{
  blkid_cache cache = NULL;
  if (blkid_get_cache (&cache, "/dev/null") != 0)
    return NULL;
  char *device = blkid_evaluate_tag ("LABEL", label, &cache);
  blkid_put_cache (cache);
  return device;
}

char *
stick_disk (const char *label)
{
  g_autofree char *device = find_label (label);
  return device ? disk_of (device) : NULL;
}

gboolean
stick_is_pluggable (const char *disk)
{
  g_autofree char *name = g_path_get_basename (disk);
  g_autofree char *link = g_strdup_printf ("/sys/class/block/%s", name);
  g_autofree char *place = realpath (link, NULL);
  return sysfs_read_int (0, "/sys/class/block/%s/removable", name) == 1 ||
         (place && strstr (place, "/usb") != NULL);
}

/* The image makes every disk read-only as it appears (61-p2v-readonly.rules). */
static gboolean
set_read_only (const char *device, gboolean read_only)
{
  int value = read_only;
  int fd = open (device, O_RDONLY | O_CLOEXEC);
  gboolean ok = fd >= 0 && ioctl (fd, BLKROSET, &value) == 0;
  if (fd >= 0)
    close (fd);
  return ok;
}

static gboolean
find (Stick *stick, const char *label, const char *what, guint patience_s, GError **error)
{
  gint64 end = g_get_monotonic_time () + patience_s * G_USEC_PER_SEC;
  while (!(stick->device = find_label (label))) {
    if (g_get_monotonic_time () > end)
      return fail (error, g_strdup_printf (N_ ("The file system %s is not there."), what));
    g_usleep (TICK_MS * 1000);
  }
  stick->disk = disk_of (stick->device);
  return stick->disk != NULL ||
         fail (error, g_strdup_printf (N_ ("The file system %s is on no disk."), what));
}

static gboolean
make_writable (Stick *stick, const char *what, GError **error)
{
  if (!stick_is_pluggable (stick->disk))
    return fail (
        error,
        g_strdup_printf (
            N_ ("The file system %s is on a disk of this machine, which is never written to."),
            what));
  /* The partition's turn comes second: it cannot be more writable than its disk. */
  if (!set_read_only (stick->disk, FALSE) || !set_read_only (stick->device, FALSE))
    return fail (error, g_strdup_printf (N_ ("The file system %s cannot be written to."), what));
  stick->writable = TRUE;
  return TRUE;
}

static char *
type_of (const char *device)
{
  blkid_cache cache = NULL;
  if (blkid_get_cache (&cache, "/dev/null") != 0)
    return NULL;
  char *type = blkid_get_tag_value (cache, "TYPE", device);
  blkid_put_cache (cache);
  return type;
}

static gboolean
mount_it (Stick *stick, const char *what, gboolean writable, GError **error)
{
  g_autofree char *type = type_of (stick->device);
  gulong flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | (writable ? MS_SYNCHRONOUS : MS_RDONLY);
  for (guint i = 0; type && i < G_N_ELEMENTS (kinds); i++) {
    if (!g_str_equal (type, kinds[i].type) || (writable && !kinds[i].writable))
      continue;
    stick->mounted = mount (stick->device, stick->path, kinds[i].type, flags,
                            writable ? "" : kinds[i].reading) == 0;
    return stick->mounted ||
           fail (error, g_strdup_printf (N_ ("The file system %s cannot be mounted: %s."), what,
                                         g_strerror (errno)));
  }
  const char *found = type ? type : N_ ("nothing known");
  return writable
             ? fail (error, g_strdup_printf (
                                N_ ("The file system %s holds %s, which cannot be written here."),
                                what, found))
             : fail (error, g_strdup_printf (
                                N_ ("The file system %s holds %s, which cannot be read here."),
                                what, found));
}

static gboolean
mount_in_new_folder (Stick *stick, const char *what, gboolean writable, GError **error)
{
  const char *base = g_getenv ("P2V_RUN_DIR");
  g_autofree char *path = g_build_filename (base ? base : "/run/p2v", "stick-XXXXXX", NULL);
  (void)g_mkdir_with_parents (base ? base : "/run/p2v", 0700);
  if (!g_mkdtemp (path))
    return fail (error, g_strdup_printf (N_ ("The file system %s cannot be mounted: %s."), what,
                                         g_strerror (errno)));
  stick->path = g_steal_pointer (&path);
  return (!writable || make_writable (stick, what, error)) &&
         mount_it (stick, what, writable, error);
}

Stick *
stick_mount (const char *label, gboolean writable, guint patience_s, GError **error)
{
  g_autoptr (Stick) stick = g_new0 (Stick, 1);
  g_autofree char *what = g_strdup_printf (N_ ("with label %s"), label);
  if (!find (stick, label, what, patience_s, error) ||
      !mount_in_new_folder (stick, what, writable, error))
    return NULL;
  return g_steal_pointer (&stick);
}

Stick *
stick_mount_device (const char *device, gboolean writable, GError **error)
{
  g_autoptr (Stick) stick = g_new0 (Stick, 1);
  g_autofree char *what = g_strdup_printf (N_ ("on device %s"), device);
  stick->device = g_strdup (device);
  stick->disk = disk_of (device);
  if ((!stick->disk &&
       !fail (error, g_strdup_printf (N_ ("The file system %s is on no disk."), what))) ||
      !mount_in_new_folder (stick, what, writable, error))
    return NULL;
  return g_steal_pointer (&stick);
}

void
stick_free (Stick *stick)
{
  if (!stick)
    return;
  if (stick->mounted && umount2 (stick->path, 0) != 0)
    p2v_warning ("%s stays mounted: %s", stick->device, g_strerror (errno));
  if (stick->path)
    (void)g_rmdir (stick->path);
  if (stick->writable) {
    (void)set_read_only (stick->device, TRUE);
    (void)set_read_only (stick->disk, TRUE);
  }
  g_free (stick->device);
  g_free (stick->disk);
  g_free (stick->path);
  g_free (stick);
}

const char *
stick_path (const Stick *stick)
{
  return stick->path;
}
