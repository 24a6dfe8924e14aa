/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private keys for the login on sticks that are plugged in.  A stick is mounted for reading only
 * while it is looked at; what is chosen stays in memory and can do without it. */
#pragma once
#include <gio/gio.h>

typedef struct {
  char *words; /* "keys/id_ed25519  (sdb1  Ultra “KEYS”  14.9 GiB)" */
  char *name;  /* of the file */
  char *text;  /* the key */
} StickKey;

/* StickKey * of all sticks.  FAILURE (may be NULL, caller frees) becomes the reason when a stick
 * could not be read.  Blocks.  Caller unrefs, which wipes the keys. */
GPtrArray *stick_keys_find (GError **failure);

/* Adds those in FOLDER and in folders down to two levels below it; WHERE is what is said of it.
 * Links are not followed. */
void stick_keys_read (GPtrArray *keys, const char *folder, const char *where);

/* An empty array for them. */
GPtrArray *stick_keys_new (void);

/* A copy of KEY that only its owner can read, on the image in memory: its path, for p2v.identity
 * (caller frees).  P2V_ERROR_IO. */
char *stick_key_keep (const StickKey *key, GError **error);
