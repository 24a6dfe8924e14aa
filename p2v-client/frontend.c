/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frontend.h"
#include <dlfcn.h>
#include <unistd.h>
#include "common/log.h"
#include "common/process.h"

static int
run (const char *name, const char *entry, const Settings *settings, const DialogOptions *options)
{
  g_autofree char *libdir = p2v_process_libdir ();
  g_autofree char *path = g_build_filename (libdir, name, NULL);
  void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    p2v_info ("This dialog is not there: %s", dlerror ());
    return DIALOG_NO_DISPLAY;
  }
  /* GTK's types stay for good: a module is never unloaded. */
  DialogRun dialog = NULL;
  *(void **)&dialog = dlsym (module, entry);
  return dialog ? dialog (settings, options) : DIALOG_NO_DISPLAY;
}

static gboolean
has_display (void)
{
  const char *x = g_getenv ("DISPLAY"), *wayland = g_getenv ("WAYLAND_DISPLAY");
  return (x && *x) || (wayland && *wayland);
}

int
frontend_run (const Settings *settings, const DialogOptions *options)
{
  int status = DIALOG_NO_DISPLAY;
  if (has_display () && !settings_get_bool (settings, SETTING_text))
    status = run (DIALOG_WIZARD_MODULE, DIALOG_WIZARD_ENTRY, settings, options);
  if (status == DIALOG_NO_DISPLAY && isatty (STDIN_FILENO) && isatty (STDOUT_FILENO))
    status = run (DIALOG_TEXT_MODULE, DIALOG_TEXT_ENTRY, settings, options);
  return status;
}
