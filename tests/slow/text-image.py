# SPDX-License-Identifier: GPL-2.0-or-later
"""The dialog in text on the serial line of the booted image.  See text-image.sh."""
import os, sys
sys.path.insert (0, "tests/lib")
from textdialog import *

CARDS = "52:54:00:00:00:21", "52:54:00:00:00:22"
RUN, OUT, PORT, PASSWORD, USER = (os.environ[n] for n in ("RUN", "OUT", "PORT", "PASSWORD", "SSHD_USER"))
tap = Tap ()
d = SerialDialog (RUN + "/serial.sock")


def take_over ():
    d.see ("Enter here: the same in text", 300)
    d.settle (3)
    d.key (ENTER)
    d.see ("Deutsch", 60)
    d.settle (1)
    d.press ("OK")


def bond ():
    """Of two cards that nobody else uses; the machine's own address stays."""
    d.see ("Which conversion server", 60)
    d.settle (1)
    d.press ("Back")
    d.see ("How is this machine connected")
    d.choose ("Several cards together")
    d.choose ("Fixed address")
    d.enter ("Address", "192.0.2.9/24")
    d.enter ("VLAN", "7")
    d.press ("Set the network")
    d.see ("Sharing of the work")
    for card in CARDS:
        d.choose (card)
    d.choose ("balance-xor")
    d.press ("Set the network")
    for card in CARDS:
        d.see (card + " 1000 Mbit/s 192.0.2.9", 60)
    d.see ("This machine has an address")
    d.press ("Next")


def connect ():
    d.see ("Which conversion server", 60)
    d.settle (1)
    d.enter ("Host", "192.168.77.2")
    d.enter ("Port", PORT)
    d.enter ("User name", USER)
    d.enter ("Password", PASSWORD)
    d.press ("Test connection")
    d.see ("Is this the right conversion server", 60)
    d.press ("Yes, the fingerprint")
    d.see ("Connected as", 60)
    d.press ("Next")


def choose ():
    d.see ("What becomes a virtual machine", 60)
    d.enter ("Name", "serial-01")
    d.press ("Next")
    d.see ("Where does it go")
    d.enter ("Where", OUT)
    d.press ("Next")
    # The disk has files, but no operating system.
    d.see ("I have read the warnings", 60)
    d.choose ("I have read the warnings")
    d.press ("Start")


def convert ():
    d.see ("Converting")
    d.see ("The virtual machine .serial-01. is made", 600)
    if PASSWORD.encode () in d.sent:
        raise Missing ("the password was shown")
    d.press ("Power off")


for name, case in (("Enter on the serial line takes the wizard's place", take_over),
                   ("a VLAN on a bond", bond), ("the connection", connect), ("machine, target, check", choose),
                   ("the conversion, and off", convert)):
    tap.case (name, case)
    if tap.bad:
        break
d.kill ()
tap.end ()
