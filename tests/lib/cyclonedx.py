#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks a bill of materials by the rules of CycloneDX 1.5 and of package URLs.

usage: cyclonedx.py FILE

Prints what is wrong, a line each; status 1 then.  Only what iso/bom.sh may write is known
here: a field that it does not know is an error, as in the schema, which allows no others.
"""
import json
import re
import sys
from datetime import datetime
from urllib.parse import unquote

TYPES = {"application", "framework", "library", "container", "platform", "operating-system",
         "device", "device-driver", "firmware", "file", "machine-learning-model", "data"}
DIGITS = {"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128}
URN = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# A type, a namespace, a name and a version, each escaped, then qualifiers.
PURL = re.compile(r"pkg:deb/debian/([^@?#/]+)@([^@?#/]+)\?([^#]+)")
PLAIN = re.compile(r"(?:[A-Za-z0-9.~_-]|%[0-9A-F]{2})+")

wrong = []


def expect(true, where, what):
    if not true:
        wrong.append(f"{where}: {what}")


def fields(value, where, required, optional=()):
    """Whether it is an object with these fields and no others."""
    if not isinstance(value, dict):
        wrong.append(f"{where}: not an object")
        return False
    for name in set(required) - set(value):
        wrong.append(f"{where}: no {name}")
    for name in set(value) - set(required) - set(optional):
        wrong.append(f"{where}: {name} is not a field of it")
    return set(required) <= set(value)


def text(value, where):
    expect(isinstance(value, str) and value, where, "not a text")


def check_hashes(hashes, where):
    for entry in hashes:
        if fields(entry, where, ("alg", "content")):
            digits = DIGITS.get(entry["alg"])
            expect(digits, where, f"no algorithm {entry['alg']}")
            expect(re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", entry["content"]), where, f"{entry['content']} is no {entry['alg']}")


def check_purl(component, where):
    found = PURL.fullmatch(component["purl"])
    if not found:
        wrong.append(f"{where}: {component['purl']} is no package URL")
        return
    name, version, qualifiers = found.groups()
    for part in (name, version):
        expect(PLAIN.fullmatch(part), where, f"{part} is not escaped")
    expect(unquote(name) == component["name"], where, "the URL has another name")
    expect(unquote(version) == component["version"], where, "the URL has another version")
    keys = [pair.partition("=")[0] for pair in qualifiers.split("&")]
    expect(keys == sorted(set(keys)), where, "qualifiers are not in order")
    expect("arch" in keys, where, "no architecture")


def check_component(component, where, required):
    if not fields(component, where, ("type", "name") + required, ("licenses", "properties")):
        return
    expect(component["type"] in TYPES, where, f"no type {component['type']}")
    for name in ("name", "version", "bom-ref"):
        text(component[name], where)
    check_hashes(component["hashes"], where)
    for licence in component.get("licenses", []):
        if fields(licence, where, ("license",)):
            fields(licence["license"], where, ("id",))
    for entry in component.get("properties", []):
        if fields(entry, where, ("name", "value")):
            text(entry["name"], where)
            text(entry["value"], where)
    if "purl" in component:
        check_purl(component, where)


def check(bom):
    if not fields(bom, "the document", ("bomFormat", "specVersion", "serialNumber", "version", "metadata", "components")):
        return
    expect(bom["bomFormat"] == "CycloneDX" and bom["specVersion"] == "1.5", "the document", "another format")
    expect(re.fullmatch(URN, bom["serialNumber"]), "serialNumber", "no URN of a UUID")
    expect(isinstance(bom["version"], int) and bom["version"] >= 1, "version", "no number from 1")
    if fields(bom["metadata"], "metadata", ("timestamp", "component")):
        try:
            datetime.strptime(bom["metadata"]["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
        except ValueError:
            wrong.append(f"metadata: {bom['metadata']['timestamp']} is no time")
        check_component(bom["metadata"]["component"], "metadata", ("version", "bom-ref", "hashes"))
    expect(bom["components"], "components", "none")
    references = ["p2v"]
    for number, component in enumerate(bom["components"]):
        check_component(component, f"component {number}", ("version", "bom-ref", "hashes", "purl"))
        references.append(component.get("bom-ref"))
    expect(len(set(references)) == len(references), "components", "a bom-ref twice")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        check(json.load(file))
    print("\n".join(wrong))
    sys.exit(bool(wrong))
