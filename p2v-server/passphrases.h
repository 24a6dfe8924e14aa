/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The passphrases of encrypted volumes.  They are the client's: asked for each time the
 * appliance is started, and kept in no file. */
#pragma once
#include "job.h"

/* Opens what PASSPHRASES (char *, at least one) open; those of the volumes that stay closed, as
 * a person knows them (caller frees). */
typedef char **(*PassphrasesOpen) (const GPtrArray *passphrases, gpointer data);

/* Has VOLUMES opened, a person's names of all that are closed.  First by what the client has
 * already, unless NEEDED says that this was in vain.  While that opens none of them, the person
 * in front of it is asked, again and again, until one is open or they shall stay closed; that
 * some do is no error.  P2V_ERROR_SETTINGS when passphrases were given, none opens anything and
 * nobody can be asked; P2V_ERROR_LINK, P2V_ERROR_CANCELLED. */
gboolean passphrases_use (Job *job, char **volumes, gboolean needed, PassphrasesOpen open,
                          gpointer data, GError **error);
