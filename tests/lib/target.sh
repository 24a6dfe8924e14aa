# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# An iSCSI target (tgtd) on 127.0.0.1, which wants CHAP and proves itself as well: user "me"
# with hunter2hunter2, its own "it" with hunter2other12.  Sourced after client.sh.
#
#   target_start FILE INITIATOR   FILE as LUN 1 of $TARGET at $TARGET_PORT, for INITIATOR only
#   target_stop

TARGET=iqn.2001-04.com.example:disk
TARGET_PID=''
TARGET_PORT=$((20000 + RANDOM % 10000))
TARGET_CONTROL=$((RANDOM % 30000 + 100))

target_adm () { tgtadm -C "$TARGET_CONTROL" --lld iscsi "$@"; }

target_start () {
  local _
  tgtd -f -C "$TARGET_CONTROL" --iscsi "portal=127.0.0.1:$TARGET_PORT" >"$WORK/tgtd.log" 2>&1 &
  TARGET_PID=$!
  for _ in $(seq 50); do ! target_adm --op show --mode sys >/dev/null 2>&1 || break; sleep 0.2; done
  target_adm --op new --mode target --tid 1 -T "$TARGET"
  target_adm --op new --mode logicalunit --tid 1 --lun 1 -b "$1"
  target_adm --op bind --mode target --tid 1 --initiator-name "$2"
  target_adm --op new --mode account --user me --password hunter2hunter2
  target_adm --op bind --mode account --tid 1 --user me
  target_adm --op new --mode account --user it --password hunter2other12
  target_adm --op bind --mode account --tid 1 --user it --outgoing
}

target_stop () {
  [ -z "$TARGET_PID" ] || { kill -9 "$TARGET_PID" && wait "$TARGET_PID"; } 2>/dev/null || true
  TARGET_PID=''
}
