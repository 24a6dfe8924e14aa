# SPDX-License-Identifier: GPL-2.0-or-later
"""A hostile p2v-server for tests of the client.  `hostile.py session` plays the scene
in SERVER/scene on the control channel, `hostile.py data DISK` on a data channel."""
import base64
import json
import os
import random
import struct
import subprocess
import sys
import threading
import time

server = os.path.dirname(os.path.abspath(__file__))
scene = open(os.path.join(server, "scene")).read().strip()
out = sys.stdout.buffer
NOISE = random.Random(2).randbytes(1 << 18)


def raw(data):
    out.write(data)
    out.flush()


def say(kind, **members):
    raw(json.dumps({"type": kind, **members}).encode() + b"\n")


started = threading.Event()


def listen():
    """Takes what the client says and throws it away; ends with the client and when
    it cancels."""
    for said in sys.stdin.buffer:
        if b'"start"' in said:
            started.set()
        if b'"cancel"' in said:
            break
    os._exit(0)


def hello():
    say("hello", protocol=1, version="hostile", targets=["local"], digest="xxh3-128")


def throw_away():
    while sys.stdin.buffer.read1(65536):
        pass
    os._exit(0)


def hello_and_start():
    hello()
    started.wait(20)


def begin():
    hello_and_start()
    say("accepted", job="fakejob2")


def forever(data):
    while True:
        raw(data)


def wait():
    time.sleep(1000)


def line(kind, **members):
    return json.dumps({"type": kind, **members}).encode() + b"\n"


LOG = line("log", level="info", text="x" * 200)
PHASE = line("phase", phase="copy", words="w" * 500, index=1, count=9)
PROGRESS = line("progress", phase="copy", done=2**62, total=1)

WAITING = line("waiting", job="fakejob1", name="n" * 500, phase="\x1b[2J", status="s", since=2**62)
RANGE = base64.b64encode(struct.pack("<QI", 0, 1)).decode()

# What comes before the job (session scenes); each is a function.
SESSION = {
    "noise": lambda: raw(NOISE),
    "nul": lambda: raw(b'{"type":"hello"\0}\n'),
    "brackets": lambda: raw(b"{" + b"[" * 1000000 + b"\n"),
    "members": lambda: raw(b'{"type":"hello"' + b"".join(b',"m%d":0' % i for i in range(90000)) + b"}\n"),
    "hello-types": lambda: raw(line("hello", protocol="1", version=1, targets={}, digest=[])),
    "hello-missing": lambda: raw(line("hello", protocol=1)),
    "accepted-first": lambda: say("accepted", job="fakejob2"),
    "finished-first": lambda: (hello_and_start(), say("finished", result="ok", summary={})),
    "phase-first": lambda: (hello_and_start(), raw(PHASE * 10), wait()),
    "hello-twice": lambda: (hello_and_start(), hello()),
    "accepted-twice": lambda: (begin(), say("accepted", job="fakejob3")),
    "waiting-twice": lambda: (hello_and_start(), raw(WAITING * 2)),
    "waiting-other": lambda: (hello_and_start(), raw(WAITING), say("accepted", job="fakejob2")),
    "reread-nonsense": lambda: (begin(), say("query", id=1, what="reread", disk=0, ranges="AAAA")),
    "reread-disk": lambda: (begin(), say("query", id=1, what="reread", disk=-7, ranges=RANGE)),
    "reread-flood": lambda: (begin(), [raw(line("query", id=i, what="reread", disk=0, ranges=RANGE * 1024))
                                       for i in range(3000)], wait()),
    "stopped": lambda: (begin(), say("stopped", code="x" * 1000, problem="\x1b[2J" + "p" * 100000), wait()),
    "client-message": lambda: (begin(), say("digests", disk=0, records="AAAA")),
    "long-job": lambda: (hello_and_start(), say("accepted", job="a" * 100000)),
    "numbers": lambda: (begin(), raw(PROGRESS * 1000), say("progress", phase="copy", done=-1, total=-2**63),
                        say("phase", phase="x", words="y", index=-1, count=2**63 - 1),
                        say("finished", result="failed", error={}, summary={"disks": 3, "phases": [1, {}]})),
    "summary": lambda: (begin(), say("finished", result="failed", summary={
        "phases": [{"phase": "x", "seconds": "y"}] * 3000, "changes": [[]] * 1000, "warnings": {"a": []},
        "disks": [None, 1, "x", {"live": {}}], "x" * 100000: 1})),
    "error-types": lambda: (begin(), say("finished", result="failed", summary={}, error={
        "code": 1, "problem": ["x"], "remedy": {}})),
    "result": lambda: (begin(), say("finished", result="perhaps", summary={})),
    "flood-log": lambda: (begin(), forever(LOG * 1000)),
    "flood-phase": lambda: (begin(), forever(PHASE * 1000)),
    "flood-progress": lambda: (begin(), forever(PROGRESS * 1000)),
    "flood-query": None,  # and reads nothing: below
    "flood-stderr": lambda: (begin(), forever_stderr()),
    "endless": lambda: (begin(), forever(b"x" * 65536)),
}


def forever_stderr():
    while True:
        os.write(2, NOISE)


def frame(kind, payload, original=None):
    size = len(payload) if original is None else original
    return kind + b"\0" + struct.pack(">II", len(payload), size) + payload


def zeroes():
    packed = subprocess.run(["zstd", "-1", "-q", "-c", "--no-check"], input=bytes(262144),
                            capture_output=True, check=True).stdout
    return frame(b"Z", packed, 262144) * 1000


# What comes on a data channel.
DATA = {
    "data-noise": lambda: raw(NOISE),
    "data-kind": lambda: raw(frame(b"X", b"x")),
    "data-giant": lambda: raw(b"P\0" + b"\xff" * 8 + NOISE),
    "data-after-end": lambda: raw(b"E\0" + bytes(8) + b"x"),
    "data-nbd-noise": lambda: (raw(frame(b"P", NOISE) * 100), wait()),
    "data-bomb": lambda: forever(zeroes()),
    "data-ends": lambda: None,
    "data-fails": lambda: sys.exit("There \x1b[31mis\0 no " + "x" * 100000),
}

if sys.argv[1] == "data":
    threading.Thread(target=throw_away, daemon=True).start()
    try:
        DATA.get(scene, wait)()
    except OSError:
        pass
elif scene == "flood-query":
    hello()
    while b'"start"' not in sys.stdin.buffer.readline():
        pass
    say("accepted", job="fakejob2")
    try:
        forever(line("query", id=2**62, what="stats") * 1000)
    except OSError:
        pass
else:
    threading.Thread(target=listen, daemon=True).start()
    try:
        if scene in SESSION:
            SESSION[scene]()
            if not scene.startswith("flood"):
                time.sleep(5)
        else:
            begin()
            wait()
    except OSError:
        pass
