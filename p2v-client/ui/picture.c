/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "picture.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "common/error.h"
#include "dialog/work.h"
#include "words.h"

#define MOST 99

typedef struct {
  Work work;
  GdkPixbuf *pixels;
  char *folder, *path;
  PictureDone done;
  gpointer data;
  GError *error;
} Picture;

/* The first name that is free, taken at once. */
static char *
new_name (const char *folder)
{
  for (guint i = 1; i <= MOST; i++) {
    g_autofree char *name = g_strdup_printf ("p2v-screen-%u.png", i);
    g_autofree char *path = g_build_filename (folder, name, NULL);
    int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
      close (fd);
      return g_steal_pointer (&path);
    }
    if (errno != EEXIST)
      return NULL;
  }
  errno = EEXIST;
  return NULL;
}

static void
run (Work *work, GCancellable *cancel G_GNUC_UNUSED)
{
  Picture *picture = (Picture *)work;
  g_autoptr (GError) cause = NULL;
  (void)g_mkdir_with_parents (picture->folder, 0700);
  picture->path = new_name (picture->folder);
  if (picture->path &&
      gdk_pixbuf_save (picture->pixels, picture->path, "png", &cause, "compression", "9", NULL))
    return;
  p2v_set_error (&picture->error, P2V_ERROR_IO, NULL, _ ("It cannot be saved: %s."),
                 cause ? cause->message : g_strerror (errno));
}

static void
done (Work *work, gpointer owner G_GNUC_UNUSED)
{
  const Picture *picture = (const Picture *)work;
  picture->done (picture->path, picture->error, picture->data);
}

static void
picture_free (Work *work)
{
  Picture *picture = (Picture *)work;
  g_object_unref (picture->pixels);
  g_free (picture->folder);
  g_free (picture->path);
  g_clear_error (&picture->error);
  g_free (picture);
}

void
picture_take (GObject *owner, const char *folder, PictureDone done_cb, gpointer data)
{
  GdkWindow *root = gdk_get_default_root_window ();
  GdkPixbuf *pixels = gdk_pixbuf_get_from_window (root, 0, 0, gdk_window_get_width (root),
                                                  gdk_window_get_height (root));
  if (!pixels)
    return;
  Picture *picture = g_new0 (Picture, 1);
  picture->work = (Work){run, done, picture_free};
  picture->pixels = pixels;
  picture->folder = g_strdup (folder);
  picture->done = done_cb;
  picture->data = data;
  g_object_unref (work_start (&picture->work, owner));
}
