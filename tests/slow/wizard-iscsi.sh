#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1500
# The wizard in the booted image, by keyboard alone, adds an iSCSI disk of a real target that
# wants a password and proves itself, after what goes wrong before.  The disk is on This machine,
# Check names the Windows on it, and it comes out beside the other one.  The server's appliance
# phases are stand-ins (the whole conversion of such a disk: iscsi-job.sh).  Needs `make iso`,
# the package tgt.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh
# shellcheck source=tests/lib/screen.sh
. tests/lib/screen.sh
# shellcheck source=tests/lib/target.sh
. tests/lib/target.sh

RUN=$WORK/machine
INITIATOR=iqn.2001-04.com.example:web-01
stop_all () {
  physical_stop "$RUN"
  target_stop
  sshd_stop
}
trap stop_all EXIT
tests/guests/tiny-disk.sh --variant no-os --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
bench_start
install "$BUILD/tests/server-tool" "$WORK/sshd/server/bin/p2v-server"
truncate -s 64M "$WORK/san.raw"
mkntfs -q -F -Q "$WORK/san.raw" >/dev/null 2>&1
perl tests/lib/hive.pl "$WORK/software" "ProductName=Windows Server 2019 Standard" CurrentBuild=17763 ReleaseId=1809
printf MZ >"$WORK/kernel"
python3 tests/lib/ntfs-put.py "$WORK/san.raw" WINDOWS/system32/NTOSKRNL.EXE="$WORK/kernel" WINDOWS/system32/config/SOFTWARE="$WORK/software"
sum=$(sha256sum <"$WORK/san.raw")
target_start "$WORK/san.raw" "$INITIATOR"
iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --identity "$WORK/sshd/id" --args \
  "$SCREEN_ARGUMENTS p2v.server=192.168.77.2 p2v.port=$SSHD_PORT p2v.username=$SSHD_USER p2v.hostkey=$SSHD_HOSTKEY p2v.identity=file:///etc/p2v/identity p2v.name=san-02 p2v.o=local p2v.os=$OUT p2v.of=raw p2v.gui" \
  >"$WORK/iso.log" 2>&1 || { cat "$WORK/iso.log"; exit 1; }
physical_start --guest "$WORK/tiny" --run "$RUN" --iso "$WORK/site.iso"
sessions () { target_adm --op show --mode conn --tid 1 | grep -c Connection || true; }
has_session () {
  local _
  for _ in $(seq 120); do [ "$(sessions)" -eq 0 ] || return 0; sleep 0.5; done
  picture failed
  return 1
}

check "the first page is the server's, filled in" page Server 400
keys $'\n'
check "the key of the image logs in" seen "$WORK/sshd/sshd.log" "Accepted publickey for $SSHD_USER"
sleep 10
keys $'\n'
check "this machine" page Machine 60
sleep 5
press alt-d
picture sheet
# tries NAME KEY: a button, and a picture of what is said
tries () {
  press "$2"
  sleep 8
  picture "$1"
}
keys "192.168.77.2:$TARGET_PORT"
tries no-target alt-a
press alt-i ctrl-a
keys "$INITIATOR"
tries targets alt-a
tries no-password alt-c
press alt-u
keys "me"
press alt-p
keys "hunter2wrong12"
tries wrong-password alt-c
press alt-p ctrl-a
keys "hunter2hunter2"
press alt-s
keys "it"
press alt-w
keys "hunter2wrong12"
tries wrong-target alt-c
press alt-w ctrl-a
keys "hunter2other12"
picture filled-in
check "nobody is logged in so far" test "$(sessions)" -eq 0
keys $'\n'
check "Connect: the target has this machine's login" has_session
sleep 15
picture added
press alt-n
check "the target" page Target 60
press alt-n
check "the check" page Check 60
sleep 15
press alt-r
picture checked
press alt-s
check "the conversion" page Progress 60
check "and its end" page Done 600
check "the iSCSI disk came out beside the machine's own" test -s "$OUT/san-02-sda" -a -s "$OUT/san-02-sdb"
# But for what the stand-in of the conversion writes.
{ head -c 4M "$WORK/san.raw"; head -c 4M /dev/zero | tr '\0' '\7'; tail -c +$(((8 << 20) + 1)) "$WORK/san.raw"; } >"$WORK/expected"
check "as it is" cmp "$WORK/expected" "$OUT/san-02-sdb"
check "and was not written to" test "$(sha256sum <"$WORK/san.raw")" = "$sum"
check "no password is in the messages" bash -c "! grep -a hunter2 '$RUN/serial.log'"
tap_end
