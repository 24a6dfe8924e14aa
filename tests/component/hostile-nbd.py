# SPDX-License-Identifier: GPL-2.0-or-later
"""The broker against hostile NBD servers at the other end of a data channel: it goes
on with the next channel, in little memory, and ends when it is told to."""

import os
import socket
import struct
import subprocess
import sys
import threading

sys.path.insert(0, "tests/lib")
from hostile import BUILD, NOISE, SANITIZED, WORK, check, finish, note, peak_kib, wait_for  # noqa: E402

SIZE = 64 << 20
OLD_STYLE = b"NBDMAGIC" + struct.pack(">QQI", 0x420281861253, SIZE, 1) + bytes(124)
GREETING = b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3)


def receive(sock, length):
    data = b""
    while len(data) < length:
        part = sock.recv(length - len(data))
        if not part:
            raise OSError("end")
        data += part
    return data


def negotiate(sock, size=SIZE):
    """A server of fixed newstyle that knows NBD_OPT_GO and EXPORT_NAME only."""
    sock.sendall(GREETING)
    receive(sock, 4)
    while True:
        _, option, length = struct.unpack(">8sII", receive(sock, 16))
        receive(sock, length)
        magic = struct.pack(">QI", 0x3E889045565A9, option)
        if option == 1:
            sock.sendall(struct.pack(">QH", size, 3))
            return
        if option == 7:
            sock.sendall(magic + struct.pack(">II", 3, 12) + struct.pack(">HQH", 0, size, 3))
            sock.sendall(magic + struct.pack(">II", 1, 0))
            return
        sock.sendall(magic + struct.pack(">II", 0x80000001, 0))


def next_read(sock):
    """Cookie and length of the next read."""
    _, _, kind, cookie, _, length = struct.unpack(">IHHQQI", receive(sock, 28))
    if kind != 0:
        raise OSError("no read")
    return cookie, length


def answer(cookie, data=b"", error=0):
    return struct.pack(">IIQ", 0x67446698, error, cookie) + data


def good(sock):
    negotiate(sock)
    while True:
        cookie, length = next_read(sock)
        sock.sendall(answer(cookie, b"g" * length))


def after_read(reply):
    def serve(sock):
        negotiate(sock)
        cookie, length = next_read(sock)
        sock.sendall(reply(cookie, length))
        sock.settimeout(5)
        while sock.recv(65536):
            pass
    return serve


def flood(sock):
    negotiate(sock)
    for _ in range(200):
        sock.sendall(NOISE)


HOSTILE = [
    ("noise for a greeting", lambda s: s.sendall(NOISE)),
    ("a greeting of oldstyle and noise", lambda s: s.sendall(OLD_STYLE[:152] + NOISE)),
    ("half a greeting", lambda s: s.sendall(GREETING[:10])),
    ("noise for options", lambda s: s.sendall(GREETING + NOISE)),
    ("a giant option", lambda s: s.sendall(GREETING + struct.pack(">QIII", 0x3E889045565A9, 7, 3, 0xffffffff) + NOISE)),
    ("a disk of size 0", lambda s: negotiate(s, 0)),
    ("a disk of another size", lambda s: negotiate(s, SIZE + 512)),
    ("a disk beyond all sizes", lambda s: negotiate(s, 2**64 - 1)),
    ("answers that nobody wanted", flood),
    ("an answer with another cookie", after_read(lambda c, n: answer(c + 1, b"x" * n))),
    ("an answer without data", after_read(lambda c, n: answer(c)[:10])),
    ("more data than wanted", after_read(lambda c, n: answer(c, b"g" * (n + 100000)))),
    ("the answer twice", after_read(lambda c, n: answer(c, b"g" * n) * 2)),
    ("a structured answer out of place", after_read(lambda c, n: struct.pack(">IHHQI", 0x668e33ef, 1, 1, c, 0xffffffff) + NOISE)),
    ("an end instead of an answer", after_read(lambda c, n: answer(c, error=108))),
]


def play(server, path):
    """Runs SERVER at the other end of a new data channel."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    sock.settimeout(30)

    def serve():
        try:
            server(sock)
        except (OSError, struct.error):
            pass
        sock.close()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return sock, thread


def test_nbd():
    os.mkdir(WORK + "/b")
    for name, server in HOSTILE:
        paths = {n: f"{WORK}/b/{n}" for n in ("nbd", "cache", "map", "data", "ctl")}
        for path in paths.values():
            if os.path.exists(path):
                os.unlink(path)
        broker = subprocess.Popen(
            ["nbdkit", "--foreground", "--readonly", "--unix", paths["nbd"],
             BUILD + "/lib/p2v/nbdkit-p2vbroker-plugin.so", f"size={SIZE}", "cache=" + paths["cache"],
             "map=" + paths["map"], "data-socket=" + paths["data"], "control-socket=" + paths["ctl"]],
            stderr=subprocess.PIPE)
        wait_for(lambda: os.path.exists(paths["ctl"]))
        # Who reads first meets only the hostile one; the good one comes afterwards.
        _, thread = play(server, paths["data"])
        reader = subprocess.Popen(["python3", "-c", READER, paths["nbd"]], stdout=subprocess.PIPE)
        thread.join(20)
        sock, _ = play(good, paths["data"])
        try:
            output = reader.communicate(timeout=20)[0]
        except subprocess.TimeoutExpired:
            reader.kill()
            output = b"no answer within 20 seconds"
        fine = output == b"g" * 1000 and note("broker", peak_kib(broker.pid))
        check(f"NBD: {name}", fine and broker.poll() is None, output[:100], broker.poll())
        sock.close()
        if broker.poll() is None:
            broker.terminate()
        try:
            _, complaint = broker.communicate(timeout=10)
            check(f"NBD: {name}: the broker ends well", broker.returncode == 0, broker.returncode, complaint)
        except subprocess.TimeoutExpired:
            broker.kill()
            broker.communicate()
            # Where libasan is loaded into a plain nbdkit, glibc 2.36 loses count of its
            # lock for locales when our thread calls nbdkit_error, and exit() waits for it.
            check(f"NBD: {name}: the broker ends well", SANITIZED, "it had to be killed")


# Reads 1000 bytes by way of the broker, as qemu does.
READER = """
import socket, struct, sys
def receive (s, n):
    data = b""
    while len (data) < n:
        part = s.recv (n - len (data))
        if not part: sys.exit ("end")
        data += part
    return data
s = socket.socket (socket.AF_UNIX)
s.connect (sys.argv[1])
receive (s, 18)
s.sendall (struct.pack (">I", 3) + b"IHAVEOPT" + struct.pack (">II", 1, 0))
receive (s, 10)
s.sendall (struct.pack (">IHHQQI", 0x25609513, 0, 0, 1, 4096, 1000))
receive (s, 16)
sys.stdout.buffer.write (receive (s, 1000))
s.sendall (struct.pack (">IHHQQI", 0x25609513, 0, 2, 2, 0, 0))
"""


test_nbd()
finish()
