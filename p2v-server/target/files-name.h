/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single files of a target: their names and their way under them.  For files.c. */
#pragma once
#include <gio/gio.h>

/* Behind an image's name: its block map. */
#define FILES_MANIFEST ".p2v-digests"

/* "NAME-sda" for index 0, as virt-v2v names them; the 27th is "NAME-sdaa"
 * (caller frees). */
char *files_disk_name (const char *guest, guint index);

/* Writes XML to the new file PATH. */
gboolean files_write_xml (const char *path, const char *xml, GError **error);

/* libvirt's schema accepts the domain XML in PATH, by virt-xml-validate where
 * that is installed.  P2V_ERROR_INTERNAL when it does not. */
gboolean files_validate_xml (const char *path, GCancellable *cancel, GError **error);

/* Copies FROM to the new file TO, which is its owner's alone: digests of a disk
 * tell who can guess what is on it. */
gboolean files_copy (const char *from, const char *to, GError **error);

/* Puts the file FROM on stable storage and gives it the name TO in the same
 * directory, unless that exists (P2V_ERROR_TARGET).  RESERVATION gets the line
 * "made INODE NAME" before that, so that at no moment a file has its final name
 * without being noted; the inode tells it from a file that was there before. */
gboolean files_move (const char *from, const char *to, const char *reservation, GError **error);

/* Gives what the value MADE of such a line means, if it is there, the name TO in DIRECTORY
 * again: an earlier process of the job did not come to its end.  P2V_ERROR_TARGET. */
gboolean files_take_back (const char *directory, const char *made, const char *to, GError **error);

/* Removes from DIRECTORY what the value MADE of such a line means, if it is there. */
void files_remove_made (const char *directory, const char *made);
