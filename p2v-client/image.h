/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the image sets up by its kernel arguments before there is a client to talk to. */
#pragma once
#include <glib.h>

/* PART: "network" writes systemd-networkd's files (network-args.h), "iscsi" logs in to the
 * targets (iscsi.h).  P2V_ERROR_SETTINGS for what CMDLINE says wrongly or an unknown PART. */
gboolean image_prepare (const char *part, const char *cmdline, GError **error);
