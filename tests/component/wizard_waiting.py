# SPDX-License-Identifier: GPL-2.0-or-later
"""A job of this machine waits on the conversion server: see wizard-waiting.sh."""
import os, re, sys, time
sys.path.insert (0, "tests/lib")
import layout
from wizard import Atspi, Heartbeat, Missing, ROLE, Tap, Wizard

WORK, JOB, PASSWORD = (os.environ[n] for n in ("WORK", "JOB", "PASSWORD"))
JOBS = os.environ["P2V_STATE_DIR"] + "/jobs"
# What lists devices, waits for the disk, or writes the server's log down, stands still while it is there.
HOLD = os.environ["HOLD"]
HELD = {"LD_PRELOAD": os.environ["BUILD"] + "/tests/hold-calls.so",
        "ASAN_OPTIONS": os.environ.get ("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
tap = Tap ()
w = None


def hold ():
    open (HOLD, "w", encoding="utf-8").close ()


def lives (waits):
    """The window does, while WAITS says that what is held has not gone on; then it does."""
    beat = Heartbeat (w.client.pid)
    w.wait (waits, "that it waits")
    time.sleep (2)
    if not waits ():
        raise Missing ("what is held waits")
    beat.end ()
    os.unlink (HOLD)


def cannot (button):
    node = w.find (button, ROLE.PUSH_BUTTON)
    return node and not node.get_state_set ().contains (Atspi.StateType.SENSITIVE)


def slow_sticks ():
    """As on the image: the search for a support file's stick, and for a key's."""
    global w
    w = Wizard (os.environ["CMDLINE"], WORK + "/client.log", "--consoles", **HELD)
    if w.find ("How is this machine connected\\?"):
        w.press ("^Next$")
    w.heading ("Which conversion server\\?")
    w.press ("Log in with a private key", ROLE.RADIO_BUTTON)
    hold ()
    w.press ("Choose a private key from a USB stick")
    w.heading ("A private key from a USB stick")
    lives (lambda: cannot ("^Look again$"))
    w.see ("There is no private key on a USB stick", ROLE.LABEL)
    w.press ("^Close$")
    hold ()
    w.key ("F8")
    w.heading ("Save a support file")
    lives (lambda: cannot ("^Look again$"))
    w.sensitive ("^Look again$")
    w.press ("^In a file$", ROLE.RADIO_BUTTON)
    w.enter ("File", WORK + "/support.txt")
    hold ()
    w.press ("^Save$")
    lives (lambda: cannot ("^Save$"))
    w.see ("^Saved as .*/support.txt")
    w.kill ()


def slow_disks ():
    """The window comes while it is still asked which drivers there are, and its disks are still
    being read when the person comes to their page."""
    global w
    hold ()
    to_machine (HELD)
    lives (lambda: w.find ("Looking at the disks and network cards", ROLE.LABEL))
    w.see ("^Name$", ROLE.TEXT)
    w.kill ()


def to_machine (environment, name="guest"):
    global w
    w = Wizard (os.environ["CMDLINE"].replace ("p2v.name=guest", "p2v.name=" + name), WORK + "/client.log", **environment)
    w.heading ("Which conversion server\\?")
    w.enter ("Password", PASSWORD)
    w.press ("^Test connection$")
    w.press ("^Next$", seconds=30)
    w.heading ("What becomes a virtual machine\\?")


def to_progress (name):
    to_machine ({}, name)
    w.press ("^Next$")
    w.heading ("Where does it go\\?")
    w.press ("^Next$")
    w.heading ("Ready\\?")
    w.press ("^I have read the warnings$", ROLE.CHECK_BOX, seconds=30) # no operating system
    w.press ("^Start conversion$", seconds=30)
    w.heading ("Converting")
    w.see (f"Job {JOB} of this machine", seconds=30)
    layout.picture ("waiting")
    if found := layout.troubles (w):
        raise Missing (str (found))


def jobs ():
    return sorted (os.listdir (JOBS))


def begin_anew ():
    to_progress ("other")
    w.press ("^Begin anew$")
    w.see ("Find the operating system: (running|done)", seconds=30)
    if len (jobs ()) != 2 or JOB not in jobs ():
        raise Missing (f"a second job: there are {jobs ()}")
    w.press ("^Cancel the conversion$")
    w.press ("^Cancel now$")
    w.heading ("Result", 60)
    w.see ("The conversion was cancelled")
    w.kill ()


def go_on ():
    to_progress ("guest")
    w.press ("^Go on with it$")
    w.see ("The virtual machine “guest” is made", seconds=60)


def support ():
    w.press ("Save a support file")
    w.heading ("Save a support file")
    hold ()
    w.press ("^Save$")
    lives (lambda: cannot ("^Save$"))
    w.see ("Saved on the conversion server as .*/support.txt", seconds=30)
    with open (f"{JOBS}/{JOB}/support.txt", encoding="utf-8") as file:
        text = file.read ()
    for wanted in ("p2v-client ", "Log of this system", "p2v-server ", f"Job +{JOB}", "Log of the job"):
        if not re.search (wanted, text):
            raise Missing (f"{wanted} in the support file")
    if PASSWORD in text:
        raise Missing ("no password in the support file")
    w.press ("^Close$") # the sheet
    w.heading ("Result")
    w.press ("^Close$")
    status = w.end ()
    if status != 0:
        raise Missing (f"exit status {status}")


for name, case in (("disks that are read slowly: the window lives", slow_disks),
                   ("so it does while sticks are looked for, and a file is saved", slow_sticks),
                   ("a new job is begun beside the one that waits", begin_anew),
                   ("the one that waits goes on to its end", go_on),
                   ("both sides' logs in one file on the conversion server; the window lives", support)):
    tap.case (name, case)
    if os.path.exists (HOLD):
        os.unlink (HOLD)
if w:
    w.kill ()
tap.end ()
