/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page.h"

typedef struct {
  Shared *shared;
  char *title, *step, *next;
  gboolean complete, closed;
} P2vPagePrivate;

G_DEFINE_TYPE_WITH_PRIVATE (P2vPage, p2v_page, GTK_TYPE_BOX)

enum { TITLE = 1, STEP, NEXT, COMPLETE, CLOSED, N_PROPERTIES };
static GParamSpec *properties[N_PROPERTIES];
static guint forward, again;

static P2vPagePrivate *
private_of (gpointer page)
{
  return p2v_page_get_instance_private (page);
}

static char **
text_of (P2vPagePrivate *private, guint id)
{
  return id == TITLE ? &private->title : id == STEP ? &private->step : &private->next;
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *spec G_GNUC_UNUSED)
{
  P2vPagePrivate *private = private_of (object);
  if (id == COMPLETE) {
    private->complete = g_value_get_boolean (value);
  } else if (id == CLOSED) {
    private->closed = g_value_get_boolean (value);
  } else {
    char **text = text_of (private, id);
    g_free (*text);
    *text = g_value_dup_string (value);
  }
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *spec G_GNUC_UNUSED)
{
  P2vPagePrivate *private = private_of (object);
  if (id == COMPLETE)
    g_value_set_boolean (value, private->complete);
  else if (id == CLOSED)
    g_value_set_boolean (value, private->closed);
  else
    g_value_set_string (value, *text_of (private, id));
}

static void
finalize (GObject *object)
{
  P2vPagePrivate *private = private_of (object);
  g_free (private->title);
  g_free (private->step);
  g_free (private->next);
  G_OBJECT_CLASS (p2v_page_parent_class)->finalize (object);
}

static void
p2v_page_class_init (P2vPageClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);
  object->set_property = set_property;
  object->get_property = get_property;
  object->finalize = finalize;
  properties[TITLE] = g_param_spec_string ("title", NULL, NULL, "", G_PARAM_READWRITE);
  properties[STEP] = g_param_spec_string ("step", NULL, NULL, "", G_PARAM_READWRITE);
  properties[NEXT] = g_param_spec_string ("next", NULL, NULL, NULL, G_PARAM_READWRITE);
  properties[COMPLETE] = g_param_spec_boolean ("complete", NULL, NULL, FALSE, G_PARAM_READWRITE);
  properties[CLOSED] = g_param_spec_boolean ("closed", NULL, NULL, FALSE, G_PARAM_READWRITE);
  g_object_class_install_properties (object, N_PROPERTIES, properties);
  forward = g_signal_new ("forward", P2V_TYPE_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                          G_TYPE_NONE, 0);
  again =
      g_signal_new ("again", P2V_TYPE_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
p2v_page_init (P2vPage *page G_GNUC_UNUSED)
{
}

Shared *
p2v_page_shared (P2vPage *page)
{
  return private_of (page)->shared;
}

void
p2v_page_set_shared (P2vPage *page, Shared *shared)
{
  P2vPageClass *class = P2V_PAGE_GET_CLASS (page);
  private_of (page)->shared = shared;
  if (class->start)
    class->start (page);
}

void
p2v_page_enter (P2vPage *page)
{
  P2vPageClass *class = P2V_PAGE_GET_CLASS (page);
  if (class->enter)
    class->enter (page);
}

void
p2v_page_leave (P2vPage *page)
{
  P2vPageClass *class = P2V_PAGE_GET_CLASS (page);
  if (class->leave)
    class->leave (page);
}

gboolean
p2v_page_is_complete (P2vPage *page)
{
  return private_of (page)->complete;
}

void
p2v_page_set_complete (P2vPage *page, gboolean complete)
{
  if (private_of (page)->complete != complete)
    g_object_set (page, "complete", complete, NULL);
}

void
p2v_page_go_on (P2vPage *page)
{
  g_signal_emit (page, forward, 0);
}

void
p2v_page_start_over (P2vPage *page)
{
  g_signal_emit (page, again, 0);
}
