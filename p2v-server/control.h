/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The job's end of the control protocol, at the job's ctl.sock.
 *
 * Who connects says first, in a line, what it is:
 *   attach INSTANCE
 *             p2v-server session, which relays the client's messages; the answer
 *             is "attached", or "refused" when the job is another client's.  The
 *             one that was attached before is dropped: a client that comes back
 *             knows that its old link is dead, long before this side does
 *   adopt INSTANCE
 *             the same for another run of the client on the same machine, which takes the
 *             job over and is known by INSTANCE from then on; "busy" while a client is
 *             attached
 *   resume [OPTION]
 *             p2v-server resume; the answer is "resuming", or "refused" when the job is
 *             not stopped
 *   cancel    p2v-server cancel; the answer is "cancelling"; the connection stays
 *             until the job's process ends
 *
 * All sockets are served by the main loop; the functions marked so may be called
 * from any thread. */
#pragma once
#include <gio/gio.h>
#include <json-glib/json-glib.h>

typedef struct Channel Channel;

/* What the channel tells its owner, from the main loop. */
typedef struct {
  void (*attached) (gpointer data); /* a client is there, for the first time or again */
  void (*lost) (gpointer data);     /* it went without a "bye" */
  void (*left) (gpointer data);     /* after "bye" */
  void (*cancel) (gpointer data);   /* somebody wants the job to end */
  void (*digests) (guint disk, const guint8 *records, gsize length, gpointer data);
  /* The messages (JsonObject *, freed with the array) that a client hears first when it
   * is attached.  Called under the channel's lock: no call of channel_* in it. */
  GPtrArray *(*greeting) (gpointer data);
  gboolean (*adopt) (const char *instance, gpointer data); /* FALSE: it cannot be */
  gboolean (*resume) (const char *options, gpointer data); /* FALSE: it is not stopped */
  void (*broken) (const GError *error, gpointer data);     /* it sent what is not allowed */
} ChannelEvents;

/* Listens at PATH for the client *INSTANCE (looked at for each one that comes).  EVENTS
 * and DATA are borrowed.  P2V_ERROR_JOB. */
Channel *channel_listen (const char *path, char *const *instance, const ChannelEvents *events,
                         gpointer data, GError **error);

/* Closes everything and frees.  NULL is ignored. */
void channel_free (Channel *channel);

/* Any thread: sends MESSAGE to the client, if there is one.  Progress and log
 * lines are dropped while a slow client does not take them. */
void channel_send (Channel *channel, JsonObject *message);

/* Any thread but the main loop's, one at a time: see job_ask. */
JsonObject *channel_query (Channel *channel, JsonObject *query, guint timeout_s,
                           GCancellable *cancel, GError **error);

/* The same thread: see job_take_secrets. */
GPtrArray *channel_take_secrets (Channel *channel);

/* Any thread. */
gboolean channel_is_attached (Channel *channel);

/* Puts code, problem and remedy of ERROR into OBJECT, as "error" and "finished"
 * have them. */
void channel_put_error (JsonObject *object, const GError *error);
