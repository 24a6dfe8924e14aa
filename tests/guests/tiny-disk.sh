#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The tiny fixture guest: one small disk with a Debian that has all that a
# conversion deals with, but few modules, so that it converts quickly without
# KVM. Variants are made from one cached base.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=workshop.sh
. "$(dirname "$0")/workshop.sh"
# shellcheck source-path=SCRIPTDIR source=bootstrap.sh
. "$(dirname "$0")/bootstrap.sh"
# shellcheck source-path=SCRIPTDIR source=settings.sh
. "$(dirname "$0")/settings.sh"
# shellcheck source-path=SCRIPTDIR source=disk.sh
. "$(dirname "$0")/disk.sh"

usage() {
	cat <<-END
		usage: ${0##*/} --out DIR [--variant NAME] [--cache DIR] [--release NAME]
		Writes disk0.raw, guest.env, *.ranges and the SSH key to DIR. Variants:
		  default    ext4 root on /dev/sda1, swap on /dev/sda5
		  lvm        /boot on /dev/sda1, root and swap as logical volumes
		  efi        GPT: EFI partition /dev/sda1, ext4 root /dev/sda2, swap
		  luks       files on /dev/sda1, an encrypted /dev/sda5, no operating system
		  full-root  default, with less than 5 MiB free on root
		  no-kernel  default, without kernel, initramfs and modules
		  no-os      a file system with files, but no operating system
		  blank      nothing but zeroes
	END
}

out='' cache='' release=bookworm variant=default
original_args=("$@")
while [[ $# -gt 0 ]]; do
	[[ $1 == --help ]] && { usage; exit 0; }
	[[ $# -ge 2 ]] || { usage >&2; exit 2; }
	case $1 in
	--out) out=$2 ;;
	--variant) variant=$2 ;;
	--cache) cache=$2 ;;
	--release) release=$2 ;;
	*) usage >&2; exit 2 ;;
	esac
	shift 2
done
[[ -n $out ]] || { usage >&2; exit 2; }
case $variant in
default | full-root | no-kernel | no-os | blank | luks) layout=plain ;;
lvm | efi) layout=$variant ;;
*) die "unknown variant '$variant'; see --help" ;;
esac
enter_namespace "${original_args[@]}"
require_tools mmdebstrap lvm mkfs.ext4 e2fsck dumpe2fs sfdisk mkswap ssh-keygen python3 \
	mkfs.vfat mcopy cryptsetup
cache=${cache:-$default_cache}

# The same network as the demo's machine (tests/lib/physical.sh).
static_cidr=192.168.77.10/24 gateway=192.168.77.2 nameserver=192.168.77.3
nic_name=enp0s2 nic_slot=0x2 nic_mac=52:54:00:70:32:77
guest_name=tiny disk_serial=P2VTINY0 root_password=p2vtiny initramfs_policy=list
size=700 swap_mib=48 boot_mib=80 table=msdos

# A small initramfs: emulated, a rebuild costs some 40 ms for each file in it.
initramfs_modules="ahci ata_piix sd_mod ext4"

# What a virtual machine and the old one need to boot, and what the initramfs
# tools look for; everything else of a kernel package is left out.
kept_modules="ahci ata_piix ata_generic sd_mod sr_mod ext4 crc32c_generic crc32c-intel
e1000 evdev dm-mod dm-snapshot dm-mirror
virtio_pci virtio_blk virtio_scsi virtio_net virtio_console virtio_balloon virtio-rng
virtio-gpu virtio_input qemu_fw_cfg autofs4 fuse configfs efivarfs loop vfat"

base_packages="systemd-sysv udev dbus kmod linux-image-amd64 grub-pc initramfs-tools zstd lvm2 ifupdown iproute2 openssh-server"

# build_base DIR: root.tar
build_base() { bootstrap_thin "$1" "$release" "$base_packages"; }

