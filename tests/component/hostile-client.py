# SPDX-License-Identifier: GPL-2.0-or-later
"""p2v-server against hostile clients, by tables: in the session before there is a
job, in the session of a job, and on its data channels.  Nothing may crash, hang,
stay behind, or grow without bounds."""

import base64
import json
import os
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, "tests/lib")
from hostile import NOISE, SERVER, WORK, check, feed, finish, line, note, peak_kib, run, wait_for  # noqa: E402
from p2vclient import Session, machine  # noqa: E402

STATE, OUT = WORK + "/state", WORK + "/out"
RECORD = {"job.json", "state.json", "log", "lock", "report.json", "report.txt", "finished.json"}
os.environ["P2V_STATE_DIR"] = STATE
os.mkdir(OUT)
HELLO = line("hello", protocol=1, version="hostile")


def start(settings=None, **changes):
    described = machine()
    described.update(changes)
    return line("start", instance=os.urandom(16).hex(), settings=settings if settings is not None else
                {"output.type": "local", "output.storage": OUT}, machine=described)


def survey(**changes):
    return line("survey", settings={"output.type": "local", "output.storage": OUT}, machine={**machine(), **changes})


def disk(**changes):
    return {**machine()["disks"][0], **changes}


# name, what the client sends, the error's code ("" for an end without a word)
BEFORE = [
    ("nothing", b"", ""),
    ("noise", NOISE, "protocol"),
    ("a line that never ends", (b"x" * 65536 for _ in range(1024)), "protocol"),
    ("a line of a megabyte of brackets", b"[" * 1000000 + b"\n", "protocol"),
    ("a megabyte of objects", b'{"type":' * 120000 + b"\n", "protocol"),
    ("a hundred thousand members", b'{"type":"hello"' + b"".join(b',"m%d":0' % i for i in range(90000)) + b"}\n", "protocol"),
    ("half a million numbers", b'{"type":"hello","protocol":[' + b"0," * 500000 + b"0]}\n", "protocol"),
    ("a NUL", b'{"type":"hello",\0}\n', "protocol"),
    ("bytes that are not UTF-8", b'{"type":"hello","protocol":1,"version":"\xff\xfe"}\n', "protocol"),
    ("half a character", b'{"type":"hello","protocol":1,"version":"\\ud800"}\n', None),
    ("no object", b"[]\n", "protocol"),
    ("no type", b"{}\n", "protocol"),
    ("a type that is none", b'{"type":7}\n', "protocol"),
    ("a message of the other side", line("accepted", job="aaaaaaaa"), "protocol"),
    ("a version that is an array", line("hello", protocol=1, version=[]), "protocol"),
    ("a protocol that is a text", line("hello", protocol="1", version="x"), "protocol"),
    ("a protocol beyond all numbers", b'{"type":"hello","protocol":99999999999999999999999,"version":"x"}\n', None),
    ("a member too many", line("hello", protocol=1, version="x", more=1), "protocol"),
    ("start before hello", start(), "protocol"),
    ("digests before hello", line("digests", disk=0, records="AAAA"), "protocol"),
    ("hello twice", HELLO + HELLO, "protocol"),
    ("digests before start", HELLO + line("digests", disk=0, records="AAAA"), "protocol"),
    ("an answer before start", HELLO + line("answer", id=1, data={}), "protocol"),
    ("half a start", HELLO + start()[:200], ""),
    ("settings that are an array", HELLO + line("start", instance="0" * 32, settings=[], machine=machine()), "protocol"),
    ("no instance", HELLO + line("start", settings={}, machine=machine()), "protocol"),
    ("an instance that is none", HELLO + line("start", instance="../" * 10 + "ab", settings={}, machine=machine()), "protocol"),
    ("a job of another client", HELLO + line("attach", job="aaaaaaaa", instance="0" * 32), "job"),
    ("a job that is a path", HELLO + line("attach", job="../../../../etc", instance="0" * 32), "job"),
    ("taking over what is not there", HELLO + line("adopt", job="aaaaaaaa", instance="0" * 32, machine=machine()), "job"),
    ("taking over a path", HELLO + line("adopt", job="../../../../etc", instance="0" * 32, machine=machine()), "job"),
    ("taking over without a machine", HELLO + line("adopt", job="aaaaaaaa", instance="0" * 32, machine={}), "job"),
    ("nothing but signs of life", HELLO + line("alive") * 100000, ""),
    ("a setting that is a number", HELLO + start(settings={"output.type": 1}), "settings"),
    ("a setting that nobody knows", HELLO + start(settings={"x" * 100000: "x"}), "settings"),
    ("a survey before hello", line("survey", settings={}), "protocol"),
    ("a survey of an array", HELLO + line("survey", settings=[]), "protocol"),
    ("a survey of settings that nobody knows", HELLO + line("survey", settings={"x": "x"}), ""),
    ("a survey of a guest that is a path", HELLO + survey(name="../../etc/x"), ""),
    ("two hundred surveys", HELLO + survey() * 200, ""),
    ("no disks", HELLO + start(disks=[]), "protocol"),
    ("a disk that is a number", HELLO + start(disks=[1]), "protocol"),
    ("ten thousand disks", HELLO + start(disks=[disk()] * 5000), "protocol"),
    ("a disk without size", HELLO + start(disks=[disk(size=0)]), "protocol"),
    ("a disk of negative size", HELLO + start(disks=[disk(size=-1)]), "protocol"),
    ("a disk beyond all sizes", HELLO + start(disks=[disk(size=2**63 - 1)]), "protocol"),
    ("sectors of 3 bytes", HELLO + start(disks=[disk(logical_block_size=3)]), "protocol"),
    ("a name that is a path", HELLO + start(name="../../etc/x"), "protocol"),
    ("a name that is empty", HELLO + start(name=""), "protocol"),
    ("a name of 100000 letters", HELLO + start(name="x" * 100000), "protocol"),
    ("memory that is a text", HELLO + start(memory="1G"), "protocol"),
    ("a number of processors beyond reason", HELLO + start(vcpus=2**40), "protocol"),
    ("cards that are no objects", HELLO + start(nics=["x"]), "protocol"),
]


