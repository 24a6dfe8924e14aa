/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for a person in front of the wizard. */
#pragma once
#include "shared.h"

/* Problem and remedy, where the remedy's kernel arguments ("p2v.port=") have become the
 * names of the wizard's fields (caller frees). */
char *say_error (const GError *error);
char *say_problem (const GError *error);
/* NULL when there is none. */
char *say_remedy (const GError *error);

/* "sda" (borrowed from DEVICE, or the file's name). */
const char *say_device (const char *device);

/* "466 GiB" (caller frees). */
char *say_size (guint64 bytes);

/* "ext4, swap, encrypted (LUKS)" for an array of ContentsPart (caller frees). */
char *say_contents (GPtrArray *parts);

/* The word of blkid for a person (borrowed). */
const char *say_type (const char *type);

/* What a phase does, for the list of phases (borrowed). */
const char *say_phase (const char *phase);

/* What happens in it, NULL for one that is not known (borrowed). */
const char *say_phase_now (const char *phase);
