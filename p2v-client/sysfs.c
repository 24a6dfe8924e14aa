/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sysfs.h"

static char *
read_path (const char *path)
{
  char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  char *clean = g_utf8_make_valid (text, -1);
  g_free (text);
  for (char *p = clean; *p; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  g_strstrip (clean);
  if (!*clean)
    g_clear_pointer (&clean, g_free);
  return clean;
}

char *
sysfs_read (const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *path = g_strdup_vprintf (format, args);
  va_end (args);
  return read_path (path);
}

gint64
sysfs_read_int (gint64 fallback, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *path = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *text = read_path (path);
  char *end = NULL;
  gint64 value = text ? g_ascii_strtoll (text, &end, 10) : 0;
  return text && end != text && *end == '\0' ? value : fallback;
}

char *
sysfs_link_name (const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *path = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *target = g_file_read_link (path, NULL);
  return target ? g_path_get_basename (target) : NULL;
}
