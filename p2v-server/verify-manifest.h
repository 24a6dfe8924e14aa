/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing an image with the manifest that was left beside it, any time later
 * and without the job that made both. */
#pragma once
#include <gio/gio.h>
#include "blockmap.h"

/* Called now and then with bytes. */
typedef void (*VerifyProgress) (guint64 done, guint64 total, gpointer data);

typedef struct {
  const char *image;  /* absolute path */
  const char *format; /* "qcow2" or "raw" */
  const char *dir;    /* for socket and log (image.h) */
  const Blockmap *manifest;
  GCancellable *cancel;
  VerifyProgress progress;
  gpointer data; /* for PROGRESS */
} VerifyManifest;

/* Reads the image, which is not written to, and adds to BAD (ranges.h, merged)
 * what differs: pieces whose digest is another, and data where nothing was.
 * *COMPARED receives the bytes that were read.  P2V_ERROR_TARGET when the image is
 * not of the manifest's size, P2V_ERROR_IO, P2V_ERROR_INTERNAL when it cannot be
 * opened, P2V_ERROR_CANCELLED. */
gboolean verify_manifest (const VerifyManifest *verify, GArray *bad, guint64 *compared,
                          GError **error);

/* The format of the image at PATH for a disk of SIZE bytes: a raw image may hold
 * whatever the guest wrote, so what looks like another format is taken for that only
 * when it fits.  NULL with P2V_ERROR_IO when it cannot be read, P2V_ERROR_TARGET
 * when it refers to other files, which no image of ours does. */
const char *verify_image_format (const char *path, guint64 size, GError **error);
