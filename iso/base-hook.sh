#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run by mmdebstrap (see base.sh) once the packages are unpacked in ROOT, as the
# root of a user namespace or as root: unpacks the packages that come without
# their dependencies, prepares ROOT for dracut, and leaves the results in ROOT/out.
set -euo pipefail
umask 022
root=$1 module=$2 extract=$3
out=$root/out
mkdir -p "$out/efi" "$root/debs"

apt() { APT_CONFIG=$MMDEBSTRAP_APT_CONFIG command "$@"; }

# owned DEB: for the list of packages, which files it has and what it is.  A path of the
# image below /usr, where its links lead.  Reads the names of tar -t.
owned() {
	local name
	name=$(dpkg-deb -f "$1" Package)
	# shellcheck disable=SC2016 # dpkg-query's
	dpkg-deb --show --showformat '${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t' "$1" >>"$root/debs.list"
	sha256sum "$1" | cut -d ' ' -f 1 >>"$root/debs.list"
	sed -E "s#^\./##; s#^(bin|sbin|lib|lib64)/#usr/&#; s#^#$name\t#" >>"$root/owners"
}
for deb in "$root"/var/cache/apt/archives/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -t | owned "$deb"
done

# --- packages without dependencies
mapfile -t packages <"$extract"
# linux-image-amd64 is empty and depends on the kernel's real package.
prefer=()
[[ $(<"$module/kernel") != *-backports ]] || prefer=(-o "APT::Default-Release=$(<"$module/kernel")")
kernel=$(apt apt-cache "${prefer[@]}" depends --important linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[^ ]*\).*/\1/p' | head -n 1)
packages=("${packages[@]/%linux-image-amd64/$kernel}")
# The drivers of a newer kernel name newer firmware.
firmware=() others=()
for name in "${packages[@]}"; do
	if [[ $name == firmware-* ]]; then firmware+=("$name"); else others+=("$name"); fi
