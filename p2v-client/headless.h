/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A conversion without a person: shows what happens and runs the
 * administrator's commands before and after. */
#pragma once
#include "console.h"
#include "settings.h"

/* Exit statuses of p2v-client. */
#define STATUS_OK        0
#define STATUS_FAILED    1
#define STATUS_SETTINGS  2
#define STATUS_CANCELLED 130

typedef struct {
  gboolean image; /* running on the image: p2v.post defaults to poweroff */
  gboolean verbose;
} HeadlessOptions;

/* Runs to the end and returns the exit status.  SIGINT and SIGTERM cancel.
 * SETTINGS are complete (settings_headless). */
int headless_run (const Settings *settings, Console *console, const HeadlessOptions *options);

/* Shows problem and remedy. */
void headless_show_error (Console *console, const GError *error);

/* The command of p2v.fail=, after a failure outside of headless_run. */
void headless_run_fail (const Settings *settings, Console *console);

/* Says what is missing for a run without a person, with an example. */
void headless_show_missing (Console *console, char **missing);
