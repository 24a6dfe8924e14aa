#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots a converted guest on virtio hardware only, laid out as libvirt would do
# it, waits for the login prompt on the serial console and for SSH at the
# address the machine always had, and looks whether it is whole.  A guest with a
# GUEST_PASSPHRASE gets it typed on its keyboard.
set -euo pipefail

usage() {
	cat <<-END
		usage: ${0##*/} --guest DIR [options] DISK…
		  --guest DIR   what tests/guests made: guest.env, SSH and host keys
		  DISK…         the converted disks in order, qcow2 or raw; not changed
		  --run DIR     where serial.log, qmp.sock, checks.log go (default: a
		                temporary directory, removed after success)
		  --port N      port of 127.0.0.1 that leads to the guest's sshd
		  --write       let the guest change its disks
		  --online      let the guest reach beyond the machine (default: it cannot)
		  --console     look no further than the login prompt: the network is for
		                a card that the converted machine did not have
		  --timeout S   for the login prompt and SSH together (default 600)
		  --keep        leave the guest running and say how to log in
		  --expect-no-boot  succeed only if it does not come up within the time
		  --screen FILE.png  save the screen before the end
	END
}

guest='' run='' port='' write=0 online=0 console=0 limit=600 keep=0 expect_no_boot=0 screen=''
while [[ ${1:-} == --* ]]; do
	case $1 in
	--guest) guest=$2; shift ;;
	--run) run=$2; shift ;;
	--port) port=$2; shift ;;
	--write) write=1 ;;
	--online) online=1 ;;
	--console) console=1 ;;
	--timeout) limit=$2; shift ;;
	--keep) keep=1 ;;
	--expect-no-boot) expect_no_boot=1 ;;
	--screen) screen=$2; shift ;;
	*) usage >&2; exit 2 ;;
	esac
	shift
