/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For nbd-pool.c and nbd-map.c only. */
#pragma once
#include <libnbd.h>
#include "nbd-pool.h"

/* QEMU's context, offered by qemu-nbd --allocation-depth: 0 not allocated
 * anywhere, 1 in the image itself, 2 and more in its backing files. */
#define NBD_DEPTH_CONTEXT "qemu:allocation-depth"

/* File descriptors that one poll watches at most; a disk's copy uses ten, and
 * COPY_AT_ONCE (copy.h) disks are copied together. */
#define NBD_POLL_MAX 128

typedef struct {
  struct nbd_handle *handle;
  guint in_flight;
} NbdLane;

struct NbdPool {
  char *what;
  guint64 size;
  NbdLane *lanes;
  guint n_lanes;
  gint64 hung_up; /* monotonic time of nbd_pool_hang_up, 0 before */
};
