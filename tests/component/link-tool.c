/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's parts below the conversion, for tests against a private sshd:
 *
 *   link-tool login SETTINGS            log in and out
 *   link-tool export FILE…              serve the files; sockets on stdout
 *   link-tool tunnel SETTINGS JOB FILE… serve them through data channels
 *   link-tool far-end SOCKET            stand in for `p2v-server data` and broker: frames on
 *                                       stdin and stdout, one NBD client at SOCKET
 *
 * export and tunnel print "up" and run until standard input ends, then print
 * "counters" with what was served; a tunnel that gives up says "failed" at once.  Every error is
 * one line "CODE: sentence". */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/error.h"
#include "common/frame.h"
#include "common/log.h"
#include "common/unit.h"
#include "p2v-client/export.h"
#include "p2v-client/session.h"
#include "p2v-client/tunnel.h"

static int
fail (GError *error)
{
  g_autofree char *sentence = p2v_error_sentence (error);
  printf ("%s: %s\n", p2v_error_code_name ((P2vErrorCode)error->code), sentence);
  g_error_free (error);
  return 1;
}

/* Says "failed" once, as soon as the tunnel (may be NULL) has given up. */
static void
wait_for_end (Tunnel *tunnel)
{
  char buffer[256];
  gboolean said = tunnel == NULL;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  printf ("up\n");
  for (;;) {
    if (poll (&input, 1, said ? -1 : 100) > 0 && read (0, buffer, sizeof buffer) <= 0)
      return;
    if (!said && tunnel_failed (tunnel, NULL)) {
      said = TRUE;
      printf ("failed\n");
    }
  }
}

static void
count_records (guint disk G_GNUC_UNUSED, const guint8 *records G_GNUC_UNUSED, gsize length,
               gpointer data)
{
  *(gsize *)data += length / P2V_DIGEST_RECORD_SIZE;
}

static P2vMachine *
machine_of (char **files)
{
  P2vMachine *machine = p2v_machine_new ();
  for (; *files; files++) {
    P2vDisk *disk = p2v_disk_new ();
    disk->device = g_strdup (*files);
    g_ptr_array_add (machine->disks, disk);
  }
  return machine;
}

static int
run_login (const Settings *settings)
{
  GError *error = NULL;
  g_autoptr (Identity) identity = NULL;
  if (!identity_load (settings, &identity, NULL, &error))
    return fail (error);
  g_autoptr (Session) session = session_open (settings, identity, NULL, &error);
  if (!session)
    return fail (error);
  printf ("ok\n");
  return 0;
}

static int
run_tunnel (const Settings *settings, const char *job, char **files)
{
  GError *error = NULL;
  gsize n_records = 0;
  g_autoptr (Identity) identity = NULL;
  if (settings && !identity_load (settings, &identity, NULL, &error))
    return fail (error);
  g_autoptr (P2vMachine) machine = machine_of (files);
  g_autoptr (Export) export = export_start (machine, count_records, &n_records, &error);
  if (!export)
    return fail (error);
  g_autoptr (Tunnel) tunnel = NULL;
  if (!settings) {
    for (const char *const *s = export_sockets (export); *s; s++)
      printf ("%s\n", *s);
  } else {
    tunnel = tunnel_open (settings, identity, job, export_sockets (export));
  }
  wait_for_end (tunnel);
  export_flush (export);
  guint64 bytes = 0;
  for (guint i = 0; i < machine->disks->len; i++)
    bytes += export_bytes_read (export, i);
  TunnelCounters counters = {0};
  if (tunnel)
    tunnel_counters (tunnel, G_MAXUINT, &counters);
  printf ("counters read=%" G_GUINT64_FORMAT " records=%" G_GSIZE_FORMAT
          " payload_out=%" G_GUINT64_FORMAT " wire_out=%" G_GUINT64_FORMAT "\n",
          bytes, n_records, counters.payload_out, counters.wire_out);
  if (tunnel && tunnel_failed (tunnel, &error))
    return fail (error);
  return 0;
}

/* One direction of far-end in a thread of its own: the socket's bytes into frames. */
static gpointer
frame_socket (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (P2V_FRAME_MAX);
  ssize_t n;
  do {
    n = recv (fd, buffer, P2V_FRAME_MAX, 0);
    if (n > 0)
      p2v_encoder_push (encoder, buffer, (gsize)n, FALSE, out);
    else
      p2v_encoder_end (encoder, out);
    if (write (1, out->data, out->len) != (ssize_t)out->len)
      break;
    g_byte_array_set_size (out, 0);
  } while (n > 0);
  close (1);
  return NULL;
}

static int
run_far_end (const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  int listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind (listener, (struct sockaddr *)&address, sizeof address) != 0 ||
      listen (listener, 1) != 0) {
    fprintf (stderr, "%s: %s\n", path, g_strerror (errno));
    return 1;
  }
  /* A channel that ends before a client has come ends this, too. */
  struct pollfd pollfds[] = {{.fd = listener, .events = POLLIN}, {.fd = 0}};
  (void)poll (pollfds, 2, -1);
  if (!pollfds[0].revents)
    return 0;
  int fd = accept (listener, NULL, NULL);
  GThread *thread = g_thread_new ("frames", frame_socket, GINT_TO_POINTER (fd));
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (P2V_FRAME_MAX);
  GError *error = NULL;
  gboolean ended = FALSE;
  ssize_t n;
  while (!ended && (n = read (0, buffer, P2V_FRAME_MAX)) > 0) {
    for (gsize at = 0, used; at < (gsize)n; at += used) {
      if (!p2v_decoder_push (decoder, buffer + at, (gsize)n - at, out, &used, &ended, &error))
        return fail (error);
      if (out->len > 0 && send (fd, out->data, out->len, MSG_NOSIGNAL) != (ssize_t)out->len)
        break;
      g_byte_array_set_size (out, 0);
    }
  }
  shutdown (fd, SHUT_WR);
  g_thread_join (thread);
  close (fd);
  close (listener);
  unlink (path);
  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (Settings) settings = settings_new ();
  GError *error = NULL;
  setvbuf (stdout, NULL, _IOLBF, 0);
  p2v_log_open (2, P2V_LOG_DEBUG);
  if (argc >= 3 && strcmp (argv[1], "export") == 0)
    return run_tunnel (NULL, NULL, argv + 2);
  if (argc == 3 && strcmp (argv[1], "far-end") == 0)
    return run_far_end (argv[2]);
  if (argc >= 3 && !settings_parse (settings, argv[2], &error))
    return fail (error);
  if (argc == 3 && strcmp (argv[1], "login") == 0)
    return run_login (settings);
  if (argc >= 5 && strcmp (argv[1], "tunnel") == 0)
    return run_tunnel (settings, argv[3], argv + 4);
  fprintf (stderr, "usage: link-tool login|export|tunnel|far-end …\n");
  return 2;
}
