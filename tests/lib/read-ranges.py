#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What was read of a physical machine's disks, by class.

usage: read-ranges.py --guest DIR [--json] [--since TIME] LOG...

LOG is a file of nbdkit's log filter, one for each disk in the order of the
guest's disks (tests/lib/physical.sh: RUN/disk0.log RUN/disk1.log). The classes
are the *.ranges files that the guest builders wrote to DIR. Prints for each
class its bytes, how many distinct ones were read, how many were read again,
the share, and the most that was read of one of its ranges beyond what probing
may read (1 MiB or 0.5 %, whichever is more); then requests, and everything that was not a read. Exit status 1
when something was written. With --since, reads before TIME ("2030-01-31 12:00:00",
as in the log) are left out, e.g. those of a boot; writes never are.
"""
import argparse
import bisect
import collections
import json
import re
import sys

# What may be read of a dead range to see what it is, in bytes; or 0.5 % of it.
PROBING = 1 << 20
CLASSES = ("live", "deleted", "free", "swap", "freevg", "gaps")
READ = re.compile(r" connection=\d+ Read id=\d+ offset=(0x[0-9a-f]+) count=(0x[0-9a-f]+)")
CHANGE = re.compile(r" connection=\d+ (Write|Zero|Trim) id=\d+ offset=(0x[0-9a-f]+) count=(0x[0-9a-f]+)")


def coverage(reads):
    """[(start, end, times)] of disjoint pieces that were read at least once."""
    edges = collections.Counter()
    for start, end in reads:
        edges[start] += 1
        edges[end] -= 1
    pieces, depth, last = [], 0, 0
    for place in sorted(edges):
        if depth > 0 and place > last:
            pieces.append((last, place, depth))
        depth += edges[place]
        last = place
    return pieces


class Ranges:
    """One class of one disk; how much of a piece lies in it."""

    def __init__(self):
        self.starts, self.ends, self.read, self.bytes = [], [], [], 0

    def add(self, start, end):
        self.starts.append(start)
        self.ends.append(end)
        self.read.append(0)
        self.bytes += end - start

    def overlap(self, start, end):
        """Bytes of the piece; they are added to the figures of their ranges."""
        found = 0
        index = max(0, bisect.bisect_right(self.starts, start) - 1)
        while index < len(self.starts) and self.starts[index] < end:
            inside = max(0, min(end, self.ends[index]) - max(start, self.starts[index]))
            self.read[index] += inside
            found += inside
            index += 1
        return found

    def excess(self):
        """How far the worst range is beyond PROBING; 0 when none is."""
        return max((read - max(PROBING, (end - start) // 200) for start, end, read
                    in zip(self.starts, self.ends, self.read)), default=0)


def load_classes(directory, disks):
    table = {name: {disk: Ranges() for disk in disks} for name in CLASSES}
    for name in CLASSES:
        with open(f"{directory}/{name}.ranges", encoding="ascii") as lines:
            for line in lines:
                disk, offset, length = line.split()
                table[name][disk].add(int(offset), int(offset) + int(length))
    return table


def load_log(path, since):
    reads, changes = [], []
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if match := READ.search(line):
                if line < since:
                    continue
                start = int(match[1], 16)
                reads.append((start, start + int(match[2], 16)))
            elif match := CHANGE.search(line):
                changes.append((match[1], int(match[2], 16), int(match[3], 16)))
    return reads, changes


def measure(directory, disks, logs, since):
    table = load_classes(directory, disks)
    rows = {name: {"bytes": sum(part.bytes for part in table[name].values()),
                   "read": 0, "again": 0} for name in CLASSES}
    result = {"requests": 0, "requested": 0, "distinct": 0, "writes": 0,
              "written": 0, "classes": rows}
    for disk, path in zip(disks, logs):
        reads, changes = load_log(path, since)
        result["requests"] += len(reads)
        result["requested"] += sum(end - start for start, end in reads)
        result["writes"] += len(changes)
        result["written"] += sum(count for _, _, count in changes)
        for start, end, times in coverage(reads):
            result["distinct"] += end - start
            for name in CLASSES:
                inside = table[name][disk].overlap(start, end)
                rows[name]["read"] += inside
                rows[name]["again"] += inside * (times - 1)
    for name, row in rows.items():
        row["excess"] = max(0, *(part.excess() for part in table[name].values()))
        row["percent"] = round(100 * row["read"] / row["bytes"], 3) if row["bytes"] else 0.0
    result["requested_to_live"] = round(result["requested"] / rows["live"]["bytes"], 4)
    return result


def print_table(result):
    print(f"{'class':10}{'bytes':>15}{'read':>15}{'read again':>15}{'share':>10}")
    for name, row in result["classes"].items():
        print(f"{name:10}{row['bytes']:15}{row['read']:15}{row['again']:15}{row['percent']:9.2f}%")
    print(f"requests {result['requests']}, bytes {result['requested']} "
          f"({result['requested_to_live']} x live), distinct {result['distinct']}")
    print(f"writes {result['writes']}, bytes {result['written']}")


def main():
    parser = argparse.ArgumentParser(description="what was read of the disks, by class")
    parser.add_argument("--guest", required=True, metavar="DIR")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--since", default="", metavar="TIME")
    parser.add_argument("log", nargs="+")
    args = parser.parse_args()
    with open(f"{args.guest}/guest.env", encoding="utf-8") as env:
        disks = re.search(r"^GUEST_DISKS='?([^'\n]*)", env.read(), re.M)[1].split()
    if len(disks) != len(args.log):
        sys.exit(f"the guest has {len(disks)} disks but {len(args.log)} logs were given")
    result = measure(args.guest, disks, args.log, args.since)
    if args.json:
        json.dump(result, sys.stdout, indent=2)
        print()
    else:
        print_table(result)
    return 1 if result["writes"] else 0


sys.exit(main())