def test_before():
    for name, data, code in BEFORE:
        status, output, complaint, kib = run(["session"], data, 20)
        lines = output.splitlines()
        try:
            last = json.loads(lines[-1]) if lines else {}
        except ValueError:
            last = {}
        said = last.get("code", "") if last.get("type") == "error" else ""
        # 75: the client is taken for lost and may open another channel
        good = status in (0, 256, 75 << 8) and note("session", kib) and (code is None or said == code)
        check(f"session: {name}", good, status, output[-300:], complaint, f"{kib} KiB")
    jobs = STATE + "/jobs"
    check("no job was made by any of them", not os.path.exists(jobs) or not os.listdir(jobs))
    check("nor anything in the target", not os.listdir(OUT))


def directory(job):
    return f"{STATE}/jobs/{job}"


def state(job):
    with open(directory(job) + "/state.json") as f:
        return json.load(f)


def processes(job):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if b"P2V_JOB=" + job.encode() in f.read().split(b"\0"):
                    found.append(pid)
        except OSError:
            pass
    return found


def is_clean(job):
    wait_for(lambda: not processes(job))
    left = set(os.listdir(directory(job))) - RECORD, processes(job), os.listdir(OUT)
    return left == (set(), [], []), left


def records(n, size=28):
    return base64.b64encode(bytes(n * size)).decode()


# name, what the client sends to a job, the code it ends with ("cancelled": it went
# on, and we ended it)
DURING = [
    ("noise", NOISE[:1000] + b"\n", None),
    ("a line that never ends", (b"x" * 65536 for _ in range(1024)), None),
    ("no message", b"Welcome\n", "protocol"),
    ("hello again", HELLO, "protocol"),
    ("start again", start(), "protocol"),
    ("digests of a disk that is not there", line("digests", disk=99, records=records(1)), "protocol"),
    ("digests of a negative disk", line("digests", disk=-1, records=records(1)), "protocol"),
    ("digests of a disk beyond all numbers", line("digests", disk=2**32, records=records(1)), "protocol"),
    ("digests that are no base64", line("digests", disk=0, records="????"), "protocol"),
    ("half a digest", line("digests", disk=0, records=records(1, 27)), "protocol"),
    ("too many digests", line("digests", disk=0, records=records(4097)), "protocol"),
    ("no digests", line("digests", disk=0, records=""), "protocol"),
    ("digests that are an object", line("digests", disk=0, records={}), "protocol"),
    ("half a million answers that nobody wanted",
     (line("answer", id=i, data={"x": "y" * 100}) * 1000 for i in range(200)), "cancelled"),
    ("large answers that nobody wanted",
     (line("answer", id=0, data={"x": "y" * 1000000}) for i in range(50)), "cancelled"),
    ("ten thousand empty lines", b"\n" * 10000, "protocol"),
]


