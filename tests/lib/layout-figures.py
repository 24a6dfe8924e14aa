#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is copied of each volume of some trimmed disks, and what was read of dead bytes.

usage: layout-figures.py DIR REGIONS

REGIONS has lines "NAME DISK OFFSET LENGTH" (bytes), several of one name for a
volume on several disks, and "live NAME BYTES": what is in use of it, all its
copies. DIR has the overlays d0.qcow2 … (libguestfs has closed them), and for
each nbdkit's log of its base, log0 …. Prints for each name: bytes that live,
bytes that are copied from the base and from the overlay, the ratio, bytes that
were dropped, and how many of these were read of the base before.
"""
import json
import re
import subprocess
import sys

READ = re.compile(r" Read id=\d+ offset=(0x[0-9a-f]+) count=(0x[0-9a-f]+)")


def extents(directory, disk):
    out = subprocess.run(["qemu-img", "map", "-f", "qcow2", "--output=json",
                          f"{directory}/d{disk}.qcow2"], check=True, capture_output=True)
    return json.loads(out.stdout)


def reads(directory, disk):
    with open(f"{directory}/log{disk}", encoding="utf-8") as lines:
        found = sorted((int(m[1], 16), int(m[1], 16) + int(m[2], 16))
                       for m in map(READ.search, lines) if m)
    merged = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


def common(first, second):
    """Bytes that are in both of two sorted lists of disjoint pairs."""
    total, i, j = 0, 0, 0
    while i < len(first) and j < len(second):
        total += max(0, min(first[i][1], second[j][1]) - max(first[i][0], second[j][0]))
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return total


def main():
    directory, regions = sys.argv[1:]
    live, places, cache = {}, {}, {}
    with open(regions, encoding="utf-8") as lines:
        for words in map(str.split, lines):
            if words[0] == "live":
                live[words[1]] = live.get(words[1], 0) + int(words[2])
            else:
                places.setdefault(words[0], []).append(tuple(map(int, words[1:])))
    for name, ranges in places.items():
        base = overlay = dropped = read = 0
        for disk, offset, length in ranges:
            if disk not in cache:
                cache[disk] = extents(directory, disk), reads(directory, disk)
            dead = []
            for extent in cache[disk][0]:
                start = max(extent["start"], offset)
                end = min(extent["start"] + extent["length"], offset + length)
                if start >= end:
                    continue
                if extent["depth"] > 0:
                    base += end - start
                elif extent["data"]:
                    overlay += end - start
                else:
                    dead.append([start, end])
            dropped += sum(end - start for start, end in dead)
            read += common(dead, cache[disk][1])
        used = live.get(name, 0)
        ratio = (base + overlay) / used if used else 0
        print(f"{name} live {used} source {base} overlay {overlay} ratio {ratio:.4f} "
              f"dropped {dropped} read {read}")


main()
