# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted `p2v-server session` for tests of the client: the file SERVER/scene names
what happens, SERVER/heard receives every line of the client."""
import json
import os
import re
import socket
import struct
import sys
import time

server = os.path.dirname(os.path.abspath(__file__))
scene = open(os.path.join(server, "scene")).read().strip()
heard = open(os.path.join(server, "heard"), "a")
JOB = "fakejob2"


def say(kind, **members):
    print(json.dumps({"type": kind, **members}), flush=True)


def hear(wanted=None):
    """The next message, or the next of type WANTED; exits at the end of input."""
    while line := sys.stdin.readline():
        heard.write(line)
        heard.flush()
        message = json.loads(line)
        if wanted is None or message["type"] == wanted:
            return message
    heard.write("end\n")
    sys.exit(0)


def finish(result="ok", **members):
    say("finished", result=result, summary={"note": "from the server"}, **members)
    hear("bye")


def read_exactly(sock, length):
    data = b""
    while len(data) < length:
        part = sock.recv(length - len(data))
        assert part, "the source has closed"
        data += part
    return data


def read_some(disk, length):
    """Reads the first LENGTH bytes of DISK as an NBD client through the tunnel."""
    path = os.path.join(server, "sockets", f"{disk}.0")
    sock = socket.socket(socket.AF_UNIX)
    for _ in range(100):
        try:
            sock.connect(path)
            break
        except OSError:
            time.sleep(0.1)
    read_exactly(sock, 18)
    sock.sendall(struct.pack(">I", 3) + b"IHAVEOPT" + struct.pack(">II", 1, 0))
    read_exactly(sock, 10)
    sock.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 0, 1, 0, length))
    read_exactly(sock, 16)
    data = read_exactly(sock, length)
    sock.sendall(struct.pack(">IHHQQI", 0x25609513, 0, 2, 2, 0, 0))
    sock.close()
    return data


def come_back(taken):
    """The client is back after a break; of its digests TAKEN records of disk 0 are here."""
    say("hello", protocol=1, version="fake", targets=["local"], digest="xxh3-128")
    attach = hear("attach")
    assert attach["job"] == JOB, attach
    say("accepted", job=JOB)
    if taken is not None:
        say("taken", disk=0, records=taken)
    return attach["instance"]


def turn():
    """How often this scene has been entered before."""
    path = os.path.join(server, "turn")
    n = int(open(path).read()) if os.path.exists(path) else 0
    with open(path, "w") as f:
        f.write(str(n + 1))
    return n


def begin(**members):
    say("hello", protocol=1, version="fake", targets=["local"], digest="xxh3-128", **members)
    hear("hello")
    start = hear("start")
    say("accepted", job=JOB)
    return start["instance"]


if scene == "good":
    begin()
    say("phase", phase="preflight", words="Checking", index=1, count=9)
    say("log", level="info", text="a line with \x1b[31mcolour\x1b[0m")
    data = read_some(0, 1 << 20)
    say("progress", phase="copy", done=1, total=2)
    say("query", id=7, what="digests")
    assert hear("answer")["id"] == 7
    say("query", id=8, what="stats")
    stats = hear("answer")["data"]
    assert stats["disks"][0]["nbdkit"] == len(data), stats
    finish()
elif scene == "clock":
    begin(time=int(time.time()) - 7200)
    finish()
elif scene == "failed":
    begin()
    finish("failed", error={"code": "space", "problem": "Too \x1b[1mlittle room.", "remedy": "Make room."})
elif scene == "refused":
    say("error", code="job", problem="Nothing can be done here.", remedy="Ask somebody.")
    sys.exit(1)
elif scene == "mute":
    hear()
elif scene == "gone":
    begin()
    time.sleep(1)
elif scene == "again":
    # The link breaks with sixteen records not taken, and again before anything is said.
    n = turn()
    if n == 0:
        instance = begin()
        with open(os.path.join(server, "instance"), "w") as f:
            f.write(instance)
        say("phase", phase="copy", words="Copying", index=1, count=9)
        read_some(0, 1 << 20)
        say("query", id=7, what="digests")
        hear("answer")
        say("taken", disk=0, records=5)
    elif n == 1:
        come_back(None)
    elif n == 2:
        instance = come_back(5)
        assert instance == open(os.path.join(server, "instance")).read()
        heard.write('{"type": "back"}\n')
        say("phase", phase="copy", words="Copying", index=1, count=9)
        say("progress", phase="copy", done=1, total=2)
        say("query", id=7, what="digests")
        assert hear("answer")["id"] == 7
    else:
        come_back(16)
        finish()
elif scene == "other-job":
    if turn() == 0:
        begin()
    else:
        say("hello", protocol=1, version="fake", targets=["local"], digest="xxh3-128")
        hear("attach")
        say("accepted", job="other")
        hear("cancel")
elif scene == "forgotten":
    if turn() == 0:
        begin()
    else:
        say("hello", protocol=1, version="fake", targets=["local"], digest="xxh3-128")
        hear("attach")
        say("error", code="job", problem="The job fakejob2 has died.", remedy="Start again.")
        sys.exit(1)
elif scene == "unheard":
    # The answer to "start" is lost.
    say("hello", protocol=1, version="fake", targets=["local"], digest="xxh3-128")
    hear("start")
    if turn() > 0:
        say("accepted", job=JOB)
        finish()
elif scene == "garbage":
    begin()
    print('{"type": "phase", "phase": 3}', flush=True)
    hear("cancel")
    finish("cancelled")
elif scene == "curious":
    begin()
    say("query", id=1, what="passwords")
    hear("cancel")
    finish("cancelled")
elif scene == "endless":
    say("hello", protocol=1, version="fake", targets=["local"], digest="xxh3-128")
    hear("start")
    try:
        while True:
            sys.stdout.write("x" * 65536)
    except OSError:
        pass
elif scene == "strange-job":
    say("hello", protocol=1, version="fake", targets=["local"], digest="xxh3-128")
    hear("start")
    say("accepted", job="a;reboot")
    hear()
elif scene == "cancelled":
    begin()
    hear("cancel")
    finish("cancelled")
elif scene == "deaf":
    begin()
    while True:
        hear()
elif re.match("first-line", scene):
    print("Welcome to conv.example", flush=True)
    hear()