done
[[ -n $guest && $# -gt 0 ]] || { usage >&2; exit 2; }
lib=$(dirname "$(readlink -f "$0")")
# shellcheck disable=SC1091 # made by the guest builders
. "$guest/guest.env"

own_run=0
if [[ -z $run ]]; then
	run=$(mktemp -d /tmp/p2v-result.XXXXXX) own_run=1
fi
mkdir -p "$run"
rm -f "$run/serial.log" "$run/checks.log"
port=${port:-$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')}
ssh_to_guest=(ssh -p "$port" -i "$guest/id_ed25519" -o BatchMode=yes -o ConnectTimeout=10
	-o IdentitiesOnly=yes -o "HostKeyAlias=$GUEST_IP" -o "UserKnownHostsFile=$guest/known_hosts"
	-o StrictHostKeyChecking=yes -o LogLevel=ERROR root@127.0.0.1)

qemu_pid=''
# shellcheck disable=SC2317 # called by the trap
finish() {
	local status=$?
	if [[ -n $qemu_pid ]]; then
		kill "$qemu_pid" 2>/dev/null || true
		wait "$qemu_pid" 2>/dev/null || true
	fi
	if [[ $own_run == 1 && $keep == 0 ]]; then
		if [[ $status == 0 ]]; then rm -rf "$run"; else echo "# logs are in $run" >&2; fi
	fi
}
trap finish EXIT

# One root port a device, as on a machine that libvirt made: the card is then
# not where the old one was.
port_count=0
bus=''
devices=()
next_bus() {
	port_count=$((port_count + 1))
	bus=port$port_count
	devices+=(-device "pcie-root-port,id=$bus,chassis=$port_count,slot=$port_count")
}
snapshot=on
[[ $write == 0 ]] || snapshot=off
restrict=on
[[ $online == 0 ]] || restrict=off
next_bus
devices+=(-netdev "user,id=net,net=$GUEST_NETWORK,host=$GUEST_GATEWAY,dns=$GUEST_NAMESERVER,restrict=$restrict,hostfwd=tcp:127.0.0.1:$port-$GUEST_IP:22"
	-device "virtio-net-pci,netdev=net,mac=$GUEST_MAC,bus=$bus")
read -ra serials <<<"$GUEST_SERIALS"
number=0
for disk; do
	format=$(qemu-img info --output=json "$disk" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["format"])')
	next_bus
	devices+=(-drive "if=none,id=disk$number,format=$format,file=$disk,snapshot=$snapshot"
		-device "virtio-blk-pci,bus=$bus,drive=disk$number,serial=${serials[number]:-}")
	number=$((number + 1))
done
next_bus
devices+=(-device "virtio-serial-pci,bus=$bus"
	-chardev "socket,id=agent,path=$run/agent.sock,server=on,wait=off"
	-device "virtserialport,chardev=agent,name=org.qemu.guest_agent.0")
next_bus
devices+=(-device "virtio-rng-pci,bus=$bus")

qemu-system-x86_64 -name result -machine q35,vmport=off -accel tcg,thread=multi -cpu max \
	-smp 2 -m 1024 -nodefaults -device virtio-vga -display none \
	-serial "file:$run/serial.log" -qmp "unix:$run/qmp.sock,server=on,wait=off" \
	"${devices[@]}" -no-reboot </dev/null >"$run/qemu.log" 2>&1 &
qemu_pid=$!
started=$SECONDS
deadline=$((SECONDS + limit))

# wait_for WHAT COMMAND…: until COMMAND succeeds or the time is over
wait_for() {
	local what=$1
	shift
	until "$@" >/dev/null 2>&1; do
		if ! kill -0 "$qemu_pid" 2>/dev/null; then
			echo "not ok $what (QEMU ended: $(tail -n1 "$run/qemu.log"))"
			return 1
		fi
		if ((SECONDS >= deadline)); then
			echo "not ok $what (not within $limit s; last on the console: $(tr -d '\r' <"$run/serial.log" | tail -n1 | cut -c1-100))"
			return 1
		fi
		sleep 2
	done
	echo "ok $what after $((SECONDS - started)) s"
}

save_screen() {
	[[ -z $screen ]] || python3 "$lib/qmp.py" "$run/qmp.sock" screendump \
		"{\"filename\": \"$(readlink -f "$screen")\", \"format\": \"png\"}" >/dev/null || true
}

if [[ $expect_no_boot == 1 ]]; then
	if wait_for "SSH answers" "${ssh_to_guest[@]}" true; then
		save_screen
		echo "not ok the guest must not boot on virtio (it did)"
		exit 1
	fi
	save_screen
	echo "ok the guest does not boot on virtio within $limit s"
	exit 0
fi

bytes_read=0
quiet_since=$SECONDS
# shellcheck disable=SC2317 # may_log_in calls it
# disk_is_quiet: GRUB, kernel and initrd are read, and nothing more for a while
disk_is_quiet() {
	local now
	now=$(python3 "$lib/qmp.py" "$run/qmp.sock" query-blockstats |
		python3 -c 'import json, sys; print(sum(d["stats"]["rd_bytes"] for d in json.load(sys.stdin)))')
	if [[ $now != "$bytes_read" ]]; then
		bytes_read=$now
		quiet_since=$SECONDS
	fi
	((bytes_read > 16 << 20 && SECONDS - quiet_since >= 20))
}

# The question for the passphrase is on the display only.  What is typed before it may be
# lost: so again after a minute.
# shellcheck disable=SC2317 # wait_for calls it
may_log_in() {
	! grep -q 'login:' "$run/serial.log" || return 0
	[[ -n ${GUEST_PASSPHRASE:-} ]] && disk_is_quiet || return 1
	python3 "$lib/qmp.py" "$run/qmp.sock" --type "$GUEST_PASSPHRASE"$'\n'
	quiet_since=$((SECONDS + 40))
	return 1
}

status=0
wait_for "login prompt on the serial console" may_log_in || status=1
# sshd may be there even when the console is not
[[ $status == 0 ]] || ((deadline = SECONDS + 60))
if [[ $console == 1 ]]; then
	:
elif wait_for "SSH answers at $GUEST_IP with the old host key" "${ssh_to_guest[@]}" true; then
	timeout 900 "${ssh_to_guest[@]}" bash -s -- "$GUEST_IP" "${GUEST_SUMS:-}" \
		<"$lib/guest-checks.sh" | tee "$run/checks.log" || status=1
else
	status=1
fi
save_screen
if [[ $keep == 1 ]]; then
	echo "# the guest goes on running, process $qemu_pid; log in with:"
	echo "# ${ssh_to_guest[*]}"
	echo "# its console: $run/serial.log; end it: kill $qemu_pid"
	disown "$qemu_pid"
	qemu_pid=''
fi
[[ $status == 0 ]] && echo "ok all" || echo "not ok all"
exit "$status"
