/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors of both programs: one domain, and a message in two parts, the
 * problem and the remedy, separated by a newline.  They are worded once, where
 * the failure is found, and shown once, by the front-end or in the report. */
#pragma once
#include <glib.h>

typedef enum {
  P2V_ERROR_SETTINGS,  /* a kernel argument or option is wrong or missing */
  P2V_ERROR_CONNECT,   /* the conversion server cannot be reached */
  P2V_ERROR_HOSTKEY,   /* its host key is unknown, changed or revoked */
  P2V_ERROR_AUTH,      /* login refused */
  P2V_ERROR_NO_SERVER, /* p2v-server is not installed there */
  P2V_ERROR_VERSION,   /* both sides speak different protocol versions */
  P2V_ERROR_PROTOCOL,  /* the other side sent something that is not allowed */
  P2V_ERROR_DISK,      /* a source disk is missing or cannot be read */
  P2V_ERROR_TARGET,    /* the target directory, pool or name cannot be used */
  P2V_ERROR_SPACE,     /* too little space in target, job directory or guest */
  P2V_ERROR_NO_OS,     /* blank disk or no known operating system on it */
  P2V_ERROR_GUEST,     /* the guest cannot be converted as it is */
  P2V_ERROR_CONVERT,   /* a conversion step failed */
  P2V_ERROR_LINK,      /* the connection broke */
  P2V_ERROR_IO,        /* reading or writing failed */
  P2V_ERROR_VERIFY,    /* the target differs from the source */
  P2V_ERROR_JOB,       /* no such job, job busy, job directory unusable */
  P2V_ERROR_CANCELLED, /* somebody asked for it */
  P2V_ERROR_INTERNAL,  /* a bug in p2v or a tool that behaves unexpectedly */
} P2vErrorCode;

#define P2V_ERROR (p2v_error_quark ())

/* Marks a text that becomes a part of an error elsewhere, for the dialogs' translations
 * (p2v-client/po/errors.py finds those of a call that sets an error by itself). */
#define N_(text) text

GQuark p2v_error_quark (void);

/* Sets *error to a P2V_ERROR with the problem (printf style) and the remedy, a
 * whole sentence that says what the administrator does next (may be NULL). */
void p2v_set_error (GError **error, P2vErrorCode code, const char *remedy, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

/* The stable word for a code on the wire and in reports, for instance
 * "hostkey"; never NULL. */
const char *p2v_error_code_name (P2vErrorCode code);

/* The code for such a word; P2V_ERROR_INTERNAL when it is not known. */
P2vErrorCode p2v_error_code_from_name (const char *name);

/* The first part of the message (caller frees). */
char *p2v_error_problem (const GError *error);

/* The second part, or NULL when there is none (caller frees). */
char *p2v_error_remedy (const GError *error);

/* "problem remedy" on one line, for consoles and logs (caller frees). */
char *p2v_error_sentence (const GError *error);
