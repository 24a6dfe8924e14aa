#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sort every byte of a guest's disks into classes, for the tests.

usage: ranges.py DIR LAYOUT DELETED

Reads the layout that disk.sh noted, the file systems' own bitmaps (dumpe2fs)
and the blocks of deleted files (scatter.py), and writes to DIR one text file
a class, lines "DISK OFFSET LENGTH" in bytes of the whole disk:

  live.ranges     in use by a file system, partition tables, boot loader,
                  LVM metadata, swap header
  deleted.ranges  held a deleted file and is not in use again
  swap.ranges     swap behind its header page
  freevg.ranges   volume-group space that belongs to no logical volume
  gaps.ranges     outside every partition, and ends of partitions
  free.ranges     free in a file system, other than deleted.ranges

The classes do not overlap and together are the whole disks. Prints shell
variables with the sums.
"""
import os
import re
import subprocess
import sys

SWAP_HEADER = 4096   # one page: signature, UUID, label
UNIT = 65536         # what a tool that reads whole units cannot go below


def merge(ranges):
    """Sorted, disjoint (start, end) pairs with the same bytes."""
    merged = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        elif start < end:
            merged.append([start, end])
    return [tuple(pair) for pair in merged]


def subtract(ranges, others):
    """ranges without others; both merged."""
    result, index = [], 0
    for start, end in ranges:
        while index < len(others) and others[index][1] <= start:
            index += 1
        position, look = start, index
        while look < len(others) and others[look][0] < end:
            if others[look][0] > position:
                result.append((position, others[look][0]))
            position = max(position, others[look][1])
            look += 1
        if position < end:
            result.append((position, end))
    return result


def total(ranges):
    return sum(end - start for start, end in ranges)


def ext4_ranges(path, offset):
    """(used, free) of a clean ext4 file system at offset in a raw file."""
    place = f"{path}?offset={offset}"
    check = subprocess.run(["e2fsck", "-fn", place], capture_output=True, text=True)
    if check.returncode != 0:
        sys.exit(f"file system at {place} is not clean:\n{check.stdout}")
    dump = subprocess.run(["dumpe2fs", place], capture_output=True, text=True, check=True)
    block = int(re.search(r"^Block size:\s+(\d+)", dump.stdout, re.M)[1])
    count = int(re.search(r"^Block count:\s+(\d+)", dump.stdout, re.M)[1])
    free = []
    for line in re.findall(r"^  Free blocks: (.+)$", dump.stdout, re.M):
        for item in line.split(", "):
            first, _, last = item.partition("-")
            free.append((offset + int(first) * block,
                         offset + (int(last or first) + 1) * block))
    free = merge(free)
    stated = int(re.search(r"^Free blocks:\s+(\d+)", dump.stdout, re.M)[1])
    if total(free) != stated * block:
        sys.exit(f"{place}: bitmaps and superblock disagree about free blocks")
    return subtract([(offset, offset + count * block)], free), free


def main():
    directory, layout, deleted_list = sys.argv[1:]
    classes = {name: {} for name in
               ("live", "deleted", "swap", "freevg", "gaps", "free")}
    known, gone = {}, {}
    with open(layout, encoding="ascii") as lines:
        items = [line.split() for line in lines]
    with open(deleted_list, encoding="ascii") as lines:
        for disk, offset, length in (line.split() for line in lines):
            gone.setdefault(disk, []).append((int(offset), int(offset) + int(length)))

    for kind, disk, offset, length in items:
        start, end = int(offset), int(offset) + int(length)
        sort = {name: classes[name].setdefault(disk, []) for name in classes}
        path = f"{directory}/{disk}"
        known.setdefault(disk, []).append((start, end))
        if kind == "fs":
            used, free = ext4_ranges(path, start)
            sort["live"] += used
            sort["free"] += free
            sort["gaps"] += subtract([(start, end)], merge(used + free))
        elif kind == "swap":
            sort["live"].append((start, start + SWAP_HEADER))
            sort["swap"].append((start + SWAP_HEADER, end))
        elif kind == "freevg":
            sort["freevg"].append((start, end))
        elif kind != "disk":
            sort["live"].append((start, end))

    sums = {name: 0 for name in classes}
    units = {"live": 0, "deleted": 0, "disks": 0}
    for disk in sorted(known):
        size = os.stat(f"{directory}/{disk}").st_size
        units["disks"] += size
        live = merge(classes["live"][disk])
        classes["live"][disk] = live
        dead = subtract(merge(gone.get(disk, [])), live)
        classes["deleted"][disk] = dead
        classes["free"][disk] = subtract(merge(classes["free"][disk]), dead)
        classes["gaps"][disk] = merge(classes["gaps"][disk] +
                                      subtract([(0, size)], merge(known[disk])))
        if size != sum(total(classes[name][disk]) for name in classes):
            sys.exit(f"{disk}: the classes do not add up to the disk")
        whole = merge([(start // UNIT * UNIT, min(size, -(-end // UNIT) * UNIT))
                       for start, end in live])
        units["live"] += total(whole)
        units["deleted"] += total(dead) - total(subtract(dead, whole))
    for name, disks in classes.items():
        with open(f"{directory}/{name}.ranges", "w", encoding="ascii") as out:
            for disk in sorted(disks):
                for start, end in merge(disks[disk]):
                    out.write(f"{disk} {start} {end - start}\n")
                    sums[name] += end - start
    print(f"DISK_BYTES={units['disks']}")
    for name, value in sums.items():
        print(f"{name.upper()}_BYTES={value}")
    print("# whole 64 KiB units that hold something live, and what of the deleted")
    print("# data lies in them: the least that a reader of whole units can read")
    print(f"LIVE_UNIT_BYTES={units['live']}")
    print(f"DELETED_IN_LIVE_UNITS_BYTES={units['deleted']}")


main()
