/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords go to open-iscsi by its configuration file, which root alone can read, never by
 * an argument; iscsiadm copies them into its record of the target. */
#include "iscsi-private.h"
#include "common/error.h"
#include "common/process.h"
#include "sysfs.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIR_      "/etc/iscsi"
#define NAME_FILE DIR_ "/initiatorname.iscsi"
#define CONF_FILE DIR_ "/iscsid.conf"
#define NAME_KEY  "InitiatorName="
#define FIRMWARE  "/sys/firmware/ibft"
#define LOGIN_TRY 8 /* times, a second apart: a switch may still be learning where we are */

/* replacement_timeout: seconds for which reads wait for a broken connection; our own
 * reading has time. */
char *
iscsi_configuration (const IscsiTarget *target)
{
  GString *out = g_string_sized_new (4096); /* does not grow: no copy of a password stays */
  g_string_append (out, "node.startup = manual\n"
                        "node.session.timeo.replacement_timeout = 900\n"
                        "node.conn[0].timeo.login_timeout = 15\n"
                        "node.conn[0].timeo.noop_out_interval = 10\n"
                        "node.conn[0].timeo.noop_out_timeout = 30\n"
                        "node.session.initial_login_retry_max = 4\n"
                        "node.session.scan = auto\n"
                        "discovery.sendtargets.reopen_max = 1\n");
  if (target && target->user)
    g_string_append_printf (out,
                            "node.session.auth.authmethod = CHAP\n"
                            "node.session.auth.username = %1$s\n"
                            "node.session.auth.password = %2$s\n"
                            "discovery.sendtargets.auth.authmethod = CHAP\n"
                            "discovery.sendtargets.auth.username = %1$s\n"
                            "discovery.sendtargets.auth.password = %2$s\n",
                            target->user, target->password);
  if (target && target->in_user)
    g_string_append_printf (out,
                            "node.session.auth.username_in = %s\n"
                            "node.session.auth.password_in = %s\n",
                            target->in_user, target->in_password);
  return g_string_free (out, FALSE);
}

static gboolean
write_secret (const char *path, const char *text, GError **error)
{
  g_autoptr (GError) cause = NULL;
  if (g_mkdir_with_parents (DIR_, 0700) == 0 &&
      g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &cause))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_DISK, NULL, "iSCSI cannot be set up: %s.",
                 cause ? cause->message : g_strerror (errno));
  return FALSE;
}

gboolean
iscsi_write_configuration (const IscsiTarget *target, GError **error)
{
  char *text = iscsi_configuration (target);
  gboolean ok = write_secret (CONF_FILE, text, error);
  explicit_bzero (text, strlen (text));
  g_free (text);
  return ok;
}

static char *
name_line (const char *name)
{
  return g_strdup_printf (NAME_KEY "%s\n", name);
}

char *
iscsi_initiator (void)
{
  g_autofree char *file = NULL;
  if (g_file_get_contents (NAME_FILE, &file, NULL, NULL) && g_str_has_prefix (file, NAME_KEY))
    return g_strdup (g_strstrip (file + strlen (NAME_KEY)));
  char *name = sysfs_read (FIRMWARE "/initiator/initiator-name");
  if (name)
    return name;
  g_autofree char *uuid = sysfs_read ("/sys/class/dmi/id/product_uuid");
  return g_strdup_printf ("iqn.1993-08.org.debian:01:p2v-%.8s", uuid ? uuid : "00000000");
}

int
iscsi_status (const GError *error)
{
  static const char said[] = "iscsiadm failed with status ";
  const char *at = strstr (error->message, said);
  return at ? atoi (at + strlen (said)) : -1;
}

/* iscsid reads the name when it starts; connections that it has made before go on. */
gboolean
iscsi_start_daemon (const char *initiator, GError **error)
{
  static const char *const modules[] = {"modprobe", "-a", "-q", "iscsi_tcp", NULL};
  static const char *const start[] = {"systemctl", "start", "p2v-iscsid.service", NULL};
  static const char *const restart[] = {"systemctl", "restart", "p2v-iscsid.service", NULL};
  g_autofree char *line = name_line (initiator);
  g_autofree char *before = NULL;
  gboolean same =
      g_file_get_contents (NAME_FILE, &before, NULL, NULL) && g_str_equal (before, line);
  (void)p2v_process_run (modules, NULL, NULL, NULL);
  return (same || write_secret (NAME_FILE, line, error)) &&
         iscsi_write_configuration (NULL, error) &&
         p2v_process_run (same ? start : restart, NULL, NULL, error);
}

