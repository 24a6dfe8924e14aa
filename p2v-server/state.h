/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.json: what `list` and `show` say about a job.  Written by the job's
 * process alone, each time as a whole. */
#pragma once
#include <glib.h>
#include <json-glib/json-glib.h>

/* Words of the status. */
#define STATE_RUNNING   "running"
#define STATE_WAITING   "waiting" /* the client is lost */
#define STATE_STOPPED   "stopped" /* somebody has to put something right: p2v-server resume */
#define STATE_DONE      "done"
#define STATE_FAILED    "failed"
#define STATE_CANCELLED "cancelled"
#define STATE_DEAD      "dead" /* never in the file: the process went without a word */

typedef struct {
  char *id, *name, *phase, *status;
  char *message, *remedy; /* may be NULL */
  char *again;            /* the phase that it goes on from when it is resumed; NULL early */
  guint furthest;         /* place in the table of phases that it came to at most */
  guint revivals;         /* how often its process was started again since it came there */
  gboolean complete;      /* the guest is finished, only the job's end is missing */
  gboolean alive;         /* a process works on it; not in the file */
  gint64 pid;             /* of the job's process */
  gint64 session;         /* of all its processes: setsid(2) */
  gint64 since, updated;  /* seconds since 1970: start of the job, last change */
  guint64 done, total;    /* progress within the phase */
} State;

State *state_new (const char *id, const char *name);
void state_free (State *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (State, state_free)

/* Replaces *MEMBER of a state. */
void state_set (char **member, const char *value);

gboolean state_write (const State *state, const char *dir, GError **error);

/* What is true now: the file of the job in DIR, but "dead" when it says running
 * or waiting and no process is there.  Never NULL. */
State *state_read (const char *dir);

/* TRUE until it has ended as done, failed or cancelled. */
gboolean state_is_open (const State *state);

/* Caller unrefs. */
JsonObject *state_to_json (const State *state);
