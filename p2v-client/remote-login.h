/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logging in to the running image by SSH: only with the keys of p2v.ssh= and p2v.ssh.key=, and
 * only where somebody has asked for it. */
#pragma once
#include "settings.h"

/* Is LINE, as in authorized_keys, a public key without options? */
gboolean remote_login_is_key (const char *line);

/* The keys in TEXT, one a line, without comments and empty lines (caller frees); NULL when a line
 * is no public key, or there is none.  WRONG (may be NULL) receives the number of the line, 0:
 * there is none. */
char *remote_login_keys (const char *text, guint *wrong);

/* On the image: puts the keys in force and starts the service.  SAYING receives what a person
 * should know, address and fingerprint (caller frees); NULL when nobody asked for it.
 * P2V_ERROR_SETTINGS. */
gboolean remote_login_start (const Settings *settings, guint patience_s, char **saying,
                             GError **error);
