/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A driver that is in no kernel, for a device that only QEMU has ("edu"): stands for the one
 * that a site adds to the image, and wants a firmware file, which it shows. */
#include <linux/firmware.h>
#include <linux/module.h>
#include <linux/pci.h>

static int
p2vedu_probe (struct pci_dev *device, const struct pci_device_id *id)
{
  const struct firmware *firmware;
  int error = request_firmware (&firmware, "p2vedu.bin", &device->dev);
  if (error)
    return error;
  dev_warn (&device->dev, "firmware: %.*s\n", (int)min_t (size_t, firmware->size, 40),
            firmware->data);
  release_firmware (firmware);
  return 0;
}

/* docs/specs/edu in QEMU's sources */
static const struct pci_device_id p2vedu_ids[] = {{PCI_DEVICE (0x1234, 0x11e8)}, {}};
MODULE_DEVICE_TABLE (pci, p2vedu_ids);

static struct pci_driver p2vedu_driver = {
    .name = "p2vedu",
    .id_table = p2vedu_ids,
    .probe = p2vedu_probe,
};
module_pci_driver (p2vedu_driver);

MODULE_FIRMWARE ("p2vedu.bin");
MODULE_DESCRIPTION ("Driver of a test");
MODULE_LICENSE ("GPL");
