# SPDX-License-Identifier: GPL-2.0-or-later
"""Does tests/lib/layout.py find what is cut off, and nothing else?  "window": what it looks at, a
program of its own."""
import os, subprocess, sys, time, types
sys.path.insert (0, "tests/lib")
import layout
from wizard import app_of
from gi.repository import Gtk, Pango

LONG = "Which of the conversion servers in the cellar is to make the virtual machine?"
GOOD = ("good", "wrapped " + LONG, "hint good", "choice good")
CUT = ("ends " + LONG, "begins " + LONG, "low " + LONG, "hint " + LONG, "choice " + LONG)


class LowLabel (Gtk.Label):
    """Says that it needs less than it does."""
    def do_get_preferred_height_for_width (self, width):
        return 12, 12


def choice (text):
    combo = Gtk.ComboBoxText ()
    combo.append_text (text)
    combo.set_active (0)
    combo.get_cells ()[0].set_property ("ellipsize", Pango.EllipsizeMode.END)
    combo.get_accessible ().set_name (text)
    return combo


def window ():
    top = Gtk.Window (default_width=300)
    box = Gtk.Box (orientation=Gtk.Orientation.VERTICAL, spacing=10)
    entries = [Gtk.Entry (placeholder_text=text) for text in (GOOD[2], CUT[3])]
    choices = [choice (text) for text in (GOOD[3], CUT[4])]
    for widget in (Gtk.Label (label=GOOD[0]),
                   Gtk.Label (label=GOOD[1], wrap=True, max_width_chars=20),
                   Gtk.Label (label=CUT[0], ellipsize=Pango.EllipsizeMode.END),
                   Gtk.Label (label=CUT[1], ellipsize=Pango.EllipsizeMode.START),
                   LowLabel (label=CUT[2], wrap=True, max_width_chars=20),
                   *entries, *choices):
        box.add (widget)
    for entry in entries:
        entry.get_accessible ().set_name (entry.get_placeholder_text ())
    top.add (box)
    top.show_all ()
    Gtk.main ()


def look ():
    child = subprocess.Popen ([sys.executable, __file__, "window"])
    try:
        for _ in range (200):
            app = app_of (child.pid)
            frame = app and app.get_child_at_index (0)
            if frame and frame.get_state_set ().contains (layout.Atspi.StateType.SHOWING):
                break
            time.sleep (0.1)
        time.sleep (0.5) # until it has its size
        found = "\n".join (layout.troubles (types.SimpleNamespace (frame=frame)))
    finally:
        child.kill ()
        child.wait ()
    wrong = [f"is not found: {text}" for text in CUT if f'"{text}"' not in found]
    wrong += [f"is not cut: {text}" for text in GOOD if f'"{text}"' in found]
    print ("\n".join ((*wrong, "---", found)))
    sys.exit (bool (wrong))


if sys.argv[1:] == ["window"]:
    window ()
look ()
