/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ranges of a disk that the server wants digested again. */
#include "fuzz.h"
#include "machine.h"
#include "common/unit.h"
#include "p2v-client/reread.h"

#define SIZE (3u * P2V_UNIT + 512)

static void
check_records (guint disk, const guint8 *records, gsize length, gpointer data)
{
  guint *bytes = data;
  MUST (disk == 0 && length == P2V_DIGEST_RECORD_SIZE);
  P2vDigestRecord record;
  p2v_digest_record_unpack (records, &record);
  MUST (record.length > 0 && record.offset + record.length <= SIZE);
  *bytes += record.length;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  char path[64];
  guint8 nothing = 0;
  int fd = fuzz_file (&nothing, 1, path);
  MUST (!ftruncate (fd, SIZE));
  P2vMachine *machine = fuzz_machine ();
  P2vDisk *disk = g_ptr_array_index (machine->disks, 0);
  g_free (disk->device);
  disk->device = g_strdup (path);
  disk->size = SIZE;
  /* either the text as it comes, or as it is packed on the wire */
  g_autofree char *text = size && data[0] & 1 ? g_base64_encode (data + 1, MIN (size - 1, 1200))
                                              : fuzz_text (data, size);
  guint bytes = 0;
  g_autoptr (GError) error = NULL;
  Reread *reread = reread_start (machine, 0, text, check_records, &bytes, &error);
  MUST ((reread == NULL) == (error != NULL));
  while (reread && !reread_is_done (reread))
    g_usleep (10);
  reread_free (reread);
  p2v_machine_free (machine);
  close (fd);
  return 0;
}
