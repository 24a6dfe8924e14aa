# SPDX-License-Identifier: GPL-2.0-or-later
"""nbdread.py SOCKET EXPORT OFFSET LENGTH: one read, byte-exact, to standard
output.  Exit status 5 when the server answers with an error, 3 when it has no
such export.  (qemu-io rounds to sectors, and nbdsh is not on every machine.)
The numbers are those of the NBD protocol's document."""

import socket
import struct
import sys

path, export, offset, length = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3]), int(sys.argv[4])
s = socket.socket(socket.AF_UNIX)
s.connect(path)


def take(n):
    data = b""
    while len(data) < n:
        part = s.recv(n - len(data))
        if not part:
            sys.exit(3)
        data += part
    return data


assert take(16) == b"NBDMAGICIHAVEOPT"
take(2)
s.sendall(struct.pack(">I", 3))  # fixed newstyle, no zeroes
name = struct.pack(">I", len(export)) + export + struct.pack(">H", 0)
s.sendall(b"IHAVEOPT" + struct.pack(">II", 7, len(name)) + name)  # NBD_OPT_GO
while True:
    _, _, reply, size = struct.unpack(">QIII", take(20))
    take(size)
    if reply == 1:  # NBD_REP_ACK
        break
    if reply & 0x80000000:
        sys.exit(3)
s.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 0, 1, offset, length))  # NBD_CMD_READ
_, error, _ = struct.unpack(">IIQ", take(16))
if error:
    sys.exit(5)
sys.stdout.buffer.write(take(length))
s.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 2, 2, 0, 0))  # NBD_CMD_DISC
