/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iSCSI disks that a person adds.  open-iscsi does the work; what it says is told in words
 * for a dialog, by its exit status. */
#include "iscsi-private.h"
#include "common/error.h"
#include "common/log.h"
#include "common/process.h"
#include "sysfs.h"
#include <glob.h>
#include <string.h>

#define SESSIONS "/sys/class/iscsi_session"
#define DISK_S   20 /* a session is there before its disks are */
#define STORAGE  "/usr/lib/p2v/storage"

/* ---- what was typed ---- */

/* What goes into a line of a file or an argument. */
static gboolean
is_word (const char *text)
{
  for (const char *p = text; *p; p++)
    if (g_ascii_iscntrl (*p) || *p == ' ')
      return FALSE;
  return TRUE;
}

static gboolean
is_one_line (const char *text)
{
  for (const char *p = text; *p; p++)
    if (g_ascii_iscntrl (*p))
      return FALSE;
  return TRUE;
}

static gboolean
is_ip (const char *text)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);
  return address != NULL;
}

/* An IPv6 address has colons of its own, so a port after it needs brackets. */
static gboolean
read_portal (IscsiTarget *target, const char *text)
{
  if (!*text || !is_word (text))
    return FALSE;
  if (is_ip (text)) {
    target->address = g_strdup (text);
    return TRUE;
  }
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnectable) place =
      g_network_address_parse (text, (guint16)target->port, &error);
  if (!place)
    return FALSE;
  GNetworkAddress *address = G_NETWORK_ADDRESS (place);
  const char *host = g_network_address_get_hostname (address);
  target->address = g_strdup (host);
  target->port = g_network_address_get_port (address);
  return *host && !strchr (host, '/') && *host != '-' && target->port > 0;
}

static gboolean
check_names (const IscsiTyped *typed, GError **error)
{
  if (!iscsi_is_name (typed->initiator) || !is_word (typed->initiator))
    p2v_set_error (error, P2V_ERROR_SETTINGS,
                   "It begins with iqn., eui. or naa.; the target allows or refuses by it.",
                   "“%s” is not an initiator name.", typed->initiator);
  else if (*typed->name && (!iscsi_is_name (typed->name) || !is_word (typed->name)))
    p2v_set_error (error, P2V_ERROR_SETTINGS,
                   "It begins with iqn., eui. or naa., such as iqn.2001-04.com.example:disk.",
                   "“%s” is not the name of a target.", typed->name);
  else
    return TRUE;
  return FALSE;
}

static gboolean
check_logins (const IscsiTyped *typed, GError **error)
{
  if (!*typed->user != !*typed->password)
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Fill in both, or neither.",
                   "A CHAP user has a password, and a password has a user.");
  else if (!*typed->in_user != !*typed->in_password)
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Fill in both, or neither.",
                   "The target's user has a password, and its password has a user.");
  else if (*typed->in_user && !*typed->user)
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Fill in user and password of this machine.",
                   "A target proves who it is only to a machine that does the same.");
  /* RFC 7143, 9.2.1 */
  else if (*typed->in_user && g_str_equal (typed->password, typed->in_password))
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Set another one at the target.",
                   "iSCSI forbids the same password for both directions.");
  else if (!is_one_line (typed->user) || !is_one_line (typed->password) ||
           !is_one_line (typed->in_user) || !is_one_line (typed->in_password))
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Type it anew.",
                   "A user or a password has a control character in it.");
  else
    return TRUE;
  return FALSE;
}

static char *
text_or_null (const char *text)
{
  return *text ? g_strdup (text) : NULL;
}

IscsiTarget *
iscsi_read_typed (const IscsiTyped *typed, GError **error)
{
  g_autoptr (IscsiTarget) target = iscsi_target_new ();
  if (!read_portal (target, typed->portal)) {
    p2v_set_error (error, P2V_ERROR_SETTINGS, "For example 192.0.2.7 or [2001:db8::7]:3260.",
                   "“%s” is not the address of an iSCSI portal.", typed->portal);
    return NULL;
  }
  if (!check_names (typed, error) || !check_logins (typed, error))
    return NULL;
  target->name = text_or_null (typed->name);
  target->user = text_or_null (typed->user);
  target->password = text_or_null (typed->password);
  target->in_user = text_or_null (typed->in_user);
  target->in_password = text_or_null (typed->in_password);
  if (target->password)
    p2v_log_add_secret (target->password);
  if (target->in_password)
    p2v_log_add_secret (target->in_password);
  return g_steal_pointer (&target);
}

/* ---- what goes wrong ---- */

static gboolean
explain (const IscsiTarget *target, const GError *cause, GError **error)
{
  g_autofree char *portal = iscsi_portal (target);
  switch (iscsi_status (cause)) {
  case ISCSI_STATUS_TRANSPORT:
  case ISCSI_STATUS_TIMEOUT:
  case ISCSI_STATUS_SILENCE:
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check its address and port, and whether this machine is in the same network.",
                   "No iSCSI target answers at %s.", portal);
    break;
  case ISCSI_STATUS_FORBIDDEN:
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check users and passwords, and whether the target allows this initiator name.",
                   "The iSCSI target at %s and this machine do not believe each other.", portal);
    break;
  case ISCSI_STATUS_NOTHING:
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Allow this initiator name there, or fill in the target's name.",
                   "%s has no target for this machine.", portal);
    break;
  /* also when the target could not prove who it is */
  case ISCSI_STATUS_LOGIN:
  case ISCSI_STATUS_REFUSED:
    p2v_set_error (error, P2V_ERROR_CONNECT,
                   "Check the target's name, its user and password, and whether it allows this "
                   "initiator name.",
                   "The login to this target at %s fails.", portal);
    break;
  default:
    if (g_error_matches (cause, P2V_ERROR, P2V_ERROR_CANCELLED))
      g_propagate_error (error, g_error_copy (cause));
    else
      p2v_set_error (error, P2V_ERROR_CONNECT, NULL, "iSCSI does not work here: %s",
                     cause->message);
  }
  return FALSE;
}

