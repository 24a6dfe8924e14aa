/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What could not be read on the physical machine and is zeroes in the guest
 * (p2v.badblocks=zero), for the report. */
#pragma once
#include "job.h"

/* Adds a warning for every disk with such places, and names the files that they belong to where
 * that can be told: in an ext or XFS file system on a disk, in a partition, in a logical volume or
 * on a mirror.  That takes an appliance, and so the brokers; without them only the places are
 * named. */
void badblocks_report (Job *job);
