/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest-info.h"
#include "common/message.h"

/* The members by their kinds. */
#define STRINGS(X) X (type) X (distro) X (product_name) X (arch) X (hostname) X (osinfo) X (root)
#define NUMBERS(X) X (major) X (minor) X (boot_disk) X (used_bytes)
#define FLAGS(X)                                                                                   \
  X (uefi)                                                                                         \
  X (rtc_localtime)                                                                                \
  X (q35) X (virtio_blk) X (virtio_net) X (virtio_rng) X (virtio_balloon) X (virtio_gpu)

GuestInfo *
guest_info_new (void)
{
  GuestInfo *info = g_new0 (GuestInfo, 1);
  info->boot_disk = -1;
  info->q35 = TRUE;
  return info;
}

void
guest_info_free (GuestInfo *info)
{
  if (!info)
    return;
  g_free (info->type);
  g_free (info->distro);
  g_free (info->product_name);
  g_free (info->arch);
  g_free (info->hostname);
  g_free (info->osinfo);
  g_free (info->root);
  g_free (info);
}

JsonObject *
guest_info_to_json (const GuestInfo *info)
{
  JsonObject *object = json_object_new ();
#define PUT(name)                                                                                  \
  if (info->name)                                                                                  \
    json_object_set_string_member (object, #name, info->name);
  STRINGS (PUT)
#undef PUT
#define PUT(name) json_object_set_int_member (object, #name, (gint64)info->name);
  NUMBERS (PUT)
#undef PUT
#define PUT(name) json_object_set_boolean_member (object, #name, info->name);
  FLAGS (PUT)
#undef PUT
  return object;
}

GuestInfo *
guest_info_from_json (JsonObject *object)
{
  GuestInfo *info = guest_info_new ();
#define TAKE(name) info->name = g_strdup (p2v_json_string (object, #name, NULL));
  STRINGS (TAKE)
#undef TAKE
#define TAKE(name)                                                                                 \
  info->name = (__typeof__ (info->name))p2v_json_int (object, #name, (gint64)info->name);
  NUMBERS (TAKE)
#undef TAKE
#define TAKE(name) info->name = p2v_json_bool (object, #name, info->name);
  FLAGS (TAKE)
#undef TAKE
  return info;
}
