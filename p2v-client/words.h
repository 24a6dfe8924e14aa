/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translations: what a person reads in the dialogs goes through _(), or N_() where it
 * stands in a table.  Logs, reports and consoles stay English. */
#pragma once
#include <libintl.h>
#include "common/error.h" /* N_ */

#define P2V_TEXT_DOMAIN  "p2v"
#define _(text)          dgettext (P2V_TEXT_DOMAIN, text)
#define P_(one, many, n) dngettext (P2V_TEXT_DOMAIN, one, many, n)
