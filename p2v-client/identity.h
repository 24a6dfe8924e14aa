/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The private key of the login: fetched once, used by every session. */
#pragma once
#include <gio/gio.h>
#include "settings.h"

typedef struct {
  char *where; /* p2v.identity without a password in its URL, for messages */
  char *text;  /* the key, OpenSSH or PEM */
} Identity;

/* Loads what p2v.identity names: a path, a file:// URL, or an http(s):// or ftp://
 * URL (fetched by curl into memory).  *IDENTITY becomes NULL when p2v.identity is
 * not given.  P2V_ERROR_AUTH when the key cannot be had; P2V_ERROR_CANCELLED. */
gboolean identity_load (const Settings *settings, Identity **identity, GCancellable *cancel,
                        GError **error);

/* Wipes the key.  NULL is ignored. */
void identity_free (Identity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Identity, identity_free)
