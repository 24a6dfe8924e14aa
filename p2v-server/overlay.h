/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "job.h"

/* Bytes of a cluster of the overlay of a disk of SIZE bytes. */
guint overlay_cluster (guint64 size);

/* Ends the brokers and keeps the files: cache and overlay. */
void overlay_disconnect (Job *job);

/* Removes what a conversion made, but not what was read for it: the cache. */
void overlay_drop (const JobDisk *disk);
