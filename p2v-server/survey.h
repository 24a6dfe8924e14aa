/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person wants to know before a job is started: would this target take this
 * guest, how much room is there, what is there to choose from. */
#pragma once
#include <json-glib/json-glib.h>

/* The answer to the client's "survey" (caller unrefs).  The target is asked as by phase
 * preflight, in the name of a job that nobody makes; what that reserves is given up at
 * once.  What forbids the target stands in the answer and is no error of the session. */
JsonObject *survey_answer (JsonObject *survey);
