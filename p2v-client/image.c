/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"
#include "common/error.h"
#include "iscsi.h"
#include "network-args.h"

#define NETWORK_DIR "/run/systemd/network"
#define FIRMWARE    "/sys/firmware/ibft"

static gboolean
prepare_network (const char *cmdline, GError **error)
{
  g_autoptr (NetworkArgs) args = network_args_parse (cmdline, error);
  if (!args)
    return FALSE;
  if (!args->given)
    network_args_add_firmware (args, FIRMWARE);
  return network_args_write (args, NETWORK_DIR, error);
}

static gboolean
prepare_iscsi (const char *cmdline, GError **error)
{
  g_autoptr (IscsiPlan) plan = iscsi_parse (cmdline, error);
  return plan && iscsi_login (plan, error);
}

gboolean
image_prepare (const char *part, const char *cmdline, GError **error)
{
  if (g_str_equal (part, "network"))
    return prepare_network (cmdline, error);
  if (g_str_equal (part, "iscsi"))
    return prepare_iscsi (cmdline, error);
  p2v_set_error (error, P2V_ERROR_SETTINGS, NULL, "The image has no part %s.", part);
  return FALSE;
}
