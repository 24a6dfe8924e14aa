/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What inspection found out about the guest and what conversion decided:
 * plain data, so that targets need no libguestfs. */
#pragma once
#include <json-glib/json-glib.h>

typedef struct {
  char *type;   /* "linux" */
  char *distro; /* libguestfs's word: "debian", "ubuntu" */
  guint major, minor;
  char *product_name; /* "Debian GNU/Linux 12 (bookworm)" */
  char *arch;         /* "x86_64" */
  char *hostname;
  char *osinfo; /* libosinfo id, "http://debian.org/debian/12", or NULL */
  char *root;   /* as the appliance names it, "/dev/vg/root" */
  gboolean uefi;
  gint boot_disk;         /* index of the disk that the firmware boots, -1 unknown */
  gboolean rtc_localtime; /* from the guest's own configuration */
  gboolean q35;           /* FALSE: the guest needs the older i440fx */
  gboolean virtio_blk, virtio_net, virtio_rng, virtio_balloon, virtio_gpu; /* drivers it has */
  guint64 used_bytes; /* in use by its file systems, all disks */
} GuestInfo;

GuestInfo *guest_info_new (void);
void guest_info_free (GuestInfo *info);

/* For another process of the job (caller unrefs, caller frees). */
JsonObject *guest_info_to_json (const GuestInfo *info);
GuestInfo *guest_info_from_json (JsonObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GuestInfo, guest_info_free)
