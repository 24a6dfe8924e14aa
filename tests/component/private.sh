#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 900
# A conversion held in the middle of its copy: what two other users of the
# conversion server find of the disk, of the password and of a passphrase (nothing), and where
# these are at all.  The login is by password, given on standard input like the passphrase of an
# encrypted second disk.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

SSHD_PASSWORD="geheim-$RANDOM$RANDOM-Wort"
PASSPHRASE="luks-$RANDOM$RANDOM-Wort"
MARKER=p2v-marker-$RANDOM$RANDOM$RANDOM
SOURCE=$WORK/tiny/disk0.raw
LINK=
stop_all () {
  [ -z "$LINK" ] || { kill -CONT "$LINK"; kill "$LINK"; } 2>/dev/null || true
  sshd_stop
}
trap stop_all EXIT
printf '%s' "$SSHD_PASSWORD" >"$WORK/secret"
printf '%s' "$PASSPHRASE" >"$WORK/passphrase"
printf '%s\n' "$SSHD_PASSWORD" "$PASSPHRASE" >"$WORK/secrets"
chmod 600 "$WORK/secret" "$WORK/passphrase" "$WORK/secrets"
printf '%s' "$MARKER" >"$WORK/marker"

# The marker stands in a file that the conversion changes, and in one that only
# the copy reads: overlay and image hold it then.
tests/guests/tiny-disk.sh --out "$WORK/tiny" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
AT="$SOURCE?offset=1048576"
debugfs -R "cat /etc/fstab" "$AT" >"$WORK/fstab" 2>/dev/null
printf '# %s\n/dev/sdq1 /mnt/usb ext4 defaults 0 2\n' "$MARKER" >>"$WORK/fstab"
yes "$MARKER" | head -c 8M >"$WORK/big" || true
debugfs -w "$AT" >"$WORK/debugfs.log" 2>&1 <<DEBUGFS
rm /etc/fstab
write $WORK/fstab /etc/fstab
write $WORK/big /root/big
DEBUGFS
truncate -s 24M "$WORK/second.raw"
cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file "$WORK/passphrase" "$WORK/second.raw"
# All ways to the job directory are open but its own mode.
bench_start "PasswordAuthentication yes"
chmod 755 "$P2V_STATE_DIR" "$OUT"
PORTS_BEFORE=$(ss -H -ltn | awk '{print $4}' | sort)
LINK_PORT=$(free_port)
python3 tests/component/slow-link.py "$LINK_PORT" "$SSHD_PORT" 50000000 &
LINK=$!
wait_port "$LINK_PORT"

case_begin
setting of raw
setting port "$LINK_PORT"
setting disks "$SOURCE,$WORK/second.raw"
setting password "$SSHD_PASSWORD"
setting luks "$PASSPHRASE"
setting identity
client_start_secret
# The image holds the marker already when the link is stopped.
JOB=
for _ in $(seq 6000); do
  JOB=$(echo "$P2V_STATE_DIR"/jobs/????????)
  if grep -qs '"phase" : "copy"' "$JOB/state.json" &&
    grep -qsaF -f "$WORK/marker" "$OUT"/.guest-sda.p2v-*; then break; fi
  kill -0 "$CLIENT_PID" 2>/dev/null || break
  sleep 0.05
done
kill -STOP "$LINK"
check "a copy is held in the middle" grep -qs '"phase" : "copy"' "$JOB/state.json"
grep -qs '"phase" : "copy"' "$JOB/state.json" || tail -n 30 "$WORK/client.out" | sed 's/^/# /'

# ---- who is in it: client, its nbdkits, sshd, the job and its programs ----
mine () {
  local environ pid
  # The shell that reads this is the test itself.
  for environ in /proc/[0-9]*/environ; do
    pid=${environ//[!0-9]/}
    if [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] && grep -qszx "P2V_TEST_MARK=$P2V_TEST_MARK" "$environ"; then
      echo "$pid"
    fi
  done
  pgrep -P "$SSHD_PID" || true # sshd's children have an environment of their own
}
# memory.py PID FILE held|any: copies of what FILE holds in the memory of PID are only in pages
# that are not dumped; "held": and there are some.
cat >"$WORK/memory.py" <<'PYTHON'
import re, sys
pid, secret, held = sys.argv[1], open(sys.argv[2], "rb").read(), sys.argv[3] == "held"
flagged = bad = 0
regions, current = [], None
for line in open(f"/proc/{pid}/smaps"):
    if m := re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line):
        current = [int(m[1], 16), int(m[2], 16), m[3], m[4], ""]
        regions.append(current)
    elif line.startswith("VmFlags:"):
        current[4] = line
