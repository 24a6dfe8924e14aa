# SPDX-License-Identifier: GPL-2.0-or-later
"""A bad link: slow-link.py PORT TARGET-PORT BYTES-PER-SECOND [FILE] forwards connections
on loopback, each direction at most at that rate.  While FILE exists nothing gets
through, and new connections are accepted, but not connected: as if all packets were
dropped."""
import os
import socket
import sys
import threading
import time

port, target, rate = (int(a) for a in sys.argv[1:4])
stalled = sys.argv[4] if len(sys.argv) > 4 else None
STEP = 0.02


def wait_while_stalled():
    while stalled and os.path.exists(stalled):
        time.sleep(STEP)


def pump(source, sink):
    try:
        while data := source.recv(max(1, int(rate * STEP))):
            wait_while_stalled()
            sink.sendall(data)
            time.sleep(len(data) / rate)
    except OSError:
        pass
    # Nor does the end of a connection get through.
    wait_while_stalled()
    for s in (source, sink):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def carry(near):
    wait_while_stalled()
    far = socket.create_connection(("127.0.0.1", target))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()


listener = socket.socket()
# Small buffers: what is on its way is on the link, not in a queue before it.
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen()
while True:
    near, _ = listener.accept()
    threading.Thread(target=carry, args=(near,), daemon=True).start()
