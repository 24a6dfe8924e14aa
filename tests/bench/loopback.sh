#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The copy over SSH on loopback, ours with digests, against nbdcopy over `ssh -R` with
# OpenSSH's defaults: throughput and processor time of all processes of both ends.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
bench_begin "Copy over SSH on loopback against nbdcopy over ssh -R"
bench_source "${BENCH_MIB:-1024}"
bench_server "AllowTcpForwarding yes"

ours () {
  local before
  ours_start
  before=$(cpu_seconds)
  ours_copy
  note ours.cpu "$(calc "($(cpu_seconds) - $before) / ($SOURCE_SIZE / 1e9)")"
  note ours "$(calc "$SOURCE_SIZE / 1e6 / $SECONDS_TAKEN")"
  ours_stop
  ours_check
}

# The peer's way: nbdkit here, a port forwarded from there, nbdcopy there.
theirs () {
  local before began port nbdkit ssh
  rm -f "$OUT"/*
  port=$(free_port)
  nbdkit --foreground --readonly --exit-with-parent --unix "$WORK/theirs.nbd" --filter=noextents file "$SOURCE" 2>"$WORK/theirs.err" &
  nbdkit=$!
  wait_for "$WORK/theirs.nbd"
  ssh -q -F none -N -p "$SSHD_PORT" -i "$SSHD_DIR/id" -o IdentitiesOnly=yes -o BatchMode=yes \
    -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o ExitOnForwardFailure=yes \
    -R "127.0.0.1:$port:$WORK/theirs.nbd" "$SSHD_USER@127.0.0.1" &
  ssh=$!
  wait_port "$port"
  before=$(cpu_seconds)
  began=$(now)
  if [ "$BENCH_FORMAT" = raw ]; then
    as_login nbdcopy --flush "nbd://127.0.0.1:$port" "$OUT/theirs"
  else
    as_login qemu-img create -q -f "$BENCH_FORMAT" "$OUT/theirs" "$SOURCE_SIZE"
    as_login nbdcopy --flush "nbd://127.0.0.1:$port" -- [ qemu-nbd --discard=unmap -f "$BENCH_FORMAT" "$OUT/theirs" ]
  fi
  note theirs "$(calc "$SOURCE_SIZE / 1e6 / ($(now) - $began)")"
  note theirs.cpu "$(calc "($(cpu_seconds) - $before) / ($SOURCE_SIZE / 1e9)")"
  kill "$ssh" "$nbdkit"
  wait "$ssh" "$nbdkit" || true
  rm -f "$WORK/theirs.nbd"
  qemu-img compare -q -f raw -F "$BENCH_FORMAT" "$SOURCE" "$OUT/theirs"
}

for _ in $(seq "$BENCH_PAIRS"); do
  theirs
  ours
done
figures theirs MB/s "nbdcopy over ssh -R, fsync"
figures ours MB/s "p2v, digests, fsync"
figures theirs.cpu "s/GB" "processor time of nbdcopy over ssh -R"
figures ours.cpu "s/GB" "processor time of p2v"
verdict "throughput, p2v : nbdcopy over ssh -R" "$(calc "$(median ours) / $(median theirs)")" '>=' 1.3
verdict "processor seconds per GB, p2v : nbdcopy over ssh -R" "$(calc "$(median ours.cpu) / $(median theirs.cpu)")" '<=' 0.8
