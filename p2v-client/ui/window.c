/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "window.h"
#include "clamp.h"
#include "network.h"
#include "page-check.h"
#include "page-done.h"
#include "page-machine.h"
#include "page-network.h"
#include "page-progress.h"
#include "page-server.h"
#include "page-target.h"
#include "question.h"
#include "rows.h"
#include "tongue.h"
#include "tools.h"

struct _P2vWindow {
  GtkWindow parent;
  GtkStack *stack;
  GtkBox *steps, *tongues, *tools;
  GtkLabel *heading;
  GtkWidget *scrolled, *buttons, *leave_bar, *stay;
  GtkButton *back, *next;
  Shared *shared;
  GPtrArray *pages; /* P2vPage *, borrowed from the stack */
  guint current;
  GtkWidget *sheet;                         /* in front of the page, or NULL */
  GtkWidget *focus_before, *default_before; /* what the page had, weakly */
};

G_DEFINE_TYPE (P2vWindow, p2v_window, GTK_TYPE_WINDOW)

static P2vPage *
current_page (P2vWindow *window)
{
  return g_ptr_array_index (window->pages, window->current);
}

static void
show_steps (P2vWindow *window)
{
  g_autoptr (GList) labels = gtk_container_get_children (GTK_CONTAINER (window->steps));
  guint i = 0;
  for (GList *l = labels; l; l = l->next, i++) {
    GtkStyleContext *style = gtk_widget_get_style_context (l->data);
    gtk_style_context_remove_class (style, "current");
    gtk_style_context_remove_class (style, "dim-label");
    gtk_style_context_add_class (style, i == window->current ? "current" : "dim-label");
  }
}

static void
show_buttons (P2vWindow *window)
{
  P2vPage *page = current_page (window);
  g_autofree char *next = NULL;
  gboolean closed = FALSE;
  g_object_get (page, "next", &next, "closed", &closed, NULL);
  gtk_button_set_label (window->next, next ? next : _ ("_Next"));
  gtk_widget_set_visible (window->buttons, !closed && !window->sheet);
  gtk_widget_set_visible (GTK_WIDGET (window->back), window->current > 0);
  gtk_widget_set_visible (GTK_WIDGET (window->tongues),
                          P2V_IS_PAGE_NETWORK (page) || P2V_IS_PAGE_SERVER (page));
  gtk_widget_set_sensitive (GTK_WIDGET (window->next), p2v_page_is_complete (page));
  if (p2v_page_is_complete (page) && !window->sheet)
    gtk_widget_grab_default (GTK_WIDGET (window->next));
}

/* ---- sheets ---- */

static void
remember (GtkWidget **place, GtkWidget *widget)
{
  g_set_weak_pointer (place, widget);
}

static void
show_heading (P2vWindow *window)
{
  g_autofree char *title = NULL;
  g_object_get (current_page (window), "title", &title, NULL);
  gtk_label_set_text (window->heading, title);
}

void
p2v_window_open_sheet (P2vWindow *window, const char *title, GtkWidget *sheet)
{
  p2v_window_close_sheet (window);
  remember (&window->focus_before, gtk_window_get_focus (GTK_WINDOW (window)));
  remember (&window->default_before, gtk_window_get_default_widget (GTK_WINDOW (window)));
  window->sheet = sheet;
  gtk_container_add (GTK_CONTAINER (window->stack), sheet);
  gtk_widget_show_all (sheet);
  gtk_label_set_text (window->heading, title);
  gtk_stack_set_visible_child (window->stack, sheet);
  gtk_widget_hide (window->leave_bar);
  show_buttons (window);
}

void
p2v_window_close_sheet (P2vWindow *window)
{
  GtkWidget *sheet = window->sheet;
  if (!sheet)
    return;
  window->sheet = NULL;
  show_heading (window);
  gtk_stack_set_visible_child (window->stack, GTK_WIDGET (current_page (window)));
  show_buttons (window);
  if (window->default_before)
    gtk_widget_grab_default (window->default_before);
  if (window->focus_before)
    gtk_widget_grab_focus (window->focus_before);
  gtk_widget_destroy (sheet);
}

gboolean
p2v_window_is_busy (P2vWindow *window)
{
  gboolean closed = FALSE;
  g_object_get (current_page (window), "closed", &closed, NULL);
  return closed && !window->shared->finished;
}

