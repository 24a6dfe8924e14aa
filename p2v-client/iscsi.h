/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iSCSI disks, on the image only: what the kernel command line says about them, in the words
 * of dracut.cmdline(7), and the login, which open-iscsi does. */
#pragma once
#include <gio/gio.h>

typedef struct {
  char *name;                  /* "iqn.…", "eui.…", "naa.…" */
  char *address;               /* of the portal, IPv6 without brackets, or a name */
  guint port;                  /* 3260 when nothing else is said */
  char *user, *password;       /* CHAP: how we prove who we are; NULL: no CHAP */
  char *in_user, *in_password; /* and how the target does; NULL: it need not */
} IscsiTarget;

typedef struct {
  char *initiator;    /* who we are, NULL: not said */
  gboolean firmware;  /* log in as the firmware did, from its boot table (iBFT) */
  GPtrArray *targets; /* IscsiTarget * */
} IscsiPlan;

IscsiTarget *iscsi_target_new (void);
IscsiTarget *iscsi_target_copy (const IscsiTarget *target);
void iscsi_target_free (IscsiTarget *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (IscsiTarget, iscsi_target_free)

/* TRUE for what may name a target or an initiator: "iqn.…", "eui.…", "naa.…". */
gboolean iscsi_is_name (const char *text);

/* What CMDLINE asks for:
 *   netroot=iscsi:[USER:PASSWORD[:IN-USER:IN-PASSWORD]@]HOST:[PROTOCOL]:[PORT]:[…]:[LUN]:TARGET
 *     (or root=, as often as there are targets), and netroot=iscsi alone
 *   rd.iscsi.initiator=  rd.iscsi.target.name= .ip= .port=  rd.iscsi.username= .password=
 *   rd.iscsi.in.username= .in.password=  rd.iscsi.firmware[=1] rd.iscsi.ibft[=1]
 * A user that only rd.iscsi.username= names goes to every target that has none.  All LUNs of a
 * target appear.  P2V_ERROR_SETTINGS without saying a password; iscsi_plan_free. */
IscsiPlan *iscsi_parse (const char *cmdline, GError **error);
void iscsi_plan_free (IscsiPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (IscsiPlan, iscsi_plan_free)

/* The text of iscsid.conf(5) for TARGET (NULL: for the firmware's); it holds the passwords:
 * wipe it (caller frees). */
char *iscsi_configuration (const IscsiTarget *target);

/* Logs in to all of them; the kernel then finds the disks.  Nothing to do is success.
 * P2V_ERROR_DISK for the first that refused, after all were tried. */
gboolean iscsi_login (const IscsiPlan *plan, GError **error);

/* Who this machine is for a target: the name that it has used since the start, else the
 * firmware's, else one of our own that is the same at every start (caller frees). */
char *iscsi_initiator (void);

/* ---- iscsi-ask.c: what a person adds in a dialog ---- */

/* As it was typed, "" for nothing; NAME may be "" while it is not known. */
typedef struct {
  const char *portal; /* an address or a name, ":PORT" after it when it is not 3260 */
  const char *initiator, *name, *user, *password, *in_user, *in_password;
} IscsiTyped;

/* NULL when it cannot be right: P2V_ERROR_SETTINGS, which never says a password. */
IscsiTarget *iscsi_read_typed (const IscsiTyped *typed, GError **error);

/* Asks the portal of TARGET which targets it has for INITIATOR, by TARGET's password where it
 * wants one: their names, at least one (strv, caller frees).  P2V_ERROR_CONNECT,
 * P2V_ERROR_CANCELLED. */
char **iscsi_discover (const char *initiator, const IscsiTarget *target, GCancellable *cancel,
                       GError **error);

/* Logs in to TARGET and waits until its disks are there and read-only.  P2V_ERROR_CONNECT,
 * P2V_ERROR_CANCELLED. */
gboolean iscsi_connect (const char *initiator, const IscsiTarget *target, GCancellable *cancel,
                        GError **error);
