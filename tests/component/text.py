# SPDX-License-Identifier: GPL-2.0-or-later
"""The dialog in text.  See text.sh."""
import os, re, sys, time
sys.path.insert (0, "tests/lib")
from textdialog import *

PORT, SILENT, REFUSED, HOSTKEY = (os.environ[n] for n in ("PORT", "SILENT", "REFUSED", "HOSTKEY"))
WORK, OUT, DISK, PASSWORD = (os.environ[n] for n in ("WORK", "OUT", "DISK", "PASSWORD"))
ASKING, ASKING_KEY = os.environ["ASKING"], os.environ["ASKING_KEY"]
LOG = WORK + "/client.log"
KNOWN = f"p2v.server=127.0.0.1 p2v.port={PORT} p2v.username=p2vlogin p2v.hostkey={HOSTKEY}"
tap = Tap ()
d = None


def begin (arguments="", **options):
    global d
    if d:
        d.kill ()
    d = TextDialog (f"p2v.disks={DISK} p2v.os={OUT} p2v.memory=512M {arguments}", LOG, **options)


def server (arguments="", **options):
    begin (arguments, **options)
    d.see ("Which conversion server\\?")
    d.settle ()


def fill (port=PORT, password=PASSWORD):
    d.enter ("Host", "127.0.0.1")
    d.enter ("Port", port)
    d.enter ("User name", "p2vlogin")
    d.enter ("Password", password)


def typing ():
    server ()
    d.enter ("Port", "99999")
    d.see ("99999. is not a TCP port")
    d.enter ("Host", "not a host")
    d.see ("is not the name or address of a machine")
    d.press ("Test connection")
    d.see ("is not the name or address of a machine")
    d.see ("<Test connection>")


def wrong_password ():
    server ()
    fill (password="Falsch-4711")
    d.press ("Test connection")
    d.see ("Is this the right conversion server")
    d.see (re.escape (HOSTKEY))
    d.press ("Yes, the fingerprint")
    d.see ("Error: .*p2vlogin")
    if b"Falsch" in d.sent:
        raise Missing ("the password was shown")


def refused_key ():
    server ()
    fill ()
    d.press ("Test connection")
    d.see ("Is this the right conversion server")
    d.press ("No, do not connect")
    d.see ("The connection was not made")


def jump_host ():
    """Here the same machine, which does not matter to the questions."""
    server ()
    fill ()
    d.enter ("Jump host, if any", f"127.0.0.1:{PORT}")
    d.press ("Test connection")
    for whose in "jump host", "conversion server":
        d.see (f"Is this the right {whose}")
        d.see (re.escape (HOSTKEY))
        d.press ("Yes, the fingerprint")
    d.see ("Connected as p2vlogin@127.0.0.1")


def changed_key ():
    server (f"p2v.hostkey=SHA256:{'A' * 43} p2v.server=127.0.0.1 p2v.port={PORT} p2v.username=p2vlogin")
    d.enter ("Password", PASSWORD)
    d.press ("Test connection")
    d.see ("Error: .*(is not the expected|does not have|another|changed)")


def refused_port ():
    server ()
    fill (port=REFUSED)
    d.press ("Test connection")
    d.see ("Error: .*127.0.0.1")


def silent ():
    server ()
    fill (port=SILENT)
    d.press ("Test connection")
    d.see ("Connecting")
    d.press ("Stop")
    d.see ("<Test connection>", 5)
    d.press ("Test connection")
    d.see ("Error: ", 40)


def asked ():
    """What the server asks and nobody has filled in, here the password, a person answers."""
    server (f"p2v.server=127.0.0.1 p2v.port={ASKING} p2v.username=p2vlogin p2v.hostkey={ASKING_KEY}")
    d.press ("Test connection")
    d.see ("A question for the login")
    d.see ("p2vlogin@127.0.0.1 asks:")
    d.press ("Give up")
    d.see ("was given up: its question was")
    d.press ("Test connection")
    d.see ("A question for the login")
    d.enter ("Answer", PASSWORD)
    d.press ("Answer")
    d.see ("Connected as p2vlogin@127.0.0.1")
    if PASSWORD.encode () in d.sent:
        raise Missing ("the answer was shown")


