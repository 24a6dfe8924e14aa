# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scripts of this folder share.  To be sourced.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
	say "error: $*"
	exit 1
}

# need PROGRAM… : each must be there, else names the package to install.
need() {
	local program
	for program; do
		command -v "$program" >/dev/null || PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null ||
			die "the program $program is missing; install it (apt-get install mmdebstrap uidmap xorriso mtools dosfstools cpio zstd binutils qemu-system-x86 ovmf)"
	done
}

# pack_tree DIR OUT: DIR as a cpio that the kernel unpacks before the system, which
# lets it stay (iso/init).  DIR is changed: a top-level bin, sbin, lib or lib64 moves below
# usr/, because in the image those names are links, which the kernel would
# replace by the folder.  Everything belongs to root; times are SOURCE_DATE_EPOCH.
pack_tree() {
	local tree=$1 out=$2 folder
	for folder in bin sbin lib lib64; do
		if [[ -d $tree/$folder && ! -L $tree/$folder ]]; then
			mkdir -p "$tree/usr/$folder"
			cp -a "$tree/$folder/." "$tree/usr/$folder/"
			rm -rf "${tree:?}/$folder"
		fi
	done
	find "$tree" -type d -exec chmod u+rwx {} +
	find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	(cd "$tree" && find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
		cpio --null --quiet -o -H newc -R 0:0 --reproducible) >"$out"
	# The kernel looks for the next archive at a multiple of four.
	truncate -s %4 "$out"
}
