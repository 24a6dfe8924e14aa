#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 120
# Settings files: from a real HTTPS server, trusted by a certificate authority in the image or
# by its key's fingerprint, and from a file system that is found by its label.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
LOOP='' SERVERS=()
stop_all () {
  local pid
  for pid in "${SERVERS[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  [ -z "$LOOP" ] || losetup -d "$LOOP"
}
trap stop_all EXIT

# The image's /etc/p2v, in a mount namespace: nothing of this machine is changed.
cp -a /etc "$WORK/etc"
rm -rf "$WORK/etc/p2v"
mkdir "$WORK/etc/p2v"
# client ARGUMENTS: what `p2v-client --check` says, and its status in the last line
client () {
  unshare --mount --propagation private -- /bin/bash -c '
    mount --bind "$1" /etc
    "$2" --cmdline=- --check 2>&1; echo "status $?"' - "$WORK/etc" "$BUILD/bin/p2v-client" <<<"$1"
}
# says NAME RE ARGUMENTS
says () {
  local output
  output=$(client "$3")
  if grep -qE -- "$2" <<<"$(tr '\n' ' ' <<<"$output")"; then ok "$1"; else not_ok "$1" "$output"; fi
}

# certificate NAME FROM UNTIL: signed by the authority
certificate () {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=127.0.0.1" \
    -addext "subjectAltName=IP:127.0.0.1" -keyout "$WORK/$1.key" -out "$WORK/$1.csr" 2>/dev/null
  openssl ca -batch -notext -config "$WORK/ca.conf" -in "$WORK/$1.csr" -startdate "$2" -enddate "$3" \
    -out "$WORK/$1.pem" 2>/dev/null
}
# serve NAME: PORT
serve () {
  python3 tests/lib/https.py "$WORK/www" "$WORK/$1.pem" "$WORK/$1.key" "$WORK/$1.port" >"$WORK/$1.log" 2>&1 &
  SERVERS+=($!)
  local _
  for _ in $(seq 100); do [ -s "$WORK/$1.port" ] && break; sleep 0.1; done
  PORT=$(<"$WORK/$1.port")
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=p2v test" -days 9 \
  -keyout "$WORK/ca.key" -out "$WORK/ca.pem" 2>/dev/null
mkdir "$WORK/ca"
touch "$WORK/ca/index"
cat >"$WORK/ca.conf" <<CONFIG
[ca]
default_ca = test
[test]
database = $WORK/ca/index
new_certs_dir = $WORK/ca
certificate = $WORK/ca.pem
private_key = $WORK/ca.key
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
CONFIG
certificate good "$(date -u -d -1day +%Y%m%d%H%M%SZ)" "$(date -u -d 9days +%Y%m%d%H%M%SZ)"
# As all are for a machine whose clock is years ahead.
certificate old 20200101000000Z 20200201000000Z
PIN=SHA256:$(openssl x509 -in "$WORK/good.pem" -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)

mkdir -p "$WORK/www/"{slow,private,set,elsewhere}
MAC=$(for card in /sys/class/net/*; do [ ! -e "$card/device" ] || [ "$(<"$card/type")" != 1 ] || { cat "$card/address"; break; }; done | tr : -)
{ echo "# everything"; echo "p2v.server=file.example"; echo 'p2v.password=opensesame'; echo 'p2v.pre="echo a b"'; } >"$WORK/www/set/all.conf"
cp "$WORK/www/set/all.conf" "$WORK/www/set/default.conf"
cp "$WORK/www/set/all.conf" "$WORK/www/private/"
cp "$WORK/www/set/all.conf" "$WORK/www/slow/"
printf 'p2v.server=a\np2v.prot=22\n' >"$WORK/www/set/wrong.conf"
printf 'p2v.server=a\n' >"$WORK/www/set/part.conf"
truncate -s 70K "$WORK/www/set/long.conf"
serve good
URL=https://127.0.0.1:$PORT

says "an authority that nobody knows is refused, and the clock is a hint" "certificate.*clock says 20.*status 2" "p2v.config=$URL/set/all.conf"
cp "$WORK/ca.pem" "$WORK/etc/p2v/ca.pem"
says "with the image's authority it is read" "Settings from $URL/set/all.conf.*complete.*status 0" "p2v.config=$URL/set/all.conf"
says "a folder's default" "Settings from $URL/set/default.conf.*status 0" "p2v.config=$URL/set/"
if [ -n "$MAC" ]; then
  cp "$WORK/www/set/all.conf" "$WORK/www/set/$MAC.conf"
  says "but this machine's own first" "Settings from $URL/set/$MAC.conf.*status 0" "p2v.config=$URL/set/"
  says "also by %m" "Settings from $URL/set/$MAC.conf.*status 0" "p2v.config=$URL/set/%m.conf"
fi
says "no file: all the places that were tried" "looked for: $URL/none/.*default\.conf.*status 2" "p2v.config=$URL/none/"
says "a mistake is named with its file and line" "$URL/set/wrong.conf, line 2: .*p2v\.prot .*p2v\.port.*status 2" "p2v.config=$URL/set/wrong.conf"
says "what is still missing is said" "Missing: p2v\.password or p2v\.identity.*status 2" "p2v.config=$URL/set/part.conf"
says "the kernel command line wins" "p2v\.gui.*status 2" "p2v.gui p2v.config=$URL/set/all.conf"
says "a file that is too long" "set/long.conf cannot be read.*status 2" "p2v.config=$URL/set/long.conf"
says "http is refused" "p2v\.config=… .*https.*status 2" "p2v.config=http://127.0.0.1:$PORT/set/all.conf"
says "also when the server sends us there" "elsewhere/x cannot be read.*status 2" "p2v.config=$URL/elsewhere/x"
says "nobody there" "cannot be read.*onnect.*status 2" "p2v.config=https://127.0.0.1:1/x"

rm "$WORK/etc/p2v/ca.pem"
says "a pinned key needs no authority" "Settings from.*status 0" "p2v.config=$URL/set/all.conf p2v.config.fingerprint=$PIN"
says "one of several" "Settings from.*status 0" "p2v.config=$URL/set/all.conf p2v.config.fingerprint=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,${PIN%=}"
says "another key is refused" "cannot be read.*not the one.*status 2" "p2v.config=$URL/set/all.conf p2v.config.fingerprint=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
cp "$WORK/ca.pem" "$WORK/etc/p2v/ca.pem"
says "also when its certificate is good" "cannot be read.*not the one.*status 2" "p2v.config=$URL/set/all.conf p2v.config.fingerprint=SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
serve old
says "an expired certificate: the clock is a hint" "expired.*clock says 20.*status 2" "p2v.config=https://127.0.0.1:$PORT/set/all.conf"

# The password of a URL: used, in nobody's arguments, and not told.
says "a URL with a password" "Settings from $URL/private/all.conf .*status 0" "p2v.config=https://me:opensesame@${URL#https://}/private/all.conf"
says "a wrong one is not told" "Check p2v.config" "p2v.config=https://me:hunter22@${URL#https://}/private/all.conf"
check "not at all" test -z "$(client "p2v.config=https://me:hunter22@${URL#https://}/private/all.conf" | grep -a hunter22 || true)"
client "p2v.config=https://me:opensesame@${URL#https://}/slow/all.conf" >"$WORK/slow.out" &
seen=''
for _ in $(seq 40); do
  ! cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' | grep -aF opensesame >/dev/null || seen=yes
  sleep 0.02
done
wait $!
check "nor in any process's arguments or environment" test -z "$seen" -a "$(grep -c 'Settings from' "$WORK/slow.out")" = 1

# --- by label
# stick LABEL: an ext4 file system whose journal waits to be replayed, in $LOOP
stick () {
  local file
  truncate -s 16M "$WORK/stick.img"
  mkfs.ext4 -q -L "$1" "$WORK/stick.img"
  for file in "mkdir /p2v" "write $WORK/www/set/all.conf /p2v/default.conf" \
    "write $WORK/www/set/wrong.conf /site.conf" "feature needs_recovery"; do
    debugfs -w -R "$file" "$WORK/stick.img" >/dev/null 2>&1
  done
  STICK_SUM=$(sha256sum <"$WORK/stick.img")
  LOOP=$(attach_loop "$WORK/stick.img" || true)
}
# FAT is tried in the booted image: not every kernel of a test machine has it.
if grep -qw ext4 /proc/filesystems; then stick P2VCONF; fi
if [ -n "$LOOP" ]; then
  says "a stick's folder" "Settings from /p2v/default.conf.*complete.*status 0" "p2v.config=LABEL=P2VCONF"
  says "a file on it, with its mistake" "/site.conf, line 2: .*status 2" "p2v.config=LABEL=P2VCONF:/site.conf"
  says "a file that is not on it" "looked for: /none.conf.*status 2" "p2v.config=LABEL=P2VCONF:/none.conf"
  check "it is unmounted again" test -z "$(grep -s "$LOOP" /proc/mounts || true)"
  losetup -d "$LOOP"
  LOOP=
  check "and was not written to, although its journal waits" test "$(sha256sum <"$WORK/stick.img")" = "$STICK_SUM"
else
  echo "# no loop device or no ext4 here: nothing by label"
fi
says "a label that is not there" "label NOSUCH0 is not there.*status 2" "p2v.config=LABEL=NOSUCH0"
tap_end
