#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# p2v.o=libvirt against a libvirtd of an ordinary user (qemu:///session): the
# guest is defined, not started; what cannot work is refused before the copy;
# nothing stays defined when something fails later.
set -euo pipefail
# shellcheck source=tests/lib/copy.sh
. tests/lib/copy.sh

if ! command -v libvirtd >/dev/null || ! command -v virsh >/dev/null; then
  echo "1..0 # SKIP libvirtd is not installed"
  exit 0
fi

# Root's libvirtd has no session: everything here runs as nobody then.
as_user=()
[ "$(id -u)" -ne 0 ] || as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
export HOME=$WORK/home XDG_RUNTIME_DIR=$WORK/run
export XDG_CONFIG_HOME=$HOME/c XDG_CACHE_HOME=$HOME/k XDG_DATA_HOME=$HOME/d
mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$WORK/pool" "$WORK/jobs"
[ "$(id -u)" -ne 0 ] || chown 65534:65534 "$HOME" "$XDG_RUNTIME_DIR" "$WORK/pool" "$WORK/jobs" "$WORK"
chmod 700 "$XDG_RUNTIME_DIR"

"${as_user[@]}" libvirtd --pid-file "$WORK/libvirtd.pid" >"$WORK/libvirtd.log" 2>&1 &
libvirtd=$!
disown $libvirtd
stop_all() {
  kill "$libvirtd" 2>/dev/null || true
  while kill -0 "$libvirtd" 2>/dev/null; do sleep 0.05; done
  stop_brokers
}
trap stop_all EXIT

virsh() {
  "${as_user[@]}" virsh -q -c qemu:///session "$@"
}
run_tool() {
  "${as_user[@]}" "$TOOL" "$JOB" name=web o=libvirt oc=qemu:///session uuid=$UUID \
    "$@" >"$WORK/output" 2>&1
}
# tells PATTERN COMMAND…: the command's output has a line like that.
tells() {
  local pattern=$1
  shift
  virsh "$@" >"$WORK/virsh"
  grep -Eq "$pattern" "$WORK/virsh"
}
guests() {
  virsh list --all --name | sed '/^$/d'
}

for i in $(seq 100); do
  [ -S "$XDG_RUNTIME_DIR/libvirt/libvirt-sock" ] && break
  [ "$i" -lt 100 ] || { cat "$WORK/libvirtd.log"; fail "libvirtd starts"; }
  sleep 0.1
done
UUID=4c4c4544-0043-3010-8052-b4c04f564433
SIZE=$((8 * 1048576))
DISK="disk=/dev/sda,$SIZE,512,SER-1"
make_disk "$WORK/a.raw" 8

