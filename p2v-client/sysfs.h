/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-line files of /sys. */
#pragma once
#include <glib.h>

/* The file's text without blanks around it and without what is not printable
 * (caller frees); NULL when it cannot be read or is empty. */
char *sysfs_read (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Its number, or FALLBACK. */
gint64 sysfs_read_int (gint64 fallback, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Last part of where the link leads, for instance a driver's name (caller frees), or NULL. */
char *sysfs_link_name (const char *format, ...) G_GNUC_PRINTF (1, 2);
