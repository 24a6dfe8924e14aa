/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "kernel-args.h"

typedef struct {
  KernelArgsName lookup;
  gpointer data;
  GPtrArray *changed;
  gboolean any;
} Rewrite;

/* Bytes, not characters: a guest's files may be in any encoding. */
static GRegex *
pattern (const char *text)
{
  g_autoptr (GError) error = NULL;
  GRegex *regex = g_regex_new (text, G_REGEX_RAW | G_REGEX_MULTILINE | G_REGEX_OPTIMIZE, 0, &error);
  g_assert_no_error (error);
  return regex;
}

static gboolean
replace_device (const GMatchInfo *match, GString *result, gpointer data)
{
  Rewrite *rewrite = data;
  g_autofree char *argument = g_match_info_fetch (match, 1);
  g_autofree char *name = g_match_info_fetch (match, 2);
  g_autofree char *new = rewrite->lookup (name, rewrite->data);
  g_string_append (result, argument);
  g_string_append (result, new ? new : name);
  if (new) {
    rewrite->any = TRUE;
    if (rewrite->changed)
      g_ptr_array_add (rewrite->changed, g_strdup_printf ("%s%s → %s", argument, name, new));
  }
  return FALSE;
}

char *
kernel_args_rewrite_devices (const char *text, KernelArgsName lookup, gpointer data,
                             GPtrArray *changed)
{
  g_autoptr (GRegex) regex =
      pattern ("(?<![\\w.-])((?:root|resume|RESUME|swap|cryptdevice)=)(/dev/[^\\s\"':;]+)");
  Rewrite rewrite = {lookup, data, changed, FALSE};
  char *result = g_regex_replace_eval (regex, text, -1, 0, 0, replace_device, &rewrite, NULL);
  if (!rewrite.any)
    g_clear_pointer (&result, g_free);
  return result;
}

char *
kernel_args_move_consoles (const char *text)
{
  g_autoptr (GRegex) console =
      pattern ("(?<![\\w.-])console=(?:ttyS[1-9]\\d*|[hx]vc0)(?=[\\s,\"']|$)");
  g_autoptr (GRegex) unit =
      pattern ("^([ \\t]*(?:GRUB_SERIAL_COMMAND=.*)?serial\\b.*)--unit[= ][1-9]\\d*");
  g_autofree char *first = g_regex_replace_literal (console, text, -1, 0, "console=ttyS0", 0, NULL);
  char *result = first ? g_regex_replace (unit, first, -1, 0, "\\1--unit=0", 0, NULL) : NULL;
  if (result && !strcmp (result, text))
    g_clear_pointer (&result, g_free);
  return result;
}

gboolean
kernel_args_has_serial (const char *text)
{
  g_autoptr (GRegex) regex = pattern ("^[^#\\n]*(?<![\\w.-])console=ttyS0(?=[\\s,\"']|$)");
  return g_regex_match (regex, text, 0, NULL);
}
