/* SPDX-License-Identifier: GPL-2.0-or-later */
/* GRUB's files and debconf's answers about GRUB: pure functions on their text. */
#pragma once
#include <glib.h>

/* What is wrong with a grub.cfg that has to start kernel VERSION: a sentence
 * (caller frees), NULL when nothing is.  WITH_INITRD: the kernel needs one. */
char *grub_config_problem (const char *text, const char *version, gboolean with_initrd);

/* /etc/default/grub with GRUB_DISABLE_LINUX_UUID (and _PARTUUID) commented out, so that
 * the root file system is named by its UUID; NULL when neither is set. */
char *grub_defaults_use_uuid (const char *text);

/* debconf's config.dat with the Value of question NAME replaced; NULL when
 * the question is not there, has no value, or has this one. */
char *debconf_with_value (const char *text, const char *name, const char *value);
