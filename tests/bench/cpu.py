# SPDX-License-Identifier: GPL-2.0-or-later
"""cpu.py PID [names]: processor seconds of a process, all its descendants that live, and
all that they have waited for.  Nothing is missed as long as nobody is left to init.
names: a line for each program that lives, user and system seconds of its own, too."""
import os
import sys

parents, used, names = {}, {}, {}
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{pid}/stat") as f:
            head, _, tail = f.read().rpartition(")")
    except OSError:
        continue
    fields = tail.split()
    parents[int(pid)] = int(fields[1])
    used[int(pid)] = [int(t) / os.sysconf("SC_CLK_TCK") for t in fields[11:15]]
    names[int(pid)] = head.partition("(")[2]

root = int(sys.argv[1])


def below(pid):
    while pid not in (0, root):
        pid = parents.get(pid, 0)
    return pid == root


mine = [pid for pid in used if below(pid)]
print(sum(sum(used[pid]) for pid in mine))
if len(sys.argv) > 2:
    for pid in mine:
        print(f"{names[pid]:<16} {pid:>8} user {used[pid][0]:8.2f} system {used[pid][1]:8.2f} its children {sum(used[pid][2:]):8.2f}")
