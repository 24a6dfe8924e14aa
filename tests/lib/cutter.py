# SPDX-License-Identifier: GPL-2.0-or-later
"""Breaks the link of a running job again and again, in every phase:

  cutter.py SSHD-PID STATE-DIR STALL-FILE SEED STALL-SECONDS PHASE=N…

N times in each PHASE it kills connections of the sshd or, once per job when STALL-SECONDS
is not 0, lets STALL-FILE exist for so long (slow-link.py then drops everything), each
time at a random moment, and waits until the job has gone on.  For kill:PHASE=N it kills the
job's process instead.  Says "ready" and waits for a job; ends with it.  Prints a line for each cut: phase, kind, seconds until the job ran
again, with tabs between them."""

import json
import os
import random
import signal
import sys
import time

sshd, state_dir, stall_file, seed, stall_seconds = sys.argv[1:6]
sshd, stall_seconds = int(sshd), float(stall_seconds)
wanted = {phase: int(n) for phase, n in (word.split("=") for word in sys.argv[6:])}
dice = random.Random(seed)
# Over before a random moment of theirs comes: the job is held still for the cut.
SHORT = {"preflight", "overlay", "plan", "verify", "finish"}
STALL_IN = dice.choice(["inspect", "convert", "copy"])
TICK = 0.002


def job():
    """State and directory of the job that runs; (None, None) without one."""
    jobs = os.path.join(state_dir, "jobs")
    for name in os.listdir(jobs) if os.path.isdir(jobs) else []:
        try:
            with open(f"{jobs}/{name}/state.json") as f:
                state = json.load(f)
        except (OSError, ValueError):
            continue
        if state["status"] in ("running", "waiting"):
            return state, f"{jobs}/{name}"
    return None, None


def children():
    """Of each process: its children."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                parent = int(f.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        found.setdefault(parent, []).append(int(pid))
    return found


def words(pid):
    try:
        with open(f"/proc/{pid}/cmdline") as f:
            return f.read().split("\0")
    except OSError:
        return []


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def kill_connections(kind):
    """Kills those that carry KIND (session, data or all), and waits until their programs
    have ended.  How many."""
    tree = children()
    ending, killed = [], 0
    for monitor in tree.get(sshd, []):
        for connection in tree.get(monitor, []):
            programs = [p for p in tree.get(connection, []) if "p2v-server" in words(p)[0:1]]
            if kind != "all" and not any(kind in words(p) for p in programs):
                continue
            try:
                os.kill(connection, signal.SIGKILL)
                killed += 1
            except OSError:
                continue
            ending += programs
    end = time.monotonic() + 10
    while any(map(alive, ending)) and time.monotonic() < end:
        time.sleep(TICK)
    return killed


def wait_for(test, seconds):
    end = time.monotonic() + seconds
    while not test() and time.monotonic() < end:
        time.sleep(TICK)
    return test()


def has_status(*statuses):
    state, _ = job()
    return state is None or state["status"] in statuses


def gone_on(began):
    """The job waits for its client, and runs again (or has ended)."""
    waited = wait_for(lambda: has_status("waiting"), 60)
    back = wait_for(lambda: has_status("running"), 180)
    return f"{time.monotonic() - began:.1f} s" if waited and back else "NOT BACK"


def still_in(phase):
    state, _ = job()
    return state is not None and state["phase"] == phase


def creep_into(phase, pid):
    """The phase is so short that the job's process, still before it, gets there in slices."""
    while (state := job()[0]) and state["phase"] == "":
        os.kill(pid, signal.SIGCONT)
        time.sleep(TICK)
        os.kill(pid, signal.SIGSTOP)


def cut_held(phase, pid):
    """A cut of everything while the job's process stands still in PHASE."""
    os.kill(pid, signal.SIGSTOP)
    try:
        creep_into(phase, pid)
        if not still_in(phase):
            return None
        # In the first moments of a job its client may still be about to connect.
        wait_for(lambda: kill_connections("all") > 0, 10)
    finally:
        os.kill(pid, signal.SIGCONT)
    # The next phase comes at once, and is to be cut while the client is away.
    return "all, held", "-" if phase == "preflight" else gone_on(time.monotonic())


def cut_stalled():
    began = time.monotonic()
    with open(stall_file, "w"):
        pass
    try:
        time.sleep(stall_seconds)
    finally:
        os.unlink(stall_file)
    return f"everything dropped for {stall_seconds:.0f} s", gone_on(began)


def cut_at_random(phase):
    wait_for(lambda: not still_in(phase), dice.uniform(0, 4))
    if not still_in(phase):
        return None
    kind = dice.choice(["session", "data", "all"])
    began = time.monotonic()
    if kill_connections(kind) == 0:
        return None
    return kind, gone_on(began) if kind != "data" else "-"


def kill(phase, pid):
    """The job's process, at a random moment of the phase; its client finds a new one."""
    if phase in SHORT:
        os.kill(pid, signal.SIGSTOP)
        if not still_in(phase):
            os.kill(pid, signal.SIGCONT)
            return None
    else:
        wait_for(lambda: not still_in(phase), dice.uniform(0, 4))
        if not still_in(phase):
            return None
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    back = wait_for(lambda: job()[0] is None or
                    (job()[0]["pid"] != pid and has_status("running")), 60)
    return "killed", f"{time.monotonic() - began:.1f} s" if back else "NOT BACK"


def cut(phase, pid):
    global stall_seconds
    if phase in SHORT:
        return cut_held(phase, pid)
    if phase == STALL_IN and stall_seconds:
        result = cut_stalled()
        stall_seconds = 0
        return result
    return cut_at_random(phase)


os.nice(-19)  # the moments of a busy machine are longer than the phases
print("ready", flush=True)
wait_for(lambda: job()[0], 60)
while True:
    now, directory = job()
    if now is None:
        break
    phase = now["phase"] or "preflight"
    if wanted.get("kill:" + phase, 0) > 0 and now["status"] == "running":
        done = kill(phase, now["pid"])
        if done:
            wanted["kill:" + phase] -= 1
            print(phase, *done, sep="\t", flush=True)
            continue
    if wanted.get(phase, 0) > 0 and (now["status"] == "running" or phase == "overlay"):
        done = cut(phase, now["pid"])
        if done:
            wanted[phase] -= 1
            print(phase, *done, sep="\t", flush=True)
    # The overlay does not change any more: for the comparison afterwards.
    if phase == "copy" and os.environ.get("KEEP_OVERLAY"):
        try:
            os.link(f"{directory}/d0.qcow2", os.environ["KEEP_OVERLAY"])
        except OSError:
            pass
    time.sleep(TICK)
