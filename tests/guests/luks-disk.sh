#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A small guest in an encrypted volume (LUKS), as Debian's installer makes it but for LVM:
# /boot on /dev/sda1, the root file system in /dev/sda5, whose passphrase is asked for on the
# console at each boot.  It is never started before it is converted.
set -euo pipefail

# shellcheck source-path=SCRIPTDIR source=workshop.sh
. "$(dirname "$0")/workshop.sh"
# shellcheck source-path=SCRIPTDIR source=bootstrap.sh
. "$(dirname "$0")/bootstrap.sh"
# shellcheck source-path=SCRIPTDIR source=settings.sh
. "$(dirname "$0")/settings.sh"
# shellcheck source-path=SCRIPTDIR source=disk.sh
. "$(dirname "$0")/disk.sh"

usage() { echo "usage: ${0##*/} --out DIR: writes disk0.raw, guest.env and the SSH key to DIR."; }
[[ $# -eq 2 && $1 == --out ]] || { usage >&2; exit 2; }
out=$2
enter_namespace "$@"
require_tools mmdebstrap mkfs.ext4 sfdisk ssh-keygen python3 cryptsetup qemu-img

# The same network as the demo's machine (tests/lib/physical.sh).
static_cidr=192.168.77.10/24 gateway=192.168.77.2 nameserver=192.168.77.3
nic_name=enp0s2 nic_mac=52:54:00:70:32:77
guest_name=tiny-luks disk_serial=P2VTINY0 root_password=p2vtiny initramfs_policy=list
release=bookworm size=900 boot_mib=120 table=msdos
# As a person types it at the console; other characters than the keys of a US keyboard are the
# guest's own business.
passphrase='correct Horse-7' crypt_name=root_crypt

initramfs_modules="ahci ata_piix sd_mod ext4 dm-crypt xts"
# What the old machine and a virtual one need to boot; see tiny-disk.sh.
kept_modules="ahci ata_piix ata_generic sd_mod sr_mod ext4 crc32c_generic crc32c-intel
e1000 evdev dm-mod dm-crypt aesni-intel xts cbc ecb essiv sha256-ssse3 sha256_generic
algif_skcipher algif_hash virtio_pci virtio_blk virtio_scsi virtio_net virtio_console
virtio_balloon virtio-rng virtio-gpu virtio_input qemu_fw_cfg autofs4 fuse configfs loop"
base_packages="systemd-sysv udev dbus kmod linux-image-amd64 grub-pc initramfs-tools zstd
cryptsetup cryptsetup-initramfs ifupdown iproute2 openssh-server"

# build_base DIR: root.tar
build_base() { bootstrap_thin "$1" "$release" "$base_packages"; }

# install_system DIR BASE ROOT
install_system() {
	local dir=$1 root=$3
	tar -x -C "$root" --xattrs --numeric-owner -f "$2/root.tar"
	ssh-keygen -q -t ed25519 -N '' -C "p2v test" -f "$dir/id_ed25519"
	key_file=$dir/id_ed25519.pub
	configure_root "$root"
	{ printf '%s ' "${static_cidr%/*}"; cat "$root/etc/ssh/ssh_host_ed25519_key.pub"; } >"$dir/known_hosts"
	printf '%s\n' "$root_device / ext4 errors=remount-ro 0 1" "$boot_device /boot ext4 defaults 0 2" >"$root/etc/fstab"
	echo "$crypt_name UUID=$luks_uuid none luks" >"$root/etc/crypttab"
	# what stands for the swap space, which there is none of
	swap_device=/dev/mapper/none
	hold_loop "$dir/disk0.raw" "$boot_offset" "$boot_length"
	install_boot "$root"
	drop_loop
	echo RESUME=none >"$root/etc/initramfs-tools/conf.d/resume"
	embed_grub "$dir/disk0.raw" "$root"
	head -c 4M /dev/urandom >"$root/srv/live"
	sha256sum "$root/srv/live" | sed "s,$root,," >"$root/srv/SHA256SUMS"
}

# encrypt_root PLAIN DISK: into its partition, by QEMU, which needs no device mapper
encrypt_root() {
	local file=$work_dir/luks tries=10
	printf %s "$passphrase" >"$work_dir/passphrase"
	# It gives up at once where the processor time of its first iterations reads as 0.
	until qemu-img convert --object "secret,id=key,file=$work_dir/passphrase" -f raw -O luks \
		-o key-secret=key,cipher-alg=aes-256,cipher-mode=xts,ivgen-alg=plain64,iter-time=10 "$1" "$file"; do
		((--tries)) || die "QEMU could not make an encrypted volume"
	done
	cryptsetup luksUUID -q --uuid "$luks_uuid" "$file"
	(($(stat -c %s "$file") <= part5_length)) || die "the encrypted root does not fit"
	dd if="$file" of="$2" bs=1M oflag=seek_bytes seek="$part5_offset" conv=notrunc status=none
}

# build DIR BASE: everything that the cache keeps
build() {
	local dir=$1 base=$2 disk=$1/disk0.raw root plain
	work_dir=$(mktemp -d) layout_file=$work_dir/layout root=$work_dir/root plain=$work_dir/plain.raw
	# shellcheck disable=SC2034 # of settings.sh
	root_uuid=$(new_uuid) boot_uuid=$(new_uuid) luks_uuid=$(new_uuid)
	root_device=/dev/mapper/$crypt_name boot_device=/dev/sda1
	truncate -s "${size}M" "$disk"
	say "building"
	partition_msdos "$disk" "$boot_mib" $((size - 2)) 83
	boot_offset=$part1_offset boot_length=$part1_length
	truncate -s $((part5_length - 4 * mib)) "$plain"
	make_ext4 "$plain" 0 $((part5_length - 4 * mib)) '' "$root_uuid"
	make_ext4 "$disk" "$boot_offset" "$boot_length" '' "$boot_uuid"
	mount_at "$plain" 0 $((part5_length - 4 * mib)) "$root"
	mount_at "$disk" "$boot_offset" "$boot_length" "$root/boot"
	install_system "$dir" "$base" "$root"
	umount -R "$root"
	encrypt_root "$plain" "$disk"
	write_env "$dir/guest.env" "$disk_serial" GUEST_PASSPHRASE="'$passphrase'" GUEST_CRYPT="$crypt_name"
	rm -rf "$work_dir"
}

base=$default_cache/base-$(cache_key 'bootstrap.sh luks-disk.sh thin-modules.py' luks)
cached_build "$base" build_base
entry=$default_cache/luks-$(cache_key 'luks-disk.sh bootstrap.sh disk.sh settings.sh workshop.sh *.py' "$release")
cached_build "$entry" build "$base"
deliver "$entry" "$out"
say "the guest is ready in $out"
