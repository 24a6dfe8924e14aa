/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "sheet-private.h"
#include "terminal.h"

#define CONTROL_C     3
#define MARGIN        2   /* columns and rows around the window, border and shadow among them */
#define MOST_COLUMNS  100 /* a longer line is hard to read */
#define NOTICE_ROWS   2   /* kept free for a complaint */
#define LONGEST_ENTRY 512 /* as newt is to hold it without moving it: see make_entry */

typedef struct {
  int width, height; /* of the window, inside */
  int row;           /* the next free one */
} Place;

/* ---- texts ---- */

/* How many rows of WIDTH columns TEXT takes, at most MOST. */
static int
count_rows (const char *text, int width, int most)
{
  int actual_width, rows;
  g_autofree char *copy = g_strdup (text);
  char *flowed = newtReflowText (copy, width, 0, 0, &actual_width, &rows);
  free (flowed);
  return CLAMP (rows, 1, most);
}

/* A text of ROWS rows, which can be scrolled when it is longer. */
static newtComponent
make_text (Sheet *sheet, Place *place, const char *text, int rows, gboolean may_grow)
{
  gboolean longer = count_rows (text, place->width, G_MAXINT) > rows;
  int flags = NEWT_FLAG_WRAP | (longer || may_grow ? NEWT_FLAG_SCROLL : 0);
  /* newt puts the bar beside the width that it is given. */
  int width = place->width - (flags & NEWT_FLAG_SCROLL ? 2 : 0);
  newtComponent co = newtTextbox (0, place->row, width, rows, flags);
  newtTextboxSetText (co, text);
  newtComponentTakesFocus (co, longer);
  newtFormAddComponent (sheet->form, co);
  place->row += rows;
  return co;
}

/* ---- fields ---- */

static void
wipe_entry (newtComponent co, void *data G_GNUC_UNUSED)
{
  char zeros[LONGEST_ENTRY + 1];
  memset (zeros, ' ', LONGEST_ENTRY);
  zeros[MIN (strlen (newtEntryGetValue (co)), (gsize)LONGEST_ENTRY)] = '\0';
  newtEntrySet (co, zeros, 0);
}

/* newt moves what is typed into a larger place as it grows and leaves the old one as it was:
 * it gets a place that is large enough at once, and what stood in it is written over. */
static newtComponent
make_entry (const Field *field, int left, int row, int width)
{
  char large[LONGEST_ENTRY + 1];
  gboolean secret = field->kind == FIELD_SECRET;
  memset (large, ' ', LONGEST_ENTRY);
  large[LONGEST_ENTRY] = '\0';
  newtComponent co = newtEntry (left, row, large, width, NULL,
                                NEWT_FLAG_SCROLL | (secret ? NEWT_FLAG_PASSWORD : 0));
  newtEntrySet (co, field->value, 1);
  if (secret)
    newtComponentAddDestroyCallback (co, wipe_entry, NULL);
  return co;
}

/* The rows of LABEL from the second on, below a component. */
static int
add_rest (newtComponent form, char **lines, int left, int row)
{
  int n = 0;
  for (; lines[0] && lines[n + 1]; n++)
    newtFormAddComponent (form, newtLabel (left, row + n, lines[n + 1]));
  return n;
}

static char **
wrap (const char *text, int width)
{
  int actual_width, rows;
  g_autofree char *copy = g_strdup (text);
  char *flowed = newtReflowText (copy, MAX (width, 8), 0, 0, &actual_width, &rows);
  char **lines = g_strsplit (g_strchomp (flowed), "\n", -1);
  free (flowed);
  return lines;
}

static int
label_width (const Sheet *sheet, int width)
{
  int widest = 0;
  for (guint i = 0; i < sheet->fields->len; i++) {
    const Field *field = sheet_field (sheet, i);
    if (field->kind == FIELD_ENTRY || field->kind == FIELD_SECRET)
      widest = MAX (widest, terminal_width (field->label));
  }
  return MIN (widest, width / 2);
}

static void
make_fields (Sheet *sheet, newtComponent form, int top, int width)
{
  int row = top, entries = label_width (sheet, width) + 1;
  newtComponent last = NULL;
  for (guint i = 0; i < sheet->fields->len; i++) {
    Field *field = sheet_field (sheet, i);
    gboolean entry = field->kind == FIELD_ENTRY || field->kind == FIELD_SECRET;
    int indent = field->kind == FIELD_LABEL ? 0 : entry ? 0 : 4;
    g_auto (GStrv) lines = wrap (field->label, entry ? entries : width - indent - 2);
    const char *first = lines[0] ? lines[0] : "";
    switch (field->kind) {
    case FIELD_LABEL:
      newtFormAddComponent (form, newtLabel (0, row, first));
      last = NULL;
      break;
    case FIELD_SWITCH:
      field->co = newtCheckbox (0, row, first, field->on ? '*' : ' ', NULL, NULL);
      break;
    case FIELD_CHOICE:
      field->co = last = newtRadiobutton (0, row, first, field->on, last);
      break;
    case FIELD_ENTRY:
    case FIELD_SECRET:
      newtFormAddComponent (form, newtLabel (0, row, first));
      field->co = make_entry (field, entries, row, width - entries - 1);
      break;
    }
    if (field->co)
      newtFormAddComponent (form, field->co);
    row += 1 + add_rest (form, lines, indent, row + 1);
  }
}

