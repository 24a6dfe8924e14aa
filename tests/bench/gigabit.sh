#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The copy on a link of 1 Gbit/s (a token bucket in a network namespace), of data that
# cannot be compressed: what it makes of the line, beside nbdcopy over ssh -R on the same link.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
bench_private "$@"
bench_begin "Copy on a link of 1 Gbit/s"
bench_source "${BENCH_MIB:-1024}" random
bench_network 1gbit
bench_server "AllowTcpForwarding yes"
for _ in $(seq "$BENCH_PAIRS"); do
  theirs
  note theirs "$(calc "$SOURCE_SIZE / 1e6 / $SECONDS_TAKEN")"
  ours_start
  before=$(wire_bytes out)
  ours_copy
  note ours "$(calc "$SOURCE_SIZE / 1e6 / $SECONDS_TAKEN")"
  wire=$(calc "$(wire_bytes out) - $before")
  note wire "$(calc "$wire / 1e6 / $SECONDS_TAKEN")"
  ours_stop
  ours_check
done
figures theirs MB/s "nbdcopy over ssh -R, fsync"
figures ours MB/s "p2v, digests, fsync"
figures wire MB/s "bytes of IP on the link (p2v)"
verdict "bytes of IP per second, p2v : line rate of 125 MB/s" "$(calc "$(median wire) / 125")" '>=' 0.95
printf '   disk bytes are %.3f of the line rate; TCP leaves at most 1448 of each 1514 bytes, %.3f\n' \
  "$(calc "$(median ours) / 125")" "$(calc "1448 / 1514")"
