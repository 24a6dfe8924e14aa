/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frontend.h"
#include <dlfcn.h>
#include "common/log.h"
#include "common/process.h"

int
frontend_run_wizard (const Settings *settings, const WizardOptions *options)
{
  const char *x = g_getenv ("DISPLAY"), *wayland = g_getenv ("WAYLAND_DISPLAY");
  if (!(x && *x) && !(wayland && *wayland))
    return WIZARD_NO_DISPLAY;
  g_autofree char *libdir = p2v_process_libdir ();
  g_autofree char *path = g_build_filename (libdir, WIZARD_MODULE, NULL);
  void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    p2v_info ("There is no wizard: %s", dlerror ());
    return WIZARD_NO_DISPLAY;
  }
  /* GTK's types stay for good: the module is never unloaded. */
  WizardRun run = NULL;
  *(void **)&run = dlsym (module, WIZARD_ENTRY);
  return run ? run (settings, options) : WIZARD_NO_DISPLAY;
}
