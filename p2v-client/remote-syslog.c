/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remote-syslog.h"
#include <string.h>

#define DEFAULT_PORT 514
#define TIMEOUT_S    5
#define TEXT_MAX     1800 /* bytes: 2048 with what stands before it, RFC 5424, 6.1 */
#define FACILITY     3    /* daemon */

struct Syslog {
  SyslogPlace *place;
  GSocketConnection *connection; /* NULL: none */
};

SyslogPlace *
syslog_place_parse (const char *url)
{
  gboolean tcp = g_str_has_prefix (url, "syslog+tcp://");
  if (!tcp && !g_str_has_prefix (url, "syslog://"))
    return NULL;
  const char *address = strstr (url, "://") + strlen ("://");
  g_autofree char *bare = g_str_has_suffix (address, "/")
                              ? g_strndup (address, strlen (address) - 1)
                              : g_strdup (address);
  if (!*bare || strpbrk (bare, "/@?# "))
    return NULL;
  g_autoptr (GSocketConnectable) parsed = g_network_address_parse (bare, DEFAULT_PORT, NULL);
  if (!parsed)
    return NULL;
  const GNetworkAddress *where = (const GNetworkAddress *)parsed;
  const char *host = g_network_address_get_hostname ((GNetworkAddress *)where);
  guint16 port = g_network_address_get_port ((GNetworkAddress *)where);
  if (!*host || port == 0)
    return NULL;
  SyslogPlace *place = g_new0 (SyslogPlace, 1);
  *place = (SyslogPlace){tcp, g_strdup (host), port};
  return place;
}

void
syslog_place_free (SyslogPlace *place)
{
  if (!place)
    return;
  g_free (place->host);
  g_free (place);
}

char *
syslog_message (P2vLogLevel level, gint64 time, const char *name, const char *text)
{
  static const guint severities[] = {7, 6, 4, 3};
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  g_autofree char *stamp = when ? g_date_time_format (when, "%Y-%m-%dT%H:%M:%S") : g_strdup ("-");
  g_autofree char *host = g_strcanon (g_strdup (*name ? name : "-"),
                                      G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._+-", '-');
  gsize length = strlen (text);
  if (length > TEXT_MAX) {
    const char *end = g_utf8_find_prev_char (text, text + TEXT_MAX + 1);
    length = end ? (gsize)(end - text) : 0;
  }
  return g_strdup_printf ("<%u>1 %s.%03uZ %s p2v-client - - - %.*s",
                          FACILITY * 8 + severities[level], stamp,
                          (guint)(time % G_USEC_PER_SEC / 1000), host, (int)length, text);
}

Syslog *
syslog_new (SyslogPlace *place)
{
  Syslog *syslog = g_new0 (Syslog, 1);
  syslog->place = place;
  return syslog;
}

void
syslog_free (Syslog *syslog)
{
  if (!syslog)
    return;
  g_clear_object (&syslog->connection);
  syslog_place_free (syslog->place);
  g_free (syslog);
}

static gboolean
dial (Syslog *syslog, GError **error)
{
  if (syslog->connection)
    return TRUE;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, TIMEOUT_S);
  if (!syslog->place->tcp) {
    g_socket_client_set_socket_type (client, G_SOCKET_TYPE_DATAGRAM);
    g_socket_client_set_protocol (client, G_SOCKET_PROTOCOL_UDP);
  }
  g_autoptr (GSocketConnectable) where =
      g_network_address_new (syslog->place->host, syslog->place->port);
  syslog->connection = g_socket_client_connect (client, where, NULL, error);
  return syslog->connection != NULL;
}

/* A receiver that was started again leaves us with a connection that takes one more message and
 * loses it. */
static gboolean
is_dead (Syslog *syslog)
{
  GSocket *socket = g_socket_connection_get_socket (syslog->connection);
  return syslog->place->tcp &&
         (g_socket_condition_check (socket, G_IO_IN) & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0;
}

gboolean
syslog_send (Syslog *syslog, const char *message, GError **error)
{
  if (syslog->connection && is_dead (syslog))
    g_clear_object (&syslog->connection);
  if (!dial (syslog, error))
    return FALSE;
  g_autofree char *counted = g_strdup_printf ("%zu %s", strlen (message), message);
  const char *bytes = syslog->place->tcp ? counted : message;
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (syslog->connection));
  if (g_output_stream_write_all (out, bytes, strlen (bytes), NULL, NULL, error))
    return TRUE;
  g_clear_object (&syslog->connection);
  return FALSE;
}
