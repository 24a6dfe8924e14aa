# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# One boot of rows.list.  To be sourced, after tests/lib/physical.sh, whose functions
# work on its folder too.  WORK and BUILD are the caller's.

# shellcheck source=tests/boot/site.sh
. tests/boot/site.sh

boot_helpers=()
# The first page of the dialog in text, and what asks where to show it.
BOOT_TEXT_MARKER='Which conversion server'
BOOT_TEXT_QUESTION='press Enter on the console'

boot_stop() {
	local pid
	[[ ! -e $WORK/run/qemu.pid ]] || physical_stop "$WORK/run"
	for pid in "${boot_helpers[@]}"; do kill "$pid" 2>/dev/null || true; done
	boot_helpers=()
}

# Processor seconds that QEMU has taken.
boot_seconds() {
	awk -v hz="$(getconf CLK_TCK)" '{ printf "%d", ($14 + $15) / hz }' "/proc/$1/stat" 2>/dev/null || true
}

# boot_choose N: the menu's Nth entry, on the serial line: Ctrl-N goes down.  A key gets
# lost while the menu is being drawn, so each waits until that has come to an end.
boot_choose() {
	python3 - "$WORK/run/serial.sock" "$WORK/run/serial.log" "$1" <<'PYTHON'
import os, socket, sys, time

line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
for key in b"\x0e" * int(sys.argv[3]) + b"\r":
    size = -1
    while size != os.path.getsize(sys.argv[2]):
        size = os.path.getsize(sys.argv[2])
        time.sleep(2)
    line.sendall(bytes([key]))
line.shutdown(socket.SHUT_WR)
PYTHON
}

# boot_firmware NAME: fills `machine` and `devices`
boot_firmware() {
	local code='' vars=''
	case $1 in
		efi) code=OVMF_CODE_4M.fd vars=OVMF_VARS_4M.fd ;;
		sb) code=OVMF_CODE_4M.ms.fd vars=OVMF_VARS_4M.ms.fd ;;
		ia32) code=OVMF32_CODE_4M.secboot.fd vars=OVMF32_VARS_4M.fd ;;
		bios) return ;;
	esac
	cp "/usr/share/OVMF/$vars" "$WORK/vars.fd"
	if [[ $1 != efi ]]; then
		machine=$machine,smm=on
		devices+=(-global "driver=cfi.pflash01,property=secure,value=on")
	fi
	devices+=(-drive "if=pflash,unit=0,readonly=on,format=raw,file=/usr/share/OVMF/$code"
		-drive "if=pflash,unit=1,format=raw,file=$WORK/vars.fd")
}

# A network with a DHCP server that names BOOTFILE, and TFTP and HTTP of $WORK/net; only
# in a network namespace of its own.  Fills `devices`.
boot_network() {
	local firmware=$1 bootfile=$2 card=e1000
	shift 2
	ip link set lo up
	ip tuntap add tap0 mode tap
	ip addr add 192.168.78.1/24 dev tap0
	ip link set tap0 up
	dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=tap0 --bind-interfaces --user=root \
		--dhcp-range=192.168.78.50,192.168.78.99 --dhcp-leasefile="$WORK/leases" --log-facility="$WORK/run/dnsmasq.log" --log-dhcp \
		--enable-tftp --tftp-root="$WORK/net" --dhcp-boot="$bootfile" "$@" &
	boot_helpers+=($!)
	python3 -m http.server --bind 192.168.78.1 --directory "$WORK/net" 80 >"$WORK/run/http.log" 2>&1 &
	boot_helpers+=($!)
	# UEFI has a driver of its own for this card, and without option ROM it is used.
	[[ $firmware == bios ]] || card=virtio-net-pci,romfile=
	devices+=(-netdev "tap,id=net,ifname=tap0,script=no,downscript=no"
		-device "$card,netdev=net,mac=52:54:00:12:34:56,bootindex=0")
}

