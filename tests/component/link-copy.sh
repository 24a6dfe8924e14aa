#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 240
# Many cuts while a disk is copied through tunnel, sshd, p2v-server data and broker:
# everything arrives, each unit is taken once, and little is sent again.  SEED=N repeats
# an earlier run.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
export HOME=$WORK/home
mkdir -p "$HOME"
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
CUTS=${CUTS:-10}
echo "# SEED=$SEED"
JOB=aaaaaaaa
HELPERS=()
stop_all () {
  local pid
  exec 9>&- # ends the tunnel
  # The broker waits for its readers' answers otherwise.
  for pid in "${HELPERS[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  sshd_stop
  wait
}
trap stop_all EXIT

MIB=160
head -c ${MIB}M /dev/urandom >"$WORK/disk.img"
bench_start
# A job that has a broker and nothing else; it lives as long as its lock is held.
DIR=$P2V_STATE_DIR/jobs/$JOB
install -d -m 700 -o "$SSHD_UID" -g "$SSHD_UID" "$P2V_STATE_DIR/jobs" "$DIR"
install -m 600 -o "$SSHD_UID" -g "$SSHD_UID" /dev/null "$DIR/lock"
python3 -c 'import fcntl, os, signal, struct, sys
fd = os.open (sys.argv[1], os.O_RDWR)
F_OFD_SETLK = 37
fcntl.fcntl (fd, F_OFD_SETLK, struct.pack ("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
signal.pause ()' "$DIR/lock" &
HELPERS+=($!)
setpriv --reuid "$SSHD_UID" --regid "$SSHD_UID" --clear-groups \
  nbdkit --foreground --readonly --unix "$DIR/d0.nbd" "$WORK/sshd/server/lib/p2v/nbdkit-p2vbroker-plugin.so" \
  size=$((MIB << 20)) cache="$DIR/d0.cache" map="$DIR/d0.map" data-socket="$DIR/d0.data" control-socket="$DIR/d0.ctl" &
HELPERS+=($!)
for _ in $(seq 100); do [ ! -S "$DIR/d0.ctl" ] || break; sleep 0.1; done
link=$(free_port)
python3 tests/component/slow-link.py "$link" "$SSHD_PORT" 12000000 "$WORK/stalled" &
HELPERS+=($!)
wait_port "$link"

mkfifo "$WORK/ctl"
"$BUILD/tests/link-tool" tunnel "p2v.server=127.0.0.1 p2v.port=$link p2v.username=$SSHD_USER p2v.identity=$SSHD_DIR/id p2v.hostkey=$SSHD_HOSTKEY p2v.connections=2" \
  "$JOB" "$WORK/disk.img" <"$WORK/ctl" >"$WORK/tunnel.out" 2>"$WORK/tunnel.err" &
TUNNEL_PID=$!
exec 9>"$WORK/ctl"

timeout 200 nbdcopy -- "nbd+unix:///?socket=$DIR/d0.nbd" "$WORK/copy" &
COPY=$!
# sshd's processes that hold connections
connections () { local m; for m in $(pgrep -P "$SSHD_PID"); do pgrep -P "$m" || true; done; }
stat_of () {
  python3 -c 'import socket, sys
s = socket.socket (socket.AF_UNIX); s.connect (sys.argv[1]); s.sendall (b"stats\n")
print (dict (p.split ("=") for p in s.makefile ().readline ().split ())[sys.argv[2]])' "$DIR/d0.ctl" "$1"
}
# Until bytes have come since a cut: then all that it took away is asked again.
wait_more () {
  local before _
  before=$(stat_of fetched)
  for _ in $(seq 300); do
    [ "$(stat_of fetched)" -le "$((before + (RANDOM << 6)))" ] || return 0
    kill -0 "$COPY" 2>/dev/null || return 1
    sleep 0.05
  done
  return 1
}
cuts=0
while [ "$cuts" -lt "$CUTS" ] && wait_more; do
  case $((RANDOM % 3)) in
  0) pids=$(connections | shuf -n 1 --random-source=<(yes "$RANDOM")) ;;
  *) pids=$(connections) ;;
  esac
  for pid in $pids; do kill -KILL "$pid" 2>/dev/null || true; done
  [ -z "$pids" ] || cuts=$((cuts + 1))
done
check "$CUTS cuts while it copies" test "$cuts" -eq "$CUTS"
# Short enough for nobody to lose patience.
touch "$WORK/stalled"
sleep 3
rm "$WORK/stalled"
status=0
wait "$COPY" || status=$?
check "the copy ends well" test "$status" -eq 0
check "and is right" cmp "$WORK/disk.img" "$WORK/copy"
fetched=$(stat_of fetched)
check "the broker took each unit once" test "$fetched" -eq $((MIB << 20))
exec 9>&-
status=0
wait "$TUNNEL_PID" || status=$?
check "the tunnel saw no failure" test "$status" -eq 0
read_bytes=$(sed -nE 's/^counters.* read=([0-9]+).*/\1/p' "$WORK/tunnel.out")
again=$((read_bytes - fetched))
check "reads were under way: $again bytes were read again" test "$again" -gt 0
# Two channels with 2 MiB each, and what was read ahead of the answer.
check "at most 8 MiB for each cut" test "$again" -le $((cuts * (8 << 20)))
tap_end
