# SPDX-License-Identifier: GPL-2.0-or-later
"""The wizard's page "Conversion server": every way in which the test of a connection
fails, and that the window lives meanwhile.  See wizard.sh."""
import os, re, sys
sys.path.insert (0, "tests/lib")
import layout
from wizard import Heartbeat, Missing, ROLE, Tap, Wizard

PORT, SILENT, REFUSED, HOSTKEY = (os.environ[n] for n in ("PORT", "SILENT", "REFUSED", "HOSTKEY"))
ASKING, ASKING_KEY = os.environ["ASKING"], os.environ["ASKING_KEY"]
WORK, DISK, PASSWORD = os.environ["WORK"], os.environ["DISK"], os.environ["PASSWORD"]
KEY = WORK + "/sshd/id"
tap = Tap ()
w = None


def begin (arguments=""):
    global w
    w = Wizard (f"p2v.disks={DISK} p2v.name=guest p2v.os={WORK}/out {arguments}", WORK + "/client.log")
    w.heading ("Which conversion server\\?")


def fill (host="127.0.0.1", port=PORT, user="p2vlogin", password=PASSWORD):
    w.enter ("Host", host)
    w.enter ("Port", port)
    w.enter ("User name", user)
    w.enter ("Password", password)


def test ():
    w.press ("^Test connection$")


def trusted ():
    begin (f"p2v.server=127.0.0.1 p2v.port={PORT} p2v.username=p2vlogin p2v.hostkey={HOSTKEY}")


def says (expression, seconds=30):
    w.see (expression, ROLE.LABEL, seconds)
    if w.find ("Next", ROLE.PUSH_BUTTON).get_state_set ().contains (gi_sensitive):
        raise Missing ("Next can be pressed")


from gi.repository import Atspi
gi_sensitive = Atspi.StateType.SENSITIVE


def complete_page ():
    if w.nameless ():
        raise Missing (f"without a name: {w.nameless ()}")
    box = Atspi.Component.get_extents (w.frame, Atspi.CoordType.SCREEN)
    if box.width > 800 or box.height > 600:
        raise Missing (f"the window needs {box.width}x{box.height}")


def names ():
    begin ()
    complete_page ()
    w.kill ()


def network ():
    """As on the image; nothing of it is pressed that would set this machine's network."""
    global w
    w = Wizard (f"p2v.disks={DISK} p2v.gui", WORK + "/client.log", "--consoles")
    if not w.find ("How is this machine connected\\?"): # it has an address
        w.press ("^Back$")
    w.heading ("How is this machine connected\\?")
    complete_page ()
    w.press ("^Fixed address$", ROLE.RADIO_BUTTON)
    for name, wrong, said in (("Address", "192.0.2.9", "is not an address with its network"),
                              ("Router", "192.0.2", "is not the address of a router"),
                              ("Name servers", "a.example", "is not the address of a name server")):
        w.enter (name, wrong)
        w.see (said, ROLE.LABEL)
        w.enter (name, {"Address": "192.0.2.9/24", "Router": "192.0.2.1"}.get (name, ""))
    w.kill ()


LONG = "x" * 5000
NONSENSE = ("", " ", "-1", LONG, "a\tb\x01\nc", "%s%n", "\u202eolleh", "日本語", "';<b>&amp;")


def nonsense (name, bad, good):
    """Every value of BAD is told to be wrong in a few words, GOOD is not, and nothing at all
    breaks the page."""
    def labels ():
        return {n.get_name () for n in w.nodes () if n.get_role () == ROLE.LABEL and not w.folded (n)
                and not re.search ("free in|next page", n.get_name ())} # of the field as it is
    w.enter (name, good)
    before = labels ()
    def new_words ():
        return [text for text in labels () - before if text]
    for value in dict.fromkeys ((*NONSENSE, *bad)):
        w.enter (name, value)
        if value in bad:
            w.wait (new_words, f"{name}: that {value!r:.40} is wrong")
        said = new_words ()
        if w.client.poll () is not None:
            raise Missing (f"{name}: {value!r:.40} ends the program")
        if len (said) > 1 or any (len (text) > 250 or "\n" in text for text in said):
            raise Missing (f"{name}: {value!r:.40} says {said}")
        if value == LONG and layout.troubles (w):
            raise Missing (f"{name}: {layout.troubles (w)}")
    w.enter (name, good)
    w.wait (lambda: not new_words (), f"{name}: that {good} is right")


