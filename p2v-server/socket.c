/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "socket.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/error.h"

#define ANSWER_MAX 512

static int
new_socket (const char *path, int flags, struct sockaddr_un *address)
{
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (strlen (path) > SOCKET_PATH_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy (address->sun_path, path, strlen (path) + 1);
  return socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

int
socket_listen (const char *path, GError **error)
{
  struct sockaddr_un address;
  (void)unlink (path);
  int fd = new_socket (path, SOCK_NONBLOCK, &address);
  if (fd >= 0 && bind (fd, (struct sockaddr *)&address, sizeof address) == 0 &&
      chmod (path, 0600) == 0 && listen (fd, 16) == 0)
    return fd;
  p2v_set_error (error, P2V_ERROR_JOB, "Check the storage of the job directory.",
                 "The socket %s cannot be made: %s.", path, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

int
socket_connect (const char *path)
{
  struct sockaddr_un address;
  int fd = new_socket (path, 0, &address);
  if (fd < 0 || connect (fd, (struct sockaddr *)&address, sizeof address) == 0)
    return fd;
  int saved = errno;
  close (fd);
  errno = saved;
  return -1;
}

char *
socket_ask (int fd, const char *line, guint timeout_ms)
{
  g_autofree char *text = g_strconcat (line, "\n", NULL);
  if (send (fd, text, strlen (text), MSG_NOSIGNAL) != (ssize_t)strlen (text))
    return NULL;
  /* Byte by byte, so that what follows the line stays in the socket. */
  g_autoptr (GString) answer = g_string_new (NULL);
  gint64 end = g_get_monotonic_time () + (gint64)timeout_ms * 1000;
  while (answer->len < ANSWER_MAX) {
    gint64 left = (end - g_get_monotonic_time ()) / 1000;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char c;
    if (left <= 0 || poll (&wait, 1, (int)left) <= 0 || read (fd, &c, 1) != 1)
      return NULL;
    if (c == '\n')
      return g_string_free (g_steal_pointer (&answer), FALSE);
    g_string_append_c (answer, c);
  }
  return NULL;
}

gboolean
socket_drain (int fd, GByteArray *buffer)
{
  while (buffer->len > 0) {
    ssize_t n = write (fd, buffer->data, buffer->len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return errno == EAGAIN;
    g_byte_array_remove_range (buffer, 0, (guint)n);
    explicit_bzero (buffer->data + buffer->len, (gsize)n);
  }
  return TRUE;
}
