/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Done: what was made, how to start it, and what to do with this machine. */
#pragma once
#include "page.h"

#define P2V_TYPE_PAGE_DONE (p2v_page_done_get_type ())
G_DECLARE_FINAL_TYPE (P2vPageDone, p2v_page_done, P2V, PAGE_DONE, P2vPage)
