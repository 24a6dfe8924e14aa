/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which operating systems are on the disks, before anything is started: for the person who is
 * about to, not for the conversion, which finds out by itself.
 *
 * grub-fstest (of GRUB's tools) reads files out of the disks as GRUB does at boot: in a process
 * of its own, by itself, through partitions, LVM and software RAID, out of ext2 to 4, XFS, Btrfs
 * and NTFS.  Nothing is mounted or put together, so that also a file system that was not
 * unmounted, or a Windows that sleeps, stays as it is.  Which Windows it is, is in its registry
 * (os-windows.h). */
#pragma once
#include <gio/gio.h>
#include "common/machine.h"

typedef struct {
  char *name;  /* "Debian GNU/Linux 12 (bookworm)" */
  char *place; /* where it is: "sda1", "vg/root", "md/0" */
} FoundSystem;

/* FoundSystem * on the disks of MACHINE; empty when there is none that is seen so; NULL where
 * grub-fstest is not there or may not read the disks.  Blocks: some milliseconds for each
 * partition, and half a minute at the most.  Caller unrefs. */
GPtrArray *os_find (const P2vMachine *machine, GCancellable *cancel);

/* A system's name by the text of FILE, "etc/os-release" or one of its elder likes (caller
 * frees); NULL: it does not say. */
char *os_find_name (const char *file, const char *text);

/* GRUB's name of a device ("loop0,msdos5", "lvm/my--vg-root") in the names of the N disks
 * DEVICES (caller frees). */
char *os_find_place (const char *grub, const char *const *devices, guint n);
