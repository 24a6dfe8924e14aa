#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes p2v.iso.  The slow part (packages, initramfs) is kept in a cache, named
# by a hash of the files that make it; a changed client needs only seconds.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

usage() {
	cat <<'HELP'
usage: build.sh --out p2v.iso --client-tree DIR [--cache DIR] [--no-firmware]
                [--backports] [--fresh]

  --out FILE         the ISO to write; beside it FILE.packages.txt (the Debian
                     packages in it), FILE.cdx.json (the same as a CycloneDX bill
                     of materials) and SHA256SUMS
  --client-tree DIR  what to put over the base system: an installed tree with
                     usr/bin/p2v-client, usr/lib/p2v/init and their helper files
  --cache DIR        where the base system is kept (default: cache/iso in the
                     repository)
  --no-firmware      leave out Debian's non-free firmware (some network and
                     Fibre Channel cards then do not work)
  --backports        the kernel of Debian's backports instead of the release's, for
                     controllers and cards that are newer than that
  --fresh            make the base anew, for the newest packages
  --help

Runs as root or as an ordinary user with user namespaces.
HELP
}

out='' tree='' cache=$here/../cache/iso firmware=yes kernel=release fresh=no
while (($#)); do
	case $1 in
		--out) out=${2:?--out needs a file} && shift 2 ;;
		--client-tree) tree=${2:?--client-tree needs a folder} && shift 2 ;;
		--cache) cache=${2:?--cache needs a folder} && shift 2 ;;
		--no-firmware) firmware=no && shift ;;
		--backports) kernel=backports && shift ;;
		--fresh) fresh=yes && shift ;;
		--help) usage && exit 0 ;;
		*) usage >&2 && exit 2 ;;
	esac
done
[[ -n $out && -n $tree ]] || { usage >&2 && exit 2; }
for program in bin/p2v-client lib/p2v/init; do
	[[ -x $tree/usr/$program ]] || die "$tree has no usr/$program; give the folder where the client was installed"
done
need xorriso cpio zstd

# --- base: from the cache, or made and then moved there as a whole
key=$({
	echo "$firmware" "$kernel" && cd "$here"
	find base.sh base-hook.sh packages.list gui.list gui drivers.list dracut -type f -printf '%m %p\0' | LC_ALL=C sort -z | tr '\0' '\n'
	find base.sh base-hook.sh packages.list gui.list gui drivers.list dracut -type f -print0 | LC_ALL=C sort -z | xargs -0 cat
} | sha256sum | cut -c 1-16)
base=$cache/$key
# An ordinary user becomes root in a namespace, and unpacks files of other users there.
check_namespaces() {
	local name
	name=$(id -un)
	[[ $(id -u) != 0 ]] || return 0
	for file in /etc/subuid /etc/subgid; do
		grep -Eqs "^($name|$(id -u)):" "$file" ||
			die "$file gives no range to $name; as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $name"
	done
	unshare --user true 2>/dev/null || die "user namespaces are not allowed here; as root: sysctl kernel.unprivileged_userns_clone=1"
}
[[ $fresh == no ]] || rm -rf "$base"
if [[ ! -d $base ]]; then
	check_namespaces
	mkdir -p "$cache"
	part=$(mktemp -d "$cache/part.XXXXXX")
	bash "$here/base.sh" "$part" "$firmware" "$kernel" || { rm -rf "$part" && die "the base system could not be made"; }
	chmod 755 "$part"
	# Somebody else may have been faster.
	mv -T "$part" "$base" 2>/dev/null || rm -rf "$part"
	[[ -d $base ]] || die "cannot write $base"
fi
touch "$base"
# The four that were used last stay.
find "$cache" -mindepth 1 -maxdepth 1 -type d ! -name 'part.*' -printf '%T@ %p\0' | sort -z -rn | tail -z -n +5 |
	cut -z -d ' ' -f 2- | xargs -0 -r rm -rf