def wrong_input ():
    global w
    begin (f"p2v.server=127.0.0.1 p2v.port={PORT} p2v.username=p2vlogin p2v.identity={KEY}"
           f" p2v.hostkey={HOSTKEY} p2v.gui")
    nonsense ("Host", ("not a host", "-x", LONG, "日本 語"), "münchen.example")
    nonsense ("Port", ("-1", "0", "65536", "22x", LONG), PORT)
    nonsense ("User name", ("a b", "-x", LONG), "p2vlogin")
    nonsense ("Private key", ("gopher://x", LONG), KEY)
    w.key ("alt+j")
    nonsense ("Jump host", ("@", "a b", "x:99999", LONG), "bücher.example")
    w.press ("^Log in with a password$", ROLE.RADIO_BUTTON)
    nonsense ("Password", (), "")
    w.press ("^Log in with a private key$", ROLE.RADIO_BUTTON)
    w.enter ("Jump host", "")
    w.enter ("Host", "127.0.0.1")
    test ()
    w.press ("^Next$", seconds=30)
    w.heading ("What becomes a virtual machine\\?")
    w.see ("^Name$", ROLE.TEXT)
    nonsense ("Name", ("-a", "a b", "x" * 65, "ü", LONG), "guest")
    card = w.find ("^Network for ", ROLE.TEXT)
    if card:
        nonsense (card.get_name (), ("a b", "a,b", LONG), "default")
    for name in ("Processors", "Memory in MiB"): # they take figures alone, and no more than there may be
        for value in ("-5", "99999999999", "abc", ""):
            w.wait (lambda: w.find (f"^{name}$", ROLE.SPIN_BUTTON), name).set_text_contents (value)
    w.press ("^Next$")
    w.heading ("Where does it go\\?")
    nonsense ("Where", (LONG, "a\tb\x01\nc"), WORK + "/out")
    w.kill ()
    w = Wizard (f"p2v.disks={DISK} p2v.gui", WORK + "/client.log", "--consoles")
    if not w.find ("How is this machine connected\\?"):
        w.press ("^Back$")
    w.press ("^Fixed address$", ROLE.RADIO_BUTTON)
    nonsense ("Address", ("-1", "192.0.2.300/24", "192.0.2.9/99", "日本語", LONG), "192.0.2.9/24")
    nonsense ("Router", ("-1", "192.0.2.1/24", LONG), "192.0.2.1")
    nonsense ("Name servers", ("-1", "192.0.2.1,192.0.2.2", LONG), "192.0.2.1 2001:db8::1")
    w.kill ()


