# SPDX-License-Identifier: GPL-2.0-or-later
"""What a person with good eyes sees at once: whether something of the wizard's window is cut
off or outside the screen.  By AT-SPI, whose extents are GTK's pixels: FACTOR (GDK_SCALE) of
the screen's each.
"""
import os, time
import gi
gi.require_version ("Gdk", "3.0")
gi.require_version ("Gtk", "3.0")
from gi.repository import Atspi, Gdk, GLib, Gtk, Pango
from wizard import Wizard

ROLE = Atspi.Role
SCREEN = Atspi.CoordType.SCREEN
PANES = (ROLE.SCROLL_PANE, ROLE.VIEWPORT)
BUTTONS = (ROLE.PUSH_BUTTON, ROLE.CHECK_BOX, ROLE.RADIO_BUTTON, ROLE.TOGGLE_BUTTON)
ENTRIES = (ROLE.TEXT, ROLE.PASSWORD_TEXT)
# An entry's frame and padding, both sides together, in Adwaita and HighContrast.
ENTRY_FRAME = 18
# A list's, with its arrow.
COMBO_FRAME = 40


def clip_of (frame, factor):
    root = Gdk.get_default_root_window ()
    own = Gdk.get_default_root_window ().get_scale_factor ()
    box = Atspi.Component.get_extents (frame, SCREEN)
    right = min (box.x + box.width, root.get_width () * own // factor)
    bottom = min (box.y + box.height, root.get_height () * own // factor)
    return box.x, box.y, right, bottom


def font_of (node):
    attributes = Atspi.Text.get_default_attributes (node)
    font = Pango.FontDescription.from_string (f"{attributes['family-name']} {attributes['size']}")
    font.set_weight (Pango.Weight (int (attributes["weight"])))
    return font


def width_of (text, font=None):
    """What TEXT needs on one line, in GTK's pixels.  A widget that is not shown has no width."""
    layout = Gtk.Label ().create_pango_layout (text)
    layout.set_font_description (font)
    return layout.get_pixel_size ().width


def is_cut (label, box):
    """Is a part of its text outside of its place, or an ellipsis in the place of it?"""
    text = Atspi.Text.get_text (label, 0, -1)
    if not text:
        return False
    whole = Atspi.Text.get_range_extents (label, 0, len (text), SCREEN)
    line = Atspi.Text.get_character_extents (label, 0, SCREEN).height
    one_line = whole.height < 2 * line
    return whole.height > box.height + 1 or whole.width > box.width + 1 or \
        (one_line and width_of (text, font_of (label)) > box.width + 1)


def hides_hint (entry, width):
    hint = entry.get_attributes ().get ("placeholder-text")
    return hint and width_of (hint, font_of (entry)) > width - ENTRY_FRAME


def hides_choice (combo, width):
    """Of one that is written into this is the entry's affair."""
    if any (combo.get_child_at_index (i).get_role () in ENTRIES for i in range (combo.get_child_count ())):
        return False
    chosen = Atspi.Selection.get_selected_child (combo, 0)
    return chosen and width_of (chosen.get_name ()) > width - COMBO_FRAME


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
    if role == ROLE.LABEL and is_cut (node, box):
        found.append (f"{what} is smaller than its text")
    if role in ENTRIES and hides_hint (node, box.width):
        found.append (f"{what}: its hint is cut off")
    if role == ROLE.COMBO_BOX and hides_choice (node, box.width):
        found.append (f"{what}: its choice is cut off")
    if role in BUTTONS and node.get_state_set ().contains (Atspi.StateType.SENSITIVE) \
            and not node.get_state_set ().contains (Atspi.StateType.FOCUSABLE):
        found.append (f"{what} cannot be reached by keyboard")
    if role in PANES:
        clip, scrolls = (box.x, box.y, box.x + box.width, box.y + box.height), True
    for i in range (node.get_child_count ()):
        child = node.get_child_at_index (i)
        if child and child.get_state_set ().contains (Atspi.StateType.SHOWING):
            look_at (child, clip, scrolls, found)


def picture (name):
    """Of the whole screen, into SHOTS=DIR where that is set."""
    if folder := os.environ.get ("SHOTS"):
        time.sleep (0.4)
        root = Gdk.get_default_root_window ()
        pixels = Gdk.pixbuf_get_from_window (root, 0, 0, root.get_width (), root.get_height ())
        pixels.savev (f"{folder}/{name}.png", "png", [], [])


def troubles (wizard, factor=1):
    """A line for each thing that is not as it should be, and stays so for two seconds: a text that
    has just changed has its new place with GTK's next frame, and a page that has just come may
    be replaced while it is looked at."""
    end = time.monotonic () + 2
    while True:
        found = []
        try:
            look_at (wizard.frame, clip_of (wizard.frame, factor), False, found)
        except GLib.Error as gone:
            found.append (f"cannot be looked at: {gone.message}")
        if not found or time.monotonic () > end:
            return found
        time.sleep (0.2)
