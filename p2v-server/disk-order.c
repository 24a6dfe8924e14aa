/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "convert/linux/device-order.h"
#include "convert/linux/device-spec.h"
#include "convert/linux/tab.h"
#include "disk-order.h"
#include "volumes.h"

/* Where the boot is told about root and the hibernated system. */
static const char *const argument_files[] = {"/etc/default/grub",
                                             "/etc/initramfs-tools/conf.d/resume"};

typedef struct {
  Guest *guest;
  const char *root;
  GPtrArray *entries;  /* TabEntry *: fstab */
  GHashTable *kernels; /* device → whether it holds kernels, so that each is mounted once */
} Evidence;

static void
add_use (GPtrArray *uses, const char *device, const char *place, const char *type)
{
  gint family;
  guint disk, part;
  if (!device_name_ordinal (device, &family, &disk, &part))
    return;
  DeviceUse *use = g_new0 (DeviceUse, 1);
  use->device = g_strdup (device);
  use->place = g_strdup (place);
  use->type = g_strdup (type);
  g_ptr_array_add (uses, use);
}

static void
add_crypttab (GPtrArray *uses, const char *text)
{
  static const char *const unsigned_kinds[] = {"plain", "swap", "tmp", "tcrypt", "bitlk"};
  g_autoptr (GPtrArray) entries = tab_entries (text, 1);
  for (guint i = 0; i < entries->len; i++) {
    const TabEntry *entry = g_ptr_array_index (entries, i);
    const char *type = "crypto_LUKS";
    for (guint j = 0; j < G_N_ELEMENTS (unsigned_kinds); j++)
      if (tab_has_option (entry->fields[3], unsigned_kinds[j]))
        type = NULL;
    if (!tab_has_option (entry->fields[3], "noauto"))
      add_use (uses, entry->fields[1], entry->fields[0], type);
  }
}

static void
add_arguments (GPtrArray *uses, const char *text)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("^[^#\\n]*?\\b(root|resume)=(/dev/[\\w/]+)",
                   G_REGEX_RAW | G_REGEX_CASELESS | G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL)) {
    g_autofree char *word = g_match_info_fetch (match, 1);
    g_autofree char *device = g_match_info_fetch (match, 2);
    gboolean root = !g_ascii_strcasecmp (word, "root");
    add_use (uses, device, root ? "/" : "none", root ? NULL : "swap");
  }
}

static GPtrArray *
collect_uses (const Evidence *evidence)
{
  GPtrArray *uses = g_ptr_array_new_with_free_func ((GDestroyNotify)device_use_free);
  for (guint i = 0; i < evidence->entries->len; i++) {
    const TabEntry *entry = g_ptr_array_index (evidence->entries, i);
    /* CD drives, sticks: what is not mounted by itself need not be there */
    if (!tab_has_option (entry->fields[3], "noauto"))
      add_use (uses, entry->fields[0], entry->fields[1], entry->fields[2]);
  }
  add_crypttab (uses, evidence->guest->crypttab);
  for (guint i = 0; i < G_N_ELEMENTS (argument_files); i++) {
    g_autofree char *text = guest_read (evidence->guest, argument_files[i], NULL);
    add_arguments (uses, text ? text : "");
  }
  return uses;
}

/* "btrfsvol:/dev/sda2/@" is on /dev/sda2. */
static gboolean
is_root (const Evidence *evidence, const char *device)
{
  const char *root = evidence->root;
  if (!g_str_has_prefix (root, "btrfsvol:"))
    return !strcmp (root, device);
  root += strlen ("btrfsvol:");
  gsize length = strlen (device);
  return g_str_has_prefix (root, device) && root[length] == '/';
}

/* Another entry of fstab, by a name that does not lie, mounts VOLUME elsewhere. */
static gboolean
is_elsewhere (const Evidence *evidence, const Volume *volume, const DeviceUse *use)
{
  if (g_strcmp0 (use->place, "/") && is_root (evidence, volume->device) &&
      g_strcmp0 (volume->type, "btrfs"))
    return TRUE;
  for (guint i = 0; i < evidence->entries->len; i++) {
    const TabEntry *entry = g_ptr_array_index (evidence->entries, i);
    g_autoptr (DeviceSpec) spec = device_spec_parse (entry->fields[0]);
    if (spec->kind != SPEC_HARDWARE && spec->kind != SPEC_NO_DEVICE &&
        volume_find (evidence->guest, entry->fields[0], NULL) == volume &&
        g_strcmp0 (entry->fields[1], use->place) && g_strcmp0 (volume->type, "btrfs"))
      return TRUE;
  }
  return FALSE;
}

