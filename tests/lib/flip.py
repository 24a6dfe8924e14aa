# SPDX-License-Identifier: GPL-2.0-or-later
"""Relays NBD and flips one bit of the data on its way, or does other harm.

  flip.py FLIP channel BROKER SOURCE   connects to both: a data channel
  flip.py FLIP qemu-nbd ARGUMENT…      a qemu-nbd whose clients go through the relay

FLIP is read:OFFSET[:TIMES] or write:OFFSET[:TIMES], the byte of the disk or image
and how often it is flipped (1; 0 = always); flush:0[:TIMES], flushes that fail;
stall:OFFSET, a read of that byte that is never answered, whereupon the file
$FLIP_STALLED appears; or none."""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import threading

CLOSED = (EOFError, ConnectionError, OSError)


class Flip:
    def __init__(self, words):
        what, offset, times = [*words.split(":"), *["0", "1"][words.count(":"):]][:3]
        self.what, self.offset, self.left = what, int(offset), int(times) or -1
        self.lock = threading.Lock()

    def meets(self, what, offset, length):
        with self.lock:
            if what != self.what or not offset <= self.offset < offset + length or not self.left:
                return False
            self.left -= 1
            return True

    def __call__(self, what, offset, data):
        if self.meets("stall", offset, len(data)):
            open(os.environ["FLIP_STALLED"], "w").close()
            threading.Event().wait()
        if not self.meets(what, offset, len(data)):
            return data
        data = bytearray(data)
        data[self.offset - offset] ^= 0x10
        return bytes(data)


def take(end, count):
    parts = []
    while count:
        data = end.recv(min(count, 1 << 20))
        if not data:
            raise EOFError
        parts.append(data)
        count -= len(data)
    return b"".join(parts)


def handshake(client, server):
    """Until the transmission begins; False when the client leaves."""
    client.sendall(take(server, 18))
    flags = take(client, 4)
    server.sendall(flags)
    while True:
        header = take(client, 16)
        option, length = struct.unpack(">8xII", header)
        server.sendall(header + take(client, length))
        if option == 1:  # NBD_OPT_EXPORT_NAME
            client.sendall(take(server, 10 if flags[3] & 2 else 134))
            return True
        kind = 0
        while kind != 1 and kind < 1 << 31:  # NBD_REP_ACK, errors
            header = take(server, 20)
            kind, length = struct.unpack(">12xII", header)
            client.sendall(header + take(server, length))
        if option == 7 and kind == 1:  # NBD_OPT_GO
            return True
        if option == 2:  # NBD_OPT_ABORT
            return False


def requests(client, server, flip, pending):
    while True:
        header = take(client, 28)
        kind, cookie, offset, length = struct.unpack(">6xHQQI", header)
        if kind == 3 and flip.meets("flush", 0, 1):  # answered with EIO
            client.sendall(struct.pack(">IIQ", 0x67446698, 5, cookie))
            continue
        pending[cookie] = (kind, offset, length)
        data = flip("write", offset, take(client, length)) if kind == 1 else b""
        server.sendall(header + data)


def replies(client, server, flip, pending):
    while True:
        magic = take(server, 4)
        if magic == b"\x67\x44\x66\x98":
            rest = take(server, 12)
            error, cookie = struct.unpack(">IQ", rest)
            kind, offset, length = pending.pop(cookie)
            data = flip("read", offset, take(server, length)) if kind == 0 and not error else b""
        else:  # a chunk of a structured reply
            rest = take(server, 16)
            kind, length = struct.unpack(">2xH8xI", rest)
            data = take(server, length)
            if kind == 1:  # NBD_REPLY_TYPE_OFFSET_DATA
                offset = struct.unpack(">Q", data[:8])[0]
                data = data[:8] + flip("read", offset, data[8:])
        client.sendall(magic + rest + data)


def hear_out(server):
    """nbdkit 1.32 may abort when its client goes with answers under way."""
    try:
        server.shutdown(socket.SHUT_WR)
        while server.recv(1 << 17):
            pass
    except OSError:
        pass


def relay(client, server, flip):
    pending = {}

    def upwards():
        try:
            requests(client, server, flip, pending)
        except CLOSED:
            try:
                server.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    try:
        if handshake(client, server):
            threading.Thread(target=upwards, daemon=True).start()
            replies(client, server, flip, pending)
    except CLOSED:
        pass
    for end in client, server:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        end.close()


def connect(path):
    end = socket.socket(socket.AF_UNIX)
    end.connect(path)
    return end


def channel(flip, broker, source):
    client, server = connect(broker), connect(source)

    def stop(*_):
        client.close()
        hear_out(server)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    relay(client, server, flip)


def qemu_nbd(flip, arguments):
    path = next(a.split("=", 1)[1] for a in arguments if a.startswith("--socket="))
    ready = next(a.split("=", 1)[1] for a in arguments if a.startswith("--pid-file="))
    real = os.environ["REAL_QEMU_NBD"]
    inner = [real] + [a + ".real" if a.startswith(("--socket=", "--pid-file=")) else a
                      for a in arguments]
    libc = ctypes.CDLL(None)
    child = subprocess.Popen(inner, preexec_fn=lambda: libc.prctl(1, signal.SIGKILL))

    def stop(*_):
        child.terminate()
        child.wait()
        for name in path + ".real", ready + ".real":
            if os.path.exists(name):
                os.unlink(name)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(16)
    while not os.path.exists(ready + ".real"):
        if child.poll() is not None:
            sys.exit(1)
        signal.sigtimedwait([], 0.01)
    with open(ready, "w") as f:
        f.write(f"{os.getpid()}\n")
    while True:
        client, server = listener.accept()[0], connect(path + ".real")
        threading.Thread(target=relay, args=(client, server, flip), daemon=True).start()


if sys.argv[2] == "channel":
    channel(Flip(sys.argv[1]), *sys.argv[3:])
else:
    qemu_nbd(Flip(sys.argv[1]), sys.argv[3:])
