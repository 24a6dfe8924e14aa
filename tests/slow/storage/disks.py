#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The disks of tests/slow/storage.sh, as far as they need no array driver.

usage: disks.py FOLDER    writes the images and prints "NAME SHA256" of what the first
                          8 MiB of each volume must be
"""
import hashlib
import os
import struct
import subprocess
import sys

MIB = 1 << 20
SIZE = 64 * MIB
DATA = 8 * MIB   # what is compared
CHUNK = 64 * 1024


def data(name):
    """8 MiB that no other name has."""
    block = hashlib.sha256(name.encode()).digest() * (MIB // 32)
    return b"".join(bytes([i]) + block[1:] for i in range(DATA // MIB))


def write(folder, name, contents, size=SIZE):
    with open(os.path.join(folder, name + ".raw"), "wb") as out:
        out.write(contents)
        out.truncate(size)


def stripe(contents, disk, disks):
    chunks = [contents[i:i + CHUNK] for i in range(0, len(contents), CHUNK)]
    return b"".join(chunks[disk::disks])


def via(contents, disk, size=SIZE):
    """A mirror of VIA's BIOS: its metadata is the disk's last sector.  array.disk: used,
    RAID 1, source (0) or mirror (2); a stride; serial numbers; a sum of the first 50 bytes."""
    bits = 1 << 2 | 1 << 3 | (0 if disk == 0 else 2) << 10
    serials = [0x1111, 0x2222] + [0] * 6
    text = struct.pack("<HBHBIII8I", 0xAA55, 1, bits, 0x32, size // 512 - 1, 0,
                       serials[disk], *serials)
    sector = text + bytes([sum(text) & 0xff])
    return contents + bytes(size - 512 - len(contents)) + sector + bytes(512 - len(sector))


def main(folder):
    names = ["imsm1a", "imsm1b", "imsmDa", "imsmDb", "ddf1a", "ddf1b"]
    for name in names:
        write(folder, name, data(name[:-1]))
    for disk in range(2):
        write(folder, "imsm0" + "ab"[disk], stripe(data("imsm0"), disk, 2))
        write(folder, "via1" + "ab"[disk], via(data("via1"), disk))
    for name in ["md1a", "md1b", "md5a", "md5b"]:
        write(folder, name, b"")
    write(folder, "paths", data("paths"))
    write(folder, "big4k", data("big4k"))
    # a file system whose journal wants to be played back, a suspended system
    path = os.path.join(folder, "journal.raw")
    write(folder, "journal", b"")
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", path], check=True)
    subprocess.run(["/sbin/debugfs", "-w", "-f", "/dev/stdin", path], check=True,
                   input=b"jo\njw -b 9000 /etc/passwd\njc\n", capture_output=True)
    state = subprocess.run(["/sbin/dumpe2fs", "-h", path], check=True, capture_output=True)
    if b"needs_recovery" not in state.stdout:
        sys.exit("the journal was not left to be played back")
    path = os.path.join(folder, "swap.raw")
    write(folder, "swap", b"")
    subprocess.run(["/sbin/mkswap", path], check=True, capture_output=True)
    with open(path, "r+b") as out:   # include/linux/suspend.h: HIBERNATE_SIG
        out.seek(4096 - 10)
        out.write(b"S1SUSPEND\0")
    for name in ["imsm1", "imsm0", "imsmD", "ddf1", "via1", "paths", "big4k"]:
        print(name, hashlib.sha256(data(name)).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
