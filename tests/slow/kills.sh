#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1200
# A whole job on the tiny guest whose process is killed in every phase: each time its client
# finds it again and it goes on, without reading much twice, and the result is right.  SEED=N
# takes other moments.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/cut-job.sh
. tests/lib/cut-job.sh

cut_job_start 0 kill:overlay=1 kill:inspect=1 kill:convert=1 kill:trim=1 kill:plan=1 kill:copy=2 kill:verify=1 kill:finish=1
setting bandwidth 8M # a copy of some seconds, even though much was read before it
cut_job_run "a job whose process is killed in every phase"
cut_job_was killed overlay inspect convert trim plan copy verify finish
read_bytes=$(figure source_bytes_read_nbdkit) live=$(figure live_bytes)
check "what was read for the conversion was kept: $read_bytes bytes were read, $live live" \
  test "$read_bytes" -le $((live + (4 * 64 << 20)))
cut_job_is_right
tap_end
