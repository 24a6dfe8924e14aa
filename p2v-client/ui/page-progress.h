/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Progress: one conversion from its first event to its last. */
#pragma once
#include "page.h"

#define P2V_TYPE_PAGE_PROGRESS (p2v_page_progress_get_type ())
G_DECLARE_FINAL_TYPE (P2vPageProgress, p2v_page_progress, P2V, PAGE_PROGRESS, P2vPage)
