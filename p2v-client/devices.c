/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "devices.h"
#include "sysfs.h"
#include <fnmatch.h>
#include <string.h>

static void
device_free (gpointer data)
{
  Device *device = data;
  g_free (device->slot);
  g_free (device->ids);
  g_free (device->name);
  g_free (device);
}

/* CLASS is base class, sub-class and interface (PCI Code and ID Assignment). */
static gboolean
read_kind (guint class, DeviceKind *kind)
{
  *kind = class >> 16 == 0x02 ? DEVICE_NETWORK : DEVICE_STORAGE;
  return class >> 16 == 0x01 || class >> 16 == 0x02 || class >> 8 == 0x0c04;
}

/* Lines of modules.alias: "alias pci:v00001000d00000411sv*sd*bc*sc*i* megaraid_sas". */
static gboolean
has_module (const char *aliases, const char *modalias)
{
  static const char word[] = "alias pci:";
  for (const char *line = aliases; line && *line;) {
    const char *end = strchrnul (line, '\n');
    if (strncmp (line, word, strlen (word)) == 0) {
      const char *pattern = line + strlen ("alias ");
      const char *space = memchr (pattern, ' ', (gsize)(end - pattern));
      g_autofree char *text = g_strndup (pattern, (gsize)((space ? space : end) - pattern));
      if (fnmatch (text, modalias, 0) == 0)
        return TRUE;
    }
    line = *end ? end + 1 : end;
  }
  return FALSE;
}

/* The rest of the first line that begins with WORD, from LINE on, but not beyond the next
 * line that begins with anything but a tab when WORD does (caller frees). */
static char *
find_line (const char *text, const char *word, const char **after)
{
  for (const char *line = text; line && *line;) {
    const char *end = strchrnul (line, '\n');
    if (*word == '\t' && *line != '\t' && *line != '#' && *line != '\n')
      return NULL;
    if (strncmp (line, word, strlen (word)) == 0) {
      *after = *end ? end + 1 : end;
      const char *rest = line + strlen (word);
      return g_strstrip (g_strndup (rest, (gsize)(end - rest)));
    }
    line = *end ? end + 1 : end;
  }
  return NULL;
}

char *
devices_name (const char *text, guint vendor, guint device)
{
  g_autofree char *vendor_word = g_strdup_printf ("%04x  ", vendor);
  g_autofree char *device_word = g_strdup_printf ("\t%04x  ", device);
  const char *after = NULL, *unused;
  g_autofree char *maker = find_line (text, vendor_word, &after);
  if (!maker)
    return NULL;
  g_autofree char *name = find_line (after, device_word, &unused);
  return name ? g_strdup_printf ("%s %s", maker, name) : g_steal_pointer (&maker);
}

static gint
compare_slots (gconstpointer a, gconstpointer b)
{
  const Device *left = *(const Device *const *)a, *right = *(const Device *const *)b;
  return strcmp (left->slot, right->slot);
}

static Device *
examine (const char *sys, const char *slot, const char *aliases)
{
  DeviceKind kind;
  g_autofree char *class = sysfs_read ("%s/bus/pci/devices/%s/class", sys, slot);
  g_autofree char *vendor = sysfs_read ("%s/bus/pci/devices/%s/vendor", sys, slot);
  g_autofree char *id = sysfs_read ("%s/bus/pci/devices/%s/device", sys, slot);
  g_autofree char *modalias = sysfs_read ("%s/bus/pci/devices/%s/modalias", sys, slot);
  g_autofree char *driver = sysfs_link_name ("%s/bus/pci/devices/%s/driver", sys, slot);
  if (!class || !vendor || !id || driver ||
      !read_kind ((guint)g_ascii_strtoull (class, NULL, 16), &kind) ||
      (modalias && has_module (aliases, modalias)))
    return NULL;
  Device *device = g_new0 (Device, 1);
  device->kind = kind;
  device->slot = g_strdup (slot);
  device->ids = g_strdup_printf ("%04x:%04x", (guint)g_ascii_strtoull (vendor, NULL, 16),
                                 (guint)g_ascii_strtoull (id, NULL, 16));
  return device;
}

GPtrArray *
devices_without_driver (const char *sys, const char *aliases, const char *pci_ids)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (device_free);
  g_autofree char *path = g_build_filename (sys, "bus/pci/devices", NULL);
  g_autofree char *modules = NULL, *names = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  (void)g_file_get_contents (aliases, &modules, NULL, NULL);
  const char *slot;
  while (dir && (slot = g_dir_read_name (dir))) {
    Device *device = examine (sys, slot, modules);
    if (device)
      g_ptr_array_add (found, device);
  }
  g_ptr_array_sort (found, compare_slots);
  if (found->len > 0)
    (void)g_file_get_contents (pci_ids, &names, NULL, NULL);
  for (guint i = 0; names && i < found->len; i++) {
    Device *device = g_ptr_array_index (found, i);
    guint vendor = (guint)g_ascii_strtoull (device->ids, NULL, 16);
    guint id = (guint)g_ascii_strtoull (strchr (device->ids, ':') + 1, NULL, 16);
    device->name = devices_name (names, vendor, id);
  }
  return found;
}
