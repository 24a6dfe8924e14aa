# SPDX-License-Identifier: GPL-2.0-or-later
"""What the dialog in text has on the image alone.  See text-on-image.sh."""
import os, re, shutil, sys
sys.path.insert (0, "tests/lib")
from textdialog import *

WORK, PORT, HOSTKEY, USER, DISK = (os.environ[n] for n in ("WORK", "PORT", "HOSTKEY", "SSHD_USER", "DISK"))
SAID = WORK + "/seen/"
tap = Tap ()
d = None


def begin (arguments="", language="", keyboard=False):
    """On a serial line, or (KEYBOARD) on a console; the language is chosen by what the environment says."""
    global d
    if d:
        d.kill ()
    env = {"LANGUAGE": language}
    if keyboard:
        sanitizers = os.environ.get ("ASAN_OPTIONS")
        env["LD_PRELOAD"] = BUILD + "/tests/keyboard.so"
        env["ASAN_OPTIONS"] = (sanitizers + ":" if sanitizers else "") + "verify_asan_link_order=0"
    d = TextDialog (f"p2v.text p2v.disks={DISK} {arguments}", WORK + "/client.log", env=env,
                    options=("--consoles",))
    d.see ("Deutsch")
    d.settle ()
    d.press ("OK")


def said (name):
    try:
        with open (SAID + name) as file:
            return file.read ()
    except FileNotFoundError:
        return ""


def expect (what, wanted, found):
    if wanted != found:
        raise Missing (f"{what}: {found!r} instead of {wanted!r}")


# ---- the keyboard ----

def console ():
    """Asked for once at the beginning, and again on the page where the password is typed."""
    begin (keyboard=True)
    d.see ("what is written on the keys")
    d.see (r"\(\*\) English \(US\)")
    d.choose ("Deutsch")
    d.press ("OK")
    d.see ("How is this machine connected")
    expect ("loadkeys", "-q de\n", said ("loadkeys"))


def console_again ():
    begin (keyboard=True)
    d.see ("what is written on the keys")
    d.press ("OK")
    d.see ("Which conversion server")
    expect ("loadkeys", "-q de\n", said ("loadkeys")) # as it was: nothing is set
    d.enter ("Host", "conv.example")
    d.press ("Keyboard")
    d.see ("what is written on the keys")
    d.choose (r"\bru\b")
    d.press ("OK")
    d.see ("Which conversion server")
    d.see ("conv.example")
    expect ("loadkeys", "-q de\n-q ru\n", said ("loadkeys"))
    d.press ("Keyboard")
    d.focus (lambda: re.search (r"\(\*\) .*\bru\b", d.line ()) is not None)


def serial ():
    """Its terminal has its own keyboard: nothing is asked."""
    begin ()
    d.see ("How is this machine connected")


# ---- the network ----

def blink ():
    begin ()
    d.see ("How is this machine connected")
    d.choose ("eth1 ")
    d.press ("Blink its light")
    d.see ("The light of eth1 is blinking")
    d.press ("Stop")
    d.see ("<Set the network>")
    expect ("ethtool", "-p eth1 20\n", said ("ethtool"))


