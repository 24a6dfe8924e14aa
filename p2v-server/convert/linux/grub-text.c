/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "common/error.h"
#include "device-name.h"
#include "grub-text.h"

/* The value of argument root= in a kernel's line, NULL when there is none. */
static char *
root_argument (const char *line)
{
  g_auto (GStrv) words = g_strsplit_set (line, " \t", -1);
  for (guint i = 0; words[i]; i++)
    if (g_str_has_prefix (words[i], "root="))
      return g_strdup (words[i] + strlen ("root="));
  return NULL;
}

/* LINE is command COMMAND (linux, linux16, linuxefi, …) for file NAME. */
static gboolean
loads (const char *line, const char *command, const char *name)
{
  const char *start = line + strspn (line, " \t");
  if (!g_str_has_prefix (start, command))
    return FALSE;
  g_auto (GStrv) words = g_strsplit_set (start, " \t", -1);
  for (guint i = 1; words[i]; i++)
    if (g_str_has_suffix (words[i], name) &&
        (strlen (words[i]) == strlen (name) ||
         words[i][strlen (words[i]) - strlen (name) - 1] == '/'))
      return TRUE;
  return FALSE;
}

char *
grub_config_problem (const char *text, const char *version, gboolean with_initrd)
{
  g_autofree char *image = g_strdup_printf ("vmlinuz-%s", version);
  g_autofree char *initrd = g_strdup_printf ("initrd.img-%s", version);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean image_seen = FALSE, initrd_seen = FALSE;
  if (!strstr (text, "menuentry "))
    return g_strdup (N_ ("It has no menu entry."));
  for (guint i = 0; lines[i]; i++) {
    initrd_seen |= loads (lines[i], "initrd", initrd);
    if (!loads (lines[i], "linux", image))
      continue;
    image_seen = TRUE;
    g_autofree char *root = root_argument (lines[i]);
    if (!root)
      return g_strdup_printf (N_ ("An entry of kernel %s has no root file system."), version);
    if (device_name_is_hardware (root))
      return g_strdup_printf (N_ ("An entry of kernel %s has its root file system on %s."), version,
                              root);
  }
  if (!image_seen)
    return g_strdup_printf (N_ ("No entry starts kernel %s."), version);
  if (with_initrd && !initrd_seen)
    return g_strdup_printf (N_ ("No entry loads the initial RAM disk of kernel %s."), version);
  return NULL;
}

char *
grub_defaults_use_uuid (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("^([ \\t]*GRUB_DISABLE_LINUX_(?:PART)?UUID=[\"']?true)",
                                          G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);
  return g_regex_match (regex, text, 0, NULL)
             ? g_regex_replace (regex, text, -1, 0, "# p2v: \\1", 0, NULL)
             : NULL;
}

char *
debconf_with_value (const char *text, const char *name, const char *value)
{
  g_autofree char *start = g_strdup_printf ("Name: %s\n", name);
  const char *stanza = strncmp (text, start, strlen (start)) == 0 ? text : NULL;
  if (!stanza) {
    g_autofree char *inner = g_strconcat ("\n", start, NULL);
    const char *found = strstr (text, inner);
    stanza = found ? found + 1 : NULL;
  }
  if (!stanza)
    return NULL;
  const char *end = strstr (stanza, "\n\n");
  const char *field = strstr (stanza, "\nValue: ");
  if (!field || (end && field > end))
    return NULL;
  field += strlen ("\nValue: ");
  gsize length = strcspn (field, "\n");
  if (!length || (length == strlen (value) && !strncmp (field, value, length)))
    return NULL;
  return g_strdup_printf ("%.*s%s%s", (int)(field - text), text, value, field + length);
}