def iscsi ():
    """As on the image; nothing of it is pressed that would set this machine's iSCSI."""
    global w
    w = Wizard (f"p2v.disks={DISK} p2v.gui p2v.server=127.0.0.1 p2v.port={PORT} p2v.username=p2vlogin"
                f" p2v.identity={KEY} p2v.hostkey={HOSTKEY}", WORK + "/client.log", "--consoles")
    if w.find ("How is this machine connected\\?"):
        w.press ("^Next$")
    test ()
    w.see ("Connected as p2vlogin@127.0.0.1", seconds=30)
    w.press ("^Next$")
    w.heading ("What becomes a virtual machine\\?")
    w.press ("^Add an iSCSI disk")
    w.heading ("Add an iSCSI disk")
    complete_page ()
    if not w.read ("Initiator name").startswith ("iqn."):
        raise Missing ("a name of this machine")
    w.enter ("Portal", "192.0.2.7:x")
    w.see ("is not the address of an iSCSI portal", ROLE.LABEL)
    if w.find ("^Ask for its targets$").get_state_set ().contains (gi_sensitive):
        raise Missing ("a wrong portal can be asked")
    w.enter ("Portal", "[2001:0db8:0000:0000:0000:0000:0000:0007]:3260")
    w.enter ("Target", "disk") # which is the wrong one of both
    w.see ("“disk” is not the name of a target", ROLE.LABEL)
    w.enter ("Target", "")
    nonsense ("Portal", ("-1", "192.0.2.7:x", "192.0.2.7:99999", "a/b", "a b"), "192.0.2.7")
    nonsense ("Initiator name", ("", "-1", "host", LONG, "iqn.a b"), "iqn.1993-08.org.debian:01:test")
    nonsense ("Target", ("-1", "disk", LONG, "iqn.a b"), "iqn.2001-04.com.example:disk")
    logins = ("User \\(CHAP\\)", "Password", "Target's user", "Target's password")
    for name in logins:
        nonsense (name, (), "")
    for values, said in ((("me", "", "", ""), "A CHAP user has a password"),
                         ((LONG, "secret", "them", ""), "The target's user has a password"),
                         (("", "", "them", "secret"), "A target proves who it is only to"),
                         (("me", "secret", LONG, "secret"), "iSCSI forbids the same password"),
                         (("a\tb\x01\nc", "secret", "", ""), "has a control character in it")):
        for name, value in zip (logins, values):
            w.enter (name, value)
        w.press ("^Connect$") # which nobody hears of: it is told before
        w.see (said, ROLE.LABEL)
        if found := layout.troubles (w):
            raise Missing (f"{said}: {found}")
    w.press ("^Close$")
    w.heading ("What becomes a virtual machine\\?")
    w.kill ()


def stick ():
    """Where there is none; one that is there: tests/slow/stick-key.sh."""
    global w
    w = Wizard (f"p2v.disks={DISK} p2v.gui", WORK + "/client.log", "--consoles")
    if w.find ("How is this machine connected\\?"): # it has no address
        w.press ("^Next$")
    w.heading ("Which conversion server\\?")
    w.press ("Log in with a private key", ROLE.RADIO_BUTTON)
    complete_page ()
    w.press ("Choose a private key from a USB stick")
    w.heading ("A private key from a USB stick")
    w.see ("There is no private key on a USB stick", ROLE.LABEL)
    complete_page ()
    w.press ("^Look again$")
    w.see ("There is no private key on a USB stick", ROLE.LABEL)
    w.press ("^Close$")
    w.heading ("Which conversion server\\?")
    w.kill ()


def tools ():
    begin ()
    w.key ("F1")
    w.heading ("About")
    w.see ("^p2v-client ")
    complete_page ()
    w.key ("Return")
    w.heading ("Which conversion server\\?")
    w.key ("F12")
    w.see ("^Saved as .*/p2v-screen-1.png")
    with open (os.environ["HOME"] + "/p2v-screen-1.png", "rb") as file:
        if file.read (8) != b"\x89PNG\r\n\x1a\n":
            raise Missing ("a picture")
    w.key ("F8")
    w.heading ("Save a support file")
    complete_page ()
    nonsense ("File", (*NONSENSE, "support.txt", "/tmp/", "/" + LONG, "/tmp/a\nb"), WORK + "/support.txt")
    w.enter ("File", "/no/such/folder/support.txt")
    w.key ("Return")
    w.see ("It cannot be saved: ", ROLE.LABEL)
    w.enter ("File", WORK + "/support.txt")
    w.press ("^Save$")
    w.see ("^Saved as .*/support.txt", seconds=30)
    with open (WORK + "/support.txt", encoding="utf-8") as file:
        if "There was no job yet" not in file.read ():
            raise Missing ("the support file says that there was no job")
    w.key ("Return")
    w.heading ("Which conversion server\\?")
    w.kill ()


