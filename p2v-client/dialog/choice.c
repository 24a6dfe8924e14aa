/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "choice.h"
#include <string.h>
#include "common/error.h"
#include "common/text.h"

void
choice_begin (Choice *choice)
{
  *choice = (Choice){g_string_new (NULL), g_string_new (NULL), g_string_new (NULL), NULL};
}

void
choice_add_disk (Choice *choice, const P2vDisk *disk)
{
  g_string_append_printf (choice->disks, "%s%s", choice->disks->len ? "," : "", disk->device);
}

void
choice_add_card (Choice *choice, const P2vNic *nic, const char *network)
{
  g_string_append_printf (choice->cards, "%s%s", choice->cards->len ? "," : "", nic->name);
  if (network && *network)
    g_string_append_printf (choice->networks, "%s%s:%s", choice->networks->len ? "," : "",
                            nic->name, network);
}

gboolean
choice_check_network (const char *network, GError **error)
{
  g_autofree char *value = g_strdup_printf ("card:%s", network);
  /* A comma would begin another card. */
  if (!*network || (!strchr (network, ',') && settings_check (SETTING_network, value, NULL)))
    return TRUE;
  g_autofree char *shown = p2v_text_brief (network);
  p2v_set_error (error, P2V_ERROR_SETTINGS,
                 _ ("Allowed: a network of the hypervisor, or bridge:NAME; letters, digits and "
                    ". _ - +"),
                 _ ("“%s” is not the name of a network."), shown);
  return FALSE;
}

void
choice_add_drive (Choice *choice, const char *name, gboolean chosen)
{
  if (!choice->drives)
    choice->drives = g_string_new (NULL);
  if (chosen)
    g_string_append_printf (choice->drives, "%s%s", choice->drives->len ? "," : "", name);
}

void
choice_store (Choice *choice, Settings *settings)
{
  settings_set (settings, SETTING_disks, choice->disks->str);
  settings_set (settings, SETTING_interfaces, choice->cards->str);
  if (choice->networks->len > 0 && settings_check (SETTING_network, choice->networks->str, NULL))
    settings_set (settings, SETTING_network, choice->networks->str);
  if (choice->drives) {
    settings_set (settings, SETTING_removable, choice->drives->str);
    g_string_free (choice->drives, TRUE);
  }
  g_string_free (choice->disks, TRUE);
  g_string_free (choice->cards, TRUE);
  g_string_free (choice->networks, TRUE);
}
