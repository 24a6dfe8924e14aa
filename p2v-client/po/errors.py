#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""errors.py FILE.c…: the texts of errors in core and server, as N_() calls for xgettext, which would
see only the first text of an argument and none of a variable.  They are: every text in a call that
is given the error that it sets, what is assigned to a variable called "remedy", and what a target
warns of, which page "Check and start" shows.  Whatever else becomes a part of an error
is marked by N_() where it stands."""
import re, sys

APART = r"\bremedy(?:\[\])? =\s"
CALL = r"\b(?!if |for |while |return |sizeof |switch )(?:\w+) \("
TOKEN = re.compile (r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\w+|\s+|.', re.S)
ERROR = re.compile (r"&?\w*(?:->)?(?:error|cause|failure)")
SETS, WARNS = "p2v_set_error (", "report_warning ("
OPEN, CLOSE = "([{", ")]}"


def texts (tokens):
    """Neighbouring literals are one text; the word of a protocol is none."""
    text = ""
    for token in tokens + [";"]:
        if token.startswith ('"'):
            text += token[1:-1]
        elif text and not token.isspace ():
            letters = len (re.findall ("[A-Za-z]", re.sub (r"%[-+ #0-9.*]*[a-z]+|\\.", "", text)))
            # A format with fewer letters is not recognised (phrase.c).
            if letters >= (8 if "%" in text else 4) and "\\n" not in text and (" " in text or text.endswith (".")):
                yield text.strip (" ")
            text = ""


def read (source, at, ends):
    """The tokens from AT up to one of ENDS outside of all brackets, and the arguments among them."""
    tokens, arguments, depth, begin = [], [], 0, 0
    for match in TOKEN.finditer (source, at):
        token = match.group ()
        if depth == 0 and token in ends:
            break
        depth += (token in OPEN) - (token in CLOSE)
        if token == "," and depth == 0:
            arguments.append (tokens[begin:])
            begin = len (tokens) + 1
        if not token.startswith (("/*", "//")):
            tokens.append (token)
    return tokens, arguments + [tokens[begin:]]


def take (source, target):
    for match in re.finditer (CALL, source):
        tokens, arguments = read (source, match.end (), ")")
        if match.group () == SETS or any (ERROR.fullmatch ("".join (a).strip ()) for a in arguments) or (target and match.group () == WARNS):
            for argument in arguments:
                yield from texts (argument)
    for match in re.finditer (APART, source):
        yield from texts (read (source, match.end (), ";")[0])


for path in sys.argv[1:]:
    with open (path, encoding="utf-8") as file:
        for text in take (file.read (), "/target/" in path):
            print (f'/* {path} */ N_ ("{text}")')
