/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "peer.h"
#include "words.h"
#include <string.h>

#define PORT 22

static Peer *
peer_new (gboolean jump, const char *user, const char *host, guint64 port)
{
  Peer *peer = g_new0 (Peer, 1);
  peer->jump = jump;
  peer->host = g_hostname_to_ascii (host);
  if (!peer->host)
    peer->host = g_strdup (host);
  peer->port = port > 0 && port <= 65535 ? (guint16)port : PORT;
  peer->user = g_strdup (user);
  peer->login = g_strdup_printf ("%s@%s", user, host);
  peer->title =
      g_strdup_printf (jump ? N_ ("The jump host %s") : N_ ("The conversion server %s"), host);
  peer->pinned_name = jump ? "p2v.jump.hostkey=" : "p2v.hostkey=";
  return peer;
}

Peer *
peer_server (const Settings *settings)
{
  Peer *peer = peer_new (FALSE, settings_get (settings, SETTING_username),
                         settings_get (settings, SETTING_server),
                         settings_get_uint (settings, SETTING_port));
  peer->pinned = settings_get_list (settings, SETTING_hostkey);
  return peer;
}

Peer *
peer_jump (const Settings *settings)
{
  const char *place = settings_get (settings, SETTING_jump);
  g_autofree char *user = NULL, *host = NULL;
  guint16 port;
  if (!place || !peer_split (place, &user, &host, &port))
    return NULL;
  Peer *peer = peer_new (TRUE, user ? user : settings_get (settings, SETTING_username), host, port);
  peer->pinned = settings_get_list (settings, SETTING_jump_hostkey);
  return peer;
}

void
peer_free (Peer *peer)
{
  if (!peer)
    return;
  g_free (peer->host);
  g_free (peer->user);
  g_free (peer->login);
  g_free (peer->title);
  g_strfreev (peer->pinned);
  g_free (peer);
}

/* ":PORT" or nothing. */
static gboolean
split_port (const char *rest, guint16 *port)
{
  guint64 number = 0;
  *port = 0;
  if (!*rest)
    return TRUE;
  if (*rest != ':' || !g_ascii_isdigit (rest[1]) ||
      !g_ascii_string_to_unsigned (rest + 1, 10, 1, 65535, &number, NULL))
    return FALSE;
  *port = (guint16)number;
  return TRUE;
}

gboolean
peer_split (const char *place, char **user, char **host, guint16 *port)
{
  const char *at = strrchr (place, '@');
  const char *begin = at ? at + 1 : place, *end = begin + strlen (begin), *rest = end;
  *user = *host = NULL;
  if (at == place)
    return FALSE;
  if (*begin == '[') {
    begin++;
    end = strchr (begin, ']');
    rest = end ? end + 1 : NULL;
  } else if (strchr (begin, ':') && strchr (begin, ':') == strrchr (begin, ':')) {
    /* With more colons it is an IPv6 address alone. */
    rest = end = strchr (begin, ':');
  }
  if (!rest || end == begin || !split_port (rest, port))
    return FALSE;
  *user = at ? g_strndup (place, (gsize)(at - place)) : NULL;
  *host = g_strndup (begin, (gsize)(end - begin));
  return TRUE;
}
