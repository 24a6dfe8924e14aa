/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizard.h"
#include "dialog/language.h"
#include "dialog/work.h"
#include "window.h"

static void
load_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_resource (provider, "/p2v/style.css");
  gtk_style_context_add_provider_for_screen (gdk_screen_get_default (),
                                             GTK_STYLE_PROVIDER (provider),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

__attribute__ ((visibility ("default"))) int
wizard_run (const Settings *settings, const DialogOptions *options)
{
  language_bind ();
  if (!gtk_init_check (NULL, NULL))
    return DIALOG_NO_DISPLAY;
  load_style ();
  /* Seen through a BMC they are only slow. */
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  Shared *shared = shared_new (settings, options);
  do {
    shared->anew = FALSE;
    P2vWindow *window = p2v_window_new (shared);
    g_signal_connect (window, "destroy", G_CALLBACK (gtk_main_quit), NULL);
    gtk_main ();
    work_wait_all ();
  } while (shared->anew);
  int status = shared->status;
  shared_free (shared);
  return status;
}