with open(f"/proc/{pid}/mem", "rb", 0) as mem:
    for start, end, mode, name, flags in regions:
        if "r" not in mode or name in ("[vvar]", "[vsyscall]"):
            continue
        try:
            mem.seek(start)
            data = mem.read(end - start)
        except (OSError, ValueError):
            continue
        n = data.count(secret)
        if n and " dd" in flags:
            flagged += n
        elif n:
            bad += n
            print(f"{n} in {name or 'anonymous memory'} {mode} at +{data.find(secret):#x}")
print(f"# {flagged} copies in pages that are not dumped, {bad} elsewhere")
sys.exit(bad > 0 or (held and flagged == 0))
PYTHON
# in_memory PID FILE held|any
in_memory () {
  local status=0
  kill -STOP "$1"
  python3 "$WORK/memory.py" "$@" >"$WORK/memory" || status=$?
  kill -CONT "$1"
  cat "$WORK/memory"
  return $status
}
# hidden WHOSE WHAT PID FILE held|any
hidden () {
  local name="the $2 is in the memory of the $1 only where it is neither dumped nor swapped"
  shift 2
  if [ "${SAN:-}" = 1 ]; then
    ok "$name # SKIP the sanitizer keeps what was freed, and maps terabytes"
  else
    check "$name" in_memory "$@"
    grep '^#' "$WORK/memory" || true
  fi
}
# At once, for a session whose client is silent ends.
SESSION_PID=$(for pid in $(mine); do
  if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -E '^[^ ]*p2v-server session *$' >/dev/null; then echo "$pid"; fi
done | head -n 1)
hidden session passphrase "$SESSION_PID" "$WORK/passphrase" any

PIDS=$(mine | sort -un)
mapfile -t HOLDERS <<<"$PIDS"
SOCKETS=$(ss -H -lxp | awk '{print $5 " " $NF}' | grep -E "$(printf 'pid=%s,|' "${HOLDERS[@]}")none" | cut -d' ' -f1 | sort -u) || true
PATHS=$(
  find "$P2V_STATE_DIR" "$OUT" "$P2V_RUN_DIR" "$WORK/client.log" "$WORK/client-home"
  for pid in "${HOLDERS[@]}"; do
    find "/proc/$pid/environ" "/proc/$pid/mem" "/proc/$pid/fd/" 2>/dev/null || true
  done
)
printf '%s\n' "$PATHS" >"$WORK/paths"
printf '%s\n' "$SOCKETS" >"$WORK/sockets"

check "the job listens at its sockets" grep -qE "^$JOB/(ctl.sock|d0.nbd|d0.data|d0.ctl)$" "$WORK/sockets"
check "the client listens at its socket" grep -q "^$P2V_RUN_DIR/.*nbd$" "$WORK/sockets"
abstract_sockets () { ! grep '^@' "$WORK/sockets"; }
check "no socket is without a place in the file system" abstract_sockets

tcp_listeners () {
  local pid found=0
  for pid in "${HOLDERS[@]}"; do
    if [ "$pid" = "$SSHD_PID" ] || [ "$pid" = "$LINK" ]; then continue; fi
    if ss -H -ltnup | grep -E "pid=$pid,"; then found=1; fi
  done
  return $found
}
check "no TCP or UDP port is ours" tcp_listeners
new_ports () {
  local now
  now=$(ss -H -ltnp | awk '{print $4 " " $NF}' | grep -E "$(printf 'pid=%s,|' "${HOLDERS[@]}")none" | cut -d' ' -f1 | sort)
  [ "$(comm -13 <(echo "$PORTS_BEFORE") <(echo "$now"))" = "127.0.0.1:$LINK_PORT" ] || { echo "$now"; return 1; }
}
check "but for the one of the test's link" new_ports

