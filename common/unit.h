/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The unit of bookkeeping and the digests made of what was read. */
#pragma once
#include <glib.h>

/* Bytes of one unit: caches, digests and resumption count in aligned units of
 * this size; the last unit of a disk may be shorter. */
#define P2V_UNIT 65536u

#define P2V_DIGEST_SIZE 16u
#define P2V_DIGEST_NAME "xxh3-128"

/* One digest record: what the client's disk held in [offset, offset+length),
 * which never crosses a unit boundary.  Digest: XXH3 128 bit, canonical (big
 * endian) form of libxxhash. */
typedef struct {
  guint64 offset;
  guint32 length;
  guint8 digest[P2V_DIGEST_SIZE];
} P2vDigestRecord;

/* On pipes and on the wire a record is 28 bytes: offset le64, length le32, digest. */
#define P2V_DIGEST_RECORD_SIZE 28u

void p2v_digest (const void *data, gsize length, guint8 digest[P2V_DIGEST_SIZE]);
void p2v_digest_record_pack (const P2vDigestRecord *record, guint8 out[P2V_DIGEST_RECORD_SIZE]);
void p2v_digest_record_unpack (const guint8 in[P2V_DIGEST_RECORD_SIZE], P2vDigestRecord *record);
