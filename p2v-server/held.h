/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was read of a disk before the copy, by the digests made when it arrived: the units
 * that the broker's cache holds, and what was only looked at (broker-plugin-cache.c). */
#pragma once
#include "common/unit.h"
#include "job.h"

typedef void (*HeldFunc) (const P2vDigestRecord *held, gpointer data);

/* Calls FUNC for every unit in the cache of DISK, in ascending order. */
void held_units (const JobDisk *disk, HeldFunc func, gpointer data);

/* The same for every look, in the order in which they came. */
void held_looks (const JobDisk *disk, HeldFunc func, gpointer data);

/* The next broker's cache does not hold the unit at OFFSET any more. */
void held_forget (const JobDisk *disk, guint64 offset);
