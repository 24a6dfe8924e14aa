/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What core and conversion server say in English, for logs and reports, in the language of
 * the person: a sentence is recognised by the format that it was made from, which stands in
 * the catalogue (po/extract takes the formats of p2v_set_error). */
#pragma once
#include <glib.h>

/* ENGLISH translated, or as it is where nobody has (caller frees). */
char *phrase_translate (const char *english);

/* The same with the catalogue TEXT of LENGTH bytes, as msgfmt(1) makes it. */
char *phrase_translate_by (const char *text, gsize length, const char *english);
