#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 240
# Data channels through a real sshd: what comes out is what is on the disk, whatever
# the link and the other side do.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
export SSHD_NO_SERVER=1 HOME=$WORK/home
SERVER=$WORK/sshd/server
SOCKETS=$SERVER/sockets
HELPERS=()
stop_all () {
  local pid
  exec 9>&-
  for pid in "${HELPERS[@]}" ${TUNNEL_PID:-}; do kill -CONT "$pid" 2>/dev/null || true; kill "$pid" 2>/dev/null || true; done
  sshd_stop
}
trap stop_all EXIT

install -D -t "$SERVER/bin" tests/component/fake-server/p2v-server
install -t "$SERVER" "$BUILD/tests/link-tool"
mkfifo "$WORK/ctl"
# Random data, and data that compresses well.
head -c 64M /dev/urandom >"$WORK/random.img"
{ yes 'a line of text that compresses' || true; } | head -c 24M >"$WORK/text.img"
sshd_start "$WORK/sshd"

# tunnel_start SETTINGS JOB FILE…: ends with the descriptor 9 of this shell
tunnel_start () {
  local settings="p2v.server=127.0.0.1 p2v.port=${PORT:-$SSHD_PORT} p2v.username=$SSHD_USER p2v.identity=$SSHD_DIR/id p2v.hostkey=$SSHD_HOSTKEY $1" job=$2 _
  shift 2
  rm -rf "$SOCKETS"
  install -d -m 777 "$SOCKETS"
  "$BUILD/tests/link-tool" tunnel "$settings" "$job" "$@" <"$WORK/ctl" >"$WORK/tunnel.out" 2>"$WORK/tunnel.err" &
  TUNNEL_PID=$!
  exec 9>"$WORK/ctl"
  for _ in $(seq 200); do
    grep -q . "$WORK/tunnel.out" && return 0
    sleep 0.1
  done
}

# The status and the last line of the tool.
tunnel_end () {
  exec 9>&-
  TUNNEL_STATUS=0
  wait "$TUNNEL_PID" || TUNNEL_STATUS=$?
  TUNNEL_PID=
}

counter () { sed -nE "s/^counters.* $1=([0-9]+).*/\1/p" "$WORK/tunnel.out"; }
uri () { echo "nbd+unix:///?socket=$SOCKETS/$1"; }
wait_socket () { local _; for _ in $(seq 100); do [ -S "$SOCKETS/$1" ] && return 0; sleep 0.1; done; return 1; }
same () { wait_socket "$1" && nbdcopy --connections=1 -- "$(uri "$1")" "$WORK/copy" && cmp "$2" "$WORK/copy"; }

tunnel_start "p2v.connections=2" job "$WORK/random.img" "$WORK/text.img"
check "two disks in two sessions are up" grep -qx up "$WORK/tunnel.out"
same_all () {
  local pids=() pid s f=0
  for s in 0.0 0.1 1.0 1.1; do
    local file=$WORK/random.img
    [ "${s%.*}" = 0 ] || file=$WORK/text.img
    (wait_socket "$s" && nbdcopy --connections=1 -- "$(uri "$s")" "$WORK/copy.$s" && cmp "$file" "$WORK/copy.$s") &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || f=1; done
  return $f
}
check "what comes out of all four channels at once is what is on the disks" same_all
rm -f "$WORK"/copy*
tunnel_end
check "the channels' normal end is no error" test "$TUNNEL_STATUS" -eq 0
check "every byte read is counted" test "$(counter read)" -eq $((2 * (64 + 24) << 20))
check "with one digest for every unit" test "$(counter records)" -eq $((2 * (64 + 24) * 16))

# More disks than sshd allows channels in a session.
many=()
for i in $(seq 0 16); do head -c 256K /dev/urandom >"$WORK/small$i"; many+=("$WORK/small$i"); done
tunnel_start "p2v.connections=1" job "${many[@]}"
check "seventeen disks" same 16.0 "$WORK/small16"
check "the first of them" same 0.0 "$WORK/small0"
tunnel_end

tunnel_start "p2v.connections=1" refused "$WORK/random.img"
sleep 1
tunnel_end
check "a refusal arrives in the server's words" grep -q "^job: .*there is no job refused" "$WORK/tunnel.out"

# A server that stops reading: nothing grows, nothing is lost.
tunnel_start "p2v.connections=1" job "$WORK/random.img"
wait_socket 0.0
far=$(pgrep -n -u "$SSHD_UID" -f "far-end $SOCKETS/0.0")
nbdcopy --connections=1 -- "$(uri 0.0)" "$WORK/copy" &
copy=$!
kill -STOP "$far"
sleep 3
rss=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$TUNNEL_PID/status")
kill -CONT "$far"
check "a server that pauses gets the same data" sh -c 'while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; cmp "$2" "$3"' - "$copy" "$WORK/random.img" "$WORK/copy"
[ -n "${SAN:-}" ] || check "and does not make the client grow ($rss KiB)" test "$rss" -lt 65536
tunnel_end

# One of two channels dies with requests under way: nbdkit goes on serving the other.
tunnel_start "p2v.connections=2" job "$WORK/random.img"
wait_socket 0.0
wait_socket 0.1
(nbdcopy --connections=1 --requests=64 -- "$(uri 0.0)" "$WORK/copy.0" 2>/dev/null || true) &
victim=$!
far=$(pgrep -n -u "$SSHD_UID" -f "far-end $SOCKETS/0.0")
sleep 0.1
kill -KILL "$far"
check "the other channel of a disk outlives one that dies" same 0.1 "$WORK/random.img"
wait "$victim"
tunnel_end
check "the death is reported" grep -q "^job: .*ended the data channel of disk 1" "$WORK/tunnel.out"

# A link of 2 MB/s: data that compresses arrives faster than the link.
slow=$(free_port)
python3 tests/component/slow-link.py "$slow" "$SSHD_PORT" 2000000 &
HELPERS+=($!)
wait_port "$slow"
PORT=$slow
tunnel_start "p2v.connections=1" job "$WORK/text.img"
PORT=
check "over a slow link" same 0.0 "$WORK/text.img"
tunnel_end
check "data is compressed there ($(counter payload_out) to $(counter wire_out) bytes)" \
  test "$(counter wire_out)" -lt $(($(counter payload_out) / 2))

# The connection is cut in the middle.
tunnel_start "p2v.connections=1" job "$WORK/random.img"
wait_socket 0.0
# The socket is held by the child of each session's monitor.
for monitor in $(pgrep -P "$SSHD_PID"); do pkill -KILL -P "$monitor" || true; done
sleep 0.5
began=$SECONDS
tunnel_end
check "a cut connection is a broken link, at once" grep -q "^link: The connection to 127.0.0.1 broke" "$WORK/tunnel.out"
check "and is noticed within seconds" test $((SECONDS - began)) -le 3
tap_end
