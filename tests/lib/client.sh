# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Runs p2v-client against the private conversion server of sshd.sh and checks
# what is left afterwards.  Prints TAP.
#
#   case_begin                      settings back to the defaults
#   setting NAME VALUE              p2v.NAME=VALUE; without VALUE: leave it out
#   client_run [SECONDS]            runs it: CLIENT_STATUS, CLIENT_SECONDS, $WORK/client.out
#   client_start / client_wait      the same in the background: CLIENT_PID
#   expect_failure NAME CLIENT-RE SERVER-RE LIMIT   one TAP line for all that must be true then
#   expect_clean                    nothing left: prints what is, status

# shellcheck source=tests/lib/sshd.sh
. "$(dirname "${BASH_SOURCE[0]}")/sshd.sh"
# shellcheck source=tests/lib/loops.sh
. "$(dirname "${BASH_SOURCE[0]}")/loops.sh"

WORK=${TMPDIR:-/tmp}
# Not /run/p2v: other tests may run at the same time.
export P2V_RUN_DIR=$WORK/run
TAP_COUNT=0
TAP_FAILED=0
declare -A SETTINGS

ok () {
  TAP_COUNT=$((TAP_COUNT + 1))
  echo "ok $TAP_COUNT - $1"
}

not_ok () {
  TAP_COUNT=$((TAP_COUNT + 1))
  TAP_FAILED=$((TAP_FAILED + 1))
  echo "not ok $TAP_COUNT - $1"
  shift
  printf '%s\n' "$@" | sed 's/^/# /'
}

# check NAME COMMAND…: one TAP line
check () {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then ok "$name"; else not_ok "$name" "$output"; fi
}

tap_end () {
  echo "1..$TAP_COUNT"
  [ "$TAP_FAILED" -eq 0 ]
}

