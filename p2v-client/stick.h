/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file system that an administrator has plugged in, a USB stick or a CD, found by its label. */
#pragma once
#include <glib.h>

typedef struct Stick Stick;

/* Mounts it, only for reading, in a folder of its own; a journal is not replayed.  Waits up to
 * PATIENCE_S seconds for it to appear.  WRITABLE: for writing, which the disk must allow to be
 * set for, and only when it is a removable or a USB disk: never one of the machine's own.
 * P2V_ERROR_SETTINGS. */
Stick *stick_mount (const char *label, gboolean writable, guint patience_s, GError **error);

/* The same by its device, "/dev/sdb1", which has to be there. */
Stick *stick_mount_device (const char *device, gboolean writable, GError **error);

/* Is it one that a person may pull out, and no part of the machine?  DISK: "/dev/sdb". */
gboolean stick_is_pluggable (const char *disk);

/* blkid's words for what can be mounted for reading; NULL-ended (caller frees). */
char **stick_types (void);

/* Unmounts.  NULL is ignored. */
void stick_free (Stick *stick);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Stick, stick_free)

/* The folder (borrowed). */
const char *stick_path (const Stick *stick);

/* The whole disk, "/dev/sdb", with the file system of that label (caller frees), or NULL. */
char *stick_disk (const char *label);
