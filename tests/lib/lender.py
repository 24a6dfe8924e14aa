# SPDX-License-Identifier: GPL-2.0-or-later
"""A reader of the broker that shares its memory with it (p2v-server/broker-memory.h).

  lender.py CONTROL OFFSET LENGTH   reads into the memory and writes that to stdout; what the
                                    answer says becomes the exit status, 99 when there is none
  lender.py CONTROL unsealed        offers memory that could shrink: exit status 99
  lender.py CONTROL leave OFFSET    asks, and hangs up without waiting
"""

import fcntl
import mmap
import os
import socket
import struct
import sys

SIZE = 1 << 20
F_ADD_SEALS, F_SEAL_SHRINK, F_SEAL_GROW = 1033, 2, 4


def main(control, *words):
    fd = os.memfd_create("reader", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, SIZE)
    if words[0] != "unsealed":
        fcntl.fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW)
    broker = socket.socket(socket.AF_UNIX)
    broker.connect(control)
    socket.send_fds(broker, [b"memory exact\n"], [fd])
    if broker.recv(3, socket.MSG_WAITALL) != b"ok\n":
        return 99
    if words[0] == "leave":
        broker.sendall(struct.pack("=QQII", 0, int(words[1]), 65536, 7))
        return 0
    offset, length = int(words[0]), int(words[1])
    # In two parts, as a stream may bring it.
    ask = struct.pack("=QQII", 4096, offset, length, 7)
    broker.sendall(ask[:5])
    broker.sendall(ask[5:])
    answer = broker.recv(8, socket.MSG_WAITALL)
    if len(answer) < 8:
        return 99
    number, error = struct.unpack("=Ii", answer)
    if number != 7:
        return 98
    if error == 0:
        sys.stdout.buffer.write(mmap.mmap(fd, SIZE)[4096 : 4096 + length])
    return error


sys.exit(main(*sys.argv[1:]))
