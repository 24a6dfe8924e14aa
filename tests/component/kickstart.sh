#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 120
# kickstart/: every package of the Debian image has its RPM or a reason why not, the kickstart is
# whole, and the spec file names exactly what `make install` installs.  What only Fedora's own tools
# can tell is in kickstart/README.md.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh

check "every package is mapped" kickstart/packages.sh
rpms=$(kickstart/packages.sh || true)
check "to names of RPMs" test -z "$(grep -vE '^[A-Za-z0-9][A-Za-z0-9._+-]*$' <<<"$rpms" || true)"
check "no package twice in the map" test -z "$(sed -E '/^(#|$)/d; s/ .*//' kickstart/packages.map | sort | uniq -d)"
check "what is not installed has a reason" test -z "$(grep -E '^[^# ]+ +-( *|[^ ].*)$' kickstart/packages.map || true)"
# A package that nobody has heard of.
mkdir -p "$WORK/iso" "$WORK/kickstart"
cp iso/*.list "$WORK/iso/"
cp kickstart/packages.* "$WORK/kickstart/"
echo "firmware:firmware-nobody" >>"$WORK/iso/packages.list"
check "one without a line is found" test "$("$WORK/kickstart/packages.sh" 2>&1 >/dev/null || true)" = "packages.map has no line for: firmware-nobody"

kickstart/make-ks.sh --url https://mirror.example.org/os --repo p2v=file:///srv/rpms >"$WORK/p2v.ks"
# sections FILE: an error for a section that is not ended, a command that kickstart does not have,
# or a placeholder that is left
sections () {
  python3 - "$1" <<'PYTHON'
import sys
COMMANDS = {"lang", "keyboard", "timezone", "rootpw", "selinux", "firewall", "network", "services",
            "bootloader", "zerombr", "clearpart", "part", "shutdown", "url", "repo"}
section, packages, wrong = None, [], []
for number, line in enumerate (open (sys.argv[1]), 1):
    word = line.split () [0] if line.split () else ""
    if word == "%end":
        section = None if section else wrong.append (f"{number}: %end without a section")
    elif word.startswith ("%"):
        if section or word not in ("%packages", "%post"):
            wrong.append (f"{number}: {line.strip ()} in {section}")
        section = word
    elif section == "%packages" and word and not word.startswith ("#"):
        packages.append (line.strip ())
    elif section is None and word and not word.startswith ("#") and word not in COMMANDS:
        wrong.append (f"{number}: {line.strip ()}")
if section:
    wrong.append (f"{section} is not ended")
twice = {p for p in packages if packages.count (p) > 1}
if twice or "p2v-client" not in packages or len (packages) < 60:
    wrong.append (f"packages: {twice or packages}")
print ("\n".join (wrong))
sys.exit (bool (wrong))
PYTHON
}
check "the kickstart is whole" sections "$WORK/p2v.ks"
check "with both repositories" test "$(grep -cE '^(url --url=https|repo --name=p2v --baseurl=file)' "$WORK/p2v.ks")" = 2
sed -n '/^%post/,/^%end/{//!p}' "$WORK/p2v.ks" >"$WORK/post.sh"
check "its script is one for the shell" bash -n "$WORK/post.sh"
if command -v ksvalidator >/dev/null; then
  check "ksvalidator agrees" ksvalidator "$WORK/p2v.ks"
fi

# --- the spec file
# As it is, without make: nothing is built in a test that others may run beside.
check "make install installs" make --no-print-directory -o programs install install-appliance BUILD="$(realpath --relative-to=. "$BUILD")" \
  DESTDIR="$WORK/root" PREFIX=/usr
(cd "$WORK/root" && find . -type f -printf '/%P\n') | sed -E 's/(\/man[18]\/.*)$/\1.gz/' | sort >"$WORK/installed"
check "programs, modules, manual pages, words" test "$(grep -cE '/bin/p2v-(client|server)$|/lib/p2v/.*\.so$|/man[18]/p2v-(client\.1|server\.8)|/(de|ja)/LC_MESSAGES/p2v\.mo$' "$WORK/installed")" -ge 9
if command -v rpmspec >/dev/null; then
  check "rpmspec reads the spec file" rpmspec -P kickstart/p2v.spec
  # Paths and globs of %files, against what was installed.
  files () {
    rpmspec -P --define '_prefix /usr' --define '_bindir /usr/bin' --define '_mandir /usr/share/man' --define '_datadir /usr/share' \
      kickstart/p2v.spec 2>/dev/null | grep -E '^/usr'
  }
  unlisted () {
    local path pattern found
    while read -r path; do
      # %find_lang; what the spec file takes away again
      [[ $path != */locale/* && $path != /usr/lib/p2v/init ]] || continue
      found=''
      while read -r pattern; do
        # shellcheck disable=SC2053 # a pattern
        [[ $path != $pattern && $path != $pattern/* ]] || found=yes
      done < <(files)
      [ -n "$found" ] || echo "$path"
    done <"$WORK/installed"
  }
  check "and names all that is installed" test -z "$(unlisted)"
else
  echo "# no rpmspec here (package rpm): the spec file is not looked at"
fi
tap_end
