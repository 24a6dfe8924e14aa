/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of devices in a guest's files, and versions of its kernels: two texts,
 * separated by a newline. */
#include "fuzz.h"
#include "machine.h"
#include "p2v-server/convert/linux/deb-version.h"
#include "p2v-server/convert/linux/device-name.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_auto (GStrv) two = g_strsplit (text, "\n", 2);
  g_autoptr (P2vMachine) machine = fuzz_machine ();
  for (guint i = 0; two[i]; i++) {
    DevicePlace place;
    (void)device_name_is_hardware (two[i]);
    if (device_name_locate (machine, NULL, two[i], &place))
      MUST (place.disk < machine->disks->len);
    g_free (device_name_lv (two[i]));
  }
  if (two[0] && two[1]) {
    int there = deb_version_compare (two[0], two[1]), back = deb_version_compare (two[1], two[0]);
    MUST ((there < 0) == (back > 0) && (there == 0) == (back == 0));
  }
  return 0;
}