# boot_medium FIRMWARE MEDIUM ISO ARGS: fills `devices`
boot_medium() {
	local firmware=$1 medium=$2 iso=$3 args=$4 extra=()
	case $medium in
		cd) devices+=(-drive "if=none,id=cd,media=cdrom,format=raw,readonly=on,file=$iso" -device "ide-cd,bus=ide.0,drive=cd,id=cd0,bootindex=0") ;;
		usb) devices+=(-device qemu-xhci -drive "if=none,id=stick,format=raw,readonly=on,file=$iso" -device "usb-storage,drive=stick,bootindex=0") ;;
		kernel)
			iso/netboot.sh "$iso" "$WORK/net" >/dev/null 2>&1
			cat "$WORK"/net/p2v/{initrd,site,gui}.img >"$WORK/archives"
			devices+=(-kernel "$WORK/net/p2v/vmlinuz" -initrd "$WORK/archives" -append "console=tty0 console=ttyS0,115200 quiet $args")
			;;
		http) iso/netboot.sh "$iso" "$WORK/net" >"$WORK/run/netboot.log" 2>&1 ;;
		*)
			iso/netboot.sh "$iso" "$WORK/net" >"$WORK/run/netboot.log" 2>&1
			# This machine's arguments come from its own file.
			iso/netboot.sh --machine 52:54:00:12:34:56 --args "$args" "$WORK/net" >>"$WORK/run/netboot.log" 2>&1
			;;
	esac
	case $medium in
		cd | usb | kernel) devices+=(-netdev "user,id=net" -device "e1000,netdev=net,mac=52:54:00:12:34:56") ;;
		pxelinux) boot_network "$firmware" pxelinux.0 ;;
		ipxe)
			extra=("--dhcp-match=set:ipxe,175" "--dhcp-boot=tag:ipxe,boot.ipxe")
			# In a BIOS QEMU's card has iPXE in its ROM.
			[[ $firmware == bios ]] || cp /usr/lib/ipxe/snponly.efi "$WORK/net/"
			boot_network "$firmware" snponly.efi "${extra[@]}"
			;;
		tftp) boot_network "$firmware" shimx64.efi ;;
		http) boot_network "$firmware" http://192.168.78.1/p2v.iso --dhcp-option-force=60,HTTPClient ;;
	esac
}

# A disk whose boot sector says so on the serial line.
boot_local_disk() {
	python3 - "$WORK/disk" <<'PYTHON'
import sys
# Each byte waits until the port can take it.
code = bytes.fromhex("31c08ed8be217c" "ac08c07412" "88c4bafd03eca82074fb" "88e0baf803eeebe9" "f4ebfd")
sector = (code + b"HELLO FROM THE DISK\r\n\0").ljust(510, b"\0") + b"\x55\xaa"
open(sys.argv[1], "wb").write(sector.ljust(1 << 20, b"\0"))
PYTHON
	devices+=(-drive "if=none,id=disk,format=raw,file=$WORK/disk" -device "ide-hd,bus=ide.1,drive=disk")
}

# boot_altered ISO: one byte of its kernel is another
boot_altered() {
	xorriso -report_about WARNING -osirrox on:auto_chmod_on -indev "$1" -extract /boot/vmlinuz "$WORK/vmlinuz" >/dev/null 2>&1
	printf 'X' | dd of="$WORK/vmlinuz" bs=1 seek=2000000 conv=notrunc status=none
	xorriso -report_about WARNING -indev "$1" -outdev "$WORK/altered.iso" -boot_image any replay -overwrite on \
		-update "$WORK/vmlinuz" /boot/vmlinuz -commit >/dev/null 2>&1
}

