/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of an attendance, for attendance.c (how it goes on), attendance-messages.c (what
 * the server says, and the answers) and attendance-secrets.c (those that are passphrases). */
#pragma once
#include "attendance.h"
#include "digest-queue.h"
#include "reread.h"
#include <stdatomic.h>

/* Digests of 75 GB that the job has not taken: then its reads wait until it does. */
#define ATTENDANCE_DIGESTS_MAX (32u * 1024u * 1024u)

struct Attendance {
  Line *line;
  const P2vMachine *machine;
  GCancellable *cancel;
  AttendanceEvent emit;
  gpointer data;
  DigestQueue *digests;
  Export *export;
  Tunnel *tunnel;
  guint64 *baseline; /* the block layer's counters when the job started */
  char *instance;    /* what this client is known by when it comes back */
  JsonObject *start; /* the message; sent again when its answer was lost */
  AttendanceWaiting waiting;
  char *offered;            /* the waiting job that nobody has decided about yet */
  char *adopted;            /* the one that was asked for */
  gboolean told;            /* that a job waits, by this connection */
  atomic_int decision;      /* -1 none, else TRUE: adopt */
  const Settings *settings; /* NULL: no passphrases */
  gboolean chooses;
  gint64 choice_id;  /* of the query that waits for a person's choice; 0: none */
  char **choices;    /* those of it, and after the answer of the last one */
  atomic_int choice; /* -1 none yet */
  gint64 closed_id;  /* of the query that waits for a passphrase of a person's; 0: none */
  gint64 opened_id;  /* of the last one that was answered so */
  char **closed;     /* the volumes that it names */
  GMutex lock;       /* of the next two */
  gboolean typed;    /* an answer is there, the last of these, or none and "leave" */
  gboolean leave;
  GPtrArray *passphrases; /* what was typed while this job ran: p2v_secret_new */
  Reread *reread;         /* of the query with this id */
  gint64 reread_id;
  gint64 last_alive; /* when the last message "alive" went out */

  char *job;
  char *phase; /* the last one that the front-end was told of */
  gboolean finished;
  GError *outcome; /* what "finished" said; NULL: success */
  JsonObject *summary;

  gint64 patience;   /* how long to try to connect again */
  gint64 lost_since; /* when the link broke; 0 while the job hears us */
  Backoff backoff;
  gboolean started; /* "start" was sent: there may be a job */
  gboolean cancelling;
  gboolean unreachable; /* the server cannot be told anything any more */
  GError *broken;       /* first failure on this side */
  gint64 broken_since;
};

/* A ControlCallback. */
gboolean attendance_take_message (JsonObject *message, gpointer data, GError **error);

/* The query "passphrases" (attendance-secrets.c), and what was asked of a person for it. */
void attendance_take_locked (Attendance *attendance, JsonObject *query);
void attendance_go_on_locked (Attendance *attendance);

/* Goes on with what did not come to its end at once: a decision, a reread. */
void attendance_go_on (Attendance *attendance);

/* Hands waiting digests to the control channel; not ALL while it is full. */
void attendance_send_digests (Attendance *attendance, gboolean all);

/* Hands what the client has logged to a job that listens. */
void attendance_send_log (Attendance *attendance);
