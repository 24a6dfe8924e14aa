#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 90
# The export of a block device: read-only to the kernel, and the block layer reads
# exactly what was asked for.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
IMAGE=$WORK/disk.raw
TOOL_PID=
LOOP=
clean_up () {
  exec 9>&-
  [ -z "$TOOL_PID" ] || { kill "$TOOL_PID" 2>/dev/null && wait "$TOOL_PID"; } || true
  [ -z "$LOOP" ] || losetup -d "$LOOP"
}
trap clean_up EXIT

mkdir "$WORK/bin"
head -c 64M /dev/urandom >"$IMAGE"
before=$(sha256sum <"$IMAGE")
# Without direct I/O the loop device would be filled from the image's page cache, which is
# no matter for its own counter.
LOOP=$(attach_loop "$IMAGE")
mkfifo "$WORK/ctl"
"$BUILD/tests/link-tool" export "$LOOP" <"$WORK/ctl" >"$WORK/tool.out" 2>"$WORK/tool.err" &
TOOL_PID=$!
exec 9>"$WORK/ctl"
for _ in $(seq 200); do
  ! grep -qx up "$WORK/tool.out" || break
  sleep 0.1
done
check "a block device is exported" grep -qx up "$WORK/tool.out"
URI="nbd+unix:///?socket=$(head -n 1 "$WORK/tool.out")"
sectors () { awk '{ print $3 }' "/sys/block/${LOOP#/dev/}/stat"; }

check "the kernel holds it read-only" test "$(blockdev --getro "$LOOP")" -eq 1
check "NBD does not offer writing" sh -c 'nbdinfo --can write "$1"; test $? -eq 2' - "$URI"
check "nor holes" sh -c 'nbdinfo --can trim "$1"; test $? -eq 2' - "$URI"

# Units of 64 KiB, every fourth, and one behind the other.
READS=()
for ((i = 0; i < 32; i++)); do READS+=(-c "read $((i * 4 * 65536)) 65536"); done
for ((i = 0; i < 32; i++)); do READS+=(-c "read $((32 * 1048576 + i * 65536)) 65536"); done
began=$(sectors)
qemu-io -r -f raw "${READS[@]}" "$URI" >"$WORK/qemu-io.out"
grown=$((($(sectors) - began) * 512))
# qemu probes the first sector's alignment by itself.
check "4 MiB asked for, $grown bytes read by the block layer" \
  test "$grown" -ge $((4 << 20)) -a "$grown" -le $((4 << 20 | 4096))

exec 9>&-
status=0
wait "$TOOL_PID" || status=$?
TOOL_PID=
check "the export ends by itself" test "$status" -eq 0
read_bytes=$(sed -nE 's/^counters read=([0-9]+).*/\1/p' "$WORK/tool.out")
check "nbdkit's own count says the same" test "$read_bytes" -ge $((4 << 20)) -a "$read_bytes" -le $((4 << 20 | 4096))
check "nothing stays behind" test -z "$(ls -A "$P2V_RUN_DIR")"

# A disk that does not answer: the client dies, and does not leave nbdkit waiting for it.
cat >"$WORK/bin/nbdkit" <<'STUCK'
#!/bin/bash
arguments=()
for argument; do
  case $argument in
    file) argument=eval ;;
    file=*) argument="get_size=echo 1M" ;;
    fadvise=*) argument="pread=echo \$\$ >>'$WORK/reads'; exec sleep 50" ;;
  esac
  arguments+=("$argument")
done
echo $$ >"$WORK/nbdkit.pid"
exec "$NBDKIT" "${arguments[@]}"
STUCK
chmod 755 "$WORK/bin/nbdkit"
NBDKIT=$(command -v nbdkit)
export NBDKIT WORK
PATH=$WORK/bin:$PATH "$BUILD/tests/link-tool" export "$LOOP" <"$WORK/ctl" >"$WORK/tool.out" 2>"$WORK/tool.err" &
TOOL_PID=$!
exec 9>"$WORK/ctl"
# until COMMAND…: it is so, within ten seconds
until_so () {
  local _
  for _ in $(seq 100); do
    ! "$@" || return 0
    sleep 0.1
  done
  return 1
}
ended () { [ ! -e "/proc/$(<"$WORK/nbdkit.pid")/exe" ]; }
until_so grep -qx up "$WORK/tool.out"
nbdcopy "nbd+unix:///?socket=$(head -n 1 "$WORK/tool.out")" null: >/dev/null 2>&1 &
check "a read is on its way" until_so test -s "$WORK/reads"
kill -KILL "$TOOL_PID"
wait "$TOOL_PID" 2>/dev/null || true
TOOL_PID=
exec 9>&-
check "nbdkit ends with its client, whatever the disk does" until_so ended
xargs kill -KILL <"$WORK/reads"
wait
rm -rf "$P2V_RUN_DIR"
blockdev --setrw "$LOOP"
check "the disk is as it was" test "$before" = "$(sha256sum <"$IMAGE")"

line=$("$BUILD/tests/link-tool" export "$WORK/missing" </dev/null 2>&1) || true
check "a disk that is not there" grep -q "^disk: .*$WORK/missing cannot be opened read-only: No such file" <<<"$line"
tap_end
