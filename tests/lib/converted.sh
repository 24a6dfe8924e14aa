# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Looks into a guest that build/tests/convert-tool has converted, from outside.
# Sourced after client.sh; needs RESULT (a raw image) and ROOT_AT (where the
# ext4 root file system begins in it).
#
#   prepare_guest VARIANT   a guest of tiny-disk.sh as RAW, furnished by the caller's
#                           furnish ROOT, with an overlay above it in JOB; sets ROOT_AT
#                           and what is in its guest.env
#   small_boot ROOT  (before the conversion, the root file system mounted there)
#   has PATH RE        a line of the file matches
#   has_not PATH RE    the file has text, and no line of it matches
#   link_in_result PATH TARGET
#   absent_in_result PATH

# in_debugfs COMMAND RE: the answer of debugfs about the converted guest matches.
# By way of a file: "| grep -q" would end debugfs by SIGPIPE, and with it the pipeline.
in_debugfs () {
  debugfs -R "$1" "$RESULT?offset=$ROOT_AT" >"$WORK/text" 2>&1
  grep -qE -- "$2" "$WORK/text" || { cat "$WORK/text"; return 1; }
}
link_in_result () {
  in_debugfs "stat \"$1\"" "Fast link dest: \"$2\""
}
absent_in_result () {
  in_debugfs "stat \"$1\"" "File not found"
}
has () {
  in_debugfs "cat \"$1\"" "$2"
}
has_not () {
  has "$1" . >/dev/null && ! grep -E -- "$2" "$WORK/text"
}

# For guests that nobody starts: an initrd with the drivers and little else, and a menu of the
# kernels only.  Emulated, each file in the one costs some 40 ms, each script for the other seconds.
small_boot () {
  find "$1/usr/share/initramfs-tools/hooks" -type f -delete
  find "$1/etc/grub.d" -type f ! -name 00_header ! -name 10_linux -delete
}

prepare_guest () {
  tests/guests/tiny-disk.sh --variant "$1" --out "$WORK/guest" >"$WORK/make.log" 2>&1 ||
    { cat "$WORK/make.log"; exit 1; }
  # shellcheck disable=SC1091 # made by tiny-disk.sh
  . "$WORK/guest/guest.env"
  ROOT_AT=$GUEST_ROOT_AT
  mkdir "$WORK/mnt"
  export -f furnish small_boot attach_loop mount_image
  # unshare: the mount ends with the command, whatever happens
  unshare --mount bash -euc "mount_image '$RAW' $ROOT_AT '$WORK/mnt'; furnish '$WORK/mnt'"
  mkdir -p "$JOB"
  qemu-img create -q -f qcow2 -o cluster_size=4k -b "$RAW" -F raw "$JOB/d0.qcow2"
}