# boot_row NAME: prints "pass|fail CPU-SECONDS SECONDS REMARK"
boot_row() {
	local name=$1 firmware medium expect options option base=$BUILD/p2v.iso iso=$WORK/site.iso site=() missing=''
	local machine=q35 vga=std memory=1024 display='' entry='' args='' crash='' marker='' remark='' timeout=()
	read -r firmware medium expect options <<<"$(fields "$name")"
	for option in $options; do
		case $option in
			vga=*) vga=${option#*=} ;;
			memory=*) memory=${option#*=} ;;
			display=*) display=${option#*=} ;;
			entry=*) entry=${option#*=} timeout=(--timeout 120) ;;
			args=*) args=${option#*=} args=" ${args//,/ }" ;;
			pc) machine=pc ;;
			x-crash=*) crash=${option#*=} ;;
			backports) base=$BUILD/p2v-backports.iso ;;
			locked | site | altered | eject | no-memtest | local-disk) ;;
			*) echo "fail - - rows.list: unknown option $option" && return 1 ;;
		esac
	done
	# loglevel: the kernel says that it is locked down.
	case $expect in
		wizard) marker='The wizard is drawn' args="systemd.journald.forward_to_console=1 loglevel=6$args" ;;
		headless) marker='disks of this machine are unchanged' args="p2v.server=192.0.2.1 p2v.password=nothing p2v.disks=sdz p2v.fail=poweroff$args" ;;
		text) marker=$BOOT_TEXT_MARKER args=${args# } ;;
		*) marker=${expect//_/ } args=${args# } ;;
	esac
	# An emulated timer is late on a busy machine, and the kernel takes it for broken.
	args=${args:+$args }no_timer_check
	local out=$BUILD/boot/$name devices=(-smp 2 -m "$memory")
	mkdir -p "$WORK/run" "$out"
	if [[ $base == *backports* && ! $base -nt $BUILD/client-tree ]]; then
		iso/build.sh --backports --out "$base" --client-tree "$BUILD/client-tree" >"$out/build.log" 2>&1 || { echo "fail - - build.sh --backports" && return 1; }
	fi
	if [[ " $options " == *" site "* ]]; then
		args+=" p2v.name=site"
		boot_site_options "$base" 2>"$out/site.log" || { echo "fail - - site.log" && return 1; }
		devices+=(-device edu)
	fi
	iso/customise.sh "$base" "$iso" --args "$args" "${timeout[@]}" "${site[@]}" >"$out/iso.log" 2>&1 || { echo "fail - - customise.sh" && return 1; }
	if [[ " $options " == *" altered "* ]]; then boot_altered "$iso" && iso=$WORK/altered.iso; fi
	boot_firmware "$firmware"
	boot_medium "$firmware" "$medium" "$iso" "$args"
	[[ " $options " != *" local-disk "* ]] || boot_local_disk
	case $vga in
		ati) devices+=(-vga none -device ati-vga) ;;
		*) devices+=(-vga "$vga") ;;
	esac

	local began=$SECONDS pid cpu=0 seen=no menu=no asked=no
	qemu-system-x86_64 -name "$name" -machine "$machine" -accel tcg,thread=multi -cpu max -nodefaults -display none "${devices[@]}" \
		-chardev "socket,id=serial,path=$WORK/run/serial.sock,server=on,wait=off,logfile=$WORK/run/serial.log" -serial chardev:serial \
		-qmp "unix:$WORK/run/qmp.sock,server=on,wait=off" -no-reboot -pidfile "$WORK/run/qemu.pid" -daemonize 2>"$out/qemu.log" ||
		{ echo "fail - - QEMU did not start: $(tail -n 1 "$out/qemu.log")" && return 1; }
	pid=$(<"$WORK/run/qemu.pid")
	while [[ $seen == no ]] && kill -0 "$pid" 2>/dev/null; do
		cpu=$(boot_seconds "$pid") cpu=${cpu:-0}
		((cpu < QEMU_SECONDS && SECONDS - began < QEMU_SECONDS * 12)) || break
		if [[ $menu == no ]] && grep -aq 'Boot from the local disk' "$WORK/run/serial.log"; then
			menu=yes
			[[ -z $entry ]] || boot_choose "$entry"
		fi
		if [[ $expect == text && $asked == no ]] && grep -aq "$BOOT_TEXT_QUESTION" "$WORK/run/serial.log"; then
			asked=yes
			physical_type "$WORK/run" ''
		fi
		if [[ $menu != ejected && " $options " == *" eject "* ]] && grep -aq 'waiting for disks' "$WORK/run/serial.log"; then
			menu=ejected
			physical_qmp "$WORK/run" eject '{"id": "cd0", "force": true}' >/dev/null
		fi
		! grep -aq 'end Kernel panic' "$WORK/run/serial.log" || break
		if grep -aEq -- "$marker" "$WORK/run/serial.log"; then seen=yes; else sleep 0.5; fi
	done
	! grep -aEq -- "$marker" "$WORK/run/serial.log" || seen=yes
	local wall=$((SECONDS - began))
	if [[ $seen == yes && " $options " == *" site "* ]]; then missing=$(boot_site_look); fi
	if [[ $seen == yes && $crash == STOP ]]; then
		missing=$(boot_x_stop)
	elif [[ $seen == yes && -n $crash ]]; then
		missing=$(boot_x_crash "$crash")
	fi
	# The kernel names its package's version, not only its own.
	if [[ $seen == yes && " $options " == *" backports "* ]] && ! grep -aEq 'Linux version .* Debian [^ ]*~bpo' "$WORK/run/serial.log"; then
		missing="it is not the kernel of backports"
	fi
	# What was drawn is on the screen a moment later.
	sleep 2
	! kill -0 "$pid" 2>/dev/null || physical_screen "$WORK/run" "$out/screen.png" 2>/dev/null || true
	[[ $seen == yes ]] || remark="\"$marker\" did not come"
	local driver
	driver=$(grep -aoE 'display: (modesetting|fbdev|vesa)' "$WORK/run/serial.log" | tail -n 1) || true
	if [[ $seen == yes && -n $display && $driver != "display: $display" ]]; then seen=no remark="the display is not $display"; fi
	[[ -z $missing ]] || seen=no remark=${missing//$'\n'/; }
	if [[ $seen == yes && " $options " == *" locked "* ]] && ! grep -aq 'locked down' "$WORK/run/serial.log"; then seen=no remark="the kernel is not locked down"; fi
	if [[ $seen == yes && " $options " == *" no-memtest "* ]] && grep -aq 'Memory test' "$WORK/run/serial.log"; then seen=no remark="the menu offers what Secure Boot refuses"; fi
	boot_stop
	cp "$WORK"/run/*.log "$out/"
	[[ $seen == no ]] || remark=${driver#display: }
	if [[ $seen == yes ]]; then echo "pass $cpu $wall $remark"; else echo "fail $cpu $wall $remark"; fi
	[[ $seen == yes ]]
}
