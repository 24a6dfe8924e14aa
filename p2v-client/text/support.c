/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialog/saving.h"
#include "dialog/say.h"
#include "stick-list.h"
#include "text.h"

#define TITLE _ ("Save a support file")
#define NO    99u

typedef struct {
  Sheet *sheet;
  guint server, first_stick, file, path;
  GPtrArray *sticks; /* StickChoice *; NULL elsewhere than on the image */
} Places;

typedef struct {
  gboolean done, good;
  char *words;
} Wait;

static void
take_saving (Work *work, gpointer owner G_GNUC_UNUSED)
{
  const Saving *saving = (const Saving *)work;
  Wait *wait = saving->data;
  wait->good = !saving->error;
  wait->words = saving->error ? say_error (saving->error) : saving_words (saving);
  wait->done = TRUE;
}

/* Only where it counts. */
static gboolean
check_path (const char *path, gpointer data, GError **error)
{
  const Places *places = data;
  return !sheet_is_on (places->sheet, places->file) || saving_check_path (path, error);
}

/* Without a disk a file is gone with the machine. */
static void
add_places (Places *places, const Shared *shared)
{
  Sheet *sheet = places->sheet;
  gboolean job = shared->finished && shared->finished->job;
  g_autofree char *path = saving_path (shared);
  sheet_add_label (sheet, "");
  if (job)
    places->server =
        sheet_add_choice (sheet, _ ("On the conversion s_erver, beside its own log"), TRUE);
  if (shared->options->image)
    places->sticks = stick_list (shared->machine ? shared->machine : shared->present);
  gboolean stick = places->sticks && places->sticks->len > 0;
  for (guint i = 0; stick && i < places->sticks->len; i++) {
    const StickChoice *choice = g_ptr_array_index (places->sticks, i);
    g_autofree char *words = g_strdup_printf ("%s: %s", _ ("USB stick"), choice->words);
    guint field = sheet_add_named_choice (sheet, words, !job && i == 0);
    places->first_stick = i == 0 ? field : places->first_stick;
  }
  places->file = sheet_add_choice (sheet, _ ("In a _file"), !job && !stick);
  places->path = sheet_add_entry (sheet, _ ("File"), path);
  sheet_check_by (sheet, places->path, check_path, places);
}

static Saving *
make_saving (const Places *places, const Shared *shared, Wait *wait)
{
  const Sheet *sheet = places->sheet;
  /* What stands in the field was checked only where it is used. */
  g_autofree char *proposed = saving_path (shared);
  const char *stick = NULL;
  for (guint i = 0; places->sticks && i < places->sticks->len; i++)
    if (sheet_is_on (sheet, places->first_stick + i))
      stick = ((StickChoice *)g_ptr_array_index (places->sticks, i))->device;
  SavePlace place = stick                               ? SAVE_TO_STICK
                    : sheet_is_on (sheet, places->file) ? SAVE_TO_FILE
                                                        : SAVE_TO_SERVER;
  return saving_new (shared, place, stick,
                     place == SAVE_TO_FILE ? sheet_value (sheet, places->path) : proposed,
                     take_saving, wait);
}

/* TRUE when there is nothing more to do. */
static gboolean
save (const Text *text, const Places *places)
{
  Wait wait = {0};
  Saving *saving = make_saving (places, text->shared, &wait);
  g_autoptr (GCancellable) cancel = work_start (&saving->work, text->owner);
  gboolean waited = text_wait (TITLE, _ ("Working"), &wait.done, cancel);
  g_autofree char *words = wait.words;
  if (waited && wait.good)
    text_tell (TITLE, words, NULL, NULL);
  else if (waited)
    sheet_set_notice (places->sheet, NOTICE_ERROR, words, NULL);
  return waited && wait.good;
}

void
text_save_support (const Text *text)
{
  g_autoptr (Sheet) sheet = sheet_new (TITLE);
  Places places = {sheet, NO, NO, NO, NO, NULL};
  sheet_set_text (sheet,
                  _ ("One file with what this machine and the conversion server have written "
                     "down, without passwords. Whoever is to help you needs it."));
  add_places (&places, text->shared);
  int go = (int)sheet_add_button (sheet, _ ("_Save"), TRUE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
  while (sheet_run (sheet, NULL, NULL) == go) {
    sheet_set_notice (sheet, NOTICE_INFO, NULL, NULL);
    if (save (text, &places))
      break;
  }
  g_clear_pointer (&places.sticks, g_ptr_array_unref);
}
