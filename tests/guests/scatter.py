#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Age a mounted ext4 file system: live files among deleted ones.

usage: scatter.py TREE NAME --live MIB --dead MIB --disk DISK --offset BYTES
                  --sums FILE --deleted FILE

Writes files of 8 KiB to 4 MiB (sizes spread evenly over the logarithm) into
many directories below TREE, live and dead ones in random order, deletes a
third of the dead ones halfway, so that later files fill the holes, and the
rest at the end. NAME is TREE's path in the guest, for the checksum list.
What is on disk for each dead file is asked of the kernel (FIEMAP) just before
it is unlinked, and appended to --deleted as "DISK OFFSET LENGTH" of the whole
disk. File names, sizes and order are the same in every run; contents are not.
"""
import argparse
import array
import fcntl
import hashlib
import math
import os
import random
import struct
import subprocess

MIB = 1 << 20
SMALLEST, LARGEST = 8 << 10, 4 << 20
DIRECTORIES = 48
FS_IOC_FIEMAP = 0xC020660B
FIEMAP_FLAG_SYNC = 1
EXTENTS = 512


def file_extents(path):
    """(physical offset, length) of every extent, from the kernel."""
    request = array.array("B", struct.pack("=QQIIII", 0, (1 << 64) - 1,
                                           FIEMAP_FLAG_SYNC, 0, EXTENTS, 0))
    request.frombytes(bytes(56 * EXTENTS))
    with open(path, "rb") as file:
        fcntl.ioctl(file, FS_IOC_FIEMAP, request)
    count = struct.unpack_from("=I", request, 20)[0]
    if count >= EXTENTS:
        raise SystemExit(f"{path} has too many extents to record")
    for number in range(count):
        yield struct.unpack_from("=QQ", request, 32 + 56 * number + 8)


def contents(size, compressible):
    if not compressible:
        return os.urandom(size)
    line = b"%(n)08d oldbox service[%(p)d]: request finished, status 200\n"
    lines, total, number = [], 0, random.randrange(10**6)
    while total < size:
        text = line % {b"n": number, b"p": random.randrange(1000, 32000)}
        lines.append(text)
        total += len(text)
        number += 1
    return b"".join(lines)[:size]


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def plan(live, dead, chance):
    """[(is live, size)] with about the given total bytes of each."""
    todo = {True: live, False: dead}
    files = []
    while todo[True] > 0 or todo[False] > 0:
        alive = chance.random() * (todo[True] + todo[False]) < todo[True]
        if todo[alive] <= 0:
            alive = not alive
        size = int(math.exp(chance.uniform(math.log(SMALLEST), math.log(LARGEST))))
        size = max(SMALLEST, min(size, todo[alive]))
        files.append((alive, size))
        todo[alive] -= size
    return files


def main():
    parser = argparse.ArgumentParser(description="age an ext4 file system")
    parser.add_argument("tree")
    parser.add_argument("name")
    for option in ("--live", "--dead", "--offset"):
        parser.add_argument(option, type=int, required=True)
    for option in ("--disk", "--sums", "--deleted"):
        parser.add_argument(option, required=True)
    args = parser.parse_args()

    chance = random.Random(f"{args.disk} {args.name}")
    for number in range(DIRECTORIES):
        os.makedirs(f"{args.tree}/d{number:02}")
    files = plan(args.live * MIB, args.dead * MIB, chance)
    doomed, sums = [], open(args.sums, "a", encoding="ascii")
    deleted = open(args.deleted, "a", encoding="ascii")
    gone = [0, 0]

    def unlink(paths):
        subprocess.run(["sync", "-f", args.tree], check=True)
        for path in paths:
            for physical, length in file_extents(path):
                deleted.write(f"{args.disk} {args.offset + physical} {length}\n")
            gone[0] += 1
            gone[1] += os.stat(path).st_size
            os.unlink(path)
        subprocess.run(["sync", "-f", args.tree], check=True)

    for number, (alive, size) in enumerate(files):
        relative = f"d{chance.randrange(DIRECTORIES):02}/f{number:05}"
        data = contents(size, alive and number % 2)
        write(f"{args.tree}/{relative}", data)
        if alive:
            sums.write(f"{hashlib.sha256(data).hexdigest()}  {args.name}/{relative}\n")
        else:
            doomed.append(f"{args.tree}/{relative}")
        if number == len(files) // 2:
            early = chance.sample(doomed, len(doomed) // 3)
            unlink(early)
            doomed = sorted(set(doomed) - set(early))
    unlink(doomed)
    sums.close()
    deleted.close()
    print(gone[0], gone[1])


main()
