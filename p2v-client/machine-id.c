/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine-id.h"
#include "dmi.h"
#include "network.h"
#include <string.h>

#define NAME_CHARACTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-"

MachineId *
machine_id_read (void)
{
  MachineId *id = g_new0 (MachineId, 1);
  g_autoptr (GPtrArray) cards = network_read ();
  g_autoptr (GStrvBuilder) macs = g_strv_builder_new ();
  for (guint i = 0; i < cards->len; i++) {
    const NetworkCard *card = g_ptr_array_index (cards, i);
    if (card->mac)
      g_strv_builder_add (macs, card->mac);
  }
  id->uuid = dmi_uuid ();
  id->serial = dmi_read ("product_serial");
  id->macs = g_strv_builder_end (macs);
  return id;
}

void
machine_id_free (MachineId *id)
{
  if (!id)
    return;
  g_free (id->uuid);
  g_free (id->serial);
  g_strfreev (id->macs);
  g_free (id);
}

/* TEXT as a file's name; NULL for none. */
static char *
as_name (const char *text)
{
  if (!text || strspn (text, ".") == strlen (text))
    return NULL;
  return g_strcanon (g_strdup (text), NAME_CHARACTERS, '-');
}

static char *
mac_as_name (const char *mac)
{
  char *name = g_ascii_strdown (mac, -1);
  return g_strdelimit (name, ":", '-');
}

/* PATTERN with what stands for it, or NULL when one of them is missing. */
static char *
expand (const char *pattern, const char *uuid, const char *serial, const char *mac)
{
  g_autoptr (GString) out = g_string_new (NULL);
  for (const char *p = pattern; *p; p++) {
    const char *value = NULL;
    /* Any other percent sign is the URL's own: none of the three is a hexadecimal digit. */
    if (*p != '%' || !p[1] || !strchr ("usm", p[1])) {
      g_string_append_c (out, *p);
      continue;
    }
    p++;
    value = *p == 'u' ? uuid : *p == 's' ? serial : mac;
    if (!value)
      return NULL;
    g_string_append (out, value);
  }
  return g_strdup (out->str);
}

static void
add (GStrvBuilder *places, char *place)
{
  if (place)
    g_strv_builder_add (places, place);
  g_free (place);
}

static void
add_in_folder (GStrvBuilder *places, const char *folder, const char *name)
{
  if (name)
    add (places, g_strconcat (folder, name, ".conf", NULL));
}

char **
machine_id_places (const MachineId *id, const char *pattern)
{
  g_autoptr (GStrvBuilder) places = g_strv_builder_new ();
  g_autofree char *uuid = as_name (id->uuid);
  g_autofree char *serial = as_name (id->serial);
  gboolean folder = g_str_has_suffix (pattern, "/");
  gboolean by_mac = strstr (pattern, "%m") != NULL;
  guint n_macs = g_strv_length (id->macs);
  if (folder && !by_mac) {
    g_autofree char *base = expand (pattern, uuid, serial, NULL);
    if (!base)
      return g_strv_builder_end (places);
    add_in_folder (places, base, uuid);
    add_in_folder (places, base, serial);
    for (guint i = 0; i < n_macs; i++) {
      g_autofree char *mac = mac_as_name (id->macs[i]);
      add_in_folder (places, base, mac);
    }
    add_in_folder (places, base, "default");
    return g_strv_builder_end (places);
  }
  for (guint i = 0; by_mac && i < n_macs; i++) {
    g_autofree char *mac = mac_as_name (id->macs[i]);
    g_autofree char *place = expand (pattern, uuid, serial, mac);
    if (folder)
      add_in_folder (places, place ? place : "", place ? "default" : NULL);
    else
      add (places, g_steal_pointer (&place));
  }
  if (!by_mac)
    add (places, expand (pattern, uuid, serial, NULL));
  return g_strv_builder_end (places);
}
