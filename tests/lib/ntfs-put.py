#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts files into an NTFS file system, which nothing has to mount for that.

usage: ntfs-put.py IMAGE PATH=FILE…    folders of PATH are made; names as DOS allowed them

It is left as Windows leaves it that was not shut down.
"""
import ctypes
import os
import stat
import sys

ntfs = ctypes.CDLL("libntfs-3g.so.89", use_errno=True)
for name in "ntfs_mount", "ntfs_pathname_to_inode", "ntfs_create", "ntfs_attr_open":
    getattr(ntfs, name).restype = ctypes.c_void_p
ntfs.ntfs_attr_pwrite.restype = ctypes.c_int64
AT_DATA = 0x80
VOLUME_IS_DIRTY = ctypes.c_uint16(1)


def good(result, what):
    if not result:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")
    return ctypes.c_void_p(result)


def create(volume, parent, name, kind):
    path = f"{parent}/{name}"
    there = ntfs.ntfs_pathname_to_inode(volume, None, path.encode())
    if there:
        return ctypes.c_void_p(there)
    folder = good(ntfs.ntfs_pathname_to_inode(volume, None, (parent or "/").encode()), parent)
    units = name.encode("utf-16-le")
    made = good(ntfs.ntfs_create(folder, 0, units, ctypes.c_uint8(len(units) // 2), kind), path)
    # As Windows makes them: found by any case.  That closes both.
    short = name.upper().encode()
    if ntfs.ntfs_set_ntfs_dos_name(made, folder, short, ctypes.c_size_t(len(short)), 0):
        sys.exit(f"{path}: {os.strerror(ctypes.get_errno())}")
    return good(ntfs.ntfs_pathname_to_inode(volume, None, path.encode()), path)


def put(volume, path, file):
    names = path.strip("/").split("/")
    for depth in range(1, len(names)):
        ntfs.ntfs_inode_close(create(volume, "".join("/" + n for n in names[:depth - 1]), names[depth - 1], stat.S_IFDIR))
    inode = create(volume, "".join("/" + n for n in names[:-1]), names[-1], stat.S_IFREG)
    with open(file, "rb") as source:
        data = source.read()
    attribute = good(ntfs.ntfs_attr_open(inode, AT_DATA, None, 0), path)
    done = 0
    while done < len(data):
        written = ntfs.ntfs_attr_pwrite(attribute, ctypes.c_int64(done), ctypes.c_int64(len(data) - done), data[done:])
        if written <= 0:
            sys.exit(f"{path}: {os.strerror(ctypes.get_errno())}")
        done += written
    ntfs.ntfs_attr_close(attribute)
    ntfs.ntfs_inode_close(inode)


def main():
    volume = good(ntfs.ntfs_mount(sys.argv[1].encode(), ctypes.c_ulong(0)), sys.argv[1])
    for pair in sys.argv[2:]:
        put(volume, *pair.split("=", 1))
    if ntfs.ntfs_volume_write_flags(volume, VOLUME_IS_DIRTY) or ntfs.ntfs_umount(volume, 0):
        sys.exit(f"{sys.argv[1]}: {os.strerror(ctypes.get_errno())}")


main()
