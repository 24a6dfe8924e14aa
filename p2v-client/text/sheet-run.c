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

/* Adds CO to the NEXT places of those that can have the focus. */
static guint
add_place (newtComponent *places, guint n, newtComponent co)
{
  if (co)
    places[n++] = co;
  return n;
}

/* newt's Tab leaves a form inside another at once, whatever is still to come in it. */
static void
go_to_next (Sheet *sheet, int step)
{
  guint most = sheet->fields->len + sheet->buttons->len, n = 0, now = 0;
  g_autofree newtComponent *places = g_new0 (newtComponent, most);
  newtComponent current = newtFormGetCurrent (sheet->form);
  for (guint i = 0; i < sheet->fields->len; i++)
    n = add_place (places, n, sheet_field (sheet, i)->co);
  guint fields = n;
  for (guint i = 0; i < sheet->buttons->len; i++)
    n = add_place (places, n, sheet_button (sheet, i)->co);
  if (n == 0)
    return;
  if (current == sheet->body)
    current = newtFormGetCurrent (sheet->body);
  for (guint i = 0; i < n; i++)
    now = places[i] == current ? i : now;
  guint next = (now + n + (guint)step) % n;
  if (next < fields)
    newtFormSetCurrent (sheet->body, places[next]);
  newtFormSetCurrent (sheet->form, next < fields ? sheet->body : places[next]);
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
    if (sheet->stale && !sheet->ended) {
      newtComponent current = newtFormGetCurrent (sheet->form);
      for (guint i = 0; i < sheet->buttons->len; i++)
        if (sheet_button (sheet, i)->co == current)
          sheet->first_button = (int)i;
      sheet_close (sheet);
      terminal_resize ();
      sheet_open (sheet);
    }
  }
  sheet_collect (sheet);
  sheet_close (sheet);
  return sheet->result;
}
