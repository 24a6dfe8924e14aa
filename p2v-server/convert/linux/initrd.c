/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The initial RAM disk, made again by the guest's own initramfs-tools, and
 * then listed: only a list with the drivers in it proves that the guest will
 * find its disks.  The old one stays as FILE.pre-p2v; at GRUB's prompt it is
 * started by adding that ending to the initrd line. */
#include <string.h>
#include "convert.h"
#include "kernels.h"

#define MODULES_FILE "/etc/initramfs-tools/modules"
#define OLD          ".pre-p2v"

/* Other kernels are made ready too, if they are few: each costs minutes. */
#define OTHERS 2

/* mkinitramfs unpacks to about four times the size of its result.  Up to this
 * size that fits into the appliance's memory (guest.c), where it is fast, needs no room in
 * the guest, and leaves nothing behind. */
#define IN_MEMORY (64 * 1024 * 1024)

/* Without these the root file system is not found. */
static const char *const needed[] = {"virtio_pci", "virtio_blk", NULL};
/* These are good to have early: network root, SCSI instead of blk, display. */
static const char *const wanted[] = {"virtio_pci", "virtio_blk", "virtio_scsi",
                                     "virtio_net", "virtio_gpu", NULL};

/* Modules of NAMES that are neither built into the kernel nor in LISTING,
 * though the kernel has them: "virtio_blk virtio_pci" (caller frees), or NULL. */
static char *
find_missing (const Kernel *kernel, const char *listing, const char *const *names)
{
  g_autoptr (GString) missing = g_string_new (NULL);
  for (guint i = 0; names[i]; i++)
    if (kernel_has_module (kernel, names[i]) && !kernel_has_builtin (kernel, names[i]) &&
        !module_listed (listing, names[i]))
      g_string_append_printf (missing, "%s%s", missing->len ? " " : "", names[i]);
  return missing->len ? g_strdup (missing->str) : NULL;
}

static char *
list_initrd (Convert *c, const Kernel *kernel, GError **error)
{
  const char *const argv[] = {"env", "TMPDIR=/dev", "lsinitramfs", kernel->initrd, NULL};
  char *listing = NULL;
  return convert_run (c, argv, &listing, error) ? listing : NULL;
}

/* MODULES= of initramfs-tools: "most" brings all virtio drivers, "dep" and
 * "list" only what the appliance or the administrator has.  The last one read wins. */
static char *
modules_policy (Convert *c, GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autofree char *main_file = convert_read (c, "/etc/initramfs-tools/initramfs.conf", error);
  if (!main_file)
    return NULL;
  g_string_append_printf (all, "%s\n", main_file);
  g_auto (GStrv) files = convert_glob (c, "/etc/initramfs-tools/conf.d/*");
  for (guint i = 0; files[i]; i++) {
    g_autofree char *text = convert_read (c, files[i], error);
    if (!text)
      return NULL;
    g_string_append_printf (all, "%s\n", text);
  }
  char *policy = g_strdup ("most");
  g_auto (GStrv) lines = g_strsplit (all->str, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    if (!g_str_has_prefix (lines[i], "MODULES="))
      continue;
    g_free (policy);
    policy = g_strstrip (g_strdelimit (g_strdup (lines[i] + strlen ("MODULES=")), "\"'", ' '));
  }
  return policy;
}

static gboolean
has_line (const char *text, const char *word)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_auto (GStrv) words = g_strsplit_set (g_strchug (lines[i]), " \t\r", 2);
    if (!g_strcmp0 (words[0], word))
      return TRUE;
  }
  return FALSE;
}

/* Names the drivers in initramfs-tools' list. */
static gboolean
add_modules (Convert *c, const Kernel *kernel, GError **error)
{
  g_autofree char *text = convert_read (c, MODULES_FILE, error);
  if (!text)
    return FALSE;
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; wanted[i]; i++)
    if (kernel_has_module (kernel, wanted[i]) && !kernel_has_builtin (kernel, wanted[i]) &&
        !has_line (text, wanted[i]))
      g_string_append_printf (names, "%s\n", wanted[i]);
  if (!names->len)
    return TRUE;
  g_autofree char *new =
      g_strdup_printf ("%s%s# Added by p2v: drivers of the virtual machine.\n%s", text,
                       !*text || g_str_has_suffix (text, "\n") ? "" : "\n", names->str);
  if (!convert_write (c, MODULES_FILE, new, 0644, error))
    return FALSE;
  g_autofree char *list = g_strdelimit (g_strchomp (g_strdup (names->str)), "\n", ' ');
  g_autofree char *what = g_strdup_printf ("Added: %s.", list);
  convert_changed (c, MODULES_FILE, what,
                   "The initial RAM disk of this guest holds only the modules that are asked for.");
  c->initrd_stale = TRUE;
  return TRUE;
}

