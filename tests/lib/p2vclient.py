# SPDX-License-Identifier: GPL-2.0-or-later
"""A client without SSH, for tests of p2v-server: a session and data channels as
processes of this machine."""

import json
import queue
import secrets
import socket
import struct
import subprocess
import threading

FRAME_MAX = 256 * 1024
ALIVE = 5  # seconds between signs of life


def machine(name="guest", size=64 << 20, disks=1):
    return {
        "name": name, "memory": 512 << 20, "vcpus": 1, "sockets": 0, "cores": 0, "threads": 0,
        "acpi": True, "apic": True, "pae": True, "uefi": False, "secure_boot": False, "tpm": False,
        "rtc_offset": 0, "removable": [], "nics": [],
        "disks": [{"device": f"/dev/sd{chr (97 + i)}", "size": size, "logical_block_size": 512,
                   "physical_block_size": 512, "rotational": False, "links": []}
                  for i in range(disks)],
    }


class Session:
    """`p2v-server session`; messages of the server come out of take().  INSTANCE: of a
    client that comes back.  MUTE: gives no sign of life."""

    def __init__(self, server, hello=True, instance=None, mute=False):
        self.instance = instance or secrets.token_hex(16)
        self.mute = mute
        self.lock = threading.Lock()
        self.gone = threading.Event()
        self.process = subprocess.Popen([server, "session"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        self.messages = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.hello = self.take("hello")
        if hello:
            self.send({"type": "hello", "protocol": 1, "version": "test"})

    def _read(self):
        for line in self.process.stdout:
            self.messages.put(json.loads(line))
        self.messages.put(None)
        self.gone.set()

    def _live(self):
        while not self.gone.wait(ALIVE):
            try:
                self.send({"type": "alive"})
            except (OSError, ValueError):
                return

    def send(self, message):
        self.write(json.dumps(message).encode() + b"\n")

    def write(self, data):
        with self.lock:
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def _ask(self, message):
        self.send(message)
        if not self.mute:
            threading.Thread(target=self._live, daemon=True).start()
        answer = self.take("accepted", "error")
        self.job = answer.get("job")
        return answer

    def attach(self, job):
        return self._ask({"type": "attach", "job": job, "instance": self.instance})

    def start(self, storage, **kwargs):
        settings = {"output.type": "local", "output.storage": storage, "output.format": "raw"}
        settings.update(kwargs.pop("settings", {}))
        return self._ask({"type": "start", "instance": self.instance, "settings": settings,
                          "machine": machine(**kwargs)})

    def take(self, *types, timeout=60, **members):
        """The next message of one of the types, with these members; None at the end."""
        while True:
            message = self.messages.get(timeout=timeout)
            if message is None:
                return None
            if message["type"] in types and all(message[k] == v for k, v in members.items()):
                return message

    def lose(self):
        """The link breaks."""
        self.gone.set()
        with self.lock:
            self.process.stdin.close()
        self.process.wait(20)

    def end(self):
        """Says bye; the exit status."""
        try:
            self.send({"type": "bye"})
            self.gone.set()
            with self.lock:
                self.process.stdin.close()
        except BrokenPipeError:
            pass
        return self.process.wait(20)


class Data:
    """`p2v-server data JOB DISK`, connected to an NBD server's unix socket.  MUTE: gives no
    sign of life."""

    def __init__(self, server, job, disk, path, mute=False):
        self.process = subprocess.Popen([server, "data", job, str(disk)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        threading.Thread(target=self._to_server, daemon=True).start()
        threading.Thread(target=self._to_disk, daemon=True).start()
        if not mute:
            threading.Thread(target=self._live, daemon=True).start()

    def _frame(self, kind, data=b""):
        with self.lock:
            self.process.stdin.write(kind + b"\0" + struct.pack(">II", len(data), len(data)) + data)
            self.process.stdin.flush()

    def _live(self):
        try:
            while not self.ended.wait(ALIVE):
                self._frame(b"K")
        except OSError:
            pass

    def _to_server(self):
        try:
            while data := self.socket.recv(FRAME_MAX):
                self._frame(b"P", data)
            self.ended.set()
            self._frame(b"E")
        except OSError:
            pass

    def _to_disk(self):
        try:
            while header := self.process.stdout.read(10):
                kind, _, length, _ = struct.unpack(">cBII", header)
                if kind == b"E":
                    break
                self.socket.sendall(self.process.stdout.read(length))
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def wait(self, timeout=20):
        return self.process.wait(timeout)
