/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "copy-private.h"

/* How much work is done again at most after a stop of the conversion server. */
#define CHECKPOINT_BYTES   (64ull << 20)
#define CHECKPOINT_SECONDS 2

/* Of one disk: overlay, broker, target. */
#define POOLS 3
/* And what else answers: the broker's memory, the target's flush. */
#define WATCHES 2

#define MEMORY_BYTES ((gsize)FLOW_SLOTS * COPY_RUN)

typedef struct {
  Copy copies[COPY_AT_ONCE];
  guint n;
  /* The buffers, which are the brokers' as well: they put there what they receive. */
  int memory_fd;
  guint8 *memory;
} Group;

/* The disk with the least in flight: so each has its share, also beside one that
 * hardly answers. */
static Copy *
least_busy (Group *group)
{
  Copy *least = NULL;
  for (guint i = 0; i < group->n; i++) {
    Copy *copy = &group->copies[i];
    if (!copy->exhausted && (!least || copy->in_flight < least->in_flight))
      least = copy;
  }
  return least;
}

static gboolean
next_run (FlowSlot *slot, gpointer data)
{
  Copy *copy;
  while ((copy = least_busy (data))) {
    if (copy_take_run (copy, slot)) {
      slot->owner = copy;
      copy->in_flight += slot->length;
      return TRUE;
    }
    copy->exhausted = TRUE;
  }
  return FALSE;
}

static void
flush_answered (gpointer data, int errnum)
{
  Copy *copy = data;
  copy->flush_done = TRUE;
  copy->flush_errnum = errnum;
}

/* The pieces of LIST are on stable storage: so says the map from now on. */
static gboolean
mark_copied (Copy *copy, GArray *list, GError **error)
{
  for (guint i = 0; i < list->len; i++)
    blockmap_set_state (copy->map, g_array_index (list, guint64, i), PIECE_COPIED);
  gboolean changed = list->len > 0;
  g_array_set_size (list, 0);
  return !changed || blockmap_sync (copy->map, error);
}

/* What a flush that was answered means for the map. */
static gboolean
take_flush (Copy *copy, GError **error)
{
  if (!copy->flush_done)
    return TRUE;
  copy->flush_sent = copy->flush_done = FALSE;
  if (copy->flush_errnum) {
    g_autofree char *failed = g_strdup_printf (N_ ("Flushing %s failed"), copy->item->image);
    nbd_pool_write_error (failed, copy->flush_errnum, error);
    return FALSE;
  }
  return mark_copied (copy, copy->flushing, error);
}

static gboolean
send_flush (Copy *copy, GError **error)
{
  GArray *swap = copy->flushing;
  copy->flushing = copy->written;
  copy->written = swap;
  copy->written_bytes = 0;
  copy->flushed_at = g_get_monotonic_time ();
  copy->flush_sent = TRUE;
  return sink_flush (copy->sink, flush_answered, copy, error);
}

static gboolean
checkpoint (gpointer data, GError **error)
{
  Group *group = data;
  gint64 now = g_get_monotonic_time ();
  for (guint i = 0; i < group->n; i++) {
    Copy *copy = &group->copies[i];
    if (!take_flush (copy, error))
      return FALSE;
    gboolean due = copy->written_bytes >= CHECKPOINT_BYTES ||
                   now - copy->flushed_at >= CHECKPOINT_SECONDS * G_USEC_PER_SEC;
    if (due && !copy->flush_sent && copy->written->len > 0 && !send_flush (copy, error))
      return FALSE;
  }
  return TRUE;
}

static void
list_pools (const Group *group, NbdPool *pools[])
{
  for (guint i = 0; i < group->n; i++) {
    const Copy *copy = &group->copies[i];
    NbdPool **of_disk = pools + (gsize)i * POOLS;
    of_disk[0] = source_pool (copy->source, PIECE_OVERLAY);
    of_disk[1] = source_pool (copy->source, PIECE_SOURCE);
    of_disk[2] = sink_pool (copy->sink);
  }
}

static guint
list_watches (const Group *group, NbdWatch watches[])
{
  guint n = 0;
  for (guint i = 0; i < group->n; i++) {
    n += source_watch (group->copies[i].source, &watches[n]);
    n += sink_watch (group->copies[i].sink, &watches[n]);
  }
  return n;
}

/* All disks are flushed at the same time.  A flush that is still under way is heard
 * out: a storage may tell of a write that it lost only once. */
