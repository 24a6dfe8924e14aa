/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <glib.h>

/* Bytes of a cluster of the overlay of a disk of SIZE bytes. */
guint overlay_cluster (guint64 size);
