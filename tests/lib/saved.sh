# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A job that is about to plan its copy, with a real client, sshd and p2v-server, and
# without an appliance: it is stopped while it looks at the disk, and what a conversion
# would have left is put into its directory.  After tests/lib/client.sh.
#
#   saved_job            after case_begin: the client's job, dead, phase plan; the client
#                        stands still.  JOB (id), DIR, and what the guest has to become in
#                        $WORK/expected.qcow2
#   client_go            the client comes back: the job goes on
#   state_is WORD        of the job
#   wait_until COMMAND…  at most 60 s
#   target_is_right      what arrived is what the overlay shows above $SOURCE
#   map_states           pieces of disk 0 by state: planned, copied, verified, stale
#   figure NAME          of the job's report
#   server WORD…         p2v-server as the login user

server () { sshd_exec p2v-server "$@"; }

state_is () {
  python3 - "$DIR" "$1" <<'PYTHON'
import json, sys
state = json.load (open (sys.argv[1] + "/state.json"))
sys.exit (state["status"] != sys.argv[2])
PYTHON
}

state_member () {
  python3 -c 'import json, sys; print (json.load (open (sys.argv[1] + "/state.json")).get (sys.argv[2], ""))' "$DIR" "$1"
}

wait_until () {
  local _
  for _ in $(seq 600); do
    ! "$@" 2>/dev/null || return 0
    sleep 0.1
  done
  echo "waited for: $*"
  return 1
}

in_inspect () {
  DIR=$(echo "$P2V_STATE_DIR"/jobs/*)
  [ "$(state_member phase)" = inspect ]
}

saved_job () {
  client_start
  wait_until in_inspect || { sed 's/^/# /' "$WORK/client.out"; return 1; }
  # shellcheck disable=SC2034 # of the caller
  JOB=$(basename "$DIR")
  kill -STOP "$CLIENT_PID"
  kill -KILL "$(state_member pid)"
  local size
  size=$(stat -c %s "$SOURCE")
  rm -f "$DIR/d0.qcow2" "$WORK/expected.qcow2"
  qemu-img create -q -f qcow2 -o cluster_size=4k "$DIR/d0.qcow2" "$size"
  qemu-io -f qcow2 "$DIR/d0.qcow2" -c 'write -P 7 1M 20k' -c 'write -z 4M 64k' >/dev/null
  cp "$DIR/d0.qcow2" "$WORK/expected.qcow2"
  qemu-img rebase -u -f qcow2 -F raw -b "nbd+unix:///?socket=$DIR/d0.nbd" "$DIR/d0.qcow2"
  qemu-img rebase -u -f qcow2 -F raw -b "$SOURCE" "$WORK/expected.qcow2"
  python3 - "$DIR" "$size" <<'PYTHON'
import json, sys
dir, size = sys.argv[1:]
state = json.load (open (dir + "/state.json"))
state["again"] = "plan"
json.dump (state, open (dir + "/state.json", "w"))
guest = {"type": "linux", "q35": True, "virtio_blk": True, "virtio_net": True, "boot_disk": 0}
json.dump ({"guest": guest, "used_bytes": [int (size)], "report": {}}, open (dir + "/converted.json", "w"))
PYTHON
  chown "$SSHD_UID:$SSHD_UID" "$DIR"/*
  sync -f "$DIR" # as the job does before it goes on
}

client_go () { kill -CONT "$CLIENT_PID"; }

target_is_right () { qemu-img compare -f qcow2 -F qcow2 "$OUT/guest-sda" "$WORK/expected.qcow2"; }

report_has () { grep -qE -- "$1" "$DIR/report.txt"; }

map_states () {
  python3 -c 'import sys
d = open(sys.argv[1], "rb").read()
s = [d[i + 13] for i in range(64, len(d), 32)]
print(*[s.count(k) for k in range(4)])' "$DIR/d0.blockmap"
}

figure () { python3 -c 'import json, sys
print (json.load (open (sys.argv[1] + "/report.json"))["figures"].get (sys.argv[2], 0))' "$DIR" "$1"; }
