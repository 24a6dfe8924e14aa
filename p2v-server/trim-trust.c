/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a file system's own word for what is free may be taken.
 *
 * What it calls free becomes a hole of the copy, is never read, and verifying
 * agrees with that.  So a live block that is marked free would be lost without
 * anybody noticing; on the physical machine it lives until something else is
 * written there.
 *
 * ext2, ext3, ext4: the superblock says whether the kernel has ever met an error,
 * and, without a journal, whether it was unmounted in order; that costs one
 * block.  A clean one is trimmed.  Any other is checked as a whole first, and
 * nothing is repaired: e2fsck -fn reads the inodes in use, directories and
 * bitmaps, of the demo's root (19710 files, 1.2 GB live) 18 MB, all of it live
 * and copied later anyway; of a large file system minutes' worth, which is why
 * clean ones are spared.  The journal has been replayed by then: inspect mounts
 * every file system once.  What the kernel finds while it trims (it compares each
 * bitmap with its count and its checksum, and leaves a group out that is wrong)
 * shows in the superblock afterwards.
 * NTFS, exFAT: always checked as a whole, as theirs is one bitmap without a checksum.
 * ntfsresize compares it with the clusters of all files (it reads the MFT);
 * ntfs-3g.probe refuses one that Windows has not let go of: hibernated, fast
 * start-up, a log that is not empty.
 * XFS: mounting replays the log, and refuses a file system that needs repair.
 * Btrfs, F2FS: all that says what is free has a checksum and a generation.
 * FAT: the files' own chains are the map of what is free. */
#include <string.h>
#include "trim.h"

#define CHECK_FILE_SYSTEM                                                                          \
  "Start the physical machine from its own disk, let it check and repair the file system (fsck), " \
  "and convert again."
#define CHECK_NTFS                                                                                 \
  "Start the physical machine from its own disk, let it check the file system (chkdsk /f), shut "  \
  "it down completely (shutdown /s /t 0), and convert again."

gboolean
trim_is_possible (const Volume *volume)
{
  static const char *const types[] = {"ext2", "ext3", "ext4",  "xfs",  "btrfs",
                                      "vfat", "f2fs", "exfat", "ntfs", NULL};
  return volume->type && g_strv_contains (types, volume->type);
}

static gboolean
is_ext (const Volume *volume)
{
  return !strcmp (volume->type, "ext2") || !strcmp (volume->type, "ext3") ||
         !strcmp (volume->type, "ext4");
}

/* Does the superblock know of nothing bad? */
static gboolean
superblock_is_clean (Guest *guest, const Volume *volume)
{
  g_auto (GStrv) table = guestfs_tune2fs_l (guest->g, volume->device);
  if (!table)
    return FALSE;
  const char *state = guest_lookup (table, "Filesystem state");
  const char *features = guest_lookup (table, "Filesystem features");
  const char *errors = guest_lookup (table, "FS Error count");
  return !g_strcmp0 (state, "clean") && (!features || !strstr (features, "needs_recovery")) &&
         (!errors || !strcmp (errors, "0"));
}

/* Checks that repair nothing, of $d: libguestfs has no calls for them. */
static const char *
check_command (const Volume *volume)
{
  if (is_ext (volume))
    return "e2fsck -fn $d";
  if (!strcmp (volume->type, "ntfs"))
    return "ntfs-3g.probe --readwrite $d && ntfsresize --check $d";
  return !strcmp (volume->type, "exfat") ? "fsck.exfat -n $d" : NULL;
}

static gboolean
check_finds_nothing (Guest *guest, const Volume *volume)
{
  g_autofree char *device = below_device (guest, volume->device);
  if (!device)
    return FALSE;
  g_autofree char *script = g_strdup_printf ("d=%s; { %s; } >/dev/null 2>&1 </dev/null; echo $?",
                                             device, check_command (volume));
  g_autofree char *status = guest_shell (guest, script);
  return status && !strcmp (g_strchomp (status), "0");
}

gboolean
trim_may_trust (Guest *guest, const Volume *volume, gboolean *checked)
{
  *checked =
      is_ext (volume) ? !superblock_is_clean (guest, volume) : check_command (volume) != NULL;
  if (!*checked)
    return TRUE;
  job_log (guest->job, P2V_LOG_INFO, "%s %s: checking it before it is trimmed", volume->device,
           is_ext (volume) ? "was not left in order" : "has no checksums");
  if (check_finds_nothing (guest, volume))
    return TRUE;
  report_warning (guest->job->report,
                  "The file system on %s (%s) is damaged%s, and what it calls free may be in use: "
                  "it is copied as a whole, as it is.  %s",
                  volume->device, volume->type,
                  strcmp (volume->type, "ntfs") ? "" : ", or Windows has not let go of it",
                  strcmp (volume->type, "ntfs") ? CHECK_FILE_SYSTEM : CHECK_NTFS);
  return FALSE;
}

void
trim_look_back (Guest *guest, const Volume *volume)
{
  if (!is_ext (volume) || superblock_is_clean (guest, volume))
    return;
  report_warning (guest->job->report,
                  "The file system on %s (%s) was found to be damaged while its free space was "
                  "looked for.  The damaged parts are copied as a whole, but others may be "
                  "damaged, too.  " CHECK_FILE_SYSTEM,
                  volume->device, volume->type);
}
