/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How open-iscsi is run: iscsi-login.c for iscsi-ask.c. */
#pragma once
#include <gio/gio.h>
#include "iscsi.h"

/* iscsiadm(8), EXIT STATUS */
enum {
  ISCSI_STATUS_TRANSPORT = 4,
  ISCSI_STATUS_LOGIN = 5,
  ISCSI_STATUS_TIMEOUT = 8,
  ISCSI_STATUS_SILENCE = 11,
  ISCSI_STATUS_EXISTS = 15,
  ISCSI_STATUS_REFUSED = 19,
  ISCSI_STATUS_NOTHING = 21,
  ISCSI_STATUS_FORBIDDEN = 24,
};

/* The exit status of iscsiadm in an error of p2v_process_run; -1: it is about something
 * else. */
int iscsi_status (const GError *error);

/* "192.0.2.7:3260", "[2001:db8::7]:3260" (caller frees). */
char *iscsi_portal (const IscsiTarget *target);

/* Writes open-iscsi's configuration as TARGET needs it (NULL: without a password). */
gboolean iscsi_write_configuration (const IscsiTarget *target, GError **error);

/* Runs iscsid under the name INITIATOR. */
gboolean iscsi_start_daemon (const char *initiator, GError **error);

/* Logs in, TRIES times a second apart; nothing to do is success.  The error is that of the
 * program that failed. */
gboolean iscsi_log_in (const IscsiTarget *target, guint tries, GCancellable *cancel,
                       GError **error);
