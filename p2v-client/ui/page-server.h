/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conversion server: who makes the virtual machine, the login there, and a test of both. */
#pragma once
#include "page.h"

#define P2V_TYPE_PAGE_SERVER (p2v_page_server_get_type ())
G_DECLARE_FINAL_TYPE (P2vPageServer, p2v_page_server, P2V, PAGE_SERVER, P2vPage)
