# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the builders set layout_file and work_dir, and use the offsets
# Disks of a guest without device mapper and without partition devices: every
# part is known by its byte offset in the raw file. Sourced.
#
# What is where goes into a layout file, one item a line:
#   KIND DISK OFFSET LENGTH      (bytes; KIND: table boot pvmeta fs swap freevg,
#   or disk, with zeroes, for a disk that has nothing else)
# ranges.py makes the lists for the tests from it.

mib=1048576

# note KIND DISK OFFSET LENGTH: append to the layout
note() { echo "$*" >>"$layout_file"; }

# fill_random FILE OFFSET LENGTH: old contents, visible and incompressible
fill_random() {
	dd if=/dev/urandom of="$1" bs=1M oflag=seek_bytes iflag=count_bytes,fullblock \
		seek="$2" count="$3" conv=notrunc status=none
}

# make_ext4 FILE OFFSET LENGTH LABEL UUID: initialised completely, as it is on
# a file system that the kernel has had mounted for a while
make_ext4() {
	mkfs.ext4 -q -F -L "$4" -U "$5" \
		-E "offset=$2,nodiscard,lazy_itable_init=0,lazy_journal_init=0" \
		"$1" $(($3 / 1024))k 2>/dev/null || die "mkfs.ext4 failed on $1 at $2"
}

# make_swap FILE OFFSET LENGTH UUID: header only; contents stay as they are
make_swap() {
	local header
	header=$(mktemp)
	truncate -s "$3" "$header"
	mkswap -q -U "$4" "$header"
	dd if="$header" of="$1" bs=4096 count=1 oflag=seek_bytes seek="$2" \
		conv=notrunc status=none
	rm -f "$header"
}

# mount_at FILE OFFSET LENGTH DIRECTORY
mount_at() {
	mkdir -p "$4"
	local loop
	loop=$(attach_loop --offset "$2" --sizelimit "$3" "$1")
	mount -t ext4 "$loop" "$4"
	losetup -d "$loop" # with the last umount
}

# partition_msdos FILE FIRST_MIB END_MIB TYPE: what Debian's installer makes:
# sda1 of FIRST_MIB, then an extended partition with sda5 of TYPE up to
# END_MIB. Sets part1_offset part1_length part5_offset part5_length; boot
# loader space is sectors 1-2047.
partition_msdos() {
	local file=$1 first=$2 end=$3 type=$4
	sfdisk -q --no-reread "$file" <<-END
		label: dos
		1: start=1MiB size=${first}MiB type=83 bootable
		2: start=$((first + 1))MiB size=$((end - first - 1))MiB type=5
		5: start=$((first + 2))MiB size=$((end - first - 2))MiB type=$type
	END
	part1_offset=$mib part1_length=$((first * mib))
	part5_offset=$(((first + 2) * mib)) part5_length=$(((end - first - 2) * mib))
	grub_sector=1 grub_sectors=2047
	note table "${file##*/}" 0 512
	note table "${file##*/}" $(((first + 1) * mib)) 512
}

# partition_gpt FILE FIRST_MIB END_MIB TYPE: bios_grub, sda2, sda3; sets the
# same variables as partition_msdos for the second and third.
partition_gpt() {
	local file=$1 first=$2 end=$3 type=$4 size
	[[ $type == 82 ]] && type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
	[[ $type == 8e ]] && type=E6D6D379-F507-44C2-A23C-238F2A3DF928
	sfdisk -q --no-reread "$file" <<-END
		label: gpt
		1: start=1MiB size=1MiB type=21686148-6449-6E6F-744E-656564454649
		2: start=2MiB size=${first}MiB type=linux
		3: start=$((first + 2))MiB size=$((end - first - 2))MiB type=$type
	END
	part1_offset=$((2 * mib)) part1_length=$((first * mib))
	part5_offset=$(((first + 2) * mib)) part5_length=$(((end - first - 2) * mib))
	grub_sector=2048 grub_sectors=2048
	size=$(stat -c %s "$file")
	note table "${file##*/}" 0 $((34 * 512))
	note table "${file##*/}" $((size - 33 * 512)) $((33 * 512))
}

# hold_loop FILE OFFSET LENGTH / drop_loop: one loop device at a time for what
# needs a device of its own; sets held_loop
hold_loop() {
	held_loop=$(attach_loop --offset "$2" --sizelimit "$3" "$1")
}
drop_loop() {
	losetup -d "$held_loop"
	held_loop=''
}

# lvm_quiet ARGS...: LVM on one loop device and without device mapper
lvm_quiet() {
	LVM_SYSTEM_DIR=$work_dir/lvm DM_DISABLE_UDEV=1 LVM_SUPPRESS_FD_WARNINGS=1 \
		lvm "$1" --driverloaded n "${@:2}" 2>"$work_dir/lvm.log" ||
		die "lvm $1 failed: $(grep -v WARNING "$work_dir/lvm.log")"
}

# make_lvm FILE OFFSET LENGTH VG ROOT_MIB SWAP_MIB: a physical volume with
# logical volumes root and swap and free space. Sets root_offset root_length
# swap_offset swap_length freevg_offset freevg_length.
make_lvm() {
	local file=$1 offset=$2 length=$3 vg=$4 start extent name first last used
	hold_loop "$file" "$offset" "$length"
	mkdir -p "$work_dir/lvm"
	cat >"$work_dir/lvm/lvm.conf" <<-END
		devices { scan=["/dev"] filter=["a|^$held_loop\$|","r|.*|"] use_devicesfile=0 }
		backup { backup=0 archive=0 }
		activation { udev_sync=0 udev_rules=0 monitoring=0 }
		global { event_activation=0 }
	END
	lvm_quiet pvcreate -q -y "$held_loop" >/dev/null
	lvm_quiet vgcreate -q "$vg" "$held_loop" >/dev/null
	lvm_quiet lvcreate -q -an -Zn -Wn -L "$5M" -n root "$vg" >/dev/null
	lvm_quiet lvcreate -q -an -Zn -Wn -L "$6M" -n swap "$vg" >/dev/null
	read -r start extent < <(lvm_quiet pvs --noheadings --units b --nosuffix \
		-o pe_start,vg_extent_size)
	used=0
	while read -r name first; do
		last=${first##*-} first=${first##*:} first=${first%-*}
		printf -v "${name}_offset" %d $((offset + start + first * extent))
		printf -v "${name}_length" %d $(((last - first + 1) * extent))
		((last < used)) || used=$((last + 1))
	done < <(lvm_quiet lvs --noheadings -o lv_name,seg_pe_ranges "$vg")
	drop_loop
	# everything above the last extent in use, the odd tail of the PV included
	freevg_offset=$((offset + start + used * extent))
	freevg_length=$((offset + length - freevg_offset))
	note pvmeta "${file##*/}" "$offset" "$start"
	note freevg "${file##*/}" "$freevg_offset" "$freevg_length"
}

# embed_grub FILE ROOT: boot sector and core image, as grub-bios-setup writes
# them
embed_grub() {
	local length
	length=$(python3 "$guests_dir/embed-grub.py" "$1" "$grub_sector" "$grub_sectors" \
		"$2/boot/grub/i386-pc/boot.img" "$2/boot/grub/i386-pc/core.img")
	note boot "${1##*/}" $((grub_sector * 512)) "$length"
}
