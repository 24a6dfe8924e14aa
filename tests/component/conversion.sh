#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 300
# The client against a scripted server: what it sends, what it makes of every answer,
# and that nothing of it stays behind.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
export SSHD_NO_SERVER=1
SERVER=$WORK/sshd/server
SOURCE=$WORK/source.raw
trap sshd_stop EXIT
head -c 8M /dev/urandom >"$SOURCE"
SOURCE_SUM=$(sha256sum <"$SOURCE")
install -D -t "$SERVER/bin" tests/component/fake-server/p2v-server
install -t "$SERVER" "$BUILD/tests/link-tool" tests/component/fake-server/session.py
bench_start

scene_start () {
  case_begin
  setting connections 1
  [ -z "${RECONNECT:-}" ] || setting reconnect "$RECONNECT"
  rm -rf "$SERVER/sockets" "$SERVER/heard" "$SERVER/turn" "$SERVER/instance"
  chmod 777 "$SERVER"
  install -d -m 777 "$SERVER/sockets"
  install -m 666 /dev/null "$SERVER/heard"
  echo "$1" >"$SERVER/scene"
  client_start
}

# scene NAME TITLE RE LIMIT [heard-RE]: a failure
scene () {
  scene_start "$1"
  [ -z "${SIGNAL_AFTER:-}" ] || { sleep "$SIGNAL_AFTER"; kill -INT "$CLIENT_PID"; }
  client_wait
  expect_failure "$2" "$3" "" "$4"
  [ -z "${5:-}" ] || check "$2: the server hears it" grep -qE "$5" "$SERVER/heard"
}

records () {
  python3 - "$SERVER/heard" "$SOURCE" <<'PYTHON'
import base64, ctypes.util, json, struct, sys
seen = {}
for line in open (sys.argv[1]):
    message = json.loads (line)
    if message["type"] == "digests":
        data = base64.b64decode (message["records"])
        for offset, length, digest in struct.iter_unpack ("<QI16s", data):
            seen[offset] = (length, digest)
assert sorted (seen) == list (range (0, 1 << 20, 65536)), seen.keys ()
xxh = ctypes.CDLL (ctypes.util.find_library ("xxhash"))
class Hash (ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]
xxh.XXH3_128bits.restype = Hash
xxh.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
disk = open (sys.argv[2], "rb").read (1 << 20)
for offset, (length, digest) in seen.items ():
    h = xxh.XXH3_128bits (disk[offset:offset + length], length)
    assert digest == struct.pack (">QQ", h.high, h.low), offset
PYTHON
}

scene_start good
client_wait
check "a conversion that goes well ends with status 0" test "$CLIENT_STATUS" -eq 0
check "digests of everything read arrive before the answer, and are right" records
check "the client says bye" grep -q '"bye"' "$SERVER/heard"
check "a server's text cannot steer the terminal" sh -c '! grep -q "$(printf "\033")" "$1"' - "$WORK/client.out"
check "and nothing stays behind" expect_clean

scene_start clock
client_wait
check "a clock that differs from the server's is warned of, no more" \
  test "$CLIENT_STATUS" -eq 0 -a "$(grep -cE "Warning: This machine's clock is 2 h 0 min ahead .*local time" "$WORK/client.out")" -eq 1

# The client comes back: nothing is lost, nothing is said twice.
scene_start again
client_wait
check "a link that breaks three times is no failure" test "$CLIENT_STATUS" -eq 0
resent () {
  python3 - "$SERVER/heard" <<'PYTHON'
import base64, json, sys
counts, back = [0, 0], 0
for line in open (sys.argv[1]):
    message = json.loads (line)
    back |= message["type"] == "back"
    if message["type"] == "digests":
        counts[back] += len (base64.b64decode (message["records"])) // 28
assert counts == [16, 11], counts
PYTHON
}
check "the digests that were not taken are sent again, and no others" resent
# says NUMBER RE: so many lines of the client's output
says () { test "$(grep -cE "$2" "$WORK/client.out")" -eq "$1"; }
check "the person is told of each break" says 3 "p2v-server has ended its session.*Trying to connect again"
check "and of its end" says 3 "Connected again after [0-9]+ s"
check "the phase is told once" says 1 "== copy"
check "and nothing stays behind" expect_clean

scene_start unheard
client_wait
check "start is asked again when its answer was lost" test "$CLIENT_STATUS" -eq 0
check "by the same client" test "$(grep -o '"instance":"[0-9a-f]*"' "$SERVER/heard" | uniq -c | awk '{print $1}')" = 2
check "and nothing stays behind" expect_clean
scene other-job "another job instead of ours" "named a job in a way" 20 '"cancel"'
scene forgotten "a job that has died meanwhile" "fakejob2 has died.*Start again" 20

scene failed "a failure's words reach the person" "Too .*little room.*Make room" 15 '"bye"'
scene refused "a refusal instead of hello" "Nothing can be done here.*Ask somebody" 15
scene mute "a server that does not say hello" "did not say hello within 20 seconds" 30
RECONNECT=0 scene gone "a session that ends before the job does" "Job fakejob2 is left.*p2v-server cancel fakejob2" 20
scene garbage "a message that is none" "not a message of p2v|without a proper" 20 '"cancel"'
scene curious "a question that is not known" "asks for \"passwords\"" 20 '"cancel"'
scene endless "a line without end" "." 20
scene strange-job "a job's name that is no name" "named a job in a way" 20
scene first-line "a login shell that talks" "not a message of p2v: \"Welcome to conv.example\"" 20
SIGNAL_AFTER=3 scene cancelled "Ctrl-C" "cancelled" 20 '"cancel"'
SIGNAL_AFTER=3 scene deaf "Ctrl-C that nobody answers" "did not say within 60 seconds.*p2v-server cancel fakejob2" 75 '"cancel"'

# The whole connection is cut, and there is no other.
# cut_off SECONDS: for so long the client tries
cut_off () {
  RECONNECT=$1 scene_start deaf
  for _ in $(seq 100); do grep -q start "$SERVER/heard" && break; sleep 0.1; done
  sshd_stop # with all its sessions
}
cut_off 0
client_wait
expect_failure "a cut connection" "broke.*Job fakejob2 is left.*p2v-server cancel fakejob2" "" 20
bench_start
cut_off 5
client_wait
expect_failure "a connection that does not come again" "broke and could not be made again.*refused the connection.*Job fakejob2 is left.*p2v-server cancel fakejob2" "" 20
bench_start
cut_off 900
for _ in $(seq 100); do grep -q "Trying to connect again" "$WORK/client.out" && break; sleep 0.1; done
kill -INT "$CLIENT_PID"
client_wait
expect_failure "Ctrl-C while there is no connection" "Cancelled without telling.*p2v-server cancel fakejob2" "" 40
tap_end
