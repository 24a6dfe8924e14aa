/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sheet-private.h"
#include <string.h>
#include "dialog/say.h"
#include "terminal.h"

static void
wipe (char *text)
{
  if (text)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
field_clear (gpointer data)
{
  Field *field = data;
  g_free (field->label);
  wipe (field->value);
}

static void
button_clear (gpointer data)
{
  g_free (((Button *)data)->label);
}

Sheet *
sheet_new (const char *title)
{
  Sheet *sheet = g_new0 (Sheet, 1);
  sheet->title = terminal_text (title);
  sheet->fields = g_array_new (FALSE, TRUE, sizeof (Field));
  sheet->buttons = g_array_new (FALSE, TRUE, sizeof (Button));
  g_array_set_clear_func (sheet->fields, field_clear);
  g_array_set_clear_func (sheet->buttons, button_clear);
  sheet->percent = -1;
  sheet->first_button = -1;
  return sheet;
}

void
sheet_free (Sheet *sheet)
{
  if (!sheet)
    return;
  g_array_unref (sheet->fields);
  g_array_unref (sheet->buttons);
  g_free (sheet->title);
  g_free (sheet->text);
  g_free (sheet->notice);
  g_free (sheet->complaint);
  g_free (sheet);
}

/* ---- what is in it ---- */

void
sheet_set_text (Sheet *sheet, const char *text)
{
  g_free (sheet->text);
  sheet->text = terminal_text (text);
  if (sheet->text_co)
    newtTextboxSetText (sheet->text_co, sheet->text);
}

void
sheet_set_notice (Sheet *sheet, NoticeKind kind, const char *problem, const char *remedy)
{
  g_autofree char *words = problem ? g_strdup_printf ("%s: %s%s%s", notice_word (kind), problem,
                                                      remedy ? "\n" : "", remedy ? remedy : "")
                                   : NULL;
  g_free (sheet->notice);
  sheet->notice = words ? terminal_text (words) : NULL;
  sheet->stale = TRUE;
}

void
sheet_set_gauge (Sheet *sheet, double percent)
{
  sheet->percent = percent;
  if (sheet->bar)
    newtScaleSet (sheet->bar, (unsigned long long)percent);
}

/* Without the mnemonic, "_Name" or "名前(_N)" (caller frees). */
static char *
plain_label (const char *label)
{
  g_autofree char *words = terminal_text (label);
  char *mark = strchr (words, '_');
  if (!mark)
    return g_steal_pointer (&words);
  gboolean apart = mark > words && mark[-1] == '(' && mark[1] && mark[2] == ')';
  const char *rest = apart ? mark + 3 : mark + 1;
  *(apart ? mark - 1 : mark) = '\0';
  return g_strconcat (words, rest, NULL);
}

/* Owns LABEL. */
static guint
add (Sheet *sheet, FieldKind kind, char *label, const char *value, gboolean on)
{
  Field field = {.kind = kind, .label = label, .value = value ? g_strdup (value) : NULL, .on = on};
  g_array_append_val (sheet->fields, field);
  return sheet->fields->len - 1;
}

guint
sheet_add_label (Sheet *sheet, const char *text)
{
  return add (sheet, FIELD_LABEL, plain_label (text), NULL, FALSE);
}

guint
sheet_add_entry (Sheet *sheet, const char *label, const char *value)
{
  return add (sheet, FIELD_ENTRY, plain_label (label), value ? value : "", FALSE);
}

guint
sheet_add_secret (Sheet *sheet, const char *label, const char *value)
{
  return add (sheet, FIELD_SECRET, plain_label (label), value ? value : "", FALSE);
}

guint
sheet_add_switch (Sheet *sheet, const char *label, gboolean on)
{
  return add (sheet, FIELD_SWITCH, plain_label (label), NULL, on);
}

guint
sheet_add_named_switch (Sheet *sheet, const char *name, gboolean on)
{
  return add (sheet, FIELD_SWITCH, terminal_text (name), NULL, on);
}

guint
sheet_add_choice (Sheet *sheet, const char *label, gboolean chosen)
{
  return add (sheet, FIELD_CHOICE, plain_label (label), NULL, chosen);
}

guint
sheet_add_named_choice (Sheet *sheet, const char *name, gboolean chosen)
{
  return add (sheet, FIELD_CHOICE, terminal_text (name), NULL, chosen);
}

void
sheet_check (Sheet *sheet, guint field, SettingId id, gboolean optional)
{
  Field *f = sheet_field (sheet, field);
  f->checked = TRUE;
  f->optional = optional;
  f->id = id;
}

void
sheet_check_by (Sheet *sheet, guint field, SheetCheck check, gpointer data)
{
  Field *f = sheet_field (sheet, field);
  f->checked = TRUE;
  f->by = check;
  f->data = data;
}

guint
sheet_add_button (Sheet *sheet, const char *label, gboolean goes_on)
{
  Button button = {.label = plain_label (label), .goes_on = goes_on};
  g_array_append_val (sheet->buttons, button);
  return sheet->buttons->len - 1;
}

void
sheet_begin_at_button (Sheet *sheet, guint button)
{
  sheet->first_button = (int)button;
}

void
sheet_end (Sheet *sheet, int result)
{
  sheet->ended = TRUE;
  sheet->result = result;
}

/* ---- what comes out ---- */

const char *
sheet_value (const Sheet *sheet, guint field)
{
  return sheet_field (sheet, field)->value;
}

gboolean
sheet_is_on (const Sheet *sheet, guint field)
{
  return sheet_field (sheet, field)->on;
}

static gboolean
check (const Field *field, GError **error)
{
  if (!field->checked || (field->optional && !*field->value))
    return TRUE;
  return field->by ? field->by (field->value, field->data, error)
                   : settings_check (field->id, field->value, error);
}

/* Nobody is told that what he has not come to yet is missing. */
char *
sheet_complain (Sheet *sheet, gboolean all, gboolean *good)
{
  char *words = NULL;
  *good = TRUE;
  for (guint i = 0; i < sheet->fields->len; i++) {
    const Field *field = sheet_field (sheet, i);
    g_autoptr (GError) error = NULL;
    if (check (field, &error))
      continue;
    *good = FALSE;
    if (!words && (all || field->touched))
      words = say_error (error);
  }
  return words;
}

void
sheet_collect (Sheet *sheet)
{
  for (guint i = 0; i < sheet->fields->len; i++) {
    Field *field = sheet_field (sheet, i);
    if (!field->co)
      continue;
    if (field->kind == FIELD_SWITCH) {
      field->on = newtCheckboxGetValue (field->co) == '*';
    } else if (field->kind == FIELD_CHOICE) {
      field->on = newtRadioGetCurrent (field->co) == field->co;
    } else if (field->kind == FIELD_ENTRY || field->kind == FIELD_SECRET) {
      char *now = newtEntryGetValue (field->co);
      if (g_str_equal (now, field->value))
        continue;
      field->touched = TRUE;
      wipe (field->value);
      field->value = g_strdup (now);
    }
  }
}
