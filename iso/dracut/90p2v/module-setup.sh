#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2154 # moddir, initdir: dracut's
# dracut module: the whole system that runs on the physical machine.  It is never
# left for another root, so this is not an initramfs in the usual sense: systemd
# runs from it as on any other system (there is no /etc/initrd-release).
# packages.list and drivers.list stand beside this file when the image is made.

check() {
	require_binaries systemctl udevadm busybox || return 1
	return 255
}

depends() {
	echo bash systemd
}

installkernel() {
	local line
	while read -r line; do
		line=${line%%#*}
		# shellcheck disable=SC2086
		[[ -z $line ]] || hostonly='' instmods -o $line
	done <"$moddir/drivers.list"
}

# install_packages LIST: the files that it (packages.list) names, with the libraries they need.  dracut's own
# search looks only at executables, and a plugin is none (dlopen): install_file -l
# asks the linker for each.
install_packages() {
	local name files pattern file
	while read -r name files; do
		[[ -n $name && $name != \#* && -n $files ]] || continue
		# Braces first, then patterns, as a shell would.
		for pattern in $(eval "printf '%s\n' ${files//\*/\\*}"); do
			for file in $pattern; do
				if [[ ! -e $file ]]; then
					derror "${1##*/}: $name has no $file"
					exit 1
				fi
				$DRACUT_INSTALL -D "$initdir" -l "$file" || exit 1
			done
		done
	done <"$1"
}

install_udev() {
	local rule helper
	# A positive list: rules for LVM, md, btrfs, bcache, multipath would start
	# volumes by themselves.  (Those of packages.list for dm and md only name what
	# /usr/lib/p2v/storage started.)
	for rule in 50-udev-default 60-autosuspend 60-block 60-cdrom_id 60-drm 60-evdev \
		60-input-id 60-persistent-input 60-persistent-storage 60-persistent-storage-tape \
		60-serial 70-memory 73-special-net-names 75-net-description 80-drivers \
		80-net-setup-link 99-systemd; do
		inst_simple "/lib/udev/rules.d/$rule.rules"
	done
	for helper in ata_id scsi_id cdrom_id dmi_memory_id; do inst_binary "/lib/udev/$helper"; done
	inst_multiple udevadm /lib/systemd/systemd-udevd /lib/systemd/network/99-default.link \
		/lib/systemd/network/73-usb-net-by-mac.link
	inst_multiple -o /lib/modprobe.d/*.conf
}

install_network() {
	inst_multiple /lib/systemd/systemd-{networkd,networkd-wait-online} \
		/lib/systemd/system/systemd-{networkd.service,networkd.socket,resolved.service}
	ln -sfn ../run/systemd/resolve/resolv.conf "$initdir/etc/resolv.conf"
}

# The small tools of a person at the shell: the real one where the image has it,
# else busybox.
install_tools() {
	local applet
	inst_multiple ls cp dd df stat timeout sha256sum date sort stty chmod sleep sed cat
	for applet in $(busybox --list); do
		case $applet in
			# What writes to disks or starts another system has no business here.
			init | linuxrc | getty | login | mkswap | swapon | swapoff | fdisk | mkdosfs | mke2fs | mkfs.* | fsck* | udhcpc* | hwclock | switch_root | pivot_root) continue ;;
		esac
		[[ -e $initdir/bin/$applet || -e $initdir/sbin/$applet ]] || ln -s busybox "$initdir/bin/$applet"
	done
	for applet in pvs vgs lvs pvdisplay vgdisplay lvdisplay vgchange lvchange pvscan vgscan; do
		ln -sfn lvm "$initdir/sbin/$applet"
	done
}

# X's layouts, as the console's keymaps: `customise.sh --keyboard` chooses one for both.
install_keymaps() {
	local layout
	mkdir -p "$initdir/usr/share/keymaps"
	# shellcheck disable=SC2013 # words
	for layout in $(sed -n '/^! layout/,/^! variant/p' /usr/share/X11/xkb/rules/base.lst | awk '$1 ~ /^[a-z]+$/ { print $1 }'); do
		# It warns of keys that a console does not know.
		ckbcomp -compact -layout "$layout" >"$initdir/usr/share/keymaps/$layout.map" 2>/dev/null ||
			rm "$initdir/usr/share/keymaps/$layout.map"
	done
	if [[ ! -s $initdir/usr/share/keymaps/de.map ]]; then
		derror "ckbcomp made no keymaps"
		exit 1
	fi
}

# Whatever mounts, checks, swaps, or starts volumes by itself has to go, and what
# only a system with a disk needs.
remove_unwanted() {
	rm -rf "$initdir"/lib/systemd/system-generators
	rm -f "$initdir"/lib/systemd/systemd-{fsck,volatile-root,sysroot-fstab-check,coredump} \
		"$initdir"/lib/systemd/system/systemd-{fsck@,volatile-root,random-seed,random-seed-load}.service \
		"$initdir"/{,usr/}sbin/swapoff "$initdir"/bin/loginctl
	rm -f "$initdir"/lib/systemd/system/{*cryptsetup*,kexec.target,systemd-kexec.service}
}

install() {
	local unit
	install_udev
	install_network
	install_packages "$moddir/packages.list"
	install_tools
	install_keymaps
	remove_unwanted
	inst_simple /usr/lib/os-release
	ln -sfn ../usr/lib/os-release "$initdir/etc/os-release"
	# dracut's own are links to systemctl.
	rm -f "$initdir"/sbin/{poweroff,reboot,halt}
	# --no-preserve: whoever builds, the files are root's.
	cp -R --no-preserve=ownership "$moddir/root/." "$initdir/"
	for unit in reboot halt; do ln -s poweroff "$initdir/sbin/$unit"; done
	chmod 0600 "$initdir/etc/shadow"
	mkdir -p "$initdir"/{root,tmp,var/tmp,var/log,run,proc,sys,dev,mnt}
	chmod 0700 "$initdir/root" "$initdir/etc/p2v"
	chmod 1777 "$initdir"/{tmp,var/tmp}
	ln -sfn ../run "$initdir/var/run"
	for unit in systemd-networkd.service systemd-networkd.socket systemd-resolved.service; do
		$SYSTEMCTL -q --root "$initdir" enable "$unit"
	done
	$SYSTEMCTL -q --root "$initdir" add-wants sysinit.target p2v-early.service p2v-drivers.service
	$SYSTEMCTL -q --root "$initdir" set-default p2v.target
}
