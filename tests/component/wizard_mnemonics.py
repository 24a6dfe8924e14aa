# SPDX-License-Identifier: GPL-2.0-or-later
"""wizard_mnemonics.py LANGUAGE: the mnemonics of each page of the wizard, from its template
and its source, together with those of the frame around it."""
import gettext, glob, os, re, sys
import xml.etree.ElementTree as ElementTree

UI = "p2v-client/ui/"
catalog = gettext.translation ("p2v", os.environ["BUILD"] + "/share/locale", [sys.argv[1]], fallback=True)
literal = re.compile (r'_ \(((?:\s*"(?:[^"\\]|\\.)*")+)\)')
wrong = []


def mnemonic (english):
    """(its letter or None, the translated text)"""
    text = catalog.gettext (english)
    found = re.search ("_(.)", text.replace ("__", ""))
    return (found.group (1).lower () if found else None), text


def of_template (name):
    """The English texts of widgets with a mnemonic."""
    for thing in ElementTree.parse (UI + name).iter ("object"):
        properties = {p.get ("name"): p for p in thing.findall ("property")}
        if "label" in properties and properties.get ("use-underline") is not None:
            yield properties["label"].text


def of_source (name):
    with open (UI + name, encoding="utf-8") as file:
        for match in literal.finditer (file.read ()):
            text = "".join (re.findall (r'"((?:[^"\\]|\\.)*)"', match.group (1)))
            if re.search ("_[A-Za-z]", text):
                yield text


def check (where, texts):
    """Every one of TEXTS is on the screen at the same time."""
    seen = {}
    for english in dict.fromkeys (texts):
        letter, text = mnemonic (english)
        if letter is None:
            wrong.append (f"{where}: \"{text}\" has none")
        elif letter in seen:
            wrong.append (f"{where}: \"{text}\" and \"{seen[letter]}\"")
        else:
            seen[letter] = text


frame = [*of_template ("window.ui"), "_More"]
for page in sorted (os.path.basename (p) for p in glob.glob (UI + "page-*.ui")):
    template = list (of_template (page))
    name = page.removesuffix (".ui")
    # A page that is "closed" has its own buttons instead of the frame's.
    with open (UI + page, encoding="utf-8") as file:
        closed = 'name="closed">1' in file.read ()
    around = ["_More"] if closed else frame
    check (name, template + around)
    # What the source puts in the place of a text of the template has, in turn, to go with
    # all the others.
    source = list (of_source (name + ".c"))
    for english in source:
        if english not in template:
            check (name, [t for t in template if t not in source] + [english] + around)

check ("menu", [t for t in of_source ("tools.c") if t not in ("_More", "_Go there", "_Close", "_Power off", "Re_boot")])
check ("support file", [*of_source ("support-sheet.c"), "_More"])
check ("iSCSI", [*of_source ("iscsi-sheet.c"), "_More"])
check ("question", [*of_source ("question.c"), "_More"])
for answer in ("_Go there", "_Power off", "Re_boot"):
    check ("sheet", ["_Cancel", answer, "_More"])
print ("\n".join (wrong))
sys.exit (bool (wrong))
