/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "broker.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/process.h"
#include "socket.h"

#define START_MS   10000
#define STOP_MS    2000
#define COMMAND_MS 2000 /* it answers from memory */

/* How often a waiting phase looks for data channels. */
#define LOOK_US (G_USEC_PER_SEC / 10)
/* When it says that it waits. */
#define SAY_US (15 * G_USEC_PER_SEC)

struct Broker {
  Job *job;
  const JobDisk *disk;
  GSubprocess *process;
  char *data, *control; /* paths of sockets */
  gulong on_cancel;
};

/* What "stats" answers: broker-plugin-listen.c. */
typedef struct {
  BrokerStats stats;
  guint64 wrong_size, source_where;
  int source_errno, cache_errno;
} Figures;

/* One command, on a connection of its own (caller frees the answer). */
static char *
command (const Broker *broker, const char *line)
{
  int fd = socket_connect (broker->control);
  if (fd < 0)
    return NULL;
  char *answer = socket_ask (fd, line, COMMAND_MS);
  close (fd);
  return answer;
}

static gboolean
ask_figures (const Broker *broker, Figures *f)
{
  g_autofree char *answer = command (broker, "stats");
  return answer &&
         sscanf (answer,
                 "fetched=%" G_GUINT64_FORMAT " requests=%" G_GUINT64_FORMAT
                 " cached=%" G_GUINT64_FORMAT " channels=%u wrong_size=%" G_GUINT64_FORMAT
                 " source_errno=%d source_where=%" G_GUINT64_FORMAT
                 " cache_errno=%d damaged=%" G_GUINT64_FORMAT " damaged_where=%" G_GUINT64_FORMAT,
                 &f->stats.fetched, &f->stats.requests, &f->stats.cached, &f->stats.channels,
                 &f->wrong_size, &f->source_errno, &f->source_where, &f->cache_errno,
                 &f->stats.damaged, &f->stats.damaged_where) == 10;
}

static void
on_job_cancelled (GCancellable *cancel G_GNUC_UNUSED, gpointer data)
{
  broker_fail (data);
}

static gboolean
start_nbdkit (Broker *broker, GError **error)
{
  const JobDisk *disk = broker->disk;
  g_autofree char *libdir = p2v_process_libdir ();
  g_autofree char *plugin = g_build_filename (libdir, "nbdkit-p2vbroker-plugin.so", NULL);
  g_autofree char *size = g_strdup_printf ("size=%" G_GUINT64_FORMAT, disk->source->size);
  g_autofree char *cache = g_strconcat ("cache=", disk->cache, NULL);
  g_autofree char *map = g_strconcat ("map=", disk->cache_map, NULL);
  g_autofree char *data = g_strconcat ("data-socket=", broker->data, NULL);
  g_autofree char *control = g_strconcat ("control-socket=", broker->control, NULL);
  g_autofree char *zero = NULL; /* the end of the list, unless */
  if (g_str_equal (job_setting (broker->job, "badblocks", "stop"), "zero"))
    zero = g_strconcat ("zero-bad=", disk->bad, NULL);
  const char *argv[] = {"nbdkit", "--foreground", "--readonly", "--unix", disk->broker_socket,
                        plugin,   size,           cache,        map,      data,
                        control,  zero,           NULL};
  g_autofree char *log_path = job_path (broker->job, "log");
  int log = open (log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  (void)unlink (disk->broker_socket);
  broker->process = p2v_process_spawn (argv, log, error);
  if (log >= 0)
    close (log);
  /* The last socket that it opens. */
  return broker->process && p2v_process_wait_socket (broker->process, broker->control, START_MS,
                                                     broker->job->cancel, error);
}

Broker *
broker_start (Job *job, JobDisk *disk, GError **error)
{
  Broker *broker = g_new0 (Broker, 1);
  broker->job = job;
  broker->disk = disk;
  g_autofree char *data = g_strdup_printf ("d%u.data", disk->index);
  g_autofree char *control = g_strdup_printf ("d%u.ctl", disk->index);
  broker->data = job_path (job, data);
  broker->control = job_path (job, control);
  if (!start_nbdkit (broker, error)) {
    broker_free (broker);
    return NULL;
  }
  broker->on_cancel =
      g_cancellable_connect (job->cancel, G_CALLBACK (on_job_cancelled), broker, NULL);
  return broker;
}

static gboolean
check_size (const Broker *broker, const Figures *figures, GError **error)
{
  if (figures->wrong_size == 0)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_DISK, "Start the conversion again; if it stays so, report it.",
                 "The disk %s has %" G_GUINT64_FORMAT
                 " bytes on its data channel, but %" G_GUINT64_FORMAT " in the client's inventory.",
                 broker->disk->source->device, figures->wrong_size, broker->disk->source->size);
  return FALSE;
}