# partition_efi FILE END_MIB: an EFI partition with GRUB, and what partition_gpt
# makes of the rest
partition_efi() {
	local esp=$work_dir/esp esp_mib=34 end=$2
	sfdisk -q --no-reread "$1" <<-END
		label: gpt
		1: start=1MiB size=${esp_mib}MiB type=uefi
		2: start=$((esp_mib + 1))MiB size=$((end - swap_mib - esp_mib - 1))MiB type=linux
		3: start=$((end - swap_mib))MiB size=${swap_mib}MiB type=swap
	END
	part1_offset=$(((esp_mib + 1) * mib)) part1_length=$(((end - swap_mib - esp_mib - 1) * mib))
	part5_offset=$(((end - swap_mib) * mib)) part5_length=$((swap_mib * mib))
	note table disk0.raw 0 $((34 * 512))
	note table disk0.raw $((size * mib - 33 * 512)) $((33 * 512))
	truncate -s "${esp_mib}M" "$esp"
	mkfs.vfat -i "${esp_uuid/-/}" "$esp" >/dev/null
	mmd -i "$esp" ::/EFI ::/EFI/debian
	mcopy -i "$esp" /usr/lib/grub/x86_64-efi/monolithic/grubx64.efi ::/EFI/debian/
	dd if="$esp" of="$1" bs=1M seek=1 conv=notrunc,sparse status=none
	rm "$esp"
	note boot disk0.raw "$mib" $((esp_mib * mib))
}

partition_disk() {
	local disk=$1 end=$((size - 2))
	boot_device=/dev/sda1
	if [[ $layout == efi ]]; then
		table=gpt boot_device=/dev/sda2 esp_uuid=5032-5645
		partition_efi "$disk" "$end"
		root_offset=$part1_offset root_length=$part1_length
		swap_offset=$part5_offset swap_length=$part5_length
		root_device=/dev/sda2 swap_device=UUID=$swap_uuid boot_uuid=$root_uuid
	elif [[ $layout == lvm ]]; then
		partition_msdos "$disk" "$boot_mib" "$end" 8e
		boot_offset=$part1_offset boot_length=$part1_length
		make_lvm "$disk" "$part5_offset" "$part5_length" tiny-vg \
			$(((part5_length / mib - swap_mib - 32) / 4 * 4)) "$swap_mib"
		root_device=/dev/mapper/tiny--vg-root swap_device=/dev/mapper/tiny--vg-swap
		fill_random "$disk" "$freevg_offset" "$freevg_length"
	else
		partition_msdos "$disk" $((end - swap_mib - 4)) "$end" 82
		root_offset=$part1_offset root_length=$part1_length
		swap_offset=$part5_offset swap_length=$part5_length
		root_device=/dev/sda1 swap_device=UUID=$swap_uuid boot_uuid=$root_uuid
	fi
	note fs disk0.raw "$root_offset" "$root_length"
	note swap disk0.raw "$swap_offset" "$swap_length"
	fill_random "$disk" "$swap_offset" "$swap_length"
	if [[ $variant == luks ]]; then
		hold_loop "$disk" "$swap_offset" "$swap_length"
		make_luks "$held_loop"
		drop_loop
	else
		make_swap "$disk" "$swap_offset" "$swap_length" "$swap_uuid"
	fi
}

# make_luks DEVICE: only a header; nobody opens it
make_luks() {
	printf %s "$root_password" | cryptsetup luksFormat -q --type luks2 --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 "$1" - || die "cryptsetup failed on $1"
}

write_fstab() {
	{
		printf '%s / ext4 errors=remount-ro 0 1\n' "$root_device"
		[[ $layout != lvm ]] || printf '%s /boot ext4 defaults 0 2\n' "$boot_device"
		[[ $layout != efi ]] || printf 'UUID=%s /boot/efi vfat umask=0077 0 1\n' "$esp_uuid"
		printf '%s none swap sw 0 0\n' "$swap_device"
	} >"$1/etc/fstab"
}

# deleted_file ROOT: a little of what the trim has to find
deleted_file() {
	python3 "$guests_dir/scatter.py" "$1/srv" /srv --live 4 --dead 32 --disk disk0.raw \
		--offset "$root_offset" --sums "$work_dir/sums" --deleted "$work_dir/deleted" >"$work_dir/gone"
	mv "$work_dir/sums" "$1/srv/SHA256SUMS"
}

