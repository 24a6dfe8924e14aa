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
  ours_start
  ours_copy
  note ours.cpu "$(calc "$CPU_TAKEN / ($SOURCE_SIZE / 1e9)")"
  note ours "$(calc "$SOURCE_SIZE / 1e6 / $SECONDS_TAKEN")"
  ours_stop
  ours_check
}

theirs_measured () {
  theirs
  note theirs "$(calc "$SOURCE_SIZE / 1e6 / $SECONDS_TAKEN")"
  note theirs.cpu "$(calc "$CPU_TAKEN / ($SOURCE_SIZE / 1e9)")"
}

for _ in $(seq "$BENCH_PAIRS"); do
  theirs_measured
  ours
done
figures theirs MB/s "nbdcopy over ssh -R, fsync"
figures ours MB/s "p2v, digests, fsync"
figures theirs.cpu "s/GB" "processor time of nbdcopy over ssh -R"
figures ours.cpu "s/GB" "processor time of p2v"
verdict "throughput, p2v : nbdcopy over ssh -R" "$(calc "$(median ours) / $(median theirs)")" '>=' 1.3
verdict "processor seconds per GB, p2v : nbdcopy over ssh -R" "$(calc "$(median ours.cpu) / $(median theirs.cpu)")" '<=' 0.8
