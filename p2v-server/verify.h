/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing what the server has with what was read where the disk was. */
#pragma once
#include "blockmap.h"
#include "copy.h"
#include "digests.h"
#include "job.h"
#include "verify-zeroes.h"

/* What was compared and what differs.  Numbers are pieces. */
typedef struct {
  guint64 source;     /* with the client's digests */
  guint64 overlay;    /* with the overlay */
  guint64 unrecorded; /* of SOURCE: there is no record of the client's, the digest that the
                         server made when it read the piece had to do */
  guint64 zero_bytes; /* that should be zeroes and are not holes */
  GArray *bad;        /* guint64: numbers of pieces that differ */
  GArray *bad_zero;   /* VerifyRange: what should be zeroes and is not */
} VerifyResult;

/* Waits for what is still on its way in the client: afterwards the file of
 * digests holds all that was read.  A client that is away is logged and no
 * error. */
gboolean verify_fetch_digests (Job *job, GError **error);

VerifyResult *verify_result_new (void);
void verify_result_free (VerifyResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VerifyResult, verify_result_free)

/* Reads IMAGE back, past the host's cache, and compares all of it; or, with
 * ONLY, just what that result says is bad.  What is right becomes
 * PIECE_VERIFIED in MAP.  Differences are no error but listed in RESULT;
 * P2V_ERROR_IO when something cannot be read. */
gboolean verify_disk (Job *job, const JobDisk *disk, Blockmap *map, const Digests *digests,
                      const char *image, const VerifyResult *only, JobProgress *progress,
                      VerifyResult *result, GError **error);
