/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the machine at the other end the one that was meant? */
#pragma once
#include <glib.h>
#include <libssh/libssh.h>
#include "peer.h"

typedef enum {
  HOSTKEY_TRUSTED,
  HOSTKEY_REFUSED,    /* error set */
  HOSTKEY_OTHER_TYPE, /* none of the pinned fingerprints, but the server may have keys of
                         other types that are; error set for the case that it has not */
} HostkeyVerdict;

/* What the server showed, for a person who decides. */
typedef struct {
  char *fingerprint; /* "SHA256:…", NULL when it could not be read; caller frees */
  const char *type;  /* "ED25519" … */
  const char *file;  /* where it is on the server, in /etc/ssh */
  gboolean unknown;  /* nothing speaks against it: it was never seen */
  gboolean jump;     /* it is the jump host's */
} HostkeySeen;

/* Where known keys are looked up when nothing is pinned, before ~/.ssh/known_hosts. */
#define HOSTKEY_SYSTEM_FILE "/etc/p2v/known_hosts"

/* Judges the key of a session that is connected to PEER.  What PEER has pinned is the only
 * authority when there is something; a key that either file of known keys marks as @revoked
 * is refused even then.  Errors: P2V_ERROR_HOSTKEY.  SEEN may be NULL. */
HostkeyVerdict hostkey_check (ssh_session ssh, const Peer *peer, HostkeySeen *seen, GError **error);

/* Names of host key algorithms to offer, one set for each type of key there is, for
 * SSH_OPTIONS_HOSTKEYS; NULL-ended. */
extern const char *const hostkey_types[];

/* TRUE when KNOWN_HOSTS (text of a file as in sshd(8)) marks the key BASE64 as
 * @revoked, for whatever host: what is not to be trusted for one is not for another. */
gboolean hostkey_is_revoked (const char *known_hosts, const char *base64);

/* TRUE when FINGERPRINT ("SHA256:…") is in PINNED; "=" at the end of either does
 * not matter, nor does the case of "SHA256". */
gboolean hostkey_is_pinned (const char *fingerprint, char **pinned);