def asked ():
    """What the server asks and nobody has filled in, here the password, a person answers."""
    begin (f"p2v.server=127.0.0.1 p2v.port={ASKING} p2v.username=p2vlogin p2v.hostkey={ASKING_KEY}")
    test ()
    w.heading ("A question for the login", 30)
    w.see ("p2vlogin@127.0.0.1 asks:")
    complete_page ()
    w.press ("^Give up$")
    says ("was given up: its question was not answered")
    for answer in ("", LONG, "a\tb\x01\nc", "\u202eolleh%s%n"): # each costs the delay of a wrong password
        test ()
        w.heading ("A question for the login", 30)
        w.enter ("Answer", answer)
        if found := layout.troubles (w):
            raise Missing (f"{answer!r:.40}: {found}")
        w.press ("^Answer$")
        says ("refused the password: wrong user name or wrong password")
    test ()
    w.heading ("A question for the login", 30)
    w.enter ("Answer", PASSWORD)
    w.press ("^Answer$")
    w.see ("Connected as p2vlogin@127.0.0.1", seconds=30)
    w.kill ()


def typing ():
    begin ()
    w.enter ("Port", "99999")
    says ("“99999” is not a TCP port")
    if w.find ("^Test connection$").get_state_set ().contains (gi_sensitive):
        raise Missing ("a connection can be tested with a wrong port")
    w.enter ("Port", PORT)
    w.enter ("Host", "not a host")
    says ("is not the name or address of a machine")
    fill ()


def unknown_key ():
    test ()
    w.see ("Is this the right conversion server")
    w.see (HOSTKEY.replace ("+", "\\+"))
    w.press ("do not connect")
    says ("The connection was not made")


def accept_key ():
    test ()
    w.press ("Yes, the fingerprint is the same", seconds=30)
    w.see ("Connected as p2vlogin@127.0.0.1", seconds=30)
    w.see ("It can make: disk images in a folder, a virtual machine of libvirt. Free in .*/out: ")
    w.sensitive ("Next")
    w.enter ("Host", "127.0.0.2") # and nothing of it holds for another host
    if w.find ("Next").get_state_set ().contains (gi_sensitive):
        raise Missing ("Next is still there")
    w.kill ()


def jump_host ():
    """Both keys are asked about, each in its turn."""
    begin (f"p2v.server=127.0.0.1 p2v.port={PORT} p2v.username=p2vlogin")
    if w.find ("^Jump host$", ROLE.TEXT):
        raise Missing ("the field is folded away")
    w.key ("alt+j")
    w.enter ("Password", PASSWORD)
    w.enter ("Jump host", "p2vlogin@127.0.0.1:")
    says ("does not name a jump host")
    w.enter ("Jump host", f"p2vlogin@127.0.0.1:{REFUSED}")
    test ()
    says ("The jump host 127.0.0.1 refused the connection")
    says ("Check “Jump host”")
    w.enter ("Jump host", f"p2vlogin@127.0.0.1:{ASKING}")
    test ()
    w.see ("Is this the right jump host", seconds=30)
    w.see (ASKING_KEY.replace ("+", "\\+"))
    complete_page ()
    w.press ("Yes, the fingerprint is the same")
    w.see ("Is this the right conversion server", seconds=30)
    w.see (HOSTKEY.replace ("+", "\\+"))
    w.press ("Yes, the fingerprint is the same")
    w.see ("Connected as p2vlogin@127.0.0.1", seconds=30)
    complete_page ()
    w.kill ()


def wrong_password ():
    trusted ()
    w.see ("Fill in how to log in")
    w.enter ("Password", "wrong")
    test ()
    says ("refused the password: wrong user name or wrong password")
    says ("Check “User name” and “Password”")


