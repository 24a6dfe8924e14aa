#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A copy of p2v.iso for one site or one machine: kernel arguments, keys, drivers and
# files are added; nothing is built again.  It needs this folder, xorriso and cpio.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

usage() {
	cat <<'HELP'
usage: customise.sh IN.iso OUT.iso [--args "ARGUMENTS"] [--identity FILE]
                    [--known-hosts FILE] [--ca FILE] [--keyboard LAYOUT]
                    [--driver FILE.ko]… [--firmware DIR] [--add-tree DIR]
                    [--timeout S]

  --args "…"          kernel arguments for the menu's entries, for example
                      "p2v.server=conv.example.org p2v.username=p2v p2v.o=local"
  --identity FILE     private key for the login on the conversion server; becomes
                      /etc/p2v/identity, readable by root only, and
                      p2v.identity=file:///etc/p2v/identity is added to the
                      arguments when they name no other
  --known-hosts FILE  host keys to trust, in OpenSSH's format
                      (ssh-keyscan conv.example.org); becomes /etc/p2v/known_hosts
  --ca FILE           certificate authorities (PEM) for https URLs, instead of
                      the usual ones; becomes /etc/p2v/ca.pem
  --keyboard LAYOUT   keyboard of the wizard and of the consoles: us, gb, de, fr,
                      jp, … (X's names; default: us)
  --driver FILE.ko    one more kernel module, made for the image's kernel (its
                      version is in /boot/packages.txt of the ISO); it is loaded
                      when its device is there.  With Secure Boot it must be signed
                      with a key that the machine's firmware or shim knows
  --firmware DIR      firmware files for a driver, as they lie in /lib/firmware
  --add-tree DIR      more files; they take the place of the image's
  --timeout S         seconds that the menu waits (default: 3; 0 for none)
  --help

Customise a customised copy and what is given replaces what it had.  Whoever has
the copy has the key in it: give that key few rights on the server.
HELP
}

[[ ${1:-} != --help ]] || { usage && exit 0; }
(($# >= 2)) || { usage >&2 && exit 2; }
in=$1 out=$2
shift 2
args='' args_given=no identity='' known_hosts='' ca='' keyboard='' drivers=() firmware='' tree='' timeout=''
while (($#)); do
	case $1 in
		--args) args=${2?--args needs a text} args_given=yes && shift 2 ;;
		--identity) identity=${2:?--identity needs a file} && shift 2 ;;
		--known-hosts) known_hosts=${2:?--known-hosts needs a file} && shift 2 ;;
		--ca) ca=${2:?--ca needs a file} && shift 2 ;;
		--keyboard) keyboard=${2:?--keyboard needs a layout} && shift 2 ;;
		--driver) drivers+=("${2:?--driver needs a file}") && shift 2 ;;
		--firmware) firmware=${2:?--firmware needs a folder} && shift 2 ;;
		--add-tree) tree=${2:?--add-tree needs a folder} && shift 2 ;;
		--timeout) timeout=${2:?--timeout needs a number} && shift 2 ;;
		--help) usage && exit 0 ;;
		*) usage >&2 && exit 2 ;;
	esac
done
need xorriso cpio
[[ -r $in ]] || die "cannot read $in"
[[ $(realpath -m "$in") != "$(realpath -m "$out")" ]] || die "IN and OUT must be two files"
[[ -z $identity || -r $identity ]] || die "cannot read the key $identity"
[[ -z $identity ]] || [[ $(head -n 1 "$identity") == *'PRIVATE KEY'* ]] || die "$identity is not a private key in PEM or OpenSSH format (the file without .pub)"
[[ -z $known_hosts || -r $known_hosts ]] || die "cannot read $known_hosts"
[[ -z $ca ]] || grep -q 'BEGIN CERTIFICATE' "$ca" || die "$ca holds no certificate in PEM format"
for folder in "$tree" "$firmware"; do
	[[ -z $folder || -d $folder ]] || die "$folder is not a folder"
