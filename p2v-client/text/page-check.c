/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dialog/check.h"
#include "text.h"

#define TITLE _ ("Ready?")

typedef struct {
  gboolean done;
  GPtrArray *findings;
  P2vMachine *machine;
} Wait;

static void
take_check (GPtrArray *findings, P2vMachine *machine, gpointer owner)
{
  Wait *wait = g_object_get_data (owner, "wait");
  wait->findings = findings;
  wait->machine = machine;
  wait->done = TRUE;
}

/* The findings one below the other (caller frees), and how many of KIND there are. */
static char *
write_findings (GPtrArray *findings, guint counts[])
{
  g_autoptr (GString) words = g_string_new (NULL);
  for (guint i = 0; i < findings->len; i++) {
    const Finding *finding = g_ptr_array_index (findings, i);
    counts[finding->kind]++;
    g_string_append_printf (words, "%s: %s\n", notice_word (finding->kind), finding->text);
    if (finding->remedy)
      g_string_append_printf (words, "%s\n", finding->remedy);
  }
  return g_strdup (words->str);
}

static Go
show (GPtrArray *findings)
{
  guint counts[NOTICE_ERROR + 1] = {0}, read = 0, start = 99;
  g_autoptr (Sheet) sheet = sheet_new (TITLE);
  g_autofree char *words = write_findings (findings, counts);
  sheet_set_text (sheet, words);
  gboolean blocked = counts[NOTICE_ERROR] > 0, warned = !blocked && counts[NOTICE_WARNING] > 0;
  if (warned)
    read = sheet_add_switch (sheet, _ ("I have _read the warnings"), FALSE);
  if (!blocked)
    start = sheet_add_button (sheet, _ ("_Start conversion"), TRUE);
  guint again = sheet_add_button (sheet, _ ("Check _again"), FALSE);
  guint back = sheet_add_button (sheet, _ ("_Back"), FALSE);
  if (!warned)
    sheet_begin_at_button (sheet, blocked ? back : start);
  for (;;) {
    int button = text_run_sheet (sheet);
    if (button < 0)
      return GO_LEAVE;
    if (button != (int)start)
      return button == (int)again ? GO_AGAIN : GO_BACK;
    if (!warned || sheet_is_on (sheet, read))
      return GO_NEXT;
    sheet_set_notice (sheet, NOTICE_WARNING, _ ("Read the warnings first, and say so."), NULL);
  }
}

Go
page_check (Text *text)
{
  Shared *shared = text->shared;
  for (;;) {
    Wait wait = {0};
    g_object_set_data (text->owner, "wait", &wait);
    g_autoptr (GCancellable) cancel = check_start (shared->settings, take_check, text->owner);
    if (!text_wait (TITLE, _ ("Asking the conversion server…"), &wait.done, cancel))
      return GO_BACK;
    p2v_machine_free (shared->machine);
    shared->machine = wait.machine;
    g_autoptr (GPtrArray) findings = wait.findings;
    Go go = show (findings);
    if (go != GO_AGAIN)
      return go;
  }
}