gboolean
broker_wait_source (Broker *broker, GCancellable *cancel, GError **error)
{
  gint64 say = g_get_monotonic_time () + SAY_US;
  Figures figures = {0};
  for (;;) {
    if (g_cancellable_is_cancelled (cancel)) {
      p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
      return FALSE;
    }
    if (!ask_figures (broker, &figures)) {
      p2v_set_error (error, P2V_ERROR_INTERNAL, "Look into the log for what it printed.",
                     "The broker of the disk %s does not answer.", broker->disk->source->device);
      return FALSE;
    }
    if (figures.stats.channels > 0 || figures.wrong_size)
      return check_size (broker, &figures, error);
    if (say && g_get_monotonic_time () > say) {
      job_log (broker->job, P2V_LOG_INFO, "Waiting for the physical machine to connect its disk %s",
               broker->disk->source->device);
      say = 0;
    }
    g_usleep (LOOK_US);
  }
}

gboolean
broker_stats (Broker *broker, BrokerStats *stats)
{
  Figures figures = {0};
  if (!ask_figures (broker, &figures))
    return FALSE;
  *stats = figures.stats;
  return TRUE;
}

void
broker_expect (Job *job, gboolean live)
{
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    /* without an answer it is only slower */
    g_autofree char *answer = disk->broker ? command (disk->broker, live ? "live" : "probe") : NULL;
    p2v_debug ("the broker of disk %u: %s", i, answer ? answer : "no answer");
  }
}

void
broker_fail (Broker *broker)
{
  g_autofree char *answer = command (broker, "fail");
  if (!answer)
    p2v_debug ("the broker of disk %u does not answer any more", broker->disk->index);
}

gboolean
broker_failed (Broker *broker, GError **error)
{
  const P2vDisk *source = broker->disk->source;
  Figures f = {0};
  if (!ask_figures (broker, &f) || (!f.source_errno && !f.cache_errno))
    return FALSE;
  if (f.source_errno)
    p2v_set_error (error, P2V_ERROR_DISK,
                   "Check the disk on the physical machine (dmesg, smartctl); what cannot be read "
                   "cannot be converted.",
                   "The disk %s of the physical machine cannot be read at byte %" G_GUINT64_FORMAT
                   ": %s.",
                   source->device, f.source_where, g_strerror (f.source_errno));
  else
    p2v_set_error (error, f.cache_errno == ENOSPC ? P2V_ERROR_SPACE : P2V_ERROR_IO,
                   "Make room there, or set P2V_STATE_DIR to another directory.",
                   "What was read from %s cannot be kept in the job directory %s: %s.",
                   source->device, broker->job->dir, g_strerror (f.cache_errno));
  return TRUE;
}

void
broker_forget_failure (Broker *broker)
{
  g_autofree char *answer = command (broker, "forget");
  if (!answer)
    p2v_debug ("the broker of disk %u does not answer any more", broker->disk->index);
}

void
broker_free (Broker *broker)
{
  if (!broker)
    return;
  if (broker->on_cancel)
    g_cancellable_disconnect (broker->job->cancel, broker->on_cancel);
  if (broker->process) {
    /* nbdkit ends when its readers have their answers. */
    broker_fail (broker);
    p2v_process_stop (broker->process, STOP_MS);
    g_object_unref (broker->process);
  }
  (void)unlink (broker->disk->broker_socket);
  (void)unlink (broker->data);
  (void)unlink (broker->control);
  g_free (broker->data);
  g_free (broker->control);
  g_free (broker);
}
