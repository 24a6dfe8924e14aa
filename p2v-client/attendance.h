/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attending to a job: from "start" to "finished" the client answers what the server
 * asks, passes on what it tells, sends digests, and watches its own side. */
#pragma once
#include "event.h"
#include "export.h"
#include "line.h"
#include "tunnel.h"

typedef struct Attendance Attendance;

/* Takes EVENT for the front-end. */
typedef void (*AttendanceEvent) (Event *event, gpointer data);

/* What to do when a job of this machine waits that an earlier run began. */
typedef enum {
  WAITING_ADOPT, /* go on with it */
  WAITING_LEAVE, /* begin anew */
  WAITING_ASK,   /* EVENT_WAITING, and attendance_decide answers */
} AttendanceWaiting;

/* PATIENCE_S: for how long to try to connect again after the link broke, 0: not at all.
 * CANCEL: fires when a person wants to stop.  Borrows all until it is freed. */
Attendance *attendance_new (Line *line, const P2vMachine *machine, guint patience_s,
                            GCancellable *cancel, AttendanceEvent emit, gpointer data);

/* Before attendance_start; WAITING_ADOPT unless set. */
void attendance_set_waiting (Attendance *attendance, AttendanceWaiting waiting);

/* The answer to EVENT_WAITING, from any thread. */
void attendance_decide (Attendance *attendance, gboolean adopt);

/* Before attendance_start: whether EVENT_CHOICE is answered by attendance_choose, and
 * EVENT_LOCKED by attendance_unlock.  Default: no, the server hears that nobody can be asked. */
void attendance_set_chooses (Attendance *attendance, gboolean chooses);

/* Before attendance_start: where the passphrases are that the server asks for; borrowed. */
void attendance_set_settings (Attendance *attendance, const Settings *settings);

/* The answer to EVENT_CHOICE, from any thread. */
void attendance_choose (Attendance *attendance, guint index);

/* The answer to EVENT_LOCKED, from any thread: a passphrase (copied into memory for secrets, and
 * known as long as the attendance), or NULL: the volumes stay closed. */
void attendance_unlock (Attendance *attendance, const char *passphrase);
void attendance_free (Attendance *attendance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Attendance, attendance_free)

/* An ExportDigests for export_start, with the Attendance as its data. */
void attendance_take_digests (guint disk, const guint8 *records, gsize length, gpointer data);

/* What the server reads from; borrowed.  May stay away until they exist. */
void attendance_set_export (Attendance *attendance, Export *export);
void attendance_set_tunnel (Attendance *attendance, Tunnel *tunnel);

/* Sends "start" and waits until the server has accepted the job; attendance_job then
 * names it. */
gboolean attendance_start (Attendance *attendance, JsonObject *settings, GError **error);

/* Attends until "finished".  TRUE when the guest is done.  Errors: what the server
 * reports; P2V_ERROR_CANCELLED; P2V_ERROR_LINK when the connection is gone, could not be
 * made again, and the job waits over there; what is wrong on this side (the job is then
 * cancelled).  A link that breaks and comes back is told by events only. */
gboolean attendance_follow (Attendance *attendance, GError **error);

/* Cancels the job because of a failure on this side and waits for the server to clean
 * up, at most 60 s. */
void attendance_abandon (Attendance *attendance);

/* The job's id, NULL before it was accepted (borrowed). */
const char *attendance_job (Attendance *attendance);

/* "summary" of "finished", NULL before (borrowed). */
JsonObject *attendance_summary (Attendance *attendance);

/* What was read and sent so far, as in the answer to a "stats" query (caller unrefs). */
JsonObject *attendance_stats (Attendance *attendance);
