/* SPDX-License-Identifier: GPL-2.0-or-later */
/* To be preloaded into a program that writes a raw image: does to it what $FLIP says, as
 * flip.py does to qemu-nbd's clients: write:OFFSET[:TIMES] or flush:0[:TIMES].  An
 * image is a file with ".p2v-" in its name. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long long place = -1;
static int times = 1; /* 0 as an argument: always */
static int flush;

__attribute__ ((constructor)) static void
read_flip (void)
{
  const char *flip = getenv ("FLIP");
  char what[16] = "";
  unsetenv ("LD_PRELOAD"); /* not for its children */
  if (!flip || sscanf (flip, "%15[a-z]:%lld:%d", what, &place, &times) < 2)
    return;
  flush = strcmp (what, "flush") == 0;
  if (!flush && strcmp (what, "write") != 0)
    place = -1;
  if (times == 0)
    times = INT_MAX;
}

static int
is_image (int fd)
{
  char link[64], name[PATH_MAX] = "";
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  return readlink (link, name, sizeof name - 1) > 0 && strstr (name, ".p2v-");
}

ssize_t
pwrite64 (int fd, const void *data, size_t length, off64_t offset)
{
  ssize_t (*next) (int, const void *, size_t, off64_t) = dlsym (RTLD_NEXT, "pwrite64");
  if (flush || place < offset || place >= offset + (long long)length || times == 0 ||
      !is_image (fd))
    return next (fd, data, length, offset);
  times--;
  char *copy = aligned_alloc (4096, (length + 4095) / 4096 * 4096); /* for O_DIRECT */
  memcpy (copy, data, length);
  copy[place - offset] ^= 0x10;
  ssize_t n = next (fd, copy, length, offset);
  free (copy);
  return n;
}

int
fdatasync (int fd)
{
  int (*next) (int) = dlsym (RTLD_NEXT, "fdatasync");
  if (!flush || times == 0 || !is_image (fd))
    return next (fd);
  times--;
  errno = EIO;
  return -1;
}
