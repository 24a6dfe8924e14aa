/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the conversion tells its front-end: the only way from it to a person. */
#pragma once
#include <json-glib/json-glib.h>

typedef enum {
  EVENT_PHASE,     /* phase, text: a phase begins */
  EVENT_PROGRESS,  /* phase, text, done, total: at least once a second from the first phase on,
                      also while nothing moves or the link is broken */
  EVENT_LOG,       /* level word, text: one line */
  EVENT_LINK_LOST, /* text: why; the job waits until we have connected again */
  EVENT_LINK_BACK, /* text: and now it goes on */
  EVENT_STOPPED,   /* text: what somebody has to put right before the job goes on */
  EVENT_WAITING,   /* text, job: a job of this machine waits; conversion_decide answers */
  EVENT_CHOICE,    /* text, choices: which operating system? conversion_choose answers */
  EVENT_LOCKED,    /* text, choices: encrypted volumes; a passphrase? conversion_unlock answers */
  EVENT_FINISHED,  /* error (NULL on success), job, summary */
} EventKind;

typedef struct {
  EventKind kind;
  char *phase;
  char *level;
  char *text; /* of EVENT_PROGRESS: what the phase does, for a person */
  /* Within the phase, over all disks: bytes when IN_BYTES, else steps; TOTAL 0: nobody
   * knows. */
  guint64 done, total;
  guint64 link_done, link_total; /* the bytes of them that come over the link */
  gboolean in_bytes;
  guint64 copy_bytes; /* of EVENT_PHASE: about what the copy will have to move; 0: not known */

  /* Over the whole conversion; in every event that the front-end gets: */
  double percent;      /* 0 to 100, never falls; 100 only in EVENT_FINISHED of a success */
  double rate;         /* bytes a second of the phase just now; below 0: not known */
  gint64 seconds_left; /* until the guest is done; below 0: not known */

  char **choices; /* of EVENT_CHOICE, in words; of EVENT_LOCKED, the volumes */

  char *job;     /* id on the conversion server, when one was made */
  GError *error; /* of EVENT_FINISHED; of EVENT_STOPPED what TEXT says, for who translates it */
  JsonObject *summary; /* the server's "summary" of "finished" plus ours under "client" */
} Event;

Event *event_new (EventKind kind);
void event_free (Event *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Event, event_free)
