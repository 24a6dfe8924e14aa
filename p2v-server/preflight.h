/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <glib.h>

/* Below this a job does not begin: logs, the appliance's temporary files, and
 * what is read until the guest is known. */
#define PREFLIGHT_FLOOR (64ull << 20)

/* Bytes that the job directory takes for one disk of SIZE bytes of which USED
 * are in use: cache, overlay, block map and digests. */
guint64 preflight_disk_room (guint64 size, guint64 used);

/* What is free for this user on the file system of DIR.  P2V_ERROR_JOB. */
gboolean preflight_free_bytes (const char *dir, guint64 *bytes, GError **error);
