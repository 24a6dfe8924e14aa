#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 60
# The wizard's texts: every one is translated, and no two widgets that are on the screen at
# once have the same mnemonic, in any language.
set -euo pipefail
count=0 failed=0
check () {
  local name=$1 output
  shift
  count=$((count + 1))
  if output=$("$@" 2>&1); then echo "ok $count - $name"; else
    failed=1
    echo "not ok $count - $name"
    printf '%s\n' "$output" | sed 's/^/# /'
  fi
}

# shellcheck disable=SC2317 # by check
complete () {
  local copy=$TMPDIR/$1.po said
  cp "p2v-client/po/$1.po" "$copy"
  p2v-client/po/extract "$copy"
  said=$(LC_ALL=C msgfmt --check --statistics -o /dev/null "$copy" 2>&1)
  echo "$said"
  [[ $said != *untranslated* && $said != *fuzzy* ]] || { msgattrib --untranslated --no-wrap "$copy" | grep '^msgid "' | head -n 20; return 1; }
}

# A macro that p2v-client/po/extract does not replace ends the text that it stands in.
check "no text is cut off at a macro" sh -c '! grep -nE "^msgid \"(.*[^%])?%[-+ #0-9.*]*\"$" p2v-client/po/*.po'
for po in p2v-client/po/*.po; do
  lang=$(basename "$po" .po)
  check "$lang: every text is translated" complete "$lang"
done
for lang in en de ja; do
  check "$lang: mnemonics do not collide" python3 tests/component/wizard_mnemonics.py "$lang"
done
echo "1..$count"
exit $failed