begin() {
  new_job
  start_broker 0 "$WORK/a.raw"
  make_overlay 0 $SIZE
  [ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$WORK/jobs" "$OUT"
}

# ---- what cannot work is found before anything is copied ----
begin
! run_tool "$DISK" phases=plan || fail "no pool"
expect_error "no pool" target 'pool "default" does not exist.*p2v\.os='
virsh pool-define-as guests dir --target "$WORK/pool" >/dev/null
! run_tool "$DISK" os=guests phases=plan || fail "pool not active"
expect_error "pool not active" target 'pool "guests" is not active.*pool-start guests'
virsh pool-start guests >/dev/null
printf '#!/bin/sh\ntouch %s/intruded\n' "$WORK" >"$WORK/intruder"
chmod 755 "$WORK/intruder"
for uri in qemu+ssh://elsewhere/system nonsense:///x \
  "qemu+ext:///system?command=$WORK/intruder" "qemu:///session?socket=/x" "qemu:///embed?root=$WORK"; do
  ! run_tool "$DISK" os=guests "oc=$uri" phases=plan || fail "hypervisor $uri"
  expect_error "hypervisor ${uri/$WORK/…}" target 'none of the conversion server.*qemu:///system'
done
[ ! -e "$WORK/intruded" ] || fail "a URI starts no program"
ok "a URI starts no program"
[ -z "$(ls -A "$WORK/pool")" ] || fail "nothing is left in the pool"
ok "nothing is left in the pool"

# ---- a guest in a pool ----
run_tool "$DISK" nic=52:54:00:12:34:56,default os=guests client=1 \
  phases=plan,copy,verify,finish || fail "a guest in a pool"
ok "a guest in a pool"
[ "$(guests)" = web ] || fail "the guest is defined: $(guests)"
[ "$(virsh domstate web)" = "shut off" ] || fail "it does not run"
tells 'Autostart: *disable' dominfo web || fail "it does not start by itself"
[ "$(virsh domuuid web)" = $UUID ] || fail "it has the machine's UUID"
tells web-sda vol-list guests || fail "the pool knows its image"
tells "$WORK/pool/web-sda" dumpxml web || fail "its disk is there"
grep -q 'virsh -c .qemu:///session. start .web.' "$WORK/output" || fail "the report tells how to start it"
grep -q 'has no network "default"' "$WORK/output" || fail "the report misses the network"
ok "it is defined, off, known to the pool, and the report says how to go live"
stop_brokers

# ---- the same name again ----
begin
! run_tool "$DISK" os="$OUT" phases=plan || fail "the name is taken"
expect_error "the name is taken" target 'has a guest "web" already.*p2v\.name'
[ -z "$(ls -A "$OUT")" ] || fail "nothing was made for it"
ok "nothing was made for it"

# ---- another guest with the machine's UUID ----
run_tool name=web2 "$DISK" os="$OUT" client=1 phases=plan,copy,verify,finish || fail "a second guest"
grep -q 'gets a new UUID' "$WORK/output" || fail "the report tells of the new UUID"
[ "$(virsh domuuid web2)" != $UUID ] || fail "two guests, two UUIDs"
ok "two guests, two UUIDs"
check "the definition is one that libvirt can start" virsh start web2
virsh destroy web2 >/dev/null
stop_brokers

# ---- another process undoes a definition ----
begin
run_tool name=web3 uuid=00000000-0000-0000-0000-000000000001 "$DISK" os="$OUT" client=1 \
  phases=plan,copy,verify || fail "copy before the undo"
# What a job leaves that is killed between defining the guest and its last step.
id=11111111-2222-3333-4444-555555555555
printf 'defined %s\n' $id >>"$OUT/.web3.p2v-lock"
sed -e "s/$UUID/$id/" -e 's/>web</>web3</' -e 's/52:54:00:12:34:56/52:54:00:12:34:57/' "$WORK/pool/web.xml" \
  >"$WORK/web3.xml"
virsh define "$WORK/web3.xml" >/dev/null
run_tool name=web3 "$DISK" os="$OUT" abandon=1 || fail "abandon"
[ "$(guests)" = "$(printf 'web\nweb2')" ] || fail "the definition is gone: $(guests)"
[ -z "$(ls -A "$OUT")" ] || fail "its files are gone: $(ls -A "$OUT")"
ok "another process undoes definition and files"

# ---- libvirt refuses the guest ----
# The schema knows no upper limit for processors, libvirt does.
! run_tool name=web4 "$DISK" os="$OUT" vcpus=5000 client=1 phases=plan || fail "refused before the copy"
expect_error "refused before the copy" target 'libvirt at qemu:///session refuses the guest: .*288'
expect_clean "refused before the copy"
# The same name was taken while this one was copied.
run_tool name=web4 uuid=00000000-0000-0000-0000-000000000002 "$DISK" os="$OUT" client=1 \
  phases=plan,copy,verify || fail "copy before the refusal"
sed -e "s/$UUID/22222222-2222-3333-4444-555555555555/" -e 's/>web</>web4</' -e 's/52:54:00:12:34:56/52:54:00:12:34:58/' \
  "$WORK/pool/web.xml" >"$WORK/web4.xml"
virsh define "$WORK/web4.xml" >/dev/null
! run_tool name=web4 uuid=00000000-0000-0000-0000-000000000002 "$DISK" os="$OUT" client=1 phases=finish ||
  fail "refused in the end"
expect_error "refused in the end" target 'has a guest "web4" already'
expect_clean "refused in the end"
virsh undefine web4
[ "$(guests)" = "$(printf 'web\nweb2')" ] || fail "nothing new is defined: $(guests)"
ok "nothing new is defined"
done_testing
