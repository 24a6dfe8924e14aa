#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1500
# The main job, end to end: a simulated physical machine boots the ISO, by kernel
# arguments only, and becomes a guest that boots.  As a test it prints TAP; with
# --demo it tells what happens and ends with a table.
#
#   --demo          for a person
#   --keep          leave the working folder (printed) with all logs
#   --guest 'ARGS'  arguments for tests/guests/demo-disks.sh, for other disks
#   --memory MIB    of the physical machine (default: 1024)
#   --known-hosts   the server's host key is in the image, not in the arguments
set -euo pipefail
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
demo='' keep='' guest_args=() memory=1024 known_hosts=''
while [ $# -gt 0 ]; do
  case $1 in
  --demo) demo=1 keep=1 ;;
  --keep) keep=1 ;;
  --guest) read -ra guest_args <<<"$2"; shift ;;
  --memory) memory=$2; shift ;;
  --known-hosts) known_hosts=1 ;;
  *) sed -n '4,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
# By hand (tests/run makes a folder of its own).
if [ -z "${P2V_TEST_MARK:-}" ]; then
  TMPDIR=$(mktemp -d /var/tmp/p2v-demo.XXXXXX)
  chmod 755 "$TMPDIR"
  export TMPDIR LIBGUESTFS_BACKEND=direct LIBGUESTFS_BACKEND_SETTINGS=force_tcg
fi
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh

export P2V_STATE_DIR=$WORK/state
OUT=$WORK/out
RUN=$WORK/run
GUEST=$WORK/guest
NAME=converted

finish () {
  physical_stop "$RUN" 2>/dev/null || true
  [ -z "${TAIL_PID:-}" ] || kill "$TAIL_PID" 2>/dev/null || true
  sshd_stop
  [ -n "$keep" ] || rm -rf "$GUEST" "$OUT"
}
trap finish EXIT

say () { if [ -n "$demo" ]; then printf '\n== %s\n' "$*"; else echo "# $*"; fi; }

say "Making the physical machine's disks (cached after the first time)"
tests/guests/demo-disks.sh --out "$GUEST" "${guest_args[@]}" >"$WORK/guest.log" 2>&1 ||
  { tail -n 30 "$WORK/guest.log"; exit 1; }
# shellcheck disable=SC1091
. "$GUEST/guest.env"
sums () { (cd "$GUEST" && for d in $GUEST_DISKS; do sha256sum "$d"; done); }
sums >"$WORK/sums.before"
[ -z "$demo" ] || cat "$WORK/sums.before"

say "Starting a private conversion server"
bench_start
say "Conversion server: $SSHD_USER@127.0.0.1, port $SSHD_PORT, host key $SSHD_HOSTKEY"

args="p2v.server=$GUEST_GATEWAY p2v.port=$SSHD_PORT p2v.username=$SSHD_USER"
args+=" p2v.o=local p2v.os=$OUT p2v.name=$NAME p2v.post=poweroff"
site=(--identity "$SSHD_DIR/id")
if [ -n "$known_hosts" ]; then
  echo "[$GUEST_GATEWAY]:$SSHD_PORT $(cat "$SSHD_DIR/host_ed25519.pub")" >"$WORK/known_hosts"
  site+=(--known-hosts "$WORK/known_hosts")
else
  args+=" p2v.identity=file:///etc/p2v/identity p2v.hostkey=$SSHD_HOSTKEY"
fi
iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --args "$args" "${site[@]}" >"$WORK/iso.log" 2>&1 ||
  { cat "$WORK/iso.log"; exit 1; }

say "Booting the ISO on the physical machine: $args"
physical_start --guest "$GUEST" --run "$RUN" --iso "$WORK/site.iso" --memory "$memory"
if [ -n "$demo" ]; then
  tail -n +1 -F "$RUN/serial.log" 2>/dev/null &
  TAIL_PID=$!
fi
began=$SECONDS
{ sleep 100; physical_screen "$RUN" "$WORK/tty1.png"; } >/dev/null 2>&1 &
status=0
physical_wait "$RUN" 1200 || status=$?
took=$((SECONDS - began))
[ -z "${TAIL_PID:-}" ] || kill "$TAIL_PID" 2>/dev/null || true
if [ $status -ne 0 ]; then
  physical_screen "$RUN" "$WORK/tty1-failed.png" || true
  not_ok "the physical machine powered itself off" "status $status after $took s" "$(tail -n 60 "$RUN/serial.log" | tr -d '\r')" \
    "$(server_message)" "$(tail -n 40 "$P2V_STATE_DIR"/jobs/*/log 2>/dev/null)"
  tap_end
  exit 1
fi
physical_stop "$RUN"

