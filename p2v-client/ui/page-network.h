/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network: on the image only, shown when there is no address, or by Back. */
#pragma once
#include "page.h"

#define P2V_TYPE_PAGE_NETWORK (p2v_page_network_get_type ())
G_DECLARE_FINAL_TYPE (P2vPageNetwork, p2v_page_network, P2V, PAGE_NETWORK, P2vPage)
