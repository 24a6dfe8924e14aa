/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of this run for those who are not in front of the machine: what is logged here, for the
 * job's log on the conversion server, and with what a person was told, for the places of
 * p2v.log=. */
#pragma once
#include "settings.h"

typedef struct Record Record;

/* From now on, as the logger's sink.  A place that cannot be had is warned of, no more: for a log
 * no conversion is given up.  PATIENCE_S: for a stick. */
Record *record_open (const Settings *settings, guint patience_s);

/* Delivers what waits, for 3 seconds at most.  NULL is ignored. */
void record_close (Record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Record, record_close)
