#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 150
# The broker by itself: nbdkit with its plugin, a disk behind data channels that
# break, readers above it.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

SIZE=$((8 * 1024 * 1024 + 512))
UNITS=129
D=$WORK/broker
mkdir "$D"
head -c "$SIZE" /dev/urandom >"$D/disk"
PIDS=()
trap 'kill "${PIDS[@]}" 2>/dev/null || true; wait' EXIT

# start SOCKET ARGUMENT…: an nbdkit that serves
start () {
  local socket=$1 _
  shift
  rm -f "$socket"
  nbdkit --foreground --readonly --unix "$socket" "$@" 2>>"$D/nbdkit.log" &
  PIDS+=($!)
  NBDKIT_PID=$!
  for _ in $(seq 100); do
    [ ! -S "$socket" ] || return 0
    sleep 0.05
  done
  return 1
}

# The physical machine's side; its reads are logged.  source_start [FILTER [PARAMETER…]]
source_start () {
  rm -f "$D/source.log"
  start "$D/source.sock" --filter="${1:-noextents}" --filter=log --filter=noextents file "$D/disk" \
    logfile="$D/source.log" "${@:2}"
  SOURCE_PID=$NBDKIT_PID
}

broker_start () {
  start "$D/nbd" "$BUILD/lib/p2v/nbdkit-p2vbroker-plugin.so" size="$SIZE" cache="$D/cache" map="$D/map" \
    data-socket="$D/data" control-socket="$D/ctl"
  BROKER_PID=$NBDKIT_PID
}

# As broker.c does it: nbdkit 1.32 does not always survive a reader that went
# away in the middle of its answers.
broker_stop () {
  local _
  tell fail >/dev/null 2>&1 || true
  kill "$BROKER_PID" 2>/dev/null || true
  for _ in $(seq 40); do
    kill -0 "$BROKER_PID" 2>/dev/null || break
    sleep 0.05
  done
  kill -KILL "$BROKER_PID" 2>/dev/null || true
  wait "$BROKER_PID" 2>/dev/null || true
}

channel () {
  python3 tests/lib/splice.py "$D/data" "$D/source.sock" &
  PIDS+=($!)
  CHANNEL_PID=$!
}

# tell COMMAND: one command on the control socket, its answer
tell () {
  python3 -c 'import socket, sys
s = socket.socket (socket.AF_UNIX); s.connect (sys.argv[1]); s.sendall (sys.argv[2].encode () + b"\n")
print (s.makefile ().readline (), end="")' "$D/ctl" "$1"
}

stat_is () {
  local _ answer
  for _ in $(seq 100); do
    answer=$(tell stats)
    [[ " $answer " != *" $1 "* ]] || return 0
    sleep 0.05
  done
  echo "$answer"
  return 1
}

uri () { echo "nbd+unix:///$1?socket=$D/nbd"; }
read_at () { python3 tests/lib/nbdread.py "$D/nbd" "$@" >"$D/part"; }
# fails_with STATUS EXPORT OFFSET LENGTH
fails_with () {
  local status=0
  read_at "${@:2}" || status=$?
  test "$status" -eq "$1"
}
part_is () { cmp "$D/part" <(tail -c "+$(($1 + 1))" "$D/disk" | head -c "$2"); }
reads () { grep -c ' Read id=.* offset=' "$D/source.log" || true; }
# ended NAME: the reader that was started has ended well
ended () {
  local status=0
  wait "$READER" || status=$?
  check "$1" test "$status" -eq 0
}

source_start
broker_start
check "a wrong command is refused" test "$(tell nonsense)" = "unknown command"

# A reader that waits for the first channel.
timeout 30 nbdcopy "$(uri '')" "$D/copy" &
READER=$!
sleep 0.5
check "without a channel a read waits" kill -0 "$READER"
channel
channel
ended "and goes on with one"
check "all bytes are right" cmp "$D/disk" "$D/copy"
check "each unit crossed once" stat_is "fetched=$SIZE"
check "in one read each" test "$(reads)" -eq "$UNITS"
check "all of them are kept" stat_is "cached=$SIZE"
check "the map says so" cmp "$D/map" <(head -c "$UNITS" /dev/zero | tr '\0' '\1')
read_at exact 1000 70000
check "the exact export uses the cache" part_is 1000 70000
check "and asks nobody then" stat_is "requests=$UNITS"
broker_stop

