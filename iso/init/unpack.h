/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's archive, unpacked where the kernel has unpacked the smaller ones: a cpio
 * ("newc", as `cpio -H newc` writes it) in one zstd frame.
 *
 * What is there already stays, for it came from an archive behind this one (the client, a
 * site's keys): only a folder gets the mode that the archive says.
 *
 * An error is a text for a person, static or in `unpack_reason`, and NULL is success. */
#pragma once

#include <stdint.h>

/* Bytes that the archive takes when it is unpacked (its cpio), 0 when it does not say. */
uint64_t unpack_size (int archive);

/* Unpacks ARCHIVE into the current folder; the pages of the archive are given back on the
 * way where its file system can do that. */
const char *unpack_all (int archive);
