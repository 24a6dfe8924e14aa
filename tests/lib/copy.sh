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

stop_brokers() {
  local pid
  for pid in ${NBDKITS[@]+"${NBDKITS[@]}"}; do
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
  done
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
  rm -f "$JOB/d$number.nbd" "$WORK/reads.$number"
  nbdkit --readonly --foreground --unix "$JOB/d$number.nbd" ${filters[@]+"${filters[@]}"} \
    --filter=log --filter=noextents file "$file" logfile="$WORK/reads.$number" \
    ${parameters[@]+"${parameters[@]}"} 2>"$WORK/nbdkit.$number" &
  NBDKITS+=($!)
  disown $! # no message when a test kills it
  local i
  for i in $(seq 250); do
    [ ! -S "$JOB/d$number.nbd" ] || return 0
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
  "$TOOL" "$JOB" name=web os="$OUT" "$@" >"$WORK/output" 2>&1
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
