/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "digests.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/error.h"

struct Digests {
  guint8 *file;   /* mapped; NULL when empty */
  gsize length;   /* of the mapping */
  guint64 size;   /* of the disk */
  guint32 *order; /* record numbers by (offset, length, number) */
  guint32 count;
};

static void
record_get (const Digests *digests, guint32 number, P2vDigestRecord *record)
{
  p2v_digest_record_unpack (digests->file + (gsize)number * P2V_DIGEST_RECORD_SIZE, record);
}

static int
compare_range (const P2vDigestRecord *a, const P2vDigestRecord *b)
{
  if (a->offset != b->offset)
    return a->offset < b->offset ? -1 : 1;
  if (a->length != b->length)
    return a->length < b->length ? -1 : 1;
  return 0;
}

static int
compare_records (gconstpointer a, gconstpointer b, gpointer data)
{
  guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;
  P2vDigestRecord l, r;
  record_get (data, left, &l);
  record_get (data, right, &r);
  int order = compare_range (&l, &r);
  return order ? order : (left < right ? -1 : left > right);
}

static gboolean
check_records (const Digests *digests, const char *path, GError **error)
{
  for (guint32 i = 0; i < digests->count; i++) {
    P2vDigestRecord record;
    record_get (digests, i, &record);
    if (record.length == 0 || record.offset >= digests->size ||
        record.length > digests->size - record.offset ||
        record.offset / P2V_UNIT != (record.offset + record.length - 1) / P2V_UNIT) {
      p2v_set_error (error, P2V_ERROR_JOB, "Cancel the job and convert the machine again.",
                     "Record %u of %s does not describe a part of one unit of the disk.", i, path);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
map_file (Digests *digests, const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return TRUE;
  struct stat st;
  if (fd < 0 || fstat (fd, &st) < 0)
    goto failed;
  guint64 count = (guint64)st.st_size / P2V_DIGEST_RECORD_SIZE;
  if (count > G_MAXINT32) {
    errno = EFBIG;
    goto failed;
  }
  if (count > 0) {
    digests->length = (gsize)count * P2V_DIGEST_RECORD_SIZE;
    digests->file = mmap (NULL, digests->length, PROT_READ, MAP_PRIVATE, fd, 0);
    if (digests->file == MAP_FAILED) {
      digests->file = NULL;
      goto failed;
    }
  }
  close (fd);
  digests->count = (guint32)count;
  return TRUE;

failed:
  p2v_set_error (error, P2V_ERROR_IO, "Check the storage of the job directory.",
                 "The client's digests in %s cannot be read: %s.", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return FALSE;
}

Digests *
digests_open (const char *path, guint64 size, GError **error)
{
  g_autoptr (Digests) digests = g_new0 (Digests, 1);
  digests->size = size;
  if (!map_file (digests, path, error) || !check_records (digests, path, error))
    return NULL;
  digests->order = g_new (guint32, digests->count);
  for (guint32 i = 0; i < digests->count; i++)
    digests->order[i] = i;
  if (digests->count > 0)
    g_qsort_with_data (digests->order, (gint)digests->count, sizeof *digests->order,
                       compare_records, digests);
  return g_steal_pointer (&digests);
}

void
digests_free (Digests *digests)
{
  if (!digests)
    return;
  if (digests->file)
    munmap (digests->file, digests->length);
  g_free (digests->order);
  g_free (digests);
}

guint64
digests_count (const Digests *digests)
{
  return digests->count;
}

gboolean
digests_lookup (const Digests *digests, guint64 offset, guint32 length,
                guint8 digest[P2V_DIGEST_SIZE])
{
  P2vDigestRecord wanted = {.offset = offset, .length = length}, found;
  guint32 low = 0, high = digests->count; /* the first record above the wanted range */
  while (low < high) {
    guint32 middle = low + (high - low) / 2;
    record_get (digests, digests->order[middle], &found);
    if (compare_range (&found, &wanted) <= 0)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0)
    return FALSE;
  record_get (digests, digests->order[low - 1], &found);
  if (compare_range (&found, &wanted) != 0)
    return FALSE;
  memcpy (digest, found.digest, P2V_DIGEST_SIZE);
  return TRUE;
}

gboolean
digests_lookup_unit (const Digests *digests, guint64 offset, guint8 digest[P2V_DIGEST_SIZE])
{
  guint64 start = offset / P2V_UNIT * P2V_UNIT;
  guint32 length = (guint32)MIN (P2V_UNIT, digests->size - start);
  return digests_lookup (digests, start, length, digest);
}