done
[[ $keyboard =~ ^[a-z]*$ ]] || die "--keyboard: \"$keyboard\" is not the name of a layout, such as us or de"
[[ $timeout =~ ^[0-9]*$ ]] || die "--timeout: \"$timeout\" is not a number of seconds"
# GRUB puts a backslash before quotes and backslashes and breaks words at blanks:
# such an argument would reach the client changed.
[[ $args != *[\'\"\\]* && $args != *$'\n'* ]] || die "--args: quotes, backslashes and line breaks cannot pass through the boot loader; use --identity instead of a password with such characters"

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(stat -c %Y "$in")}
export SOURCE_DATE_EPOCH
work=$(mktemp -d "${TMPDIR:-/tmp}/p2v-iso.XXXXXX")
trap 'rm -rf "$work"' EXIT

# xorriso's messages are of interest only when something fails.
iso() { xorriso -report_about WARNING "$@" >"$work/xorriso.log" 2>&1 || die "xorriso: $(tail -n 3 "$work/xorriso.log")"; }
has() { grep -q "'$1'" <<<"$(xorriso -indev "$in" -lsd "$1" 2>/dev/null)"; }
has /boot/grub/args.cfg || die "$in is not a p2v.iso: it has no /boot/grub/args.cfg"

# add_driver FILE: into the folder of modules that go before the kernel's own; the image
# looks through it when it starts.
add_driver() {
	local made_for version
	version=$(sed -n 's/^linux-image-\([0-9][^\t]*\)\t.*/\1/p' "$work/packages.txt")
	made_for=$(grep -ao 'vermagic=[^ ]*' "$1" | head -n 1 | cut -d = -f 2)
	[[ -n $made_for ]] || die "$1 is not a kernel module (.ko, not compressed)"
	[[ $made_for == "$version" ]] || die "$1 is made for the kernel $made_for, and the image has $version; build it for that one"
	mkdir -p "$work/site/usr/lib/modules/$version/updates"
	cp "$1" "$work/site/usr/lib/modules/$version/updates/"
}

changes=()

# --- files: an archive that GRUB loads after the initrd
if [[ -n $identity$known_hosts$ca$keyboard$firmware$tree || ${#drivers[@]} -gt 0 ]]; then
	mkdir "$work/site"
	if has /boot/site.img; then
		iso -osirrox on -indev "$in" -extract /boot/site.img "$work/old.img"
		(cd "$work/site" && cpio --quiet -id --no-absolute-filenames <"$work/old.img")
	fi
	if ((${#drivers[@]} > 0)); then
		iso -osirrox on -indev "$in" -extract /boot/packages.txt "$work/packages.txt"
		for driver in "${drivers[@]}"; do add_driver "$driver"; done
	fi
	if [[ -n $firmware ]]; then
		mkdir -p "$work/site/usr/lib/firmware"
		cp -R --preserve=mode,links "$firmware/." "$work/site/usr/lib/firmware/"
	fi
	[[ -z $tree ]] || cp -R --preserve=mode,links "$tree/." "$work/site/"
	if [[ -n $identity$known_hosts$ca$keyboard ]]; then
		mkdir -p "$work/site/etc/p2v"
		chmod 700 "$work/site/etc/p2v"
	fi
	[[ -z $keyboard ]] || echo "$keyboard" >"$work/site/etc/p2v/keyboard"
	[[ -z $identity ]] || install -m 600 "$identity" "$work/site/etc/p2v/identity"
	[[ -z $known_hosts ]] || install -m 644 "$known_hosts" "$work/site/etc/p2v/known_hosts"
	[[ -z $ca ]] || install -m 644 "$ca" "$work/site/etc/p2v/ca.pem"
	pack_tree "$work/site" "$work/site.img"
	touch -d "@$SOURCE_DATE_EPOCH" "$work/site.img"
	changes+=(-update "$work/site.img" /boot/site.img)
fi

# --- arguments
iso -osirrox on -indev "$in" -extract /boot/grub/args.cfg "$work/args.old"
if [[ $args_given == no ]]; then
	args=$(sed -n "s/^set p2v_args=['\"]\(.*\)['\"]\$/\1/p" "$work/args.old")
fi
if [[ -n $identity && " $args" != *\ p2v.identity=* && " $args" != *\ p2v.auth.identity* ]]; then
	args="${args:+$args }p2v.identity=file:///etc/p2v/identity"
fi
timeout=${timeout:-$(sed -n 's/^set timeout=//p' "$work/args.old")}
{
	echo "# Written by customise.sh."
	echo "set p2v_args='$args'"
	[[ -z $timeout ]] || echo "set timeout=$timeout"
} >"$work/args.cfg"
chmod 644 "$work/args.cfg"
touch -d "@$SOURCE_DATE_EPOCH" "$work/args.cfg"
changes+=(-update "$work/args.cfg" /boot/grub/args.cfg)

# --- the copy: boot records, MBR, GPT and the EFI partition are made again as
# they were
rm -f "$out"
iso -indev "$in" -outdev "$out" -boot_image any replay -overwrite on "${changes[@]}" \
	-chown_r 0 / -- -chgrp_r 0 / -- -commit
say "$out: kernel arguments: $(sed -E 's/(p2v\.(auth\.)?password=)[^ ]*/\1…/g' <<<"${args:-none}")"
