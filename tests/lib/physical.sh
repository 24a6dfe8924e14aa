#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The simulated physical machine: a PC with AHCI disks, an e1000 card and plain
# VGA, and nothing of virtio. Source it for the functions, or run it:
#
#   physical.sh start --guest DIR --run DIR [options]
#   physical.sh wait RUN SECONDS      until it has powered itself off
#   physical.sh stop RUN              pull the plug, tidy up
#   physical.sh qmp RUN COMMAND [JSON]
#   physical.sh screen RUN FILE.png
#   physical.sh type RUN TEXT         types a line on the first serial port
#   physical.sh await RUN SECONDS RE [N]   until the serial log has N lines that match
#
# start's options:
#   --guest DIR     made by tests/guests: guest.env and the disks. The machine
#                   writes to these disks if it wants to, as a real one would.
#   --run DIR       where sockets and logs go; a short path (unix sockets)
#   --iso FILE      boot from this CD; without it, from the first disk
#   --kernel FILE --initrd FILE --append TEXT   boot these instead
#   --ssh-port N    port of 127.0.0.1 that leads to the installed system's sshd
#   --memory MIB    default 1024        --cpus N   default 2
#   --filter 'NAME [KEY=VALUE…]'        one more nbdkit filter under the log, for
#                   broken or slow disks (may be given more than once)
#   --qemu 'ARGUMENTS'   more for QEMU, split at blanks (may be given more than once)
#
# In RUN afterwards:
#   serial.log, serial.sock   the first serial port: what it said, and a way to answer
#   qmp.sock, events.log      the monitor; every event, e.g. why it stopped
#   diskN.log                 each request that reached disk N (nbdkit's log
#                             filter): the truth about what was read and written
#   qemu.pid
#
# This machine's 127.0.0.1 is 192.168.77.2 there.

physical_lib=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

physical_fail() { echo "physical machine: $*" >&2; return 1; }

# physical_disk RUN NUMBER FILE FILTERS...: serves one disk to QEMU. Without
# extents: a real disk has no holes.
physical_disk() {
	local run=$1 number=$2 file=$3 filter words filters=() settings=()
	shift 3
	for filter; do
		read -ra words <<<"$filter"
		filters+=("--filter=${words[0]}")
		settings+=("${words[@]:1}")
	done
	nbdkit -P "$run/nbdkit$number.pid" -U "$run/disk$number.sock" \
		--filter=log --filter=noextents "${filters[@]}" \
		file "$file" "logfile=$run/disk$number.log" "${settings[@]}"
}

