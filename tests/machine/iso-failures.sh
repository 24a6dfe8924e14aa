#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 600
# What a person sees in the image when a conversion cannot be done: the message stays
# on the screen above a root shell, or the command of p2v.fail ends it.  And from
# that shell: the disks are read-only, and only root reads the kernel's arguments.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh

GUEST=$WORK/guest
RUN=$WORK/machine
trap 'physical_stop "$RUN"' EXIT
tests/guests/tiny-disk.sh --variant no-os --out "$GUEST" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
sum=$(sha256sum <"$GUEST/disk0.raw")

# boot ARGS: with a conversion that is complete but for its disk
boot () {
  iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --args "p2v.server=192.0.2.1 p2v.password=hunter2 p2v.disks=sdz $1" >"$WORK/iso.log" 2>&1 ||
    { cat "$WORK/iso.log"; exit 1; }
  rm -rf "$RUN"
  physical_start --guest "$GUEST" --run "$RUN" --iso "$WORK/site.iso"
}
untouched () {
  [ "$(sha256sum <"$GUEST/disk0.raw")" = "$sum" ] && ! grep -qE 'connection=[0-9]+ (Write|Zero|Trim) ' "$RUN"/disk0.log
}
# The shell's answer to COMMAND, whatever the line that was typed looks like.
answers () {
  local re=$1
  shift
  physical_type "$RUN" "$*"
  physical_await "$RUN" 60 "^$re" || { tail -n 20 "$RUN/serial.log"; return 1; }
}
says () { grep -aqE -- "$1" "$RUN/serial.log" || { tail -n 30 "$RUN/serial.log"; return 1; }; }

boot ""
check "the conversion fails within two minutes of switching on" physical_await "$RUN" 120 'ended without success'
check "the message says what is wrong" says 'sdz'
check "and that nothing was changed" says 'The disks of this machine are unchanged'
physical_screen "$RUN" "$WORK/failed.png"
check "the screen shows it too" test -s "$WORK/failed.png"
check "below it is a shell" physical_await "$RUN" 60 'p2v:.*# '
check "the disk is read-only, and its partition" answers 'ro=1,1' 'echo ro=$(blockdev --getro /dev/sda),$(blockdev --getro /dev/sda1)'
check "a write is refused" answers 'write=refused' 'dd if=/dev/zero of=/dev/sda bs=512 count=1 2>/dev/null && echo write=done || echo write=refused'
check "only root reads the kernel's arguments" answers 'mode=400,1' 'echo mode=$(stat -c %a /proc/cmdline),$(cat /proc/sys/kernel/dmesg_restrict)'
# The kernel's own log has it, as /proc/cmdline has; both are root's alone.
check "the password is in no other file, argument, environment or message" answers 'found=none' \
  '{ journalctl -u p2v-client; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; find /tmp /root /etc /var -type f -exec cat {} +; } 2>/dev/null | grep -aqE "hunte[r]2" && echo found=yes || echo found=none'
physical_type "$RUN" p2v-again
check "p2v-again starts it once more" physical_await "$RUN" 60 'ended without success' 2
physical_await "$RUN" 60 'p2v:.*# ' 7 || true
physical_type "$RUN" poweroff
check "poweroff switches the machine off" physical_wait "$RUN" 60
check "the disk was not written to" untouched
physical_stop "$RUN"

boot "p2v.fail=poweroff"
check "the command of p2v.fail switches the machine off" physical_wait "$RUN" 120
check "after the message" says 'sdz'
check "and the disk was not written to" untouched
tap_end