# ---- what others see ----
cat >"$WORK/intruder.py" <<'PYTHON'
"""Tries to read every path and to connect to every socket; says what worked."""
import os, socket, stat, sys
paths, sockets, wanted = sys.argv[1], sys.argv[2], [a.encode() for a in sys.argv[3:]]
tried = opened = 0
for path in open(paths).read().splitlines():
    tried += 1
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            names = os.listdir(path)
            if names:
                print("listed", path, names[:3])
        elif stat.S_ISREG(mode):
            with open(path, "rb") as f:
                while data := f.read(1 << 20):
                    opened += 1
                    for what in wanted:
                        if what in data:
                            print("found", what, "in", path)
            print("opened", path)
        elif not path.startswith("/proc") and not stat.S_ISSOCK(mode):
            print("saw", path)
    except OSError:
        pass
for path in open(sockets).read().splitlines():
    tried += 1
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect("\0" + path[1:] if path.startswith("@") else path)
        print("connected to", path)
    except OSError:
        pass
print("tried", tried)
PYTHON
chmod 644 "$WORK/paths" "$WORK/sockets" "$WORK/intruder.py"

# intrude NAME UID GID: allowed are the two directories that the test has opened
# itself, in which there is nothing to see but names of hidden files
intrude () {
  local name=$1 found
  found=$(cd / && setpriv --reuid "$2" --regid "$3" --clear-groups -- \
    python3 "$WORK/intruder.py" "$WORK/paths" "$WORK/sockets" "$MARKER" "$SSHD_PASSWORD" "$PASSPHRASE")
  echo "# $name: $(grep '^tried' <<<"$found") paths and sockets"
  found=$(grep -vE "^(tried|listed ($P2V_STATE_DIR|$OUT|$WORK/client-home) |(opened|listed) $WORK/client-home/)" <<<"$found") || true
  [ -z "$found" ] || { echo "$found"; return 1; }
}
check "nobody sees nothing" intrude nobody 65534 65534
check "another user of the same group sees nothing" intrude second $((SSHD_UID + 1)) $SSHD_UID
echo "# $(wc -l <"$WORK/paths") paths, $(wc -l <"$WORK/sockets") sockets, ${#HOLDERS[@]} processes"
as_root () {
  grep -qaF -f "$WORK/marker" "$JOB"/d0.qcow2 && grep -qaF -f "$WORK/marker" "$OUT"/.guest-sda.p2v-*
}
check "but root finds the disk's marker in overlay and image" as_root

# ---- password and passphrase ----
nowhere () {
  local found=0 file
  for file in "$@"; do
    if grep -qsaF -f "$WORK/secrets" "$file"; then
      echo "$file: $(tr '\0' ' ' <"$file" 2>/dev/null | cut -c1-100)"
      found=1
    fi
  done
  return $found
}
check "password and passphrase are in no command line" nowhere /proc/[0-9]*/cmdline
check "nor in an environment" nowhere /proc/[0-9]*/environ
check "nor in the job directory" nowhere "$JOB"/*.json "$JOB"/log "$JOB"/d?.digests "$JOB"/d?.map
check "nor in logs" nowhere "$WORK/client.log" "$WORK/client.out" "$WORK/sshd/sshd.log" "$P2V_RUN_DIR"/*/*.log
no_core () { grep -qE '^Max core file size +0 +0 ' "/proc/$CLIENT_PID/limits"; }
check "the client writes no core" no_core

opened () { grep -F '(LUKS) is opened' "$JOB/log"; }
check "the passphrase has opened the second disk" opened

JOB_PID=$(python3 -c 'import json, sys; print (json.load (open (sys.argv[1]))["pid"])' "$JOB/state.json")
hidden client password "$CLIENT_PID" "$WORK/secret" held
hidden client passphrase "$CLIENT_PID" "$WORK/passphrase" held
hidden job passphrase "$JOB_PID" "$WORK/passphrase" held

# ---- the end ----
kill -CONT "$LINK"
CLIENT_BEGAN=$SECONDS
kill -INT "$CLIENT_PID"
client_wait
SOURCE_SUM=
check "they are not in the record of the job either" nowhere "$JOB"/*
check "nor in what the client said at the end" nowhere "$WORK/client.log" "$WORK/client.out"
expect_failure "cancelled, nothing is left" cancelled cancelled 60
tap_end