/* With an address in the place of a name, so that open-iscsi's records and the kernel's
 * sessions name the same portal. */
static IscsiTarget *
resolve (const IscsiTarget *target, GCancellable *cancel, GError **error)
{
  g_autoptr (IscsiTarget) found = iscsi_target_copy (target);
  if (is_ip (target->address))
    return g_steal_pointer (&found);
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  g_autoptr (GError) cause = NULL;
  GList *all = g_resolver_lookup_by_name (resolver, target->address, cancel, &cause);
  if (!all) {
    p2v_set_error (error,
                   g_cancellable_is_cancelled (cancel) ? P2V_ERROR_CANCELLED : P2V_ERROR_CONNECT,
                   "Check its spelling, or fill in its address.",
                   "No machine with the name %s can be found.", target->address);
    return NULL;
  }
  g_free (found->address);
  found->address = g_inet_address_to_string (all->data);
  g_resolver_free_addresses (all);
  return g_steal_pointer (&found);
}

/* ---- asking ---- */

/* "192.0.2.7:3260,1 iqn.…", a line for each portal of each target */
static char **
read_names (const char *output)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    char *name = strchr (lines[i], ' ');
    if (name && iscsi_is_name (name + 1) && is_word (name + 1) &&
        g_utf8_validate (name + 1, -1, NULL) &&
        !g_ptr_array_find_with_equal_func (names, name + 1, g_str_equal, NULL))
      g_ptr_array_add (names, name + 1);
  }
  g_ptr_array_add (names, NULL);
  return g_strdupv ((char **)names->pdata);
}

char **
iscsi_discover (const char *initiator, const IscsiTarget *target, GCancellable *cancel,
                GError **error)
{
  g_autoptr (IscsiTarget) found = resolve (target, cancel, error);
  if (!found || !iscsi_start_daemon (initiator, error))
    return NULL;
  g_autofree char *portal = iscsi_portal (found);
  const char *const ask[] = {"iscsiadm", "-m", "discovery",     "-t", "sendtargets", "-p",
                             portal,     "-o", "nonpersistent", NULL};
  g_autoptr (GError) cause = NULL;
  g_autofree char *output = NULL;
  gboolean ok = p2v_process_run (ask, &output, cancel, &cause);
  /* Few want a password for the question alone. */
  if (!ok && found->user && iscsi_status (cause) == ISCSI_STATUS_FORBIDDEN &&
      iscsi_write_configuration (found, error)) {
    g_clear_error (&cause);
    ok = p2v_process_run (ask, &output, cancel, &cause);
    (void)iscsi_write_configuration (NULL, NULL);
  }
  if (!ok)
    return cause && !(error && *error) ? (explain (found, cause, error), NULL) : NULL;
  g_auto (GStrv) names = read_names (output);
  p2v_info ("iSCSI: %s has %u targets for %s", portal, g_strv_length (names), initiator);
  if (names[0])
    return g_steal_pointer (&names);
  p2v_set_error (error, P2V_ERROR_CONNECT,
                 "Allow this initiator name there, or fill in the target's name.",
                 "%s has no target for this machine.", portal);
  return NULL;
}

/* ---- connecting ---- */

static gboolean
has_disk (const char *name)
{
  g_autoptr (GDir) dir = g_dir_open (SESSIONS, 0, NULL);
  const char *session;
  gboolean found = FALSE;
  while (dir && !found && (session = g_dir_read_name (dir))) {
    g_autofree char *target = sysfs_read (SESSIONS "/%s/targetname", session);
    g_autofree char *pattern = g_strdup_printf (SESSIONS "/%s/device/target*/*/block/*", session);
    glob_t all = {0};
    if (g_strcmp0 (target, name) == 0)
      found = glob (pattern, GLOB_NOSORT, NULL, &all) == 0;
    globfree (&all);
  }
  return found;
}

/* udev makes them read-only; one that comes by a second path becomes one with the first. */
static gboolean
await_disks (const char *name, GCancellable *cancel, GError **error)
{
  static const char *const settle[] = {"udevadm", "settle", "--timeout=30", NULL};
  static const char *const join[] = {STORAGE, "paths", NULL};
  gboolean found = FALSE;
  for (guint i = 0; !found && i < DISK_S * 5 && !g_cancellable_is_cancelled (cancel); i++) {
    found = has_disk (name);
    if (!found)
      g_usleep (G_USEC_PER_SEC / 5);
  }
  if (found)
    return p2v_process_run (settle, NULL, cancel, error) &&
           p2v_process_run (join, NULL, cancel, error);
  p2v_set_error (error,
                 g_cancellable_is_cancelled (cancel) ? P2V_ERROR_CANCELLED : P2V_ERROR_CONNECT,
                 "Give it a disk (a LUN) at the target.",
                 "The target accepts this machine but has no disk for it.");
  return FALSE;
}

gboolean
iscsi_connect (const char *initiator, const IscsiTarget *target, GCancellable *cancel,
               GError **error)
{
  g_autoptr (IscsiTarget) found = resolve (target, cancel, error);
  g_autoptr (GError) cause = NULL;
  if (!found || !iscsi_start_daemon (initiator, error))
    return FALSE;
  if (!iscsi_log_in (found, 1, cancel, &cause))
    return explain (found, cause, error);
  g_autofree char *portal = iscsi_portal (found);
  p2v_info ("iSCSI: logged in to %s at %s as %s", found->name, portal, initiator);
  return await_disks (found->name, cancel, error);
}
