/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stick-tool DEVICE: the private keys on it, a line each, and in the end where a copy of the
 * first is kept. */
#include <stdio.h>
#include "common/error.h"
#include "p2v-client/stick-keys.h"
#include "p2v-client/stick.h"

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Stick) stick = argc == 2 ? stick_mount_device (argv[1], FALSE, &error) : NULL;
  g_autoptr (GPtrArray) keys = stick_keys_new ();
  if (!stick) {
    g_autofree char *sentence = error ? p2v_error_sentence (error) : g_strdup ("one device");
    printf ("%s\n", sentence);
    return 1;
  }
  stick_keys_read (keys, stick_path (stick), "here");
  g_clear_pointer (&stick, stick_free);
  for (guint i = 0; i < keys->len; i++)
    printf ("%s\n", ((const StickKey *)g_ptr_array_index (keys, i))->words);
  g_autofree char *path =
      keys->len > 0 ? stick_key_keep (g_ptr_array_index (keys, 0), &error) : NULL;
  printf ("kept: %s\n", path ? path : "nothing");
  return 0;
}
