# SPDX-License-Identifier: GPL-2.0-or-later
"""A switch's port between two of QEMU's networks (-netdev dgram), which belongs to one VLAN.

usage: vlan-port.py VLAN TRUNK-SOCKET TRUNK-PEER INSIDE-SOCKET INSIDE-PEER

What comes from the trunk with that number goes inside without it, and what comes from inside
goes to the trunk with it; frames without a number, or with another one, are dropped.  QEMU
sends to the SOCKETs and listens at the PEERs.
"""
import os
import selectors
import socket
import sys

TAG = b"\x81\x00"   # IEEE 802.1Q
AT = 12             # behind both addresses

vlan = int(sys.argv[1])
ports = []
for path, peer in (sys.argv[2:4], sys.argv[4:6]):
    port = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    port.bind(path)
    ports.append((port, peer))


def pass_on(number, frame):
    if number == 1:
        return frame[:AT] + TAG + vlan.to_bytes(2, "big") + frame[AT:]
    if frame[AT:AT + 2] == TAG and int.from_bytes(frame[AT + 2:AT + 4], "big") & 0xfff == vlan:
        return frame[:AT] + frame[AT + 4:]
    return None


ready = selectors.DefaultSelector()
for number, (port, _) in enumerate(ports):
    ready.register(port, selectors.EVENT_READ, number)
while True:
    for key, _ in ready.select():
        frame = pass_on(key.data, key.fileobj.recv(65536))
        other, peer = ports[1 - key.data]
        if frame and os.path.exists(peer):
            try:
                other.sendto(frame, peer)
            except OSError:
                pass   # a full queue, or QEMU has ended: a network loses frames