/* A second name for the old file: update-initramfs replaces the first. */
static gboolean
keep_old (Convert *c, const Kernel *kernel, GError **error)
{
  g_autofree char *old = g_strconcat (kernel->initrd, OLD, NULL);
  if (convert_exists (c, old) || !convert_exists (c, kernel->initrd))
    return TRUE;
  /* a FAT /boot has no second names */
  if (guestfs_ln (c->g, kernel->initrd, old) < 0 && guestfs_cp_a (c->g, kernel->initrd, old) < 0)
    return convert_failed (c, "The old initial RAM disk cannot be kept", error);
  return TRUE;
}

static gboolean
run_update (Convert *c, const Kernel *kernel, const char *mode, gboolean in_memory, GError **error)
{
  /* The fastest compression, unless the guest's configuration asks for another
   * level: a tenth larger until the next kernel update, but the machine is out of service
   * while this runs.  Without KVM it is the difference between seconds and minutes. */
  const char *const argv[] = {"env",
                              "LC_ALL=C",
                              "COMPRESSLEVEL=1",
                              in_memory ? "TMPDIR=/dev" : "P2V=1",
                              "update-initramfs",
                              mode,
                              "-k",
                              kernel->version,
                              NULL};
  return convert_run_long (c, argv, error);
}

static gboolean
rebuild (Convert *c, const Kernel *kernel, GError **error)
{
  gint64 size = guestfs_filesize (c->g, kernel->initrd);
  if (!keep_old (c, kernel, error))
    return FALSE;
  g_autoptr (GError) first = NULL;
  gboolean done = size >= 0 && size <= IN_MEMORY && run_update (c, kernel, "-u", TRUE, &first);
  if (!done && !job_check_cancelled (c->job, error))
    return FALSE;
  if (!done && !run_update (c, kernel, size < 0 ? "-c" : "-u", FALSE, error))
    return FALSE;
  return TRUE;
}

static gboolean
prove (const Kernel *kernel, const char *listing, GError **error)
{
  g_autofree char *missing = find_missing (kernel, listing, needed);
  if (!missing)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_CONVERT,
                 "Check the guest's /etc/initramfs-tools, run update-initramfs there, and convert "
                 "again.",
                 "The new initial RAM disk of kernel %s has no %s.", kernel->version, missing);
  return FALSE;
}

static char *
rebuild_and_list (Convert *c, const Kernel *kernel, GError **error)
{
  return rebuild (c, kernel, error) ? list_initrd (c, kernel, error) : NULL;
}

static void
tell (Convert *c, const Kernel *kernel, const char *listing)
{
  g_autoptr (GString) drivers = g_string_new (NULL);
  for (guint i = 0; wanted[i]; i++)
    if (module_listed (listing, wanted[i]) || kernel_has_builtin (kernel, wanted[i]))
      g_string_append_printf (drivers, "%s%s%s", drivers->len ? ", " : "", wanted[i],
                              kernel_has_builtin (kernel, wanted[i]) ? " (in the kernel)" : "");
  g_autofree char *what = g_strdup_printf ("Made again; it holds %s.  The old one is %s" OLD ".",
                                           drivers->str, kernel->initrd);
  convert_changed (c, kernel->initrd, what,
                   "The guest finds its disks on virtual hardware with these drivers only.");
}

static gboolean
make_ready (Convert *c, const Kernel *kernel, GError **error)
{
  g_autofree char *listing = rebuild_and_list (c, kernel, error);
  if (!listing)
    return FALSE;
  g_autofree char *missing = find_missing (kernel, listing, needed);
  if (missing) {
    /* even "most" can be cut down by hooks; asking by name is the last resort */
    if (!add_modules (c, kernel, error))
      return FALSE;
    g_free (listing);
    listing = rebuild_and_list (c, kernel, error);
  }
  if (!listing || !prove (kernel, listing, error))
    return FALSE;
  tell (c, kernel, listing);
  return TRUE;
}

