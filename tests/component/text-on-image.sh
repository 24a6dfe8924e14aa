#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 150
# What the dialog in text has on the image alone (text-on-image.py): the keyboard, the network
# with a bond, a private key from a USB stick.  The machine that it sees has two network cards
# and two sticks: veth and loop devices that pass for them in a namespace of this test.
# systemd-networkd is a stand-in that gives the address to what its files name, as there is no
# bond in the test machines' kernels: the real one is in tests/slow/text-image.sh.
set -euo pipefail
[ -n "${OWN_NAMESPACE:-}" ] || OWN_NAMESPACE=1 exec unshare --mount --net --propagation private "$0"
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
LOOPS=()
stop_all () {
  local loop
  sshd_stop
  for loop in "${LOOPS[@]}"; do losetup -d "$loop" 2>/dev/null || true; done
}
trap stop_all EXIT

ip link set lo up
mount -t tmpfs run /run
mkdir -p /run/systemd/network /run/udev/data /run/sshd
bench_start

# ---- cards ----
# card NAME: one of the machine's own, as sysfs has it in $WORK/net
card () {
  ip link add "$1" type veth peer name "far$1"
  ip link set "$1" up
  ip link set "far$1" up
  mkdir -p "$WORK/net/$1"
  ln -s ../pci "$WORK/net/$1/device"
  echo 1 | tee "$WORK/net/$1/type" "$WORK/net/$1/carrier" >"$WORK/net/$1/speed"
  echo "02:00:00:00:00:0${1#eth}" >"$WORK/net/$1/address"
}
mkdir -p "$WORK/bin" "$WORK/seen"
card eth0
card eth1
mount --bind "$WORK/net" /sys/class/net

# ---- what the client starts ----
cat >"$WORK/bin/systemctl" <<'TOOL'
#!/bin/bash
# restart systemd-networkd.service: what an address is for gets it
echo "$*" >>"$WORK/seen/systemctl"
rm -rf "$WORK/seen/network"
cp -r /run/systemd/network "$WORK/seen/network"
cd /run/systemd/network
file=$(grep -l '^Address=' ./*.network)
name=$(sed -n 's/^Name=//p' "$file")
[ -e "$WORK/net/$name" ] || ip link add "$name" type veth peer name far
ip addr add "$(sed -n 's/^Address=//p' "$file")" dev "$name"
for card in $(sed -n 's/^Name=//p' 10-p2v-bond.network 2>/dev/null); do ln -s bond0 "$WORK/net/$card/master"; done
TOOL
# tool NAME [SECONDS]: notes its arguments
tool () { printf '#!/bin/bash\necho "$*" >>"$WORK/seen/%s"\nexec sleep %s\n' "$1" "${2:-0}" >"$WORK/bin/$1"; }
tool loadkeys
tool ethtool 20
chmod 755 "$WORK"/bin/*

# ---- sticks ----
# stick NAME TYPE: $WORK/NAME.img; $WORK/NAME.udev is what udev says of it, as long as it is at
# the place that the first line of $WORK/NAME.place names
stick () {
  local loop
  loop=$(attach_loop --read-only "$WORK/$1.img") || { echo "1..0 # SKIP no loop devices here"; exit 0; }
  LOOPS+=("$loop")
  echo 1 >"$WORK/removable"
  mount --bind "$WORK/removable" "/sys/class/block/${loop##*/}/removable"
  printf 'I:1\nE:ID_FS_TYPE=%s\nE:ID_MODEL=Traveller\nE:ID_FS_LABEL=KEYS\n' "$2" >"$WORK/$1.udev"
  printf '/run/udev/data/b%d:%d\n%s\n' "0x$(stat -c %t "$loop")" "0x$(stat -c %T "$loop")" "$loop" >"$WORK/$1.place"
}
grep -qw ext4 /proc/filesystems || { echo "1..0 # SKIP no ext4 here"; exit 0; }
mkdir -p "$WORK/tree/rack"
cp "$WORK/sshd/id" "$WORK/tree/rack/id_ed25519"
mke2fs -q -F -t ext4 -d "$WORK/tree" "$WORK/keys.img" 16M >/dev/null
truncate -s 1M "$WORK/other.img"
mkswap "$WORK/other.img" >/dev/null 2>&1
sha256sum "$WORK"/*.img >"$WORK/before"
stick keys ext4
stick other vfat
truncate -s 4M "$WORK/disk.raw"

export WORK PORT=$SSHD_PORT HOSTKEY=$SSHD_HOSTKEY SSHD_USER DISK=$WORK/disk.raw
PATH=$WORK/bin:$PATH HOME=$WORK/client-home PYTHONDONTWRITEBYTECODE=1 \
  /usr/bin/python3 tests/component/text-on-image.py || { tail -n 20 "$WORK/client.log" | sed 's/^/# /'; exit 1; }
sha256sum --quiet -c "$WORK/before"
! grep "$P2V_RUN_DIR" /proc/mounts
