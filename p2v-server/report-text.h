/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report as a person reads it. */
#pragma once
#include <json-glib/json-glib.h>

/* REPORT is what report_to_json returns (caller frees the text). */
char *report_text_render (JsonObject *report);
