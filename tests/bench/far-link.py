# SPDX-License-Identifier: GPL-2.0-or-later
"""A long link: far-link.py PORT TARGET-PORT BYTES-PER-SECOND ROUND-TRIP-MS forwards
connections on loopback.  Each direction carries so many bytes in a second, all
connections together, and every byte arrives half a round trip later.  What does not fit
waits in a queue of QUEUE seconds, then with the sender."""
import collections
import socket
import sys
import threading
import time

port, target, rate = (int(a) for a in sys.argv[1:4])
delay = float(sys.argv[4]) / 2000
QUEUE = 0.02
CHUNK = 65536
# On the way and in the queue.
MOST = int(rate * (delay + QUEUE)) + CHUNK


class Line:
    """One direction of the link."""

    def __init__(self):
        self.lock = threading.Lock()
        self.free = 0.0

    def send(self, length):
        """When the last of LENGTH bytes arrives at the other end."""
        with self.lock:
            self.free = max(self.free, time.monotonic()) + length / rate
            return self.free + delay

    def wait_for_room(self):
        wait = self.free - time.monotonic() - QUEUE
        if wait > 0:
            time.sleep(wait)


class Pump:
    def __init__(self, line, source, sink):
        self.line, self.source, self.sink = line, source, sink
        self.flying = collections.deque()
        self.bytes = 0
        self.change = threading.Condition()
        for run in (self.take, self.give):
            threading.Thread(target=run, daemon=True).start()

    def take(self):
        while True:
            self.line.wait_for_room()
            with self.change:
                while self.bytes > MOST:
                    self.change.wait()
            try:
                data = self.source.recv(CHUNK)
            except OSError:
                data = b""
            due = self.line.send(len(data))
            with self.change:
                self.flying.append((due, data))
                self.bytes += len(data)
                self.change.notify_all()
            if not data:
                return

    def give(self):
        while True:
            with self.change:
                while not self.flying:
                    self.change.wait()
                due, data = self.flying.popleft()
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            try:
                if not data:
                    self.sink.shutdown(socket.SHUT_WR)
                    return
                self.sink.sendall(data)
            except OSError:
                self.source.close()
                return
            with self.change:
                self.bytes -= len(data)
                self.change.notify_all()


there, back = Line(), Line()
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen()
while True:
    near, _ = listener.accept()
    far = socket.create_connection(("127.0.0.1", target))
    for s in (near, far):
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    Pump(there, near, far)
    Pump(back, far, near)
