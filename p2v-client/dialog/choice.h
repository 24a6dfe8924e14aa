/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person has chosen of this machine, as settings. */
#pragma once
#include "shared.h"

typedef struct {
  GString *disks, *cards, *networks;
} Choice;

/* Begins with nothing chosen; choice_store ends it. */
void choice_begin (Choice *choice);

void choice_add_disk (Choice *choice, const P2vDisk *disk);

/* NETWORK: where it is connected to, NULL or "" for the default. */
void choice_add_card (Choice *choice, const P2vNic *nic, const char *network);

/* Into SETTINGS. */
void choice_store (Choice *choice, Settings *settings);
