/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernels are installed, and what they can drive. */
#include <string.h>
#include "deb-version.h"
#include "kernels.h"

#define IMAGE "/boot/vmlinuz-"

/* Virtio devices behind the PCI Express ports of a q35 machine speak virtio 1.0
 * only; Linux drives that since 4.0. */
#define FIRST_VIRTIO_1 "4.0"

gboolean
module_listed (const char *listing, const char *module)
{
  /* file names have dashes where module names have underscores, or not */
  g_autoptr (GString) name = g_string_new (module);
  g_string_replace (name, "_", "[_-]", 0);
  g_autofree char *pattern =
      g_strdup_printf ("(^|/)%s\\.ko(\\.(gz|xz|zst|bz2))?(:|\\s|$)", name->str);
  return g_regex_match_simple (pattern, listing, G_REGEX_RAW | G_REGEX_MULTILINE, 0);
}

gboolean
kernel_has_builtin (const Kernel *kernel, const char *module)
{
  return kernel->builtin && module_listed (kernel->builtin, module);
}

gboolean
kernel_has_module (const Kernel *kernel, const char *module)
{
  return kernel_has_builtin (kernel, module) ||
         (kernel->modules && module_listed (kernel->modules, module));
}

gboolean
kernel_load (Convert *c, Kernel *kernel, GError **error)
{
  if (kernel->modules)
    return TRUE;
  g_autofree char *builtin = g_strdup_printf ("/lib/modules/%s/modules.builtin", kernel->version);
  g_autofree char *modules = g_strdup_printf ("/lib/modules/%s/modules.dep", kernel->version);
  kernel->builtin = convert_read (c, builtin, error);
  kernel->modules = kernel->builtin ? convert_read (c, modules, error) : NULL;
  return kernel->modules != NULL;
}

static gboolean
is_rescue (const Kernel *kernel)
{
  return strstr (kernel->version, "rescue") != NULL;
}

static gint
newest_first (gconstpointer a, gconstpointer b)
{
  const Kernel *const *first = a, *const *second = b;
  if (is_rescue (*first) != is_rescue (*second))
    return is_rescue (*first) ? 1 : -1;
  return deb_version_compare ((*second)->version, (*first)->version);
}

static void
find_kernels (Convert *c)
{
  g_auto (GStrv) images = convert_glob (c, IMAGE "*");
  for (guint i = 0; images[i]; i++) {
    const char *version = images[i] + strlen (IMAGE);
    g_autofree char *modules = g_strdup_printf ("/lib/modules/%s", version);
    /* copies that dpkg keeps, and images without modules of their own */
    if (strstr (version, ".dpkg-") ||
        guestfs_is_dir_opts (c->g, modules, GUESTFS_IS_DIR_OPTS_FOLLOWSYMLINKS, 1, -1) != 1)
      continue;
    Kernel *kernel = g_new0 (Kernel, 1);
    kernel->version = g_strdup (version);
    kernel->image = g_strdup (images[i]);
    kernel->initrd = g_strdup_printf ("/boot/initrd.img-%s", version);
    g_ptr_array_add (c->kernels, kernel);
  }
  g_ptr_array_sort (c->kernels, newest_first);
}

gboolean
step_kernels (Convert *c, GError **error)
{
  find_kernels (c);
  if (!c->kernels->len) {
    p2v_set_error (error, P2V_ERROR_GUEST,
                   "Install the distribution's kernel package (linux-image-…) in the guest and "
                   "convert again.",
                   "No kernel with its modules was found in the guest's /boot and /lib/modules.");
    return FALSE;
  }
  Kernel *kernel = g_ptr_array_index (c->kernels, 0);
  if (!kernel_load (c, kernel, error))
    return FALSE;
  if (!kernel_has_module (kernel, "virtio_blk") || !kernel_has_module (kernel, "virtio_pci")) {
    p2v_set_error (error, P2V_ERROR_GUEST,
                   "Install the distribution's own kernel package in the guest and convert again.",
                   "The guest's kernel %s has no virtio disk driver.", kernel->version);
    return FALSE;
  }
  GuestInfo *info = c->job->info;
  info->virtio_blk = TRUE;
  info->virtio_net = kernel_has_module (kernel, "virtio_net");
  info->virtio_rng = kernel_has_module (kernel, "virtio_rng");
  info->virtio_balloon = kernel_has_module (kernel, "virtio_balloon");
  info->virtio_gpu = kernel_has_module (kernel, "virtio_gpu");
  info->q35 = deb_version_compare (kernel->version, FIRST_VIRTIO_1) >= 0;
  convert_note (c, "%u installed, the guest will be made ready for %s", c->kernels->len,
                kernel->version);
  if (!info->virtio_net)
    report_warning (c->job->report, "The guest's kernel %s has no virtio network driver.",
                    kernel->version);
  return TRUE;
}
