/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands, one line each, one line as answer:
 *   stats   name=value pairs, the members of QueueStats
 *   fail    "failed": every read, pending or to come, ends with EIO
 *   forget  "forgotten": the source's error is not in stats any more
 *   live    "live": what is read from now on is taken to live, and the next is read ahead
 *   probe   "probing": it is not, as in the beginning
 *   memory EXPORT, with a descriptor: broker-memory.h */
#include "broker-plugin.h"
#include <errno.h>
#include <nbdkit-plugin.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* The job's process writes its line at once. */
#define COMMAND_MS 1000

struct Listener {
  Queue *queue;
  int data_fd, control_fd, stop_fd;
  GPtrArray *channels;
  GPtrArray *lenders;
  GThread *thread;
};

static int
listen_at (const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen (path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy (address.sun_path, path, strlen (path) + 1);
  (void)unlink (path);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  /* The directory is 0700 already; this is for a tool that looks at the file. */
  if (bind (fd, (struct sockaddr *)&address, sizeof address) == 0 && chmod (path, 0600) == 0 &&
      listen (fd, 64) == 0)
    return fd;
  int saved = errno;
  close (fd);
  errno = saved;
  return -1;
}

static char *
answer_command (Queue *queue, const char *command)
{
  if (strcmp (command, "fail") == 0) {
    queue_fail (queue);
    return g_strdup ("failed\n");
  }
  if (strcmp (command, "forget") == 0) {
    queue_forget_error (queue);
    return g_strdup ("forgotten\n");
  }
  if (strcmp (command, "live") == 0 || strcmp (command, "probe") == 0) {
    queue_expect (queue, *command == 'l');
    return g_strdup (*command == 'l' ? "live\n" : "probing\n");
  }
  if (strcmp (command, "stats") == 0) {
    QueueStats s;
    queue_stats (queue, &s);
    return g_strdup_printf (
        "fetched=%" G_GUINT64_FORMAT " requests=%" G_GUINT64_FORMAT " cached=%" G_GUINT64_FORMAT
        " channels=%u wrong_size=%" G_GUINT64_FORMAT
        " source_errno=%d source_where=%" G_GUINT64_FORMAT
        " cache_errno=%d damaged=%" G_GUINT64_FORMAT " damaged_where=%" G_GUINT64_FORMAT "\n",
        s.fetched, s.requests, s.cached, s.channels, s.wrong_size, s.source_errno, s.source_where,
        s.cache_errno, s.damaged, s.damaged_where);
  }
  return g_strdup ("unknown command\n");
}

/* Reads the command, and what descriptor came with it; FALSE when there is none. */
static gboolean
receive_command (int fd, char *line, gsize size, int *descriptor)
{
  gsize length = 0;
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  while (length < size - 1 && poll (&wait, 1, COMMAND_MS) > 0) {
    union {
      struct cmsghdr header;
      char space[CMSG_SPACE (sizeof (int))];
    } control;
    struct iovec iov = {line + length, size - 1 - length};
    struct msghdr message = {.msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg (fd, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR (&message) : NULL;
    if (header && header->cmsg_type == SCM_RIGHTS) {
      if (*descriptor >= 0)
        close (*descriptor);
      memcpy (descriptor, CMSG_DATA (header), sizeof (int));
    }
    if (n <= 0)
      return FALSE;
    length += (gsize)n;
    if (memchr (line, '\n', length))
      break;
  }
  line[length] = '\0';
  line[strcspn (line, "\n")] = '\0';
  return TRUE;
}

/* Takes FD and DESCRIPTOR. */
static void
take_lender (Listener *listener, const char *export, int fd, int descriptor)
{
  for (guint i = listener->lenders->len; i-- > 0;)
    if (lender_is_done (g_ptr_array_index (listener->lenders, i)))
      g_ptr_array_remove_index_fast (listener->lenders, i);
  ReadMode mode = strcmp (export, "fresh") == 0 ? READ_FRESH : READ_EXACT;
  Lender *lender = lender_start (listener->queue, fd, descriptor, mode);
  if (lender)
    g_ptr_array_add (listener->lenders, lender);
  else
    nbdkit_error ("memory of a reader: %m");
}

/* Takes FD. */
static void
serve_command (Listener *listener, int fd)
{
  char line[32];
  int descriptor = -1;
  if (receive_command (fd, line, sizeof line, &descriptor)) {
    if (descriptor >= 0 && g_str_has_prefix (line, "memory ")) {
      take_lender (listener, line + strlen ("memory "), fd, descriptor);
      return;
    }
    g_autofree char *answer = answer_command (listener->queue, line);
    if (send (fd, answer, strlen (answer), MSG_NOSIGNAL) < 0)
      nbdkit_debug ("answer to a command: %m");
  }
  if (descriptor >= 0)
    close (descriptor);
  close (fd);
}

static void
take_channel (Listener *listener, int fd)
{
  for (guint i = listener->channels->len; i-- > 0;) {
    Channel *channel = g_ptr_array_index (listener->channels, i);
    if (channel_is_done (channel))
      g_ptr_array_remove_index_fast (listener->channels, i);
  }
  g_ptr_array_add (listener->channels, channel_start (listener->queue, fd));
}

static gpointer
run_listener (gpointer data)
{
  Listener *listener = data;
  struct pollfd fds[] = {{.fd = listener->stop_fd, .events = POLLIN},
                         {.fd = listener->data_fd, .events = POLLIN},
                         {.fd = listener->control_fd, .events = POLLIN}};
  while (poll (fds, G_N_ELEMENTS (fds), -1) >= 0 || errno == EINTR) {
    if (fds[0].revents)
      break;
    if (fds[1].revents & POLLIN) {
      int fd = accept4 (listener->data_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0)
        take_channel (listener, fd);
    }
    if (fds[2].revents & POLLIN) {
      int fd = accept4 (listener->control_fd, NULL, NULL, SOCK_CLOEXEC);
      if (fd >= 0) {
        serve_command (listener, fd);
      }
    }
  }
  return NULL;
}

Listener *
listener_start (Queue *queue, const char *data_path, const char *control_path)
{
  Listener *listener = g_new0 (Listener, 1);
  listener->queue = queue;
  listener->channels = g_ptr_array_new_with_free_func ((GDestroyNotify)channel_stop);
  listener->lenders = g_ptr_array_new_with_free_func ((GDestroyNotify)lender_stop);
  listener->control_fd = -1;
  listener->stop_fd = eventfd (0, EFD_CLOEXEC);
  listener->data_fd = listen_at (data_path);
  if (listener->data_fd >= 0)
    listener->control_fd = listen_at (control_path);
  if (listener->stop_fd < 0 || listener->control_fd < 0) {
    int saved = errno;
    listener_stop (listener);
    errno = saved;
    return NULL;
  }
  listener->thread = g_thread_new ("listener", run_listener, listener);
  return listener;
}

void
listener_stop (Listener *listener)
{
  if (!listener)
    return;
  if (listener->thread) {
    guint64 one = 1;
    if (write (listener->stop_fd, &one, sizeof one) < 0)
      nbdkit_debug ("the listener cannot be woken: %m");
    g_thread_join (listener->thread);
  }
  g_ptr_array_unref (listener->lenders);
  g_ptr_array_unref (listener->channels);
  const int fds[] = {listener->stop_fd, listener->data_fd, listener->control_fd};
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] >= 0)
      close (fds[i]);
  g_free (listener);
}
