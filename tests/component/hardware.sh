#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Disks that say that they are failing are told before anything is connected: a stand-in for
# smartctl answers as such disks do.  Needs root (loop devices).
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

LOOP=''
detach () { [ -z "$LOOP" ] || losetup -d "$LOOP"; }
trap detach EXIT
truncate -s 1M "$WORK/disk.raw"
LOOP=$(attach_loop --read-only "$WORK/disk.raw")
mkdir "$WORK/bin"
export PATH=$WORK/bin:$PATH

# answers STATUS JSON: what the next run is told
answers () {
  printf '%s\n' "$2" >"$WORK/answer"
  printf '#!/bin/sh\necho "$@" >>"%s"\ncat "%s"\nexit %s\n' "$WORK/asked" "$WORK/answer" "$1" >"$WORK/bin/smartctl"
  chmod 755 "$WORK/bin/smartctl"
  "$BUILD/bin/p2v-client" --cmdline="p2v.server=127.0.0.1 p2v.port=9 p2v.password=x p2v.reconnect=0 p2v.name=guest p2v.disks=$LOOP" \
    >"$WORK/out" 2>&1 </dev/null || true
}
says () { grep -q -- "$1" "$WORK/out" || { cat "$WORK/out"; return 1; }; }

answers 0 '{"smart_status":{"passed":true},"ata_smart_attributes":{"table":[{"id":197,"raw":{"value":0}}]}}'
check "of a sound disk nothing is said" bash -c "! grep -q SMART '$WORK/out'"
check "only questions are asked" grep -qx -- "--json=c --health --attributes --log=error $LOOP" "$WORK/asked"
# smartctl's exit status has bits for what it found.
answers 24 '{"smart_status":{"passed":false},"ata_smart_attributes":{"table":[{"id":197,"raw":{"value":16}}]}}'
check "a failing disk is told" says "Warning: Disk ${LOOP#/dev/} says of itself that it is failing (SMART)."
check "and that it cannot read" says "Warning: Disk ${LOOP#/dev/} has reported 16 places that it cannot read (SMART)."
check "before the connection is tried" awk '/^Warning/ { warned = NR } /conversion failed/ { failed = NR } END { exit !(warned && warned < failed) }' "$WORK/out"
answers 2 '{"smartctl":{"exit_status":2}}'
check "who cannot be asked is no warning" bash -c "! grep -q SMART '$WORK/out'"
tap_end
