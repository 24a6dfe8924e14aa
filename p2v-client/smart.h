/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a disk says it is. */
#pragma once
#include <glib.h>

typedef struct {
  gboolean failing;   /* its own verdict: it is about to fail, or has */
  guint64 unreadable; /* sectors that it could not read and has not replaced, or times that it
                         could not read one (SCSI, NVMe, which do not count sectors) */
} SmartHealth;

/* From what `smartctl --json` prints about an ATA, SCSI or NVMe disk (member names: smartctl's
 * own, format version 1.0).  FALSE: nothing is known, as with most RAID controllers. */
gboolean smart_parse (const char *json, SmartHealth *health);

/* Asks DEVICE with smartctl, at most some seconds; nothing is changed or started on it. */
gboolean smart_read (const char *device, SmartHealth *health);
