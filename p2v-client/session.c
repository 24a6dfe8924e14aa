/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libssh is used without blocking from the first packet on, so that everything
 * can be cancelled and one thread can serve many channels.  What has to be known
 * of it (0.10.6):
 *
 * - With SSH_OPTIONS_FD it makes the descriptor blocking during the connect; a
 *   write of ours would then wait inside libssh.  It is set back afterwards.
 *   libssh sends only after POLLOUT and so never meets EAGAIN.
 * - ssh_disconnect() forgets a descriptor that was given by SSH_OPTIONS_FD, while
 *   ssh_free() closes it: so only ssh_free() is called.
 * - ssh_send_keepalive() starts a request in one call and takes its answer in
 *   the next, so every second call makes the server answer. */
#include "session.h"
#include "auth.h"
#include "common/error.h"
#include "common/log.h"
#include "common/message.h"
#include "dial.h"
#include "jump.h"
#include <errno.h>
#include <fcntl.h>
#include <libssh/callbacks.h>
#include <libssh/server.h> /* ssh_send_keepalive */
#include <string.h>
#include <unistd.h>

#define CONNECT_S    20 /* for TCP, and again for key exchange, and for login */
#define SILENCE      (P2V_SILENCE_S * G_USEC_PER_SEC) /* of a server that was asked */
#define KEEPALIVE    (P2V_ALIVE_S * G_USEC_PER_SEC)
#define WAIT_STEP_MS 50
#define AES          "aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define CHACHA       "chacha20-poly1305@openssh.com"

struct Session {
  ssh_session ssh;
  ssh_event event; /* NULL until logged in */
  struct ssh_counter_struct traffic;
  guint64 heard; /* bytes so far */
  gint64 asked;  /* monotonic time of the first unanswered probe, 0 none */
  gint64 last_probe;
  Peer *peer;
  Peer *before; /* the jump host, NULL: none */
  Jump *jump;   /* the way through it */
  gboolean sudo;
};

/* AES-GCM is the fastest cipher where the processor has instructions for it, and
 * by far the slowest where it does not, as on servers made before 2010. */
static const char *
ciphers (void)
{
#ifdef __x86_64__
  __builtin_cpu_init ();
  if (__builtin_cpu_supports ("aes") && __builtin_cpu_supports ("pclmul"))
    return AES "," CHACHA;
#endif
  return CHACHA "," AES;
}

static gboolean
set_options (Session *session, const char *hostkeys, int fd)
{
  int off = 0;
  guint port = session->peer->port;
  g_autofree char *dir = g_build_filename (g_get_home_dir (), ".ssh", NULL);
  g_autofree char *known = g_build_filename (dir, "known_hosts", NULL);
  ssh_session ssh = session->ssh;
  /* The home folder is named because an initramfs may not know one. */
  return ssh_options_set (ssh, SSH_OPTIONS_PROCESS_CONFIG, &off) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_SSH_DIR, dir) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_HOST, session->peer->host) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_PORT, &port) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_USER, session->peer->user) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_KNOWNHOSTS, known) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, HOSTKEY_SYSTEM_FILE) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_CIPHERS_C_S, ciphers ()) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_CIPHERS_S_C, ciphers ()) == 0 &&
         ssh_options_set (ssh, SSH_OPTIONS_COMPRESSION, "no") == 0 &&
         (!hostkeys || ssh_options_set (ssh, SSH_OPTIONS_HOSTKEYS, hostkeys) == 0) &&
         ssh_options_set (ssh, SSH_OPTIONS_FD, &fd) == 0;
}

gboolean
session_wait (Session *session, gint64 deadline, int code, GCancellable *cancel, GError **error)
{
  if (g_cancellable_is_cancelled (cancel)) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
    return FALSE;
  }
  if (g_get_monotonic_time () > deadline) {
    p2v_set_error (error, (P2vErrorCode)code, "Check that sshd there is well and not overloaded.",
                   "%s accepted the connection but does not answer.", session->peer->host);
    return FALSE;
  }
  struct pollfd pollfd = {.fd = ssh_get_fd (session->ssh), .events = POLLIN};
  /* Short, because libssh may hold a packet already that poll() knows nothing of. */
  (void)poll (&pollfd, 1, WAIT_STEP_MS);
  return TRUE;
}

static gint64
deadline_from_now (void)
{
  return g_get_monotonic_time () + CONNECT_S * G_USEC_PER_SEC;
}

