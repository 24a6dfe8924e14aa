/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unpack.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <zstd.h>

/* Linux, Documentation/driver-api/early-userspace/buffer-format.rst: the magic and 13 numbers of
 * eight hexadecimal digits; header with name, and data, each padded to a multiple of four. */
#define MAGIC         "070701"
#define HEADER_SIZE   110u
#define END_NAME      "TRAILER!!!"
#define NAME_MAX_SIZE 4096u
/* RFC 8878, 3.1.1.1: magic number and frame header. */
#define ZSTD_HEADER_MAX 18u

enum {
  INO,
  MODE,
  UID,
  GID,
  NLINK,
  MTIME,
  FILESIZE,
  DEVMAJOR,
  DEVMINOR,
  RDEVMAJOR,
  RDEVMINOR,
  NAMESIZE,
  CHECK,
  FIELDS
};

typedef struct {
  uint32_t field[FIELDS];
  char name[NAME_MAX_SIZE];
} Entry;

/* The first name of a file that has several. */
typedef struct {
  uint32_t ino;
  char *name;
} Link;

typedef struct {
  int archive;
  off_t given_back;
  ZSTD_DStream *stream;
  unsigned char *in_buffer, *out_buffer;
  size_t in_size, out_size;
  ZSTD_inBuffer in;
  size_t out_start, out_end; /* decompressed and not yet taken */
  uint64_t offset;           /* in the cpio */
  Link *links;
  size_t n_links;
  const char *error;
} Unpack;

static char reason[NAME_MAX_SIZE + 128];

static bool
fail (Unpack *unpack, const char *text)
{
  unpack->error = text;
  return false;
}

static bool
fail_errno (Unpack *unpack, const char *name)
{
  (void)snprintf (reason, sizeof reason, "%s: %s", name, strerror (errno));
  return fail (unpack, reason);
}

static bool
read_more (Unpack *unpack)
{
  ssize_t n = read (unpack->archive, unpack->in_buffer, unpack->in_size);
  if (n < 0)
    return fail_errno (unpack, "the archive");
  if (n == 0)
    return fail (unpack, "the archive ends too early");
  unpack->in = (ZSTD_inBuffer){unpack->in_buffer, (size_t)n, 0};
  /* Not with ramfs. */
  if (fallocate (unpack->archive, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, unpack->given_back,
                 n) == 0)
    unpack->given_back += n;
  return true;
}

static bool
decompress_more (Unpack *unpack)
{
  ZSTD_outBuffer out = {unpack->out_buffer, unpack->out_size, 0};
  while (out.pos == 0) {
    if (unpack->in.pos == unpack->in.size && !read_more (unpack))
      return false;
    if (ZSTD_isError (ZSTD_decompressStream (unpack->stream, &out, &unpack->in)))
      return fail (unpack, "the archive is damaged");
  }
  unpack->out_start = 0;
  unpack->out_end = out.pos;
  return true;
}

/* Up to SIZE of the next bytes, which stay valid until the next call; NULL on error. */
static const unsigned char *
next (Unpack *unpack, size_t size, size_t *n)
{
  if (unpack->out_start == unpack->out_end && !decompress_more (unpack))
    return NULL;
  const unsigned char *bytes = unpack->out_buffer + unpack->out_start;
  *n = unpack->out_end - unpack->out_start < size ? unpack->out_end - unpack->out_start : size;
  unpack->out_start += *n;
  unpack->offset += *n;
  return bytes;
}

/* Exactly SIZE bytes, into BUFFER unless that is NULL. */
static bool
take (Unpack *unpack, void *buffer, size_t size)
{
  unsigned char *to = buffer;
  while (size > 0) {
    size_t n;
    const unsigned char *bytes = next (unpack, size, &n);
    if (!bytes)
      return false;
    if (to) {
      memcpy (to, bytes, n);
      to += n;
    }
    size -= n;
  }
  return true;
}

static bool
skip_padding (Unpack *unpack)
{
  return take (unpack, NULL, -unpack->offset % 4);
}

static bool
read_entry (Unpack *unpack, Entry *entry)
{
  char header[HEADER_SIZE];
  if (!take (unpack, header, sizeof header))
    return false;
  if (memcmp (header, MAGIC, strlen (MAGIC)) != 0)
    return fail (unpack, "the archive is damaged");
  for (size_t i = 0; i < FIELDS; i++) {
    char digits[9] = "";
    memcpy (digits, header + strlen (MAGIC) + 8 * i, 8);
    entry->field[i] = (uint32_t)strtoul (digits, NULL, 16);
  }
  size_t size = entry->field[NAMESIZE];
  if (size == 0 || size > sizeof entry->name)
    return fail (unpack, "the archive is damaged");
  if (!take (unpack, entry->name, size))
    return false;
  entry->name[size - 1] = '\0';
  return skip_padding (unpack);
}

