# SPDX-License-Identifier: GPL-2.0-or-later
"""For tests with hostile peers: TAP, bytes for programs, and the most memory that they had."""

import json
import os
import random
import subprocess
import sys
import threading
import time

WORK = os.environ["TMPDIR"]
BUILD = os.path.abspath(os.environ["BUILD"])
SERVER = BUILD + "/bin/p2v-server"
SANITIZED = os.environ.get("SAN") == "1"
# Sanitizers keep freed memory.
MOST_KIB = (1024 if SANITIZED else 160) * 1024
NOISE = random.Random(1).randbytes(1 << 20)
count = failed = 0
largest = {}


def check(name, good, *details):
    global count, failed
    count += 1
    print("ok" if good else "not ok", count, "-", name)
    if not good:
        failed += 1
        for detail in details:
            print("#", str(detail)[:2000].replace("\n", "\n# "))
    sys.stdout.flush()


def line(kind, **members):
    return json.dumps({"type": kind, **members}).encode() + b"\n"


def peak_kib(pid):
    """The most memory that a process ever had, 0 when it is gone."""
    try:
        for entry in open(f"/proc/{pid}/status"):
            if entry.startswith("VmHWM:"):
                return int(entry.split()[1])
    except (OSError, ProcessLookupError):
        pass
    return 0


def feed(stream, data):
    """Writes bytes, or what an iterator yields, until nobody reads any more."""
    try:
        for part in [data] if isinstance(data, bytes) else data:
            stream.write(part)
        stream.flush()
    except (OSError, ValueError):
        pass


def run(words, data, limit, close=True):
    """The program with DATA on its standard input: status (None: killed by us after
    LIMIT seconds), output, complaint, most memory in KiB.  With CLOSE its input
    ends after DATA."""
    process = subprocess.Popen([SERVER, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    output = {}

    def writer():
        feed(process.stdin, data)
        if close:
            try:
                process.stdin.close()
            except OSError:
                pass

    def reader(name, stream):
        output[name] = stream.read()

    threads = [threading.Thread(target=writer, daemon=True)]
    threads += [threading.Thread(target=reader, args=(n, s), daemon=True)
                for n, s in (("out", process.stdout), ("err", process.stderr))]
    for thread in threads:
        thread.start()
    # wait4 is the only one that tells the most memory of a process that has ended.
    end = time.monotonic() + limit
    status = usage = None
    while time.monotonic() < end:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        status = None
        time.sleep(0.02)
    if status is None:
        process.kill()
        _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    for thread in threads[1:]:
        thread.join(10)
    return status, output.get("out", b""), output.get("err", b""), usage.ru_maxrss


def note(what, kib):
    largest[what] = max(largest.get(what, 0), kib)
    return kib < MOST_KIB


def wait_for(test, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.05)
    return False


def finish():
    """The end of a test: its exit status."""
    print("# most memory:", ", ".join(f"{name} {kib // 1024} MiB" for name, kib in sorted(largest.items())))
    print(f"1..{count}")
    sys.exit(1 if failed else 0)
