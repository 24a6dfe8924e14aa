#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make-rpms.sh OUT [rpmbuild's options]: the RPMs of p2v.spec from what is committed, into OUT.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "${1:?usage: make-rpms.sh OUT [rpmbuild options]}")
shift
version=$(rpmspec -q --srpm --qf '%{version}' "$here/p2v.spec")
mkdir -p "$out"/{SOURCES,SPECS}
git -C "$here/.." archive --prefix="p2v-$version/" --output="$out/SOURCES/p2v-$version.tar.gz" HEAD
cp "$here/p2v.spec" "$out/SPECS/"
rpmbuild --define "_topdir $out" "$@" -ba "$out/SPECS/p2v.spec"
