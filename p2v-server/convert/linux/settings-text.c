/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "settings-text.h"

#define MARK "# p2v: "

/* Rewrites one line: a new string, or NULL to keep it. */
typedef char *(*LineEdit) (const char *line, gpointer data);

static char *
edit_lines (const char *text, LineEdit edit, gpointer data)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean changed = FALSE;
  for (guint i = 0; lines[i]; i++) {
    char *new = edit (lines[i], data);
    if (!new)
      continue;
    g_free (lines[i]);
    lines[i] = new;
    changed = TRUE;
  }
  return changed ? g_strjoinv ("\n", lines) : NULL;
}

static gboolean
names_hardware (const char *text)
{
  return g_regex_match_simple (
      "/dev/(sd|hd|nvme|cciss|ida|disk/by-(id|path))|\\b(sd|hd)[a-z]|by-(id|path)", text,
      G_REGEX_RAW, 0);
}

typedef struct {
  gboolean within; /* in a filter that goes over several lines */
} FilterState;

static char *
edit_filter (const char *line, gpointer data)
{
  FilterState *state = data;
  const char *start = line + strspn (line, " \t");
  if (state->within) {
    state->within = !strchr (start, ']');
    return g_strconcat (MARK, line, NULL);
  }
  if (!g_regex_match_simple ("^(global_)?filter\\s*=", start, G_REGEX_RAW, 0))
    return NULL;
  gboolean several = !strchr (start, ']');
  /* what follows on other lines is not known here: such a filter is written by
   * hand, and for this hardware */
  if (!several && !names_hardware (start))
    return NULL;
  state->within = several;
  return g_strconcat (MARK, line, NULL);
}

char *
lvm_conf_without_filters (const char *text)
{
  FilterState state = {FALSE};
  return edit_lines (text, edit_filter, &state);
}

static char *
edit_device (const char *line, gpointer data)
{
  (void)data;
  return g_str_has_prefix (line, "DEVICE ") && names_hardware (line)
             ? g_strdup ("DEVICE partitions")
             : NULL;
}

char *
mdadm_conf_any_device (const char *text)
{
  return edit_lines (text, edit_device, NULL);
}

typedef struct {
  const char *const *names;
  GPtrArray *gone;
} ModuleList;

static char *
edit_module (const char *line, gpointer data)
{
  ModuleList *list = data;
  g_auto (GStrv) words = g_strsplit_set (line + strspn (line, " \t"), " \t\r", 2);
  g_autofree char *name = g_strdelimit (g_strdup (words[0] ? words[0] : ""), "-", '_');
  if (!g_strv_contains (list->names, name))
    return NULL;
  g_ptr_array_add (list->gone, g_strdup (name));
  return g_strconcat (MARK, line, NULL);
}

char *
module_list_without (const char *text, const char *const *names, GPtrArray *gone)
{
  ModuleList list = {names, gone};
  return edit_lines (text, edit_module, &list);
}

static char *
edit_xorg (const char *line, gpointer data)
{
  gboolean *device = data;
  const char *start = line + strspn (line, " \t");
  if (!g_ascii_strncasecmp (start, "Section", strlen ("Section")))
    *device = g_regex_match_simple ("\"device\"", start, G_REGEX_RAW | G_REGEX_CASELESS, 0);
  else if (!g_ascii_strncasecmp (start, "EndSection", strlen ("EndSection")))
    *device = FALSE;
  if (!*device)
    return NULL;
  if (g_regex_match_simple ("^driver\\s", start, G_REGEX_RAW | G_REGEX_CASELESS, 0))
    return strstr (start, "\"modesetting\"")
               ? NULL
               : g_strdup_printf ("%.*sDriver \"modesetting\"", (int)(start - line), line);
  /* options of one driver are errors for another */
  if (g_regex_match_simple ("^(busid|option|boardname|vendorname|screen\\s+\\d)", start,
                            G_REGEX_RAW | G_REGEX_CASELESS, 0))
    return g_strconcat (MARK, line, NULL);
  return NULL;
}

char *
xorg_conf_modesetting (const char *text)
{
  gboolean device = FALSE;
  return edit_lines (text, edit_xorg, &device);
}