def refused_port ():
    w.enter ("Port", REFUSED)
    test ()
    says ("refused the connection on port")
    says ("Check “Host” and “Port”")


def unknown_host ():
    fill (host="no-such-host.invalid")
    test ()
    says ("no-such-host.invalid cannot be found")


def silent_server ():
    fill (port=SILENT)
    beat = Heartbeat (w.client.pid)
    test ()
    w.see ("^Stop the test$")
    w.enter ("User name", "someone") # the window takes keys; what is typed ends the test
    w.press ("^Test connection$")
    says ("accepted the connection but does not answer", 30)
    beat.end ()


def stopped ():
    test ()
    w.press ("^Stop the test$")
    w.sensitive ("^Test connection$")
    w.kill ()


def changed_key ():
    begin (f"p2v.server=127.0.0.1 p2v.port={PORT} p2v.username=p2vlogin p2v.identity={KEY}"
           f" p2v.hostkey=SHA256:{'A' * 43} p2v.gui")
    test ()
    says ("this may be another machine, or somebody in between")
    if w.find ("fingerprint is the same"):
        raise Missing ("a changed key can be accepted by a button")
    w.kill ()


def no_server ():
    os.rename (WORK + "/sshd/server/bin/p2v-server", WORK + "/sshd/server/bin/away")
    try:
        begin (f"p2v.server=127.0.0.1 p2v.port={PORT} p2v.username=p2vlogin p2v.identity={KEY}"
               f" p2v.hostkey={HOSTKEY} p2v.gui")
        test ()
        says ("The conversion server has no p2v-server")
    finally:
        os.rename (WORK + "/sshd/server/bin/away", WORK + "/sshd/server/bin/p2v-server")
    w.kill ()


def in_german ():
    """What the core says in English."""
    global w
    w = Wizard (f"p2v.server=127.0.0.1 p2v.port={REFUSED} p2v.password=x p2v.gui", WORK + "/client.log", LANGUAGE="de")
    w.press ("^Verbindung testen$")
    w.see (f"hat die Verbindung auf Port {REFUSED} abgelehnt", ROLE.LABEL, 30)
    w.see ("Prüfen Sie „Rechner“ und „Port“", ROLE.LABEL)
    w.kill ()
    begin ()


def quit_by_keyboard ():
    w.key ("alt+q")
    w.see ("Close the wizard\\?")
    w.key ("Return") # the safe answer is the default
    w.heading ("Which conversion server\\?")
    w.key ("alt+q")
    w.see ("Close the wizard\\?")
    w.key ("alt+i")
    status = w.end ()
    if status != 130:
        raise Missing (f"exit status {status}")


for name, case in (
        ("every widget has a name, and the window fits 800x600", names),
        ("so has page Network; its fields are checked as they are typed", network),
        ("so has Add an iSCSI disk; what is typed is checked before anything is asked", iscsi),
        ("About, a picture of the screen and a support file by function keys", tools),
        ("a USB stick with a key is looked for", stick),
        ("a server that asks further questions", asked),
        ("nonsense in every field is told in one sentence, and breaks nothing", wrong_input),
        ("a wrong value is told as it is typed", typing),
        ("an unknown host key is asked about, and can be refused", unknown_key),
        ("and accepted: versions, targets, free space", accept_key),
        ("a jump host, whose key is asked about as well", jump_host),
        ("the wrong password", wrong_password),
        ("a port that refuses", refused_port),
        ("a name that does not exist", unknown_host),
        ("a server that says nothing; the window lives", silent_server),
        ("a test can be stopped", stopped),
        ("another host key than the given one", changed_key),
        ("no p2v-server there", no_server),
        ("errors are said in the language of the person", in_german),
        ("Quit asks, by keyboard alone", quit_by_keyboard)):
    tap.case (name, case)
if w:
    w.kill ()
tap.end ()
