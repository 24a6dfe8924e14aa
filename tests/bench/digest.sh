#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How fast one thread digests; what was tried besides it: common/unit.h.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/bench/lib.sh
. tests/bench/lib.sh
bench_begin "Digest of one thread"
for _ in $(seq "$BENCH_PAIRS"); do
  "$BUILD/tests/digest-tool" >"$WORK/digest" || true
  sed 's/^/   /' "$WORK/digest"
  note memory "$(sed -nE 's/.* ([0-9.]+) GB\/s from memory.*/\1/p' "$WORK/digest")"
done
verdict "GB/s out of memory that no cache holds" "$(median memory)" '>=' 1
