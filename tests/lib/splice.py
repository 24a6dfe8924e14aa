# SPDX-License-Identifier: GPL-2.0-or-later
"""splice.py FROM TO: connects two unix sockets and relays until one ends.  On
SIGTERM it drops FROM at once, and hears TO out: nbdkit 1.32 may abort when its
client goes away while several answers are under way (connections.c, "sock >= 0")."""

import os
import select
import signal
import socket
import sys


class Broken(Exception):
    pass


def on_term(*_):
    raise Broken


def connect(path):
    end = socket.socket(socket.AF_UNIX)
    end.connect(path)
    return end


def relay(a, b):
    other = {a: b, b: a}
    while True:
        for end in select.select([a, b], [], [])[0]:
            data = end.recv(1 << 17)
            if not data:
                return
            other[end].sendall(data)


signal.signal(signal.SIGTERM, on_term)
near, far = connect(sys.argv[1]), connect(sys.argv[2])
try:
    relay(near, far)
except (Broken, BrokenPipeError, ConnectionResetError):
    pass
try:
    near.close()
    far.shutdown(socket.SHUT_WR)
    while far.recv(1 << 17):
        pass
except OSError:
    os._exit(0)
