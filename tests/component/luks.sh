#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 600
# A system in an encrypted volume (LUKS) and a volume group in another one, opened by the
# passphrases that the client has: found, called as in the guest's crypttab, and trimmed;
# and the passphrase is in no log.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

JOB=$WORK/state/jobs/job1
SECRET="Wort-$RANDOM$RANDOM mit \"Zeichen\""
export LIBGUESTFS_CACHEDIR=${LIBGUESTFS_CACHEDIR:-/var/tmp}
mkdir -p "$JOB"
truncate -s 362M "$WORK/0.raw"
printf '%s\n' 'label: gpt' 'start=1MiB size=200MiB' 'start=201MiB size=160MiB' | sfdisk -q --no-reread "$WORK/0.raw"

printf '%s' "$SECRET" >"$WORK/secret"
cat >"$WORK/make" <<END
set -e
echo $(base64 -w0 <"$WORK/secret") | base64 -d >/tmp/key
mkdir -p /tmp/m
for n in 1 2; do
  cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /tmp/key \\
    --uuid 5b2f5d1c-0000-4000-8000-00000000000\$n \${d0}\$n
  cryptsetup open --key-file /tmp/key \${d0}\$n c\$n
done
mkfs.ext4 -q -E nodiscard,lazy_itable_init=0 /dev/mapper/c1
pvcreate -qq /dev/mapper/c2; vgcreate -qq vg /dev/mapper/c2
lvcreate -qq -y -Wn -n data -L 100M vg; mkfs.ext4 -q -E nodiscard,lazy_itable_init=0 /dev/vg/data
mount /dev/mapper/c1 /tmp/m
mkdir /tmp/m/etc /tmp/m/bin
echo 12.0 >/tmp/m/etc/debian_version
echo '/dev/mapper/root_crypt / ext4 defaults 0 1' >/tmp/m/etc/fstab
echo '/dev/mapper/vg-data /srv ext4 defaults 0 2' >>/tmp/m/etc/fstab
echo 'root_crypt UUID=5b2f5d1c-0000-4000-8000-000000000001 none luks' >/tmp/m/etc/crypttab
echo 'data_crypt UUID=5b2f5d1c-0000-4000-8000-000000000002 none luks' >>/tmp/m/etc/crypttab
head -c 20M /dev/urandom >/tmp/m/live; head -c 100M /dev/urandom >/tmp/m/dead; sync; rm /tmp/m/dead
umount /tmp/m
vgchange -qq -an; cryptsetup close c1; cryptsetup close c2; sync
echo made
END
cat >"$WORK/guestfish" <<END
set-memsize 1280
add $WORK/0.raw format:raw cachemode:unsafe
run
debug sh "d0=\$(readlink -f /dev/disk/by-path/*-scsi-0:0:0:0); export d0; echo $(base64 -w0 "$WORK/make") | base64 -d | bash 2>&1"
END
guestfish -f "$WORK/guestfish" >"$WORK/made" 2>&1 || true
check "the disk is made" grep -qx made "$WORK/made" || cat "$WORK/made"

# run PHASES [PASSPHRASE [TYPED]]: STATUS; $WORK/output, $WORK/log
run () {
  rm -f "$JOB/d0.qcow2"
  qemu-img create -q -f qcow2 -o cluster_size=4k -b "$WORK/0.raw" -F raw "$JOB/d0.qcow2"
  STATUS=0
  "$BUILD/tests/convert-tool" "$JOB" "phases=$1" ${2:+"passphrase=$2"} ${3:+"typed=$3"} \
    "disk=/dev/sda,$(stat -c %s "$WORK/0.raw"),512,D0" >"$WORK/output" 2>"$WORK/log" || STATUS=$?
}
said () { grep -E -- "$1" "$WORK/output" "$WORK/log" || { tail -n 30 "$WORK/output" "$WORK/log"; return 1; }; }
unsaid () { ! grep -F -- "$SECRET" "$WORK/output" "$WORK/log" && ! grep -rF -- "$SECRET" "$JOB" --include='*.json' --include=log; }

run inspect "falsch"
check "the wrong passphrase is an error that names the volume" said '^settings: None of the given passphrases opens /dev/sda1, /dev/sda2'
check "with which the job comes to a halt" test $STATUS -eq 1

run inspect "" "$SECRET"
check "a person is asked when none was given and no system is found" test $STATUS -eq 0
check "which is in the volumes that are opened then" said "on /dev/mapper/(p2v_luks0|root_crypt)"

run inspect,trim "$SECRET"
check "with the right one the system is found, and trimmed" test $STATUS -eq 0
check "the root file system has the guest's own name" said "on /dev/mapper/(p2v_luks0|root_crypt)"
check "both volumes are opened" said '/dev/sda2 \(LUKS\) is opened'
check "the group in the other one is found" said '/dev/vg/data'
check "the passphrase is in no log" unsaid
# What is copied: all that the overlay does not say is zero.
copied () {
  qemu-img map --output=json "$JOB/d0.qcow2" >"$WORK/map"
  python3 - "$WORK/map" <<'PYTHON'
import json, sys
live = sum (e["length"] for e in json.load (open (sys.argv[1])) if not e["zero"])
print (f"{live >> 20} MiB of 362 are copied")
sys.exit (live > 90 << 20)
PYTHON
}
check "free space in both is not copied" copied
copied | sed 's/^/# /'
tap_end
