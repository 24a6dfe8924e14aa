/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which file a place belongs to. */
#pragma once
#include "layers.h"

/* What byte OFFSET of disk INDEX belongs to, as far as it is known: "partition 2, /dev/vg/srv,
 * file /var/log/x" (valid UTF-8, caller frees); NULL when nothing is.  BLOCKS: layers_load, or
 * NULL.  Files are told of ext, NTFS, and of XFS when it has not many of them; all must be
 * unmounted. */
char *badblocks_place (Guest *guest, const Blocks *blocks, guint index, guint64 offset);
