/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sheet-private.h"
#include "terminal.h"

/* ---- while it is shown ---- */

static void
show_complaint (Sheet *sheet, char *words)
{
  g_autofree char *shown = words ? terminal_text (words) : NULL;
  g_free (words);
  if (g_strcmp0 (shown, sheet->complaint) == 0)
    return;
  g_free (sheet->complaint);
  sheet->complaint = g_steal_pointer (&shown);
  const char *text = sheet_bottom_words (sheet);
  newtTextboxSetText (sheet->notice_co, text ? text : "");
}

static void
serve (Sheet *sheet, SheetTick tick, gpointer data)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  if (sheet->form) {
    gboolean good;
    sheet_collect (sheet);
    show_complaint (sheet, sheet_complain (sheet, FALSE, &good));
  }
  if (terminal_take_interrupt () && !sheet->ended)
    sheet_end (sheet, SHEET_LEAVE);
  if (tick && !sheet->ended)
    tick (sheet, data);
}

/* What can have the focus, in its order: the fields, then the buttons. */
typedef struct {
  newtComponent *all;
  guint n, fields, now; /* how many, how many of them are fields, which one has it */
  gboolean some;        /* one of them has it, and not a text that can be scrolled */
} Places;

static void
add_place (Places *places, newtComponent co, newtComponent current)
{
  if (!co)
    return;
  if (co == current) {
    places->now = places->n;
    places->some = TRUE;
  }
  places->all[places->n++] = co;
}

static Places
list_places (const Sheet *sheet)
{
  Places places = {.all = g_new0 (newtComponent, sheet->fields->len + sheet->buttons->len)};
  newtComponent current = newtFormGetCurrent (sheet->form);
  if (sheet->body && current == sheet->body)
    current = newtFormGetCurrent (sheet->body);
  for (guint i = 0; i < sheet->fields->len; i++)
    add_place (&places, sheet_field (sheet, i)->co, current);
  places.fields = places.n;
  for (guint i = 0; i < sheet->buttons->len; i++)
    add_place (&places, sheet_button (sheet, i)->co, current);
  return places;
}

/* newt's Tab leaves a form inside another at once, whatever is still to come in it. */
static void
focus_place (const Sheet *sheet, const Places *places, guint place)
{
  newtComponent co = places->all[place];
  gboolean inside = sheet->body && place < places->fields;
  if (inside)
    newtFormSetCurrent (sheet->body, co);
  newtFormSetCurrent (sheet->form, inside ? sheet->body : co);
}

static void
go_to_next (const Sheet *sheet, int step)
{
  Places places = list_places (sheet);
  if (places.n > 0)
    focus_place (sheet, &places, (places.now + places.n + (guint)step) % places.n);
  g_free (places.all);
}

/* By what is in it and how large the terminal is now; the focus stays. */
static void
lay_out_anew (Sheet *sheet)
{
  Places before = list_places (sheet);
  sheet_close (sheet);
  terminal_resize ();
  sheet_open (sheet);
  Places after = list_places (sheet);
  if (before.some && before.now < after.n)
    focus_place (sheet, &after, before.now);
  g_free (before.all);
  g_free (after.all);
}

static void
press (Sheet *sheet, newtComponent co)
{
  for (guint i = 0; i < sheet->buttons->len; i++) {
    const Button *button = sheet_button (sheet, i);
    if (button->co != co)
      continue;
    gboolean good;
    sheet_collect (sheet);
    g_autofree char *words = sheet_complain (sheet, TRUE, &good);
    if (good || !button->goes_on) {
      sheet_end (sheet, (int)i);
      return;
    }
    for (guint j = 0; j < sheet->fields->len; j++)
      sheet_field (sheet, j)->touched = TRUE;
    show_complaint (sheet, g_steal_pointer (&words));
  }
}

/* ---- keys that are the same everywhere ---- */

typedef struct {
  void (*pressed) (SheetKey key, gpointer data);
  gpointer data;
} Keys;

static Keys keys;

void
sheet_on_key (void (*pressed) (SheetKey key, gpointer data), gpointer data)
{
  keys = (Keys){pressed, data};
}

static void
press_key (SheetKey key)
{
  Keys now = keys;
  if (!now.pressed)
    return;
  sheet_on_key (NULL, NULL);
  now.pressed (key, now.data);
  keys = now;
}

/* One round of newt; FALSE when the terminal is gone. */
static gboolean
step (Sheet *sheet)
{
  struct newtExitStruct why;
  int columns, rows;
  newtFormRun (sheet->form, &why);
  if (why.reason == NEWT_EXIT_ERROR)
    return FALSE;
  if (why.reason == NEWT_EXIT_HOTKEY && why.u.key == NEWT_KEY_TAB)
    go_to_next (sheet, 1);
  else if (why.reason == NEWT_EXIT_HOTKEY && why.u.key == NEWT_KEY_UNTAB)
    go_to_next (sheet, -1);
  else if (why.reason == NEWT_EXIT_HOTKEY && why.u.key == NEWT_KEY_F1)
    press_key (SHEET_F1);
  else if (why.reason == NEWT_EXIT_HOTKEY && why.u.key == NEWT_KEY_F8)
    press_key (SHEET_F8);
  else if (why.reason == NEWT_EXIT_HOTKEY)
    sheet_end (sheet, SHEET_LEAVE);
  else if (why.reason == NEWT_EXIT_COMPONENT)
    press (sheet, why.u.co);
  terminal_size (&columns, &rows);
  if (columns != sheet->columns || rows != sheet->rows)
    sheet->stale = TRUE;
  return TRUE;
}

/* Whoever was here has gone: what runs goes on to its end. */
static int
go_on_alone (Sheet *sheet, SheetTick tick, gpointer data)
{
  while (tick && !sheet->ended) {
    g_usleep (SHEET_TICK_MS * 1000);
    serve (sheet, tick, data);
  }
  return sheet->ended ? sheet->result : SHEET_GONE;
}

int
sheet_run (Sheet *sheet, SheetTick tick, gpointer data)
{
  sheet->ended = FALSE;
  if (terminal_is_gone ())
    return go_on_alone (sheet, tick, data);
  sheet_open (sheet);
  while (!sheet->ended) {
    gboolean here = step (sheet);
    serve (sheet, tick, data);
    if (!here) {
      terminal_set_gone ();
      sheet_close (sheet);
      return go_on_alone (sheet, tick, data);
    }
    if (sheet->stale && !sheet->ended)
      lay_out_anew (sheet);
  }
  sheet_collect (sheet);
  sheet_close (sheet);
  return sheet->result;
}
