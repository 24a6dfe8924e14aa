/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The long part of a session: between the client and its job. */
#pragma once
#include "common/lines.h"

/* Carries lines between the standard streams and JOB_FD (the job's ctl.sock) until
 * either side ends or the client gives no sign of life for P2V_SILENCE_S seconds.  LINES
 * holds what was read already.  Only whole lines reach the job: of a link that breaks it
 * sees no half message. */
void session_relay (int job_fd, P2vLines *lines);
