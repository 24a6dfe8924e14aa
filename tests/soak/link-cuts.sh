#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whole jobs of the tiny guest, one after the other, with cuts at other random moments
# each time: link-cuts.sh [JOBS].  SEED=N begins with that one.  Ends with a summary,
# status 0 when every job ended well.
set -euo pipefail
cd "$(dirname "$0")/../.."
jobs=${1:-5}
seed=${SEED:-$RANDOM}
build=${BUILD:-$PWD/build}
logs=$(mktemp -d "${TMPDIR:-/tmp}/p2v-soak.XXXXXX")
good=0
for i in $(seq "$jobs"); do
  log=$logs/job$i
  if SEED=$((seed + i - 1)) STALL=$((30 + RANDOM % 31)) BUILD=$build tests/run tests/slow/link-cuts.sh >"$log" 2>&1; then
    good=$((good + 1))
    result=well
  else
    result="NOT WELL: $log"
  fi
  # The cutter's lines: phase, kind, time.
  echo "job $i of $jobs, seed $((seed + i - 1)): $(grep -c '^# [a-z]*	' "$log" || true) cuts, $(sed -nE 's/.*: ([0-9]+ bytes were read again)/\1/p' "$log"), ended $result"
done
cuts=$(cat "$logs"/job* | grep -c '^# [a-z]*	' || true)
echo "$good of $jobs jobs with $cuts cuts ended well"
[ "$good" -eq "$jobs" ] || exit 1
rm -rf "$logs"