def leave ():
    d.key (CONTROL_C)
    d.see ("Close the wizard\\?")
    d.press ("Stay here")
    d.see ("<Test connection>")
    d.key (ESCAPE, 1)
    d.see ("Close the wizard\\?")
    d.press ("Close")
    status = d.end ()
    if status != 130:
        raise Missing (f"exit status {status}")


def about ():
    """F1 on any page, and from it the support file, whose path is looked at as it is typed."""
    server ()
    d.enter ("Host", "conv.example")
    d.key (F1)
    d.see ("On this machine: p2v-client \\S")
    d.see ("On the conversion server: not known until the connection was tested")
    d.press ("Support file")
    d.see ("In a file")
    d.enter ("File", "p2v.txt")
    d.see (". is not the path of a file")
    d.press ("Save")
    d.see ("is not the path of a file")
    d.enter ("File", WORK + "/early.txt")
    d.press ("Save")
    d.see ("Saved as " + WORK + "/early.txt")
    d.press ("Back")
    d.see ("Which conversion server")
    d.see ("conv.example") # as it was
    d.key (F8)
    d.see ("Save a support file")
    d.press ("Back")
    d.see ("Which conversion server")
    with open (WORK + "/early.txt") as file:
        if "p2v-client " not in file.read ():
            raise Missing ("nothing in the support file")


def to_check (name, arguments=""):
    server (f"{KNOWN} {arguments}")
    d.enter ("Password", PASSWORD)
    d.press ("Test connection")
    d.see ("Connected as p2vlogin@127.0.0.1")
    d.see ("It can make: ")
    d.press ("Next")
    d.see ("What becomes a virtual machine")
    d.enter ("Name", name)
    d.press ("Next")
    d.see ("Where does it go")
    d.choose ("raw: a plain image")
    d.press ("Next")
    d.see ("Ready\\?")
    d.see ("The target can be used")


def whole ():
    to_check ("web-01")
    if "I have read" in d.text ():
        d.press ("Start")
        d.see ("Read the warnings first")
        d.choose ("I have read the warnings")
    d.press ("Start")
    d.see ("Converting")
    d.see ("Copy the data")
    d.see ("The virtual machine “web-01” is made", 60)
    d.see ("virsh define " + OUT + "/web-01.xml")
    d.see ("Do not run both at once")
    d.press ("Report")
    d.see ("p2v-client ")
    d.press ("Back")
    d.press ("Support file")
    d.see ("beside its own log")
    d.press ("Save")
    d.see ("Saved on the conversion server as ", 30)
    d.press ("Back")
    d.key (F1)
    d.see ("On the conversion server: \\S+, on p2vlogin@127.0.0.1")
    d.press ("Back")
    d.press ("Close")
    status = d.end ()
    if status != 0:
        raise Missing (f"exit status {status}")
    if PASSWORD.encode () in d.sent or PASSWORD in open (LOG).read ():
        raise Missing ("the password was shown")
    with open (OUT + "/web-01-sda", "rb") as a, open (DISK, "rb") as b:
        if a.read ()[8 << 20:] != b.read ()[8 << 20:]:
            raise Missing ("the image is not the disk")


def several ():
    """The conversion finds three operating systems, and goes on with the chosen one."""
    to_check ("several-01")
    if "I have read" in d.text ():
        d.choose ("I have read the warnings")
    d.press ("Start")
    d.see ("There are several operating systems", 60)
    d.choose ("Debian 12 ./dev/sda2.")
    d.press ("Go on converting")
    d.see ("The virtual machine “several-01” is made", 60)
    d.press ("Report")
    for _ in range (30):
        if "root file system on /dev/sda2" in d.words ():
            break
        d.key ("\x1b[6~", 0.15)
    d.see ("root file system on /dev/sda2")


def locked ():
    """A passphrase opens nothing, and is asked for until one does; what is typed is not shown."""
    to_check ("locked-01", "p2v.luks=Simsalabim")
    if "I have read" in d.text ():
        d.choose ("I have read the warnings")
    d.press ("Start")
    d.see ("The encrypted volume /dev/sda2 does not open", 60)
    d.enter ("Passphrase", "Hokuspokus")
    d.press ("Unlock")
    d.see ("Find the operating system|The encrypted volume")
    d.see ("The encrypted volume /dev/sda2 does not open")
    d.enter ("Passphrase", "sesame")
    d.press ("Unlock")
    d.see ("The virtual machine “locked-01” is made", 60)
    if b"Hokuspokus" in d.sent or b"sesame" in d.sent or re.search ("sesame|Simsalabim", open (LOG).read ()):
        raise Missing ("a passphrase was shown")