case_begin () {
  SETTINGS=([server]=127.0.0.1 [port]=$SSHD_PORT [hostkey]=$SSHD_HOSTKEY [username]=$SSHD_USER
    [identity]=file://$SSHD_DIR/id [disks]=$SOURCE [name]=guest [o]=local [os]=$OUT [memory]=512M)
  EXTRA=
}

setting () {
  if [ $# -gt 1 ]; then SETTINGS[$1]=$2; else unset "SETTINGS[$1]"; fi
}

cmdline () {
  local name line=quiet
  for name in "${!SETTINGS[@]}"; do line+=" p2v.$name=${SETTINGS[$name]}"; done
  echo "$line $EXTRA"
}

client_start () {
  HOME=$WORK/client-home "$BUILD/bin/p2v-client" --cmdline="$(cmdline)" >"$WORK/client.out" 2>&1 </dev/null &
  CLIENT_PID=$!
  CLIENT_BEGAN=$SECONDS
}

# With secrets among the settings, which no other user may see: $WORK/client.log
client_start_secret () {
  (umask 077 && cmdline >"$WORK/cmdline")
  HOME=$WORK/client-home "$BUILD/bin/p2v-client" --cmdline=- --log="$WORK/client.log" \
    <"$WORK/cmdline" >"$WORK/client.out" 2>&1 &
  CLIENT_PID=$!
  CLIENT_BEGAN=$SECONDS
}

client_wait () {
  CLIENT_STATUS=0
  wait "$CLIENT_PID" || CLIENT_STATUS=$?
  CLIENT_SECONDS=$((SECONDS - CLIENT_BEGAN))
}

client_run () {
  client_start
  client_wait
}

# What a job may leave until `clean`.
left_files () {
  find "$P2V_STATE_DIR/jobs" -mindepth 2 ! -name job.json ! -name state.json ! -name log \
    ! -name lock ! -name 'report.*' ! -name finished.json 2>/dev/null
}

# Processes of the login user that belong to this test (others may run beside it).
left_processes () {
  local pid
  for pid in $(pgrep -u "$SSHD_UID"); do
    if grep -qzx "P2V_TEST_MARK=${P2V_TEST_MARK:-none}" "/proc/$pid/environ" 2>/dev/null; then
      { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | sed "s/^/$pid /; s/\$/\n/"
    fi
  done
}

# Export folders of clients that have ended (other tests may be running theirs).
left_exports () {
  local dir
  for dir in /run/p2v/*; do
    if [ -e "$dir" ] && ! pgrep -f -- "$dir" >/dev/null; then echo "$dir"; fi
  done
}

expect_clean () {
  local left _
  for _ in $(seq 50); do
    left=$(left_processes; left_files; find "$OUT" -mindepth 1 2>/dev/null; ls -A "$P2V_RUN_DIR" 2>/dev/null)
    [ -n "$left" ] || break
    sleep 0.2
  done
  [ -z "$left" ] || { echo "left behind:"; echo "$left"; return 1; }
  if [ -n "${SOURCE_SUM:-}" ]; then
    [ "$(sha256sum <"$SOURCE")" = "$SOURCE_SUM" ] || { echo "the source was written to"; return 1; }
  fi
}

# The message of the newest job on the server, as `list` has it.
server_message () {
  local state
  # shellcheck disable=SC2012
  state=$(ls -t "$P2V_STATE_DIR"/jobs/*/state.json 2>/dev/null | head -n 1)
  [ -z "$state" ] || python3 -c 'import json, sys; s = json.load (open (sys.argv[1])); print (s.get ("status"), s.get ("message"), s.get ("remedy"))' "$state"
}

expect_failure () {
  local name=$1 client_re=$2 server_re=$3 limit=$4 wrong=() message left
  [ "$CLIENT_STATUS" -ne 0 ] || wrong+=("exit status 0")
  [ "$CLIENT_STATUS" -lt 124 ] || [ "$CLIENT_STATUS" -eq 130 ] || wrong+=("exit status $CLIENT_STATUS")
  grep -qE -- "$client_re" <<<"$(tr '\n' ' ' <"$WORK/client.out")" || wrong+=("the client did not say: $client_re")
  if [ -n "$server_re" ]; then
    message=$(server_message)
    grep -qE -- "$server_re" <<<"$message" || wrong+=("the server did not say: $server_re" "but: $message")
  elif [ -n "$(ls -A "$P2V_STATE_DIR/jobs" 2>/dev/null)" ]; then
    wrong+=("there is a job on the server")
  fi
  [ "$CLIENT_SECONDS" -le "$limit" ] || wrong+=("took $CLIENT_SECONDS s, limit $limit s")
  left=$(expect_clean) || wrong+=("$left")
  if [ ${#wrong[@]} -eq 0 ]; then
    ok "$name ($CLIENT_SECONDS s)"
  else
    not_ok "$name" "${wrong[@]}" "--- the client's output:" "$(tail -n 40 "$WORK/client.out")"
  fi
  rm -rf "$P2V_STATE_DIR/jobs"/*
}

# A conversion server with an empty state and target directory.
# bench_start [sshd_config line]…
bench_start () {
  export P2V_STATE_DIR=${P2V_STATE_DIR:-$WORK/state}
  OUT=${OUT:-$WORK/out}
  mkdir -p "$WORK/client-home" "$OUT" "$P2V_STATE_DIR"
  chown "$SSHD_UID:$SSHD_UID" "$OUT" "$P2V_STATE_DIR"
  chmod 700 "$P2V_STATE_DIR"
  sshd_start "$WORK/sshd" "$@"
}

# disk_with_os FILE DATA SIZE: a disk with so much random data and the name of an operating
# system, for a p2v-server without an appliance (server-tool) and who looks before that
disk_with_os () {
  mkdir -p "$1.tree/etc"
  echo 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"' >"$1.tree/etc/os-release"
  head -c "$2" /dev/urandom >"$1.tree/data"
  mke2fs -q -F -t ext4 -O ^has_journal -d "$1.tree" "$1" "$3" >/dev/null
  rm -r "$1.tree"
}
