/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of a page that stand for settings: filled in from them, checked at every key
 * stroke by the same validators as the kernel arguments, written back together. */
#pragma once
#include <gtk/gtk.h>
#include "dialog/shared.h"

typedef struct Form Form;

/* CHANGED is called after every key stroke; COMPLAINT shows what is wrong with the first
 * entry that is. */
Form *form_new (Settings *settings, GtkLabel *complaint, void (*changed) (gpointer data),
                gpointer data);
void form_free (Form *form);

/* ENTRY stands for the setting ID.  OPTIONAL: may stay empty, which means the default. */
void form_add (Form *form, GtkEntry *entry, SettingId id, gboolean optional);

/* Whether what stands in ENTRY counts just now (default: yes). */
void form_use (Form *form, GtkEntry *entry, gboolean used);

/* TRUE when every entry that counts is right. */
gboolean form_is_good (Form *form);

/* Into the settings; what does not count becomes "not given". */
void form_store (Form *form);