broker_start
timeout 30 nbdcopy "$(uri '')" "$D/copy"
check "a new broker has what the old one kept" cmp "$D/disk" "$D/copy"
check "and reads nothing" stat_is "requests=0"
broker_stop
rm "$D/cache" "$D/map"

# Just what is asked.
broker_start
channel
read_at exact 131172 1000
check "the exact export reads what is asked" part_is 131172 1000
check "and no more" stat_is "fetched=1000"
check "and keeps nothing" stat_is "cached=0"
read_at "" 200000 4096
check "a look at a unit is no more either" stat_is "cached=0"
check "and reads no more than that" stat_is "fetched=5096"
read_at "" 200000 4096
check "the same look again is right" part_is 200000 4096
check "and reads nothing" stat_is "fetched=5096"
read_at "" 131172 8000
check "the other export reads the whole unit" stat_is "cached=65536"
read_at exact 65530 12
check "a read over a border is two" stat_is "requests=5"
check "and right" part_is 65530 12
check "an unknown export is refused" fails_with 3 other 0 1

# Reading ahead: 65536 bytes are cached.
check "what is read can be taken to live" test "$(tell live)" = live
read_at "" 4194304 512
check "then the unit comes whole, with the next one" stat_is "cached=$((3 * 65536))"
check "and the first one is right" part_is 4194304 512
read_at "" 4259840 512
check "behind that one come two" stat_is "cached=$((5 * 65536))"
read_at "" 4325376 65536
check "then four, less what is there" stat_is "cached=$((8 * 65536))"
check "what came ahead is right" part_is 4325376 65536
read_at "" 4718592 512
check "nothing comes behind what follows none of them" stat_is "cached=$((10 * 65536))"
read_at "" "$((SIZE - 512))" 512
check "nor behind the end" stat_is "cached=$((10 * 65536 + 512))"
read_at "" 200000 4096
check "what was probed is no reason" stat_is "cached=$((10 * 65536 + 512))"
check "and it can be probed again" test "$(tell probe)" = probing
read_at "" 5242880 4096
check "without more than is asked" stat_is "cached=$((10 * 65536 + 512))"
broker_stop
kill "$SOURCE_PID"
wait "$SOURCE_PID" || true
rm "$D/cache" "$D/map"

# A channel breaks in the middle of reads, with no other, then a new one comes.
source_start
broker_start
channel
read_at "" 0 1000000
kill -STOP "$SOURCE_PID"
timeout 60 nbdcopy --requests=16 "$(uri '')" "$D/copy" &
READER=$!
check "32 reads are under way" stat_is "requests=48"
kill "$CHANNEL_PID"
check "the break is noticed" stat_is "channels=0"
check "the reader waits" kill -0 "$READER"
kill -CONT "$SOURCE_PID"
channel
ended "it ends with a new channel"
check "all bytes are right after the break" cmp "$D/disk" "$D/copy"
check "only what had no answer was asked again" stat_is "requests=$((UNITS + 32))"
broker_stop
rm "$D/cache" "$D/map"

# Cancelling, with reads that wait for a channel and reads that wait in one; most of the time
# measured is python3 starting.
broker_start
channel
check "the channel is there" stat_is "channels=1"
kill -STOP "$SOURCE_PID"
# (nbdcopy would hang up at the first error, with answers still to come.)
READERS=()
for i in 0 1 2 3 4; do
  python3 tests/lib/nbdread.py "$D/nbd" "" $((i * 1500000)) 1500000 >"$D/part" &
  READERS+=($!)
done
check "one channel has 32 reads under way" stat_is "requests=32"
sleep 0.5
BEGAN=$(date +%s%N)
check "fail is answered" test "$(tell fail)" = failed
READER_STATUS=
for pid in "${READERS[@]}"; do
  wait "$pid" && READER_STATUS+=" 0" || READER_STATUS+=" $?"
done
check "pending reads end with an error" test "$READER_STATUS" = " 5 5 5 5 5"
check "at once" test $(($(date +%s%N) - BEGAN)) -lt 3000000000
check "so do later ones" fails_with 5 '' 0 512
broker_stop
kill -CONT "$SOURCE_PID"
kill "$SOURCE_PID"
wait "$SOURCE_PID" || true
rm "$D/cache" "$D/map"

