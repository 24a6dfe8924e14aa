#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts the results of boots into the table of a document.

usage: matrix.py DOCUMENT ROWS RESULTS

ROWS is rows.list; RESULTS has a line per boot: row, verdict, seconds of processor time,
seconds by the clock, date and remark, with tabs between.  Rows without a result keep the
one that stands in the document.
"""
import sys

BEGIN, END = "<!-- table: tests/boot/run writes it -->", "<!-- end of table -->"
HEAD = ["boot", "firmware", "medium", "must come", "options", "result", "CPU s", "wall s", "date", "remark"]


def rows(path):
    for line in open(path, encoding="utf-8"):
        fields = line.split()
        if fields and not line.startswith("#"):
            yield fields[:4] + [" ".join(fields[4:])]


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def known(table):
    """What the document has, by row's name."""
    lines = [cells(line) for line in table.splitlines() if line.startswith("|")]
    return {line[0]: line[5:] for line in lines[2:] if len(line) == len(HEAD)}


def main():
    document, list_path, results = sys.argv[1:]
    text = open(document, encoding="utf-8").read()
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    result = known(table)
    for line in open(results, encoding="utf-8"):
        name, verdict, cpu, wall, date, remark = line.rstrip("\n").split("\t")
        result[name] = [verdict, cpu, wall, date, remark.replace("|", "/")]
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    for row in rows(list_path):
        shown = [row[0], row[1], row[2], row[3].replace("_", " "), row[4]]
        lines.append("| " + " | ".join(shown + result.get(row[0], ["not run", "", "", "", ""])) + " |")
    with open(document, "w", encoding="utf-8") as out:
        out.write(before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after)


main()
