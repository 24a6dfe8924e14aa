/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between job-process.c, which runs the phases, and job-client.c, what it hears from outside. */
#pragma once
#include "digest-keeper.h"
#include "job-state.h"

typedef struct Process Process;

struct Process {
  Job *job;
  DigestKeeper *keeper;
  GMainLoop *loop;
  GThread *worker;
  PhasesResult result; /* of the worker */
  GError *error;       /* why it is not done */
  gboolean again;      /* it halts to begin again at once */
  gboolean leaving;    /* the process ends, the job does not */
  gboolean stopped;    /* it waits for somebody; ERROR says why */
  gboolean over;       /* the result is known to everybody */
  JsonObject *last;    /* "finished", when over */
  gint64 told;         /* to end or to halt: monotonic time, 0 not */
  gboolean cancelled;
  guint64 saved; /* progress in state.json */
};

/* What the job's end of the control protocol tells the process. */
extern const ChannelEvents job_client_events;

/* The client has been told that so many digests of DISK are kept: a DigestsTaken. */
void job_client_taken (guint disk, guint64 records, gpointer data);

/* The client is lost, also before it came at all. */
void job_client_lost (gpointer data);

/* What another run of the client, with other settings, puts right. */
gboolean job_client_cures (const GError *error);

/* "stopped" for the client (caller unrefs). */
JsonObject *job_client_stopped (Process *process);

/* Runs the phases, or what is left of them. */
void job_process_start (Process *process);

/* The phases halt, if they run, and for REASON (copied; NULL: not for somebody to read). */
void job_process_halt (Process *process, const GError *reason);

/* Ends the job and undoes what it did. */
void job_process_cancel (Process *process);
