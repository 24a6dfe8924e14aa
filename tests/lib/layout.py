# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person with good eyes sees at once: whether something of the wizard's window is cut
off or outside the screen.  By AT-SPI, whose extents are GTK's pixels: FACTOR (GDK_SCALE) of
the screen's each.
"""
import gi
gi.require_version ("Gdk", "3.0")
gi.require_version ("Gtk", "3.0")
from gi.repository import Atspi, Gdk, Gtk
from wizard import Wizard

ROLE = Atspi.Role
SCREEN = Atspi.CoordType.SCREEN
PANES = (ROLE.SCROLL_PANE, ROLE.VIEWPORT)
BUTTONS = (ROLE.PUSH_BUTTON, ROLE.CHECK_BOX, ROLE.RADIO_BUTTON, ROLE.TOGGLE_BUTTON)
ENTRIES = (ROLE.TEXT, ROLE.PASSWORD_TEXT)
# An entry's frame and padding, both sides together, in Adwaita and HighContrast.
ENTRY_FRAME = 18


def clip_of (frame, factor):
    root = Gdk.get_default_root_window ()
    own = Gdk.get_default_root_window ().get_scale_factor ()
    box = Atspi.Component.get_extents (frame, SCREEN)
    right = min (box.x + box.width, root.get_width () * own // factor)
    bottom = min (box.y + box.height, root.get_height () * own // factor)
    return box.x, box.y, right, bottom


def is_cut (label):
    """Does an ellipsis stand for the end of its text?  All that it hides is where it is."""
    text = Atspi.Text.get_text (label, 0, -1)
    if len (text) < 2:
        return False
    last, before = (Atspi.Text.get_character_extents (label, len (text) - back, SCREEN) for back in (1, 2))
    return (last.x, last.y) == (before.x, before.y)


def hides_hint (entry, width):
    hint = entry.get_attributes ().get ("placeholder-text")
    return hint and Gtk.Label (label=hint).get_preferred_width ()[1] > width - ENTRY_FRAME


def look_at (node, clip, scrolls, found):
    left, top, right, bottom = clip
    role = node.get_role ()
    box = Atspi.Component.get_extents (node, SCREEN)
    if Wizard.folded (node):
        return
    what = f"{node.get_role_name ()} \"{node.get_name ()}\" ({box.width}x{box.height}+{box.x}+{box.y})"
    if box.x < left or box.x + box.width > right:
        found.append (f"{what} is cut off at a side")
    # What scrolls is only as high as there is place for; the focus brings the rest.
    if not scrolls and (box.y < top or box.y + box.height > bottom):
        found.append (f"{what} is cut off above or below")
    if role == ROLE.LABEL and is_cut (node):
        found.append (f"{what} ends in an ellipsis")
    if role in ENTRIES and hides_hint (node, box.width):
        found.append (f"{what}: its hint is cut off")
    if role in BUTTONS and node.get_state_set ().contains (Atspi.StateType.SENSITIVE) \
            and not node.get_state_set ().contains (Atspi.StateType.FOCUSABLE):
        found.append (f"{what} cannot be reached by keyboard")
    if role in PANES:
        clip, scrolls = (box.x, box.y, box.x + box.width, box.y + box.height), True
    for i in range (node.get_child_count ()):
        child = node.get_child_at_index (i)
        if child and child.get_state_set ().contains (Atspi.StateType.SHOWING):
            look_at (child, clip, scrolls, found)


def troubles (wizard, factor=1):
    """A line for each thing that is not as it should be."""
    found = []
    look_at (wizard.frame, clip_of (wizard.frame, factor), False, found)
    return found