/* What says which entry GRUB starts: its setting, the saved choice, and the
 * first entry there is. */
static char *
boot_default (Convert *c, GError **error)
{
  g_autofree char *settings = convert_read (c, "/etc/default/grub", error);
  g_autofree char *saved = settings ? convert_read (c, "/boot/grub/grubenv", error) : NULL;
  g_autofree char *config = saved ? convert_read (c, "/boot/grub/grub.cfg", error) : NULL;
  if (!config)
    return NULL;
  const char *setting = strstr (settings, "\nGRUB_DEFAULT=");
  const char *entry = strstr (saved, "saved_entry=");
  const char *first = strstr (config, "vmlinuz-");
  return g_strdup_printf ("%.*s %.*s %.*s", setting ? (int)strcspn (setting + 1, "\n") + 1 : 0,
                          setting ? setting : "", entry ? (int)strcspn (entry, "\n") : 0,
                          entry ? entry : "", first ? (int)strcspn (first, " \n") : 0,
                          first ? first : "");
}

static gboolean
try_ready (Convert *c, Kernel *kernel, GError **error)
{
  g_autofree char *listing = kernel_load (c, kernel, error) ? list_initrd (c, kernel, error) : NULL;
  if (!listing)
    return FALSE;
  g_autofree char *missing = find_missing (kernel, listing, needed);
  return !missing || make_ready (c, kernel, error);
}

/* Kernels that the boot menu offers besides the chosen one: first those that
 * GRUB would start by itself, then the newest.  Their failures are warnings,
 * for the guest starts without them. */
static gboolean
ready_others (Convert *c, GError **error)
{
  g_autofree char *preferred = boot_default (c, error);
  if (!preferred)
    return FALSE;
  guint tried = 0;
  for (guint round = 0; round < 2; round++)
    for (guint i = 1; i < c->kernels->len; i++) {
      Kernel *kernel = g_ptr_array_index (c->kernels, i);
      g_autoptr (GError) problem = NULL;
      gboolean by_default = strstr (preferred, kernel->version) != NULL;
      if (by_default != (round == 0) || !convert_exists (c, kernel->initrd))
        continue;
      if (by_default)
        report_warning (c->job->report, "GRUB may start kernel %s by itself, not the newest.",
                        kernel->version);
      if (tried++ < OTHERS && try_ready (c, kernel, &problem))
        continue;
      if (!job_check_cancelled (c->job, error))
        return FALSE;
      g_autofree char *why = problem ? p2v_error_problem (problem) : NULL;
      report_warning (c->job->report,
                      "Kernel %s was not made ready for virtual hardware and may not start%s%s.",
                      kernel->version, why ? ": " : "", why ? why : "");
    }
  return TRUE;
}

gboolean
step_initrd (Convert *c, GError **error)
{
  const Kernel *kernel = g_ptr_array_index (c->kernels, 0);
  if (!convert_exists (c, kernel->initrd) && kernel_has_builtin (kernel, "virtio_blk") &&
      kernel_has_builtin (kernel, "virtio_pci")) {
    convert_note (c, "kernel %s needs none", kernel->version);
    return TRUE;
  }
  if (!convert_exists (c, "/usr/sbin/update-initramfs")) {
    p2v_set_error (error, P2V_ERROR_GUEST, "Install package initramfs-tools in the guest.",
                   "The guest has no update-initramfs to make its initial RAM disk.");
    return FALSE;
  }
  g_autofree char *policy = modules_policy (c, error);
  if (!policy || (strcmp (policy, "most") && !add_modules (c, kernel, error)))
    return FALSE;
  g_autofree char *old = g_strconcat (kernel->initrd, OLD, NULL);
  if (!c->initrd_stale && convert_exists (c, old)) {
    /* converted before: the list is the proof, nothing has to be made again */
    g_autofree char *listing = list_initrd (c, kernel, error);
    g_autofree char *missing = listing ? find_missing (kernel, listing, needed) : NULL;
    if (!listing)
      return FALSE;
    return !missing || make_ready (c, kernel, error);
  }
  convert_note (c, "making %s (modules: %s)", kernel->initrd, policy);
  return make_ready (c, kernel, error) && ready_others (c, error);
}
