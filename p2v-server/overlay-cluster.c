/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "overlay.h"

/* Dead space is known by the cluster, and a trimmed extent smaller than one
 * would be read; but the tables take 8 bytes for each (qcow2's specification),
 * 128 MiB for 64 GiB in clusters of 4 KiB. */
guint
overlay_cluster (guint64 size)
{
  if (size <= (64ull << 30))
    return 4096;
  return size <= (1ull << 40) ? 16384 : 65536;
}
