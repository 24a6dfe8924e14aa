#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Talk to a QEMU monitor.

usage: qmp.py SOCKET COMMAND [ARGUMENTS-AS-JSON]   one command; prints the answer
       qmp.py SOCKET --watch FILE                  writes each event as a line of
                                                   JSON to FILE until QEMU ends
       qmp.py SOCKET --type TEXT                   types on the keyboard (a newline
                                                   is Enter), slowly enough for TCG
       qmp.py SOCKET --press KEY…                  presses keys by their names in QEMU,
                                                   "end", "alt-k", as slowly
"""
import json
import socket
import sys
import time

KEYS = {" ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", ".": "dot",
        "/": "slash", ",": "comma", ";": "semicolon", "'": "apostrophe"}
SHIFTED = {"_": "minus", ">": "dot", ":": "semicolon", "+": "equal", '"': "apostrophe", "?": "slash"}
KEY_PAUSE = 0.25   # seconds; faster and an emulated machine loses keys


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        json.loads(self.lines.readline())
        self.command("qmp_capabilities")

    def command(self, name, arguments=None):
        message = {"execute": name}
        if arguments:
            message["arguments"] = arguments
        self.socket.sendall(json.dumps(message).encode() + b"\n")
        for line in self.lines:
            answer = json.loads(line)
            if "error" in answer:
                sys.exit(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        return None   # QEMU ended, as after "quit"

    def watch(self, path):
        with open(path, "a", encoding="utf-8") as out:
            for line in self.lines:
                out.write(line)
                out.flush()

    def press(self, names):
        keys = [{"type": "qcode", "data": name} for name in names]
        self.command("send-key", {"keys": keys})
        time.sleep(KEY_PAUSE)

    def type(self, text):
        for letter in text:
            if letter in SHIFTED:
                self.press(["shift", SHIFTED[letter]])
            elif letter.isupper():
                self.press(["shift", letter.lower()])
            else:
                self.press([KEYS.get(letter, letter)])


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    monitor = Monitor(sys.argv[1])
    if sys.argv[2] == "--watch":
        monitor.watch(sys.argv[3])
    elif sys.argv[2] == "--type":
        monitor.type(sys.argv[3])
    elif sys.argv[2] == "--press":
        for keys in sys.argv[3:]:
            monitor.press(keys.split("-"))
    else:
        arguments = json.loads(sys.argv[3]) if len(sys.argv) > 3 else None
        print(json.dumps(monitor.command(sys.argv[2], arguments)))


try:
    main()
except (BrokenPipeError, ConnectionError):
    pass   # QEMU went away: for a watcher that is the end it waits for
