# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What callers use.
# shellcheck disable=SC2034
# What the benchmarks have in common.  Sourced from the root of the repository, as root;
# each script is one point of measurement and runs by `make bench-NAME`.
#
#   bench_begin TITLE              a working folder, the machine, load
#   bench_source MIB [random]      SOURCE: a read-only loop device of MIB with real files
#   bench_server [sshd_config line]…   the private conversion server of tests/lib/sshd.sh
#   bench_network RATE             before it: PEER is another network namespace, the link to
#                                  it (SERVER_IP) carries RATE (tc's words) in each direction
#   ours_start [p2v ARGUMENT]…     nbdkit, digest filter, tunnel, sshd, broker: ready to copy
#                                  ours_trim, where a script has it, works on the overlay
#   ours_copy / ours_stop          copies (SECONDS_TAKEN, CPU_TAKEN: seconds of processor time)
#   theirs                         the same by nbdcopy over ssh -R
#   note SERIES VALUE              a figure; figures SERIES [UNIT] prints them with their median
#   median SERIES                  prints it
#   verdict WHAT VALUE OP BOUND    met or missed; never fails the run
#   cpu_seconds                    processor time of all processes of this script so far
#
# Disks are in the page cache, so that link, processors and programs are measured and not
# this machine's storage.  BENCH_DISK=FILE measures with another disk, BENCH_PAIRS=N with
# more pairs, BENCH_FORMAT=qcow2 into qcow2, BENCH_PERF=FILE lets perf look at the last copy.

BENCH_PAIRS=${BENCH_PAIRS:-3}
BENCH_FORMAT=${BENCH_FORMAT:-raw}
BUILD=${BUILD:-$PWD/build}
HERE=tests/bench
JOB=benchjob
BENCH_PIDS=()
LOOPS=() # of whole-job.sh
PEER_RUN=()

[ "$(id -u)" -eq 0 ] || { echo "Benchmarks need root: loop devices, another user, network namespaces."; exit 1; }
# A script that bench_private runs anew comes by here twice.
BENCH_TMPDIR=${BENCH_TMPDIR:-${TMPDIR:-/var/tmp}}
TMPDIR=$(mktemp -d "$BENCH_TMPDIR/p2v-bench.XXXXXX")
chmod 755 "$TMPDIR"
export TMPDIR BENCH_TMPDIR BUILD LIBGUESTFS_BACKEND=direct
export P2V_TEST_MARK="p2v-bench-$$"
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
trap bench_end EXIT

bench_load () { cut -d' ' -f1-3 /proc/loadavg; }

bench_begin () {
  local accel=TCG
  # As in the tests: an emulated appliance, but for BENCH_KVM=1 where there is KVM.
  if [ -n "${BENCH_KVM:-}" ]; then accel=KVM; else export LIBGUESTFS_BACKEND_SETTINGS=force_tcg; fi
  echo
  echo "== $1"
  echo "   machine: $(nproc) cores ($(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)), $(awk '/MemTotal/ { printf "%d GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r), appliances by $accel"
  echo "   began $(date -u '+%F %T') UTC, load $(bench_load)"
}

