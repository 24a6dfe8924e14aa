/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The processes of a job: all that its process started and that stayed in its
 * session.  By session and not by descent, so that what outlived its parent is
 * found, and so that a libvirtd that libvirt started for the user (it makes a
 * session of its own) and the guests below it are left alone. */
#pragma once
#include <sys/types.h>
#include "state.h"

/* Set for the job's process and inherited by all below it: its id. */
#define FAMILY_VARIABLE "P2V_JOB"

/* Sends SIG to the processes of job ID in SESSION but the calling one; the
 * number of processes found. */
guint family_signal (pid_t session, const char *id, int sig);

/* Kills what a process of the job that is gone left behind, and waits for its end. */
void family_end (const State *state);