# --- what must be true now ---
report=$(echo "$P2V_STATE_DIR"/jobs/*/report.json)
figure () { python3 -c 'import json, sys; print (json.load (open (sys.argv[1]))["figures"].get (sys.argv[2], -1))' "$report" "$1"; }

sums >"$WORK/sums.after"
# Everything since the machine was switched on; and since the job began, without
# what firmware, boot loader and kernel read to see what the disks are.
since=$(date -d "@$(stat -c %Y "$P2V_STATE_DIR"/jobs/*/job.json)" '+%F %T')
boot_ranges=$(tests/lib/read-ranges.py --guest "$GUEST" --json "$RUN"/disk*.log) || true
ranges=$(tests/lib/read-ranges.py --guest "$GUEST" --since "$since" --json "$RUN"/disk*.log) || true
tests/lib/read-ranges.py --guest "$GUEST" --since "$since" "$RUN"/disk*.log >"$WORK/ranges.txt" || true
range () { python3 -c 'import json, sys; r = json.load (sys.stdin)
for part in sys.argv[1].split ("."): r = r[part]
print (r)' "$1" <<<"${2:-$ranges}"; }
# holds PYTHON-EXPRESSION
holds () { python3 -c "import sys; ok = $1; print (r'''$1''') if not ok else None; sys.exit (0 if ok else 1)"; }

ok "the physical machine powered itself off after $took s"
check "the source disks are unchanged (SHA-256)" cmp "$WORK/sums.before" "$WORK/sums.after"
check "not one write reached the source disks" holds "$(range writes "$boot_ranges") == 0"
check "progress is on the serial console" grep -aq 'copy' "$RUN/serial.log"
check "libvirt's schema accepts the domain XML" virt-xml-validate "$OUT/$NAME.xml" domain
number=0
for disk in $GUEST_DISKS; do
  letter=$(printf '%b' "\\$(printf '%03o' $((97 + number)))")
  check "qemu-img check of $NAME-sd$letter" qemu-img check -q "$OUT/$NAME-sd$letter"
  check "$NAME-sd$letter has the size of $disk" holds \
    "$(qemu-img info --output=json "$OUT/$NAME-sd$letter" | python3 -c 'import json, sys; print (json.load (sys.stdin)["virtual-size"])') == $(stat -c %s "$GUEST/$disk")"
  number=$((number + 1))
done
read_bytes=$(range requested "$boot_ranges")
check "bytes read since power-on <= 1.10 x live bytes ($read_bytes of $LIVE_BYTES)" holds "$read_bytes <= 1.10 * $LIVE_BYTES"
check "less than 5 % of the deleted data was read ($(range classes.deleted.percent) %)" holds "$(range classes.deleted.percent) < 5"
# blkid in the appliance looks for ZFS in the first and the last half MiB of every
# disk and volume: no way was found to keep it from that.
for class in swap freevg gaps; do
  check "of $class at most 1 MiB or 0.5 % of each was read ($(range classes.$class.read) of $(range classes.$class.bytes) bytes)" holds \
    "$(range classes.$class.excess) == 0"
done
check "the block layer's counter agrees with the truth within 1 % ($(figure source_bytes_read_block_layer))" holds \
  "abs ($(figure source_bytes_read_block_layer) - $read_bytes) <= 0.01 * $read_bytes"
check "nbdkit's counter agrees with the block layer's within 1 % ($(figure source_bytes_read_nbdkit))" holds \
  "abs ($(figure source_bytes_read_nbdkit) - $(figure source_bytes_read_block_layer)) <= 0.01 * $read_bytes"
check "the tunnel's counter agrees with nbdkit's within 1 % ($(figure tunnel_payload_bytes))" holds \
  "abs ($(figure tunnel_payload_bytes) - $(figure source_bytes_read_nbdkit)) <= 0.01 * $read_bytes"
left=$(left_processes; left_files)
check "nothing but the record is left of the job" test -z "$left"

say "Booting the converted guest: virtio disk, network and display only"
status=0
tests/lib/boot-result.sh --guest "$GUEST" --run "$WORK/boot" "$OUT/$NAME"-sd? >"$WORK/boot.log" 2>&1 || status=$?
[ -z "$demo" ] || cat "$WORK/boot.log"
check "the guest boots and everything in it is as it was" sh -c 'cat "$1"; exit $0' "$status" "$WORK/boot.log"

echo
{
  echo "Seconds per phase"
  python3 - "$report" <<'PYTHON'
import json, sys
for phase in json.load (open (sys.argv[1]))["phases"]:
    print (f"  {phase['name']:<24}{phase['seconds']:>12.1f}")
PYTHON
  printf '  %-24s%12d\n' "ISO boot to power-off" "$took"
  echo "Bytes"
  printf '  %-36s%16d\n' "size of the disks" "$DISK_BYTES" "live bytes (bitmaps)" "$LIVE_BYTES" \
    "read from the source (disk's own log)" "$read_bytes" \
    "  block layer's counter" "$(figure source_bytes_read_block_layer)" "  nbdkit's counter" "$(figure source_bytes_read_nbdkit)" \
    "  tunnel's payload" "$(figure tunnel_payload_bytes)" \
    "over the wire" "$(figure wire_bytes)" "allocated by the target" "$(du -cB1 "$OUT/$NAME"-sd? | awk 'END { print $1 }')"
  sed 's/^/  /' "$WORK/ranges.txt"
} | if [ -n "$demo" ]; then cat; else sed 's/^/# /'; fi

if [ -n "$demo" ]; then
  echo
  echo "The converted guest is in $OUT; its report: $(dirname "$report")/report.txt"
  echo "Start it again, and log in to it:"
  echo "  tests/lib/boot-result.sh --keep --guest $GUEST --run $WORK/boot $OUT/$NAME-sd?"
fi
tap_end
