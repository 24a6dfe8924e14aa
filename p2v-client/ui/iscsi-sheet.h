/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sheet that adds an iSCSI disk. */
#pragma once
#include "window.h"

/* ADDED gets PAGE after each target whose disks have come; PAGE outlives the sheet. */
void iscsi_sheet_open (P2vWindow *window, void (*added) (gpointer page), gpointer page);
