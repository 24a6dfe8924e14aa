/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Target: what the server makes of it and where, from what it says it can do. */
#pragma once
#include "page.h"

#define P2V_TYPE_PAGE_TARGET (p2v_page_target_get_type ())
G_DECLARE_FINAL_TYPE (P2vPageTarget, p2v_page_target, P2V, PAGE_TARGET, P2vPage)
