/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A remote syslog: RFC 5424 by UDP (RFC 5426), or by TCP with octet counting (RFC 6587). */
#pragma once
#include <gio/gio.h>
#include "common/log.h"

typedef struct {
  gboolean tcp;
  char *host;
  guint16 port; /* 514 when not given */
} SyslogPlace;

/* "syslog://HOST[:PORT]" (UDP) or "syslog+tcp://HOST[:PORT]"; HOST may be [IPv6].  NULL: it is
 * neither. */
SyslogPlace *syslog_place_parse (const char *url);
void syslog_place_free (SyslogPlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyslogPlace, syslog_place_free)

/* A message of facility daemon from NAME; TIME in microseconds since 1970, TEXT one line.  Cut to
 * what every receiver takes.  Caller frees. */
char *syslog_message (P2vLogLevel level, gint64 time, const char *name, const char *text);

typedef struct Syslog Syslog;

/* Takes PLACE; connects with the first line. */
Syslog *syslog_new (SyslogPlace *place);
void syslog_free (Syslog *syslog);

/* FALSE when nobody takes it; the connection is tried again with the next.  Waits 5 seconds at
 * most. */
gboolean syslog_send (Syslog *syslog, const char *message, GError **error);
