# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Loop devices.  A client sets its disks read-only (BLKROSET), and the kernel keeps that for a
# loop device without a file, so whoever gets the device next has to undo it.
#
#   attach_loop ARGS… FILE                  losetup with ARGS; prints the device
#   mount_image FILE OFFSET DIR [OPTION…]   mounts what begins at OFFSET, by mount(8) with OPTION…
#                                           and umount lets the loop device go as well

attach_loop () {
  local loop
  loop=$(losetup --find --show "$@") || return
  blockdev --setrw "$loop" && echo "$loop"
}
mount_image () {
  local loop status=0
  loop=$(attach_loop --offset "$2" "$1") || return
  mount "${@:4}" "$loop" "$3" || status=$?
  losetup -d "$loop" # at once, or with the last umount
  return $status
}
