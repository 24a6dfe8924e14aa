# SPDX-License-Identifier: GPL-2.0-or-later
"""Jobs of p2v-server without a physical machine: they wait in phase overlay for
its disks, or, with a blank disk connected, are ended while the appliance starts."""

import base64
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, "tests/lib")
from p2vclient import Data, Session  # noqa: E402

WORK = os.environ["TMPDIR"]
STATE, OUT = WORK + "/state", WORK + "/out"
SERVER = os.path.abspath(os.environ["BUILD"]) + "/bin/p2v-server"
RECORD = {"job.json", "state.json", "log", "lock", "report.json", "report.txt", "finished.json"}
SIZE = 64 << 20
os.environ["P2V_STATE_DIR"] = STATE
os.mkdir(OUT)
count = failed = 0


def check(name, good, *details):
    global count, failed
    count += 1
    print("ok" if good else "not ok", count, "-", name)
    if not good:
        failed += 1
        for detail in details:
            print("#", str(detail).replace("\n", "\n# "))
    sys.stdout.flush()


def run(*words):
    return subprocess.run([SERVER, *words], capture_output=True, text=True)


def fails(name, command, words, status=1):
    done = run(*command)
    check(name, done.returncode == status and words in done.stderr, done.returncode, done.stderr)


def directory(job):
    return f"{STATE}/jobs/{job}"


def state(job):
    return next(s for s in json.loads(run("list", "--json").stdout) if s["id"] == job)


