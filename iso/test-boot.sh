#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Boots an ISO in QEMU without a display and waits for a text on its first serial
# line.  Exit status 0: seen; 1: not seen in time or QEMU ended before.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

usage() {
	cat <<'HELP'
usage: test-boot.sh ISO [options] [-- QEMU ARGUMENTS…]

  --marker RE        extended regular expression to wait for (default: "p2v: waiting")
  --timeout S        seconds to wait (default: 300)
  --linger S         seconds to go on after the marker, for the machine to end by
                     itself (default: 0)
  --log FILE         keep what the serial line said
  --uefi             UEFI firmware (package ovmf) instead of BIOS
  --secure-boot      UEFI with Secure Boot enforced
  --usb              the ISO as a USB stick instead of a CD
  --memory MiB       memory (default: 1024)
  --disk FILE        a SATA disk, raw; may be repeated
  --args 'ARGS'      boot kernel and initrd of the ISO directly, with these kernel
                     arguments added (no boot loader, no menu)
  --append 'ARGS'    boot a customised copy of the ISO with these arguments (the
                     whole way: boot loader, menu)
  --keys             say on the serial line what is typed on standard input

The machine: q35, 2 processors, emulated (TCG), an e1000 card on QEMU's user
network.  Arguments after -- go to QEMU.
HELP
}

marker='p2v: waiting' timeout=300 linger=0 log='' firmware=bios boot=cd memory=1024 args='' direct=no append='' input=/dev/null
disks=()
(($#)) || { usage >&2 && exit 2; }
[[ $1 != --help ]] || { usage && exit 0; }
iso=$1
shift
while (($#)); do
	case $1 in
		--marker) marker=$2 && shift 2 ;;
		--timeout) timeout=$2 && shift 2 ;;
		--linger) linger=$2 && shift 2 ;;
		--log) log=$2 && shift 2 ;;
		--uefi) firmware=uefi && shift ;;
		--secure-boot) firmware=secure && shift ;;
		--usb) boot=usb && shift ;;
		--memory) memory=$2 && shift 2 ;;
		--disk) disks+=("$2") && shift 2 ;;
		--args) direct=yes args=$2 && shift 2 ;;
		--append) append=$2 && shift 2 ;;
		--keys) input=/dev/stdin && shift ;;
		--) shift && break ;;
		*) usage >&2 && exit 2 ;;
	esac
done
[[ -r $iso ]] || die "cannot read $iso"
need qemu-system-x86_64 xorriso

work=$(mktemp -d "${TMPDIR:-/tmp}/p2v-boot.XXXXXX")
qemu=''
# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[[ -z $qemu ]] || kill "$qemu" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
log=${log:-$work/serial}

if [[ -n $append ]]; then
	"$here/customise.sh" "$iso" "$work/site.iso" --args "$append"
	iso=$work/site.iso
fi
command=(qemu-system-x86_64 -accel "tcg,thread=multi" -cpu max -smp 2 -m "$memory" -display none
	-nodefaults -vga std -monitor none -serial stdio -no-reboot
	-netdev "user,id=net0" -device "e1000,netdev=net0,mac=52:54:00:12:34:56")
machine=q35
case $firmware in
	uefi)
		cp /usr/share/OVMF/OVMF_VARS_4M.fd "$work/vars.fd"
		command+=(-drive "if=pflash,unit=0,readonly=on,format=raw,file=/usr/share/OVMF/OVMF_CODE_4M.fd"
			-drive "if=pflash,unit=1,format=raw,file=$work/vars.fd")
		;;
	secure)
		cp /usr/share/OVMF/OVMF_VARS_4M.ms.fd "$work/vars.fd"
		machine=q35,smm=on
		command+=(-global "driver=cfi.pflash01,property=secure,value=on"
			-drive "if=pflash,unit=0,readonly=on,format=raw,file=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
			-drive "if=pflash,unit=1,format=raw,file=$work/vars.fd")
		;;
esac
command+=(-M "$machine")
if [[ $direct == yes ]]; then
	xorriso -osirrox on -indev "$iso" -extract /boot/vmlinuz "$work/vmlinuz" \
		-extract /boot/initrd.img "$work/initrd.img" 2>"$work/xorriso.log" || die "$iso has no kernel or initrd: $(tail -n 3 "$work/xorriso.log")"
	command+=(-kernel "$work/vmlinuz" -initrd "$work/initrd.img"
		-append "console=tty0 console=ttyS0,115200 quiet md_mod.start_ro=1 $args")
elif [[ $boot == usb ]]; then
	command+=(-device qemu-xhci -drive "if=none,id=stick,format=raw,readonly=on,file=$iso"
		-device "usb-storage,drive=stick,bootindex=0")
else
	command+=(-drive "if=none,id=cd,media=cdrom,format=raw,readonly=on,file=$iso"
		-device "ide-cd,bus=ide.0,drive=cd,bootindex=0")
fi
port=1
for disk in "${disks[@]}"; do
	command+=(-drive "if=none,id=disk$port,format=raw,cache=unsafe,file=$disk"
		-device "ide-hd,bus=ide.$port,drive=disk$port,serial=P2VTEST$port")
	port=$((port + 1))
done

start=$SECONDS
"${command[@]}" "$@" <"$input" >"$log" 2>"$work/errors" &
qemu=$!

seen=no
while kill -0 "$qemu" 2>/dev/null && ((SECONDS - start < timeout)); do
	if grep -aEq -- "$marker" "$log"; then seen=yes && break; fi
	sleep 0.5
done
# The last words of a machine that ended by itself count.
! grep -aEq -- "$marker" "$log" || seen=yes
took=$((SECONDS - start))
if [[ $seen == yes ]]; then
	for ((i = 0; i < linger * 2; i++)); do
		kill -0 "$qemu" 2>/dev/null || break
		sleep 0.5
	done
	kill -0 "$qemu" 2>/dev/null && state="still running" || state="ended by itself"
	ticks=$(awk '{ print $14 + $15 }' "/proc/$qemu/stat" 2>/dev/null) || ticks=''
	say "seen after $took s${ticks:+ ($((ticks / $(getconf CLK_TCK))) s of processor time)}; the machine is $state"
	exit 0
fi
tail -n 30 "$log" >&2
cat "$work/errors" >&2
die "\"$marker\" not seen in $took s"
