/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clamp.h"

/* In units of the font's size, so that larger letters get a wider form: 720 pixels with the
 * image's 10 points at 96 dpi. */
#define WIDTH_EM 54

#define POINTS_PER_INCH 72.0

struct _P2vClamp {
  GtkBin parent;
};

G_DEFINE_TYPE (P2vClamp, p2v_clamp, GTK_TYPE_BIN)

static int
most (GtkWidget *widget)
{
  PangoContext *context = gtk_widget_get_pango_context (widget);
  const PangoFontDescription *font = pango_context_get_font_description (context);
  double size = (double)pango_font_description_get_size (font) / PANGO_SCALE;
  if (!pango_font_description_get_size_is_absolute (font))
    size *= gdk_screen_get_resolution (gtk_widget_get_screen (widget)) / POINTS_PER_INCH;
  return (int)(WIDTH_EM * size);
}

/* What the child gets of WIDTH; not less than it needs. */
static int
child_width (GtkWidget *widget, GtkWidget *child, int width)
{
  int least;
  gtk_widget_get_preferred_width (child, &least, NULL);
  return MIN (width, MAX (most (widget), least));
}

static GtkWidget *
visible_child (GtkWidget *widget)
{
  GtkWidget *child = gtk_bin_get_child (GTK_BIN (widget));
  return child && gtk_widget_get_visible (child) ? child : NULL;
}

static GtkSizeRequestMode
get_request_mode (GtkWidget *widget G_GNUC_UNUSED)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
get_preferred_width (GtkWidget *widget, gint *least, gint *natural)
{
  GtkWidget *child = visible_child (widget);
  *least = *natural = 0;
  if (!child)
    return;
  gtk_widget_get_preferred_width (child, least, natural);
  *natural = child_width (widget, child, *natural);
}

static void
get_preferred_height_for_width (GtkWidget *widget, gint width, gint *least, gint *natural)
{
  GtkWidget *child = visible_child (widget);
  *least = *natural = 0;
  if (child)
    gtk_widget_get_preferred_height_for_width (child, child_width (widget, child, width), least,
                                               natural);
}

static void
size_allocate (GtkWidget *widget, GtkAllocation *place)
{
  GtkWidget *child = visible_child (widget);
  gtk_widget_set_allocation (widget, place);
  if (!child)
    return;
  GtkAllocation inside = *place;
  inside.width = child_width (widget, child, place->width);
  inside.x += (place->width - inside.width) / 2;
  gtk_widget_size_allocate (child, &inside);
}

static void
p2v_clamp_class_init (P2vClampClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  widget->get_request_mode = get_request_mode;
  widget->get_preferred_width = get_preferred_width;
  widget->get_preferred_height_for_width = get_preferred_height_for_width;
  widget->size_allocate = size_allocate;
}

static void
p2v_clamp_init (P2vClamp *clamp G_GNUC_UNUSED)
{
}
