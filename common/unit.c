/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <string.h>
#include <xxhash.h>

G_STATIC_ASSERT (sizeof (XXH128_canonical_t) == P2V_DIGEST_SIZE);

void
p2v_digest (const void *data, gsize length, guint8 digest[P2V_DIGEST_SIZE])
{
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash (&canonical, XXH3_128bits (data, length));
  memcpy (digest, canonical.digest, P2V_DIGEST_SIZE);
}

void
p2v_digest_record_pack (const P2vDigestRecord *record, guint8 out[P2V_DIGEST_RECORD_SIZE])
{
  guint64 offset = GUINT64_TO_LE (record->offset);
  guint32 length = GUINT32_TO_LE (record->length);
  memcpy (out, &offset, 8);
  memcpy (out + 8, &length, 4);
  memcpy (out + 12, record->digest, P2V_DIGEST_SIZE);
}

void
p2v_digest_record_unpack (const guint8 in[P2V_DIGEST_RECORD_SIZE], P2vDigestRecord *record)
{
  guint64 offset;
  guint32 length;
  memcpy (&offset, in, 8);
  memcpy (&length, in + 8, 4);
  record->offset = GUINT64_FROM_LE (offset);
  record->length = GUINT32_FROM_LE (length);
  memcpy (record->digest, in + 12, P2V_DIGEST_SIZE);
}
