#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 1800
# Many machines, nobody in front of them: the booted image takes its settings from a USB stick
# and over HTTPS, its log goes to a syslog server and onto a stick, and an administrator logs in
# by SSH when that was asked for.  When it was not, nobody listens and nobody gets in.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
# shellcheck source=tests/lib/physical.sh
. tests/lib/physical.sh

GUEST=$WORK/guest
RUN=$WORK/machine
HELPERS=()
stop_all () {
  local pid
  physical_stop "$RUN"
  for pid in "${HELPERS[@]}"; do kill "$pid" 2>/dev/null || true; done
}
trap stop_all EXIT
tests/guests/tiny-disk.sh --variant no-os --out "$GUEST" >"$WORK/make.log" 2>&1 || { cat "$WORK/make.log"; exit 1; }
# shellcheck disable=SC1091 # made by the guest builder
. "$GUEST/guest.env"
MAC=$(tr : - <<<"$GUEST_MAC")
sum=$(sha256sum <"$GUEST/disk0.raw")

python3 tests/lib/syslogd.py "$WORK/ports" "$WORK/syslog" &
HELPERS+=($!)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=fleet" -days 9 \
  -keyout "$WORK/web.key" -out "$WORK/web.pem" 2>/dev/null
PIN=SHA256:$(openssl x509 -in "$WORK/web.pem" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
mkdir "$WORK/www"
python3 tests/lib/https.py "$WORK/www" "$WORK/web.pem" "$WORK/web.key" "$WORK/web.port" >"$WORK/web.log" 2>&1 &
HELPERS+=($!)
for _ in $(seq 100); do [ -s "$WORK/ports" ] && [ -s "$WORK/web.port" ] && break; sleep 0.1; done
read -r UDP _ <"$WORK/ports"
WEB=$(<"$WORK/web.port")
ssh-keygen -q -t ed25519 -N '' -f "$WORK/admin"
ssh-keygen -q -t ed25519 -N '' -f "$WORK/other"

# stick FILE LABEL: a USB stick with FAT
stick () {
  truncate -s 40M "$1"
  mkfs.vfat -n "$2" "$1" >/dev/null
}
# boot ARGUMENTS [physical_start's]
boot () {
  iso/customise.sh "$BUILD/p2v.iso" "$WORK/site.iso" --args "$1" >"$WORK/iso.log" 2>&1 || { cat "$WORK/iso.log"; exit 1; }
  rm -rf "$RUN"
  physical_start --guest "$GUEST" --run "$RUN" --iso "$WORK/site.iso" --qemu "-device qemu-xhci" \
    --qemu "-drive if=none,id=conf,format=raw,readonly=on,file=$WORK/conf.img -device usb-storage,drive=conf,removable=on" \
    --qemu "-drive if=none,id=log,format=raw,file=$WORK/log.img -device usb-storage,drive=log,removable=on" "${@:2}"
}
answers () {
  local re=$1
  shift
  physical_type "$RUN" "$*"
  physical_await "$RUN" 180 "^$re" || { tail -n 20 "$RUN/serial.log"; return 1; }
}
says () { grep -aqE -- "$1" "$RUN/serial.log" || { tail -n 30 "$RUN/serial.log"; return 1; }; }
has () {
  local file=$1 re
  shift
  for re; do grep -qE -- "$re" "$file" || { echo "not there: $re"; cat "$file"; return 1; }; done
}

stick "$WORK/conf.img" P2VCONF
stick "$WORK/log.img" P2VLOG
mmd -i "$WORK/conf.img" ::p2v
printf '# this machine\r\np2v.server=192.0.2.1\r\np2v.password=hunter22\r\np2v.disks=sdz\r\np2v.name=old-01\r\np2v.log=LABEL=P2VLOG\r\n' >"$WORK/stick.conf"
mcopy -i "$WORK/conf.img" "$WORK/stick.conf" "::p2v/$MAC.conf"
conf_sum=$(sha256sum <"$WORK/conf.img")

# --- settings from the stick, the log on another; and the image as it is by default
boot "p2v.config=LABEL=P2VCONF"
check "settings come from the stick, by this machine's MAC address" physical_await "$RUN" 300 "Settings from /p2v/$MAC.conf"
check "they are obeyed" physical_await "$RUN" 300 'The disk sdz of p2v.disks= does not exist'
check "a shell comes" physical_await "$RUN" 400 'p2v:.*# '
# A DHCP client has to hear its server: its sockets are the only ones.
check "nobody listens on TCP" answers 'tcp=0' 'echo tcp=$(ss -Hlnt | wc -l)'
check "nor on UDP, but for DHCP's answers (68, 546)" answers 'udp=0' 'echo udp=$(ss -Hlnu | grep -vcE "[:](68|546) ")'
check "no SSH server runs" answers 'sshd=inactive' 'echo sshd=$(systemctl is-active p2v-ssh.service)'
check "nobody has a password, and no terminal asks for a login" answers 'login=0,0' \
  'echo login=$(grep -cvE "^[^:]*:[*]" /etc/shadow),$(systemctl list-units --plain --no-legend "*getty*" | wc -l)'
check "the kernel's log, arguments and addresses are root's" answers 'root=1,1,400' \
  'echo root=$(cat /proc/sys/kernel/dmesg_restrict),$(cat /proc/sys/kernel/kptr_restrict),$(stat -c %a /proc/cmdline)'
check "a crash leaves no memory behind" answers 'core=./bin/false' 'echo core=$(cat /proc/sys/kernel/core_pattern)'
check "nothing of a disk or stick is mounted" answers 'mounts=0' 'echo mounts=$(grep -c ^/dev/ /proc/mounts)'
check "every disk and stick is read-only again" answers 'writable=0' 'echo writable=$(lsblk -dno RO,TYPE | grep -c "0 disk")'
check "the password is nowhere but in the kernel" answers 'found=none' \
  '{ journalctl; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; find /tmp /root /etc /var /run -type f -exec cat {} +; } 2>/dev/null | grep -aqE "hunte[r]22" && echo found=yes || echo found=none'
physical_type "$RUN" poweroff
check "it goes off" physical_wait "$RUN" 300
mcopy -i "$WORK/log.img" ::'p2v-old-01-*.log' "$WORK/stick.log" 2>"$WORK/mcopy.log" || mdir -i "$WORK/log.img" ::
check "the log is on the other stick" has "$WORK/stick.log" "UUID" "settings from /p2v/$MAC.conf" "nothing was converted: The disk sdz"
check "without the password" test "$(grep -ac hunter22 "$WORK/log.img")" = 0
check "the first stick was not written to" test "$(sha256sum <"$WORK/conf.img")" = "$conf_sum"
check "nor the disk" test "$(sha256sum <"$GUEST/disk0.raw")" = "$sum"
physical_stop "$RUN"

# --- settings over HTTPS, the log to a syslog server, SSH
{
  echo "p2v.server=192.0.2.1"
  echo "p2v.password=hunter22"
  echo "p2v.disks=sdz"
  echo "p2v.log=syslog://192.168.77.2:$UDP"
  echo "p2v.ssh.key=\"$(cut -d' ' -f1,2 "$WORK/admin.pub") admin\""
} >"$WORK/www/$MAC.conf"
PORT=$(free_port)
boot "p2v.name=old-02 p2v.config=https://192.168.77.2:$WEB/ p2v.config.fingerprint=$PIN ip=$GUEST_IP::$GUEST_GATEWAY:255.255.255.0:::none" --ssh-port "$PORT"
check "settings come over HTTPS" physical_await "$RUN" 300 "Settings from https://192.168.77.2:$WEB/$MAC.conf"
check "the host key's fingerprint is on the console" physical_await "$RUN" 300 'SSH login: root at .*host key SHA256:'
physical_await "$RUN" 400 'p2v:.*# ' || true
FINGERPRINT=$(grep -aoE 'host key SHA256:[A-Za-z0-9+/]*' "$RUN/serial.log" | head -n 1 | cut -d' ' -f3)
login () {
  ssh -F none -p "$PORT" -i "$1" -o IdentitiesOnly=yes -o UserKnownHostsFile="$WORK/known" \
    -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=120 root@127.0.0.1 "${@:2}"
}
check "the key logs in" test "$(login "$WORK/admin" 'echo $((6 * 7))' 2>"$WORK/ssh.err")" = 42
check "at the host that was shown" test -n "$FINGERPRINT" -a "$(ssh-keygen -lf "$WORK/known" 2>/dev/null | cut -d' ' -f2)" = "$FINGERPRINT"
check "another key does not" test -z "$(login "$WORK/other" echo yes 2>/dev/null || true)"
check "no password is asked for" test -z "$(ssh -v -F none -p "$PORT" -o PubkeyAuthentication=no -o UserKnownHostsFile="$WORK/known" -o BatchMode=yes root@127.0.0.1 true 2>&1 | grep 'can continue.*password' || true)"
check "only SSH listens" test "$(login "$WORK/admin" 'ss -Hlntu' 2>/dev/null | grep -vcE ':22 ')" = 0
check "the log is at the syslog server" has "$WORK/syslog" "old-02 p2v-client - - - p2v-client .*UUID" "nothing was converted: The disk sdz"
check "without the password" test "$(grep -c hunter22 "$WORK/syslog")" = 0
login "$WORK/admin" poweroff 2>/dev/null || true
check "it goes off by SSH" physical_wait "$RUN" 300
check "the disk was not written to" test "$(sha256sum <"$GUEST/disk0.raw")" = "$sum"
tap_end
