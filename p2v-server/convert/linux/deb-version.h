/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Compares two versions by the rules of Debian Policy 5.6.12 (without epoch
 * and with "-" as any other character, for these are kernel versions out of
 * file names): <0, 0, >0 as strcmp. */
int deb_version_compare (const char *a, const char *b);
