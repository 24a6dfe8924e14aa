# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For tests of plan, copy, verify and finish: overlays above an nbdkit that
# plays the broker, and copy-tool, which runs the phases.  Sourced from the root
# of the repository; prints TAP.

WORK=${TMPDIR:-/tmp}
TOOL=$BUILD/tests/copy-tool
JOB=$WORK/jobs/job1
OUT=$WORK/out
NBDKITS=()
RELAYS=()
N_TESTS=0

ok() {
  N_TESTS=$((N_TESTS + 1))
  echo "ok $N_TESTS - $1"
}

fail() {
  N_TESTS=$((N_TESTS + 1))
  echo "not ok $N_TESTS - $1"
  [ ! -s "$WORK/output" ] || sed 's/^/# /' "$WORK/output"
  exit 1
}

done_testing() {
  echo "1..$N_TESTS"
}

# check NAME COMMAND…: one test.
check() {
  local name=$1
  shift
  if "$@" >"$WORK/check" 2>&1; then ok "$name"; else
    sed 's/^/# /' "$WORK/check"
    fail "$name"
  fi
}

# serve SOCKET ARGUMENT…: an nbdkit that listens there
serve() {
  local socket=$1 _
  shift
  rm -f "$socket"
  nbdkit --foreground --readonly --unix "$socket" "$@" 2>>"$WORK/nbdkit.log" &
  NBDKITS+=($!)
  disown $! # no message when a test kills it
  for _ in $(seq 250); do
    [ ! -S "$socket" ] || return 0
    sleep 0.02
  done
  sed 's/^/# /' "$WORK/nbdkit.log"
  fail "nbdkit at $socket starts"
}

# start_source FILE [nbdkit filters and parameters]: the physical machine's side of
# disk 0 with the client's digest filter; its records go to the job directory,
# reads of the disk are logged in $WORK/reads.
start_source() {
  local file=$1 _ argument filters=() parameters=()
  shift
  for argument in "$@"; do
    case $argument in
    --*) filters+=("$argument") ;;
    *) parameters+=("$argument") ;;
    esac
  done
  rm -f "$WORK/digests.sock" "$WORK/reads"
  socat -u UNIX-LISTEN:"$WORK/digests.sock" CREATE:"$JOB/d0.digests" &
  RELAYS+=($!)
  disown $!
  for _ in $(seq 250); do
    [ ! -S "$WORK/digests.sock" ] || break
    sleep 0.02
  done
  # The filter lists what was read on the way to the disk: below it is the log.
  serve "$WORK/source.sock" --filter="$BUILD/lib/p2v/nbdkit-p2vdigest-filter.so" --filter=log \
    ${filters[@]+"${filters[@]}"} --filter=noextents file "$file" logfile="$WORK/reads" \
    digest-socket="$WORK/digests.sock" ${parameters[@]+"${parameters[@]}"}
}

# start_real_broker SIZE: the broker of disk 0; its sockets are in the job directory.
start_real_broker() {
  serve "$JOB/d0.nbd" "$BUILD/lib/p2v/nbdkit-p2vbroker-plugin.so" size="$1" cache="$JOB/d0.cache" \
    map="$JOB/d0.map" data-socket="$JOB/d0.data" control-socket="$JOB/d0.ctl"
  for _ in $(seq 250); do
    [ ! -S "$JOB/d0.ctl" ] || return 0
    sleep 0.02
  done
  fail "the broker listens"
}

# channel [FLIP]: one data channel from source to broker, its process in $CHANNEL;
# FLIP: tests/lib/flip.py.
channel() {
  python3 tests/lib/flip.py "${1:-none}" channel "$JOB/d0.data" "$WORK/source.sock" &
  CHANNEL=$!
  RELAYS+=("$CHANNEL")
  disown "$CHANNEL"
}

# channel_end: it leaves as the client's do.
channel_end() {
  kill "$CHANNEL"
  while kill -0 "$CHANNEL" 2>/dev/null; do sleep 0.02; done
}

# harmful_qemu_nbd: from now on every qemu-nbd for the use that FLIP_USE names (write,
# check or overlay: image.h) does to its clients what FLIP says (tests/lib/flip.py).  A raw
# image is written without it: for FLIP_USE=write there run_tool does the same to its file.
harmful_qemu_nbd() {
  mkdir "$WORK/bin"
  REAL_QEMU_NBD=$(command -v qemu-nbd)
  export REAL_QEMU_NBD
  cat >"$WORK/bin/qemu-nbd" <<'SCRIPT'
#!/bin/bash
use=check
for argument in "$@"; do
  case $argument in
  --cache=writeback) use=write ;;
  --allocation-depth) use=overlay ;;
  esac
