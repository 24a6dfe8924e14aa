#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What compression costs where it does not help: the copy on a link without a limit and on
# one of 1 Gbit/s, with compression as the program decides and without any.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
bench_private "$@"
bench_begin "Compression against none"
bench_source "${BENCH_MIB:-1024}"
bench_network 1gbit
bench_server

one () {
  ours_start "p2v.compress=$2"
  ours_copy
  note "$1.$2" "$(calc "$SOURCE_SIZE / 1e6 / $SECONDS_TAKEN")"
  note "$1.$2.cpu" "$(calc "$CPU_TAKEN / ($SOURCE_SIZE / 1e9)")"
  ours_stop
  note "$1.$2.wire" "$(calc "$(tunnel_figure wire_out) / $(tunnel_figure payload_out)")"
}

for rate in 1gbit none; do
  bench_rate "$rate"
  for _ in $(seq "$BENCH_PAIRS"); do
    one "$rate" never
    one "$rate" auto
  done
  for way in never auto; do
    figures "$rate.$way" MB/s "link $rate, compression $way"
    figures "$rate.$way.cpu" s/GB "  processor time"
    figures "$rate.$way.wire" "" "  bytes in frames per byte"
  done
  verdict "throughput on link $rate, auto : never" "$(calc "$(median "$rate.auto") / $(median "$rate.never")")" '>=' 0.95
done
