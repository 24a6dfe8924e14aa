/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for a person in front of a dialog. */
#pragma once
#include "network.h"
#include "shared.h"

/* Problem and remedy, where the remedy's kernel arguments ("p2v.port=") have become the
 * names of the dialogs' fields (caller frees). */
char *say_error (const GError *error);
char *say_problem (const GError *error);
/* NULL when there is none. */
char *say_remedy (const GError *error);

/* What core or server say to a person without a remedy (caller frees). */
char *say_words (const char *english);

/* "sda" (borrowed from DEVICE, or the file's name). */
const char *say_device (const char *device);

/* "466 GiB" (caller frees). */
char *say_size (guint64 bytes);

/* "ext4, swap, encrypted (LUKS)" for an array of ContentsPart (caller frees). */
char *say_contents (GPtrArray *parts);

/* The word of blkid for a person (borrowed). */
const char *say_type (const char *type);

/* The texts for a disk and a card (caller frees). */
char *say_disk (const P2vDisk *disk);
char *say_disk_details (const P2vDisk *disk, GPtrArray *contents);
char *say_card (const P2vNic *nic);

char *say_network_link (const NetworkCard *card);
char *say_network_card (const NetworkCard *card);

/* What number MODE of network_bond_modes does with its cards (caller frees). */
char *say_bond_mode (guint mode);

/* The question about a host key that was never seen, how to answer it, and what to do when the
 * answer is no (borrowed). */
const char *say_whether_right (const HostkeySeen *seen);
const char *say_how_to_compare (const HostkeySeen *seen);
const char *say_distrusted (gboolean jump);

/* Which p2v-server is where, by the last good look at it (caller frees). */
char *say_server (const Probe *probe);

/* What a good look at the server has brought (caller frees). */
char *say_connected (const Probe *probe);
char *say_can_make (const Probe *probe);
/* NULL when it is not known. */
char *say_room (const Probe *probe);

/* How far, how fast, how long still, by what an event says; LOST: the link is broken
 * (caller frees). */
char *say_figures (const Event *event, gboolean lost);

/* What is to be unlocked, and why that is asked: VOLUMES of EVENT_LOCKED (caller frees). */
char *say_locked (char **volumes);

/* A kind of target: what it is, with a mnemonic, or its own name (borrowed). */
const char *say_target (const char *kind);
/* What "where" means for it, with a mnemonic; KIND may be NULL. */
const char *say_target_where (const char *kind);

/* The phases in their order. */
#define SAY_PHASES 10
extern const char *const say_phases[SAY_PHASES];

/* What a phase does, for the list of phases (borrowed). */
const char *say_phase (const char *phase);

/* What happens in it, NULL for one that is not known (borrowed). */
const char *say_phase_now (const char *phase);