/* TCP and key exchange, with a host key of one of the types in HOSTKEYS (NULL: any). */
static gboolean
connect_once (Session *session, const char *hostkeys, GCancellable *cancel, GError **error)
{
  const Peer *peer = session->peer;
  int fd = session->jump ? jump_dial (session->jump, peer, CONNECT_S, cancel, error)
                         : dial_peer (peer, CONNECT_S, cancel, error);
  if (fd < 0)
    return FALSE;

  session->ssh = ssh_new ();
  if (!set_options (session, hostkeys, fd)) {
    p2v_set_error (error, P2V_ERROR_CONNECT, "Check p2v.server=, p2v.port= and p2v.username=.",
                   "The connection to %s cannot be set up: %s.", peer->host,
                   ssh_get_error (session->ssh));
    close (fd);
    return FALSE;
  }
  ssh_set_blocking (session->ssh, 0);
  gint64 deadline = deadline_from_now ();
  int rc;
  while ((rc = ssh_connect (session->ssh)) == SSH_AGAIN) {
    if (!session_wait (session, deadline, P2V_ERROR_CONNECT, cancel, error))
      return FALSE;
  }
  if (rc == SSH_OK)
    return TRUE;
  if (session->jump && jump_failed (session->jump, error))
    return FALSE;
  p2v_set_error (error, P2V_ERROR_CONNECT,
                 "Check that p2v.port= is sshd's port on the conversion server.",
                 "No SSH connection to %s on port %u: %s.", peer->host, (guint)peer->port,
                 ssh_get_error (session->ssh));
  return FALSE;
}

static void
forget_connection (Session *session)
{
  if (session->event) {
    (void)ssh_event_remove_session (session->event, session->ssh);
    ssh_event_free (session->event);
    session->event = NULL;
  }
  ssh_free (session->ssh);
  session->ssh = NULL;
}

/* A fingerprint does not say of which type its key is, and the server proves only
 * the key of the negotiated type: so every type is asked for before a pinned
 * fingerprint counts as missing. */
static gboolean
connect_trusted (Session *session, HostkeySeen *seen, GCancellable *cancel, GError **error)
{
  g_autoptr (GError) first = NULL;
  if (!connect_once (session, NULL, cancel, error))
    return FALSE;
  HostkeyVerdict verdict = hostkey_check (session->ssh, session->peer, seen, &first);
  for (guint i = 0; verdict == HOSTKEY_OTHER_TYPE && hostkey_types[i]; i++) {
    forget_connection (session);
    g_autoptr (GError) other = NULL;
    /* A server that has no key of that type may close the connection before libssh has
     * found out by itself: then, too, the first verdict stands. */
    if (connect_once (session, hostkey_types[i], cancel, &other)) {
      verdict = hostkey_check (session->ssh, session->peer, NULL, NULL);
    } else if (!session->ssh || g_error_matches (other, P2V_ERROR, P2V_ERROR_CANCELLED)) {
      /* The way there has gone meanwhile: nothing is known of its keys. */
      g_propagate_error (error, g_steal_pointer (&other));
      return FALSE;
    } else if (session->jump && jump_failed (session->jump, error)) {
      return FALSE;
    }
  }
  if (verdict == HOSTKEY_TRUSTED)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

static void
start_counting (Session *session)
{
  int fd = ssh_get_fd (session->ssh);
  (void)fcntl (fd, F_SETFL, fcntl (fd, F_GETFL) | O_NONBLOCK);
  ssh_set_counters (session->ssh, &session->traffic, NULL);
  session->last_probe = g_get_monotonic_time ();
  session->event = ssh_event_new ();
  (void)ssh_event_add_session (session->event, session->ssh);
}

static gboolean
log_in (Session *session, const Settings *settings, const Identity *identity, HostkeySeen *seen,
        GCancellable *cancel, GError **error)
{
  const char *password = settings_get (settings, SETTING_password);
  AuthOffer offer = {.user = session->peer->user,
                     .password = password && *password ? password : NULL,
                     .identity = identity,
                     .asker = settings_asker (settings)};
  if (!connect_trusted (session, seen, cancel, error) ||
      !auth_login (session, &offer, deadline_from_now (), cancel, error))
    return FALSE;
  start_counting (session);
  return TRUE;
}

/* Problems say by themselves which of the two machines has them; remedies are other ones. */
static void
explain_jump (GError *cause, GError **error)
{
  gboolean login = g_error_matches (cause, P2V_ERROR, P2V_ERROR_AUTH);
  if (!login && !g_error_matches (cause, P2V_ERROR, P2V_ERROR_CONNECT)) {
    g_propagate_error (error, cause);
    return;
  }
  g_autofree char *problem = p2v_error_problem (cause);
  if (login)
    p2v_set_error (error, P2V_ERROR_AUTH,
                   "This is the jump host, which gets the same key and password as the conversion "
                   "server: check its user name in p2v.jump= and what it allows this user.",
                   "%s", problem);
  else
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check p2v.jump=, this machine's network settings, and that sshd runs on the "
                   "jump host.",
                   "%s", problem);
  g_error_free (cause);
}

static gboolean
log_in_before (Session *session, const Settings *settings, const Identity *identity,
               HostkeySeen *seen, GCancellable *cancel, GError **error)
{
  session->before = peer_jump (settings);
  if (!session->before)
    return TRUE;
  g_autoptr (Session) first = g_new0 (Session, 1);
  GError *cause = NULL;
  first->peer = peer_jump (settings);
  if (!log_in (first, settings, identity, seen, cancel, &cause)) {
    explain_jump (cause, error);
    return FALSE;
  }
  if (seen)
    g_clear_pointer (&seen->fingerprint, g_free);
  session->jump = jump_new (g_steal_pointer (&first), session->before);
  return TRUE;
}

