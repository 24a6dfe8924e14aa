/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on a disk, as far as can be seen from outside: for the person who chooses, not
 * for the conversion. */
#pragma once
#include "common/machine.h"

typedef struct {
  char *device; /* "/dev/sda1", or the disk's own without partitions */
  guint64 size; /* bytes */
  char
      *type; /* blkid's word: "ext4", "swap", "LVM2_member", "crypto_LUKS" …; NULL: nothing known */
  char *label; /* may be NULL */
  gint64 used; /* bytes that its file system says are in use; -1: not known */
} ContentsPart;

/* ContentsPart *, by the names of the partitions; empty for an image file or where udev knows
 * nothing (caller unrefs).  Reads a few KiB of each file system that tells its use in one
 * place (ext, XFS). */
GPtrArray *contents_read (const P2vDisk *disk);

/* Encrypted, so that a passphrase opens it (LUKS). */
gboolean contents_is_locked (const ContentsPart *part);

/* Bytes in use at the offsets of SUPERBLOCK (the first 4 KiB of a file system of TYPE), or -1. */
gint64 contents_used (const char *type, const guint8 *superblock);