def wait_for(test, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return True
        time.sleep(0.05)
    return False


def processes(job):
    """All processes of a job, by the variable they inherit."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if b"P2V_JOB=" + job.encode() in f.read().split(b"\0"):
                    with open(f"/proc/{pid}/cmdline", "rb") as c:
                        found.append((pid, c.read().replace(b"\0", b" ")))
        except OSError:
            pass
    return found


def is_clean(job, status):
    """Ended with STATUS, and nothing is left but the record."""
    wait_for(lambda: not processes(job), 15)
    left = [set(os.listdir(directory(job))) - RECORD, processes(job), os.listdir(OUT),
            state(job)["status"]]
    return left == [set(), [], [], status], left


def requests(job):
    """Reads that the broker has sent."""
    broker = socket.socket(socket.AF_UNIX)
    broker.connect(directory(job) + "/d0.ctl")
    broker.sendall(b"stats\n")
    return int(dict(p.split("=") for p in broker.recv(1000).decode().split())["requests"])


def in_overlay(session, **kwargs):
    session.start(OUT, **kwargs)
    session.take("phase", phase="overlay")
    return session.job


def test_handshake():
    session = Session(SERVER, hello=False)
    check("the server's hello", session.hello["protocol"] == 1 and
          session.hello["targets"][0] == "local" and session.hello["digest"] == "xxh3-128",
          session.hello)
    session.send({"type": "hello", "protocol": 7, "version": "9"})
    error = session.take("error")
    check("another protocol is refused", error["code"] == "version" and "7" in error["problem"],
          error)
    check("with status 1", session.process.wait(10) == 1)
    session = Session(SERVER, hello=False)
    session.write(b"Welcome to conv.example\n")
    check("what is no message is refused", session.take("error")["code"] == "protocol")
    session = Session(SERVER)
    session.send({"type": "bye"})
    check("a client that leaves at once", session.process.wait(10) == 0)
    session = Session(SERVER)
    check("unknown settings are refused",
          session.start(OUT, settings={"output.colour": "x"})["code"] == "settings")
    session = Session(SERVER)
    check("unknown kinds of target are refused",
          session.start(OUT, settings={"output.type": "x"})["code"] == "target")
    session = Session(SERVER)
    check("a bad machine is refused", session.start(OUT, name="../x")["code"] == "protocol")
    check("no job was made", not os.path.exists(STATE + "/jobs") or not os.listdir(STATE + "/jobs"))


def restricted(command):
    return subprocess.run([SERVER, "restricted"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL,
                          env={**os.environ, "SSH_ORIGINAL_COMMAND": command})


def test_restricted():
    done = restricted("p2v-server session")
    check("a restricted key may convert", json.loads(done.stdout)["type"] == "hello", done)
    done = restricted("p2v-server data aaaaaaaa 0")
    check("and open data channels", 'no job "aaaaaaaa"' in done.stderr, done)
    for command in ("p2v-server list", "p2v-server session; id", "id", ""):
        done = restricted(command)
        check(f'but not run "{command}"', done.returncode == 1 and not done.stdout, done)


def test_commands():
    fails("an unknown command", ["nonsense"], "nonsense", 2)
    fails("a command without its job", ["show"], "Usage", 2)
    for command in ("show", "log", "cancel", "clean"):
        fails(f"{command}: a wrong id", [command, "aaaaaaaa"], 'no job "aaaaaaaa"')
    fails("an id that is a path", ["show", "../jobs"], "no job")
    fails("data of a wrong job", ["data", "aaaaaaaa", "0"], "no job")
    check("no jobs", "no jobs" in run("list").stdout)
    session = Session(SERVER)
    job = in_overlay(session, name="web-01")
    lines = run("list").stdout
    check("list", job in lines and "web-01" in lines and "overlay" in lines and "running" in lines,
          lines)
    shown = run("show", job).stdout
    check("show", "web-01" in shown and "/dev/sda, 64.0" in shown, shown)
    log = run("log", job).stdout
    check("log", "phase overlay" in log, log)
    mode = os.stat(directory(job)).st_mode & 0o777
    check("the directory is its owner's alone", mode == 0o700, oct(mode))
    fails("clean refuses a job that runs", ["clean", job], "has not ended")
    fails("data of a wrong disk", ["data", job, "x"], "number of a disk")
    second = socket.socket(socket.AF_UNIX)
    second.connect(directory(job) + "/ctl.sock")
    second.sendall(b"attach 0123456789abcdef0123456789abcdef\n")
    check("another client is refused", second.recv(100) == b"refused\n")
    third = Session(SERVER)
    check("also by the session", third.attach(job)["code"] == "job")
    check("the job's instance is not shown", session.instance not in shown + log)
    follow = subprocess.Popen([SERVER, "log", "-f", job], stdout=subprocess.PIPE, text=True)
    session.send({"type": "cancel"})
    finished = session.take("finished")
    check("cancelled by the client", finished["result"] == "cancelled" and
          finished["error"]["code"] == "cancelled", finished)
    check("the session ends well", session.end() == 0)
    check("log -f ends with the job", "cancelled" in follow.communicate(timeout=20)[0])
    check("nothing is left", *is_clean(job, "cancelled"))
    fails("cancel of a job that has ended", ["cancel", job], "has ended already")
    check("show after the end", "report" not in run("show", job).stderr and
          "cancelled" in run("show", job).stdout)
    check("clean", run("clean", job).returncode == 0 and not os.path.exists(directory(job)))


def test_lost():
    session = Session(SERVER)
    job = in_overlay(session)
    session.lose()
    check("a lost client leaves a job that waits",
          wait_for(lambda: state(job)["status"] == "waiting"), state(job))
    check("list says so", "connection to the client is lost" in run("list").stdout)
    done = run("cancel", job)
    check("cancel ends it", done.returncode == 0 and "cancelled" in done.stdout, done)
    check("nothing is left of it", *is_clean(job, "cancelled"))
    fails("clean wants a job", ["clean"], "Usage", 2)
    check("clean --all", run("clean", "--all").returncode == 0 and not os.listdir(STATE + "/jobs"))


def back(session, job, **kwargs):
    """The client of SESSION comes back on a new link."""
    again = Session(SERVER, instance=session.instance, **kwargs)
    again.attach(job)
    return again


def records(first, count):
    """Digest records of pages."""
    return b"".join(struct.pack("<QI16s", (first + i) * 4096, 4096, bytes(16)) for i in range(count))


def send_digests(session, first, count):
    text = base64.b64encode(records(first, count)).decode()
    session.send({"type": "digests", "disk": 0, "records": text})


def test_back():
    session = Session(SERVER)
    job = in_overlay(session)
    send_digests(session, 0, 3)
    check("the job says what digests it has taken", session.take("taken", records=3) is not None)
    send_digests(session, 3, 2)
    session.take("taken", records=5)
    session.lose()
    check("a lost client", wait_for(lambda: state(job)["status"] == "waiting"), state(job))
    again = back(session, job)
    check("may come back", again.job == job)
    check("hears what was taken", again.take("taken")["records"] == 5)
    check("and the phase", again.take("phase")["phase"] == "overlay")
    check("then the job runs", wait_for(lambda: state(job)["status"] == "running"), state(job))
    send_digests(again, 5, 1)
    check("and goes on taking", again.take("taken", records=6) is not None)
    with open(directory(job) + "/d0.digests", "rb") as f:
        check("each record once", f.read() == records(0, 6))
    third = back(session, job)
    check("who comes back displaces a link that is dead unnoticed", third.job == job)
    check("the old session ends", again.process.wait(20) == 0)
    check("and the job runs", third.take("phase")["phase"] == "overlay" and
          wait_for(lambda: state(job)["status"] == "running"), state(job))
    third.lose()
    run("cancel", job)
    last = back(session, job)
    check("a result that the client missed is delivered later",
          last.job == job and last.take("finished")["result"] == "cancelled")
    check("by a session that ends then", last.end() == 0)
    run("clean", job)
    check("a job that is gone is not found", back(session, job).job is None)


def test_start_again():
    session = Session(SERVER)
    job = in_overlay(session)
    session.lose()
    again = Session(SERVER, instance=session.instance)
    check("who did not hear the answer to start asks again", again.start(OUT)["job"] == job)
    check("and makes no second job", os.listdir(STATE + "/jobs") == [job])
    os.kill(state(job)["pid"], signal.SIGKILL)
    again.process.wait(20)
    wait_for(lambda: state(job)["status"] == "dead")
    dead = state(job)["pid"]
    back = Session(SERVER, instance=session.instance)
    check("a job whose process died is given a new one for its client",
          back.attach(job).get("job") == job and state(job)["pid"] != dead, state(job))
    for _ in range(4):
        os.kill(state(job)["pid"], signal.SIGKILL)
        back.process.wait(20)
        back = Session(SERVER, instance=session.instance)
        back.attach(job)
    os.kill(state(job)["pid"], signal.SIGKILL)
    back.process.wait(20)
    error = Session(SERVER, instance=session.instance).attach(job)
    check("but not for ever", error.get("code") == "job" and "died 5 times" in error["problem"], error)
    done = run("resume", job)
    check("resume tries once more", done.returncode == 0 and state(job)["status"] == "waiting", done)
    check("without a client, too", wait_for(lambda: state(job)["phase"] == "overlay"), state(job))
    fails("who works is not resumed", ["resume", job], "need not be resumed")
    fails("an unknown option is not taken", ["resume", "--badblocks=one", job], "Usage", 2)
    run("cancel", job)
    fails("nor is who has ended", ["resume", job], "has ended")
    run("clean", job)


def test_silence():
    """What the network drops without a word."""
    path = WORK + "/quiet.sock"
    nbdkit = subprocess.Popen(["nbdkit", "--foreground", "--readonly", "--unix", path, "memory",
                               str(SIZE)])
    wait_for(lambda: os.path.exists(path))
    session = Session(SERVER, mute=True)
    start = time.monotonic()
    session.start(OUT, size=SIZE)
    channel = Data(SERVER, session.job, 0, path, mute=True)
    session.take("phase", phase="inspect")
    nbdkit.send_signal(signal.SIGSTOP)
    check("a mute client is lost", session.process.wait(60) == 0)
    seconds = time.monotonic() - start
    check("after half a minute", 29 < seconds < 45, seconds)
    check("its job waits", wait_for(lambda: state(session.job)["status"] == "waiting"))
    check("a mute channel ends as lost, so that another may take over", channel.wait(60) == 75)
    run("cancel", session.job)
    check("also then nothing is left", *is_clean(session.job, "cancelled"))
    nbdkit.kill()
    nbdkit.wait()


def test_signals():
    session = Session(SERVER)
    job = in_overlay(session)
    os.kill(state(job)["pid"], signal.SIGTERM)
    check("SIGTERM ends the process", wait_for(lambda: not processes(job)), processes(job))
    check("but not the job", state(job)["status"] == "stopped" and
          "shuts down" in state(job)["message"], state(job))
    session.process.wait(20)
    back = Session(SERVER, instance=session.instance)
    check("which goes on when its client comes back", back.attach(job).get("job") == job and
          wait_for(lambda: state(job)["status"] == "running"), state(job))
    os.kill(state(job)["pid"], signal.SIGTERM)
    back.process.wait(20)
    check("what was stopped so is cancelled, too", run("cancel", job).returncode == 0)
    check("and leaves nothing", *is_clean(job, "cancelled"))

    session = Session(SERVER)
    job = in_overlay(session, name="dead")
    check("the target is reserved", os.listdir(OUT) == [".dead.p2v-lock"], os.listdir(OUT))
    os.kill(state(job)["pid"], signal.SIGKILL)
    check("the session ends with its job", session.process.wait(20) == 0)
    check("list says that the process is dead", wait_for(lambda: state(job)["status"] == "dead"))
    fails("clean does not take a dead job", ["clean", job], "has not ended")
    done = run("cancel", job)
    check("cancel cleans up for it", done.returncode == 0, done)
    check("nothing is left of the dead", *is_clean(job, "cancelled"))


def test_two():
    first, second, third = Session(SERVER), Session(SERVER), Session(SERVER)
    one, two = in_overlay(first, name="one"), in_overlay(second, name="two")
    third.start(OUT, name="one")
    finished = third.take("finished")
    check("the same target twice is refused", finished["result"] == "failed" and
          finished["error"]["code"] == "target", finished)
    third.end()
    check("the others go on", state(one)["status"] == state(two)["status"] == "running")
    run("cancel", one)
    check("one is cancelled", first.take("finished")["result"] == "cancelled")
    first.end()
    check("the other goes on", state(two)["status"] == "running" and len(processes(two)) >= 2)
    check("with its reservation", os.listdir(OUT) == [".two.p2v-lock"], os.listdir(OUT))
    run("cancel", two)
    second.end()
    check("both are gone", *is_clean(two, "cancelled"))


def test_failures():
    session = Session(SERVER)
    session.start(WORK + "/missing")
    error = session.take("finished")["error"]
    check("a missing target fails the job", error["code"] == "target" and
          "missing" in error["problem"] and error["remedy"], error)
    session.end()
    check("and leaves nothing of it", *is_clean(session.job, "failed"))
    check("its state has the words", state(session.job)["message"] == error["problem"])
    session = Session(SERVER)
    job = in_overlay(session)
    session.send({"type": "hello", "protocol": 1, "version": "again"})
    finished = session.take("finished")
    check("a message out of place fails the job", finished["error"]["code"] == "protocol", finished)
    session.end()
    check("and leaves nothing behind", *is_clean(job, "failed"))


def test_data():
    path = WORK + "/disk.sock"
    nbdkit = subprocess.Popen(["nbdkit", "--foreground", "--readonly", "--unix", path, "memory",
                               str(SIZE)])
    wait_for(lambda: os.path.exists(path))
    session = Session(SERVER)
    session.start(OUT, size=SIZE + 512)
    channel = Data(SERVER, session.job, 0, path)
    error = session.take("finished")["error"]
    check("a disk of another size fails the job", error["code"] == "disk" and
          str(SIZE) in error["problem"], error)
    check("its channel ends as one that may be opened again", channel.wait() == 75)
    session.end()

    session = Session(SERVER)
    session.start(OUT, size=SIZE)
    channels = [Data(SERVER, session.job, 0, path) for _ in range(2)]
    began = session.take("phase", phase="inspect")
    check("with its disk connected a job goes on", began is not None)
    wait_for(lambda: any(b"qemu" in line for _, line in processes(session.job)), 60)
    start = time.monotonic()
    session.send({"type": "cancel"})
    finished = session.take("finished")
    seconds = time.monotonic() - start
    check("it is cancelled while the appliance starts", finished["result"] == "cancelled", finished)
    check("in time", seconds < 20, seconds)
    check("all channels end", [c.wait() for c in channels] == [75, 75])
    session.end()
    check("no process or file is left", *is_clean(session.job, "cancelled"))
    nbdkit.terminate()
    nbdkit.wait()


def test_pending():
    path = WORK + "/stalled.sock"
    nbdkit = subprocess.Popen(["nbdkit", "--foreground", "--readonly", "--unix", path, "memory",
                               str(SIZE)])
    wait_for(lambda: os.path.exists(path))
    session = Session(SERVER)
    session.start(OUT, size=SIZE)
    channel = Data(SERVER, session.job, 0, path)
    session.take("phase", phase="inspect")
    nbdkit.send_signal(signal.SIGSTOP)
    check("the appliance waits for a read", wait_for(lambda: requests(session.job) > 0, 150))
    channel.process.kill()
    session.lose()
    check("a job with a pending read waits for its client",
          wait_for(lambda: state(session.job)["status"] == "waiting"))
    start = time.monotonic()
    done = run("cancel", session.job)
    seconds = time.monotonic() - start
    check("it is cancelled", done.returncode == 0 and "cancelled" in done.stdout, done)
    check("soon", seconds < 20, seconds)
    check("also then nothing is left", *is_clean(session.job, "cancelled"))
    nbdkit.kill()
    nbdkit.wait()


for test in (test_handshake, test_restricted, test_commands, test_lost, test_back, test_start_again,
             test_signals, test_two, test_failures, test_silence, test_data, test_pending):
    test()
print(f"1..{count}")
sys.exit(1 if failed else 0)