Session *
session_open (const Settings *settings, const Identity *identity, GCancellable *cancel,
              GError **error)
{
  return session_open_seeing (settings, identity, NULL, cancel, error);
}

Session *
session_open_seeing (const Settings *settings, const Identity *identity, HostkeySeen *seen,
                     GCancellable *cancel, GError **error)
{
  g_autoptr (Session) session = g_new0 (Session, 1);
  session->peer = peer_server (settings);
  session->sudo = settings_get_bool (settings, SETTING_sudo);
  if (!log_in_before (session, settings, identity, seen, cancel, error) ||
      !log_in (session, settings, identity, seen, cancel, error))
    return NULL;
  return g_steal_pointer (&session);
}

void
session_free (Session *session)
{
  if (!session)
    return;
  forget_connection (session);
  jump_free (session->jump);
  peer_free (session->before);
  peer_free (session->peer);
  g_free (session);
}

gboolean
session_uses_sudo (Session *session)
{
  return session->sudo;
}

ssh_session
session_handle (Session *session)
{
  return session->ssh;
}

const char *
session_peer (Session *session)
{
  return session->peer->login;
}

static gboolean
link_is_broken (Session *session, const char *why, GError **error)
{
  if (session->jump && jump_failed (session->jump, error))
    return FALSE;
  p2v_set_error (error, P2V_ERROR_LINK, "Check the network between the two machines.",
                 "The connection to %s broke: %s.", session->peer->host, why);
  return FALSE;
}

gboolean
session_is_congested (Session *session)
{
  return (ssh_get_status (session->ssh) & SSH_WRITE_PENDING) != 0;
}

static gboolean
check_alive (Session *session, GError **error)
{
  gint64 now = g_get_monotonic_time ();
  if (session->traffic.in_bytes != session->heard) {
    session->heard = session->traffic.in_bytes;
    session->asked = 0;
  }
  /* Not from the last sign of life on: this thread may have been busy elsewhere. */
  if (session->asked && now - session->asked > SILENCE)
    return link_is_broken (session, "no sign of life for half a minute", error);
  if (now - session->last_probe > KEEPALIVE) {
    session->last_probe = now;
    if (!session->asked)
      session->asked = now;
    (void)ssh_send_keepalive (session->ssh);
  }
  return TRUE;
}

gboolean
session_pump (Session *session, struct pollfd *others, guint n, int timeout_ms, GError **error)
{
  struct pollfd pollfds[64];
  g_assert (n < G_N_ELEMENTS (pollfds));
  pollfds[0] = (struct pollfd){.fd = ssh_get_fd (session->ssh),
                               .events = POLLIN | (session_is_congested (session) ? POLLOUT : 0)};
  if (n > 0)
    memcpy (pollfds + 1, others, n * sizeof *others);
  if (poll (pollfds, n + 1, MIN (timeout_ms, (int)(KEEPALIVE / 1000))) < 0 && errno != EINTR)
    return link_is_broken (session, g_strerror (errno), error);
  if (n > 0)
    memcpy (others, pollfds + 1, n * sizeof *others);

  if (pollfds[0].revents && ssh_event_dopoll (session->event, 0) == SSH_ERROR)
    return link_is_broken (session, ssh_get_error (session->ssh), error);
  if (!ssh_is_connected (session->ssh) ||
      (ssh_get_status (session->ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR)))
    return link_is_broken (session, ssh_get_error (session->ssh), error);
  return check_alive (session, error);
}

void
session_explain_exit (int status, const char *stderr_text, GError **error)
{
  g_autofree char *words = g_strdelimit (g_strstrip (g_strdup (stderr_text)), "\n\r", ' ');
  const char *said = *words ? words : "it said nothing";
  if (status == 126 || status == 127 || strstr (words, "command not found")) {
    p2v_set_error (error, P2V_ERROR_NO_SERVER,
                   "Install it there with \"make install-server\" (it has to be in the PATH of a "
                   "login without a terminal).",
                   "The conversion server has no p2v-server: %s.", said);
  } else if (g_str_has_prefix (words, "sudo:")) {
    p2v_set_error (error, P2V_ERROR_AUTH,
                   "Allow the login user to run p2v-server by sudo without a password (a line "
                   "\"USER ALL=(root) NOPASSWD: /usr/local/bin/p2v-server\" in /etc/sudoers.d), or "
                   "leave p2v.sudo out.",
                   "sudo on the conversion server does not start p2v-server: %s.", said);
  } else if (status > 0) {
    p2v_set_error (error, P2V_ERROR_LINK, "Look at the conversion server for the reason.",
                   "p2v-server ended with status %d: %s.", status, said);
  } else {
    p2v_set_error (error, P2V_ERROR_LINK, "Look at the conversion server for the reason.",
                   "p2v-server closed the connection: %s.", said);
  }
}
