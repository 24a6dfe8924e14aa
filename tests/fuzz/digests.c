/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Digest records: as base64 in a message, and in the file of a job. */
#include "fuzz.h"
#include "p2v-server/digests.h"

#define SIZE (1u << 20)

static void
read_file (const guint8 *data, gsize size)
{
  char path[64];
  int fd = fuzz_file (data, size, path);
  g_autoptr (Digests) digests = digests_open (path, SIZE, NULL);
  close (fd);
  guint8 digest[P2V_DIGEST_SIZE];
  for (guint64 offset = 0; digests && offset < SIZE; offset += P2V_UNIT / 2) {
    (void)digests_lookup (digests, offset, 512, digest);
    (void)digests_lookup_unit (digests, offset, digest);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  gsize length = 0;
  g_autofree guint8 *decoded = g_base64_decode (text, &length);
  read_file (decoded, length);
  read_file (data, size);
  return 0;
}
