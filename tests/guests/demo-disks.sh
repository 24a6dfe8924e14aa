#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The disks of the simulated physical machine: a real Debian on two raw disks,
# with a past (deleted files, old swap contents), and lists of what is where.
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
		usage: ${0##*/} --out DIR [options]
		  --out DIR          where disk0.raw, disk1.raw, guest.env, *.ranges and the
		                     SSH key go (a private copy of the cached build)
		  --cache DIR        default: cache/guests in the repository
		  --release NAME     Debian release (default bookworm)
		  --layout lvm|plain separate /boot and LVM (default), or one root partition
		  --table msdos|gpt  partition table (default msdos)
		  --size MIB         size of the first disk (default 6144)
		  --data-size MIB    size of the second disk (default 1024)
		  --live MIB         live files with checksums on root (default 256)
		  --dead MIB         deleted files on root (default 1600)
		  --name NAME        host name (default oldbox)
		  --initramfs list|dep|most  the guest's MODULES= policy (default list)
		  --packages 'A B'   more packages in the guest
	END
}

out='' cache='' release=bookworm layout=lvm table=msdos size=6144 data_size=1024
live=256 dead=1600 guest_name=oldbox initramfs_policy=list packages=''
original_args=("$@")
while [[ $# -gt 0 ]]; do
	[[ $1 == --help ]] && { usage; exit 0; }
	[[ $# -ge 2 ]] || { usage >&2; exit 2; }
	case $1 in
	--out) out=$2 ;;
	--cache) cache=$2 ;;
	--release) release=$2 ;;
	--layout) layout=$2 ;;
	--table) table=$2 ;;
	--size) size=$2 ;;
	--data-size) data_size=$2 ;;
	--live) live=$2 ;;
	--dead) dead=$2 ;;
	--name) guest_name=$2 ;;
	--initramfs) initramfs_policy=$2 ;;
	--packages) packages=$2 ;;
	*) usage >&2; exit 2 ;;
	esac
	shift 2
done
[[ -n $out ]] || { usage >&2; exit 2; }
[[ $layout == lvm || $layout == plain ]] || die "--layout must be lvm or plain, not '$layout'"
[[ $table == msdos || $table == gpt ]] || die "--table must be msdos or gpt, not '$table'"
[[ $size -ge 3072 && $data_size -ge 256 ]] || die "the disks need at least 3072 and 256 MiB"
enter_namespace "${original_args[@]}"
require_tools mmdebstrap lvm mkfs.ext4 e2fsck dumpe2fs sfdisk mkswap ssh-keygen python3
cache=${cache:-$default_cache}

# What the tests rely on. The card must sit where its name says: slot 2 of the
# root bus (tests/lib/physical.sh puts it there).
static_cidr=192.168.77.10/24 gateway=192.168.77.2 nameserver=192.168.77.3
nic_name=enp0s2 nic_slot=0x2 nic_mac=52:54:00:70:32:76
disk_serial=P2VDEMO0 data_serial=P2VDEMO1 root_password=p2vdemo
swap_mib=256 boot_mib=512 tail_mib=32

base_packages="zstd linux-image-amd64 openssh-server lvm2 grub-pc initramfs-tools ifupdown dbus locales $packages"
base_packages=${base_packages% }

