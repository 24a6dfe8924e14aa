#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 120
# p2v-server verify: a finished image is compared with the manifest beside it,
# read-only; what differs is named.
set -euo pipefail
# shellcheck source=tests/lib/copy.sh
. tests/lib/copy.sh

SIZE=$((16 * 1048576))
DISK="disk=/dev/sda,$SIZE,512,SER-1"
IMAGE=$OUT/web-sda
make_disk "$WORK/a.raw" 16

# status WANTED ARGUMENT…: p2v-server verify ends like this; its output in $WORK/output.
status() {
  local wanted=$1 got=0
  shift
  "$BUILD/bin/p2v-server" verify "$@" >"$WORK/output" 2>&1 || got=$?
  [ "$got" -eq "$wanted" ] || fail "verify $*: status $got, not $wanted"
}
# says NAME PATTERN…: and its output has these lines.
says() {
  local name=$1 pattern
  shift
  for pattern in "$@"; do
    grep -Eq "$pattern" "$WORK/output" || fail "$name: says \"$pattern\""
  done
  ok "$name: $(tr '\n' ' ' <"$WORK/output")"
}
# finish FORMAT: a finished image.
finish() {
  new_job
  start_broker 0 "$WORK/a.raw"
  make_overlay 0 $SIZE
  overlay_io 0 'write -P 7 1M 20k' 'write -z -u 4M 2M'
  run_tool "$DISK" of="$1" phases=plan,copy,verify,finish || fail "$1: a finished image"
  stop_brokers
}
overwrite() { printf 'X' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

for format in raw qcow2; do
  finish $format
  sum=$(sha256sum "$IMAGE" "$IMAGE.p2v-digests")
  status 0 "$IMAGE"
  says "$format" "^$IMAGE is equal to its manifest, 14\.0 MiB compared\.$"
  [ "$(sha256sum "$IMAGE" "$IMAGE.p2v-digests")" = "$sum" ] || fail "$format: read-only"
  ok "$format: image and manifest are as they were"
  # A source piece, an overlay piece, the next piece of the same unit, and where nothing lives.
  qemu-io -f $format -c 'write -P 99 64k 4k' -c 'write -P 99 1M 512' -c 'write -P 99 1068k 512' \
    -c 'write -P 99 5M 1k' "$IMAGE" >/dev/null
  status 1 "$IMAGE"
  says "$format, changed" "^$IMAGE differs from its manifest in 3 places" \
    '^  bytes 65536 to 131071 \(64\.0 KiB\)$' '^  bytes 1048576 to 1114111 \(64\.0 KiB\)$' \
    '^  bytes 52428(8|4)[0-9]+ to [0-9]+ ' '^That is no damage if the guest has run'
done

# ---- in use (it is qcow2 now) ----
qemu-nbd --persistent --fork --socket="$WORK/use.sock" --pid-file="$WORK/use.pid" -f qcow2 "$IMAGE"
user=$(cat "$WORK/use.pid")
got=0
"$BUILD/bin/p2v-server" verify "$IMAGE" >"$WORK/output" 2>&1 || got=$?
kill "$user"
while kill -0 "$user" 2>/dev/null; do sleep 0.02; done
[ $got -eq 2 ] || fail "an image that is in use: status $got"
says "an image that is in use" "web-sda is in use; shut the guest down first" "lock"

# ---- elsewhere, and with a manifest that is named ----
finish raw
mkdir "$WORK/moved:here"
mv "$IMAGE" "$WORK/moved:here/disk"
mv "$IMAGE.p2v-digests" "$WORK/digests"
status 0 "$WORK/moved:here/disk" "$WORK/digests"
says "image and manifest apart" "equal to its manifest"
(cd "$WORK/moved:here" && ln -s ../digests disk.p2v-digests && "$BUILD/bin/p2v-server" verify disk) \
  >"$WORK/output" 2>&1 || fail "a relative name"
says "a relative name" "equal to its manifest"
IMAGE=$WORK/moved:here/disk

# ---- progress, only on a terminal ----
python3 - "$BUILD/bin/p2v-server" "$IMAGE" >"$WORK/output" 2>&1 <<'PYTHON'
import pty, sys
sys.exit(pty.spawn([sys.argv[1], "verify", sys.argv[2]]) >> 8)
PYTHON
says "progress on a terminal" '%.* of 14\.0 MiB compared' 'equal to its manifest'
status 0 "$IMAGE"
! grep -q '%' "$WORK/output" || fail "no progress into a file"
ok "no progress into a file"

# ---- a raw image that looks like qcow2, because the guest wrote that ----
qemu-img create -q -f qcow2 -b /etc/passwd -F raw "$WORK/header" 1M
dd if="$WORK/header" of="$WORK/a.raw" bs=64k count=1 conv=notrunc status=none
IMAGE=$OUT/web-sda
finish raw
status 0 "$IMAGE"
says "a guest's disk that looks like an image" "equal to its manifest"

# ---- what cannot be compared ----
status 2
says "no image" "^Usage: p2v-server verify IMAGE \[MANIFEST\]"
status 2 "$WORK/nothing"
says "no manifest" "nothing.p2v-digests is not a usable manifest: No such file"
status 2 "$WORK/nothing" "$IMAGE.p2v-digests"
says "no such image" "nothing cannot be read: No such file"
status 2 "$WORK" "$IMAGE.p2v-digests"
says "a directory" "$WORK cannot be read"
status 2 "$IMAGE" "$IMAGE"
says "an image as manifest" "not a usable manifest: it does not begin as one"
head -c 100 "$IMAGE.p2v-digests" >"$WORK/short"
status 2 "$IMAGE" "$WORK/short"
says "half a manifest" "not a usable manifest: its length does not fit"
start_broker 0 "$WORK/a.raw"
run_tool "$DISK" os="$WORK" phases=plan || fail "plan"
run_tool "$DISK" os="$WORK" abandon=1 || fail "abandon"
stop_brokers
status 2 "$IMAGE" "$JOB/d0.blockmap"
says "a manifest of an unfinished job" "not a usable manifest: not all of it was verified"
qemu-img create -q -f qcow2 -b "$IMAGE" -F raw "$WORK/above" $SIZE
status 2 "$WORK/above" "$IMAGE.p2v-digests"
says "an image above another" "refers to other files"
# ---- another size ----
truncate -s +1M "$IMAGE"
status 1 "$IMAGE"
says "an image of another size" "differs from its manifest: it is a disk of 17825792 bytes"
truncate -s -2M "$IMAGE"
status 1 "$IMAGE"
says "an image that lost its end" "differs from its manifest: it is a disk of 15728640 bytes"
truncate -s +1M "$IMAGE"
status 1 "$IMAGE"
says "the end is missed" "  bytes [0-9]+ to 16777215 "

# ---- it is ended ----
mkdir "$WORK/bin" "$WORK/tmp"
printf '#!/bin/bash\ntouch "%s"\nexec sleep 60\n' "$WORK/started" >"$WORK/bin/qemu-nbd"
chmod 755 "$WORK/bin/qemu-nbd"
TMPDIR=$WORK/tmp PATH=$WORK/bin:$PATH "$BUILD/bin/p2v-server" verify "$IMAGE" >"$WORK/output" 2>&1 &
while [ ! -e "$WORK/started" ]; do sleep 0.02; done
kill $!
code=0
wait $! || code=$?
[ $code -eq 2 ] || fail "ended: status $code"
[ -z "$(ls -A "$WORK/tmp")" ] || fail "ended: leaves nothing"
says "ended" "interrupted; nothing can be said"
done_testing
