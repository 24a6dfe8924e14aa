# SPDX-License-Identifier: GPL-2.0-or-later
"""The dialog in text on the serial line of the booted image: an iSCSI disk is added, with
what goes wrong before, and the machine converted.  See iscsi-job.sh."""
import os, sys
sys.path.insert (0, "tests/lib")
from textdialog import *

RUN, OUT, PORT, PASSWORD, USER = (os.environ[n] for n in ("RUN", "OUT", "PORT", "PASSWORD", "SSHD_USER"))
PORTAL = "192.168.77.2:" + os.environ["TARGET_PORT"]
tap = Tap ()
d = SerialDialog (RUN + "/serial.sock")


def begin ():
    d.see ("press Enter on the console", 400)
    d.settle (3)
    d.key (ENTER)
    d.see ("Deutsch", 60)
    d.settle (1)
    d.press ("OK")
    d.see ("Which conversion server", 60)
    d.settle (1)
    for field, value in (("Host", "192.168.77.2"), ("Port", PORT), ("User name", USER), ("Password", PASSWORD)):
        d.enter (field, value)
    d.press ("Test connection")
    d.see ("Is this the right conversion server", 60)
    d.press ("Yes, the fingerprint")
    d.see ("Connected as", 60)
    d.press ("Next")
    d.see ("What becomes a virtual machine", 120)
    d.press ("Add an iSCSI disk")
    d.see ("Add an iSCSI disk", 60)
    d.settle (1)


def fails (says):
    d.press ("Connect")
    d.see (says, 90)
    d.settle (1)


def no_portal ():
    d.enter ("Portal", "192.168.77.2:1")
    fails ("No iSCSI target answers at 192.168.77.2:1")


def other_name ():
    """The target is for another initiator only."""
    d.enter ("Portal", PORTAL)
    fails ("has no target for this machine")


def no_password ():
    d.enter ("Initiator name", "iqn.2001-04.com.example:web-01")
    fails ("and this machine do not")


def wrong_password ():
    d.enter ("User .CHAP.", "me")
    d.enter ("Password", "hunter2wrong12")
    fails ("and this machine do not")


def wrong_target_password ():
    d.enter ("Password", "hunter2hunter2")
    d.enter ("Target's user", "it")
    d.enter ("Target's password", "hunter2wrong12")
    fails ("login to this target")


def added ():
    d.enter ("Target's password", "hunter2other12")
    d.press ("Connect")
    d.see ("What becomes a virtual machine", 120)
    d.settle (1)


def told ():
    """Tab scrolls the page."""
    d.focus (lambda: "volume group (LVM)" in d.words ())
    d.focus (lambda: "Disks whose RAID or volume group is shared belong together." in d.words ())


def converted ():
    d.enter ("Name", "san-01")
    d.press ("Next")
    d.see ("Where does it go")
    d.enter ("Where", OUT)
    d.press ("Next")
    d.see ("The target can be used", 120)
    d.focus (lambda: "Disk nvme0n1 says of itself that it is failing (SMART)." in d.words ())
    d.see ("I have read the warnings")
    d.choose ("I have read the warnings")
    d.press ("Start")
    d.see ("Converting")
    d.see ("The virtual machine .san-01. is made", 1500)
    for secret in (PASSWORD, "hunter2"):
        if secret.encode () in d.sent:
            raise Missing (f"{secret} was shown")
    d.press ("Power off")


for name, case in (("to the page of the machine, and Add an iSCSI disk", begin),
                   ("a port where nobody is", no_portal),
                   ("a portal that has nothing for this initiator name", other_name),
                   ("a target that wants a password", no_password),
                   ("the wrong one", wrong_password),
                   ("a target that cannot prove itself", wrong_target_password),
                   ("the right ones: the disks are read again", added),
                   ("two of the disks are a volume group's, which belong together", told),
                   ("a failing disk is told; the conversion, and off", converted)):
    tap.case (name, case)
    if tap.bad:
        break
d.kill ()
tap.end ()