done
[ "$use" = "${FLIP_USE:-}" ] || exec "$REAL_QEMU_NBD" "$@"
exec python3 tests/lib/flip.py "$FLIP" qemu-nbd "$@"
SCRIPT
  chmod 755 "$WORK/bin/qemu-nbd"
  export PATH=$WORK/bin:$PATH
}

# tell_broker COMMAND: its answer
tell_broker() {
  python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode() + b"\n")
print(s.makefile().readline(), end="")' "$JOB/d0.ctl" "$1"
}

# stop_source: all of that again, as the job does it: readers first.
stop_source() {
  [ ! -S "$JOB/d0.ctl" ] || tell_broker fail >/dev/null 2>&1 || true
  local pid
  for pid in ${RELAYS[@]+"${RELAYS[@]}"}; do end_process "$pid"; done
  RELAYS=()
  stop_brokers
}

# end_process PID: nbdkit may hang when its clients were killed in the middle of
# their reads.
end_process() {
  local _
  kill "$1" 2>/dev/null || return 0
  for _ in $(seq 250); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.02
  done
  kill -KILL "$1" 2>/dev/null || true
  while kill -0 "$1" 2>/dev/null; do sleep 0.02; done
}

stop_brokers() {
  local pid
  for pid in ${NBDKITS[@]+"${NBDKITS[@]}"}; do end_process "$pid"; done
  NBDKITS=()
}

# start_broker N FILE [filters and their parameters]: serves FILE as the broker of
# disk N; reads are logged in $WORK/reads.N.
start_broker() {
  local number=$1 file=$2
  shift 2
  local filters=() parameters=() argument
  for argument in "$@"; do
    case $argument in
    --*) filters+=("$argument") ;;
    *) parameters+=("$argument") ;;
    esac
  done
  rm -f "$JOB/d$number.nbd" "$WORK/reads.$number" "$WORK/pid.$number"
  nbdkit --readonly --foreground --unix "$JOB/d$number.nbd" --pidfile "$WORK/pid.$number" ${filters[@]+"${filters[@]}"} \
    --filter=log --filter=noextents file "$file" logfile="$WORK/reads.$number" \
    ${parameters[@]+"${parameters[@]}"} 2>"$WORK/nbdkit.$number" &
  NBDKITS+=($!)
  disown $! # no message when a test kills it
  local i
  for i in $(seq 250); do
    [ ! -s "$WORK/pid.$number" ] || return 0 # written when it listens
    sleep 0.02
  done
  fail "nbdkit for $file does not start ($i)"
}

# make_disk FILE MIB: random data in the first three quarters, then zeroes, and
# a last sector that is not zero.
make_disk() {
  head -c $(($2 * 786432)) /dev/urandom >"$1"
  truncate -s "$2M" "$1"
  printf 'end of disk' | dd of="$1" bs=1 seek=$(($2 * 1048576 - 512)) conv=notrunc status=none
}

# new_job: an empty job directory and target directory.
new_job() {
  rm -rf "$JOB" "$OUT"
  mkdir -p "$JOB" "$OUT"
}

# make_overlay N BYTES: the overlay of disk N above its broker.
make_overlay() {
  qemu-img create -q -f qcow2 -o cluster_size=4k -b "nbd+unix:///?socket=$JOB/d$1.nbd" -F raw \
    "$JOB/d$1.qcow2" "$2"
}

# overlay_io N COMMAND…: what a conversion and a trim do to the overlay.
overlay_io() {
  local number=$1 arguments=()
  shift
  for command in "$@"; do arguments+=(-c "$command"); done
  qemu-io -f qcow2 "$JOB/d$number.qcow2" "${arguments[@]}" >"$WORK/qemu-io" 2>&1
}

# run_tool ARGUMENT…: copy-tool; its output in $WORK/output, its status returned.
run_tool() {
  local environment=()
  # bad-file.so has no sanitizer, and comes before it.
  [ "${FLIP_USE:-}" != write ] || environment=(env LD_PRELOAD="$BUILD/tests/bad-file.so"
    ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0")
  ${environment[@]+"${environment[@]}"} "$TOOL" "$JOB" name=web os="$OUT" "$@" >"$WORK/output" 2>&1
}

# expect_clean NAME: nothing of the job is in the target directory, no helper of
# it runs, no socket of it is in the job directory.
expect_clean() {
  local left
  left=$(ls -A "$OUT"; find "$JOB" -name '*.sock' -o -name '*.pid')
  [ -z "$left" ] || fail "$1: leaves $left"
  if pgrep -f "qemu-nbd.*$JOB" >"$WORK/output"; then fail "$1: leaves processes"; fi
  ok "$1: leaves nothing"
}

# expect_error NAME CODE PATTERN: the last run_tool failed like this.
expect_error() {
  grep -Eq "^$2: .*$3" "$WORK/output" || fail "$1: no $2 error with \"$3\""
  ok "$1: $(grep -E "^$2: " "$WORK/output")"
}

trap stop_brokers EXIT
