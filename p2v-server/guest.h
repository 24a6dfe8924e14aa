/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The appliance with the guest's disks, opened once per job: inspect opens it,
 * convert works in it, trim closes it.  The only headers with libguestfs types
 * are this one and those of inspect, convert and trim. */
#pragma once
#include <guestfs.h>
#include "job.h"

struct Guest {
  guestfs_h *g;
  Job *job;
  char **devices; /* whole disks as the appliance names them, in the order of job->disks */
  /* since inspect: */
  GPtrArray *volumes;    /* Volume * (volumes.h) */
  GPtrArray *mounts;     /* GuestMount * (mounts.h) */
  GPtrArray *orders;     /* DeviceOrder * (device-name.h): where they are not the ISO's */
  GPtrArray *unlocked;   /* Unlocked * (unlock.h) */
  char **lvs;            /* all logical volumes, "/dev/VG/LV", active or not */
  char **incomplete_vgs; /* names of volume groups that lack physical volumes */
  char *crypttab;        /* the guest's files, "" when not there */
  char *mdadm_conf;
};

/* Launches the appliance on all overlays (discard on, backend direct unless
 * LIBGUESTFS_BACKEND says otherwise, temporary files in the job directory).
 * Cancelled by killing qemu, which job.c does. */
Guest *guest_open (Job *job, GError **error);

/* Flushes, shuts the appliance down; FALSE when that lost data.  Frees GUEST in any case. */
gboolean guest_close (Guest *guest, GError **error);

/* Frees GUEST and kills the appliance, whatever is in its caches: for a job
 * that ends here.  NULL is ignored. */
void guest_abandon (Guest *guest);

/* Turns the last libguestfs error into *error: P2V_ERROR_CANCELLED when the
 * job is being cancelled, else CODE with "WHAT: libguestfs's message". */
void guest_error (Guest *guest, P2vErrorCode code, const char *what, GError **error);

/* The appliance's name for a partition of a disk of the job, "/dev/sdb1"; for
 * PART 0 the disk itself.  NULL when there is no such disk.  Caller frees. */
char *guest_device (Guest *guest, guint disk, guint part);

/* The disk of the job that an appliance's partition or disk name belongs to,
 * -1 for a volume on top of something (LVM, MD). */
gint guest_device_disk (Guest *guest, const char *device);

/* What SCRIPT prints in the appliance's shell, outside of the guest's file systems (mounted
 * ones are below /sysroot), for what libguestfs has no call for.  It names disks and
 * partitions as the kernel does (blocks.h).  What is the guest's goes through g_shell_quote.
 * NULL when that fails; caller frees. */
char *guest_shell (Guest *guest, const char *script);

/* The value of KEY in a table of libguestfs's, "KEY", "VALUE", …, NULL; borrowed, NULL when
 * it is not there. */
const char *guest_lookup (char **table, const char *key);

/* The text of a file (links followed), NULL when it is not there or no regular
 * text (without an error), cannot be read (then *error is set), or must not be: a pipe, or
 * more than 8 MiB (P2V_ERROR_GUEST).  Caller frees. */
char *guest_read (Guest *guest, const char *path, GError **error);
