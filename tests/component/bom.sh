#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The image's bill of materials keeps CycloneDX's rules (tests/lib/cyclonedx.py), also for
# versions with every character that Debian allows, and says of each package what the list says.
set -euo pipefail
# shellcheck source=tests/lib/client.sh
. tests/lib/client.sh
export SOURCE_DATE_EPOCH=1704067200

sum () { sha256sum <<<"$1" | cut -d ' ' -f 1; }
echo an image >"$WORK/p2v.iso"
{
  printf 'libstdc++6\t1:12.2.0-14+deb12u1~bpo12+1\tamd64\tgcc-12\t12.2.0-14+deb12u1\t%s\n' "$(sum a)"
  printf 'firmware-bnx2\t20230210-5\tall\tfirmware-nonfree\t20230210-5\t%s\n' "$(sum b)"
  printf 'shim-signed\t1.44~1+deb12u1+15.8-1~deb12u1\ti386\tshim-signed\t1.44\t%s\n' "$(sum c)"
} >"$WORK/packages"
bom () { iso/bom.sh "$WORK/p2v.iso" "$WORK/packages" 1.2.3 >"$WORK/bom.json"; }

check "it is made" bom
check "and keeps the rules" tests/lib/cyclonedx.py "$WORK/bom.json"
look () { python3 -c 'import json, sys; bom = json.load (open (sys.argv[1])); print (eval (sys.argv[2]))' "$WORK/bom.json" "$1"; }
check "the image's own sum" test "$(look 'bom["metadata"]["component"]["hashes"][0]["content"]')" = "$(sha256sum <"$WORK/p2v.iso" | cut -d ' ' -f 1)"
check "every package, with its sum" test "$(look '" ".join ("=".join ((c["name"], c["version"], c["hashes"][0]["content"])) for c in bom["components"])')" = \
  "$(awk -F '\t' '{ printf "%s%s=%s=%s", (NR > 1 ? " " : ""), $1, $2, $6 }' "$WORK/packages")"
check "an escaped package URL" test "$(look 'bom["components"][0]["purl"]' | cut -d '&' -f 1)" = \
  'pkg:deb/debian/libstdc%2B%2B6@1%3A12.2.0-14%2Bdeb12u1~bpo12%2B1?arch=amd64'
check "firmware is firmware" test "$(look '[c["type"] for c in bom["components"]]')" = "['library', 'firmware', 'library']"
cp "$WORK/bom.json" "$WORK/first.json"
bom
check "the same again" cmp "$WORK/first.json" "$WORK/bom.json"

# The check itself finds what is wrong.
refuses () {
  python3 - "$WORK/first.json" "$WORK/wrong.json" "$1" <<'PYTHON'
import json, sys
bom = json.load (open (sys.argv[1]))
exec (sys.argv[3])
json.dump (bom, open (sys.argv[2], "w"))
PYTHON
  ! tests/lib/cyclonedx.py "$WORK/wrong.json"
}
check "not: a field that there is not" refuses 'bom["components"][0]["source"] = "x"'
check "not: no version" refuses 'del bom["components"][1]["version"]'
check "not: a plus sign in a URL" refuses 'bom["components"][0]["purl"] = bom["components"][0]["purl"].replace ("%2B", "+")'
check "not: a short sum" refuses 'bom["components"][2]["hashes"][0]["content"] = "ab"'
check "not: a package twice" refuses 'bom["components"].append (bom["components"][0])'
tap_end