def test_during():
    for name, data, code in DURING:
        session = Session(SERVER)
        session.start(OUT)
        session.take("phase", phase="overlay")
        pid = state(session.job)["pid"]
        feed(session.process.stdin, data)
        if code == "cancelled":
            feed(session.process.stdin, line("cancel"))
        if code is None:  # the session may end by itself: then the job waits
            wait_for(lambda: session.process.poll() is not None or
                     state(session.job)["status"] in ("failed", "waiting"))
        finished = session.take("finished", timeout=20) if code else None
        job_kib, session_kib = peak_kib(pid), peak_kib(session.process.pid)
        good = note("job", job_kib) and note("session", session_kib)
        if code:
            good = good and finished and finished["error"]["code"] == code
            session.end()
        else:
            try:
                session.lose()
            except OSError:
                pass
            subprocess.run([SERVER, "cancel", session.job], capture_output=True)
        clean, left = is_clean(session.job)
        check(f"job: {name}", good and clean, finished, left, f"{job_kib} KiB")


# ---- data channels ----
def frame(kind, payload, original=None):
    return kind + b"\0" + struct.pack(">II", len(payload), len(payload) if original is None else original) + payload


def zstd_zeros(n):
    """What zstd makes of N zeroes."""
    return subprocess.run(["zstd", "-1", "-q", "-c", "--no-check"], input=bytes(n), capture_output=True,
                          check=True).stdout


BOMB = frame(b"Z", zstd_zeros(262144), 262144)
# name, bytes, words of its complaint (None: any end)
CHANNEL = [
    ("noise", NOISE, "not a frame"),
    ("an unknown kind", frame(b"X", b"x"), "unknown kind"),
    ("an empty frame", frame(b"P", b""), "out of range"),
    ("a frame of four gigabytes", b"P\0" + b"\xff" * 8 + NOISE, "out of range"),
    ("two lengths", b"P\0" + struct.pack(">II", 3, 4) + b"abc", "differ"),
    ("compressed noise", frame(b"Z", NOISE[:1000], 2000), "unpack"),
    ("compressed data of another size", frame(b"Z", zstd_zeros(5000), 4999), "unpack"),
    ("an end with a length", b"E\0" + struct.pack(">II", 1, 1), "an end or a sign of life with a length"),
    ("bytes after the end", b"E\0" + bytes(8) + b"x", "after the end"),
    ("half a header", b"P\0\0", "broke"),
    ("half a frame", frame(b"P", b"x" * 100)[:50], "broke"),
    ("noise as NBD", frame(b"P", NOISE[:65536]), None),
    ("gigabytes of zeroes, packed", (BOMB * 1000 for _ in range(20)), None),
]


def test_channels():
    session = Session(SERVER)
    session.start(OUT)
    session.take("phase", phase="overlay")
    job = session.job
    wait_for(lambda: os.path.exists(directory(job) + "/d0.ctl"))
    broker = next(p for p in processes(job) if "nbdkit" in open(f"/proc/{p}/comm").read())
    for name, data, words in CHANNEL:
        status, _, complaint, kib = run(["data", job, "0"], data, 30)
        # 75: the client is taken for lost and may open another channel
        good = status in (0, 256, 75 << 8) and note("data", kib) and note("broker", peak_kib(broker))
        check(f"data channel: {name}", good and (words is None or words in complaint.decode()), status,
              complaint, f"{kib} KiB")
    for number in ("1", "255", "256", "-1", "0x0", "", "9" * 1000):
        status, _, complaint, _ = run(["data", job, number], b"", 2)
        if number in ("1", "255"):  # a disk whose broker never comes: waits with its job
            check(f"data channel {number}: waits", status is None or status == 0, status, complaint)
        else:
            check(f"data channel \"{number[:9]}\": refused", status == 256 and b"number of a disk" in complaint, complaint)
    check("the job is as it was", state(job)["status"] == "running" and os.path.exists(f"/proc/{broker}"),
          state(job))
    began = time.monotonic()
    session.send({"type": "cancel"})
    check("and is cancelled at once", session.take("finished")["result"] == "cancelled" and
          time.monotonic() - began < 10)
    session.end()
    check("nothing is left", *is_clean(job))


def test_silence():
    """Beside the others, for it takes a minute."""
    result = {}

    def wait(name, data):
        began = time.monotonic()
        status, output, _, _ = run(["session"], data, 100, close=False)
        result[name] = status, output[-200:], time.monotonic() - began
    threads = [threading.Thread(target=wait, args=case) for case in
               (("no hello", b""), ("half a hello", HELLO[:10]), ("no start", HELLO))]
    for thread in threads:
        thread.start()
    return threads, result


threads, silent = test_silence()
for test in (test_before, test_during, test_channels):
    test()
for thread in threads:
    thread.join()
for name, (status, output, seconds) in silent.items():
    check(f"{name}: the session ends after a minute", status == 256 and b"nothing for 60 seconds" in output and
          seconds < 75, status, output, seconds)
finish()
