#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The copy with 20 ms of added round trip against none, both through the same relay of
# 1 Gbit/s: how much of its throughput it keeps.  Data that cannot be compressed.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
bench_begin "Copy with 20 ms of added round trip"
bench_source "${BENCH_MIB:-1024}" random
bench_server

through_relay () {
  local relay
  LINK_PORT=$(free_port)
  python3 $HERE/far-link.py "$LINK_PORT" "$SSHD_PORT" 125000000 "$1" &
  relay=$!
  wait_port "$LINK_PORT"
  ours_start
  ours_copy
  note "$1" "$(calc "$SOURCE_SIZE / 1e6 / $SECONDS_TAKEN")"
  ours_stop
  kill "$relay"
  wait "$relay" || true
  ours_check
}

for _ in $(seq "$BENCH_PAIRS"); do
  through_relay 0
  through_relay 20
done
figures 0 MB/s "no added round trip, 1 Gbit/s"
figures 20 MB/s "20 ms of added round trip, 1 Gbit/s"
verdict "throughput, 20 ms : 0 ms" "$(calc "$(median 20) / $(median 0)")" '>=' 0.8
