/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a guest in one directory: reservation of the name, images under
 * temporary names, final names, removal.  Shared by the kinds of target that
 * end in files.
 *
 *   .NAME.p2v-lock        reservation; lines: "job ID", then "made INODE FILE" for each
 *                         final name taken and "defined UUID" for a definition
 *   .NAME-sda.p2v-ID      image that is being made by job ID
 *   NAME-sda              finished image, NAME-sdb … the further disks
 *   NAME-sda.p2v-digests  its block map (blockmap.h): digests of what was copied
 *   NAME.xml              libvirt domain XML */
#pragma once
#include "target.h"

typedef struct TargetFiles TargetFiles;

/* DIRECTORY is made absolute.  Touches nothing yet. */
TargetFiles *target_files_new (const Job *job, const char *directory);
void target_files_free (TargetFiles *files);

const char *target_files_directory (const TargetFiles *files);

/* Directory usable, final names free; reserves the name.  Sets target_path of
 * every disk of JOB.  What an earlier process of this job made is taken up.
 * P2V_ERROR_TARGET. */
gboolean target_files_check (TargetFiles *files, Job *job, GError **error);

/* P2V_ERROR_SPACE unless BYTES and a margin fit into the directory's file system. */
gboolean target_files_space (TargetFiles *files, guint64 bytes, GError **error);

/* Makes the empty image of DISK and returns its name (borrowed). */
const char *target_files_prepare (TargetFiles *files, Job *job, const JobDisk *disk,
                                  const char *format, gboolean preallocated, GError **error);

/* The image's temporary name, NULL before it was prepared. */
const char *target_files_temporary (TargetFiles *files, const JobDisk *disk);

/* Writes XML under its temporary name, puts images, manifests and XML under
 * their final names, all of it on stable storage.  Never replaces a file.
 * P2V_ERROR_INTERNAL, and nothing of that, unless every piece of every disk is
 * verified. */
gboolean target_files_publish (TargetFiles *files, Job *job, const char *xml, GError **error);

/* Path of the domain XML under its final name (borrowed). */
const char *target_files_xml (TargetFiles *files);

/* Notes in the reservation that the guest with UUID was defined, so that
 * another process of this job can undo it; and reads that note (caller frees,
 * NULL when there is none or the reservation is not this job's). */
gboolean target_files_note_defined (TargetFiles *files, const char *uuid, GError **error);
char *target_files_defined (TargetFiles *files);

/* Gives up the reservation: the guest is finished. */
void target_files_commit (TargetFiles *files);

/* Removes whatever this job made, also when another process of it did. */
void target_files_abandon (TargetFiles *files);

/* Operations that kinds of target which end in files put into their table. */
gboolean target_files_op_space (Target *target, Job *job, guint64 bytes, GError **error);
gboolean target_files_op_describe (Target *target, Job *job, GError **error);
char *target_files_op_prepare (Target *target, Job *job, JobDisk *disk, GError **error);
gboolean target_files_op_write (Target *target, Job *job, GError **error);
