/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets share.  Each is one function of libFuzzer's that gives
 * foreign bytes to one parser; asserts say what must hold whatever they are. */
#pragma once
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* Also without NDEBUG's counterpart: ends the process when it does not hold. */
#define MUST(condition)                                                                            \
  do {                                                                                             \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  } while (0)

/* The bytes as a string that ends where they end, or at a NUL (caller frees). */
static inline char *
fuzz_text (const guint8 *data, gsize size)
{
  return g_strndup ((const char *)data, size);
}

/* As fuzz_text, made valid UTF-8: for parsers behind a check of that. */
static inline char *
fuzz_utf8 (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  return g_utf8_make_valid (text, -1);
}

/* A file in memory with the bytes: its descriptor (caller closes) and PATH. */
static inline int
fuzz_file (const guint8 *data, gsize size, char path[64])
{
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  MUST (fd >= 0 && write (fd, data, size) == (gssize)size);
  g_snprintf (path, 64, "/proc/self/fd/%d", fd);
  return fd;
}
