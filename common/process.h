/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Child processes: argument vectors only, killed when the thread that started
 * them dies (PR_SET_PDEATHSIG), cancellable. */
#pragma once
#include <gio/gio.h>

/* Runs ARGV to its end with stdin from /dev/null.  OUTPUT (may be NULL)
 * receives stdout (caller frees); stderr is appended to the error message when
 * the program fails and goes to the debug log otherwise.  FALSE when the
 * program cannot be started, ends with a status other than 0, or CANCEL fires
 * (the child is then killed; G_IO_ERROR_CANCELLED becomes P2V_ERROR_CANCELLED). */
gboolean p2v_process_run (const char *const *argv, char **output, GCancellable *cancel,
                          GError **error);

/* Starts ARGV in the background: stdin /dev/null, stdout and stderr to LOG_FD
 * (duplicated; -1 = /dev/null).  The caller ends it with p2v_process_stop. */
GSubprocess *p2v_process_spawn (const char *const *argv, int log_fd, GError **error);

/* SIGTERM, up to GRACE_MS milliseconds, then SIGKILL, and reaps it.  NULL is ignored. */
void p2v_process_stop (GSubprocess *process, guint grace_ms);

/* Waits until a unix socket accepts a connection at PATH: TRUE; FALSE with an
 * error when PROCESS (may be NULL) ends first, after TIMEOUT_MS, or on CANCEL. */
gboolean p2v_process_wait_socket (GSubprocess *process, const char *path, guint timeout_ms,
                                  GCancellable *cancel, GError **error);

/* The folder of our own helper files (nbdkit plugins and filters):
 * $P2V_LIBDIR, else ../lib/p2v next to the folder of the running program
 * (caller frees). */
char *p2v_process_libdir (void);
