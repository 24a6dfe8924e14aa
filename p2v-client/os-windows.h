/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Windows it is, by its registry. */
#pragma once
#include "hive.h"

/* "Windows Server 2019 Standard 1809" by the hive SOFTWARE, as it says: nothing is cleaned
 * (caller frees).  NULL: the hive does not say. */
char *os_windows_name (HiveRead read, gpointer data);