def bond ():
    begin ()
    d.see ("This machine has no address yet")
    d.choose ("Several cards together")
    d.press ("Blink its light")
    d.see ("Choose one card")
    d.choose ("Fixed address")
    d.enter ("Address", "192.0.2.9")
    d.press ("Set the network")
    d.see ("is not an address with its network")
    d.enter ("Address", "192.0.2.9/24")
    d.enter ("VLAN", "4095")
    d.press ("Set the network")
    d.see ("4094")
    d.enter ("VLAN", "7")
    d.press ("Set the network")
    d.see ("Sharing of the work")
    d.see (r"\(\*\) active-backup: one works")
    d.choose ("eth0 ")
    d.press ("Set the network")
    d.see ("Choose at least two cards")
    d.press ("Back")
    d.see ("How is this machine connected")
    d.press ("Set the network")
    d.see (r"\[\*\] eth0 .*\[ \] eth1 ") # as it was left
    d.choose ("eth1 ")
    d.choose ("802.3ad")
    d.press ("Set the network")
    d.see ("This machine has an address", 40)
    expect ("systemctl", "restart systemd-networkd.service\n", said ("systemctl"))
    expect ("the bond", "[NetDev]\nName=bond0\nKind=bond\n\n[Bond]\nMode=802.3ad\nMIIMonitorSec=100ms\n",
            said ("network/10-p2v-bond.netdev"))
    expect ("its cards", "[Match]\nName=eth0 eth1\n\n[Network]\nBond=bond0\nLinkLocalAddressing=no\n",
            said ("network/10-p2v-bond.network"))
    expect ("the VLAN", "[NetDev]\nName=bond0.7\nKind=vlan\n\n[VLAN]\nId=7\n", said ("network/10-p2v-vlan.netdev"))
    expect ("its address", "[Match]\nName=bond0.7\n\n[Network]\nAddress=192.0.2.9/24\n",
            said ("network/10-p2v-vlan.network"))
    d.see ("eth0 .* 192.0.2.9")
    d.press ("Next")
    d.see ("Which conversion server")
    if "<Keyboard>" in d.text ():
        raise Missing ("a keyboard is offered on a serial line")


# ---- a key from a stick ----

def plug (name, there):
    with open (f"{WORK}/{name}.place") as file:
        place, device = file.read ().split ()
    if there:
        shutil.copy (f"{WORK}/{name}.udev", place)
    else:
        os.remove (place)
    return device


def stick ():
    begin (f"p2v.server=127.0.0.1 p2v.port={PORT} p2v.username={USER} p2v.hostkey={HOSTKEY}")
    d.see ("Which conversion server")
    d.press ("Key from USB stick")
    d.see ("There is no private key on a USB stick")
    d.press ("Back")
    device = plug ("keys", True)
    d.press ("Key from USB stick")
    d.see (r"rack/id_ed25519 \(" + device.rsplit ("/", 1)[1] + " Traveller “KEYS” 16.0 MiB")
    d.press ("Use this key")
    plug ("keys", False)
    d.see ("Private key .*keys/id_ed25519")
    d.press ("Test connection")
    d.see (f"Connected as {USER}@127.0.0.1")


# ---- iSCSI ----

def iscsi ():
    """The names are looked at as they are typed, by what the wizard looks at them with."""
    begin (f"p2v.server=127.0.0.1 p2v.port={PORT} p2v.username={USER} p2v.hostkey={HOSTKEY} "
           f"p2v.identity=file://{WORK}/sshd/id")
    d.see ("Which conversion server")
    d.press ("Test connection")
    d.see (f"Connected as {USER}@127.0.0.1")
    d.press ("Next")
    d.press ("Add an iSCSI disk")
    d.see ("All disks that the target has")
    d.enter ("Portal", "192.0.2.7:99999")
    d.see ("is not the address of an iSCSI portal")
    d.enter ("Portal", "192.0.2.7")
    d.enter ("Target, if you know it", "disk7")
    d.see ("“disk7” is not the name of a target")
    d.press ("Connect")
    d.see ("“disk7” is not the name of a target")
    d.enter ("Target, if you know it", "iqn.2001-04.com.example:disk7")
    d.enter ("Initiator name", "me")
    d.see ("“me” is not")
    d.press ("Back")
    d.see ("What becomes a virtual machine")


def unreadable ():
    """What is wrong with it is said in the person's language."""
    device = plug ("other", True)
    begin (language="de")
    d.see ("Welcher Konvertierungsserver")
    d.press ("Schlüssel vom USB-Stick")
    d.see (f"Das Dateisystem auf dem Gerät {device} enthält swap; das kann hier nicht gelesen werden")


for name, case in (
        ("a console: the keyboard's layout", console),
        ("a serial line has none", serial),
        ("which card it is", blink),
        ("a VLAN on a bond", bond),
        ("a console: the layout again where the password is typed", console_again),
        ("a private key from a USB stick", stick),
        ("the names of an iSCSI disk", iscsi),
        ("a stick that cannot be read", unreadable)):
    tap.case (name, case)
if d:
    d.kill ()
tap.end ()
