/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One job as its phases see it.  The struct is filled from left to right: each
 * phase adds its part, the next ones read it. */
#pragma once
#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include "common/error.h"
#include "common/log.h"
#include "common/machine.h"
#include "guest-info.h"
#include "report.h"

typedef struct Broker Broker; /* broker.h */
typedef struct Target Target; /* target/target.h */
typedef struct Guest Guest;   /* guest.h: the open appliance, for inspect, convert and trim only */
typedef struct Channel Channel; /* control.c's: the way to the client */

typedef struct {
  guint index;
  const P2vDisk *source; /* in job->machine */
  Broker *broker;        /* since phase overlay */
  char *broker_socket;   /* unix socket of the broker's NBD server.  Export "": whole
                            units, kept in the cache, but for the first few looks of
                            4 KiB at a unit, and units with a bad sector; export
                            "exact": just what is asked, the cache is used but not
                            filled; export "fresh": from the source, whatever the
                            cache holds */
  char *cache;           /* the broker's sparse cache file: byte N of the disk at byte N */
  char *cache_map;       /* its map: one byte per unit, 1 = held */
  char *overlay;         /* qcow2 above broker_socket */
  char *digests;         /* file of packed digest records as they came from the client */
  char *blockmap;        /* plan and state of the copy */
  char *bad;             /* what could not be read and is zeroes now, lines "OFFSET LENGTH" */
  char *target_path;     /* final path of the result, set by the target */
  guint64 used_bytes;    /* bytes that the guest's file systems say are in use (inspect) */
  guint64 copied_source, copied_overlay; /* bytes, set by copy */
  guint64 target_allocated;              /* bytes of the finished image on its storage (verify) */
} JobDisk;

typedef struct Job {
  char *id;             /* 8 of [a-z2-7] */
  char *dir;            /* absolute, 0700 */
  char *instance;       /* the running client that the job belongs to (docs/protocol.md) */
  JsonObject *settings; /* what "start" carried: output.*, strings */
  P2vMachine *machine;
  GPtrArray *disks;     /* JobDisk * */
  GCancellable *cancel; /* fires when the job has to end */
  Report *report;
  GuestInfo *info;        /* since inspect */
  Guest *guest;           /* since inspect, NULL after trim */
  Target *target;         /* since preflight */
  guint again;            /* place in the table of phases where it goes on, see Phase */
  gboolean misled;        /* phase plan: the conversion was given wrong bytes, which are
                             forgotten; another one may go well */
  struct JobState *state; /* job.c's own: progress, phase, control socket */
} Job;

/* A setting of the "start" message, for instance "output.storage", or FALLBACK. */
const char *job_setting (const Job *job, const char *name, const char *fallback);

/* Progress within the current phase, in bytes (or steps). */
typedef struct {
  guint64 done, total;
  guint64 link_done, link_total; /* the bytes of them that come over the link to the physical
                                    machine; the others cost next to nothing */
} JobProgress;

/* Any thread; throttled. */
void job_progress (Job *job, guint64 done, guint64 total);
void job_progress_bytes (Job *job, const JobProgress *progress);

/* One line for the log of the job and the person in front of the client. */
void job_log (Job *job, P2vLogLevel level, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* FALSE with P2V_ERROR_CANCELLED once the job has to end. */
gboolean job_check_cancelled (Job *job, GError **error);

/* Asks the client ("digests": send what is outstanding; "stats": counters) and
 * waits for the answer.  Called from the worker thread.  A client that is away is
 * waited for, as long as it may come back (P2V_RECONNECT_S and a minute since it was
 * lost), and asked again then.  P2V_ERROR_LINK when it does not come, or does not answer
 * within TIMEOUT_S seconds of being there; P2V_ERROR_CANCELLED.  Caller unrefs. */
JsonObject *job_query (Job *job, const char *what, guint timeout_s, GError **error);

/* The same for a "query" that has more members; its "id" is set here. */
JsonObject *job_ask (Job *job, JsonObject *query, guint timeout_s, GError **error);

/* The passphrases that the last answer held, char * of p2v_secret_new (caller unrefs); NULL when
 * it held none.  They are not in the answer itself (secret-line.h). */
GPtrArray *job_take_secrets (Job *job);

/* A path inside the job directory (caller frees). */
char *job_path (const Job *job, const char *name);
