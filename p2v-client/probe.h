/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Test connection: connects by the same way as a conversion, asks the server what it can
 * do and whether it would take this guest, and goes away again. */
#pragma once
#include <gio/gio.h>
#include "common/machine.h"
#include "hostkey.h"
#include "settings.h"

/* What one look at the conversion server has brought. */
typedef struct {
  HostkeySeen hostkey; /* set as soon as there was a connection, also with an error */
  char *peer;          /* "user@host" */
  char *version;       /* p2v-server's */
  char **targets;      /* kinds it can write */
  char **pools;        /* libvirt's storage pools */
  char **networks;     /* libvirt's networks and bridges of the server */
  char *directory;     /* where the images would go; NULL: not known */
  gint64 free;         /* bytes there, -1: not known */
  char **warnings;     /* of the target */
  char *waiting;       /* a job of this machine that waits there and may be gone on with, or NULL */
  GError *refusal;     /* why the target would not take the guest; NULL: it would */
} Probe;

/* Never NULL; *ERROR (P2V_ERROR_CONNECT, _HOSTKEY, _AUTH, _NO_SERVER, _VERSION, _LINK,
 * _PROTOCOL, _CANCELLED) when the way to p2v-server is not free.  MACHINE may be NULL:
 * then no target is asked.  Blocks, at most for about two minutes; CANCEL ends it. */
Probe *probe_server (const Settings *settings, const P2vMachine *machine, GCancellable *cancel,
                     GError **error);
void probe_free (Probe *probe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Probe, probe_free)