char *
iscsi_portal (const IscsiTarget *target)
{
  gboolean v6 = strchr (target->address, ':') != NULL;
  return g_strdup_printf ("%s%s%s:%u", v6 ? "[" : "", target->address, v6 ? "]" : "", target->port);
}

static gboolean
try_login (const char *const *argv, guint tries, GCancellable *cancel, GError **error)
{
  g_autoptr (GError) cause = NULL;
  for (guint i = 0; i < tries; i++) {
    g_clear_error (&cause);
    if (i > 0)
      g_usleep (G_USEC_PER_SEC);
    if (p2v_process_run (argv, NULL, cancel, &cause))
      return TRUE;
  }
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

/* The error is iscsiadm's.  A record of a target that refused goes again, and with it the
 * password that may have been the wrong one. */
gboolean
iscsi_log_in (const IscsiTarget *target, guint tries, GCancellable *cancel, GError **error)
{
  g_autofree char *portal = iscsi_portal (target);
  const char *const make[] = {"iscsiadm", "-m",   "node", "-T",  target->name,
                              "-p",       portal, "-o",   "new", NULL};
  const char *const enter[] = {"iscsiadm", "-m",   "node",    "-T", target->name,
                               "-p",       portal, "--login", NULL};
  const char *const drop[] = {"iscsiadm", "-m",   "node", "-T",     target->name,
                              "-p",       portal, "-o",   "delete", NULL};
  g_autoptr (GError) cause = NULL;
  if (!iscsi_write_configuration (target, error))
    return FALSE;
  gboolean ok = try_login (make, tries, cancel, &cause) && try_login (enter, tries, cancel, &cause);
  if (!ok && iscsi_status (cause) == ISCSI_STATUS_EXISTS) {
    g_clear_error (&cause);
    ok = TRUE;
  }
  if (!ok)
    (void)p2v_process_run (drop, NULL, NULL, NULL);
  if (cause)
    g_propagate_error (error, g_steal_pointer (&cause));
  return iscsi_write_configuration (NULL, ok ? error : NULL) && ok;
}

/* ---- by kernel arguments ---- */

static gboolean
refuse (const char *what, const GError *cause, GError **error)
{
  p2v_set_error (error, P2V_ERROR_DISK,
                 "Check the address, whether the target knows this initiator "
                 "(rd.iscsi.initiator=), and user and password.",
                 "The iSCSI target %s cannot be used: %s", what, cause->message);
  return FALSE;
}

static gboolean
log_in_as_asked (const IscsiTarget *target, GError **error)
{
  g_autofree char *portal = iscsi_portal (target);
  g_autofree char *what = g_strdup_printf ("%s at %s", target->name, portal);
  g_autoptr (GError) cause = NULL;
  return iscsi_log_in (target, LOGIN_TRY, NULL, &cause) || refuse (what, cause, error);
}

static gboolean
log_in_as_firmware (GError **error)
{
  static const char *const boot[] = {"iscsiadm", "-m", "fw", "--login", NULL};
  g_autoptr (GError) cause = NULL;
  return try_login (boot, LOGIN_TRY, NULL, &cause) ||
         refuse ("of the firmware's boot table (iBFT)", cause, error);
}

gboolean
iscsi_login (const IscsiPlan *plan, GError **error)
{
  gboolean firmware = plan->firmware || access (FIRMWARE "/target0", F_OK) == 0;
  if (plan->targets->len == 0 && !firmware)
    return TRUE;
  g_autofree char *name = plan->initiator ? g_strdup (plan->initiator) : iscsi_initiator ();
  if (!iscsi_start_daemon (name, error))
    return FALSE;
  gboolean ok = !firmware || log_in_as_firmware (error);
  for (guint i = 0; i < plan->targets->len; i++)
    if (!log_in_as_asked (g_ptr_array_index (plan->targets, i), ok ? error : NULL))
      ok = FALSE;
  return ok;
}