/* Mounted for a moment where it belongs if it is the right one. */
static gboolean
holds_kernel (const Evidence *evidence, const char *device)
{
  gpointer known;
  if (g_hash_table_lookup_extended (evidence->kernels, device, NULL, &known))
    return GPOINTER_TO_INT (known);
  gboolean found = FALSE;
  guestfs_h *g = evidence->guest->g;
  if (guestfs_mount_ro (g, device, "/boot") == 0) {
    g_auto (GStrv) kernels = guestfs_glob_expand (g, "/boot/vmlinuz*");
    found = kernels && *kernels;
    guestfs_umount (g, "/boot");
  }
  g_hash_table_insert (evidence->kernels, g_strdup (device), GINT_TO_POINTER (found));
  return found;
}

static DeviceFit
judge (const DeviceUse *use, const DevicePlace *place, gpointer data)
{
  const Evidence *evidence = data;
  g_autofree char *device = guest_device (evidence->guest, place->disk, place->part);
  const Volume *volume = device ? volume_of_device (evidence->guest, device) : NULL;
  if (!volume)
    return FIT_WRONG; /* the disk has no such partition */
  if (!g_strcmp0 (use->place, "/"))
    return is_root (evidence, device) ? FIT_SURE : FIT_WRONG;
  if (!fs_type_fits (use->type, volume->type) || is_elsewhere (evidence, volume, use))
    return FIT_WRONG;
  if (!g_strcmp0 (use->place, "/boot"))
    return holds_kernel (evidence, device) ? FIT_SURE : FIT_WRONG;
  return FIT_GOOD;
}

/* "/dev/sda1 is /dev/sdb1 of the ISO" for each name, in the log. */
static void
tell (const Evidence *evidence, const GPtrArray *uses, gint family)
{
  Guest *guest = evidence->guest;
  for (guint i = 0; i < uses->len; i++) {
    const DeviceUse *use = g_ptr_array_index (uses, i);
    const Volume *volume = volume_find (guest, use->device, use->type);
    gint mine;
    guint disk, part;
    if (volume && device_name_ordinal (use->device, &mine, &disk, &part) && mine == family)
      job_log (guest->job, P2V_LOG_INFO, "The guest's %s (%s) is what the ISO calls %s",
               use->device, use->place, volume->physical);
  }
}

static void
find_family (const Evidence *evidence, const GPtrArray *uses, gint family, const char *example)
{
  Guest *guest = evidence->guest;
  switch (device_order_find (guest->job->machine, family, uses, judge, (gpointer)evidence,
                             guest->orders)) {
  case ORDER_AS_IS:
    return;
  case ORDER_OTHER:
    tell (evidence, uses, family);
    return;
  case ORDER_BROKEN:
    break;
  }
  g_autofree char *safe = g_utf8_make_valid (example, -1);
  report_warning (guest->job->report,
                  "The kernel's names for disks in the guest's files (%s and the like) fit the "
                  "converted disks in no order; they were taken as the ISO names the disks.  Check "
                  "what the report says about /etc/fstab.",
                  safe);
}

void
disk_order_find (Guest *guest, const char *root, const char *fstab)
{
  Evidence evidence = {.guest = guest, .root = root};
  evidence.entries = tab_entries (fstab, 0);
  evidence.kernels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) uses = collect_uses (&evidence);
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  g_ptr_array_set_size (guest->orders, 0);
  for (guint i = 0; i < uses->len; i++) {
    const DeviceUse *use = g_ptr_array_index (uses, i);
    gint family;
    guint disk, part;
    if (device_name_ordinal (use->device, &family, &disk, &part) &&
        g_hash_table_add (done, GINT_TO_POINTER (family)))
      find_family (&evidence, uses, family, use->device);
  }
  g_ptr_array_unref (evidence.entries);
  g_hash_table_unref (evidence.kernels);
}
