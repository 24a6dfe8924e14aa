/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords go to open-iscsi by its configuration file, which root alone can read, never by
 * an argument; iscsiadm copies them into its record of the target. */
#include "iscsi.h"
#include "common/error.h"
#include "common/process.h"
#include "sysfs.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define DIR_      "/etc/iscsi"
#define NAME_FILE DIR_ "/initiatorname.iscsi"
#define CONF_FILE DIR_ "/iscsid.conf"
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
                        "node.session.scan = auto\n");
  if (target && target->user)
    g_string_append_printf (out,
                            "node.session.auth.authmethod = CHAP\n"
                            "node.session.auth.username = %s\n"
                            "node.session.auth.password = %s\n",
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

static gboolean
write_configuration (const IscsiTarget *target, GError **error)
{
  char *text = iscsi_configuration (target);
  gboolean ok = write_secret (CONF_FILE, text, error);
  explicit_bzero (text, strlen (text));
  g_free (text);
  return ok;
}

/* Without a name from the kernel arguments: the firmware's, or one of our own that is the
 * same at every start. */
static gboolean
write_initiator (const IscsiPlan *plan, GError **error)
{
  g_autofree char *name = g_strdup (plan->initiator);
  if (!name)
    name = sysfs_read (FIRMWARE "/initiator/initiator-name");
  if (!name) {
    g_autofree char *uuid = sysfs_read ("/sys/class/dmi/id/product_uuid");
    name = g_strdup_printf ("iqn.1993-08.org.debian:01:p2v-%.8s", uuid ? uuid : "00000000");
  }
  g_autofree char *text = g_strdup_printf ("InitiatorName=%s\n", name);
  return write_secret (NAME_FILE, text, error);
}

static gboolean
run (const char *const *argv, GError **error)
{
  return p2v_process_run (argv, NULL, NULL, error);
}

static gboolean
login (const char *const *argv, const char *what, GError **error)
{
  g_autoptr (GError) cause = NULL;
  for (guint i = 0; i < LOGIN_TRY; i++) {
    g_clear_error (&cause);
    if (run (argv, &cause))
      return TRUE;
    g_usleep (G_USEC_PER_SEC);
  }
  p2v_set_error (error, P2V_ERROR_DISK,
                 "Check the address, whether the target knows this initiator "
                 "(rd.iscsi.initiator=), and user and password.",
                 "The iSCSI target %s cannot be used: %s", what, cause->message);
  return FALSE;
}

static gboolean
login_target (const IscsiTarget *target, GError **error)
{
  gboolean v6 = strchr (target->address, ':') != NULL;
  g_autofree char *portal =
      g_strdup_printf ("%s%s%s:%u", v6 ? "[" : "", target->address, v6 ? "]" : "", target->port);
  g_autofree char *what = g_strdup_printf ("%s at %s", target->name, portal);
  const char *const make[] = {"iscsiadm", "-m",   "node", "-T",  target->name,
                              "-p",       portal, "-o",   "new", NULL};
  const char *const enter[] = {"iscsiadm", "-m",   "node",    "-T", target->name,
                               "-p",       portal, "--login", NULL};
  return write_configuration (target, error) && login (make, what, error) &&
         login (enter, what, error);
}

gboolean
iscsi_login (const IscsiPlan *plan, GError **error)
{
  static const char *const daemon[] = {"systemctl", "start", "p2v-iscsid.service", NULL};
  static const char *const modules[] = {"modprobe", "-a", "-q", "iscsi_tcp", NULL};
  static const char *const boot[] = {"iscsiadm", "-m", "fw", "--login", NULL};
  gboolean firmware = plan->firmware || access (FIRMWARE "/target0", F_OK) == 0;
  if (plan->targets->len == 0 && !firmware)
    return TRUE;
  (void)run (modules, NULL);
  if (!write_initiator (plan, error) || !write_configuration (NULL, error) || !run (daemon, error))
    return FALSE;
  gboolean ok = !firmware || login (boot, "of the firmware's boot table (iBFT)", error);
  for (guint i = 0; i < plan->targets->len; i++) {
    g_autoptr (GError) cause = NULL;
    if (login_target (g_ptr_array_index (plan->targets, i), &cause))
      continue;
    if (ok)
      g_propagate_error (error, g_steal_pointer (&cause));
    ok = FALSE;
  }
  return write_configuration (NULL, ok ? error : NULL) && ok;
}
