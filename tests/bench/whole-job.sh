# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What callers use.
# shellcheck disable=SC2034
# For benchmarks of whole jobs, sourced after lib.sh:
#
#   guest_disks tiny-disk.sh|demo-disks.sh   GUEST with its disks; LIVE_BYTES
#   logged_nbdkit             from now on the source's nbdkit logs what it is asked for
#   guest_attach / guest_detach   DISKS: fresh loop devices, comma-separated; the log's files
#   job_run                   our job from login to end: SECONDS_TAKEN
#   read_figure NAME          of tests/lib/read-ranges.py --json for the last job
#   phases_before_copy        seconds of our last job before the phase copy
#   reads_before_copy         what it asked the source for until then, requests
#   logged_broker             after bench_server: the brokers log what they are asked for
#   waited_before_copy        seconds until then in which a read of the appliance's was unanswered

guest_disks () {
  GUEST=$WORK/guest
  "tests/guests/$1" --out "$GUEST" >"$WORK/guest.err" 2>&1 || { tail -n 20 "$WORK/guest.err"; return 1; }
  # shellcheck disable=SC1091
  . "$GUEST/guest.env"
  echo "   guest: $1, $((DISK_BYTES >> 20)) MiB, of which $((LIVE_BYTES >> 20)) MiB live"
}

# Both kinds of client start the first nbdkit in their PATH.
logged_nbdkit () {
  LOGGED=$WORK/logged
  mkdir -p "$LOGGED"
  cat >"$LOGGED/nbdkit" <<SCRIPT
#!/bin/bash
for word in "\$@"; do
  if [[ \$word =~ /dev/(loop[0-9]+) ]]; then exec $(command -v nbdkit) --filter=log "\$@" logfile=$LOGGED/\${BASH_REMATCH[1]}; fi
done
exec $(command -v nbdkit) "\$@"
SCRIPT
  chmod 755 "$LOGGED/nbdkit"
}

# The first nbdkit in the PATH of the server's login.
logged_broker () {
  BROKER_LOGS=$WORK/broker-logs
  install -d -m 777 "$BROKER_LOGS"
  cat >"$WORK/sshd/server/bin/nbdkit" <<SCRIPT
#!/bin/bash
if [[ \$* == *nbdkit-p2vbroker-plugin* ]]; then exec $(command -v nbdkit) --filter=log "\$@" logfile=$BROKER_LOGS/\$\$; fi
exec $(command -v nbdkit) "\$@"
SCRIPT
  chmod 755 "$WORK/sshd/server/bin/nbdkit"
}

guest_attach () {
  local disk loop
  DISKS='' LOOPS=() READ_LOGS=()
  rm -f "$LOGGED"/loop*
  for disk in $GUEST_DISKS; do
    loop=$(attach_loop --read-only "$GUEST/$disk")
    LOOPS+=("$loop")
    READ_LOGS+=("$LOGGED/${loop##*/}")
    DISKS+=${DISKS:+,}$loop
  done
}

guest_detach () {
  local loop
  for loop in "${LOOPS[@]}"; do losetup -d "$loop"; done
  LOOPS=()
}

job_run () {
  local began
  SOURCE=$DISKS
  rm -rf "${P2V_STATE_DIR:?}"/jobs/* "${OUT:?}"/*
  [ -z "${BROKER_LOGS:-}" ] || rm -f "$BROKER_LOGS"/*
  case_begin
  setting server "${SERVER_IP:-127.0.0.1}"
  setting port "${LINK_PORT:-$SSHD_PORT}"
  began=$(now)
  CLIENT_STATUS=0
  HOME=$WORK/client-home PATH=$LOGGED:$PATH "${PEER_RUN[@]}" "$BUILD/bin/p2v-client" --cmdline="$(cmdline)" \
    >"$WORK/client.out" 2>&1 </dev/null || CLIENT_STATUS=$?
  SECONDS_TAKEN=$(calc "$(now) - $began")
  [ "$CLIENT_STATUS" -eq 0 ] || { tail -n 20 "$WORK/client.out"; return 1; }
}

read_figure () {
  tests/lib/read-ranges.py --guest "$GUEST" --json "${READ_LOGS[@]}" |
    python3 -c 'import json, sys
r = json.load (sys.stdin)
for part in sys.argv[1].split ("."): r = r[part]
print (r)' "$1"
}

phases_before_copy () {
  python3 -c 'import json, sys
sum = 0
for phase in json.load (open (sys.argv[1]))["phases"]:
    if phase["name"] == "copy": break
    sum += phase["seconds"]
print (sum)' "$P2V_STATE_DIR"/jobs/*/report.json
}

# The report is written when the last phase has ended.
reads_before_copy () {
  python3 - "$P2V_STATE_DIR"/jobs/*/report.json "${READ_LOGS[@]}" <<'PYTHON'
import datetime, json, os, sys
with open (sys.argv[1]) as f:
    phases = json.load (f)["phases"]
names = [p["name"] for p in phases]
copy = os.stat (sys.argv[1]).st_mtime - sum (p["seconds"] for p in phases[names.index ("copy"):])
begin = str (datetime.datetime.fromtimestamp (copy))
print (sum (" Read id=" in line and line < begin for log in sys.argv[2:] for line in open (log)))
PYTHON
}

# Several reads at once count once.
waited_before_copy () {
  python3 - "$P2V_STATE_DIR"/jobs/*/report.json "$BROKER_LOGS"/* <<'PYTHON'
import datetime, json, os, re, sys
with open (sys.argv[1]) as f:
    phases = json.load (f)["phases"]
names = [p["name"] for p in phases]
copy = os.stat (sys.argv[1]).st_mtime - sum (p["seconds"] for p in phases[names.index ("copy"):])
READ = re.compile (r"(\S+ \S+) (connection=\d+) (\.\.\.)?(Read id=\d+) ")
edges = []
for log in sys.argv[2:]:
    began = {}
    for line in open (log):
        if not (match := READ.match (line)): continue
        time = datetime.datetime.fromisoformat (match[1]).timestamp ()
        if not match[3]: began[match[2], match[4]] = time
        elif began.get ((match[2], match[4]), copy) < copy:
            edges += [(began.pop ((match[2], match[4])), 1), (time, -1)]
waited = depth = 0
for time, step in sorted (edges):
    if depth > 0: waited += time - last
    depth, last = depth + step, time
print (waited)
PYTHON
}
