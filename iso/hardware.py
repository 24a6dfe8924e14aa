#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which controllers and network cards an image has drivers for.

usage: hardware.py P2V.ISO            writes docs/hardware.md's text to standard output
       hardware.py P2V.ISO --check LIST
                                      LIST: lines "VENDOR:DEVICE[/SUBVENDOR:SUBDEVICE] CLASS
                                      NAME"; prints those that no driver of the image takes,
                                      and firmware that a driver names and that the image
                                      lacks; status 1 when a card has no driver

Needs xorriso, zstd, cpio and modinfo.  Everything is read from the image itself: its
modules.alias, its modules, its pci.ids.
"""
import collections
import fnmatch
import os
import re
import subprocess
import sys
import tempfile

KINDS = [("Disks", re.compile(r"kernel/drivers/(scsi|ata|nvme|block|message|mmc|pci/controller)/")),
         ("Network", re.compile(r"kernel/drivers/(net|infiniband)/")),
         ("What disks and keyboards hang on", re.compile(r"kernel/drivers/(usb|virtio|hv|xen)/"))]


def unpack(iso, folder):
    """Modules, firmware and pci.ids of the system in the ISO's initrd (iso/init)."""
    initrd = os.path.join(folder, "initrd")
    subprocess.run(["xorriso", "-osirrox", "on", "-indev", iso, "-extract", "/boot/initrd.img", initrd],
                   check=True, capture_output=True)
    with open(initrd, "rb") as archive:
        subprocess.run(["cpio", "--quiet", "-id", "--no-absolute-filenames", "p2v/root.cpio.zst"],
                       cwd=folder, stdin=archive, stderr=subprocess.DEVNULL, check=False)
    root = os.path.join(folder, "root")
    os.mkdir(root)
    # zstd complains about the padding at the end.
    with subprocess.Popen(["zstd", "-q", "-dc", os.path.join(folder, "p2v/root.cpio.zst")],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as packed:
        subprocess.run(["cpio", "--quiet", "-id", "--no-absolute-filenames", "usr/lib/modules/*", "usr/lib/firmware/*",
                        "usr/share/misc/pci.ids", "lib/modules/*", "lib/firmware/*"],
                       cwd=root, stdin=packed.stdout, stderr=subprocess.DEVNULL, check=False)
        packed.stdout.close()
    for base in ("usr/lib", "lib"):
        if os.path.isdir(os.path.join(root, base, "modules")):
            return root, os.path.join(root, base)
    sys.exit(f"{iso}: no modules in its initrd")


class Image:
    def __init__(self, iso, folder):
        self.root, self.lib = unpack(iso, folder)
        (self.version,) = os.listdir(os.path.join(self.lib, "modules"))
        modules = os.path.join(self.lib, "modules", self.version)
        self.aliases = []   # (pattern, module)
        with open(os.path.join(modules, "modules.alias"), encoding="utf-8") as lines:
            for line in lines:
                word = line.split()
                if line.startswith("alias ") and len(word) == 3:
                    self.aliases.append((word[1], word[2]))
        self.paths = {}     # module: its path below the folder of its version
        for folder_, _, names in os.walk(modules):
            for name in names:
                if ".ko" in name:
                    module = name.split(".ko")[0].replace("-", "_")
                    self.paths[module] = os.path.relpath(os.path.join(folder_, name), modules)
        self.names = self.read_names()

    def read_names(self):
        names, vendor = {}, ""
        with open(os.path.join(self.root, "usr/share/misc/pci.ids"), encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if re.match(r"[0-9a-f]{4}  ", line):
                    vendor = line[:4]
                    names[vendor] = line[6:].strip()
                elif re.match(r"\t[0-9a-f]{4}  ", line):
                    names[vendor + ":" + line[1:5]] = line[7:].strip()
                elif line.startswith("C "):
                    break
        return names

    def modinfo(self, module, field):
        path = os.path.join(self.lib, "modules", self.version, self.paths[module])
        answer = subprocess.run(["modinfo", "-F", field, path], check=True, capture_output=True, text=True,
                                env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
        return answer.stdout.split("\n")[:-1]

    def has_firmware(self, name):
        return os.path.exists(os.path.join(self.lib, "firmware", name))

    def takes(self, modalias):
        return sorted({module for pattern, module in self.aliases if fnmatch.fnmatchcase(modalias, pattern)})


def pci_ids(image):
    """module: {"1000:005d", …}; "*" where it goes by the class"""
    cards = collections.defaultdict(set)
    for pattern, module in image.aliases:
        found = re.match(r"pci:v0000([0-9A-F]{4})d(?:0000([0-9A-F]{4})|\*)", pattern)
        if found and found[2]:
            cards[module].add(f"{found[1]}:{found[2]}".lower())
        elif pattern.startswith("pci:"):
            cards[module].add("*")
    return cards


def escape(text):
    return re.sub(r"([|<>*_`\[\]])", r"\\\1", text)


def write_table(image):
    cards = pci_ids(image)
    print("# Controllers and cards that the image has drivers for\n")
    print(f"Made by `iso/hardware.py` from an image with Debian's kernel {image.version}; do not edit.")
    print("A name stands once for all devices that have it. `*`: every controller of the class.")
    print("Firmware: how many of the files that the driver names are in the image.")
    for title, folder in KINDS:
        print(f"\n## {title}\n\n| driver | firmware | devices |\n|---|---|---|")
        for module in sorted(cards):
            if not folder.match(image.paths.get(module, "")):
                continue
            firmware = image.modinfo(module, "firmware")
            have = sum(image.has_firmware(name) for name in firmware)
            by_name = collections.defaultdict(list)
            for card in sorted(cards[module]):
                name = "any" if card == "*" else image.names.get(card, image.names.get(card[:4], "?"))
                by_name[name].append(card)
            devices = "; ".join(f"{escape(name)} {', '.join('`' + card + '`' for card in ids)}"
                                for name, ids in sorted(by_name.items()))
            print(f"| {escape(module)} | {f'{have} of {len(firmware)}' if firmware else ''} | {devices} |")


def check(image, path):
    missing = total = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            ids, kind, name = line.split(None, 2)
            card, _, below = ids.upper().partition("/")
            vendor, device = card.split(":")
            subvendor, subdevice = (below or card).split(":")
            kind = kind.upper()
            modalias = (f"pci:v0000{vendor}d0000{device}sv0000{subvendor}sd0000{subdevice}"
                        f"bc{kind[:2]}sc{kind[2:4]}i{kind[4:6] or '00'}")
            total += 1
            if not image.takes(modalias):
                missing += 1
                print(f"no driver: {ids} {name.strip()} ({image.names.get(card.lower(), 'not in pci.ids')})")
    lacking = set()
    named = 0
    for module in sorted(image.paths):
        for firmware in image.modinfo(module, "firmware"):
            named += 1
            if not image.has_firmware(firmware):
                lacking.add(f"firmware: {module} names {firmware}")
    print("\n".join(sorted(lacking)))
    print(f"{total} cards, {missing} without a driver; {named} firmware files named, {len(lacking)} not in the image")
    sys.exit(1 if missing else 0)


def main():
    if len(sys.argv) not in (2, 4) or (len(sys.argv) == 4 and sys.argv[2] != "--check"):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        image = Image(sys.argv[1], folder)
        if len(sys.argv) == 2:
            write_table(image)
        else:
            check(image, sys.argv[3])


main()
