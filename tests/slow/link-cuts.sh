#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1800
# A whole job on the tiny guest, the link of which is cut in every phase, and once drops
# everything for 40 seconds (STALL=S).  SEED=N takes other moments, as `make soak` does;
# without it they are those of seed 7, which drops everything while the copy reads.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/cut-job.sh
. tests/lib/cut-job.sh

cut_job_start "${STALL:-40}" preflight=1 overlay=1 inspect=2 convert=2 trim=1 plan=1 copy=3 verify=1 finish=1
# The overlay phase is over in no time: its qemu-img waits until it was cut.
cat >"$WORK/sshd/server/bin/qemu-img" <<WRAPPER
#!/bin/bash
for _ in \$(seq 200); do ! grep -q ^overlay "$WORK/cuts" || break; sleep 0.1; done
exec $(command -v qemu-img) "\$@"
WRAPPER
chmod 755 "$WORK/sshd/server/bin/qemu-img"
cut_job_run "a job whose link is cut in every phase"
cut_job_was cut preflight overlay inspect convert trim plan copy verify finish
check "once everything was dropped" grep -q "dropped" "$WORK/cuts"
CUTS=$(grep -c "	" "$WORK/cuts")
resent=$(($(figure source_bytes_read_nbdkit) - $(figure broker_fetched_bytes)))
check "reads were under way: $resent bytes were read again" test "$resent" -gt 0
check "but not more than 64 MiB for each of $CUTS cuts" test "$resent" -le $((CUTS * (64 << 20)))
cut_job_is_right
tap_end
