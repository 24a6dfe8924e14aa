# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2154 # the builders set what each comment names
# What an installer writes into a fresh root: names, network, keys, boot
# files. Sourced.

# configure_root ROOT: what the installer asks for. Uses guest_name,
# static_cidr, gateway, nic_name, disk_serial and key_file (public key).
configure_root() {
	local root=$1
	echo "$guest_name" >"$root/etc/hostname"
	printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n' "$guest_name" >"$root/etc/hosts"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	rm -f "$root/etc/resolv.conf"
	printf 'nameserver %s\n' "$nameserver" >"$root/etc/resolv.conf"
	cat >"$root/etc/network/interfaces" <<-END
		# The loopback network interface
		auto lo
		iface lo inet loopback

		# The primary network interface
		allow-hotplug $nic_name
		iface $nic_name inet static
		    address $static_cidr
		    gateway $gateway
	END
	install -d -m 0700 "$root/root/.ssh"
	install -m 0600 "$key_file" "$root/root/.ssh/authorized_keys"
	echo "root:$root_password" | chroot "$root" chpasswd
	# as the installer does: the disk's by-id name, which a conversion outdates
	chroot "$root" debconf-set-selections <<-END
		grub-pc grub-pc/install_devices multiselect /dev/disk/by-id/ata-QEMU_HARDDISK_$disk_serial
	END
}

# enter_machine ROOT: proc, sys, and a small /dev with the names of root and
# swap that the machine will have. Uses root_device root_uuid swap_device and
# held_loop (the swap space).
enter_machine() {
	local root=$1 node loops
	mount -t proc proc "$root/proc"
	mount --bind /sys "$root/sys"
	mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
	loops=$(findmnt -n -R -o SOURCE "$root" | grep '^/dev/loop')
	for node in null zero full random urandom tty $loops "$held_loop"; do
		cp -a "/dev/${node#/dev/}" "$root/dev/"
	done
	mkdir -p "$root/dev/mapper" "$root/dev/disk/by-uuid"
	if [[ $root_device == /dev/mapper/* ]]; then
		ln -s "${loops%%$'\n'*}" "$root$root_device"
		ln -s "$held_loop" "$root$swap_device"
	else
		ln -s "${loops%%$'\n'*}" "$root/dev/disk/by-uuid/$root_uuid"
	fi
}
leave_machine() {
	umount "$1/dev" "$1/sys" "$1/proc"
}

# answer_grub_probe ROOT: GRUB's probe looks through a loop device at the file
# behind it and finds nothing it knows. For the time of the build a script is
# mounted over it that says what it would say on the machine itself.
# Uses root_device root_uuid boot_device boot_uuid table.
answer_grub_probe() {
	local root_name=$root_device
	[[ $root_device == /dev/mapper/* ]] || root_name=$boot_device
	local part=${boot_device##*[a-z]}
	cat >"$work_dir/grub-probe" <<-END
		#!/bin/sh
		target='' device=''
		while [ \$# -gt 0 ]; do
			case \$1 in
			-t | --target) target=\$2; shift ;;
			--target=*) target=\${1#*=} ;;
			-d | --device | -m | --device-map) ;;
			-*) ;;
			$root_name | $boot_device) device=\$1 ;;
			/boot*) device=$boot_device ;;
			/*) device=$root_name ;;
			esac
			shift
		done
		case \$target:\$device in
		device:*) echo \$device ;;
		fs:*) echo ext2 ;;
		fs_uuid:$boot_device) echo $boot_uuid ;;
		fs_uuid:*) echo $root_uuid ;;
		abstraction:/dev/mapper/*) echo lvm ;;
		partmap:*) echo $table ;;
		hints_string:$boot_device)
			echo --hint-bios=hd0,$table$part --hint-efi=hd0,$table$part --hint-baremetal=ahci0,$table$part ;;
		esac
	END
	chmod +x "$work_dir/grub-probe"
	mount --bind "$work_dir/grub-probe" "$1/usr/sbin/grub-probe"
}

# install_boot ROOT: initramfs, GRUB's files and grub.cfg. Only the boot
# sectors are missing then (embed-grub.py). Uses initramfs_policy and what the
# functions above use.
install_boot() {
	local root=$1 log=$work_dir/boot.log policy=$1/etc/initramfs-tools/conf.d/driver-policy
	echo "RESUME=$swap_device" >"$root/etc/initramfs-tools/conf.d/resume"
	enter_machine "$root"
	[[ $initramfs_policy == most ]] && rm "$policy"
	chroot "$root" update-initramfs -u >"$log" 2>&1 ||
		die "update-initramfs in the guest failed: $(cat "$log")"
	# MODULES=dep can only be acted on where the hardware is
	echo "MODULES=$initramfs_policy" >"$policy"
	# /dev/null: the device is never touched, but one must be named
	chroot "$root" grub-install --target=i386-pc --no-bootsector --grub-setup=/bin/true \
		--modules="part_msdos part_gpt" /dev/null >"$log" 2>&1 ||
		die "grub-install in the guest failed: $(cat "$log")"
	answer_grub_probe "$root"
	chroot "$root" update-grub >"$log" 2>&1 || die "update-grub in the guest failed: $(cat "$log")"
	umount "$root/usr/sbin/grub-probe"
	leave_machine "$root"
}

# write_env FILE SERIALS [NAME=VALUE…]: what a test has to know of the guest, for it to source.
# One serial number, and one disk, for each word of SERIALS.
write_env() {
	local file=$1 serials=$2 disks=()
	shift 2
	for _ in $serials; do disks+=("disk${#disks[@]}.raw"); done
	cat >"$file" <<-END
		GUEST_NAME=$guest_name
		GUEST_RELEASE=$release
		GUEST_DISKS='${disks[*]}'
		GUEST_SERIALS='$serials'
		GUEST_MAC=$nic_mac
		GUEST_NIC=$nic_name
		GUEST_IP=${static_cidr%/*}
		GUEST_CIDR=$static_cidr
		GUEST_GATEWAY=$gateway
		GUEST_NETWORK=192.168.77.0/24
		GUEST_NAMESERVER=$nameserver
		GUEST_PASSWORD=$root_password
		GUEST_SUMS=/srv/SHA256SUMS
	END
	printf '%s\n' "$@" >>"$file"
}
