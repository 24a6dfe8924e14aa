/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "broker-memory.h"
#include "broker-plugin-queue.h"
#include <errno.h>
#include <fcntl.h>
#include <nbdkit-plugin.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASKS_AT_ONCE 128u

/* Is kept until its reader has hung up and the last of its reads is answered. */
struct Lender {
  gatomicrefcount references;
  Queue *queue;
  ReadMode mode;
  Memory *memory;
  int fd;
  GThread *thread;
  atomic_bool done;
  GArray *answers; /* BrokerAnswer, with the queue locked */
};

typedef struct {
  Reader reader;
  Lender *lender;
  guint32 id;
} Loan;

Memory *
memory_ref (Memory *memory)
{
  return memory ? g_atomic_rc_box_acquire (memory) : NULL;
}

static void
unmap (gpointer data)
{
  Memory *memory = data;
  (void)munmap (memory->bytes, memory->size);
}

void
memory_unref (Memory *memory)
{
  if (memory)
    g_atomic_rc_box_release_full (memory, unmap);
}

static Memory *
map_memory (int fd)
{
  struct stat st;
  int seals = fcntl (fd, F_GET_SEALS);
  if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat (fd, &st) != 0 || st.st_size <= 0) {
    errno = EINVAL;
    return NULL;
  }
  void *bytes = mmap (NULL, (gsize)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (bytes == MAP_FAILED)
    return NULL;
  Memory *memory = g_atomic_rc_box_new (Memory);
  *memory = (Memory){bytes, (gsize)st.st_size};
  return memory;
}

static void
lender_unref (Lender *lender)
{
  if (!g_atomic_ref_count_dec (&lender->references))
    return;
  memory_unref (lender->memory);
  g_array_unref (lender->answers);
  close (lender->fd);
  g_free (lender);
}

static void
add_answer (Lender *lender, guint32 id, int errnum)
{
  BrokerAnswer answer = {id, errnum};
  g_array_append_val (lender->answers, answer);
}

static void
loan_answered (Reader *reader)
{
  Loan *loan = (Loan *)reader;
  add_answer (loan->lender, loan->id, reader->errnum);
  lender_unref (loan->lender);
  g_free (loan);
}

/* The socket has room for an answer to all that a reader can ask at once; one that takes
 * none has hung up. */
static void
send_answers (Lender *lender)
{
  gsize length = lender->answers->len * sizeof (BrokerAnswer);
  if (length > 0 && send (lender->fd, lender->answers->data, length, MSG_NOSIGNAL | MSG_DONTWAIT) !=
                        (ssize_t)length)
    (void)shutdown (lender->fd, SHUT_RDWR);
  g_array_set_size (lender->answers, 0);
}

void
queue_send_answers_locked (Queue *queue)
{
  for (guint i = 0; i < queue->lenders->len; i++)
    send_answers (g_ptr_array_index (queue->lenders, i));
}

void
queue_send_answers (Queue *queue)
{
  g_mutex_lock (&queue->lock);
  queue_send_answers_locked (queue);
  g_mutex_unlock (&queue->lock);
}

static gboolean
start_loan (Lender *lender, const BrokerAsk *ask)
{
  const Memory *memory = lender->memory;
  guint64 size = queue_disk_size (lender->queue);
  if (ask->length == 0 || ask->place > memory->size || ask->length > memory->size - ask->place ||
      ask->offset > size || ask->length > size - ask->offset) {
    nbdkit_error ("a reader wants what is not there");
    return FALSE;
  }
  Loan *loan = g_new0 (Loan, 1);
  loan->reader.answered = loan_answered;
  loan->reader.memory = lender->memory;
  loan->lender = lender;
  loan->id = ask->id;
  g_atomic_ref_count_inc (&lender->references);
  queue_start (lender->queue, &loan->reader, memory->bytes + ask->place, ask->offset, ask->length,
               lender->mode);
  return TRUE;
}

static gpointer
run_lender (gpointer data)
{
  Lender *lender = data;
  BrokerAsk asks[ASKS_AT_ONCE];
  gsize have = 0;
  gboolean good = TRUE;
  while (good) {
    ssize_t n = recv (lender->fd, (guint8 *)asks + have, sizeof asks - have, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    have += (gsize)n;
    gsize whole = have / sizeof (BrokerAsk);
    for (gsize i = 0; good && i < whole; i++)
      good = start_loan (lender, &asks[i]);
    have -= whole * sizeof (BrokerAsk);
    memmove (asks, asks + whole, have);
    queue_wake (lender->queue);
    queue_send_answers (lender->queue); /* of what the cache had */
  }
  (void)shutdown (lender->fd, SHUT_RDWR);
  g_mutex_lock (&lender->queue->lock);
  (void)g_ptr_array_remove (lender->queue->lenders, lender);
  g_mutex_unlock (&lender->queue->lock);
  atomic_store (&lender->done, TRUE);
  return NULL;
}

Lender *
lender_start (Queue *queue, int fd, int memory_fd, ReadMode mode)
{
  Memory *memory = map_memory (memory_fd);
  int saved = errno;
  close (memory_fd);
  if (!memory || send (fd, "ok\n", 3, MSG_NOSIGNAL) != 3) {
    if (memory)
      saved = errno;
    memory_unref (memory);
    close (fd);
    errno = saved;
    return NULL;
  }
  Lender *lender = g_new0 (Lender, 1);
  g_atomic_ref_count_init (&lender->references);
  lender->queue = queue;
  lender->mode = mode;
  lender->memory = memory;
  lender->fd = fd;
  lender->answers = g_array_new (FALSE, FALSE, sizeof (BrokerAnswer));
  g_mutex_lock (&queue->lock);
  g_ptr_array_add (queue->lenders, lender);
  g_mutex_unlock (&queue->lock);
  lender->thread = g_thread_new ("lender", run_lender, lender);
  return lender;
}

gboolean
lender_is_done (const Lender *lender)
{
  return atomic_load (&lender->done);
}

void
lender_stop (Lender *lender)
{
  (void)shutdown (lender->fd, SHUT_RDWR);
  g_thread_join (lender->thread);
  lender_unref (lender);
}
