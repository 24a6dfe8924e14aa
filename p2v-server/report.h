/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job did, for people and programs: every change to the guest (file,
 * what, why), repairs of the copy, warnings, seconds per phase, figures.  Thread-safe. */
#pragma once
#include <json-glib/json-glib.h>

typedef struct Report Report;

Report *report_new (void);
void report_free (Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Report, report_free)

/* STEP is the conversion step's name, FILE the file in the guest (or NULL),
 * WHAT was changed and WHY, each one sentence. */
void report_change (Report *report, const char *step, const char *file, const char *what,
                    const char *why);
guint report_n_changes (Report *report);
/* Something of the target that was wrong after the copy and is right now. */
void report_repair (Report *report, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A warning that was given already is not repeated. */
void report_warning (Report *report, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Every warning is also told to ON_WARNING, in the thread that warns. */
typedef void (*ReportWarning) (const char *text, gpointer data);
void report_on_warning (Report *report, ReportWarning on_warning, gpointer data);
void report_phase (Report *report, const char *phase, double seconds);
/* A named figure, for instance ("source_bytes_read", 1234). */
void report_figure (Report *report, const char *name, gint64 value);
void report_text (Report *report, const char *name, const char *value);
/* Anything structured, under its own member; takes the reference. */
void report_object (Report *report, const char *name, JsonNode *value);

/* The whole as JSON (caller unrefs) and as text a person reads (caller frees). */
JsonObject *report_to_json (Report *report);
char *report_to_text (Report *report);

/* Everything is forgotten but the phases: a conversion begins anew. */
void report_reset (Report *report);

/* Makes it what report_to_json of an earlier process returned. */
void report_restore (Report *report, JsonObject *saved);

/* Writes report.json and report.txt into DIR, atomically. */
gboolean report_write (Report *report, const char *dir, GError **error);