def cancel ():
    server (f"{KNOWN} p2v.bandwidth=200K p2v.name=slow")
    d.enter ("Password", PASSWORD)
    d.press ("Test connection")
    for page in ("Connected as", "What becomes", "Where does"):
        d.see (page)
        d.press ("Next")
    d.see ("Ready\\?")
    d.see ("I have read") # there is no operating system on this disk
    d.choose ("I have read the warnings")
    d.press ("Start")
    d.see ("\\[>\\] Copy the data", 60)
    d.key (F8) # while it runs
    d.see ("Save a support file")
    d.press ("Back")
    d.see ("\\[>\\] Copy the data")
    d.key (CONTROL_C)
    d.see ("Cancel the conversion\\?")
    d.press ("Go on converting")
    d.see ("\\[>\\] Copy the data")
    d.press ("Log")
    d.see ("works on it as job")
    d.press ("Back")
    d.press ("Cancel the conversion")
    d.press ("Cancel now")
    d.see ("The conversion was cancelled", 60)
    d.press ("Close")
    status = d.end ()
    left = os.listdir (OUT)
    if status != 130 or [n for n in left if "slow" in n]:
        raise Missing (f"exit status {status}, left behind: {left}")


def sizes ():
    server ()
    for columns, rows in ((60, 20), (132, 50), (80, 24)):
        d.resize (columns, rows)
        d.settle (0.6)
        d.see ("Private key")
        d.see ("<Test connection>")
        if max (len (line.rstrip ()) for line in d.screen.display) > columns:
            raise Missing ("wider than the terminal")


def fits ():
    """At 80x24 every page has its buttons on the screen, with a field in the focus shown."""
    to_check ("other")
    d.press ("Back")
    d.see ("Where does it go")
    d.see ("<Next> +<Back>")
    d.press ("Back")
    d.see ("What becomes")
    d.see ("<Next> +<Back>")
    d.focus (lambda: DISK.rsplit ("/", 1)[1] in d.line ())


def ascii_only ():
    """A terminal that takes each byte for a character, and a locale without UTF-8."""
    for options in ({"utf8": False}, {"env": {"LC_ALL": "C"}}):
        server (env=options.get ("env", {"LANGUAGE": "de"}), utf8=options.get ("utf8", True))
        d.enter ("Port", "99999")
        d.see ('"99999" is not a TCP port')
        if any (byte > 127 for byte in d.sent.replace ("ü".encode (), b"")):
            raise Missing ("bytes that this terminal cannot show")


def german ():
    begin (env={"LANGUAGE": "de"})
    d.see ("Welcher Umwandlungsserver|Konvertierungsserver\\?")


def japanese ():
    begin (env={"LANGUAGE": "ja"})
    d.see ("サーバ")
    d.settle (0.5)
    begin (env={"LANGUAGE": "ja"}, term="linux")
    d.see ("Which conversion server")


def dumb ():
    begin (term="dumb")
    d.see ("Missing: p2v.server")
    if d.end () != 2:
        raise Missing ("another exit status")


for name, case in (
        ("a wrong value is told as it is typed", typing),
        ("an unknown host key is shown; the wrong password", wrong_password),
        ("a host key can be refused", refused_key),
        ("a jump host, whose key is asked about as well", jump_host),
        ("another host key than the given one", changed_key),
        ("a port that refuses", refused_port),
        ("a server that asks further questions", asked),
        ("a server that says nothing: the test can be stopped, and ends", silent),
        ("Ctrl-C and Esc ask", leave),
        ("About and the support file, from any page", about),
        ("a whole conversion", whole),
        ("several operating systems: the list, and the chosen one", several),
        ("a passphrase that opens nothing is asked for again", locked),
        ("cancelled in the middle of the copy, nothing is left", cancel),
        ("every size of the terminal, also while it is shown", sizes),
        ("at 80x24 all can be reached", fits),
        ("without UTF-8: ASCII, in English", ascii_only),
        ("German", german),
        ("Japanese where it can be shown, else English", japanese),
        ("a terminal that cannot move its cursor", dumb)):
    tap.case (name, case)
if d:
    d.kill ()
tap.end ()
