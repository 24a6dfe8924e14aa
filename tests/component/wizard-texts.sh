#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 60
# The texts of the dialogs, and of the errors that core and server make: every one is
# translated, and no two widgets that are on the screen at once have the same mnemonic, in
# any language.
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

# In a copy of the tree, with one file more.
# shellcheck disable=SC2317 # by check
new_file () {
  local tree=$TMPDIR/tree wanted
  rm -rf "$tree" && mkdir "$tree"
  cp --parents -r p2v-client p2v-server common "$tree"
  cat >"$tree/p2v-server/$1.c" <<'END'
static void
brand_new (const char *what, gboolean disk, GError **error)
{
  const char *remedy = disk ? "New: the first remedy."
                            : "New: the other "
                              "remedy.";
  p2v_set_error (error, P2V_ERROR_IO, remedy, disk ? "New: %s is too dry." : "New: %s is too wet.", what);
  guest_error (guest, P2V_ERROR_IO, "New: it cannot be found", error);
  g_autofree char *part = g_strdup (N_ ("New: a part."));
  p2v_info ("New: only for the log.");
}
END
  printf 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n' >"$tree/new.po"
  "$tree/p2v-client/po/extract" "$tree/new.po"
  wanted='"New: %s is too dry."
"New: %s is too wet."
"New: a part."
"New: it cannot be found"
"New: the first remedy."
"New: the other remedy."'
  diff <(echo "$wanted") <(sed -n 's/^msgid \("New: .*\)/\1/p' "$tree/new.po" | LC_ALL=C sort)
}

check "the texts of a new file are found without being told" new_file brand-new
check "in a folder below as well" new_file convert/linux/brand-new
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
