/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include "convert.h"

/* TRUE when the kernel has MODULE (spelled with "_"), built in or as a file. */
gboolean kernel_has_module (const Kernel *kernel, const char *module);
gboolean kernel_has_builtin (const Kernel *kernel, const char *module);

/* TRUE when LISTING, lines of paths, has the file of MODULE, compressed or not. */
gboolean module_listed (const char *listing, const char *module);

/* Reads kernel->builtin and kernel->modules if that was not done before. */
gboolean kernel_load (Convert *c, Kernel *kernel, GError **error);
