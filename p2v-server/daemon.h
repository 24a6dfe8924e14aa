/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The job's process, detached from the session that starts it. */
#pragma once
#include <glib.h>

/* Descriptors that the job's process begins with, beside stdio from /dev/null. */
#define DAEMON_LOCK_FD  3 /* the lock of the job directory, held */
#define DAEMON_READY_FD 4 /* it writes "ready\n" here, or a message "error" */

/* Starts `p2v-server job ID` in a session of its own and waits until it is
 * ready.  LOCK_FD: from jobdir_new.  Errors are those of the job's process. */
gboolean daemon_start (const char *id, int lock_fd, GError **error);
