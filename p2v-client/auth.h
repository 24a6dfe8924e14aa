/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logging in: key, password, keyboard-interactive, in that order, as far as they
 * are given here and offered there; also several in a row where the server wants
 * more than one.  Where somebody can be asked, keyboard-interactive is tried without a
 * password as well. */
#pragma once
#include "session.h"

typedef struct {
  const char *user;
  const char *password;       /* NULL: none */
  const Identity *identity;   /* NULL: none */
  const SettingsAsker *asker; /* answers further questions; NULL: nobody */
} AuthOffer;

/* Returns when SESSION (its host key already checked) is logged in, before
 * DEADLINE (g_get_monotonic_time), which does not count while a person is asked.  P2V_ERROR_AUTH
 * says what was refused and what the server offers. */
gboolean auth_login (Session *session, const AuthOffer *offer, gint64 deadline,
                     GCancellable *cancel, GError **error);

/* "publickey, password" for libssh's bits SSH_AUTH_METHOD_… (caller frees). */
char *auth_method_names (int methods);