# --- client tree, over the base
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2>/dev/null || echo 1704067200)}
export SOURCE_DATE_EPOCH
umask 022
work=$(mktemp -d "${TMPDIR:-/tmp}/p2v-iso.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/client"
cp -R --preserve=mode,links "$tree/." "$work/client/"
chmod -R u=rwX,go=rX "$work/client"
# The wizard goes where its libraries are.
wizard=usr/lib/p2v/p2v-wizard.so
if [[ -e $work/client/$wizard ]]; then
	mkdir -p "$work/wizard/$(dirname "$wizard")"
	mv "$work/client/$wizard" "$work/wizard/$wizard"
fi

# A library that is missing in the image would only show on the physical machine.
# check_libraries TREE LIST…: what is in TREE finds its own there or in the LISTs
check_libraries() {
	local dir=$1 file library
	shift
	find "$dir" -type f | while read -r file; do
		{ readelf -d "$file" 2>/dev/null || true; } | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r library; do
			grep -qh "/${library//./\\.}\$" "$@" ||
				compgen -G "$dir/usr/lib/*/$library" >/dev/null ||
				echo "${file#"$dir"} needs $library"
		done
	done
}
mkdir -p "$work/wizard"
if command -v readelf >/dev/null; then
	missing=$(check_libraries "$work/client" "$base/initrd.files" && check_libraries "$work/wizard" "$base"/{initrd,gui}.files)
	[[ -z $missing ]] || die "not in the image: $missing. Add the library's package to iso/packages.list or iso/gui.list"
fi
# The kernel unpacks this: the first program and the system that it unpacks (iso/init).
mkdir -p "$work/first/p2v"
mv "$work/client/usr/lib/p2v/init" "$work/first/init"
cp "$base/initrd.base" "$work/first/p2v/root.cpio.zst"
chmod -R u=rwX,go=rX "$work/first"
find "$work/first" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$work/first" && printf '%s\n' init p2v p2v/root.cpio.zst | cpio --quiet -o -H newc -R 0:0 --reproducible) >"$work/first.cpio"
pack_tree "$work/client" "$work/client.cpio" && zstd -q -6 -T2 "$work/client.cpio"
pack_tree "$work/wizard" "$work/wizard.cpio" && zstd -q -6 -T2 "$work/wizard.cpio"
truncate -s %4 "$work"/{client,wizard}.cpio.zst

# --- the ISO's files
iso=$work/iso
mkdir -p "$iso/.disk" "$iso/boot/grub/i386-pc"
# The signed GRUB finds its CD by this file.
echo "p2v" >"$iso/.disk/info"
cp "$here/boot/grub.cfg" "$here/boot/args.cfg" "$iso/boot/grub/"
cp "$base/loader/eltorito.img" "$iso/boot/grub/i386-pc/"
cp "$base/vmlinuz" "$iso/boot/vmlinuz"
cp "$base/packages" "$iso/boot/packages.txt"
cp -R "$base"/loader/{net,memtest.bin,memtest.efi} "$iso/boot/"
cat "$work/first.cpio" "$work/client.cpio.zst" >"$iso/boot/initrd.img"
cat "$base/gui.base" "$work/wizard.cpio.zst" >"$iso/boot/gui.img"
chmod -R u=rwX,go=rX "$iso"
find "$iso" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# CD by El Torito (BIOS and UEFI), disk or USB stick by MBR and GPT.
rm -f "$out"
xorriso -report_about WARNING -as mkisofs -V P2V -o "$out" -r -J -joliet-long \
	--grub2-mbr "$base/loader/boot_hybrid.img" -partition_offset 16 --mbr-force-bootable \
	-append_partition 2 0xef "$base/loader/efi.img" -appended_part_as_gpt \
	-c /boot/boot.cat -b /boot/grub/i386-pc/eltorito.img \
	-no-emul-boot -boot-load-size 4 -boot-info-table --grub2-boot-info \
	-eltorito-alt-boot -e '--interval:appended_partition_2:all::' -no-emul-boot \
	"$iso" 2>"$work/xorriso.log" || die "xorriso could not write $out: $(tail -n 3 "$work/xorriso.log")"

# --- what is in it
cp "$base/packages" "$out.packages.txt"
bash "$here/bom.sh" "$out" "$base/packages" "$("$tree/usr/bin/p2v-client" --version 2>/dev/null | cut -d ' ' -f 2)" >"$out.cdx.json"
(cd "$(dirname "$out")" && sha256sum "$(basename "$out")"{,.packages.txt,.cdx.json} >SHA256SUMS)
# zstd complains about gui.base's padding, behind which the kernel looks for more.
unpacked=$({ zstd -q -dc "$base/initrd.base" "$base/gui.base" 2>/dev/null || true; } | cat - "$work"/{client,wizard}.cpio | wc -c)
say "$(awk -v size="$(stat -c %s "$out")" -v unpacked="$unpacked" -v out="$out" \
	'BEGIN { printf "%.1f MB %s; its root unpacked, with the wizard, %.1f MiB", size / 1e6, out, unpacked / 1048576 }')"
