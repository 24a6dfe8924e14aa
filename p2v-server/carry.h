/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a guest is converted again after some of it was copied: what of the target stays.
 * The map of the copy that was begun is kept beside until the new plan is made. */
#pragma once
#include "blockmap.h"
#include "job.h"

/* The kept map of DISK (caller frees); the file need not exist. */
char *carry_path (const JobDisk *disk);

/* The conversion is made again: the map of DISK is kept when something was COPIED by it;
 * else one that was kept before stays. */
void carry_keep (const JobDisk *disk, gboolean copied);

/* Takes over into the new MAP of DISK what the kept map says is on the target and MAP wants
 * unchanged; makes zero on the target what MAP does not want any more; then forgets the kept
 * map.  Does nothing without one. */
gboolean carry_over (Job *job, const JobDisk *disk, Blockmap *map, GError **error);
