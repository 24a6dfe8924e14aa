/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the conversion tells its front-end: the only way from it to a person. */
#pragma once
#include <json-glib/json-glib.h>

typedef enum {
  EVENT_PHASE,     /* phase, text: a phase begins */
  EVENT_PROGRESS,  /* done, total (bytes) within the current phase */
  EVENT_LOG,       /* level word, text: one line */
  EVENT_LINK_LOST, /* text: why; the job waits until we have connected again */
  EVENT_LINK_BACK, /* text: and now it goes on */
  EVENT_STOPPED,   /* text: what somebody has to put right before the job goes on */
  EVENT_WAITING,   /* text, job: a job of this machine waits; conversion_decide answers */
  EVENT_FINISHED,  /* error (NULL on success), job, summary */
} EventKind;

typedef struct {
  EventKind kind;
  char *phase;
  char *level;
  char *text;
  guint64 done, total;
  char *job; /* id on the conversion server, when one was made */
  GError *error;
  JsonObject *summary; /* the server's "summary" of "finished" plus ours under "client" */
} Event;

Event *event_new (EventKind kind);
void event_free (Event *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Event, event_free)
