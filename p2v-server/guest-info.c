/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest-info.h"

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
