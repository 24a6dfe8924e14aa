# SPDX-License-Identifier: GPL-2.0-or-later
"""A person with a keyboard and no mouse converts a machine: see wizard.sh.

With STAND_IN the server is one without an appliance, and more is looked at on the way.  Of
every page SHOTS=DIR takes a picture.  With WIZARD_LANG the texts are those of that
translation; what is looked for below is its English original.  SCALE: GTK's pixels are so
many of the screen's, both ways.
"""
import gettext, os, re, sys, time
sys.path.insert (0, "tests/lib")
import layout
from wizard import Atspi, Heartbeat, Missing, ROLE, Tap, Wizard

ENV = os.environ
STAND_IN, WORK = ENV.get ("STAND_IN"), ENV["WORK"]
SCALE = int (ENV.get ("SCALE") or 1)
LIBS = ENV.get ("P2V_LIBDIR") or ENV["BUILD"] + "/lib/p2v"
CATALOG = gettext.translation ("p2v", LIBS + "/../../share/locale", [ENV.get ("WIZARD_LANG") or "en"],
                               fallback=True)
mnemonic = re.compile ("_(.)")
tap = Tap ()
w = None
beat = None


def t (english):
    """The words on the screen for those of the source, as an expression."""
    return re.escape (mnemonic.sub ("\\1", CATALOG.gettext (english))).replace ("%s", ".*")


def look (name):
    """At the page as it is now."""
    layout.picture (name)
    if w.nameless ():
        raise Missing (f"{name}: without a name: {w.nameless ()}")
    found = layout.troubles (w, SCALE)
    if found:
        raise Missing (f"{name}: " + "; ".join (found))


def heading (english):
    w.heading (t (english), 60)


def tab_to (name):
    """Tab until the focus is on NAME: everything is reached without a mouse."""
    way = []
    for _ in range (30):
        now = w.focused ()
        if now and re.search (f"^{t (name)}$", now.get_name () or ""):
            return
        way.append (now and (now.get_name () or now.get_role_name ()))
        w.key ("Tab")
        time.sleep (0.1)
        end = time.monotonic () + 2 # a busy machine is late with it
        while w.focused () == now and time.monotonic () < end:
            time.sleep (0.1)
    raise Missing (f"the Tab key does not come to \"{name}\", only to {way}")


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
    pressed there that would set this machine's network), what is wrong, and the sheets."""
    global w
    w = Wizard (f"p2v.disks={ENV['DISK']} p2v.gui", WORK + "/client.log", "--consoles")
    if not w.find (f"^{t ('How is this machine connected?')}$"): # it has an address
        w.press (f"^{t ('_Back')}$")
    heading ("How is this machine connected?")
    look ("0-network")
    w.press (f"^{t ('Fixed address')}$", ROLE.RADIO_BUTTON)
    w.enter (t ("Address"), "192.0.2.9")
    w.see (t ("is not an address with its network, such as 192.0.2.9/24"))
    look ("0-network-wrong")
    for key, english, name in (("F1", "About", "11-about"), ("F8", "Save a support file", "12-support")):
        w.key (key)
        heading (english)
        look (name)
    w.press (f"^{t ('_Close')}$")
    if not w.find (f"^{t ('_Next')}$").get_state_set ().contains (Atspi.StateType.SENSITIVE):
        w.kill () # without an address the way ends here
        return
    w.press (f"^{t ('_Next')}$")
    heading ("Which conversion server?")
    w.press (f"^{t ('Log in with a private key')}$", ROLE.RADIO_BUTTON)
    w.press (f"^{t ('By way of a _jump host')}$", ROLE.TOGGLE_BUTTON)
    w.see (f"^{t ('Jump host')}$", ROLE.TEXT)
    look ("1-server-key")
    w.press (f"^{t ('Choose a private key from a USB stick')}$")
    heading ("A private key from a USB stick")
    w.see (t ("There is no private key on a USB stick."))
    look ("14-stick")
    w.kill ()