# A bad sector is the disk's word and not a break.
source_start error error-pread=EIO error-pread-rate=100%
broker_start
channel
check "an error of the source is passed on" fails_with 5 '' 65536 512
check "and remembered" stat_is "source_errno=5"
check "with its place" stat_is "source_where=65536"
check "the channel stays" stat_is "channels=1"
broker_stop
kill "$SOURCE_PID"
wait "$SOURCE_PID" || true

# One bad sector, as a disk has it: a read fails when it touches that one.
BAD=$((5 * 65536 + 20 * 512))
rm -f "$D/cache" "$D/map" "$D/source.log"
# shellcheck disable=SC2016 # $3 and $4 are the plugin's, count and offset
start "$D/source.sock" --filter=log --filter=noextents eval logfile="$D/source.log" get_size="echo $SIZE" \
  pread='if [ $4 -lt '$((BAD + 512))' ] && [ $(($4 + $3)) -gt '$BAD' ]; then echo EIO no >&2; exit 1; fi
    dd if='"$D/disk"' iflag=skip_bytes,count_bytes skip=$4 count=$3 bs=64k status=none'
SOURCE_PID=$NBDKIT_PID
broker_start
channel
read_at "" $((5 * 65536 + 16384)) 20000
check "what lies beside a bad sector is read" part_is $((5 * 65536 + 16384)) 20000
check "the bad sector was nobody's error" stat_is "source_errno=0"
check "its unit is not kept" stat_is "cached=0"
ASKED=$(grep -c ' Read id=.* count=0x10000' "$D/source.log")
read_at "" $((5 * 65536)) 8192
check "more of that unit is right" part_is $((5 * 65536)) 8192
check "and the unit is not tried again" test "$ASKED" -eq "$(grep -c ' Read id=.* count=0x10000' "$D/source.log")"
check "a read of the bad sector fails" fails_with 5 '' $((5 * 65536)) 65536
check "with its place" stat_is "source_where=$((BAD / 4096 * 4096))"
check "a whole read before it is right" read_at "" 0 $((5 * 65536))
check "and kept" stat_is "cached=$((5 * 65536))"
check "the error can be forgotten" test "$(tell forget)" = forgotten
check "and is then" stat_is "source_errno=0"
check "a short read of it fails too" fails_with 5 exact "$BAD" 512
check "and is remembered" stat_is "source_errno=5"
# A reader that shares its memory.
lent () { python3 tests/lib/lender.py "$D/ctl" "$@" >"$D/lent"; }
lent_is () { lent "$1" "$2" && cmp -s "$D/lent" <(tail -c +$(($1 + 1)) "$D/disk" | head -c "$2"); }
lent_fails () {
  local status=0
  lent "${@:2}" || status=$?
  [ "$status" -eq "$1" ]
}
check "memory: several units in one read of the source" lent_is $((65536 * 8)) $((65536 * 4))
check "memory: as it says" grep -q ' Read id=.* offset=0x80000 count=0x40000' "$D/source.log"
check "memory: from the cache and the source, at odd places" lent_is $((4 * 65536 + 100)) 5000
check "memory: beside the bad sector" lent_is $((5 * 65536 + 16384)) 20000
check "memory: with the bad sector" lent_fails 5 $((5 * 65536)) $((65536 * 3))
rm -f "$D/source.log"
check "memory: the units beside it are right" lent_is $((6 * 65536)) $((65536 * 3))
check "memory: the last sector" lent_is $((SIZE - 512)) 512
check "memory: that could shrink is refused" lent_fails 99 unsealed
check "memory: beyond the disk is refused" lent_fails 99 $((SIZE - 512)) 1024
check "memory: beyond the memory is refused" lent_fails 99 0 $((1 << 20))
kill "$CHANNEL_PID"
check "memory: without channels a reader may leave" lent leave $((65536 * 20))
channel
check "memory: and the broker goes on" lent_is $((65536 * 20)) 65536
broker_stop
kill "$SOURCE_PID"
wait "$SOURCE_PID" || true

# Another disk.
source_start
rm "$D/cache" "$D/map"
SIZE=$((SIZE + 512)) broker_start
channel
check "a disk of another size is refused" stat_is "wrong_size=$SIZE"
check "and no channel" stat_is "channels=0"

tap_end