physical_start() {
	local guest='' run='' iso='' kernel='' initrd='' append='' port='' memory=1024 cpus=2
	local filters=() devices=() words=() disk serial number=0 forward=''
	while [[ $# -gt 0 ]]; do
		case $1 in
		--guest) guest=$2 ;;
		--run) run=$2 ;;
		--iso) iso=$2 ;;
		--kernel) kernel=$2 ;;
		--initrd) initrd=$2 ;;
		--append) append=$2 ;;
		--ssh-port) port=$2 ;;
		--memory) memory=$2 ;;
		--cpus) cpus=$2 ;;
		--filter) filters+=("$2") ;;
		--qemu) read -ra words <<<"$2" && devices+=("${words[@]}") ;;
		*) physical_fail "unknown option $1" || return ;;
		esac
		shift 2
	done
	[[ -n $guest && -n $run ]] || physical_fail "--guest and --run are needed" || return
	[[ ${#run} -lt 90 ]] || physical_fail "$run is too long for unix sockets" || return
	local GUEST_DISKS GUEST_SERIALS GUEST_MAC GUEST_NIC_SLOT GUEST_NETWORK GUEST_GATEWAY \
		GUEST_NAMESERVER GUEST_IP
	# shellcheck disable=SC1091 # made by the guest builders
	. "$guest/guest.env" || return
	mkdir -p "$run"
	rm -f "$run"/disk*.{sock,log} "$run"/{serial,events}.log "$run"/nbdkit*.pid

	local serials
	read -ra serials <<<"$GUEST_SERIALS"
	for disk in $GUEST_DISKS; do
		physical_disk "$run" "$number" "$guest/$disk" "${filters[@]}" || return
		serial=${serials[number]}
		devices+=(-drive "if=none,id=disk$number,format=raw,file=nbd:unix:$run/disk$number.sock"
			-device "ide-hd,bus=ide.$number,drive=disk$number,serial=$serial")
		number=$((number + 1))
	done
	if [[ -n $iso ]]; then
		devices+=(-drive "if=none,id=cd,format=raw,media=cdrom,readonly=on,file=$iso"
			-device "ide-cd,bus=ide.$number,drive=cd" -boot d)
	fi
	[[ -z $kernel ]] || devices+=(-kernel "$kernel" -initrd "$initrd" -append "$append")
	[[ -z $port ]] || forward=",hostfwd=tcp:127.0.0.1:$port-$GUEST_IP:22"

	# A processor of 2008: without instructions for AES, as the servers that get
	# converted (and those of newer ones are slow in emulation).
	local started=1
	qemu-system-x86_64 -name physical -machine q35,vmport=off -accel tcg,thread=multi \
		-cpu Nehalem -smp "$cpus" -m "$memory" -nodefaults \
		-smbios "type=1,manufacturer=Example Servers,product=Tower 100,serial=OLD-0001" \
		-vga std -display none \
		-chardev "socket,id=serial,path=$run/serial.sock,server=on,wait=off,logfile=$run/serial.log" \
		-serial chardev:serial \
		-qmp "unix:$run/qmp.sock,server=on,wait=off" \
		-qmp "unix:$run/watch.sock,server=on,wait=off" \
		-netdev "user,id=net,net=$GUEST_NETWORK,host=$GUEST_GATEWAY,dns=$GUEST_NAMESERVER$forward" \
		-device "e1000,netdev=net,mac=$GUEST_MAC,bus=pcie.0,addr=$GUEST_NIC_SLOT" \
		"${devices[@]}" -no-reboot -pidfile "$run/qemu.pid" -daemonize || started=0
	if [[ $started == 0 ]]; then
		physical_stop "$run"
		physical_fail "QEMU did not start"
		return
	fi
	python3 "$physical_lib/qmp.py" "$run/watch.sock" --watch "$run/events.log" \
		</dev/null >/dev/null 2>&1 &
	disown $!
}

physical_running() {
	[[ -e $1/qemu.pid ]] && kill -0 "$(<"$1/qemu.pid")" 2>/dev/null
}

# physical_wait RUN SECONDS: 0 when the machine powered itself off within that
# time, 1 when it stopped for another reason, 124 when it still runs
physical_wait() {
	local run=$1 deadline=$((SECONDS + $2))
	while [[ -e $run/qemu.pid ]] && physical_running "$run"; do
		((SECONDS < deadline)) || return 124
		sleep 1
	done
	sleep 1 # the watcher's last line
	grep -q '"reason": *"guest-shutdown"' "$run/events.log"
}

physical_qmp() {
	python3 "$physical_lib/qmp.py" "$1/qmp.sock" "${@:2}"
}

physical_screen() {
	physical_qmp "$1" screendump \
		"{\"filename\": \"$(readlink -f "$2")\", \"format\": \"png\"}" >/dev/null
}

# physical_type RUN TEXT: a line from the far end of the serial cable
physical_type() {
	python3 -c 'import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
for byte in sys.argv[2].encode() + b"\r":
    s.sendall(bytes([byte]))
    time.sleep(0.02)  # faster, and an emulated machine loses some
s.shutdown(socket.SHUT_WR)' "$1/serial.sock" "$2"
}

# physical_await RUN SECONDS RE [N]: 0 when the serial log has N (1) lines that match
physical_await() {
	local run=$1 deadline=$((SECONDS + $2)) re=$3 times=${4:-1} seen
	while physical_running "$run" && ((SECONDS < deadline)); do
		seen=$(grep -acE -- "$re" "$run/serial.log") || true
		[[ ${seen:-0} -lt $times ]] || return 0
		sleep 0.5
	done
	return 1
}

# physical_kill PIDFILE: ends that process and waits until it is gone
physical_kill() {
	local pid tries=0
	[[ -e $1 ]] || return 0
	pid=$(<"$1")
	kill "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null && ((tries++ < 100)); do sleep 0.1; done
	kill -KILL "$pid" 2>/dev/null || true
	rm -f "$1"
}

physical_stop() {
	local pidfile
	physical_kill "$1/qemu.pid"
	for pidfile in "$1"/nbdkit*.pid; do
		physical_kill "$pidfile"
	done
	rm -f "$1"/*.sock
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	set -euo pipefail
	case ${1:-} in
	start | wait | stop | qmp | screen | type | await) "physical_$1" "${@:2}" ;;
	*) sed -n '/^# The simulated/,/^# This machine/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
fi
