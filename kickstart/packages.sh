#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# packages.sh          the RPMs of the appliance, one a line, from the lists of the Debian image
# packages.sh --names  the Debian names in those lists
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

names() {
	sed -n -E 's/^(\+|firmware:)?([a-z0-9][a-z0-9.+-]*)(:[a-z0-9]+)?([[:space:]].*)?$/\2/p' \
		"$here"/../iso/{packages,gui}.list | sort -u
}

if [[ ${1:-} == --names ]]; then
	names
	exit 0
fi
names | awk '
	NR == FNR { if ($0 !~ /^(#|$)/) { name = $1; $1 = ""; rpms[name] = $0 } next }
	!($1 in rpms) { missing = missing " " $1; next }
	rpms[$1] !~ /^ -/ { n = split(rpms[$1], one, " "); for (i = 1; i <= n; i++) wanted[one[i]] }
	END {
		if (missing) {
			print "packages.map has no line for:" missing >"/dev/stderr"
			exit 1
		}
		for (rpm in wanted) print rpm
	}' "$here/packages.map" - | sort
