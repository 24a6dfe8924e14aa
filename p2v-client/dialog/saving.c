/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "saving.h"
#include <string.h>
#include <limits.h>
#include "common/error.h"
#include "common/text.h"
#include "report.h"
#include "stick.h"
#include "support.h"

static gboolean
write_file (const char *path, const char *text, gsize length, GError **error)
{
  g_autoptr (GError) cause = NULL;
  if (g_file_set_contents_full (path, text, (gssize)length, G_FILE_SET_CONTENTS_DURABLE, 0600,
                                &cause))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_IO, NULL, _ ("It cannot be saved: %s."), cause->message);
  return FALSE;
}

/* With the pictures that were taken. */
static gboolean
save_to_stick (Saving *saving, const char *text)
{
  g_autoptr (Stick) stick = stick_mount_device (saving->stick, TRUE, &saving->error);
  if (!stick)
    return FALSE;
  g_autofree char *name = g_path_get_basename (saving->path);
  g_autofree char *path = g_build_filename (stick_path (stick), name, NULL);
  gboolean ok = write_file (path, text, strlen (text), &saving->error);
  for (guint i = 0; ok && saving->pictures[i]; i++) {
    g_autofree char *picture = g_path_get_basename (saving->pictures[i]);
    g_autofree char *to = g_build_filename (stick_path (stick), picture, NULL);
    g_autofree char *bytes = NULL;
    gsize length;
    if (g_file_get_contents (saving->pictures[i], &bytes, &length, NULL))
      ok = write_file (to, bytes, length, &saving->error);
  }
  return ok;
}

static void
run (Work *work, GCancellable *cancel)
{
  Saving *saving = (Saving *)work;
  g_autofree char *text = support_collect (saving->settings, saving->ours, saving->job, cancel);
  if (saving->place == SAVE_TO_SERVER)
    saving->saved = support_keep (saving->settings, saving->job, text, cancel, &saving->error);
  else if (saving->place == SAVE_TO_STICK
               ? save_to_stick (saving, text)
               : write_file (saving->path, text, strlen (text), &saving->error))
    saving->saved = g_strdup (saving->path);
}

/* ---- in the main loop ---- */

static void
saving_free (Work *work)
{
  Saving *saving = (Saving *)work;
  settings_free (saving->settings);
  g_free (saving->stick);
  g_free (saving->ours);
  g_free (saving->job);
  g_free (saving->path);
  g_free (saving->saved);
  g_strfreev (saving->pictures);
  g_clear_error (&saving->error);
  g_free (saving);
}

Saving *
saving_new (const Shared *shared, SavePlace place, const char *stick, const char *path,
            void (*take) (Work *work, gpointer owner), gpointer data)
{
  Saving *saving = g_new0 (Saving, 1);
  saving->work = (Work){run, take, saving_free};
  saving->data = data;
  saving->place = place;
  saving->settings = settings_copy (shared->settings);
  saving->stick = g_strdup (stick);
  saving->ours = report_make (shared);
  saving->job = g_strdup (shared->finished ? shared->finished->job : NULL);
  saving->path = g_strdup (path);
  g_ptr_array_add (shared->pictures, NULL);
  saving->pictures = g_strdupv ((char **)shared->pictures->pdata);
  g_ptr_array_set_size (shared->pictures, (gint)shared->pictures->len - 1);
  return saving;
}

char *
saving_words (const Saving *saving)
{
  return g_strdup_printf (saving->place == SAVE_TO_SERVER
                              ? _ ("Saved on the conversion server as %s.")
                              : _ ("Saved as %s."),
                          saving->saved);
}

static gboolean
is_path (const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);
  guint n = g_strv_length (names);
  if (*path != '/' || !*names[n - 1] || strlen (path) >= PATH_MAX)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (strlen (names[i]) > NAME_MAX)
      return FALSE;
  for (const char *p = path; *p; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

gboolean
saving_check_path (const char *path, GError **error)
{
  if (is_path (path))
    return TRUE;
  g_autofree char *shown = p2v_text_brief (path);
  p2v_set_error (error, P2V_ERROR_SETTINGS,
                 _ ("Give it with its folder, such as /root/p2v.txt; no name in it may be longer "
                    "than 255 bytes."),
                 _ ("“%s” is not the path of a file."), shown);
  return FALSE;
}

char *
saving_path (const Shared *shared)
{
  g_autofree char *name =
      g_strdup_printf ("p2v-%s.txt", shared->machine ? shared->machine->name : "support");
  return g_build_filename (shared_folder (shared), name, NULL);
}
