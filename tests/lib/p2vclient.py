# SPDX-License-Identifier: GPL-2.0-or-later
"""A client without SSH, for tests of p2v-server: a session and data channels as
processes of this machine."""

import json
import queue
import socket
import struct
import subprocess
import threading

FRAME_MAX = 256 * 1024


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
    """`p2v-server session`; messages of the server come out of take()."""

    def __init__(self, server, hello=True):
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

    def send(self, message):
        self.write(json.dumps(message).encode() + b"\n")

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def start(self, storage, **kwargs):
        settings = {"output.type": "local", "output.storage": storage, "output.format": "raw"}
        settings.update(kwargs.pop("settings", {}))
        self.send({"type": "start", "settings": settings, "machine": machine(**kwargs)})
        message = self.take("accepted", "error")
        self.job = message.get("job")
        return message

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
        self.process.stdin.close()
        self.process.wait(20)

    def end(self):
        """Says bye; the exit status."""
        try:
            self.send({"type": "bye"})
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        return self.process.wait(20)


class Data:
    """`p2v-server data JOB DISK`, connected to an NBD server's unix socket."""

    def __init__(self, server, job, disk, path):
        self.process = subprocess.Popen([server, "data", job, str(disk)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        threading.Thread(target=self._to_server, daemon=True).start()
        threading.Thread(target=self._to_disk, daemon=True).start()

    def _to_server(self):
        try:
            while data := self.socket.recv(FRAME_MAX):
                self.process.stdin.write(b"P\0" + struct.pack(">II", len(data), len(data)) + data)
                self.process.stdin.flush()
            self.process.stdin.write(b"E\0" + bytes(8))
            self.process.stdin.flush()
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
