/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard.h"
#include "dialog/language.h"
#include "dialog/work.h"
#include <gdk/gdkx.h>
#include "window.h"

#define LARGE_SCREEN 1800 /* pixels high */

static void
load_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_resource (provider, "/p2v/style.css");
  gtk_style_context_add_provider_for_screen (gdk_screen_get_default (),
                                             GTK_STYLE_PROVIDER (provider),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

/* Nobody sets that on the image, where letters of a 4K screen would be a millimetre high. */
static void
scale_for_screen (const DialogOptions *options)
{
  GdkDisplay *display = gdk_display_get_default ();
  GdkMonitor *monitor = gdk_display_get_monitor (display, 0);
  GdkRectangle area = {0, 0, 0, 0};
  if (!options->image || g_getenv ("GDK_SCALE") || !monitor || !GDK_IS_X11_DISPLAY (display))
    return;
  gdk_monitor_get_geometry (monitor, &area);
  if (area.height >= LARGE_SCREEN)
    gdk_x11_display_set_window_scale (display, 2);
}

/* By our own translations: those of GTK are not on the image, and know of no language that is
 * chosen later. */
static void
set_direction (void)
{
  gboolean rtl = g_str_equal (_ ("default:LTR"), "default:RTL");
  gtk_widget_set_default_direction (rtl ? GTK_TEXT_DIR_RTL : GTK_TEXT_DIR_LTR);
}

__attribute__ ((visibility ("default"))) int
wizard_run (const Settings *settings, const DialogOptions *options)
{
  language_bind ();
  if (!gtk_init_check (NULL, NULL))
    return DIALOG_NO_DISPLAY;
  scale_for_screen (options);
  load_style ();
  /* Seen through a BMC they are only slow. */
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  Shared *shared = shared_new (settings, options);
  do {
    shared->anew = FALSE;
    set_direction ();
    P2vWindow *window = p2v_window_new (shared);
    g_signal_connect (window, "destroy", G_CALLBACK (gtk_main_quit), NULL);
    gtk_main ();
    work_wait_all ();
  } while (shared->anew);
  int status = shared->status;
  shared_free (shared);
  return status;
}
