/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices as udev knows them. */
#pragma once
#include "common/machine.h"
#include "udev.h"

/* Every whole disk that may be this machine's own: P2vDisk *, in the order
 * of controllers and ports.
 * Not: removable media, the medium that the image was booted from, what the
 * kernel makes itself (loop, ram, md, dm) but for the volumes of disk-volume.h,
 * whose members are left out instead, eMMC boot areas, devices of size 0. */
GPtrArray *disk_udev_list (Udev *udev);

/* The disk of a device node's number; NULL when it is not a whole disk. */
P2vDisk *disk_udev_open (Udev *udev, dev_t number);

/* Kernel names of all drives for removable media (optical, floppy): char *. */
GPtrArray *disk_udev_removable (Udev *udev);
