# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives p2v-client's wizard by AT-SPI, the way a screen reader sees it.

Runs inside dbus-run-session with a display.  Names are those that the wizard says;
LANG=C, so they are English.
"""
import functools, os, re, signal, subprocess, sys, time
import gi
gi.require_version ("Atspi", "2.0")
from gi.repository import Atspi

ROLE = Atspi.Role
PATIENCE = 20
# Whoever hears the wizard only must be told what each of these is.
KINDS = {ROLE.PUSH_BUTTON, ROLE.TEXT, ROLE.PASSWORD_TEXT, ROLE.CHECK_BOX, ROLE.RADIO_BUTTON,
         ROLE.COMBO_BOX, ROLE.SPIN_BUTTON, ROLE.PROGRESS_BAR, ROLE.LIST_BOX, ROLE.TOGGLE_BUTTON}


class Missing (Exception):
    pass


def patient (look):
    """LOOK again, for a second, where a widget has gone while it was looked at."""
    @functools.wraps (look)
    def looked (*arguments):
        for _ in range (20):
            try:
                return look (*arguments)
            except gi.repository.GLib.Error:
                time.sleep (0.05)
        return look (*arguments)
    return looked


def app_of (pid):
    desktop = Atspi.get_desktop (0)
    for i in range (desktop.get_child_count ()):
        app = desktop.get_child_at_index (i)
        if app and app.get_process_id () == pid:
            return app
    return None


class Wizard:
    def __init__ (self, cmdline, log, *options, **environment):
        self.log = open (log, "ab")
        self.client = subprocess.Popen ([os.environ["BUILD"] + "/bin/p2v-client", "--cmdline=-", *options],
                                        stdin=subprocess.PIPE, stdout=self.log, stderr=self.log,
                                        env={**os.environ, **environment})
        self.client.stdin.write (cmdline.encode ())
        self.client.stdin.close ()
        self.app = self.wait (self.find_app, "the program")
        self.frame = self.wait (lambda: self.app.get_child_at_index (0), "the window")
        for _ in range (50):
            if self.showing (self.frame):
                break
            time.sleep (0.1)

    # ---- looking ----
    def find_app (self):
        return app_of (self.client.pid)

    @staticmethod
    def showing (node):
        return node.get_state_set ().contains (Atspi.StateType.SHOWING)

    @staticmethod
    def folded (node):
        """In an expander that was never opened: GTK says "showing" of it in a page that scrolls."""
        box = Atspi.Component.get_extents (node, Atspi.CoordType.SCREEN)
        return box.width <= 1 and box.height <= 1

    def nodes (self, node=None):
        """Everything that is on the screen."""
        node = node or self.frame
        for i in range (node.get_child_count ()):
            child = node.get_child_at_index (i)
            if child and self.showing (child):
                yield child
                yield from self.nodes (child)

    def wait (self, look, what, seconds=PATIENCE):
        end = time.monotonic () + seconds
        while True:
            try:
                found = look ()
            except gi.repository.GLib.Error:
                found = None # it has just gone
            if found:
                return found
            if self.client.poll () is not None:
                raise Missing (f"{what}: the program has ended with status {self.client.returncode}")
            if time.monotonic () > end:
                raise Missing (f"{what} did not come; on the screen: {self.words ()}")
            time.sleep (0.05)

    @patient
    def find (self, name, role=None):
        pattern = re.compile (name)
        for node in self.nodes ():
            if (role is None or node.get_role () == role) and pattern.search (node.get_name () or "") \
                    and not self.folded (node):
                return node
        return None

    @patient
    def words (self):
        return " | ".join (n.get_name () for n in self.nodes () if n.get_name ())

    @patient
    def nameless (self):
        """What of the widgets on the screen has no name."""
        return [n.get_role_name () for n in self.nodes () if n.get_role () in KINDS and not n.get_name ()]

    # ---- waiting ----
    def see (self, name, role=None, seconds=PATIENCE):
        return self.wait (lambda: self.find (name, role), f"\"{name}\"", seconds)

    def heading (self, name, seconds=PATIENCE):
        return self.see (f"^{name}$", ROLE.LABEL, seconds)

    def sensitive (self, name, role=ROLE.PUSH_BUTTON, seconds=PATIENCE):
        def look ():
            node = self.find (name, role)
            return node if node and node.get_state_set ().contains (Atspi.StateType.SENSITIVE) else None
        return self.wait (look, f"\"{name}\" to be usable", seconds)

    # ---- doing ----
    def press (self, name, role=ROLE.PUSH_BUTTON, seconds=PATIENCE):
        self.sensitive (name, role, seconds).do_action (0)

    def enter (self, name, text):
        node = self.wait (lambda: self.find (f"^{name}$", ROLE.TEXT) or self.find (f"^{name}$", ROLE.PASSWORD_TEXT),
                          f"\"{name}\"")
        if not node.set_text_contents (text):
            raise Missing (f"{name} takes no text")

    def read (self, name, role=ROLE.TEXT):
        return Atspi.Text.get_text (self.see (f"^{name}$", role), 0, -1)

    def key (self, name):
        """One key as from the keyboard: "Return", "Tab", or a character; "alt+x"."""
        names = name.split ("+") if len (name) > 1 else [name]
        for part in names[:-1]:
            self.raw_key (part, Atspi.KeySynthType.PRESS)
        self.raw_key (names[-1], Atspi.KeySynthType.SYM)
        for part in reversed (names[:-1]):
            self.raw_key (part, Atspi.KeySynthType.RELEASE)

    @staticmethod
    def raw_key (name, kind):
        values = {"Return": 0xff0d, "Tab": 0xff09, "Escape": 0xff1b, "space": 0x20, "Down": 0xff54,
                  "F1": 0xffbe, "F8": 0xffc5, "F12": 0xffc9}
        codes = {"alt": 64, "shift": 50, "ctrl": 37}
        if name in codes: # a modifier, by its place on the keyboard
            Atspi.generate_keyboard_event (codes[name], None, kind)
        else:
            Atspi.generate_keyboard_event (values.get (name) or ord (name), None, kind)

    def type (self, text):
        for character in text:
            self.key (character)

    @patient
    def focused (self):
        for node in self.nodes ():
            if node.get_state_set ().contains (Atspi.StateType.FOCUSED):
                return node
        return None

    # ---- ending ----
    def end (self, seconds=30):
        """The exit status, once the window is closed."""
        try:
            return self.client.wait (seconds)
        finally:
            self.kill ()

    def leave (self):
        """Where a person can: a sanitizer tells what leaks at the end of main only."""
        for name in ("Close", "Quit", "Close it"):
            node = self.find (f"^{name}$", ROLE.PUSH_BUTTON)
            if node:
                node.do_action (0)
                time.sleep (0.5)
        self.client.wait (20)

    def kill (self):
        if os.environ.get ("SAN") and self.client.poll () is None:
            try:
                self.leave ()
            except (gi.repository.GLib.Error, subprocess.TimeoutExpired):
                pass # there is no way out of where it is
        if self.client.poll () is None:
            self.client.send_signal (signal.SIGTERM)
            try:
                self.client.wait (5)
            except subprocess.TimeoutExpired:
                self.client.kill ()
                self.client.wait ()


class Heartbeat:
    """How late the program's main loop is: another process asks it for something ten times
    a second that only the main loop answers."""
    def __init__ (self, pid):
        self.child = subprocess.Popen ([sys.executable, __file__, "heartbeat", str (pid)],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.child.stdout.readline () # it has begun

    def worst_ms (self):
        output, _ = self.child.communicate ("\n", timeout=30)
        return float (output)

    def end (self):
        """Never later than half a second, since it began."""
        worst = self.worst_ms ()
        print (f"# the main loop was never later than {worst:.0f} ms", flush=True)
        if worst > 500:
            raise Missing (f"the main loop was {worst:.0f} ms late")


def heartbeat (pid):
    import select
    Atspi.set_timeout (30000, 30000) # an answer is waited for, however late
    frame = app_of (pid).get_child_at_index (0)
    on_the_way = [os.getpid (), pid, *buses ()]
    worst = 0.0
    print ("begun", flush=True)
    while not select.select ([sys.stdin], [], [], 0.1)[0]:
        began, queued = time.monotonic (), starved (on_the_way)
        Atspi.Component.get_extents (frame, Atspi.CoordType.SCREEN) # is never cached
        late = time.monotonic () - began - (starved (on_the_way) - queued)
        worst = max (worst, late)
    print (worst * 1000, flush=True)


def buses ():
    """The message buses of this test."""
    mark = ("P2V_TEST_MARK=" + os.environ.get ("P2V_TEST_MARK", "")).encode ()
    for name in filter (str.isdigit, os.listdir ("/proc")):
        try:
            with open (f"/proc/{name}/comm") as comm, open (f"/proc/{name}/environ", "rb") as environ:
                if comm.read ().strip () == "dbus-daemon" and mark in environ.read ().split (b"\0"):
                    yield int (name)
        except OSError:
            pass


def starved (pids):
    """Seconds that these have waited for a processor which others had (proc(5), schedstat):
    a busy machine is not the program's fault."""
    total = 0
    for pid in pids:
        try:
            with open (f"/proc/{pid}/schedstat") as stat:
                total += int (stat.read ().split ()[1])
        except (OSError, IndexError):
            pass
    return total / 1e9


class Tap:
    """Prints what tests/run and prove want to see."""
    def __init__ (self):
        self.count, self.failed = 0, 0

    def case (self, name, run):
        self.count += 1
        try:
            run ()
            print (f"ok {self.count} - {name}", flush=True)
        except Exception as problem: # pylint: disable=broad-except
            self.failed += 1
            print (f"not ok {self.count} - {name}\n# {type (problem).__name__}: {problem}", flush=True)

    def end (self):
        print (f"1..{self.count}", flush=True)
        sys.exit (1 if self.failed else 0)


if __name__ == "__main__" and sys.argv[1:2] == ["heartbeat"]:
    heartbeat (int (sys.argv[2]))
