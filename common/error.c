/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "error.h"
#include <string.h>

G_DEFINE_QUARK (p2v - error, p2v_error)

static const char *const code_names[] = {
    [P2V_ERROR_SETTINGS] = "settings",
    [P2V_ERROR_CONNECT] = "connect",
    [P2V_ERROR_HOSTKEY] = "hostkey",
    [P2V_ERROR_AUTH] = "auth",
    [P2V_ERROR_NO_SERVER] = "no-server",
    [P2V_ERROR_VERSION] = "version",
    [P2V_ERROR_PROTOCOL] = "protocol",
    [P2V_ERROR_DISK] = "disk",
    [P2V_ERROR_TARGET] = "target",
    [P2V_ERROR_SPACE] = "space",
    [P2V_ERROR_NO_OS] = "no-os",
    [P2V_ERROR_GUEST] = "guest",
    [P2V_ERROR_CONVERT] = "convert",
    [P2V_ERROR_LINK] = "link",
    [P2V_ERROR_IO] = "io",
    [P2V_ERROR_VERIFY] = "verify",
    [P2V_ERROR_JOB] = "job",
    [P2V_ERROR_CANCELLED] = "cancelled",
    [P2V_ERROR_INTERNAL] = "internal",
};

void
p2v_set_error (GError **error, P2vErrorCode code, const char *remedy, const char *format, ...)
{
  if (!error)
    return;
  va_list args;
  va_start (args, format);
  g_autofree char *problem = g_strdup_vprintf (format, args);
  va_end (args);
  g_strdelimit (problem, "\n", ' ');
  if (remedy)
    g_set_error (error, P2V_ERROR, (gint)code, "%s\n%s", problem, remedy);
  else
    g_set_error_literal (error, P2V_ERROR, (gint)code, problem);
}

const char *
p2v_error_code_name (P2vErrorCode code)
{
  if ((guint)code >= G_N_ELEMENTS (code_names))
    return "internal";
  return code_names[code];
}

P2vErrorCode
p2v_error_code_from_name (const char *name)
{
  for (guint i = 0; name && i < G_N_ELEMENTS (code_names); i++)
    if (g_str_equal (name, code_names[i]))
      return (P2vErrorCode)i;
  return P2V_ERROR_INTERNAL;
}

char *
p2v_error_problem (const GError *error)
{
  const char *end = strchr (error->message, '\n');
  return end ? g_strndup (error->message, (gsize)(end - error->message))
             : g_strdup (error->message);
}

char *
p2v_error_remedy (const GError *error)
{
  const char *end = strchr (error->message, '\n');
  return end ? g_strdup (end + 1) : NULL;
}

char *
p2v_error_sentence (const GError *error)
{
  return g_strdelimit (g_strdup (error->message), "\n", ' ');
}
