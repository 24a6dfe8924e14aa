/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The broker's nbdkit plugin, from top to bottom:
 *
 *   broker-plugin.c          nbdkit's callbacks and parameters
 *   broker-plugin-read.c     which part of a read comes from where
 *   broker-plugin-memory.c   readers that share their memory with us
 *   broker-plugin-queue.c    who waits for which part of the disk
 *   broker-plugin-looks.c    reads that look for signatures
 *   broker-plugin-ahead.c    what to read before somebody wants it
 *   broker-plugin-cache.c    what was read, in a file
 *   broker-plugin-channel.c  one data channel: an NBD client with many reads in flight
 *   broker-plugin-listen.c   the sockets for data channels and for commands
 *
 * Readers (nbdkit's threads, or whoever shares memory) wait in the queue; channels take from it.  A
 * request belongs to no channel for good: one whose channel breaks goes back.
 * Functions that can fail return 0 or an errno, as nbdkit wants it. */
#pragma once
#include <glib.h>
#include "common/unit.h"

/* Bytes in flight on one data channel: so the two of a client without further settings
 * fill a gigabit at 20 ms. */
#define CHANNEL_BYTES (32u * P2V_UNIT)

/* Bytes of one request over it: each makes two programs on the physical machine wake up. */
#define REQUEST_MAX (4u * P2V_UNIT)

/* ---- cache ---- */
typedef struct Cache Cache;

/* Opens or makes the cache file at PATH, the map (a byte for each unit, 1: held)
 * at MAP_PATH, the digests of what was put in (one for each unit) at MAP_PATH.sums,
 * and the digests of looks (packed records: common/unit.h) at MAP_PATH.looks, for a
 * disk of SIZE bytes; NULL with errno. */
Cache *cache_open (const char *path, const char *map_path, guint64 size);
void cache_close (Cache *cache);
guint64 cache_size (const Cache *cache);

/* Is UNIT in the file?  Under the queue's lock, as cache_mark. */
gboolean cache_holds (const Cache *cache, guint64 unit);
/* Writes the whole unit at OFFSET, then its digest, then its byte in the map
 * file: a process that dies in between leaves a map that is right. */
int cache_store (Cache *cache, guint64 offset, const void *data, guint32 length);
/* Keeps the digest of what was read for a look, not the bytes: so that also this
 * can be compared with what the client read. */
int cache_note_look (Cache *cache, guint64 offset, const void *data, guint32 length);
/* From now on cache_holds. */
void cache_mark (Cache *cache, guint64 unit);
/* From now on not any more.  Under the queue's lock, as cache_mark. */
void cache_drop (Cache *cache, guint64 unit);
guint64 cache_bytes (const Cache *cache);
/* Reads a part of one unit.  EBADMSG when the unit is not what was put in: a
 * storage that rots or a machine that lost power; it is to be dropped then. */
int cache_read (const Cache *cache, void *data, guint64 offset, guint32 length);

/* ---- looks ---- */
typedef struct Looks Looks;

Looks *looks_new (void);
void looks_free (Looks *looks);
/* Is a read of LENGTH bytes at OFFSET only a look at its unit, which has UNIT_LENGTH?  Then it
 * is counted. */
gboolean looks_count (Looks *looks, guint64 offset, guint32 length, guint32 unit_length);
/* Keeps what a look has found in memory, as far as there is room. */
void looks_keep (Looks *looks, guint64 offset, const void *data, guint32 length);
/* FALSE when that is not there. */
gboolean looks_find (const Looks *looks, guint64 offset, void *into, guint32 length);

/* ---- ahead ---- */
typedef struct Ahead Ahead;

Ahead *ahead_new (void);
void ahead_free (Ahead *ahead);
/* UNIT is wanted, and the cache has it (HELD) or not: so many units behind it are worth
 * reading, too. */
guint ahead_window (Ahead *ahead, guint64 unit, gboolean held);
/* UNIT is being read ahead, one of WINDOW. */
void ahead_note (Ahead *ahead, guint64 unit, guint window);

/* ---- queue ---- */
typedef struct Queue Queue;
typedef struct Channel Channel;

/* Memory of a reader's that is mapped here; counted by g_atomic_rc_box. */
typedef struct {
  guint8 *bytes;
  gsize size;
} Memory;

Memory *memory_ref (Memory *memory);
void memory_unref (Memory *memory);

/* A read that a channel makes.  On the physical machine it becomes one digest record for
 * each unit of which it covers something. */
typedef struct {
  guint64 offset;
  guint32 length; /* within one unit, or at most REQUEST_MAX of a reader with memory */
  gboolean whole; /* the whole unit, for the cache */
  gboolean look;  /* a small read of the conversion, which is not kept */
  gboolean piece; /* of what could not be read in one go */
  gboolean ahead; /* nobody has wanted it yet */
  guint8 *data;   /* LENGTH bytes, from queue_take on */
  Memory *memory; /* DATA lies there, and it is a whole answer; NULL: data is our own */
  GArray *waiters;
} Request;

typedef struct {
  guint64 fetched, requests, cached; /* as in BrokerStats (broker.h) */
  guint channels;
  guint64 wrong_size;    /* that a source had instead of ours, 0 none */
  int source_errno;      /* the first error of the source that a reader got, */
  guint64 source_where;  /* and for which byte */
  int cache_errno;       /* the first error of the cache file, or of the list of bad places */
  guint64 damaged;       /* units of the cache that were not what was put in and were
                            read from the source again, */
  guint64 damaged_where; /* and where the first of them begins */
} QueueStats;

typedef enum {
  READ_KEEP,  /* whole units, which are kept, but for the first few small looks at one */
  READ_EXACT, /* just the range that is asked for, from the cache when it is there */
  READ_FRESH, /* from the source, whatever the cache holds; what it holds is replaced */
} ReadMode;

/* BAD_PATH: where a reader would get an error of the source it gets zeroes, and the file gets
 * a line "OFFSET LENGTH"; NULL: it gets the error. */
Queue *queue_new (Cache *cache, const char *bad_path);
void queue_free (Queue *queue);

/* Reads for nbdkit; waits as long as it takes.  A unit of the cache that is
 * damaged is read from the source again. */
int queue_read (Queue *queue, void *data, guint64 offset, guint32 count, ReadMode mode);

/* One read that is under way. */
typedef struct Reader Reader;
struct Reader {
  /* All has come, or errnum says what went wrong.  Called once, with the queue locked. */
  void (*answered) (Reader *reader);
  Memory *memory;    /* where its bytes go, for requests that outlive it; may be NULL */
  int errnum;        /* 0 */
  guint outstanding; /* the queue's own: parts that are still to come */
};

/* The same for a reader that does not wait.  Channels hear of it by queue_wake. */
void queue_start (Queue *queue, Reader *reader, void *data, guint64 offset, guint32 count,
                  ReadMode mode);
void queue_wake (Queue *queue);

/* From now on what READ_KEEP reads is taken to live (LIVE): no looks, and what lies behind
 * it is read ahead.  Or not, as in the beginning. */
void queue_expect (Queue *queue, gboolean live);

/* All readers, now and later, get EIO. */
void queue_fail (Queue *queue);
/* Forgets source_errno: whoever got it went on without. */
void queue_forget_error (Queue *queue);
void queue_stats (Queue *queue, QueueStats *stats);
guint64 queue_disk_size (Queue *queue);
void queue_note_wrong_size (Queue *queue, guint64 size);

/* For channels.  From queue_join to queue_leave the channel is woken through
 * WAKE_FD (eventfd) when there may be something to take. */
void queue_join (Queue *queue, Channel *channel, int wake_fd);
void queue_leave (Queue *queue, Channel *channel);
/* The next read for a channel that has IN_FLIGHT bytes of others, or NULL. */
Request *queue_take (Queue *queue, gsize in_flight);
/* The source's answer: 0 with request->data filled, or its errno.  Of a unit
 * that could not be read whole, exactly what its readers want is asked for again, in
 * pieces, and only they hear of an error then.  Frees REQUEST. */
void queue_answer (Queue *queue, Request *request, int errnum);
/* There will be no answer: somebody else is to ask. */
void queue_give_back (Queue *queue, Request *request);

/* ---- readers with memory (broker-memory.h) ---- */
typedef struct Lender Lender;

/* Serves the reader that shares MEMORY_FD (taken; mapped, of a size that stays) over the
 * socket FD (taken) in a thread of its own.  NULL with errno. */
Lender *lender_start (Queue *queue, int fd, int memory_fd, ReadMode mode);
gboolean lender_is_done (const Lender *lender);
void lender_stop (Lender *lender);
/* A channel has answered what it could: readers with memory are to know now. */
void queue_send_answers (Queue *queue);

/* ---- channels ---- */
/* Serves QUEUE over the connected socket FD (taken) in a thread of its own. */
Channel *channel_start (Queue *queue, int fd);
/* The connection has ended by itself. */
gboolean channel_is_done (const Channel *channel);
/* Ends the connection and frees. */
void channel_stop (Channel *channel);

/* ---- sockets ---- */
typedef struct Listener Listener;

/* Listens at both paths in a thread of its own; NULL with errno. */
Listener *listener_start (Queue *queue, const char *data_path, const char *control_path);
/* Ends it and all channels, and frees. */
void listener_stop (Listener *listener);