install_system() {
	local dir=$1 base=$2 root=$work_dir/root
	tar -x -C "$root" --xattrs --numeric-owner -f "$base/root.tar"
	# without LVM's hook the initramfs is rebuilt in two thirds of the time
	[[ $layout == lvm ]] ||
		chroot "$root" dpkg --purge lvm2 dmeventd liblvm2cmd2.03 >"$work_dir/purge.log" 2>&1 ||
		die "removing lvm2 from the guest failed: $(cat "$work_dir/purge.log")"
	ssh-keygen -q -t ed25519 -N '' -C "p2v test" -f "$dir/id_ed25519"
	key_file=$dir/id_ed25519.pub
	configure_root "$root"
	{ printf '%s ' "${static_cidr%/*}"; cat "$root/etc/ssh/ssh_host_ed25519_key.pub"; } >"$dir/known_hosts"
	write_fstab "$root"
	hold_loop "$dir/disk0.raw" "$swap_offset" "$swap_length"
	install_boot "$root"
	drop_loop
	if [[ $layout == efi ]]; then mkdir "$root/boot/efi"; else embed_grub "$dir/disk0.raw" "$root"; fi
	deleted_file "$root"
	case $variant in
	full-root) fill_root "$root" ;;
	no-kernel) rm -rf "$root"/boot/{vmlinuz,initrd.img,System.map,config}-* "$root"/lib/modules/* ;;
	esac
}

# fill_root ROOT: leaves about 2 MiB. Neither root's reserve nor the one that
# the kernel keeps for itself while mounted hides more.
fill_root() {
	local room device
	device=$(findmnt -n -o SOURCE "$1")
	tune2fs -m 0 "$device" >/dev/null
	echo 0 >"/sys/fs/ext4/${device##*/}/reserved_clusters"
	sync -f "$1"
	room=$(df --output=avail -B1 "$1" | tail -n1)
	head -c $((room - 2 * mib)) /dev/urandom >"$1/var/log/huge.log"
}

# build DIR BASE: everything that the cache keeps
build() {
	local dir=$1 base=${2:-} disk=$1/disk0.raw root
	work_dir=$(mktemp -d) layout_file=$work_dir/layout root=$work_dir/root
	root_uuid=$(new_uuid) swap_uuid=$(new_uuid) boot_uuid=$(new_uuid)
	: >"$layout_file"
	: >"$work_dir/deleted"
	write_env "$dir/guest.env" "$disk_serial" GUEST_LAYOUT="$layout" GUEST_VARIANT="$variant" \
		GUEST_NIC_SLOT="$nic_slot"
	truncate -s "${size}M" "$disk"
	if [[ $variant == blank ]]; then
		note disk disk0.raw 0 0
		python3 "$guests_dir/ranges.py" "$dir" "$layout_file" "$work_dir/deleted" >>"$dir/guest.env"
		return
	fi
	say "building variant $variant"
	partition_disk "$disk"
	make_ext4 "$disk" "$root_offset" "$root_length" '' "$root_uuid"
	if [[ $layout == lvm ]]; then
		make_ext4 "$disk" "$boot_offset" "$boot_length" '' "$boot_uuid"
		note fs disk0.raw "$boot_offset" "$boot_length"
	fi
	mount_at "$disk" "$root_offset" "$root_length" "$root"
	[[ $layout != lvm ]] || mount_at "$disk" "$boot_offset" "$boot_length" "$root/boot"
	if [[ $variant == no-os || $variant == luks ]]; then
		mkdir "$root/srv"
		deleted_file "$root"
	else
		install_system "$dir" "$base"
	fi
	umount -R "$root"
	echo "GUEST_ROOT_AT=$root_offset" >>"$dir/guest.env"
	python3 "$guests_dir/ranges.py" "$dir" "$layout_file" "$work_dir/deleted" >>"$dir/guest.env"
	rm -rf "$work_dir"
}

base=''
if [[ $variant != blank && $variant != no-os && $variant != luks ]]; then
	base=$cache/base-$(cache_key 'bootstrap.sh tiny-disk.sh thin-modules.py' tiny "$release")
	cached_build "$base" build_base
fi
entry=$cache/tiny-$variant-$(cache_key 'tiny-disk.sh bootstrap.sh disk.sh settings.sh workshop.sh *.py' "$release")
cached_build "$entry" build "$base"
deliver "$entry" "$out"
say "variant $variant is ready in $out"
