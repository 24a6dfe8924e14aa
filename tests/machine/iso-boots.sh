#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1500
# A few of the ways to start the image (tests/boot/rows.list; `make check-boot` tries all):
# Secure Boot, the network, little memory, no graphics.  DOC= keeps the table of
# docs/boot-matrix.md as it is.
set -euo pipefail
rows=(sb-cd bios-ipxe-headless memory-512 memory-256 no-graphics)
echo "1..${#rows[@]}"
number=0 failed=0
while read -r row verdict _ _ remark; do
  case $verdict in pass | fail) ;; *) continue ;; esac
  number=$((number + 1))
  if [ "$verdict" = pass ]; then
    echo "ok $number - $row $remark"
  else
    failed=1
    echo "not ok $number - $row: $remark"
    tail -n 30 "$BUILD/boot/$row/serial.log" 2>/dev/null | tr -d '\r' | sed 's/^/# /'
  fi
done < <(DOC='' tests/boot/run "${rows[@]}")
[ "$number" -eq "${#rows[@]}" ] || failed=1
exit $failed