done
fetch() { (cd "$root/debs" && apt apt-get -q -y -o APT::Sandbox::User=root download "$@" >/dev/null); }
fetch "${others[@]}"
[[ ${#firmware[@]} == 0 ]] || fetch "${prefer[@]}" "${firmware[@]}"
for deb in "$root"/debs/*.deb; do
	# What drivers.list never names need not be unpacked.
	dpkg-deb --fsys-tarfile "$deb" | tar -xv -C "$root" --keep-directory-symlink \
		--exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' \
		--exclude='./lib/modules/*/kernel/sound' --exclude='./lib/modules/*/kernel/drivers/gpu/drm/'{amd,i915,nouveau,radeon} \
		--exclude='./lib/modules/*/kernel/drivers/media' --exclude='./lib/modules/*/kernel/drivers/net/wireless' \
		--exclude='./lib/modules/*/kernel/drivers/staging' | owned "$deb"
done
rm -rf "$root/debs"

# --- what the packages' scripts would have done and dracut or the image needs
[[ -e $root/bin/sh ]] || ln -s bash "$root/bin/sh"
[[ -e $root/usr/bin/awk ]] || ln -s gawk "$root/usr/bin/awk"
mkdir -p "$root/etc/ssl/certs" "$root/proc" "$root/dev" "$root/var/tmp" "$root/tmp"
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
mkdir -p "$root/usr/lib/dracut/modules.d/90p2v"
cp -R "$module/." "$root/usr/lib/dracut/modules.d/90p2v/"
version=${kernel#linux-image-}
cp "$root/boot/vmlinuz-$version" "$out/vmlinuz"

# --- inside: dracut and GRUB's BIOS image.  /proc and /dev are in a mount
# namespace of their own and vanish with it.
cat >"$root/inside" <<'INSIDE'
set -euo pipefail
ldconfig
/usr/lib/x86_64-linux-gnu/glib-2.0/glib-compile-schemas /usr/share/glib-2.0/schemas
update-mime-database /usr/share/mime
depmod "$1"
export SOURCE_DATE_EPOCH
# Device nodes: the kernel brings /dev/console, and a namespace could not make them.
export DRACUT_NO_MKNOD=1
# Which files are alike, to be one, depends on the second in which each was made: --nohardlink.
dracut --quiet --no-hostonly --no-hostonly-cmdline --reproducible --no-compress \
	--no-early-microcode --nohardlink --modules 'bash systemd p2v' --kver "$1" --tmpdir /var/tmp \
	/out/initrd.cpio
cpio --quiet -t </out/initrd.cpio >/out/initrd.files
mkdir /check && cd /check && cpio --quiet -id --no-absolute-filenames </out/initrd.cpio

# --- gui.img: gui.list's files, but for those that the image has
module=/usr/lib/dracut/modules.d/90p2v
derror() { echo "$*" >&2; }
. "$module/module-setup.sh"
initdir=/gui DRACUT_INSTALL=/usr/lib/dracut/dracut-install
for folder in bin sbin lib lib64; do mkdir -p "/gui/usr/$folder" && ln -s "usr/$folder" "/gui/$folder"; done
install_packages "$module/gui.list"
# dracut-install follows executables only.
find /gui -name '*.so*' -type f | while read -r file; do ldd "$file"; done | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u |
	while read -r file; do $DRACUT_INSTALL -D /gui "$file"; done
cp -R --no-preserve=ownership "$module/gui/." /gui/
cd /gui
rm bin sbin lib lib64
find . ! -type d | while read -r file; do [[ ! -e /check/$file && ! -L /check/$file ]] || rm "$file"; done
find . -type d -empty -delete
find . -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z | cpio --null --quiet -o -H newc -R 0:0 --reproducible >/out/gui.cpio
cpio --quiet -t </out/gui.cpio >/out/gui.files

# Everything loadable in the image finds its libraries there; the wizard's also in its own archive.
libraries() {
	find . -type f \( -perm /111 -o -name '*.so*' \) ! -path './usr/lib/modules/*' | while read -r file; do
		[[ $(head -c 4 "$file" | tr -d '\0') == $'\x7fELF' ]] || continue
		chroot /check /lib64/ld-linux-x86-64.so.2 --list "/$file" 2>&1 | grep 'not found' | sed "s|^|$file: |" || true
	done
}
cd /check
libraries >/missing
cp -R /gui/. /check/
cd /gui
libraries >>/missing
if [[ -s /missing ]]; then
	echo "libraries missing in the image (add their package to packages.list):" >&2
	cat /missing >&2
	exit 1
fi
grub-mkimage -O i386-pc-eltorito -p /boot/grub -o /out/eltorito.img \
	biosdisk iso9660 part_msdos part_gpt fat normal linux search search_label search_fs_file \
	configfile serial terminal echo test ls cat halt reboot sleep minicmd true regexp chain boot vbe video video_fb
INSIDE
# shellcheck disable=SC2016 # $1, $2 are the inner shell's
unshare --mount --propagation private bash -euc '
	mount -t proc proc "$1/proc" 2>/dev/null || mount --rbind /proc "$1/proc"
	mount --rbind /dev "$1/dev"
	exec chroot "$1" /bin/bash /inside "$2"' - "$root" "$version"

# For CDs and USB sticks.  GRUB's CD flavour looks for the file /.disk/info and takes
# /boot/grub/grub.cfg there.  The firmware picks by its own word size.
shim=$root/usr/lib/shim grub=$root/usr/lib/grub
cp "$shim/shimx64.efi.signed" "$out/efi/BOOTX64.EFI"
cp "$shim/shimia32.efi.signed" "$out/efi/BOOTIA32.EFI"
cp "$grub/x86_64-efi-signed/gcdx64.efi.signed" "$out/efi/grubx64.efi"
cp "$grub/i386-efi-signed/gcdia32.efi.signed" "$out/efi/grubia32.efi"
cp "$shim/mmx64.efi.signed" "$out/efi/mmx64.efi"
cp "$shim/mmia32.efi.signed" "$out/efi/mmia32.efi"
# For the network: grub/grub.cfg beside it.
mkdir "$out/net"
cp "$shim/shimx64.efi.signed" "$out/net/shimx64.efi"
cp "$grub/x86_64-efi-signed/grubnetx64.efi.signed" "$out/net/grubx64.efi"
cp "$root/boot/memtest86+x64.bin" "$out/memtest.bin"
cp "$root/boot/memtest86+x64.efi" "$out/memtest.efi"
# The MBR that lets the ISO start from a USB stick.
cp "$grub/i386-pc/boot_hybrid.img" "$out/boot_hybrid.img"

# The packages that something in the image comes from.
{
	sed 's|/*$||' "$out/initrd.files" "$out/gui.files"
	echo "boot/vmlinuz-$version"
	printf '%s\n' usr/lib/{shim/{shim,mm}{x64,ia32}.efi.signed,grub/{x86_64-efi-signed/gcdx64,i386-efi-signed/gcdia32}.efi.signed} \
		usr/lib/grub/i386-pc/{boot_hybrid.img,kernel.img} boot/memtest86+x64.bin
} >"$root/taken"
awk -F '\t' 'FILENAME == ARGV[1] { taken[$0] = 1; next }
	FILENAME == ARGV[2] { if (taken[$2] && $2 !~ /\/$/) used[$1] = 1; next }
	$1 in used' "$root/taken" "$root/owners" "$root/debs.list" | LC_ALL=C sort -u >"$out/packages"
