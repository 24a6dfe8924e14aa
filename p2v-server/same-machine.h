/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is it the same physical machine with the same disks as before? */
#pragma once
#include "common/machine.h"

/* Compares what a machine cannot share with another: firmware's UUID, and for each disk, in
 * their order, size, serial number, WWN and the identifier of its partition table.  A machine
 * whose disks have none of these is the same as no other. */
gboolean same_machine (const P2vMachine *a, const P2vMachine *b);