static int
count_field_rows (const Sheet *sheet, int width)
{
  int rows = 0, entries = label_width (sheet, width) + 1;
  for (guint i = 0; i < sheet->fields->len; i++) {
    const Field *field = sheet_field (sheet, i);
    gboolean entry = field->kind == FIELD_ENTRY || field->kind == FIELD_SECRET;
    int indent = field->kind == FIELD_LABEL || entry ? 0 : 4;
    g_auto (GStrv) lines = wrap (field->label, entry ? entries : width - indent - 2);
    rows += MAX ((int)g_strv_length (lines), 1);
  }
  return rows;
}

static void
add_fields (Sheet *sheet, Place *place, int room)
{
  int needed = count_field_rows (sheet, place->width - 2);
  int rows = MIN (needed, MAX (room, 1));
  if (needed == 0)
    return;
  newtComponent bar = needed > rows
                          ? newtVerticalScrollbar (place->width - 1, place->row, rows,
                                                   NEWT_COLORSET_WINDOW, NEWT_COLORSET_ACTCHECKBOX)
                          : NULL;
  if (bar) {
    sheet->body = newtForm (bar, NULL, 0);
    newtFormSetHeight (sheet->body, rows);
    newtFormAddComponent (sheet->body, bar);
    newtFormAddHotKey (sheet->form, NEWT_KEY_TAB);
    newtFormAddHotKey (sheet->form, NEWT_KEY_UNTAB);
  }
  make_fields (sheet, sheet->body ? sheet->body : sheet->form, place->row, place->width - 2);
  if (bar)
    newtFormAddComponent (sheet->form, sheet->body);
  place->row += rows;
}

/* ---- the window ---- */

static void
add_buttons (Sheet *sheet, const Place *place)
{
  int left = 0;
  for (guint i = 0; i < sheet->buttons->len; i++) {
    Button *button = sheet_button (sheet, i);
    button->co = newtCompactButton (left, place->height - 1, button->label);
    newtFormAddComponent (sheet->form, button->co);
    left += terminal_width (button->label) + 5;
  }
}

static void
focus (Sheet *sheet)
{
  if (sheet->first_button >= 0)
    newtFormSetCurrent (sheet->form, sheet_button (sheet, sheet->first_button)->co);
}

const char *
sheet_bottom_words (const Sheet *sheet)
{
  return sheet->complaint ? sheet->complaint : sheet->notice;
}

void
sheet_open (Sheet *sheet)
{
  terminal_size (&sheet->columns, &sheet->rows);
  Place place = {.width = MIN (sheet->columns - 2 * MARGIN, MOST_COLUMNS),
                 .height = MAX (sheet->rows - 5, 8)};
  const char *words = sheet_bottom_words (sheet);
  gboolean fields = sheet->fields->len > 0;
  newtOpenWindow ((sheet->columns - place.width) / 2, 2, (unsigned)place.width,
                  (unsigned)place.height, sheet->title);
  sheet->form = newtForm (NULL, NULL, NEWT_FLAG_NOF12);
  newtFormAddHotKey (sheet->form, CONTROL_C);
  newtFormAddHotKey (sheet->form, NEWT_KEY_ESCAPE);
  newtFormAddHotKey (sheet->form, NEWT_KEY_F1);
  newtFormAddHotKey (sheet->form, NEWT_KEY_F8);
  newtFormSetTimer (sheet->form, SHEET_TICK_MS);

  int bottom = words ? count_rows (words, place.width, place.height / 3) : 0;
  sheet->notice_rows = MAX (bottom, NOTICE_ROWS);
  int room = place.height - 2 - sheet->notice_rows - (sheet->percent >= 0 ? 2 : 0);
  if (sheet->text) {
    int most = fields
                   ? MAX (room - MIN (count_field_rows (sheet, place.width - 2), room / 2), 1) - 1
                   : room;
    int rows = fields ? count_rows (sheet->text, place.width, MAX (most, 1)) : MAX (most, 1);
    sheet->text_co = make_text (sheet, &place, sheet->text, rows, !fields);
    place.row += fields ? 1 : 0;
  }
  if (sheet->percent >= 0) {
    sheet->bar = newtScale (0, place.row + 1, place.width - 1, 100);
    newtFormAddComponent (sheet->form, sheet->bar);
    newtScaleSet (sheet->bar, (unsigned long long)sheet->percent);
    place.row += 2;
  }
  add_fields (sheet, &place, place.height - 2 - sheet->notice_rows - place.row);
  place.row = place.height - 2 - sheet->notice_rows;
  sheet->notice_co = make_text (sheet, &place, words ? words : "", sheet->notice_rows, FALSE);
  add_buttons (sheet, &place);
  focus (sheet);
  sheet->stale = FALSE;
}

void
sheet_close (Sheet *sheet)
{
  for (guint i = 0; i < sheet->fields->len; i++)
    sheet_field (sheet, i)->co = NULL;
  newtFormDestroy (sheet->form);
  sheet->form = sheet->body = sheet->text_co = sheet->notice_co = sheet->bar = NULL;
  newtPopWindow ();
}
