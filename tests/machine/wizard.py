# SPDX-License-Identifier: GPL-2.0-or-later
"""A person with a keyboard and no mouse converts a machine: see wizard.sh.

SHOTS=DIR takes a picture of every page.  With WIZARD_LANG the texts are those of that
translation; what is looked for below is its English original.
"""
import gettext, os, re, sys, time
import gi
gi.require_version ("Gdk", "3.0")
from gi.repository import Atspi, Gdk
sys.path.insert (0, "tests/lib")
from wizard import Heartbeat, Missing, ROLE, Tap, Wizard

ENV = os.environ
SHOTS, WORK = ENV.get ("SHOTS"), ENV["WORK"]
CATALOG = gettext.translation ("p2v", ENV["BUILD"] + "/share/locale", [ENV.get ("WIZARD_LANG") or "en"],
                               fallback=True)
mnemonic = re.compile ("_(.)")
tap = Tap ()
w = None
beat = None


def t (english):
    """The words on the screen for those of the source, as an expression."""
    return re.escape (mnemonic.sub ("\\1", CATALOG.gettext (english))).replace ("%s", ".*")


def picture (name):
    if not SHOTS:
        return
    time.sleep (0.4)
    root = Gdk.get_default_root_window ()
    pixels = Gdk.pixbuf_get_from_window (root, 0, 0, root.get_width (), root.get_height ())
    pixels.savev (f"{SHOTS}/{name}.png", "png", [], [])


def heading (english):
    w.heading (t (english), 60)
    if w.nameless ():
        raise Missing (f"\"{english}\": without a name: {w.nameless ()}")
    root = Gdk.get_default_root_window ()
    for node in [w.frame, *w.nodes ()]:
        box = Atspi.Component.get_extents (node, Atspi.CoordType.SCREEN)
        if box.x + box.width > root.get_width () or box.y + box.height > root.get_height ():
            raise Missing (f"\"{english}\": {node.get_role_name ()} \"{node.get_name ()}\" is not all on the screen")


def tab_to (name):
    """Tab until the focus is on NAME: everything is reached without a mouse."""
    for _ in range (30):
        now = w.focused ()
        if now and re.search (f"^{t (name)}$", now.get_name () or ""):
            return
        w.key ("Tab")
        time.sleep (0.1)
    raise Missing (f"the Tab key does not come to \"{name}\"")


def type_in (name, text):
    tab_to (name)
    w.type (text)
    field = w.focused ()
    end = time.monotonic () + 5
    while field.get_role () != ROLE.PASSWORD_TEXT and Atspi.Text.get_text (field, 0, -1) != text:
        if time.monotonic () > end:
            raise Missing (f"{name} holds \"{Atspi.Text.get_text (field, 0, -1)}\"")
        time.sleep (0.1)


def others ():
    """What the way through does not come by: page Network, which only the image has (nothing is
    pressed there), and the sheets."""
    global w
    w = Wizard (f"p2v.disks={ENV['DISK']} p2v.gui", WORK + "/client.log", "--consoles")
    if not w.find (f"^{t ('How is this machine connected?')}$"): # it has an address
        w.press (f"^{t ('_Back')}$")
    heading ("How is this machine connected?")
    picture ("0-network")
    for key, english, name in (("F1", "About", "11-about"), ("F8", "Save a support file", "12-support")):
        w.key (key)
        heading (english)
        picture (name)
    w.kill ()


def server ():
    global w, beat
    pace = " p2v.bandwidth=2M" if SHOTS else ""
    w = Wizard (f"p2v.disks={ENV['DISK']} p2v.memory=512M p2v.connections=1{pace}", WORK + "/client.log")
    beat = Heartbeat (w.client.pid)
    heading ("Which conversion server?")
    picture ("1-server")
    type_in ("Host", "127.0.0.1")
    type_in ("Port", ENV["PORT"])
    type_in ("User name", ENV["LOGIN"])
    type_in ("Password", ENV["PASSWORD"])
    w.key ("Return")
    w.see (t ("Is this the right conversion server?"))
    w.see (ENV["HOSTKEY"].replace ("+", "\\+"))
    picture ("2-fingerprint")
    w.key ("Return") # the focus is on "the same"
    w.see (t ("Connected as %s (p2v-server %s)."), seconds=30)
    w.sensitive (f"^{t ('_Next')}$")
    picture ("3-connected")
    w.key ("Return")


def machine ():
    heading ("What becomes a virtual machine?")
    type_in ("Name", "converted")
    picture ("4-machine")
    w.key ("Return")


def target ():
    heading ("Where does it go?")
    w.key ("Tab") # away from the radio buttons, which Tab passes as one
    type_in ("Where", WORK + "/out")
    picture ("5-target")
    w.key ("Return")


def check ():
    heading ("Ready?")
    w.see (t ("The target can be used, and the name is free there."), seconds=30)
    w.sensitive (f"^{t ('_Start conversion')}$", seconds=30)
    picture ("6-check")
    w.key ("Return")


def phase (english, state):
    return f"{t (english)}: {CATALOG.gettext (state)}"


def progress ():
    # Without an appliance the first phases are over at once.
    first, second = ("Copy the data",) * 2 if SHOTS else ("Find the operating system", "Convert it")
    heading ("Converting")
    w.see (phase (first, "running"), seconds=60)
    if SHOTS:
        time.sleep (8) # the figures settle
    picture ("7-progress")
    w.key ("alt+c" if not ENV.get ("WIZARD_LANG") else "Return") # the focus is on it as well
    w.see (t ("Cancel the conversion? What was made so far is removed. This machine is unchanged."))
    picture ("8-cancel")
    w.key ("Return") # goes on
    w.see (phase (second, "running"), seconds=240)


def result ():
    w.see (t ("The virtual machine “%s” is made."), seconds=700)
    heading ("Result")
    w.see (t ("Do not run both at once: they have the same name and the same addresses."))
    picture ("10-result")
    worst = beat.worst_ms ()
    print (f"# the main loop was never later than {worst:.0f} ms")
    if worst > 500:
        raise Missing (f"the main loop was {worst:.0f} ms late")
    w.key ("Return") # Close
    status = w.end ()
    if status != 0:
        raise Missing (f"exit status {status}")
    for name in ("converted-sda", "converted.xml"):
        if not os.path.exists (f"{WORK}/out/{name}"):
            raise Missing (f"there is no {name}")


for name, case in (*((("page Network and the sheets", others),) if SHOTS else ()),
        ("the conversion server is found, its fingerprint compared, all typed", server),
        ("this machine gets a name", machine),
        ("the target gets a folder", target),
        ("the check finds nothing wrong", check),
        ("the conversion shows its phases, and asks before it is cancelled", progress),
        ("the guest is made, the window lived all the time", result)):
    tap.case (name, case)
    if tap.failed:
        picture ("failed")
        break
w.kill ()
tap.end ()
