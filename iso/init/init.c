/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image's first program.  The kernel unpacks archives into memory without a look at how
 * much there is, and a machine that has too little dies of a panic.  So the kernel gets this
 * program and the system as one compressed file, and here it is unpacked: with a message
 * when that cannot work.  Then systemd takes over. */
#include "unpack.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARCHIVE "/p2v/root.cpio.zst"
#define SYSTEM  "/usr/lib/systemd/systemd"
/* Without it /usr/lib/p2v/client shows no wizard. */
#define DISPLAY "/usr/lib/p2v/display"

#define MIB (UINT64_C (1) << 20)
/* What has to be free once the system is unpacked: systemd, the client and its disks' readers;
 * the X server and the wizard.  With 512 MiB both are met (docs/boot-matrix.md). */
#define RESERVE_TEXT   (90 * MIB)
#define RESERVE_WIZARD (160 * MIB)

/* A line on every console of the kernel, whichever they are. */
__attribute__ ((format (printf, 1, 2))) static void
tell (const char *format, ...)
{
  char line[512];
  va_list arguments;
  va_start (arguments, format);
  int n = vsnprintf (line, sizeof line - 1, format, arguments);
  va_end (arguments);
  /* Without its end the kernel keeps a line back until the next one comes. */
  size_t length = strnlen (line, sizeof line - 2);
  line[length] = '\n';
  (void)mkdir ("/dev", 0755);
  bool mounted = mount ("devtmpfs", "/dev", "devtmpfs", 0, NULL) == 0;
  int fd = open ("/dev/kmsg", O_WRONLY | O_CLOEXEC);
  if (fd >= 0 && n > 0)
    (void)!write (fd, line, length + 1);
  if (fd >= 0)
    (void)close (fd);
  if (mounted)
    (void)umount ("/dev");
}

/* As a panic would, but for its message. */
__attribute__ ((noreturn)) static void
stop (void)
{
  tell ("<0>p2v: nothing was changed. Ctrl-Alt-Del or the power button restarts this machine.");
  for (;;)
    (void)pause ();
}

/* A figure of /proc/meminfo in bytes, 0 when there is none. */
static uint64_t
memory (const char *name)
{
  char line[256];
  uint64_t value = 0;
  size_t length = strlen (name);
  FILE *file = fopen ("/proc/meminfo", "re");
  while (file && value == 0 && fgets (line, sizeof line, file))
    if (strncmp (line, name, length) == 0 && line[length] == ':')
      value = strtoull (line + length + 1, NULL, 10) * 1024;
  if (file)
    (void)fclose (file);
  return value;
}

/* UNPACKED bytes come, and the ARCHIVE's go. */
static void
check_memory (uint64_t unpacked, uint64_t archive)
{
  uint64_t total = memory ("MemTotal"), available = memory ("MemAvailable");
  if (available == 0 || unpacked == 0)
    return;
  uint64_t needed = unpacked > archive ? unpacked - archive : 0;
  if (available < needed + RESERVE_TEXT) {
    tell ("<0>p2v: this machine has too little memory: %ju MiB are free of %ju MiB, and p2v needs "
          "%ju MiB.",
          (uintmax_t)(available / MIB), (uintmax_t)(total / MIB),
          (uintmax_t)((needed + RESERVE_TEXT) / MIB));
    tell (
        "<0>p2v: 512 MiB are the least, 1 GiB is better. Add memory, at least for the conversion.");
    stop ();
  }
  if (available < needed + RESERVE_WIZARD && unlink (DISPLAY) == 0)
    tell ("<0>p2v: %ju MiB of memory are too little for the graphical wizard: text only.",
          (uintmax_t)(total / MIB));
}

int
main (int argc, char **argv)
{
  (void)argc;
  (void)umask (0);
  (void)mkdir ("/proc", 0555);
  (void)mount ("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
  /* Half of the memory by default; all of it is looked after here.  Not with ramfs. */
  (void)mount (NULL, "/", NULL, MS_REMOUNT, "size=100%");
  int archive = open (ARCHIVE, O_RDWR | O_CLOEXEC);
  if (archive < 0) {
    tell ("<0>p2v: the initrd is not complete (%s). Is the file cut short, or the memory too small "
          "for it?",
          strerror (errno));
    stop ();
  }
  struct stat status = {0};
  (void)fstat (archive, &status);
  check_memory (unpack_size (archive), (uint64_t)status.st_size);
  (void)umount ("/proc");

  const char *error = chdir ("/") == 0 ? unpack_all (archive) : "there is no root";
  (void)close (archive);
  (void)unlink (ARCHIVE);
  (void)rmdir ("/p2v");
  if (error) {
    tell ("<0>p2v: the system cannot be unpacked: %s", error);
    stop ();
  }
  /* Of the kernel's arguments what it does not know itself becomes the environment; an iSCSI
   * password has no business there (netroot=iscsi:USER:PASSWORD@…). */
  (void)unsetenv ("netroot");
  (void)unsetenv ("root");
  argv[0] = (char *)SYSTEM;
  (void)execv (SYSTEM, argv);
  tell ("<0>p2v: %s cannot be started: %s", SYSTEM, strerror (errno));
  stop ();
}
