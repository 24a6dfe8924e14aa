/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts from a file or a URL: a private key, a settings file.  They are kept in memory
 * only, and a URL, which may hold a password, reaches curl by its standard input. */
#pragma once
#include <gio/gio.h>

/* Certificate authorities that a site has put into the image (iso/customise.sh --ca): where the
 * file is there, nobody else is believed. */
#define FETCH_CA "/etc/p2v/ca.pem"

typedef enum { FETCH_DONE, FETCH_ABSENT, FETCH_FAILED, FETCH_CANCELLED } FetchStatus;

typedef struct {
  const char *protocols; /* for curl's --proto: "=https" */
  char **pins;           /* "SHA256:…" of public keys, one of which the server must have; then its
                            certificate and the clock do not matter.  NULL: by certificate */
  guint patience_s;      /* for how long a network that is not up yet is tried again */
} FetchOptions;

typedef struct {
  FetchStatus status;
  char *text; /* FETCH_DONE */
  char *why;  /* FETCH_ABSENT and FETCH_FAILED: "… cannot be read: WHY." */
  char *hint; /* a sentence about what may be wrong, or NULL */
} Fetched;

/* URL: a path, file://, or one of the protocols allowed.  At most 64 KiB. */
Fetched *fetch (const char *url, const FetchOptions *options, GCancellable *cancel);

/* Wipes the text.  NULL is ignored. */
void fetched_free (Fetched *fetched);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fetched, fetched_free)

/* URL without "user:password@" (caller frees). */
char *fetch_public_name (const char *url);
