/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An iSCSI disk that a person adds, in a thread. */
#pragma once
#include <gio/gio.h>
#include "iscsi.h"

/* NAMES: the targets that the portal has (borrowed), NULL after a connection; ERROR is NULL
 * when all went well. */
typedef void (*IscsiAddDone) (char **names, const GError *error, gpointer owner);

/* iscsi_discover when TARGET has no name, else iscsi_connect.  Owns TARGET. */
GCancellable *iscsi_add_start (const char *initiator, IscsiTarget *target, IscsiAddDone done,
                               GObject *owner);

/* Is what was typed so far right?  Without the logins, which are looked at when all is there; an
 * empty PORTAL or NAME is still to come.  Error as of iscsi_read_typed, with a long value cut. */
gboolean iscsi_check_names (const char *portal, const char *initiator, const char *name,
                            GError **error);
