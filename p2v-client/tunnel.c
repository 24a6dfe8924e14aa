/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tunnel.h"
#include "backoff.h"
#include "common/error.h"
#include "common/log.h"
#include "gauge.h"
#include "pace.h"
#include "relay.h"

/* Channels in one session: below sshd's MaxSessions of 10 (sshd_config(5)), with
 * room for what an administrator's own settings take away. */
#define CHANNELS 8u
#define TICK_MS  1000

typedef struct {
  Tunnel *tunnel;
  guint first, n; /* its disks */
  GThread *thread;
} Worker;

struct Tunnel {
  const Settings *settings;
  const Identity *identity;
  char *job;
  const char *const *sockets;
  guint n_disks;
  RelayCounters *counters; /* one per disk */
  Pace *pace;              /* NULL: no limit */
  GPtrArray *workers;
  gboolean may_compress;
  gint64 patience; /* how long a session may stay away */
  GCancellable *stop;
  atomic_bool held;
  GMutex lock;
  GError *error; /* the first one that no new attempt can heal */
};

static void
report_failure (Tunnel *tunnel, GError *error)
{
  g_mutex_lock (&tunnel->lock);
  if (!tunnel->error && !g_cancellable_is_cancelled (tunnel->stop))
    tunnel->error = error;
  else
    g_error_free (error);
  g_mutex_unlock (&tunnel->lock);
}

static gboolean
open_relays (Worker *worker, Session *session, GPtrArray *relays, GError **error)
{
  Tunnel *tunnel = worker->tunnel;
  for (guint i = worker->first; i < worker->first + worker->n; i++) {
    Relay *relay = relay_open (session, tunnel->job, i, tunnel->sockets[i], &tunnel->counters[i],
                               tunnel->stop, error);
    if (!relay)
      return FALSE;
    g_ptr_array_add (relays, relay);
  }
  return TRUE;
}

typedef struct {
  guint first; /* the relay whose turn it was: each is the first once, so that none takes
                  all that is allowed */
  PaceTurn turn;
  gboolean busy, blocked, done;
  guint64 plain, sent; /* bytes so far, before and after compression */
} Round;

static gboolean
step_relays (Worker *worker, GPtrArray *relays, gboolean compress, Round *round, GError **error)
{
  gboolean held = atomic_load (&worker->tunnel->held);
  gint64 now = g_get_monotonic_time ();
  *round = (Round){.first = (round->first + 1) % relays->len, .turn = round->turn, .done = TRUE};
  for (guint i = 0; i < relays->len; i++) {
    Relay *relay = g_ptr_array_index (relays, (round->first + i) % relays->len);
    gsize allowed = pace_allows (&round->turn, now);
    gsize before = allowed;
    if (!relay_step (relay, compress, held, &allowed, error))
      return FALSE;
    round->turn.left -= before - allowed;
    round->blocked |= relay_is_blocked (relay);
    round->done &= relay_is_done (relay);
    relay_add_traffic (relay, &round->plain, &round->sent);
  }
  now = g_get_monotonic_time ();
  pace_book (worker->tunnel->pace, &round->turn, round->blocked, now);
  gsize allowed = pace_allows (&round->turn, now);
  for (guint i = 0; i < relays->len; i++)
    round->busy |= relay_is_busy (g_ptr_array_index (relays, i), allowed);
  return TRUE;
}

/* How long to wait when nothing happens. */
static int
patience_ms (const Round *round)
{
  if (round->busy)
    return 0;
  int turn = round->blocked ? pace_wait_ms (&round->turn, g_get_monotonic_time ()) : 0;
  return turn > 0 ? MIN (turn, TICK_MS) : TICK_MS;
}

/* Until the tunnel is closed, the last channel has ended, or something breaks. */
static gboolean
serve (Worker *worker, Session *session, GPtrArray *relays, GError **error)
{
  GCancellable *stop = worker->tunnel->stop;
  struct pollfd pollfds[CHANNELS + 1];
  Gauge gauge = {.compress = FALSE};
  Round round = {0};
  while (!g_cancellable_is_cancelled (stop)) {
    gboolean before = gauge.compress;
    if (!step_relays (worker, relays, gauge.compress && worker->tunnel->may_compress, &round,
                      error))
      return FALSE;
    if (round.done)
      return TRUE;
    for (guint i = 0; i < relays->len; i++)
      relay_poll (g_ptr_array_index (relays, i), &pollfds[i]);
    pollfds[relays->len] = (struct pollfd){.fd = g_cancellable_get_fd (stop), .events = POLLIN};
    gint64 start = g_get_monotonic_time ();
    gboolean alive = session_pump (session, pollfds, relays->len + 1, patience_ms (&round), error);
    g_cancellable_release_fd (stop);
    if (!alive)
      return FALSE;
    gint64 now = g_get_monotonic_time ();
    if (gauge_update (&gauge, now, now - start, round.blocked, round.sent, round.plain) != before)
      p2v_debug ("compression of a data session: %s", gauge.compress ? "on" : "off");
    for (guint i = 0; i < relays->len; i++)
      relay_notice (g_ptr_array_index (relays, i), &pollfds[i]);
  }
  return TRUE;
}

