/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which language a dialog speaks. */
#pragma once
#include <glib.h>

typedef struct {
  const char *id;   /* ISO 639-1 */
  const char *name; /* in its own words, so that it is found by who reads no other */
} Language;

/* Those that there are translations for; NULL as ID ends it. */
extern const Language languages[];

/* Finds the translations; once, before anything is said. */
void language_bind (void);

/* The first of those that the environment names and that there is. */
const char *language_now (void);

/* From now on. */
void language_choose (const char *id);
