/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "choice.h"

void
choice_begin (Choice *choice)
{
  *choice = (Choice){g_string_new (NULL), g_string_new (NULL), g_string_new (NULL)};
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

void
choice_store (Choice *choice, Settings *settings)
{
  settings_set (settings, SETTING_disks, choice->disks->str);
  settings_set (settings, SETTING_interfaces, choice->cards->str);
  if (choice->networks->len > 0 && settings_check (SETTING_network, choice->networks->str, NULL))
    settings_set (settings, SETTING_network, choice->networks->str);
  g_string_free (choice->disks, TRUE);
  g_string_free (choice->cards, TRUE);
  g_string_free (choice->networks, TRUE);
}
