/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Check and start: everything that can be known beforehand, and what it will cost. */
#pragma once
#include "page.h"

#define P2V_TYPE_PAGE_CHECK (p2v_page_check_get_type ())
G_DECLARE_FINAL_TYPE (P2vPageCheck, p2v_page_check, P2V, PAGE_CHECK, P2vPage)