static void
go_to (P2vWindow *window, guint index)
{
  p2v_window_close_sheet (window);
  window->current = index;
  P2vPage *page = current_page (window);
  show_heading (window);
  gtk_stack_set_visible_child (window->stack, GTK_WIDGET (page));
  /* Into the journal, which is where a test of the image looks. */
  if (window->shared->options->image)
    g_message ("Page: %s", G_OBJECT_TYPE_NAME (page));
  gtk_widget_hide (window->leave_bar);
  show_steps (window);
  show_buttons (window);
  gtk_widget_grab_default (GTK_WIDGET (window->next));
  p2v_page_enter (page);
}

static void
go_forward (P2vWindow *window)
{
  if (!p2v_page_is_complete (current_page (window)) || window->current + 1 >= window->pages->len)
    return;
  p2v_page_leave (current_page (window));
  go_to (window, window->current + 1);
}

static void
go_back (P2vWindow *window)
{
  if (window->current > 0)
    go_to (window, window->current - 1);
}

static void
page_changed (P2vPage *page, GParamSpec *spec G_GNUC_UNUSED, P2vWindow *window)
{
  if (page == current_page (window))
    show_buttons (window);
}

static void
page_is_done (P2vPage *page, P2vWindow *window)
{
  if (page == current_page (window))
    go_forward (window);
}

/* The network needs no look when it is there; Back leads to it. */
static guint
first_page (P2vWindow *window)
{
  g_autoptr (GPtrArray) cards = network_read ();
  return P2V_IS_PAGE_NETWORK (g_ptr_array_index (window->pages, 0)) && network_is_up (cards) ? 1
                                                                                             : 0;
}

static void
start_over (P2vPage *page G_GNUC_UNUSED, P2vWindow *window)
{
  g_clear_pointer (&window->shared->finished, event_free);
  go_to (window, first_page (window));
}

static void
add_page (P2vWindow *window, GType type)
{
  P2vPage *page = g_object_new (type, NULL);
  g_autofree char *step = NULL;
  p2v_page_set_shared (page, window->shared);
  gtk_container_add (GTK_CONTAINER (window->stack), GTK_WIDGET (page));
  g_ptr_array_add (window->pages, page);
  g_signal_connect (page, "notify::complete", G_CALLBACK (page_changed), window);
  g_signal_connect (page, "notify::closed", G_CALLBACK (page_changed), window);
  g_signal_connect (page, "notify::next", G_CALLBACK (page_changed), window);
  g_signal_connect (page, "forward", G_CALLBACK (page_is_done), window);
  g_signal_connect (page, "again", G_CALLBACK (start_over), window);
  g_object_get (page, "step", &step, NULL);
  GtkWidget *label = gtk_label_new (step);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_line_wrap (GTK_LABEL (label), TRUE);
  /* As wide whichever of them is the bold one. */
  gtk_label_set_width_chars (GTK_LABEL (label), 16);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 16);
  gtk_container_add (GTK_CONTAINER (window->steps), label);
  gtk_widget_show (label);
}

/* ---- leaving ---- */

static void
stay_here (P2vWindow *window)
{
  gtk_widget_hide (window->leave_bar);
  gtk_widget_child_focus (GTK_WIDGET (current_page (window)), GTK_DIR_TAB_FORWARD);
}

static void
close_now (P2vWindow *window)
{
  gtk_widget_destroy (GTK_WIDGET (window));
}

static void
ask_to_leave (P2vWindow *window)
{
  gtk_widget_show (window->leave_bar);
  gtk_widget_grab_focus (window->stay);
}

/* While a conversion runs the page's own Cancel is the way. */
static gboolean
take_close (GtkWidget *widget, GdkEventAny *event G_GNUC_UNUSED)
{
  P2vWindow *window = P2V_WINDOW (widget);
  if (window->shared->finished)
    return FALSE;
  p2v_window_close_sheet (window);
  if (!p2v_window_is_busy (window))
    ask_to_leave (window);
  return TRUE;
}

static void
dispose (GObject *object)
{
  P2vWindow *window = P2V_WINDOW (object);
  /* A thread may be waiting for the answer to what a sheet asks. */
  if (window->pages)
    p2v_window_close_sheet (window);
  remember (&window->focus_before, NULL);
  remember (&window->default_before, NULL);
  g_clear_pointer (&window->pages, g_ptr_array_unref);
  G_OBJECT_CLASS (p2v_window_parent_class)->dispose (object);
}