static bool
write_all (int fd, const unsigned char *bytes, size_t size)
{
  while (size > 0) {
    ssize_t n = write (fd, bytes, size);
    if (n < 0 && errno != EINTR)
      return false;
    bytes += n > 0 ? n : 0;
    size -= n > 0 ? (size_t)n : 0;
  }
  return true;
}

/* The data of ENTRY into FD. */
static bool
write_data (Unpack *unpack, const Entry *entry, int fd)
{
  size_t left = entry->field[FILESIZE];
  while (left > 0) {
    size_t n;
    const unsigned char *bytes = next (unpack, left, &n);
    if (!bytes)
      return false;
    if (!write_all (fd, bytes, n))
      return fail_errno (unpack, entry->name);
    left -= n;
  }
  return true;
}

static const char *
first_name (const Unpack *unpack, uint32_t ino)
{
  for (size_t i = 0; i < unpack->n_links; i++)
    if (unpack->links[i].ino == ino)
      return unpack->links[i].name;
  return NULL;
}

static bool
remember_name (Unpack *unpack, const Entry *entry)
{
  Link *links = realloc (unpack->links, (unpack->n_links + 1) * sizeof *links);
  char *name = strdup (entry->name);
  if (links)
    unpack->links = links;
  if (!links || !name) {
    free (name);
    return fail_errno (unpack, entry->name);
  }
  links[unpack->n_links++] = (Link){entry->field[INO], name};
  return true;
}

/* Of several names of a file the last one brings the data. */
static bool
make_file (Unpack *unpack, const Entry *entry)
{
  const char *name = entry->name;
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  if (entry->field[NLINK] > 1) {
    const char *first = first_name (unpack, entry->field[INO]);
    if (first && link (first, name) == 0) {
      name = first;
      flags = O_WRONLY | O_CLOEXEC;
    } else if (!first && !remember_name (unpack, entry))
      return false;
  }
  int fd = open (name, flags, 0600);
  if (fd < 0)
    return errno == EEXIST ? take (unpack, NULL, entry->field[FILESIZE])
                           : fail_errno (unpack, name);
  bool ok = write_data (unpack, entry, fd);
  if (ok && (fchown (fd, entry->field[UID], entry->field[GID]) != 0 ||
             fchmod (fd, entry->field[MODE] & 07777) != 0))
    ok = fail_errno (unpack, name);
  (void)close (fd);
  return ok;
}

static bool
make_symlink (Unpack *unpack, const Entry *entry)
{
  char target[NAME_MAX_SIZE] = "";
  if (entry->field[FILESIZE] >= sizeof target)
    return fail (unpack, "the archive is damaged");
  if (!take (unpack, target, entry->field[FILESIZE]))
    return false;
  return symlink (target, entry->name) == 0 || errno == EEXIST || fail_errno (unpack, entry->name);
}

static bool
make_folder (Unpack *unpack, const Entry *entry)
{
  if (mkdir (entry->name, 0700) != 0 && errno != EEXIST)
    return fail_errno (unpack, entry->name);
  if (chown (entry->name, entry->field[UID], entry->field[GID]) != 0 ||
      chmod (entry->name, entry->field[MODE] & 07777) != 0)
    return fail_errno (unpack, entry->name);
  return true;
}

static bool
make_entry (Unpack *unpack, const Entry *entry)
{
  mode_t mode = entry->field[MODE];
  switch (mode & S_IFMT) {
  case S_IFREG:
    return make_file (unpack, entry);
  case S_IFLNK:
    return make_symlink (unpack, entry);
  case S_IFDIR:
    return make_folder (unpack, entry);
  default:
    return mknod (entry->name, mode, makedev (entry->field[RDEVMAJOR], entry->field[RDEVMINOR])) ==
               0 ||
           errno == EEXIST || fail_errno (unpack, entry->name);
  }
}

uint64_t
unpack_size (int archive)
{
  unsigned char start[ZSTD_HEADER_MAX];
  ssize_t n = pread (archive, start, sizeof start, 0);
  unsigned long long size = ZSTD_getFrameContentSize (start, n > 0 ? (size_t)n : 0);
  return size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ? 0 : size;
}

const char *
unpack_all (int archive)
{
  Unpack unpack = {.archive = archive,
                   .stream = ZSTD_createDStream (),
                   .in_size = ZSTD_DStreamInSize (),
                   .out_size = ZSTD_DStreamOutSize ()};
  Entry entry;
  unpack.in_buffer = malloc (unpack.in_size);
  unpack.out_buffer = malloc (unpack.out_size);
  bool ok = unpack.stream && unpack.in_buffer && unpack.out_buffer;
  if (!ok)
    (void)fail_errno (&unpack, "the archive");
  while (ok && read_entry (&unpack, &entry) && strcmp (entry.name, END_NAME) != 0)
    ok = make_entry (&unpack, &entry) && skip_padding (&unpack);
  for (size_t i = 0; i < unpack.n_links; i++)
    free (unpack.links[i].name);
  free (unpack.links);
  free (unpack.in_buffer);
  free (unpack.out_buffer);
  (void)ZSTD_freeDStream (unpack.stream);
  return unpack.error;
}
