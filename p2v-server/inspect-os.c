/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "inspect.h"
#include "mounts.h"
#include "no-os.h"
#include "root-choice.h"
#include "unlock.h"

/* libguestfs's words for guests that p2v-server/convert/linux knows how to convert. */
static const char *const debian_like[] = {"debian", "ubuntu", "linuxmint", "kalilinux", NULL};

/* What is on each of ROOTS (caller frees). */
static char **
name_roots (Guest *guest, char **roots)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  for (guint i = 0; roots[i]; i++) {
    g_autofree char *product = guestfs_inspect_get_product_name (guest->g, roots[i]);
    g_autofree char *name = g_utf8_make_valid (product ? product : "unknown", -1);
    g_strv_builder_add (names, name);
  }
  return g_strv_builder_end (names);
}

static const char *
choose_root (Guest *guest, char **roots, GError **error)
{
  const char *wish = job_setting (guest->job, "root", "single");
  g_auto (GStrv) names = name_roots (guest, roots);
  g_autofree char *canonical =
      g_str_has_prefix (wish, "/dev/") ? guestfs_canonical_device_name (guest->g, wish) : NULL;
  return root_choose (guest->job, roots, names, canonical, error);
}

/* libosinfo's id of a release, by its scheme.  Its database is not asked: the
 * conversion server's may be older than the guest, and who reads the id takes one it does not
 * know for "unknown". */
static char *
osinfo_id (const GuestInfo *info)
{
  if (!g_strcmp0 (info->distro, "debian"))
    return g_strdup_printf ("http://debian.org/debian/%u", info->major);
  if (!g_strcmp0 (info->distro, "ubuntu"))
    return g_strdup_printf ("http://ubuntu.com/ubuntu/%u.%02u", info->major, info->minor);
  return NULL;
}

/* A copy of GLib's for a string of libguestfs, valid UTF-8; NULL for NULL and
 * libguestfs's "unknown". */
static char *
take (char *text)
{
  char *copy = text && strcmp (text, "unknown") ? g_utf8_make_valid (text, -1) : NULL;
  free (text);
  return copy;
}

static gboolean
fill_info (Guest *guest, const char *root, GError **error)
{
  guestfs_h *g = guest->g;
  g_clear_pointer (&guest->job->info, guest_info_free);
  GuestInfo *info = guest->job->info = guest_info_new ();
  info->type = take (guestfs_inspect_get_type (g, root));
  info->distro = take (guestfs_inspect_get_distro (g, root));
  info->product_name = take (guestfs_inspect_get_product_name (g, root));
  info->arch = take (guestfs_inspect_get_arch (g, root));
  info->hostname = take (guestfs_inspect_get_hostname (g, root));
  info->major = (guint)MAX (0, guestfs_inspect_get_major_version (g, root));
  info->minor = (guint)MAX (0, guestfs_inspect_get_minor_version (g, root));
  info->root = g_strdup (root);
  const char *product = info->product_name ? info->product_name : info->distro;
  g_autofree char *format = take (guestfs_inspect_get_package_format (g, root));
  if (g_strcmp0 (info->type, "linux") ||
      ((!info->distro || !g_strv_contains (debian_like, info->distro)) &&
       g_strcmp0 (format, "deb"))) {
    p2v_set_error (
        error, P2V_ERROR_GUEST, "This version converts Debian, Ubuntu and systems like them.",
        "The guest is %s (%s), which cannot be converted.", product ? product : "an unknown system",
        info->type ? info->type : "unknown type");
    return FALSE;
  }
  info->osinfo = osinfo_id (info);
  return TRUE;
}

/* What the guest calls itself; libguestfs only knows Debian's version number. */
static void
read_pretty_name (Guest *guest)
{
  GuestInfo *info = guest->job->info;
  g_autofree char *text = guest_read (guest, "/etc/os-release", NULL);
  g_auto (GStrv) lines = g_strsplit (text ? text : "", "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    if (!g_str_has_prefix (lines[i], "PRETTY_NAME="))
      continue;
    g_autofree char *name = g_shell_unquote (lines[i] + strlen ("PRETTY_NAME="), NULL);
    if (!name || !*name)
      continue;
    g_free (info->product_name);
    info->product_name = g_utf8_make_valid (name, -1);
  }
}

/* A volume group of which a disk was not chosen does not start by itself in
 * the guest: its volumes are marked in fstab, unless the guest itself lies on them. */
static gboolean
check_groups (Guest *guest, const char *root, GError **error)
{
  g_autofree char *mine = volume_group_of (root);
  for (guint i = 0; guest->incomplete_vgs[i]; i++) {
    const char *group = guest->incomplete_vgs[i];
    if (!g_strcmp0 (mine, group)) {
      p2v_set_error (error, P2V_ERROR_GUEST,
                     "Choose all its disks (p2v.disks=).  If a disk of it is lost for good, remove "
                     "it on the physical machine: vgreduce --removemissing.",
                     "Volume group %s, on which the guest is installed, is incomplete: one of its "
                     "disks is not among the chosen ones.",
                     group);
      return FALSE;
    }
    report_warning (guest->job->report,
                    "Volume group %s is incomplete: one of its disks is not among the chosen ones. "
                    "Its volumes will be missing in the guest.",
                    group);
  }
  return TRUE;
}

gboolean
inspect_os (Guest *guest, gboolean *anew, GError **error)
{
  *anew = FALSE;
  job_log (guest->job, P2V_LOG_INFO, "Looking for the operating system");
  g_auto (GStrv) roots = guestfs_inspect_os (guest->g);
  if (!roots) {
    guest_error (guest, P2V_ERROR_NO_OS, "The guest cannot be inspected", error);
    return FALSE;
  }
  if (!roots[0] && !unlock_needed (guest, anew, error))
    return FALSE;
  if (*anew)
    return TRUE;
  if (!roots[0]) {
    no_os_error (guest, guest->incomplete_vgs, guest->job->disks->len, TRUE, error);
    return FALSE;
  }
  const char *root = choose_root (guest, roots, error);
  if (!root || !check_groups (guest, root, error) || !fill_info (guest, root, error) ||
      !mounts_enter (guest, root, error))
    return FALSE;
  const GuestMount *mount = g_ptr_array_index (guest->mounts, 0);
  g_free (guest->job->info->root);
  guest->job->info->root = g_strdup (mount->device); /* in an encrypted volume it was renamed */
  read_pretty_name (guest);
  const GuestInfo *info = guest->job->info;
  job_log (guest->job, P2V_LOG_INFO, "Found %s, %s, host name %s, root file system on %s",
           info->product_name ? info->product_name : "Linux",
           info->arch ? info->arch : "unknown processor",
           info->hostname ? info->hostname : "unknown", root);
  return TRUE;
}