static void
p2v_window_class_init (P2vWindowClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  G_OBJECT_CLASS (class)->dispose = dispose;
  widget->delete_event = take_close;
  g_type_ensure (P2V_TYPE_CLAMP);
  gtk_widget_class_set_template_from_resource (widget, "/p2v/window.ui");
  gtk_widget_class_bind_template_child (widget, P2vWindow, scrolled);
  gtk_widget_class_bind_template_child (widget, P2vWindow, stack);
  gtk_widget_class_bind_template_child (widget, P2vWindow, steps);
  gtk_widget_class_bind_template_child (widget, P2vWindow, tongues);
  gtk_widget_class_bind_template_child (widget, P2vWindow, tools);
  gtk_widget_class_bind_template_child (widget, P2vWindow, heading);
  gtk_widget_class_bind_template_child (widget, P2vWindow, back);
  gtk_widget_class_bind_template_child (widget, P2vWindow, next);
  gtk_widget_class_bind_template_child (widget, P2vWindow, buttons);
  gtk_widget_class_bind_template_child (widget, P2vWindow, leave_bar);
  gtk_widget_class_bind_template_child (widget, P2vWindow, stay);
  gtk_widget_class_bind_template_callback (widget, go_forward);
  gtk_widget_class_bind_template_callback (widget, go_back);
  gtk_widget_class_bind_template_callback (widget, ask_to_leave);
  gtk_widget_class_bind_template_callback (widget, stay_here);
  gtk_widget_class_bind_template_callback (widget, close_now);
}

static void
p2v_window_init (P2vWindow *window)
{
  gtk_widget_init_template (GTK_WIDGET (window));
  rows_follow_focus (window->scrolled);
  window->pages = g_ptr_array_new ();
}

static void
show_widget (GtkWidget *widget, gpointer data G_GNUC_UNUSED)
{
  gtk_widget_show (widget);
}

static gboolean
close_for_anew (gpointer data)
{
  gtk_widget_destroy (data);
  return G_SOURCE_REMOVE;
}

/* Not from within the chooser, which goes with the window. */
static void
change_language (gpointer data)
{
  P2vWindow *window = data;
  window->shared->anew = TRUE;
  g_idle_add (close_for_anew, window);
}

static void
add_tongues (P2vWindow *window)
{
  gtk_container_add (GTK_CONTAINER (window->tongues),
                     tongue_language_chooser (change_language, window));
  if (window->shared->options->image)
    gtk_container_add (GTK_CONTAINER (window->tongues), tongue_keyboard_chooser ());
  gtk_container_foreach (GTK_CONTAINER (window->tongues), show_widget, NULL);
}

/* The whole screen of a rack's console, and a window on a bigger one. */
static void
fit_screen (P2vWindow *window)
{
  GdkDisplay *display = gtk_widget_get_display (GTK_WIDGET (window));
  GdkMonitor *monitor = gdk_display_get_primary_monitor (display);
  GdkRectangle area = {0, 0, 800, 600};
  if (!monitor)
    monitor = gdk_display_get_monitor (display, 0);
  if (monitor)
    gdk_monitor_get_workarea (monitor, &area);
  if (!window->shared->options->image) {
    area.width = MIN (area.width, 1280);
    area.height = MIN (area.height, 800);
  }
  gtk_window_set_default_size (GTK_WINDOW (window), area.width, area.height);
}

/* As go_to's message; the first picture is on the screen by now. */
static gboolean
tell_drawn (GtkWidget *window, cairo_t *cairo G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED)
{
  g_message ("The wizard is drawn");
  g_signal_handlers_disconnect_by_func (window, tell_drawn, NULL);
  return GDK_EVENT_PROPAGATE;
}

P2vWindow *
p2v_window_new (Shared *shared)
{
  P2vWindow *window = g_object_new (P2V_TYPE_WINDOW, NULL);
  window->shared = shared;
  /* Elsewhere than on the image the network is not the wizard's. */
  if (shared->options->image)
    add_page (window, P2V_TYPE_PAGE_NETWORK);
  add_page (window, P2V_TYPE_PAGE_SERVER);
  add_page (window, P2V_TYPE_PAGE_MACHINE);
  add_page (window, P2V_TYPE_PAGE_TARGET);
  add_page (window, P2V_TYPE_PAGE_CHECK);
  add_page (window, P2V_TYPE_PAGE_PROGRESS);
  add_page (window, P2V_TYPE_PAGE_DONE);
  add_tongues (window);
  tools_add (window, window->tools, shared);
  question_serve (window, shared);
  fit_screen (window);
  if (shared->options->image)
    g_signal_connect_after (window, "draw", G_CALLBACK (tell_drawn), NULL);
  gtk_widget_show (GTK_WIDGET (window));
  go_to (window, first_page (window));
  return window;
}
