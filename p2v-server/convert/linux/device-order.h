/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel numbers disks as its drivers find them.  The ISO's kernel may find
 * them in another order than the installed system: it started from a USB stick that took
 * "/dev/sda", or a controller answered later.  So what the ISO calls a disk is a
 * hypothesis, to be held against what the guest's files say.  Pure functions. */
#pragma once
#include "device-name.h"

/* One kernel's name in the guest's files, and what it is used for. */
typedef struct {
  char *device; /* "/dev/sda1" */
  char *place;  /* "/boot", "none" */
  char *type;   /* file system, NULL for any */
} DeviceUse;

void device_use_free (DeviceUse *use);

/* How well a place fits a use. */
typedef enum {
  FIT_NONE, /* the disk is none of the converted ones */
  FIT_WRONG,
  FIT_GOOD, /* nothing speaks against it */
  FIT_SURE, /* it can be nothing else: the root file system, a kernel in /boot */
} DeviceFit;

typedef DeviceFit (*DeviceJudge) (const DeviceUse *use, const DevicePlace *place, gpointer data);

typedef enum {
  ORDER_AS_IS,  /* the ISO's names fit, or nothing fits better: disks are missing */
  ORDER_OTHER,  /* another order fits: it was added to ORDERS */
  ORDER_BROKEN, /* the ISO's names do not fit, and neither does any other order */
} DeviceOrderFound;

/* Finds the order for the names of FAMILY in USES (DeviceUse *): the ISO's
 * when all of them fit; else the first of these that fits better: without a
 * stick before them, the converted disks alone, and for up to four disks any
 * other sequence.  A use without doubt (FIT_SURE) decides; without one, nothing may be wrong. JUDGE
 * is asked about each place of a candidate. */
DeviceOrderFound device_order_find (const P2vMachine *machine, gint family, const GPtrArray *uses,
                                    DeviceJudge judge, gpointer data, GPtrArray *orders);
