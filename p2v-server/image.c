/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"
#include <fcntl.h>
#include <unistd.h>
#include "common/process.h"

/* Opening a qcow2 image is quick; a backing file that stalls is not waited for
 * longer than this. */
#define START_MS 60000
#define STOP_MS  10000

struct Image {
  GSubprocess *process;
  char *socket;
  char *ready; /* qemu-nbd's pid file: it is written once the socket listens */
};

/* O_DIRECT is refused at open where the file system has none. */
static gboolean
direct_possible (const char *file)
{
  int fd = open (file, O_RDONLY | O_CLOEXEC | O_DIRECT);
  if (fd < 0)
    return FALSE;
  close (fd);
  return TRUE;
}

/* The page cache may hold what the storage lost: forget it. */
static void
drop_cache (const char *file)
{
  int fd = open (file, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  (void)fdatasync (fd);
  (void)posix_fadvise (fd, 0, 0, POSIX_FADV_DONTNEED);
  close (fd);
}

static GPtrArray *
image_arguments (const Image *image, const char *file, const char *format, ImageMode mode,
                 gboolean discard)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (argv, g_strdup ("qemu-nbd"));
  g_ptr_array_add (argv, g_strconcat ("--socket=", image->socket, NULL));
  g_ptr_array_add (argv, g_strconcat ("--pid-file=", image->ready, NULL));
  g_ptr_array_add (argv, g_strdup ("--persistent"));
  g_ptr_array_add (argv, g_strdup ("--shared=8"));
  g_ptr_array_add (argv, g_strconcat ("--format=", format, NULL));
  switch (mode) {
  case IMAGE_READ:
    g_ptr_array_add (argv, g_strdup ("--read-only"));
    g_ptr_array_add (argv, g_strdup ("--allocation-depth"));
    break;
  case IMAGE_CHECK:
    g_ptr_array_add (argv, g_strdup ("--read-only"));
    if (direct_possible (file))
      g_ptr_array_add (argv, g_strdup ("--cache=none"));
    break;
  case IMAGE_WRITE:
    g_ptr_array_add (argv, g_strdup ("--cache=writeback"));
    g_ptr_array_add (argv, g_strdup (discard ? "--discard=unmap" : "--discard=ignore"));
    break;
  }
  g_ptr_array_add (argv, g_strdup (file));
  g_ptr_array_add (argv, NULL);
  return argv;
}

/* A trial connection would do as well, but qemu-nbd logs that as broken. */
static gboolean
wait_ready (const Image *image, GCancellable *cancel, GError **error)
{
  for (guint waited = 0; !g_file_test (image->ready, G_FILE_TEST_EXISTS); waited += 5) {
    if (g_cancellable_is_cancelled (cancel)) {
      p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
      return FALSE;
    }
    if (waited >= START_MS || !g_subprocess_get_identifier (image->process)) {
      p2v_set_error (error, P2V_ERROR_INTERNAL, "The job's log holds what qemu-nbd printed.",
                     "The program qemu-nbd %s.",
                     waited >= START_MS ? "does not start" : "ended at once");
      return FALSE;
    }
    g_usleep (5 * 1000);
  }
  return TRUE;
}

Image *
image_open (Job *job, const char *name, const char *file, const char *format, ImageMode mode,
            gboolean discard, GError **error)
{
  return image_serve (job->dir, name, file, format, mode, discard, job->cancel, error);
}

Image *
image_serve (const char *dir, const char *name, const char *file, const char *format,
             ImageMode mode, gboolean discard, GCancellable *cancel, GError **error)
{
  g_autoptr (Image) image = g_new0 (Image, 1);
  g_autofree char *socket_name = g_strconcat (name, ".sock", NULL);
  image->socket = g_build_filename (dir, socket_name, NULL);
  g_autofree char *ready_name = g_strconcat (name, ".pid", NULL);
  image->ready = g_build_filename (dir, ready_name, NULL);
  (void)unlink (image->socket);
  (void)unlink (image->ready);
  if (mode == IMAGE_CHECK && !direct_possible (file))
    drop_cache (file);

  g_autofree char *log_path = g_build_filename (dir, "log", NULL);
  int log_fd = open (log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  g_autoptr (GPtrArray) argv = image_arguments (image, file, format, mode, discard);
  image->process = p2v_process_spawn ((const char *const *)argv->pdata, log_fd, error);
  if (log_fd >= 0)
    close (log_fd);
  if (!image->process || !wait_ready (image, cancel, error)) {
    g_prefix_error (error, "%s cannot be served. ", file);
    /* It has nothing to flush, and may hang before it hears signals. */
    if (image->process)
      g_subprocess_force_exit (image->process);
    return NULL;
  }
  return g_steal_pointer (&image);
}

const char *
image_socket (const Image *image)
{
  return image->socket;
}

void
image_close (Image *image)
{
  if (!image)
    return;
  p2v_process_stop (image->process, STOP_MS);
  g_clear_object (&image->process);
  (void)unlink (image->socket);
  (void)unlink (image->ready);
  g_free (image->ready);
  g_free (image->socket);
  g_free (image);
}
