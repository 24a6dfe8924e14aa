#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Keep only some kernel modules of a root file system.

usage: thin-modules.py ROOT MODULE...

Removes every module file that is neither named nor needed by a named one
(modules.dep), in each installed kernel. Names that a kernel does not have, for
instance because they are built in, are passed over.
"""
import os
import sys


def plain(path):
    """The name of a module without folder, suffix and the -/_ difference."""
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def thin(tree, wanted):
    needs = {}
    with open(f"{tree}/modules.dep", encoding="ascii") as lines:
        for line in lines:
            path, _, others = line.partition(":")
            needs[path] = others.split()
    keep = set()
    for path, others in needs.items():
        if plain(path) in wanted:
            keep.update([path], others)
    for path in needs:
        if path not in keep:
            os.unlink(f"{tree}/{path}")


def main():
    root, wanted = sys.argv[1], {plain(name) for name in sys.argv[2:]}
    modules = f"{root}/lib/modules"
    for kernel in os.listdir(modules):
        thin(f"{modules}/{kernel}", wanted)


main()
