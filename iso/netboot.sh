#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The files that a TFTP or HTTP server needs so that machines boot p2v from the network,
# from a finished ISO, customised or not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

usage() {
	cat <<'HELP'
usage: netboot.sh p2v.iso DIR                         fills DIR
       netboot.sh --machine MAC --args "ARGUMENTS" DIR   kernel arguments for the machine
                                                      whose card has this MAC address
       netboot.sh --help

DIR becomes the root of the TFTP server, or of the HTTP server:

  shimx64.efi        UEFI by TFTP, also with Secure Boot; loads grubx64.efi, which
                     reads grub/grub.cfg
  pxelinux.0         BIOS by TFTP, with pxelinux.cfg/ (copied from Debian's packages
                     pxelinux and syslinux-common when they are installed)
  boot.ipxe          BIOS and UEFI by iPXE, TFTP or HTTP
  p2v.iso            UEFI by HTTP, also with Secure Boot: the ISO as it is
  p2v/               kernel, archives, menu; p2v/machines/ holds the arguments of
                     single machines for GRUB and iPXE

The arguments of a customised ISO are in force for every machine that has none of its
own.  The DHCP server's part is in the README beside this script.
HELP
}

# A line of GRUB's, iPXE's and pxelinux's files breaks at these.
check_args() {
	[[ $1 != *[\'\"\\\$]* && $1 != *$'\n'* ]] || die "quotes, backslashes, dollar signs and line breaks cannot pass through the boot loaders"
}

# menu ARGS: pxelinux's, with these arguments
menu() { sed "s|@ARGS@|${1//[&|\\]/\\&}|" "$here/pxe/pxelinux.cfg/default"; }

machine() {
	local mac=$1 args=$2 dir=$3 dashes
	mac=${mac,,} mac=${mac//-/:}
	[[ $mac =~ ^([0-9a-f]{2}:){5}[0-9a-f]{2}$ ]] || die "\"$mac\" is not a MAC address such as 52:54:00:12:34:56"
	[[ -d $dir/p2v ]] || die "$dir was not made by netboot.sh"
	check_args "$args"
	dashes=${mac//:/-}
	mkdir -p "$dir/p2v/machines" "$dir/pxelinux.cfg"
	echo "set p2v_args='$args'" >"$dir/p2v/machines/$dashes.cfg"
	printf '#!ipxe\nset p2v_args %s\n' "$args" >"$dir/p2v/machines/$dashes.ipxe"
	# 01: Ethernet, as pxelinux looks for it.
	menu "$args" >"$dir/pxelinux.cfg/01-$dashes"
	say "$dir: arguments of $mac"
}

fill() {
	local iso=$1 dir=$2 args loader
	[[ -r $iso ]] || die "cannot read $iso"
	mkdir -p "$dir/p2v/grub" "$dir/grub" "$dir/pxelinux.cfg"
	xorriso -report_about WARNING -osirrox on:auto_chmod_on -indev "$iso" -extract /boot/grub/grub.cfg "$dir/p2v/grub/menu.cfg" \
		-extract /boot/grub/args.cfg "$dir/p2v/grub/args.cfg" \
		-extract /boot/vmlinuz "$dir/p2v/vmlinuz" -extract /boot/initrd.img "$dir/p2v/initrd.img" \
		-extract /boot/gui.img "$dir/p2v/gui.img" -extract /boot/net/shimx64.efi "$dir/shimx64.efi" \
		-extract /boot/net/grubx64.efi "$dir/grubx64.efi" -extract /boot/memtest.bin "$dir/p2v/memtest.bin" \
		-extract /boot/memtest.efi "$dir/p2v/memtest.efi" >/dev/null || die "$iso is not a p2v.iso"
	if grep -q "'/boot/site.img'" <<<"$(xorriso -indev "$iso" -lsd /boot/site.img 2>/dev/null)"; then
		xorriso -report_about WARNING -osirrox on:auto_chmod_on -indev "$iso" -extract /boot/site.img "$dir/p2v/site.img" >/dev/null
	else
		# iPXE and pxelinux load it always: an empty archive.
		: | cpio --quiet -o -H newc >"$dir/p2v/site.img"
	fi
	chmod -R u=rwX,go=rX "$dir"
	args=$(sed -n "s/^set p2v_args=['\"]\(.*\)['\"]\$/\1/p" "$dir/p2v/grub/args.cfg")
	cp "$here/pxe/grub.cfg" "$dir/grub/grub.cfg"
	[[ $(realpath -m "$iso") == "$(realpath -m "$dir/p2v.iso")" ]] || cp "$iso" "$dir/p2v.iso"
	sed "s|@ARGS@|${args//[&|\\]/\\&}|" "$here/pxe/boot.ipxe" >"$dir/boot.ipxe"
	menu "$args" >"$dir/pxelinux.cfg/default"
	for loader in /usr/lib/PXELINUX/pxelinux.0 /usr/lib/syslinux/modules/bios/{ldlinux,menu,libutil}.c32; do
		[[ ! -r $loader ]] || cp "$loader" "$dir/"
	done
	[[ -e $dir/pxelinux.0 ]] || say "pxelinux.0 and ldlinux.c32 are not on this machine (packages pxelinux and syslinux-common); copy them to $dir for BIOS machines without iPXE"
	say "$dir: arguments for every machine: $(sed -E 's/(p2v\.(auth\.)?password=)[^ ]*/\1…/g' <<<"${args:-none}")"
}

case ${1:-} in
	--help) usage ;;
	--machine)
		[[ $# == 5 && $3 == --args ]] || { usage >&2 && exit 2; }
		machine "$2" "$4" "$5"
		;;
	*)
		(($# == 2)) || { usage >&2 && exit 2; }
		need xorriso cpio
		fill "$1" "$2"
		;;
esac
