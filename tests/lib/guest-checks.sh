#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs inside a converted guest (boot-result.sh sends it over SSH): is it whole?
# One line a check, "ok WHAT" or "not ok WHAT (why)"; exit status 1 when one failed.
#
# usage: guest-checks.sh ADDRESS [FILE-OF-SHA256-SUMS]
set -uo pipefail

address=$1 sums=${2:-} failed=0

pass() { echo "ok $*"; }
fail() {
	echo "not ok $1 ($2)"
	failed=1
}
# check WHAT WHY COMMAND…: WHY is shown when COMMAND fails
check() {
	if "${@:3}" >/dev/null 2>&1; then pass "$1"; else fail "$1" "$2"; fi
}

# boot jobs may still be running when sshd answers
state=$(timeout 240 systemctl is-system-running --wait)
units=$(systemctl --failed --no-legend --plain | awk '{print $1}' | paste -sd' ')
check "no failed unit" "${units:-none}" test -z "$units"
check "system is running" "state is '$state'" test "$state" = running

while read -r device point type options _; do
	[[ -n $device && $device != \#* ]] || continue
	[[ ,$options, != *,noauto,* ]] || continue
	if [[ $type == swap ]]; then
		resolved=$(readlink -f "$(findfs "$device" 2>/dev/null || echo "$device")")
		check "swap $device is on" "$(swapon --noheadings --show=NAME | paste -sd' ')" \
			grep -qx "$resolved" <(swapon --noheadings --show=NAME | xargs -r -n1 readlink -f)
	else
		check "$point is mounted" "fstab says $device" mountpoint -q "$point"
	fi
done </etc/fstab
while read -r name _; do
	[[ -n $name && $name != \#* ]] || continue
	check "the encrypted volume $name is open" "$(ls /dev/mapper)" test -b "/dev/mapper/$name"
done < <(cat /etc/crypttab 2>/dev/null)
check "root is writable" "mounted read-only" test -w /

card=$(ip -o -4 address show | awk -v ip="$address" 'index($4, ip "/") == 1 {print $2}')
check "address $address is on a card" "$(ip -o -4 address show | awk '{print $2, $4}' | paste -sd,)" \
	test -n "$card"
driver=$(basename "$(readlink -f "/sys/class/net/${card:-none}/device/driver")")
check "card ${card:-?} is virtio" "driver '$driver'" test "$driver" = virtio_net
check "the network configuration names ${card:-?}" "no file under /etc/network, /etc/netplan or networkd does" \
	grep -rqw "${card:-none}" /etc/network /etc/netplan /etc/systemd/network /etc/NetworkManager

disks=$(lsblk -d -n -o NAME,TYPE | awk '$2 == "disk" {print $1}' | grep -vE '^(zram|ram|fd)' | paste -sd' ')
check "every disk is virtio" "disks: $disks" test -z "$(tr ' ' '\n' <<<"$disks" | grep -v '^vd')"
check "virtio_blk is loaded" "not in lsmod" grep -q '^virtio_blk ' /proc/modules
newest=$(find /boot -maxdepth 1 -name 'vmlinuz-*' -printf '%f\n' | sed 's/^vmlinuz-//' | sort -V | tail -n1)
check "the newest kernel runs" "running $(uname -r), newest ${newest:-none}" test "$(uname -r)" = "$newest"
check "the console of the kernel is on ttyS0 too" "$(cat /proc/consoles)" grep -q '^ttyS0 ' /proc/consoles

if [[ -n $sums ]]; then
	bad=$(sha256sum --check --quiet "$sums" 2>&1 | head -n3 | paste -sd';')
	check "the $(wc -l <"$sums") files in $sums are as they were" "$bad" test -z "$bad"
fi
exit "$failed"
