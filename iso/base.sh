#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# base.sh DIR FIRMWARE KERNEL: the slow part of the image, into the new folder DIR.
#
#   vmlinuz        Debian's signed kernel
#   initrd.base    the initramfs without the client (zstd)
#   initrd.files   what is in it, one path a line
#   gui.base       what the wizard needs besides, without the wizard (zstd); gui.files
#   loader/        eltorito.img and boot_hybrid.img (GRUB for BIOS), efi.img (FAT: signed shim and GRUB);
#                  net/: the same two for UEFI machines that boot from the network; memtest.bin, .efi
#   packages       what it was made of, one package a line: name, version, architecture, source,
#                  its version, SHA-256 of the .deb
#
# mmdebstrap unpacks packages.list into a scratch root and base-hook.sh runs
# dracut in there; as an ordinary user that happens in a user namespace.
# FIRMWARE is "yes" or "no", KERNEL "release" or "backports".  Called by build.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

dir=$1 firmware=$2 kernel=$3
# The base is the same whenever it is made; the ISO around it carries the date.
export SOURCE_DATE_EPOCH=1704067200
need mmdebstrap zstd mkfs.vfat mcopy apt-get

work=$(mktemp -d "${TMPDIR:-/tmp}/p2v-iso.XXXXXX")
trap 'rm -rf "$work"' EXIT
# A user namespace's root is somebody else, who must get in here, whatever the caller's
# umask is.
umask 022
chmod 755 "$work"

# The mirrors that this machine itself uses, as far as they are Debian's: no
# mirror is named in these files.  With package lists apt knows the origin;
# without, the suite's name must do.
. /etc/os-release
suite=${VERSION_CODENAME:?this build needs a Debian release with a code name}
sources() {
	local uri release component origin arch
	# shellcheck disable=SC2016 # apt's variables, not the shell's
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
		while read -r uri release component origin; do
			[[ $component == main && $release == "$suite"* ]] || continue
			[[ $origin == Debian || $origin == "\$(ORIGIN)" ]] || continue
			[[ $firmware == no ]] || component="main non-free-firmware"
			# The release itself has the boot loaders for 32-bit UEFI.
			if [[ $release == "$suite" ]]; then arch=amd64,i386; else arch=amd64; fi
			echo "deb [arch=$arch] $uri $release $component"
			# Of these apt takes nothing but what is asked for by name.
			[[ $kernel != backports || $release != "$suite" ]] || echo "deb [arch=amd64] $uri $suite-backports $component"
		done | sort -u
}
sources >"$work/sources.list"
[[ -s $work/sources.list ]] || die "apt on this machine knows no Debian mirror for $suite; check /etc/apt/sources.list and run apt-get update"

# How this machine's apt reaches its mirrors (proxies, clock checks, retries).
apt-config dump | grep -E '^Acquire::(https?|ftp|Check-|Retries|ForceIP|By-Hash)[^ ]* "..*";$' >"$work/apt.conf" || true

names() { sed -n "s/^$1\([a-z0-9][a-z0-9.+-]*\(:i386\)\{0,1\}\).*/\1/p" "$here/packages.list" "$here/gui.list" | sort -u; }
names '' | sed -E '/^(firmware|backports)$/d' >"$work/include"
names '+' >"$work/extract"
[[ $firmware == no ]] || names 'firmware:' >>"$work/extract"
[[ $firmware == no || $kernel != backports ]] || names 'backports:' >>"$work/extract"

mkdir "$work/module"
cp -R "$here/dracut/90p2v/." "$work/module/"
for list in packages gui; do sed -E 's/^(\+|firmware:|backports:)//' "$here/$list.list" >"$work/module/$list.list"; done
cp -R "$here/gui" "$work/module/gui"
cp "$here/drivers.list" "$work/module/"
# The release whose kernel it is.
if [[ $kernel == backports ]]; then echo "$suite-backports"; else echo "$suite"; fi >"$work/module/kernel"
chmod -R u=rwX,go=rX "$work/module"
install -m 755 "$here/base-hook.sh" "$work/hook"

# The hook leaves its results in the scratch root's /out; mmdebstrap copies that
# out and throws the rest away.
say "making the base image (packages from this machine's mirrors, dracut)"
# shellcheck disable=SC2016 # $1 is the hooks' own
mmdebstrap --quiet --variant=extract --format=null --architectures=amd64,i386 \
	--include="$(paste -sd, "$work/include")" \
	--aptopt="$work/apt.conf" \
	--setup-hook='for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done' \
	--extract-hook="bash $work/hook \"\$1\" $work/module $work/extract" \
	--extract-hook="copy-out /out $work" \
	"$suite" - "$work/sources.list" || die "mmdebstrap failed: see above"

mkdir -p "$dir/loader"
cp "$work/out/vmlinuz" "$work/out/packages" "$work"/out/{initrd,gui}.files "$dir/"
# Two threads whatever the machine has: the result is the same with any number but none.
# initrd.base is read by iso/init, which looks for the size that zstd puts in front.
for archive in initrd gui; do zstd -q -9 -T2 -c "$work/out/$archive.cpio" >"$dir/$archive.base"; done
truncate -s %4 "$dir/gui.base"
cp -R "$work"/out/{eltorito.img,boot_hybrid.img,memtest.bin,memtest.efi,net} "$dir/loader/"

find "$work/out/efi" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
truncate -s 11M "$dir/loader/efi.img"
PATH=$PATH:/usr/sbin:/sbin mkfs.vfat --invariant -n P2VEFI "$dir/loader/efi.img" >/dev/null
mmd -i "$dir/loader/efi.img" ::EFI ::EFI/BOOT
mcopy -m -i "$dir/loader/efi.img" "$work"/out/efi/*.EFI "$work"/out/efi/*.efi ::EFI/BOOT/
