/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free space of what lies on layers through which discards do not pass: the
 * kernel's software RAID with parity takes them only when it is told that all
 * disks read as zeroes afterwards, and does not know of the overlay's clusters.
 *
 * Which parts are free only the file system knows, and every kind has tables of
 * its own.  So it is asked by the same call as everywhere (fstrim), but through a
 * device of device mapper's that passes everything on except discards, and
 * writes into a log what it was asked to do: dm-log-writes, log in memory. */
#include <string.h>
#include "layers.h"
#include "ranges.h"
#include "trim.h"

#define RECORDER "p2v_record"
#define LOG      "/dev/ram0"

/* Room for a million free places; only what is used of it takes memory. */
#define LOG_KIB "524288"

/* The log, from the kernel's Documentation/admin-guide/device-mapper/log-writes.rst
 * and dm-log-writes.c: units of the device's sector; the first is the super block, then
 * entries of one unit, each followed by the data of its write. */
#define LOG_MAGIC   G_GUINT64_CONSTANT (0x6a736677736872)
#define LOG_VERSION 1
#define LOG_DISCARD 4
#define LOG_MARK    8
typedef struct {
  guint64 magic, version, n_entries;
  guint32 sector_size;
} __attribute__ ((packed)) LogSuper;
typedef struct {
  guint64 sector, n_sectors, flags, data_length;
} LogEntry;

/* Read at once: what libguestfs takes in one message is 4 MiB. */
#define LOG_PIECE (1 << 20)

char *
below_device (Guest *guest, const char *device)
{
  g_autoptr (Blocks) blocks = layers_load (guest);
  g_autofree char *name = blocks ? layers_kernel_name (guest, blocks, device) : NULL;
  return name ? g_strconcat ("/dev/", name, NULL) : NULL;
}

gboolean
below_passes (Guest *guest, const char *device)
{
  if (guest_device_disk (guest, device) >= 0)
    return TRUE;
  g_autoptr (Blocks) blocks = layers_load (guest);
  g_autofree char *name = blocks ? layers_kernel_name (guest, blocks, device) : NULL;
  /* when in doubt the kernel is asked, and refuses */
  return !name || blocks_pass (blocks, name);
}

gboolean
below_drop (Guest *guest, const char *device, GArray *ranges, GPtrArray *drops)
{
  g_autoptr (Blocks) blocks = layers_load (guest);
  g_autofree char *name = blocks ? layers_kernel_name (guest, blocks, device) : NULL;
  ranges_merge (ranges);
  return name && blocks_map (blocks, name, ranges, drops);
}

/* ---- the recorder ---- */

/* The log was cleared when the recorder was made, so that what it holds is this one's. */
static gboolean
start_recorder (Guest *guest, const char *device)
{
  g_autofree char *real = below_device (guest, device);
  if (!real)
    return FALSE;
  g_autofree char *quoted = g_shell_quote (real);
  g_autofree char *script = g_strdup_printf (
      "d=%s; modprobe brd rd_nr=1 rd_size=" LOG_KIB " && modprobe dm-log-writes &&"
      " dd if=/dev/zero of=" LOG " bs=1M count=1 status=none conv=fsync &&"
      " dmsetup create " RECORDER " --table \"0 $(blockdev --getsz $d) log-writes $d " LOG "\" &&"
      " udevadm settle && echo ready",
      quoted);
  g_autofree char *answer = guest_shell (guest, script);
  return answer && !strcmp (g_strchomp (answer), "ready");
}

static gboolean
stop_recorder (Guest *guest)
{
  g_autofree char *answer =
      guest_shell (guest, "udevadm settle; dmsetup remove --retry " RECORDER " && echo gone");
  return answer && !strcmp (g_strchomp (answer), "gone");
}

typedef struct {
  Guest *guest;
  guint64 at; /* where the piece begins in the log */
  char *piece;
  size_t size;
} LogReader;

/* LENGTH bytes of the log at OFFSET; borrowed until the next call. */
static const char *
log_bytes (LogReader *log, guint64 offset, gsize length)
{
  if (!log->piece || offset < log->at || offset + length > log->at + log->size) {
    g_free (log->piece);
    log->at = offset;
    log->piece = guestfs_pread_device (log->guest->g, LOG, LOG_PIECE, (gint64)offset, &log->size);
  }
  return log->piece && offset + length <= log->at + log->size ? log->piece + (offset - log->at)
                                                              : NULL;
}

/* Calls *LAST the flags of the last entry. */
static gboolean
read_entries (LogReader *log, const LogSuper *super, GArray *discarded, GArray *written,
              guint64 *last)
{
  guint64 unit = GUINT32_FROM_LE (super->sector_size), at = unit;
  for (guint64 i = 0; i < GUINT64_FROM_LE (super->n_entries); i++) {
    LogEntry entry;
    const char *bytes = log_bytes (log, at, sizeof entry);
    if (!bytes)
      return FALSE;
    memcpy (&entry, bytes, sizeof entry);
    guint64 start = GUINT64_FROM_LE (entry.sector) * unit;
    guint64 length = GUINT64_FROM_LE (entry.n_sectors) * unit;
    *last = GUINT64_FROM_LE (entry.flags);
    at += *last & LOG_DISCARD ? unit : unit + length;
    if (length)
      ranges_add (*last & LOG_DISCARD ? discarded : written, start, length);
  }
  return TRUE;
}

/* What the log says is free; NULL when it cannot be understood or is not complete.
 * What was written meanwhile is not, whatever came first: the overlay drops all of
 * it later, and a file system may well use at once what it has just called free. */
static GArray *
read_log (Guest *guest)
{
  LogReader log = {.guest = guest};
  g_autoptr (GArray) discarded = ranges_new ();
  g_autoptr (GArray) written = ranges_new ();
  LogSuper super = {0};
  guint64 last = 0;
  const char *bytes = log_bytes (&log, 0, sizeof super);
  if (bytes)
    memcpy (&super, bytes, sizeof super);
  guint32 unit = GUINT32_FROM_LE (super.sector_size);
  gboolean ok = GUINT64_FROM_LE (super.magic) == LOG_MAGIC &&
                GUINT64_FROM_LE (super.version) == LOG_VERSION && unit >= 512 && unit <= 65536 &&
                read_entries (&log, &super, discarded, written, &last);
  g_free (log.piece);
  /* the kernel's mark at the end: the log did not run out of room */
  if (!ok || !(last & LOG_MARK))
    return NULL;
  ranges_merge (discarded);
  ranges_merge (written);
  ranges_subtract (discarded, written);
  return g_steal_pointer (&discarded);
}

/* A file system of several volumes is mounted once for each. */
static gboolean
is_alone (Guest *guest, const Volume *volume)
{
  guint same = 0;
  for (guint i = 0; i < guest->volumes->len; i++) {
    const Volume *other = g_ptr_array_index (guest->volumes, i);
    same += volume->uuid && !g_strcmp0 (volume->uuid, other->uuid);
  }
  return same <= 1;
}

GArray *
below_record (Guest *guest, const Volume *volume, BelowTrim trim)
{
  if (!is_alone (guest, volume) || !start_recorder (guest, volume->device))
    return NULL;
  guint64 bytes = 0;
  gboolean ok = trim (guest, "/dev/mapper/" RECORDER, volume->type, &bytes);
  if (!stop_recorder (guest) || !ok)
    return NULL;
  return read_log (guest);
}
