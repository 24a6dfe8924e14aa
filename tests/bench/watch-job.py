# SPDX-License-Identifier: GPL-2.0-or-later
"""watch-job.py MARK RESULT FOLDER: looks at the processes of a test and at the files of
FOLDER a few times a second until it is killed.  RESULT is JSON: the largest resident
memory (kB) of each process of client and server, the largest sums, and the largest disk
space of each file."""
import collections
import json
import os
import re
import sys
import time

mark, result, folder = sys.argv[1:4]
largest = {"client": collections.defaultdict(int), "server": collections.defaultdict(int)}
sums = {"client": 0, "server": 0}
files = collections.defaultdict(int)


def words(path):
    with open(path, "rb") as f:
        return [w.decode(errors="replace") for w in f.read().split(b"\0") if w]


def resident(pid):
    with open(f"/proc/{pid}/status") as f:
        found = re.search(r"^VmRSS:\s*(\d+)", f.read(), re.M)
    return int(found[1]) if found else 0


def place(command):
    """Its side, and what a person would call it."""
    program = os.path.basename(command[0])
    if program in ("p2v-client", "link-tool"):
        return "client", program
    if program == "p2v-server" or program == "copy-tool":
        return "server", f"{program} {command[1]}" if program == "p2v-server" else program
    if program == "nbdkit":
        broker = any("p2vbroker" in w for w in command)
        return ("server", "nbdkit, broker") if broker else ("client", "nbdkit, source")
    if program == "qemu-nbd":
        return "server", "qemu-nbd, overlay" if "--read-only" in command else "qemu-nbd, target"
    return None, program


def look():
    for entry in os.scandir(folder):
        if entry.is_file(follow_symlinks=False):
            files[entry.name] = max(files[entry.name], entry.stat().st_blocks * 512)
    now = {"client": 0, "server": 0}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if f"P2V_TEST_MARK={mark}" not in words(f"/proc/{pid}/environ"):
                continue
            side, name = place(words(f"/proc/{pid}/cmdline") or [""])
            rss = resident(pid)
        except OSError:
            continue
        if side:
            now[side] += rss
            largest[side][f"{name} {pid}"] = max(largest[side][f"{name} {pid}"], rss)
    for side in now:
        sums[side] = max(sums[side], now[side])


while True:
    look()
    with open(result + ".new", "w") as f:
        json.dump({"largest": largest, "sums": sums, "files": files}, f)
    os.rename(result + ".new", result)
    time.sleep(0.1)