bench_end () {
  local status=$? pid loop environ
  set +e
  ours_stop
  for pid in "${BENCH_PIDS[@]}"; do kill "$pid" 2>/dev/null; done
  sshd_stop
  for pid in "${BENCH_PIDS[@]}"; do wait "$pid" 2>/dev/null; done
  exec 8<&-
  # A job that lost its client would wait for it.
  for environ in /proc/[0-9]*/environ; do
    pid=${environ//[^0-9]/}
    if [ "$pid" = $$ ] || [ "$pid" = "$BASHPID" ]; then continue; fi
    ! grep -qzx "P2V_TEST_MARK=$P2V_TEST_MARK" "$environ" 2>/dev/null || kill -KILL "$pid" 2>/dev/null
  done
  for loop in ${SOURCE_LOOP:-} "${LOOPS[@]}"; do losetup -d "$loop"; done
  [ "$status" -eq 0 ] || { echo "   broken off (status $status); the folder was $WORK"; tail -n 5 "$WORK"/*.err 2>/dev/null; }
  [ -n "${KEEP:-}" ] || rm -rf "$WORK"
  [ "$status" -ne 0 ] || echo "   ended $(date -u '+%T') UTC, load $(bench_load)"
}

# Files of this system, as a disk full of them would be: program code, texts, archives; or
# (random) what nobody can compress.
bench_source () {
  local file=$WORK/source.raw mib=$1 what="the first files of /usr as tar has them"
  if [ -n "${BENCH_DISK:-}" ]; then
    what=$BENCH_DISK
    file=$BENCH_DISK
  elif [ "${2:-}" = random ]; then
    what="random bytes"
    head -c "${mib}M" /dev/urandom >"$file"
  else
    # tar dies of the closed pipe.
    { tar -cf - -C / usr 2>/dev/null || true; } | head -c "${mib}M" >"$file"
    truncate -s "${mib}M" "$file"
  fi
  SOURCE_LOOP=$(attach_loop --read-only "$file")
  SOURCE=$SOURCE_LOOP
  SOURCE_SIZE=$(blockdev --getsize64 "$SOURCE")
  # The last one who closes a block device throws its pages away: held open.
  exec 8<"$SOURCE"
  cat "$SOURCE" >/dev/null
  echo "   source: block device (loop, no holes), $((SOURCE_SIZE >> 20)) MiB, $what"
}

bench_server () {
  SERVER_IP=${SERVER_IP:-127.0.0.1}
  if [ "$SERVER_IP" = 127.0.0.1 ]; then bench_start "$@"; else bench_start "ListenAddress $SERVER_IP" "$@"; fi
}

# This script is in a network namespace of its own (bench_private), its peer in another.
bench_network () {
  local pid rate=$1
  ip link set lo up
  unshare --net sleep infinity &
  pid=$!
  BENCH_PIDS+=("$pid")
  while [ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
  PEER_RUN=(nsenter -t "$pid" -n --)
  SERVER_IP=192.0.2.1
  ip link add server0 type veth peer name client0 netns "$pid"
  ip address add $SERVER_IP/24 dev server0
  ip link set server0 up
  "${PEER_RUN[@]}" ip address add 192.0.2.2/24 dev client0
  "${PEER_RUN[@]}" ip link set client0 up
  "${PEER_RUN[@]}" ip link set lo up
  bench_rate "$rate"
}

# bench_rate RATE: of the link from now on; none: as fast as it can.
bench_rate () {
  local run
  for run in "" "${PEER_RUN[*]}"; do
    local device=server0
    [ -z "$run" ] || device=client0
    $run tc qdisc del dev $device root 2>/dev/null || true
    # Room for a packet of 64 KiB before the kernel cuts it up, and 20 ms of queue.
    [ "$1" = none ] || $run tc qdisc add dev $device root tbf rate "$1" burst 128kb latency 20ms
  done
}

# Runs the script once more inside a network namespace of its own.
bench_private () {
  [ -z "${BENCH_PRIVATE:-}" ] || return 0
  rm -rf "$WORK"
  BENCH_PRIVATE=1 exec unshare --net -- "$0" "$@"
}

# wire_bytes [out]: bytes of IP that have crossed the link in both directions, or from the
# client to the server.  The queue counts packets as they leave, with 14 bytes of Ethernet.
wire_bytes () {
  {
    [ "${1:-}" = out ] || tc -s -j qdisc show dev server0
    "${PEER_RUN[@]}" tc -s -j qdisc show dev client0
  } | python3 -c 'import json, sys
decoder, text, sum = json.JSONDecoder (), sys.stdin.read ().strip (), 0
while text:
    found, end = decoder.raw_decode (text)
    text = text[end:].strip ()
    for q in found:
        if q["kind"] == "tbf":
            sum += q["bytes"] - 14 * q["packets"]
print (sum)'
}

# As user of the conversion server.
as_login () { setpriv --reuid "$SSHD_UID" --regid "$SSHD_UID" --clear-groups "$@"; }

wait_for () {
  local _
  for _ in $(seq 500); do
    [ ! -e "$1" ] || return 0
    sleep 0.02
  done
  echo "$1 does not appear" >&2
  return 1
}

# The link's port on the client's side: a relay's or sshd's.
ours_start () {
  local args
  OURS=$P2V_STATE_DIR/jobs/$JOB
  rm -rf "$OURS" "${OUT:?}"/*
  install -d -m 700 -o "$SSHD_UID" -g "$SSHD_UID" "$P2V_STATE_DIR/jobs" "$OURS"
  install -m 600 -o "$SSHD_UID" -g "$SSHD_UID" /dev/null "$OURS/lock"
  python3 $HERE/hold-lock.py "$OURS/lock" &
  OURS_LOCK=$!
  wait_for "$OURS/lock.held"
  as_login nbdkit --foreground --readonly --unix "$OURS/d0.nbd" \
    "$WORK/sshd/server/lib/p2v/nbdkit-p2vbroker-plugin.so" size="$SOURCE_SIZE" cache="$OURS/d0.cache" \
    map="$OURS/d0.map" data-socket="$OURS/d0.data" control-socket="$OURS/d0.ctl" 2>"$WORK/broker.err" &
  OURS_BROKER=$!
  wait_for "$OURS/d0.ctl"
  wait_for "$OURS/d0.nbd"
  as_login qemu-img create -q -u -f qcow2 -o "cluster_size=${OURS_CLUSTER:-4k},backing_fmt=raw,backing_file=nbd+unix:///?socket=$OURS/d0.nbd" \
    "$OURS/d0.qcow2" "$SOURCE_SIZE"
  ! declare -F ours_trim >/dev/null || ours_trim
  mkfifo "$WORK/tunnel.in"
  args="p2v.server=${SERVER_IP:-127.0.0.1} p2v.port=${LINK_PORT:-$SSHD_PORT} p2v.username=$SSHD_USER p2v.identity=$SSHD_DIR/id p2v.hostkey=$SSHD_HOSTKEY $*"
  HOME=$WORK/client-home "${PEER_RUN[@]}" "$BUILD/tests/link-tool" tunnel "$args" "$JOB" "$SOURCE" \
    <"$WORK/tunnel.in" >"$WORK/tunnel.out" 2>"$WORK/tunnel.err" &
  OURS_TUNNEL=$!
  exec 9>"$WORK/tunnel.in"
  COPY_TOOL=(setpriv --reuid "$SSHD_UID" --regid "$SSHD_UID" --clear-groups env PATH="$WORK/sshd/server/bin:$PATH" "$BUILD/tests/copy-tool" "$OURS" "disk=$SOURCE,$SOURCE_SIZE"
    name=bench os="$OUT" of="$BENCH_FORMAT" client=1)
  # Its first connection: then the channels are there.
  wait_for_channels
  "${COPY_TOOL[@]}" phases=plan >"$WORK/plan.out" 2>"$WORK/plan.err"
}

wait_for_channels () {
  python3 - "$OURS/d0.ctl" <<'PYTHON'
import socket, sys, time
for _ in range (500):
    s = socket.socket (socket.AF_UNIX)
    s.connect (sys.argv[1])
    s.sendall (b"stats\n")
    stats = dict (p.split ("=") for p in s.makefile ().readline ().split () if "=" in p)
    if int (stats["channels"]) >= 2:
        sys.exit (0)
    time.sleep (0.02)
sys.exit ("the tunnel does not come up")
PYTHON
}

now () { date +%s.%N; }
calc () { python3 -c "print ($1)"; }

ours_copy () {
  local began before
  before=$(cpu_seconds)
  began=$(now)
  ${BENCH_PERF:+perf record -q -a -g -F 999 -o "$BENCH_PERF" --} "${COPY_TOOL[@]}" phases=copy >"$WORK/copy.out" 2>"$WORK/copy.err"
  SECONDS_TAKEN=$(calc "$(now) - $began")
  CPU_TAKEN=$(calc "$(cpu_seconds) - $before")
}

# tunnel_figure NAME, after ours_stop: payload_out, wire_out, …
tunnel_figure () { sed -nE "s/^counters.* $1=([0-9]+).*/\1/p" "$WORK/tunnel.out"; }

ours_stop () {
  local pid
  exec 9>&-
  [ -z "${OURS_TUNNEL:-}" ] || wait "$OURS_TUNNEL" || echo "   the tunnel ended badly: $(tail -n 3 "$WORK/tunnel.out")"
  for pid in ${OURS_BROKER:-} ${OURS_LOCK:-}; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  OURS_TUNNEL='' OURS_BROKER='' OURS_LOCK=''
  rm -f "$WORK/tunnel.in"
}

# The target is the source; not measured.
ours_check () {
  qemu-img compare -q -f raw -F "$BENCH_FORMAT" "$SOURCE" "$(find "$OUT" -type f -name '*bench-sda*')" ||
    { echo "   the copy is not what the source is"; return 1; }
}

# The alternative, as the peer does it: nbdkit here, ssh -R, a forwarded port there,
# nbdcopy into the same format there, with fsync.  SECONDS_TAKEN, CPU_TAKEN.
theirs () {
  local before began port nbdkit ssh
  rm -f "$OUT"/* "$WORK/theirs.nbd"
  port=$(free_port)
  "${PEER_RUN[@]}" nbdkit --foreground --readonly --unix "$WORK/theirs.nbd" --filter=noextents file "$SOURCE" 2>"$WORK/theirs.err" &
  nbdkit=$!
  wait_for "$WORK/theirs.nbd"
  "${PEER_RUN[@]}" ssh -q -F none -N -p "$SSHD_PORT" -i "$SSHD_DIR/id" -o IdentitiesOnly=yes -o BatchMode=yes \
    -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o ExitOnForwardFailure=yes \
    -R "127.0.0.1:$port:$WORK/theirs.nbd" "$SSHD_USER@$SERVER_IP" &
  ssh=$!
  wait_port "$port"
  before=$(cpu_seconds)
  began=$(now)
  if [ "$BENCH_FORMAT" = raw ]; then
    as_login nbdcopy --flush "nbd://127.0.0.1:$port" "$OUT/theirs"
  else
    as_login qemu-img create -q -f "$BENCH_FORMAT" "$OUT/theirs" "$SOURCE_SIZE"
    as_login nbdcopy --flush "nbd://127.0.0.1:$port" -- [ qemu-nbd --discard=unmap -f "$BENCH_FORMAT" "$OUT/theirs" ]
  fi
  SECONDS_TAKEN=$(calc "$(now) - $began")
  CPU_TAKEN=$(calc "$(cpu_seconds) - $before")
  kill "$ssh" "$nbdkit"
  wait "$ssh" "$nbdkit" || true
  qemu-img compare -q -f raw -F "$BENCH_FORMAT" "$SOURCE" "$OUT/theirs"
}

note () { echo "$2" >>"$WORK/series.$1"; }
median () { sort -g "$WORK/series.$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
figures () {
  printf '   %-44s %s  median %.3f %s\n' "${3:-$1}:" "$(xargs printf '%.3f ' <"$WORK/series.$1")" "$(median "$1")" "${2:-}"
}

verdict () {
  local word=missed
  if [ "$(python3 -c "print (int ($2 $3 $4))")" = 1 ]; then word=met; fi
  printf '   %-60s %8.3f  bound %s %s: %s\n' "$1" "$2" "$3" "$4" "$word"
}

cpu_seconds () { python3 $HERE/cpu.py $$; }
