/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "secret.h"
#include <string.h>
#include <sys/mman.h>

char *
p2v_secret_new (const char *text)
{
  gsize size = strlen (text) + 1;
  char *room = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED)
    g_error ("no memory");
  /* Not every user may lock memory; the rest still holds. */
  (void)mlock (room, size);
  (void)madvise (room, size, MADV_DONTDUMP);
  memcpy (room, text, size);
  return room;
}

void
p2v_secret_free (char *secret)
{
  if (!secret)
    return;
  gsize size = strlen (secret) + 1;
  explicit_bzero (secret, size);
  (void)munmap (secret, size);
}
