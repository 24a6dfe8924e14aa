#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Put GRUB's boot sector and core image into a raw disk.

usage: embed-grub.py DISK FIRST_SECTOR SECTORS BOOT_IMG CORE_IMG

Offsets are those of GRUB 2's i386-pc boot.img and diskboot.img: where the
boot sector keeps the sector of the core image, and where the core image's
first sector keeps the start of the rest of itself.
Prints the length of the embedded image in bytes.
"""
import struct
import sys

SECTOR = 512
BOOT_CODE = 440            # the disk signature and partition table follow
KERNEL_SECTOR_AT = 0x5C    # boot.img: u64
BLOCKLIST_AT = 0x1F4       # diskboot.img: u64 start, u16 length, u16 segment


def main():
    disk, first, room, boot_path, core_path = sys.argv[1:]
    first, room = int(first), int(room)
    with open(boot_path, "rb") as file:
        boot = bytearray(file.read())
    with open(core_path, "rb") as file:
        core = bytearray(file.read())
    core += bytes(-len(core) % SECTOR)
    if len(core) > room * SECTOR:
        sys.exit(f"core image has {len(core)} bytes, only {room} sectors are free")
    struct.pack_into("<Q", boot, KERNEL_SECTOR_AT, first)
    struct.pack_into("<QH", core, BLOCKLIST_AT, first + 1, len(core) // SECTOR - 1)
    with open(disk, "r+b") as file:
        file.write(boot[:BOOT_CODE])
        file.seek(first * SECTOR)
        file.write(core)
    print(len(core))


main()
