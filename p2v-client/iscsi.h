/* SPDX-License-Identifier: GPL-2.0-or-later */
/* iSCSI disks, on the image only: what the kernel command line says about them, in the words
 * of dracut.cmdline(7), and the login, which open-iscsi does. */
#pragma once
#include <glib.h>

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
