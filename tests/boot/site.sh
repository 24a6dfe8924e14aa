# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What rows of rows.list do besides booting: a customised image is looked at from inside, the X
# server is killed.  To be sourced by machine.sh; RUN is $WORK/run.

boot_keys() { python3 tests/lib/qmp.py "$WORK/run/qmp.sock" --type "$1"; }

# boot_press KEY…: all of them at once (QEMU's names)
boot_press() {
	local key keys=''
	for key; do keys+="${keys:+, }{\"type\": \"qcode\", \"data\": \"$key\"}"; done
	physical_qmp "$WORK/run" send-key "{\"keys\": [$keys]}" >/dev/null
	sleep 3
}

# boot_site_options ISO: fills `site` with arguments of customise.sh, one of each kind
boot_site_options() {
	local dir=$WORK/site version
	version=$(sed -n 's/^linux-image-\([0-9][^\t]*\)\t.*/\1/p' "$1.packages.txt")
	tests/setup.sh "linux-headers-$version" >&2
	mkdir -p "$dir/firmware" "$dir/tree/usr/bin"
	cp -r tests/boot/driver "$dir/driver"
	echo 'obj-m := p2vedu.o' >"$dir/driver/Kbuild"
	make -C "/usr/src/linux-headers-$version" M="$dir/driver" modules >&2
	echo "made for this site" >"$dir/firmware/p2vedu.bin"
	ssh-keygen -q -t ed25519 -N '' -C site -f "$dir/key"
	echo "conv.example.org $(<"$dir/key.pub")" >"$dir/known_hosts"
	# With a German keyboard these letters come of "looky".
	cat >"$dir/tree/usr/bin/lookz" <<-'LOOK'
		#!/bin/bash
		{
			DISPLAY=:0 setxkbmap -query | sed -n 's/^layout: */look: X has the layout /p'
			stat -c 'look: %n %a %U' /etc/p2v/identity
			ssh-keygen -y -f /etc/p2v/identity >/dev/null && echo "look: a key"
			sed 's/^/look: /' /etc/p2v/known_hosts
			grep -o 'p2v.name=[^ ]*' /proc/cmdline | sed 's/^/look: /'
			echo "look: end"
		} >/dev/ttyS0
	LOOK
	chmod 755 "$dir/tree/usr/bin/lookz"
	# shellcheck disable=SC2034 # the caller's
	site=(--keyboard de --identity "$dir/key" --known-hosts "$dir/known_hosts" --driver "$dir/driver/p2vedu.ko"
		--firmware "$dir/firmware" --add-tree "$dir/tree")
}

# boot_site_look: what the wizard's machine has of these; prints what it has not
boot_site_look() {
	local line
	boot_press ctrl alt f2
	boot_keys $'looky\n'
	physical_await "$WORK/run" 120 'look: end' || { echo "the consoles' keyboard is not German" && return; }
	for line in 'p2vedu .*firmware: made for this site' 'look: X has the layout de' 'look: /etc/p2v/identity 600 root' 'look: a key' \
		'look: conv.example.org ssh-ed25519' 'look: p2v.name=site'; do
		grep -aEq -- "$line" "$WORK/run/serial.log" || echo "no line \"$line\""
	done
	boot_press alt f7
	# The picture shows what this key writes in the wizard.
	boot_keys y
}

# boot_screen_shows text|consoles|dialog: whether anything is to be seen on the screen; whether the
# ground of that is black, as the consoles' is; whether it is the dialog in text, whose ground is the
# consoles' blue, also in the corner
boot_screen_shows() {
	physical_qmp "$WORK/run" screendump "{\"filename\": \"$WORK/run/screen.ppm\"}" >/dev/null
	python3 - "$WORK/run/screen.ppm" "$1" <<-'PYTHON'
		import sys
		_, _, _, dots = open(sys.argv[1], "rb").read().split(b"\n", 3)
		shown = {"text": any(dots), "consoles": any(dots) and not any(dots[-3:]),
		         "dialog": dots[0] == dots[1] == 0 and 160 <= dots[2] <= 180}
		sys.exit(not shown[sys.argv[2]])
	PYTHON
}

# boot_x_stop: the X server hangs while it is on the screen, and somebody presses Enter on the serial
# line; the dialog in text must come there, and the consoles on the screen.  Prints what did not happen.
boot_x_stop() {
	boot_press ctrl alt f2
	boot_keys $'sleep 20;killall -STOP Xorg;echo X hangs >/dev/ttyS0\n'
	boot_press alt f7
	physical_await "$WORK/run" 180 'X hangs' || { echo "the X server could not be stopped" && return; }
	physical_type "$WORK/run" ''
	physical_await "$WORK/run" 180 'the dialog is on ttyS0' || { echo "no dialog in text" && return; }
	sleep 3
	boot_screen_shows consoles || echo "the consoles are not on the screen"
}

# boot_x_crash SIGNAL: the X server gets it while it is on the screen; the dialog in text must come
# there by the same keyboard.  Prints what did not happen.
boot_x_crash() {
	boot_press ctrl alt f2
	boot_keys "sleep 20;killall -$1 Xorg"$'\n'
	boot_press alt f7
	physical_await "$WORK/run" 180 'the graphical display has broken off' || { echo "nobody noticed" && return; }
	physical_await "$WORK/run" 60 "$BOOT_TEXT_QUESTION" || { echo "no dialog in text" && return; }
	sleep 3
	boot_screen_shows text || echo "the screen is black when the dialog is offered"
	boot_press ret
	physical_await "$WORK/run" 120 'the dialog is on tty1' || { echo "no dialog on the screen" && return; }
	sleep 20
	boot_screen_shows dialog || echo "the dialog in text is not to be seen"
}
