/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that reserves a guest's name in a directory for one job, and in
 * which the job notes what it made there under final names, so that another
 * process of the job can remove it.  Lines: "job ID", "made INODE FILE" (a name in
 * the directory), "defined UUID". */
#pragma once
#include "../job.h"

/* Makes the file PATH, which may not exist, for JOB.  A reservation that is
 * this job's already is kept.  P2V_ERROR_TARGET when another job has it (the
 * message says how to go on) or the directory cannot be written;
 * P2V_ERROR_SPACE when it is full. */
gboolean reservation_take (const char *path, const Job *job, GError **error);

/* TRUE when the reservation exists and is the job's with this ID. */
gboolean reservation_is_ours (const char *path, const char *id);

/* Adds the line "WORD VALUE" on stable storage. */
gboolean reservation_note (const char *path, const char *word, const char *value, GError **error);

/* The values of all lines with WORD (caller frees the strv, never NULL). */
char **reservation_read (const char *path, const char *word);
