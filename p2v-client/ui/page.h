/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A page of the wizard: a box that knows its title, whether it is complete, and what is
 * to happen when a person comes and goes. */
#pragma once
#include <gtk/gtk.h>
#include "dialog/shared.h"

#define P2V_TYPE_PAGE (p2v_page_get_type ())
G_DECLARE_DERIVABLE_TYPE (P2vPage, p2v_page, P2V, PAGE, GtkBox)

struct _P2vPageClass {
  GtkBoxClass parent_class;

  void (*start) (P2vPage *page); /* it has got its Shared; may be NULL */
  void (*enter) (P2vPage *page); /* it becomes visible, and gives something the focus */
  void (*leave) (P2vPage *page); /* forwards: its choices go into the settings; may be NULL */
};

/* Properties: "title" (heading), "step" (its short name in the list of steps), "next"
 * (what the button forwards says, default "Next"), "complete" (may one go on?),
 * "closed" (no way back or forward by the buttons: it decides itself). */

Shared *p2v_page_shared (P2vPage *page);
void p2v_page_set_shared (P2vPage *page, Shared *shared);

void p2v_page_enter (P2vPage *page);
void p2v_page_leave (P2vPage *page);

gboolean p2v_page_is_complete (P2vPage *page);
void p2v_page_set_complete (P2vPage *page, gboolean complete);

/* The page is done and the next one is to be shown ("forward" to the window). */
void p2v_page_go_on (P2vPage *page);

/* From the first page on again, with what was chosen ("again" to the window). */
void p2v_page_start_over (P2vPage *page);
