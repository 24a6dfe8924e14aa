# SPDX-License-Identifier: GPL-2.0-or-later
"""Drives the dialog in text through a pseudo-terminal, as a person at a serial line does: a
screen (pyte) that is looked at, and keys.

    d = TextDialog ("p2v.server=…", log="client.log", columns=80, rows=24)
    d.see ("Which conversion server")       # on the screen within 20 s
    d.enter ("Host", "conv")                # focuses the field of that label and types
    d.press ("Test connection")             # focuses the button and presses Enter

Everything that was sent to the terminal is in d.sent."""
import fcntl, os, pty, re, select, signal, socket, struct, termios, time
import pyte

BUILD = os.environ.get ("BUILD", "build")
TAB, ENTER, SPACE, ESCAPE, UP, DOWN, CONTROL_C = "\t", "\r", " ", "\x1b", "\x1b[A", "\x1b[B", "\x03"
F1, F8 = "\x1bOP", "\x1b[19~" # of a vt220


class Missing (Exception):
    pass


class Tap:
    def __init__ (self):
        self.n = self.bad = 0

    def case (self, name, run):
        self.n += 1
        try:
            run ()
            print (f"ok {self.n} - {name}", flush=True)
        except Exception as e:
            self.bad += 1
            what = f"{type (e).__name__}: {e}".replace ("\n", "\n# ")
            print (f"not ok {self.n} - {name}\n# {what}", flush=True)

    def end (self):
        print (f"1..{self.n}")
        raise SystemExit (1 if self.bad else 0)


class Screen (pyte.Screen):
    """One that answers the question where its cursor is; ASCII: bytes are characters."""
    reply = None

    def write_process_input (self, data):
        if self.reply:
            self.reply (data)


class TextDialog:
    def __init__ (self, arguments, log=None, columns=80, rows=24, term="vt220", utf8=True, env=None,
                  options=()):
        self.screen = Screen (columns, rows)
        self.stream = pyte.ByteStream (self.screen)
        if not utf8:
            self.stream.select_other_charset ("@")
        self.sent = b""
        self.pid, self.fd = pty.fork ()
        if self.pid == 0:
            child = {**os.environ, "TERM": term, "LC_ALL": "C.UTF-8", "LANGUAGE": "", **(env or {})}
            child.pop ("DISPLAY", None)
            program = os.path.join (BUILD, "bin/p2v-client")
            argv = [program, *([f"--log={log}"] if log else []), *options, f"--cmdline={arguments}"]
            os.execve (program, argv, child)
        self.screen.reply = lambda data: os.write (self.fd, data.encode ())
        self.resize (columns, rows)

    def resize (self, columns, rows):
        fcntl.ioctl (self.fd, termios.TIOCSWINSZ, struct.pack ("HHHH", rows, columns, 0, 0))
        self.screen.resize (rows, columns)

    def serve (self, seconds):
        """Takes what comes; False when the program has closed the terminal."""
        ready, _, _ = select.select ([self.fd], [], [], seconds)
        if ready:
            try:
                data = os.read (self.fd, 65536)
            except OSError:
                return False
            if not data:
                return False
            self.sent += data
            self.stream.feed (data)
        return True

    def settle (self, seconds=0.25):
        end = time.monotonic () + seconds
        while time.monotonic () < end:
            if not self.serve (end - time.monotonic ()):
                return

    def text (self):
        try:
            return "\n".join (line.rstrip () for line in self.screen.display)
        except IndexError: # half of a wide character is overwritten: the rest is on its way
            return ""

    def words (self):
        """The screen's text in one line, without the window's frame."""
        return re.sub (r"\s+", " ", re.sub (r"[│┌┐└┘─├┤x]{1}(?=\s|$)|^\s*│|^x", " ", self.text (), flags=re.M))

    def see (self, expression, seconds=20):
        end = time.monotonic () + seconds
        while not re.search (expression, self.words ()):
            if time.monotonic () > end:
                raise Missing (f"not on the screen: {expression}\n{self.text ()}")
            if not self.serve (0.2) and not re.search (expression, self.words ()):
                raise Missing (f"the program has ended; not on the screen: {expression}\n{self.text ()}")

    def key (self, keys, wait=0.25):
        os.write (self.fd, keys.encode ())
        self.settle (wait)

    def line (self):
        """The text of the line with the cursor."""
        return self.screen.display[self.screen.cursor.y]

    def active (self):
        """What has the focus is shown in reverse: its text, a button's or a switch's."""
        found = ""
        for y in range (self.screen.lines - 1):
            row = self.screen.buffer[y]
            found += "".join (row[x].data for x in range (self.screen.columns) if row[x].reverse)
        return found

    def focus (self, matches, tries=60):
        """Tab until MATCHES () is true."""
        for _ in range (tries):
            if matches ():
                return
            self.key (TAB, 0.12)
        raise Missing (f"cannot be reached with Tab\n{self.text ()}")

    def enter (self, label, value):
        self.focus (lambda: re.search (label, self.line ()) is not None and
                    self.screen.cursor.x > self.line ().find (label) + len (label))
        self.key ("\x05" + "\x15", 0.1) # to the end, all before it away
        self.key (value, 0.2)

    def choose (self, label):
        """A switch or a choice: Space on its line."""
        self.focus (lambda: re.search (r"[\[(].[\])] .*" + label, self.line ()) is not None)
        self.key (SPACE)

    def press (self, label, seconds=20):
        self.see (r"<[^<>]*" + label, seconds)
        self.focus (lambda: re.search (label, self.active ()) is not None)
        self.key (ENTER)

    def end (self, seconds=20):
        """Waits for the end; the exit status."""
        limit = time.monotonic () + seconds
        while time.monotonic () < limit:
            pid, status = os.waitpid (self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode (status)
            self.serve (0.1)
        raise Missing (f"the program does not end\n{self.text ()}")

    def kill (self):
        if self.pid:
            os.kill (self.pid, signal.SIGKILL)
            os.waitpid (self.pid, 0)
            self.pid = 0
        os.close (self.fd)


class SerialDialog (TextDialog):
    """The same at the far end of a serial line, a unix socket of QEMU's."""

    def __init__ (self, path, columns=80, rows=24):
        self.screen = Screen (columns, rows)
        self.stream = pyte.ByteStream (self.screen)
        self.sent = b""
        self.pid = 0
        self.socket = socket.socket (socket.AF_UNIX)
        self.socket.connect (path)
        self.fd = self.socket.fileno ()
        self.screen.reply = lambda data: os.write (self.fd, data.encode ())

    def key (self, keys, wait=0.6):
        for byte in keys.encode ():
            os.write (self.fd, bytes ([byte]))
            time.sleep (0.03) # faster, and an emulated machine loses some
        self.settle (wait)

    def kill (self):
        self.socket.close ()
