# SPDX-License-Identifier: GPL-2.0-or-later
"""A job of this machine waits on the conversion server: see wizard-waiting.sh."""
import os, re, sys
sys.path.insert (0, "tests/lib")
from wizard import Missing, ROLE, Tap, Wizard

WORK, JOB, PASSWORD = (os.environ[n] for n in ("WORK", "JOB", "PASSWORD"))
JOBS = os.environ["P2V_STATE_DIR"] + "/jobs"
tap = Tap ()
w = None


def to_progress (name):
    global w
    w = Wizard (os.environ["CMDLINE"].replace ("p2v.name=guest", "p2v.name=" + name), WORK + "/client.log")
    w.heading ("Which conversion server\\?")
    w.enter ("Password", PASSWORD)
    w.press ("^Test connection$")
    w.press ("^Next$", seconds=30)
    w.heading ("What becomes a virtual machine\\?")
    w.press ("^Next$")
    w.heading ("Where does it go\\?")
    w.press ("^Next$")
    w.heading ("Ready\\?")
    w.press ("^I have read the warnings$", ROLE.CHECK_BOX, seconds=30) # no operating system
    w.press ("^Start conversion$", seconds=30)
    w.heading ("Converting")
    w.see (f"Job {JOB} of this machine", seconds=30)


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
    w.press ("^Save$")
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


for name, case in (("a new job is begun beside the one that waits", begin_anew),
                   ("the one that waits goes on to its end", go_on),
                   ("both sides' logs in one file on the conversion server", support)):
    tap.case (name, case)
if w:
    w.kill ()
tap.end ()
