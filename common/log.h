/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The logger: the only global state.  Thread-safe.  Lines go to one file
 * descriptor, with UTC time and level; secrets that were registered are
 * replaced before anything is written, and so is what would steer a terminal. */
#pragma once
#include <glib.h>

typedef enum { P2V_LOG_DEBUG, P2V_LOG_INFO, P2V_LOG_WARNING, P2V_LOG_ERROR } P2vLogLevel;

/* Lines below LEVEL are dropped.  FD is not closed by the logger; -1 means
 * nowhere.  Default: stderr, P2V_LOG_INFO. */
void p2v_log_open (int fd, P2vLogLevel level);

/* From now on SECRET (copied into memory that is not dumped) is written as
 * "********" wherever it appears in a line.  Empty or NULL is ignored. */
void p2v_log_add_secret (const char *secret);

/* Who else hears what is logged: every line from P2V_LOG_INFO on, whatever the level of
 * p2v_log_open, redacted and cleaned.  TOLD: a person has been told it, by p2v_log_tell.  Called
 * under the logger's lock: it neither logs nor waits. */
typedef void (*P2vLogSink) (P2vLogLevel level, const char *text, gboolean told, gpointer data);

/* NULL: nobody. */
void p2v_log_set_sink (P2vLogSink sink, gpointer data);

/* The last COUNT lines of p2v_log from P2V_LOG_INFO on are kept until p2v_log_take_kept has
 * taken them.  Default: none. */
void p2v_log_keep (guint count);

/* At the end of a program: wipes them. */
void p2v_log_forget_secrets (void);

/* TEXT with every registered secret replaced (caller frees). */
char *p2v_log_redact (const char *text);

void p2v_log (P2vLogLevel level, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* For the sink alone: what a person has been told on the screen. */
void p2v_log_tell (P2vLogLevel level, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The oldest line that is kept, and its level (caller frees); NULL: none. */
char *p2v_log_take_kept (P2vLogLevel *level);

#define p2v_debug(...)   p2v_log (P2V_LOG_DEBUG, __VA_ARGS__)
#define p2v_info(...)    p2v_log (P2V_LOG_INFO, __VA_ARGS__)
#define p2v_warning(...) p2v_log (P2V_LOG_WARNING, __VA_ARGS__)

/* "debug", "info", "warning", "error". */
const char *p2v_log_level_name (P2vLogLevel level);
