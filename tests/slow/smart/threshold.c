/* SPDX-License-Identifier: GPL-2.0-or-later */
/* threshold DISK: sets the TEST bit of a SCSI disk's mode page "informational exceptions control"
 * (SPC-4, 7.5.12), upon which it reports that it expects to fail, as a failing one does by itself.
 */
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int
main (int argc, char **argv)
{
  /* The header of 8 bytes is empty; then page 0x1c: TEST, to be asked for (MRIE 6). */
  unsigned char parameters[20] = {[8] = 0x1c, [9] = 10, [10] = 0x04, [11] = 6};
  unsigned char command[10] = {0x55, 0x10, [8] = sizeof parameters}; /* MODE SELECT(10), PF */
  unsigned char sense[32] = {0};
  struct sg_io_hdr io = {.interface_id = 'S',
                         .dxfer_direction = SG_DXFER_TO_DEV,
                         .cmd_len = sizeof command,
                         .cmdp = command,
                         .dxfer_len = sizeof parameters,
                         .dxferp = parameters,
                         .mx_sb_len = sizeof sense,
                         .sbp = sense,
                         .timeout = 10000};
  int fd = argc == 2 ? open (argv[1], O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0 || ioctl (fd, SG_IO, &io) != 0 || (io.info & SG_INFO_OK_MASK) != SG_INFO_OK) {
    (void)fprintf (stderr, "threshold: the disk refuses it: sense %02x %02x %02x\n", sense[2],
                   sense[12], sense[13]);
    return 1;
  }
  return 0;
}
