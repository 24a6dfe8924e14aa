# SPDX-License-Identifier: GPL-2.0-or-later
"""cpu.py PID: processor seconds of a process, all its descendants that live, and all
that they have waited for.  Nothing is missed as long as nobody is left to init."""
import os
import sys

parents, used = {}, {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        continue
    parents[int(pid)] = int(fields[1])
    used[int(pid)] = sum(map(int, fields[11:15]))

root = int(sys.argv[1])


def below(pid):
    while pid not in (0, root):
        pid = parents.get(pid, 0)
    return pid == root


print(sum(t for pid, t in used.items() if below(pid)) / os.sysconf("SC_CLK_TCK"))