static gboolean
last_checkpoint (Group *group, GCancellable *cancel, GError **error)
{
  NbdPool *pools[COPY_AT_ONCE * POOLS];
  NbdWatch watches[COPY_AT_ONCE * WATCHES];
  list_pools (group, pools);
  guint n_watches = list_watches (group, watches);
  for (;;) {
    gboolean waiting = FALSE;
    for (guint i = 0; i < group->n; i++) {
      Copy *copy = &group->copies[i];
      if (!take_flush (copy, error))
        return FALSE;
      if (!copy->flush_sent && copy->written->len > 0 && !send_flush (copy, error))
        return FALSE;
      waiting |= copy->flush_sent;
    }
    if (!waiting)
      return TRUE;
    if (!nbd_pool_poll_with (pools, group->n * POOLS, watches, n_watches, 1000, cancel, error))
      return FALSE;
  }
}

static void
close_pools (gpointer data)
{
  Group *group = data;
  for (guint i = 0; i < group->n; i++) {
    Copy *copy = &group->copies[i];
    if (copy->source) {
      nbd_pool_hang_up (source_pool (copy->source, PIECE_OVERLAY));
      nbd_pool_hang_up (source_pool (copy->source, PIECE_SOURCE));
    }
    if (copy->sink)
      nbd_pool_hang_up (sink_pool (copy->sink));
  }
  for (guint i = 0; i < group->n; i++) {
    g_clear_pointer (&group->copies[i].sink, sink_free);
    g_clear_pointer (&group->copies[i].source, source_free);
  }
}

static gboolean
open_ends (Copy *copy, const SourceMemory *memory, GError **error)
{
  copy->sink = sink_open (copy->job, copy->disk, copy->item->image, error);
  if (!copy->sink)
    return FALSE;
  copy->source = source_open (copy->job, copy->disk, error);
  if (!copy->source)
    return FALSE;
  if (copy->only)
    source_distrust_cache (copy->source);
  return blockmap_bytes (copy->map, PIECE_SOURCE) == 0 ||
         source_open_broker (copy->source, memory, error);
}

static gboolean
run_group (Group *group, GCancellable *cancel, GError **error)
{
  const SourceMemory memory = {group->memory_fd, group->memory, MEMORY_BYTES};
  for (guint i = 0; i < group->n; i++)
    if (!open_ends (&group->copies[i], &memory, error))
      return FALSE;
  NbdPool *pools[COPY_AT_ONCE * POOLS];
  NbdWatch watches[COPY_AT_ONCE * WATCHES];
  list_pools (group, pools);
  Flow flow = {
      .pools = pools,
      .n_pools = group->n * POOLS,
      .watches = watches,
      .n_watches = list_watches (group, watches),
      .memory = group->memory,
      .slot_bytes = COPY_RUN,
      .next = next_run,
      .step = copy_step,
      .tick = checkpoint,
      .data = group,
  };
  return flow_run (&flow, close_pools, cancel, error) && last_checkpoint (group, cancel, error);
}

static void
make_memory (Group *group)
{
  group->memory_fd = memfd_create ("p2v-copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (group->memory_fd < 0 || ftruncate (group->memory_fd, MEMORY_BYTES) != 0 ||
      fcntl (group->memory_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
    g_error ("no memory for transfer buffers: %s", g_strerror (errno));
  group->memory =
      mmap (NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, group->memory_fd, 0);
  if (group->memory == MAP_FAILED)
    g_error ("no memory for transfer buffers: %s", g_strerror (errno));
}

static gboolean
copy_group (Job *job, const CopyDisk *disks, guint n, const GArray *only, JobProgress *progress,
            GError **error)
{
  Group group = {.n = n};
  for (guint i = 0; i < n; i++)
    group.copies[i] = (Copy){
        .job = job,
        .item = &disks[i],
        .disk = disks[i].disk,
        .map = disks[i].map,
        .progress = progress,
        .only = only,
        .written = g_array_new (FALSE, FALSE, sizeof (guint64)),
        .flushing = g_array_new (FALSE, FALSE, sizeof (guint64)),
        .flushed_at = g_get_monotonic_time (),
    };
  make_memory (&group);
  gboolean ok = run_group (&group, job->cancel, error);
  close_pools (&group);
  (void)munmap (group.memory, MEMORY_BYTES);
  close (group.memory_fd);
  for (guint i = 0; i < n; i++) {
    g_array_unref (group.copies[i].written);
    g_array_unref (group.copies[i].flushing);
  }
  return ok;
}

gboolean
copy_disks (Job *job, const CopyDisk *disks, guint n, JobProgress *progress, GError **error)
{
  g_assert (n <= COPY_AT_ONCE);
  return copy_group (job, disks, n, NULL, progress, error);
}

gboolean
copy_again (Job *job, const CopyDisk *disk, const GArray *pieces, GError **error)
{
  return copy_group (job, disk, 1, pieces, NULL, error);
}
