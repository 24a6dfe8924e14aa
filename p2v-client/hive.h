/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One value of a Windows registry, out of its file (a hive, "regf").
 *
 * Read where it is, only the cells on the way to it, which are a few of many megabytes; the
 * logs beside the file are not applied.  The bytes are foreign: whatever they say, no more is
 * read than a budget allows, and never beyond what they claim to have.
 *
 * The numbers are the format's, as Microsoft never wrote down but several did who took it apart
 * (libhivex, chntpw, "Windows registry file format specification" by M. Suhanov). */
#pragma once
#include <glib.h>

/* LENGTH bytes at OFFSET of the file into OUT; FALSE: they are not there. */
typedef gboolean (*HiveRead) (gpointer data, guint64 offset, guint32 length, guint8 *out);

/* The text that is VALUE of the key KEYS, from the top, both in ASCII and of any case; NULL:
 * there is none, it is no text, or this is no hive (caller frees). */
char *hive_text (HiveRead read, gpointer data, const char *const *keys, const char *value);
