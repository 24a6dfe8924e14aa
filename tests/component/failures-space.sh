#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 300
# Too little space for the result or for the job: found out before anything is
# converted, with both figures in the message.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
trap 'sshd_stop; umount "$WORK/out" "$WORK/state" 2>/dev/null || true' EXIT

tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
SOURCE=$WORK/tiny/disk0.raw
SOURCE_SUM=$(sha256sum <"$SOURCE")
mkdir "$WORK/out" "$WORK/state"

mount -t tmpfs -o size=50M,mode=755 tmpfs "$WORK/out"
bench_start
case_begin
client_run
expect_failure "target directory too small" "$WORK/out.*(MiB|MB|GiB|GB).*(free|room|space)" "failed.*$WORK/out" 120
check "nothing was converted" sh -c '! grep -q "update-initramfs" "$0"' "$WORK/client.out"
sshd_stop
umount "$WORK/out"

# Enough to begin with, not for overlay and cache.
mount -t tmpfs -o size=160M,mode=755 tmpfs "$WORK/state"
bench_start
case_begin
client_run
expect_failure "job directory too small for overlay and cache" "job directory.*(MiB|MB|GiB|GB)" "failed.*job directory" 120
check "nothing was converted" sh -c '! grep -q "update-initramfs" "$0"' "$WORK/client.out"

tap_end