def wrong ():
    """Test connection fails, and the wizard is left."""
    global w
    w = Wizard (f"p2v.disks={ENV['DISK']} p2v.server=127.0.0.1 p2v.port={ENV['PORT']} p2v.hostkey={ENV['HOSTKEY']}"
                f" p2v.username={ENV['LOGIN']} p2v.password=wrong p2v.gui", WORK + "/client.log")
    heading ("Which conversion server?")
    w.enter (t ("Host"), "not a host")
    w.see (t ("is not the name or address of a machine"))
    w.press (f"^{t ('By way of a _jump host')}$", ROLE.TOGGLE_BUTTON)
    w.see (f"^{t ('Jump host')}$", ROLE.TEXT)
    look ("1-server-wrong")
    w.enter (t ("Host"), "127.0.0.1")
    w.press (f"^{t ('_Test connection')}$")
    w.see (t ("%s refused the password: wrong user name or wrong password (the server offers: %s)."), seconds=30)
    look ("3-refused")
    w.press (f"^{t ('_Quit')}$")
    w.see (t ("Close the wizard? Nothing has been changed on this machine."))
    look ("13-quit")
    w.press (f"^{t ('Close _it')}$")
    w.end ()


def server ():
    global w, beat
    pace = " p2v.bandwidth=2M" if STAND_IN else ""
    w = Wizard (f"p2v.disks={ENV['DISK']} p2v.memory=512M p2v.connections=1{pace}", WORK + "/client.log")
    beat = Heartbeat (w.client.pid)
    heading ("Which conversion server?")
    look ("1-server")
    type_in ("Host", "127.0.0.1")
    type_in ("Port", ENV["PORT"])
    type_in ("User name", ENV["LOGIN"])
    type_in ("Password", ENV["PASSWORD"])
    w.key ("Return")
    w.see (t ("Is this the right conversion server?"))
    w.see (ENV["HOSTKEY"].replace ("+", "\\+"))
    look ("2-fingerprint")
    w.key ("Return") # the focus is on "the same"
    w.see (t ("Connected as %s (p2v-server %s)."), seconds=30)
    w.sensitive (f"^{t ('_Next')}$")
    look ("3-connected")
    w.key ("Return")


def machine ():
    heading ("What becomes a virtual machine?")
    w.see (f"^{t ('Name')}$", ROLE.TEXT) # the disks are read
    tab_to ("_Next") # past the lists
    type_in ("Name", "converted")
    look ("4-machine")
    w.key ("Return")


def target ():
    heading ("Where does it go?")
    w.key ("Tab") # away from the radio buttons, which Tab passes as one
    type_in ("Where", WORK + "/out")
    look ("5-target")
    w.key ("Return")


def check ():
    heading ("Ready?")
    w.see (t ("The target can be used, and the name is free there."), seconds=30)
    w.sensitive (f"^{t ('_Start conversion')}$", seconds=30)
    if not STAND_IN: # whose disk is empty
        w.see ("Debian GNU/Linux 12 \\(bookworm\\)")
    look ("6-check")
    w.key ("Return")


def phase (english, state):
    return f"{t (english)}: {CATALOG.gettext (state)}"


def progress ():
    # Without an appliance the first phases are over at once.
    first, second = ("Copy the data",) * 2 if STAND_IN else ("Find the operating system", "Convert it")
    heading ("Converting")
    w.see (phase (first, "running"), seconds=60)
    time.sleep (int (ENV.get ("SETTLE") or 0)) # the figures do
    look ("7-progress")
    w.key ("alt+c" if not ENV.get ("WIZARD_LANG") else "Return") # the focus is on it as well
    w.see (t ("Cancel the conversion? What was made so far is removed. This machine is unchanged."))
    look ("8-cancel")
    w.key ("Return") # goes on
    w.see (phase (second, "running"), seconds=240)


def result ():
    w.see (t ("The virtual machine “%s” is made."), seconds=700)
    heading ("Result")
    w.see (t ("Do not run both at once: they have the same name and the same addresses."))
    look ("10-result")
    beat.end ()
    w.key ("Return") # Close
    status = w.end ()
    if status != 0:
        raise Missing (f"exit status {status}")
    for name in ("converted-sda", "converted.xml"):
        if not os.path.exists (f"{WORK}/out/{name}"):
            raise Missing (f"there is no {name}")


for name, case in (*((("page Network and the sheets", others), ("what is wrong, and Quit", wrong)) if STAND_IN else ()),
        ("the conversion server is found, its fingerprint compared, all typed", server),
        ("this machine gets a name", machine),
        ("the target gets a folder", target),
        ("the check finds nothing wrong", check),
        ("the conversion shows its phases, and asks before it is cancelled", progress),
        ("the guest is made, the window lived all the time", result)):
    tap.case (name, case)
    if tap.failed:
        look ("failed")
        break
w.kill ()
tap.end ()
