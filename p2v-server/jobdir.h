/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state directory and the directories of jobs in it.
 *
 *   $P2V_STATE_DIR, else for root /var/lib/p2v, else ${XDG_STATE_HOME:-~/.local/state}/p2v
 *     cache/                  libguestfs's appliance, shared by all jobs
 *     jobs/ID/                0700; ID is 8 of [a-z2-7]
 *       job.json              what the client sent: settings, machine, instance
 *       state.json            state.h
 *       log
 *       lock                  held (fcntl's OFD lock) as long as the job's process lives
 *       report.json .txt      report.h
 *       finished.json         the last word to the client, for one that comes back later
 *       support.txt           both sides' logs, when somebody had the client keep them here
 *     the rest exists only while the job runs:
 *       ctl.sock              control.h
 *       dN.data .ctl .nbd     the broker's sockets of disk N: data channels, commands, NBD
 *       dN.cache .map         what it read and which units; their digests (.map.sums) and
 *                             those of what it read but did not keep (.map.looks)
 *       dN.qcow2              overlay
 *       dN.digests .blockmap  the client's digests; plan and state of the copy
 *       tmp/                  TMPDIR of the job
 *
 * All belong to the user who runs p2v-server, and to nobody else. */
#pragma once
#include <glib.h>

/* The directory of all jobs, made when it is missing (caller frees).
 * P2V_ERROR_JOB when it cannot be used, P2V_ERROR_SPACE when it is full. */
char *jobdir_root (GError **error);

/* Makes the directory of a new job, with its lock taken: *LOCK_FD (close-on-exec).
 * Returns its path; its last part is the id.  Caller frees. */
char *jobdir_new (int *lock_fd, GError **error);

/* The directory of job ID (caller frees).  P2V_ERROR_JOB when there is none. */
char *jobdir_find (const char *id, GError **error);

/* The ids of all jobs, sorted (caller frees the strv). */
char **jobdir_list (GError **error);

/* TRUE while the job's process lives. */
gboolean jobdir_is_alive (const char *dir);

/* Takes the lock of a job that has no process; -1 when it has one. */
int jobdir_lock (const char *dir);

/* Removes everything but the record: what is above "the rest". */
void jobdir_strip (const char *dir);

/* Removes the whole. */
gboolean jobdir_remove (const char *dir, GError **error);
