/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's own log, in the job's. */
#pragma once
#include <json-glib/json-glib.h>

/* Writes what "log" of the client says.  LINES counts them: a client that does not stop talking
 * is not listened to any more. */
void client_log_take (JsonObject *message, guint *lines);
