/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This machine: what of it is to become a virtual machine. */
#pragma once
#include "page.h"

#define P2V_TYPE_PAGE_MACHINE (p2v_page_machine_get_type ())
G_DECLARE_FINAL_TYPE (P2vPageMachine, p2v_page_machine, P2V, PAGE_MACHINE, P2vPage)