# the partition plan of the first disk; sets *_offset and *_length
partition_disk() {
	local disk=$1 end=$((size - tail_mib)) vg_mib
	boot_device=/dev/sda1
	[[ $table == msdos ]] || boot_device=/dev/sda2
	if [[ $layout == lvm ]]; then
		"partition_$table" "$disk" "$boot_mib" "$end" 8e
		boot_offset=$part1_offset boot_length=$part1_length
		vg_mib=$((part5_length / mib))
		make_lvm "$disk" "$part5_offset" "$part5_length" "$guest_name-vg" \
			$((vg_mib * 83 / 100 / 4 * 4)) "$swap_mib"
		root_device=/dev/mapper/${guest_name//-/--}--vg-root
		swap_device=/dev/mapper/${guest_name//-/--}--vg-swap
		fill_random "$disk" "$freevg_offset" "$freevg_length"
	else
		"partition_$table" "$disk" $((end - swap_mib - 4)) "$end" 82
		root_offset=$part1_offset root_length=$part1_length
		swap_offset=$part5_offset swap_length=$part5_length
		root_device=UUID=$root_uuid swap_device=UUID=$swap_uuid
		boot_uuid=$root_uuid
	fi
	note fs "${disk##*/}" "$root_offset" "$root_length"
	note swap "${disk##*/}" "$swap_offset" "$swap_length"
	fill_random "$disk" "$swap_offset" "$swap_length"
	fill_random "$disk" $((end * mib)) $((tail_mib * mib - 33 * 512))
	make_swap "$disk" "$swap_offset" "$swap_length" "$swap_uuid"
}

write_fstab() {
	local boot_entry=$boot_device
	# from Debian 13's kernel on, two disks may be found in either order
	[[ $release == bookworm || $release == bullseye ]] || boot_entry=UUID=$boot_uuid
	{
		printf '# <file system> <mount point> <type> <options> <dump> <pass>\n'
		printf '%s / ext4 errors=remount-ro 0 1\n' "$root_device"
		[[ $layout == plain ]] || printf '%s /boot ext4 defaults 0 2\n' "$boot_entry"
		printf '%s none swap sw 0 0\n' "$swap_device"
		printf '/dev/disk/by-id/ata-QEMU_HARDDISK_%s-part1 /data ext4 defaults 0 2\n' "$data_serial"
		printf '/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n'
	} >"$1/etc/fstab"
	mkdir -p "$1/data" "$1/media/cdrom0"
}

# build DIR BASE: everything that the cache keeps
build() {
	local dir=$1 base=$2 root files bytes
	work_dir=$(mktemp -d) layout_file=$work_dir/layout root=$work_dir/root
	root_uuid=$(new_uuid) swap_uuid=$(new_uuid) boot_uuid=$(new_uuid)
	local disk0=$dir/disk0.raw disk1=$dir/disk1.raw
	truncate -s "${size}M" "$disk0"
	truncate -s "${data_size}M" "$disk1"
	partition_disk "$disk0"
	printf 'label: dos\n1: start=1MiB size=%sMiB type=83\n' $((data_size - 17)) |
		sfdisk -q --no-reread "$disk1"
	local data_length=$(((data_size - 17) * mib))
	note table disk1.raw 0 512
	note fs disk1.raw $mib "$data_length"
	fill_random "$disk1" $((mib + data_length)) $((16 * mib))

	say "making file systems"
	make_ext4 "$disk0" "$root_offset" "$root_length" '' "$root_uuid"
	make_ext4 "$disk1" $mib "$data_length" data "$(new_uuid)"
	[[ $layout == plain ]] ||
		make_ext4 "$disk0" "$boot_offset" "$boot_length" '' "$boot_uuid"
	mount_at "$disk0" "$root_offset" "$root_length" "$root"
	if [[ $layout == lvm ]]; then
		note fs disk0.raw "$boot_offset" "$boot_length"
		mount_at "$disk0" "$boot_offset" "$boot_length" "$root/boot"
	fi
	tar -x -C "$root" --xattrs --numeric-owner -f "$base/root.tar"

	say "configuring"
	ssh-keygen -q -t ed25519 -N '' -C "p2v test" -f "$dir/id_ed25519"
	key_file=$dir/id_ed25519.pub
	configure_root "$root"
	{ printf '%s ' "${static_cidr%/*}"; cat "$root/etc/ssh/ssh_host_ed25519_key.pub"; } >"$dir/known_hosts"
	write_fstab "$root"
	hold_loop "$disk0" "$swap_offset" "$swap_length"
	install_boot "$root"
	drop_loop
	embed_grub "$disk0" "$root"

	say "scattering live and deleted files"
	mount_at "$disk1" $mib "$data_length" "$root/data"
	mkdir -p "$root/srv/files"
	python3 "$guests_dir/scatter.py" "$root/srv/files" /srv/files --live "$live" --dead "$dead" \
		--disk disk0.raw --offset "$root_offset" --sums "$root/srv/SHA256SUMS" \
		--deleted "$work_dir/deleted" >"$work_dir/gone0"
	python3 "$guests_dir/scatter.py" "$root/data" /data --live 96 --dead $((data_size / 4)) \
		--disk disk1.raw --offset $mib --sums "$root/srv/SHA256SUMS" \
		--deleted "$work_dir/deleted" >"$work_dir/gone1"
	paste -d' ' "$work_dir/gone0" "$work_dir/gone1" |
		{ read -r f0 b0 f1 b1; echo $((f0 + f1)) $((b0 + b1)); } >"$work_dir/gone"
	cp "$root/srv/SHA256SUMS" "$dir/live.sha256"
	umount "$root/data"
	[[ $layout == plain ]] || umount "$root/boot"
	umount "$root"

	say "recording what is where"
	read -r files bytes <"$work_dir/gone"
	write_env "$dir/guest.env" "$disk_serial $data_serial" GUEST_LAYOUT="$layout" \
		GUEST_NIC_SLOT="$nic_slot" DELETED_FILES="$files" DELETED_FILES_BYTES="$bytes"
	python3 "$guests_dir/ranges.py" "$dir" "$layout_file" "$work_dir/deleted" >>"$dir/guest.env"
	rm -rf "$work_dir"
}

base=$cache/base-$(cache_key bootstrap.sh demo "$release" "$base_packages")
cached_build "$base" bootstrap_tar "$release" important "$base_packages"
entry=$cache/demo-$(cache_key 'demo-disks.sh disk.sh settings.sh workshop.sh *.py' "$release" "$layout" "$table" "$size" "$data_size" "$live" \
	"$dead" "$guest_name" "$initramfs_policy" "$base_packages")
cached_build "$entry" build "$base"
deliver "$entry" "$out"
say "ready in $out"
