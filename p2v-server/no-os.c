/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "no-os.h"
#include "unlock.h"

#define LOCKED                                                                                     \
  N_ ("Give its passphrase on page \"This machine\" of the dialog, or as p2v.luks=; or choose "    \
      "other disks (p2v.disks=).")

#define ENCRYPTED                                                                                  \
  N_ ("Encrypted disks cannot be converted yet: decrypt it on the physical machine first, or "     \
      "choose other disks (p2v.disks=).")

#define FIRMWARE_RAID                                                                              \
  N_ ("Choose the array as its controller shows it, not its members (p2v.disks=); if the ISO "     \
      "does not show the array, it cannot be converted.")

/* What hides a system, the likeliest first. */
static const struct {
  const char *type; /* libblkid's word */
  const char *words;
  const char *remedy;
} hiding[] = {
    {"crypto_LUKS", N_ ("encrypted (LUKS)"), LOCKED},
    {"BitLocker", N_ ("encrypted (BitLocker)"), ENCRYPTED},
    {"zfs_member", N_ ("part of a ZFS pool"),
     N_ ("A system on ZFS cannot be converted; choose other disks (p2v.disks=).")},
    {"isw_raid_member", N_ ("part of a RAID array of the firmware"), FIRMWARE_RAID},
    {"ddf_raid_member", N_ ("part of a RAID array of the firmware"), FIRMWARE_RAID},
    {"lsi_mega_raid_member", N_ ("part of a RAID array of the firmware"), FIRMWARE_RAID},
    {"linux_raid_member", N_ ("part of a RAID array, in which no operating system was found"),
     N_ ("Choose all disks of the array (p2v.disks=).")},
};

static gboolean
has_array (const GPtrArray *volumes)
{
  for (guint i = 0; i < volumes->len; i++)
    if (((const Volume *)g_ptr_array_index (volumes, i))->md_uuid)
      return TRUE;
  return FALSE;
}

/* The last volume of TYPE that was not opened, NULL when there is none; *OTHERS: those before
 * it, if any. */
static const char *
name_all (Guest *guest, const char *type, char **others)
{
  g_autoptr (GString) names = g_string_new (NULL);
  const char *last = NULL;
  guint n = 0;
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *volume = g_ptr_array_index (guest->volumes, i);
    if (g_strcmp0 (volume->type, type) || unlock_of_device (guest, volume->device))
      continue;
    if (last)
      g_string_append_printf (names, "%s%s", n > 1 ? ", " : "", last);
    last = volume->physical ? volume->physical : volume->device;
    n++;
  }
  *others = n > 1 ? g_strdup (names->str) : NULL;
  return last;
}

/* Some of it could be read as a file system. */
static gboolean
has_file_system (const GPtrArray *volumes)
{
  for (guint i = 0; i < volumes->len; i++)
    if (((const Volume *)g_ptr_array_index (volumes, i))->type)
      return TRUE;
  return FALSE;
}

void
no_os_error (Guest *guest, char **incomplete_vgs, guint n_disks, gboolean partitions,
             GError **error)
{
  if (incomplete_vgs && *incomplete_vgs) {
    g_autofree char *groups = g_strjoinv (", ", incomplete_vgs);
    p2v_set_error (error, P2V_ERROR_NO_OS, "Choose all disks of the volume group (p2v.disks=).",
                   "No operating system was found, and volume group %s is incomplete: one of its "
                   "disks is not among the chosen ones.",
                   groups);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (hiding); i++) {
    g_autofree char *others = NULL;
    const char *last = name_all (guest, hiding[i].type, &others);
    /* members of an array that was assembled hide nothing */
    if (!last || (!strcmp (hiding[i].type, "linux_raid_member") && has_array (guest->volumes)))
      continue;
    if (others)
      p2v_set_error (error, P2V_ERROR_NO_OS, hiding[i].remedy,
                     "No operating system was found: %s and %s are %s.", others, last,
                     hiding[i].words);
    else
      p2v_set_error (error, P2V_ERROR_NO_OS, hiding[i].remedy,
                     "No operating system was found: %s is %s.", last, hiding[i].words);
    return;
  }
  if (has_file_system (guest->volumes))
    p2v_set_error (error, P2V_ERROR_NO_OS,
                   "Check that the disk with the operating system is among the chosen ones "
                   "(p2v.disks=).",
                   "There are file systems on the disks, but no known operating system.");
  else if (partitions)
    p2v_set_error (error, P2V_ERROR_NO_OS,
                   "Check that the right disks are chosen (p2v.disks=); if they are encrypted "
                   "without a header, they cannot be converted.",
                   "The disk has partitions, but no file system was found in them.");
  else
    p2v_set_error (error, P2V_ERROR_NO_OS,
                   "Choose the disks that hold the operating system (p2v.disks=), and check that "
                   "no RAID controller hides them.",
                   n_disks == 1
                       ? "The disk is blank: no partition table and no file system was found on it."
                       : "The disks are blank: no partition table and no file system was found on "
                         "any of them.");
}
