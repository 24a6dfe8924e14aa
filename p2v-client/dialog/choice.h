/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person has chosen of this machine, as settings. */
#pragma once
#include "shared.h"

typedef struct {
  GString *disks, *cards, *networks, *drives;
} Choice;

/* Begins with nothing chosen; choice_store ends it. */
void choice_begin (Choice *choice);

void choice_add_disk (Choice *choice, const P2vDisk *disk);

/* NETWORK: where it is connected to, NULL or "" for the default. */
void choice_add_card (Choice *choice, const P2vNic *nic, const char *network);

/* Could NETWORK be where a card is connected to?  "" could: the default.  P2V_ERROR_SETTINGS,
 * in words for a dialog. */
gboolean choice_check_network (const char *network, GError **error);

/* A drive for removable media, "sr0", which the guest gets or not; what is never asked about
 * stays as the settings have it. */
void choice_add_drive (Choice *choice, const char *name, gboolean chosen);

/* Into SETTINGS. */
void choice_store (Choice *choice, Settings *settings);
