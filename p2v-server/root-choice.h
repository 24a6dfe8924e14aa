/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of several operating systems. */
#pragma once
#include "job.h"

/* Of ROOTS (devices, at least one; NAMES: what is on each, in their order) the one that the
 * setting "root" wants: "single", "first", "ask", a device, or the device CANONICAL that this one
 * means (may be NULL).  With "ask" the person in front of the client, if there is one.
 * Borrowed from ROOTS; NULL with P2V_ERROR_NO_OS, P2V_ERROR_LINK, P2V_ERROR_CANCELLED. */
const char *root_choose (Job *job, char **roots, char **names, const char *canonical,
                         GError **error);
