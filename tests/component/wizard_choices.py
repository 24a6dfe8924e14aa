# SPDX-License-Identifier: GPL-2.0-or-later
"""The wizard asks while it converts: see wizard-choices.sh."""
import glob, os, re, sys
sys.path.insert (0, "tests/lib")
import layout
from wizard import Atspi, Missing, ROLE, Tap, Wizard

WORK = os.environ["WORK"]
LOG = WORK + "/client.log"
tap = Tap ()
w = None


def to_machine (arguments, disk=os.environ["SOURCE"]):
    global w
    w = Wizard (f"{os.environ['CMDLINE']} {arguments}".replace (os.environ["SOURCE"], disk), LOG)
    w.heading ("Which conversion server\\?")
    w.press ("^Test connection$")
    w.press ("^Next$", seconds=30)
    w.heading ("What becomes a virtual machine\\?")


def convert (arguments):
    to_machine (arguments)
    start ()


def start (warned=True):
    for heading in ("Where does it go\\?", "Ready\\?"):
        w.press ("^Next$", seconds=30)
        w.heading (heading)
    if warned: # there is no operating system
        w.press ("I have read the warnings", ROLE.CHECK_BOX, 30)
    w.press ("^Start conversion$", seconds=30)
    w.heading ("Converting")


def fits (name):
    layout.picture (name)
    if w.nameless ():
        raise Missing (f"without a name: {w.nameless ()}")
    box = Atspi.Component.get_extents (w.frame, Atspi.CoordType.SCREEN)
    if box.width > 800 or box.height > 600:
        raise Missing (f"the window needs {box.width}x{box.height}")
    if found := layout.troubles (w):
        raise Missing (f"{name}: {found}")


def logs ():
    return "".join (open (log, encoding="utf-8").read () for log in glob.glob (os.environ["P2V_STATE_DIR"] + "/jobs/*/log"))


def attempts ():
    """Of given passphrases, which opened nothing."""
    return len (re.findall ("opens\\W+/dev/sda2", logs ()))


def several ():
    """The list, by the keyboard alone: the third one."""
    convert ("p2v.name=several-02")
    w.see ("There are several operating systems on the disks", seconds=30)
    fits ("several-systems")
    combo = w.see ("^Operating system$", ROLE.COMBO_BOX)
    names = [combo.get_child_at_index (0).get_child_at_index (i).get_name () for i in range (3)]
    if names != ["Debian 11 (/dev/sda1)", "Debian 12 (/dev/sda2)", "Ubuntu 22.04 (/dev/sda3)"]:
        raise Missing (f"the three systems; there are {names}")
    w.key ("Down")
    w.key ("Down")
    w.wait (lambda: Atspi.Selection.get_selected_child (combo, 0).get_name ().startswith ("Ubuntu"), "the third one")
    w.key ("alt+o")
    w.see ("The virtual machine “several-02” is made", seconds=60)
    if "Found the root file system on /dev/sda3" not in logs ():
        raise Missing ("the third one in the log of the job")
    w.kill ()


def locked ():
    """Nothing of what opens nothing breaks anything; the field is empty again after it."""
    convert ("p2v.name=locked-04 p2v.luks=Simsalabim")
    w.see ("The encrypted volume /dev/sda2 does not open: its passphrase is missing or wrong", seconds=30)
    fits ("locked")
    w.press ("^Unlock$") # nothing: there is nothing in it
    for attempt, value in enumerate (("Hokuspokus", " ", "Hokuspokus" * 500, "a\tb\x01\nc", "\u202e%s%n日本語';\"\\"), 2):
        w.enter ("Passphrase", value)
        if found := layout.troubles (w):
            raise Missing (f"{value!r:.40}: {found}")
        w.press ("^Unlock$")
        # A blank is a secret like any other: the log has stars for it.
        w.wait (lambda: attempts () == attempt, f"another attempt after {value!r:.20}")
        w.see ("The encrypted volume /dev/sda2 does not open")
        if Atspi.Text.get_character_count (w.see ("^Passphrase$", ROLE.PASSWORD_TEXT)):
            raise Missing ("the field is empty again")
    w.type ("sesame") # the focus is there
    w.key ("Return")
    w.see ("The virtual machine “locked-04” is made", seconds=60)
    w.kill ()


NONSENSE = ("Hokuspokus", " ", ",,,", "%", "%2", "%zz", "%00x", "Hokuspokus" * 500, "a\tb\x01\x1b\nc", "\u202e%s%n日本語';\"\\", "")


def asked_before ():
    """An encrypted disk is seen as one; whatever is typed as its passphrase is taken as it is
    and breaks nothing, and the right one, the second of two, is not asked for again."""
    field, before = "Passphrase of the encrypted disks", attempts ()
    to_machine ("p2v.name=locked-06", os.environ["LOCKED"])
    w.see (f"^{field}$", ROLE.PASSWORD_TEXT)
    fits ("encrypted")
    for value in NONSENSE:
        w.enter (field, value)
        if found := layout.troubles (w):
            raise Missing (f"{value!r:.40}: {found}")
        w.press ("^Next$")
        w.heading ("Where does it go\\?")
        w.press ("^Back$")
        w.heading ("What becomes a virtual machine\\?")
    w.enter (field, "Hokuspokus,sesam%65")
    w.see ("^Memory in MiB$", ROLE.SPIN_BUTTON).set_text_contents ("640") # the focus is elsewhere
    start (warned=False) # what is encrypted may have one
    w.see ("The virtual machine “locked-06” is made", seconds=60)
    with open (os.environ["OUT"] + "/locked-06.xml", encoding="utf-8") as file:
        if not re.search (f"<memory[^>]*>{640 * 1024}<", file.read ()):
            raise Missing ("the memory that was typed")
    if attempts () != before:
        raise Missing ("the passphrase opened it at once")
    w.kill ()


def left_locked ():
    convert ("p2v.name=locked-05 p2v.luks=Simsalabim")
    w.see ("The encrypted volume /dev/sda2 does not open", seconds=30)
    w.press ("^Leave it locked$")
    w.see ("The virtual machine “locked-05” is made", seconds=60)
    w.press ("^Close$") # with a sanitizer it tells its leaks then
    if (status := w.end ()) != 0:
        raise Missing (f"exit status {status}")


def nowhere ():
    if found := re.search ("Hokuspokus|Simsalabim|sesame", logs () + open (LOG, encoding="utf-8").read ()):
        raise Missing (f"{found.group ()} in a log")


for name, case in (("several operating systems: the list, and the chosen one", several),
                   ("a passphrase that opens nothing is asked for again", locked),
                   ("an encrypted volume can be left as it is", left_locked),
                   ("the passphrase of a disk that is seen to be encrypted is asked for before", asked_before),
                   ("no passphrase is in a log", nowhere)):
    tap.case (name, case)
if w:
    w.kill ()
tap.end ()
