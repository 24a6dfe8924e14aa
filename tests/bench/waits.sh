#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole jobs with 20 ms of added round trip against none (a relay of 1 Gbit/s): how much
# longer the phases before the copy take, and what they read that does not live.  On a busy
# machine the first says nothing; how long reads were unanswered says more then.
# BENCH_GUEST=demo-disks.sh: of the demo's disks instead of the tiny guest.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
# shellcheck source=tests/bench/whole-job.sh
. tests/bench/whole-job.sh
BENCH_PAIRS=${BENCH_JOBS:-1}
bench_begin "Phases before the copy with 20 ms of added round trip"
guest_disks "${BENCH_GUEST:-tiny-disk.sh}"
logged_nbdkit
bench_server
logged_broker

through_relay () {
  local relay
  LINK_PORT=$(free_port)
  python3 $HERE/far-link.py "$LINK_PORT" "$SSHD_PORT" 125000000 "$1" &
  relay=$!
  wait_port "$LINK_PORT"
  guest_attach
  job_run
  kill "$relay"
  wait "$relay" || true
  note "$1" "$(phases_before_copy)"
  note "$1.requests" "$(reads_before_copy)"
  note "$1.waited" "$(waited_before_copy)"
  guest_detach
  dead=0
  for class in deleted free swap freevg gaps; do dead=$((dead + $(read_figure "classes.$class.read"))); done
  note "$1.dead" "$(calc "$dead / $LIVE_BYTES")"
}

for _ in $(seq "$BENCH_PAIRS"); do
  through_relay 0
  through_relay 20
done
figures 0 s "before the copy, no added round trip"
figures 20 s "before the copy, 20 ms"
figures 20.requests "" "requests before the copy"
printf '   (one after the other they wait %.1f s for the round trip)\n' "$(calc "$(median 20.requests) * 0.02")"
figures 0.waited s "of the time a read was unanswered, without"
figures 20.waited s "the same with 20 ms"
figures 20.dead "" "read but dead, per live byte"
[ "$BENCH_PAIRS" -ge 3 ] || echo "   (only $BENCH_PAIRS pair: an emulated job takes minutes; BENCH_JOBS=3 for more)"
verdict "seconds longer with 20 ms" "$(calc "$(median 20) - $(median 0)")" '<=' 20
verdict "read but dead : live bytes" "$(median 20.dead)" '<=' 0.02
