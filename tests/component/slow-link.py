# SPDX-License-Identifier: GPL-2.0-or-later
"""A slow link: slow-link.py PORT TARGET-PORT BYTES-PER-SECOND forwards connections on
loopback, each direction at most at that rate."""
import socket
import sys
import threading
import time

port, target, rate = (int(a) for a in sys.argv[1:4])
STEP = 0.02


def pump(source, sink):
    try:
        while data := source.recv(max(1, int(rate * STEP))):
            sink.sendall(data)
            time.sleep(len(data) / rate)
    except OSError:
        pass
    for s in (source, sink):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


listener = socket.socket()
# Small buffers: what is on its way is on the link, not in a queue before it.
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen()
while True:
    near, _ = listener.accept()
    far = socket.create_connection(("127.0.0.1", target))
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
