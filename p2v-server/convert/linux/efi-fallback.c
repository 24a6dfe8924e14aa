/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A UEFI machine remembers in its own memory which loader to start.  The
 * virtual machine's memory is empty: it starts \EFI\BOOT\BOOTX64.EFI, which has
 * to be there. */
#include "convert.h"
#include "mounts.h"

typedef struct {
  const char *arch;   /* libguestfs's word */
  const char *suffix; /* UEFI's, as in the names of Debian's packages */
  const char *loader; /* the name that the UEFI specification (3.5.1.1) gives */
} EfiArch;

static const EfiArch arches[] = {
    {"x86_64", "x64", "BOOTX64.EFI"},
    {"i386", "ia32", "BOOTIA32.EFI"},
    {"aarch64", "aa64", "BOOTAA64.EFI"},
};

static gboolean
copy_loader (Convert *c, const char *from, const char *to, GError **error)
{
  if (guestfs_cp (c->g, from, to) < 0)
    return convert_failed (c, "The boot loader cannot be copied", error);
  g_autofree char *what = g_strdup_printf ("A copy of %s.", from);
  convert_changed (
      c, to, what,
      "The virtual machine's firmware knows no boot entries yet and starts this name.");
  return TRUE;
}

static gboolean
install_fallback (Convert *c, const char *esp, const EfiArch *arch, GError **error)
{
  g_autofree char *folder = g_strdup_printf ("%s/EFI/BOOT", esp);
  g_autofree char *wanted = g_strdup_printf ("%s/%s", folder, arch->loader);
  if (guestfs_is_file (c->g, wanted) == 1)
    return TRUE;
  g_autofree char *shims = g_strdup_printf ("%s/EFI/*/shim%s.efi", esp, arch->suffix);
  g_autofree char *grubs = g_strdup_printf ("%s/EFI/*/grub%s.efi", esp, arch->suffix);
  g_auto (GStrv) shim = convert_glob (c, shims);
  g_auto (GStrv) grub = convert_glob (c, grubs);
  if (!grub[0]) {
    report_warning (c->job->report, "No GRUB was found on the guest's EFI partition; the guest may "
                                    "not start.");
    return TRUE;
  }
  if (guestfs_mkdir_p (c->g, folder) < 0)
    return convert_failed (c, "EFI/BOOT cannot be made", error);
  if (!shim[0])
    return copy_loader (c, grub[0], wanted, error);
  /* shim starts the GRUB beside it */
  g_autofree char *second = g_strdup_printf ("%s/grub%s.efi", folder, arch->suffix);
  return copy_loader (c, shim[0], wanted, error) && copy_loader (c, grub[0], second, error);
}

gboolean
step_efi_fallback (Convert *c, GError **error)
{
  if (!c->job->info->uefi)
    return TRUE;
  const GuestMount *esp = mounts_esp (c->guest);
  if (!esp) {
    report_warning (c->job->report,
                    "The guest's EFI partition is not in its fstab; its boot loader "
                    "was not checked.");
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (arches); i++)
    if (!g_strcmp0 (c->job->info->arch, arches[i].arch))
      return install_fallback (c, esp->path, &arches[i], error);
  return TRUE;
}
