/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libudev's types, freed by themselves. */
#pragma once
#include <glib.h>
#include <libudev.h>

typedef struct udev Udev;
typedef struct udev_device UdevDevice;
typedef struct udev_enumerate UdevEnumerate;
typedef struct udev_list_entry UdevEntry;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Udev, udev_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdevDevice, udev_device_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdevEnumerate, udev_enumerate_unref)
