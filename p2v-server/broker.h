/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The broker of one disk: an nbdkit with our plugin (broker-plugin.c), which
 * stands between the data channels and everything that reads the source. */
#pragma once
#include <gio/gio.h>
#include "job.h"

typedef struct {
  guint64 fetched;       /* bytes that came through data channels */
  guint64 requests;      /* requests sent over them */
  guint64 cached;        /* bytes held in the cache file */
  guint channels;        /* data channels connected now */
  guint64 damaged;       /* units that the cache file did not hold any more as they were put in,
                            and that were read from the source again */
  guint64 damaged_where; /* the byte at which the first of them begins */
} BrokerStats;

/* Starts the broker of DISK: its NBD socket at disk->broker_socket, its data
 * socket at job_path "dN.data" (p2v-server data connects there). */
Broker *broker_start (Job *job, JobDisk *disk, GError **error);

/* Waits until the first data channel has finished its NBD handshake and the
 * size is the inventory's (P2V_ERROR_DISK otherwise). */
gboolean broker_wait_source (Broker *broker, GCancellable *cancel, GError **error);

gboolean broker_stats (Broker *broker, BrokerStats *stats);

/* What the readers of all disks of JOB look at from now on are files and the tables of file
 * systems (LIVE), so that reading what lies behind is worth while; or it is probed what
 * lies where, as in the beginning. */
void broker_expect (Job *job, gboolean live);

/* Every pending and later read fails at once: first step of cancelling, for a
 * qemu that waits for its backing file hears nothing else.  The job's
 * cancellable does it, too. */
void broker_fail (Broker *broker);

/* TRUE when a read failed in the broker itself, with what it was: the source
 * answered with an error (P2V_ERROR_DISK) or the cache cannot be written
 * (P2V_ERROR_SPACE, P2V_ERROR_IO). */
gboolean broker_failed (Broker *broker, GError **error);

/* Whoever got an error of the source went on without those bytes: it is no
 * explanation for what fails later. */
void broker_forget_failure (Broker *broker);

/* Ends it and frees; removes its sockets.  NULL is ignored. */
void broker_free (Broker *broker);
