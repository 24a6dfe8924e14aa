/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk image served by a private qemu-nbd on a unix socket: the overlay, or an
 * image of the target. */
#pragma once
#include "job.h"

typedef enum {
  IMAGE_READ,  /* read-only, with qemu:allocation-depth */
  IMAGE_CHECK, /* read-only, past the host's cache where the file system allows that,
                  so that what is read is what the storage holds */
  IMAGE_WRITE,
} ImageMode;

typedef struct Image Image;

/* Serves FILE, whose format is FORMAT ("qcow2" or "raw").  NAME makes the
 * socket's name, for instance "d0.target"; one name is used once at a time.
 * DISCARD says whether zeroes that are written may become holes.
 * P2V_ERROR_INTERNAL when qemu-nbd does not come up, P2V_ERROR_CANCELLED. */
Image *image_open (Job *job, const char *name, const char *file, const char *format, ImageMode mode,
                   gboolean discard, GError **error);

/* The same without a job: socket and log are in DIR (NAME.sock, log). */
Image *image_serve (const char *dir, const char *name, const char *file, const char *format,
                    ImageMode mode, gboolean discard, GCancellable *cancel, GError **error);

const char *image_socket (const Image *image);

/* Ends qemu-nbd and removes the socket; flush before.  NULL is ignored. */
void image_close (Image *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Image, image_close)
