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

int
frontend_run_wizard (const Settings *settings, const DialogOptions *options)
{
  const char *x = g_getenv ("DISPLAY"), *wayland = g_getenv ("WAYLAND_DISPLAY");
  if (!(x && *x) && !(wayland && *wayland))
    return DIALOG_NO_DISPLAY;
  return run (DIALOG_WIZARD_MODULE, DIALOG_WIZARD_ENTRY, settings, options);
}

int
frontend_run_text (const Settings *settings, const DialogOptions *options)
{
  if (!isatty (STDIN_FILENO) || !isatty (STDOUT_FILENO))
    return DIALOG_NO_DISPLAY;
  return run (DIALOG_TEXT_MODULE, DIALOG_TEXT_ENTRY, settings, options);
}
