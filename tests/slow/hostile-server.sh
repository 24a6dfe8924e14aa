#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1200
# The client against a server that sends garbage, giants, wrong types, wrong order,
# floods, or nothing (fake-server/hostile.py): it ends with words, in time, in
# little memory, and leaves nothing.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
export SSHD_NO_SERVER=1
SERVER=$WORK/sshd/server
SOURCE=$WORK/source.raw
MOST_KIB=$((160 * 1024))
[ "${SAN:-}" != 1 ] || MOST_KIB=$((1024 * 1024))
LARGEST=0
trap sshd_stop EXIT
head -c 8M /dev/urandom >"$SOURCE"
SOURCE_SUM=$(sha256sum <"$SOURCE")
install -D -t "$SERVER/bin" tests/component/fake-server/p2v-server
install -t "$SERVER" tests/component/fake-server/hostile.py
bench_start

# The most memory that the client had, looked at until it ends; a client that is
# still there after SECONDS is told to end.
watch_client () {
  local limit=$1 kib
  PEAK=0 STOPPED=
  while kib=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$CLIENT_PID/status" 2>/dev/null) && [ -n "$kib" ]; do
    PEAK=$kib
    if [ -z "$STOPPED" ] && [ $((SECONDS - CLIENT_BEGAN)) -ge "$limit" ]; then
      STOPPED=1
      kill -INT "$CLIENT_PID"
    fi
    sleep 0.1
  done
  [ "$PEAK" -le "$LARGEST" ] || LARGEST=$PEAK
}

# hostile SCENE RE [SECONDS]: what the client says in the end, if need be after
# SIGINT when it goes on for SECONDS
hostile () {
  local scene=$1
  case_begin
  setting connections 1
  setting reconnect 0
  echo "$scene" >"$SERVER/scene"
  client_start
  watch_client "${3:-1000}"
  client_wait
  expect_failure "$scene" "$2" "" $((${3:-20} + 75))
  check "$scene: $((PEAK / 1024)) MiB of memory" test "$PEAK" -lt "$MOST_KIB"
}

NOT_OURS="not a message of p2v"
hostile noise "no text|$NOT_OURS|prints something|sent a line"
hostile nul "no text"
hostile brackets "$NOT_OURS|nested"
hostile members "$NOT_OURS"
hostile hello-types "without a proper"
hostile hello-missing "without a proper"
hostile accepted-first "where its hello belongs"
hostile finished-first "at a wrong moment"
hostile phase-first "[Cc]ancelled|ended its session" 3
hostile hello-twice "at a wrong moment"
hostile accepted-twice "named a job"
hostile waiting-twice "at a wrong moment"
hostile waiting-other "named a job"
hostile reread-nonsense "parts of a disk that there are not"
hostile reread-disk "parts of a disk that there are not"
hostile reread-flood "does not take|[Cc]ancelled|ended" 10
hostile stopped "stopped: .*ppp" 5
hostile client-message "unknown type"
hostile long-job "named a job"
hostile numbers "failed"
hostile summary "failed"
hostile error-types "gave no reason"
hostile result "failed without a reason"
hostile endless "sent a line of more"
hostile flood-log "[Cc]ancelled|ended its session" 8
hostile flood-phase "[Cc]ancelled|ended its session" 8
hostile flood-progress "[Cc]ancelled|ended its session" 8
hostile flood-stderr "[Cc]ancelled|ended its session" 5
hostile flood-query "does not take the answers" 100
hostile data-noise "not a frame"
hostile data-kind "unknown kind"
hostile data-giant "not a frame"
hostile data-after-end "after the end"
hostile data-nbd-noise "[Cc]ancelled|ended" 8
hostile data-bomb "[Cc]ancelled|ended" 8
hostile data-ends "[Cc]ancelled|ended" 8
hostile data-fails "ended the data channel of disk 1"
echo "# most memory: $((LARGEST / 1024)) MiB"
tap_end