/* One session from login to end.  TRUE when it has ended in good order.  *UP: it was
 * there, with all its channels. */
static gboolean
run_session (Worker *worker, gboolean *up, GError **error)
{
  Tunnel *tunnel = worker->tunnel;
  g_autoptr (GPtrArray) relays = g_ptr_array_new_with_free_func ((GDestroyNotify)relay_free);
  Session *session = session_open (tunnel->settings, tunnel->identity, tunnel->stop, error);
  *up = session && open_relays (worker, session, relays, error);
  gboolean ok = *up && serve (worker, session, relays, error);
  g_ptr_array_set_size (relays, 0); /* channels before their session */
  session_free (session);
  return ok;
}

/* The exports stay, and what the broker asked in vain it asks again on another channel:
 * so a session that breaks is just opened anew. */
static gpointer
run_worker (gpointer data)
{
  Worker *worker = data;
  Tunnel *tunnel = worker->tunnel;
  Backoff backoff = {0};
  gint64 deadline = g_get_monotonic_time () + tunnel->patience;
  for (;;) {
    GError *error = NULL;
    gboolean up = FALSE;
    if (run_session (worker, &up, &error))
      return NULL;
    if (up) {
      backoff = (Backoff){0};
      deadline = g_get_monotonic_time () + tunnel->patience;
    }
    if (tunnel->patience == 0 || !backoff_forgives (&backoff, error) ||
        !backoff_wait (&backoff, deadline, tunnel->stop)) {
      report_failure (tunnel, error);
      return NULL;
    }
    g_autofree char *problem = p2v_error_problem (error);
    p2v_debug ("opening a data session again: %s", problem);
    g_error_free (error);
  }
}

static void
start_workers (Tunnel *tunnel, guint connections)
{
  for (guint c = 0; c < connections; c++) {
    for (guint first = 0; first < tunnel->n_disks; first += CHANNELS) {
      Worker *worker = g_new0 (Worker, 1);
      worker->tunnel = tunnel;
      worker->first = first;
      worker->n = MIN (CHANNELS, tunnel->n_disks - first);
      g_ptr_array_add (tunnel->workers, worker);
    }
  }
  for (guint i = 0; i < tunnel->workers->len; i++) {
    Worker *worker = g_ptr_array_index (tunnel->workers, i);
    worker->thread = g_thread_new ("data session", run_worker, worker);
  }
}

Tunnel *
tunnel_open (const Settings *settings, const Identity *identity, const char *job,
             const char *const *sockets)
{
  Tunnel *tunnel = g_new0 (Tunnel, 1);
  tunnel->settings = settings;
  tunnel->identity = identity;
  tunnel->job = g_strdup (job);
  tunnel->sockets = sockets;
  tunnel->n_disks = g_strv_length ((char **)sockets);
  tunnel->counters = g_new0 (RelayCounters, tunnel->n_disks);
  tunnel->pace = pace_new (settings_get_size (settings, SETTING_bandwidth));
  tunnel->workers = g_ptr_array_new_with_free_func (g_free);
  tunnel->may_compress = !g_str_equal (settings_get (settings, SETTING_compress), "never");
  tunnel->patience = (gint64)settings_get_uint (settings, SETTING_reconnect) * G_USEC_PER_SEC;
  tunnel->stop = g_cancellable_new ();
  g_mutex_init (&tunnel->lock);
  guint connections = (guint)settings_get_uint (settings, SETTING_connections);
  start_workers (tunnel, MAX (connections, 1));
  return tunnel;
}

void
tunnel_hold (Tunnel *tunnel, gboolean held)
{
  atomic_store (&tunnel->held, held);
}

gboolean
tunnel_failed (Tunnel *tunnel, GError **error)
{
  g_mutex_lock (&tunnel->lock);
  gboolean failed = tunnel->error != NULL;
  if (failed)
    g_propagate_error (error, g_error_copy (tunnel->error));
  g_mutex_unlock (&tunnel->lock);
  return failed;
}

void
tunnel_counters (Tunnel *tunnel, guint disk, TunnelCounters *counters)
{
  *counters = (TunnelCounters){0};
  for (guint i = 0; i < tunnel->n_disks; i++) {
    if (disk != G_MAXUINT && disk != i)
      continue;
    RelayCounters *c = &tunnel->counters[i];
    counters->payload_out += atomic_load (&c->payload_out);
    counters->payload_in += atomic_load (&c->payload_in);
    counters->wire_out += atomic_load (&c->wire_out);
    counters->wire_in += atomic_load (&c->wire_in);
  }
}

void
tunnel_free (Tunnel *tunnel)
{
  if (!tunnel)
    return;
  g_cancellable_cancel (tunnel->stop);
  for (guint i = 0; i < tunnel->workers->len; i++)
    g_thread_join (((Worker *)g_ptr_array_index (tunnel->workers, i))->thread);
  g_ptr_array_unref (tunnel->workers);
  g_clear_error (&tunnel->error);
  g_object_unref (tunnel->stop);
  g_mutex_clear (&tunnel->lock);
  pace_free (tunnel->pace);
  g_free (tunnel->counters);
  g_free (tunnel->job);
  g_free (tunnel);
}
