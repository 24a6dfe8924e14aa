#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole jobs of the demo's disks against virt-p2v and virt-v2v (Debian's packages, installed
# when they are missing), both from the same block devices, over a link of 1 Gbit/s, into
# qcow2, no guest booted: bytes read from the source, bytes on the wire, wall time, and time
# before the copy.  One pair takes a quarter of an hour where the appliance is emulated, so
# BENCH_JOBS=1 is the default; BENCH_GUEST=tiny-disk.sh is quicker.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
# shellcheck source=tests/bench/whole-job.sh
. tests/bench/whole-job.sh
# Before the network goes.
[ -n "${BENCH_PRIVATE:-}" ] || {
  tests/setup.sh virt-p2v virt-v2v
  "tests/guests/${BENCH_GUEST:-demo-disks.sh}" --out "$WORK/guest" >"$WORK/guest.err" 2>&1
}
bench_private "$@"
BENCH_PAIRS=${BENCH_JOBS:-1}
bench_begin "Whole jobs against virt-p2v $(dpkg-query -W -f '${Version}' virt-p2v), virt-v2v $(dpkg-query -W -f '${Version}' virt-v2v)"
guest_disks "${BENCH_GUEST:-demo-disks.sh}"
logged_nbdkit
bench_network 1gbit
bench_server "AllowTcpForwarding yes" "Subsystem sftp /usr/lib/openssh/sftp-server"
# Where it is, its own name says: an executable, packed.
xz -dc "$(dpkg -L virt-p2v | grep '/virt-p2v\.xz$')" >"$WORK/virt-p2v"
chmod 755 "$WORK/virt-p2v"

# The login user's known_hosts is in its home; virt-p2v's ssh adds the host to root's, so
# root gets another one for that time.
peer_run () {
  local began args
  rm -rf "${OUT:?}"/*
  args="p2v.server=$SERVER_IP p2v.port=$SSHD_PORT p2v.username=$SSHD_USER p2v.identity=file://$SSHD_DIR/id p2v.name=guest"
  args+=" p2v.disks=$DISKS p2v.interfaces=em1 p2v.network=em1:default p2v.memory=512M p2v.vcpu.cores=1 p2v.o=local p2v.os=$OUT p2v.of=qcow2 p2v.post="
  began=$(now)
  # shellcheck disable=SC2016
  PATH=$LOGGED:$PATH unshare --mount -- "${PEER_RUN[@]}" bash -c '
    mkdir -p /root/.ssh; mount -t tmpfs none /root/.ssh; exec "$0" --cmdline="$1"' \
    "$WORK/virt-p2v" "$args" >"$WORK/peer.out" 2>&1 </dev/null || { tail -n 30 "$WORK/peer.out"; return 1; }
  SECONDS_TAKEN=$(calc "$(now) - $began")
}

# When virt-v2v began to copy, in seconds since it began itself.
peer_before_copy () { sed -nE 's/\x1b\[[0-9;]*m//g; s/^.*\[ *([0-9.]+)\] Copying disk 1.*/\1/p' "$WORK/peer.out" | head -n 1; }

# measure NAME: what the last job of NAME took.
measure () {
  note "$1.wall" "$SECONDS_TAKEN"
  note "$1.wire" "$(calc "($(wire_bytes) - $2) / 1e6")"
  note "$1.read" "$(calc "$(read_figure requested) / $LIVE_BYTES")"
}

peer_folders () { find /tmp /var/tmp -maxdepth 1 -name 'virt-p2v-*'; }
for _ in $(seq "$BENCH_PAIRS"); do
  folders=$(peer_folders)
  guest_attach
  before=$(wire_bytes)
  peer_run
  measure peer "$before"
  note peer.before "$(peer_before_copy)"
  guest_detach
  for folder in $(peer_folders); do grep -qxF "$folder" <<<"$folders" || rm -rf "$folder"; done
  guest_attach
  before=$(wire_bytes)
  job_run
  measure ours "$before"
  note ours.before "$(phases_before_copy)"
  note ours.over "$(calc "$(median ours.wire) * 1e6 / ($(read_figure requested))")"
  guest_detach
done
for who in peer ours; do
  figures $who.read "" "$who: bytes read from the source : live bytes"
  figures $who.wire MB "$who: bytes of IP on the wire"
  figures $who.wall s "$who: wall time, login to end"
  figures $who.before s "$who: of these before the copy"
done
[ "$BENCH_PAIRS" -ge 3 ] || echo "   (only $BENCH_PAIRS pair: an emulated job takes minutes; BENCH_JOBS=3 for more)"
verdict "bytes read : live bytes" "$(median ours.read)" '<=' 1.03
verdict "bytes on the wire : bytes read" "$(median ours.over)" '<=' 1.04
verdict "wall time, p2v : peer" "$(calc "$(median ours.wall) / $(median peer.wall)")" '<=' 0.8
verdict "time before the copy, p2v : peer" "$(calc "$(median ours.before) / $(median peer.before)")" '<=' 0.8
