/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "os-windows.h"
#include <stdlib.h>
#include <string.h>

/* Windows 11 calls itself "Windows 10" there; this is its first build. */
#define TEN         "Windows 10 "
#define ELEVEN      "Windows 11 "
#define FIRST_OF_11 22000

static const char *const path[] = {"Microsoft", "Windows NT", "CurrentVersion", NULL};

char *
os_windows_name (HiveRead read, gpointer data)
{
  g_autofree char *product = hive_text (read, data, path, "ProductName");
  if (!product || !*product)
    return NULL;
  g_autofree char *build = hive_text (read, data, path, "CurrentBuild");
  gboolean eleven = g_str_has_prefix (product, TEN) && build && atoi (build) >= FIRST_OF_11;
  /* "Service Pack 1", or "22H2", before which it was "1809". */
  static const char *const releases[] = {"CSDVersion", "DisplayVersion", "ReleaseId"};
  g_autofree char *release = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (releases) && (!release || !*release); i++) {
    g_free (release);
    release = hive_text (read, data, path, releases[i]);
  }
  return g_strconcat (eleven ? ELEVEN : "", product + (eleven ? strlen (TEN) : 0),
                      release && *release ? " " : "", release, NULL);
}
