/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for the person who takes the finished guest over. */
#pragma once
#include "job.h"

/* Adds "result", "how_to_go_live" and "how_to_go_back" to the job's report. */
void handover_report (Job *job);

/* A shell command that starts the guest by QEMU alone (caller frees). */
char *handover_qemu_command (const Job *job);
