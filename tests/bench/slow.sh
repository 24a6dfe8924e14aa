#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The copy on a link of 100 Mbit/s: bytes of IP against what `zstd -3` makes of the same
# blocks, and the time against the time that so many bytes take on the line.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
bench_private "$@"
bench_begin "Copy on a link of 100 Mbit/s"
bench_source "${BENCH_MIB:-512}"
bench_network 100mbit
bench_server
packed=$(zstd -3 -c <"$SOURCE" | wc -c)
for _ in $(seq "$BENCH_PAIRS"); do
  ours_start
  before=$(wire_bytes)
  ours_copy
  wire=$(calc "$(wire_bytes) - $before")
  note seconds "$SECONDS_TAKEN"
  note wire "$(calc "$wire / 1e6")"
  note line "$(calc "$SECONDS_TAKEN / ($wire / 12.5e6)")"
  ours_stop
  ours_check
done
printf '   %-44s %.3f MB\n' "zstd -3 of the same blocks:" "$(calc "$packed / 1e6")"
figures wire MB "bytes of IP in both directions"
figures seconds s "time of the copy"
figures line "" "time : bytes of IP / line rate"
verdict "bytes of IP : zstd -3 of the same blocks" "$(calc "$(median wire) / ($packed / 1e6)")" '<=' 1.1
verdict "time of the copy : bytes of IP / line rate" "$(median line)" '<=' 1.1
