# SPDX-License-Identifier: GPL-2.0-or-later
"""pseudo-locale.py DIR LANGUAGE long|rtl: a translation that no person speaks, as
DIR/share/locale/LANGUAGE: every text of the dialogs is 40 % longer than in English, or in
Hebrew letters and from right to left.  DIR/lib/p2v is the P2V_LIBDIR with which p2v-client
finds it.
"""
import os, re, subprocess, sys

LONGER = 0.4
# What stays as it is: conversions, escapes, and the letter after the mark of a mnemonic.
token = re.compile (r"(%[-+ #0-9.*$lhzjt]*[A-Za-z%]|\\.)|(_?)(.)")
HEBREW = "אבגדהוזחטיכלמנסעפצקרשתםןףץ"


def longer (text):
    out, letters = [], 0
    for fixed, mark, letter in token.findall (text):
        out.append (fixed or mark + letter)
        if letter.isalpha ():
            letters += 1
            if int (letters * LONGER) > int ((letters - 1) * LONGER):
                out.append (letter)
    return "".join (out)


def hebrew (text):
    def one (letter):
        return HEBREW[ord (letter.lower ()) - ord ("a")] if letter.isascii () and letter.isalpha () else letter
    return "".join (fixed or mark + one (letter) for fixed, mark, letter in token.findall (text))


def translate (lines, kind):
    """The lines of a catalogue whose translations are the English originals."""
    header, inside = True, False
    for line in lines:
        match = re.match (r'(msgstr(?:\[\d\])? |)"(.*)"$', line)
        inside = line.startswith ("msgstr") or (inside and bool (match))
        if not header and inside:
            text = match.group (2)
            if text == "default:LTR":
                text = "default:RTL" if kind == "rtl" else text
            else:
                text = hebrew (text) if kind == "rtl" else longer (text)
            line = f'{match.group (1)}"{text}"'
        header = header and line.strip () != ""
        yield line


def main ():
    folder, language, kind = sys.argv[1:]
    po = f"{folder}/{language}.po"
    messages = f"{folder}/share/locale/{language}/LC_MESSAGES"
    libs = os.environ["BUILD"] + "/lib/p2v"
    os.makedirs (messages)
    os.makedirs (f"{folder}/lib/p2v")
    for name in os.listdir (libs):
        os.symlink (f"{libs}/{name}", f"{folder}/lib/p2v/{name}")
    subprocess.run (["p2v-client/po/extract", po], check=True)
    english = subprocess.run (["msgen", "--no-wrap", "-o", "-", po], check=True, text=True, capture_output=True).stdout
    head = "nplurals=INTEGER; plural=EXPRESSION;"
    english = english.replace (head, "nplurals=2; plural=(n != 1);").replace ("charset=CHARSET", "charset=UTF-8")
    with open (po, "w", encoding="utf-8") as file:
        file.write ("\n".join (translate (english.split ("\n"), kind)) + "\n")
    subprocess.run (["msgfmt", "--check-format", "-o", messages + "/p2v.mo", po], check=True)


main ()
