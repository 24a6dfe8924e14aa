#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes p2v.iso on Fedora or a RHEL-like distribution, as root: the RPMs, a repository of them, the
# kickstart, and a live image of that.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() {
	cat <<'HELP'
usage: make-iso.sh --url URL --release VERSION [--repo NAME=URL]… [--out DIR]

  --url URL          the distribution's package tree (its "os" folder)
  --release VERSION  its version, for instance 41 or 9
  --repo NAME=URL    more repositories (EPEL on RHEL-like distributions)
  --out DIR          where all of it goes (default: build/kickstart)

Needs lorax-lmc-novirt, createrepo_c, rpm-build, git, and what p2v.spec builds with
(dnf builddep kickstart/p2v.spec).
HELP
}

url='' release='' out=$here/../build/kickstart repos=()
while (($#)); do
	case $1 in
		--url) url=${2:?--url needs a URL} && shift 2 ;;
		--release) release=${2:?--release needs a version} && shift 2 ;;
		--repo) repos+=(--repo "${2:?--repo needs NAME=URL}") && shift 2 ;;
		--out) out=${2:?--out needs a folder} && shift 2 ;;
		--help) usage && exit 0 ;;
		*) usage >&2 && exit 2 ;;
	esac
done
[[ -n $url && -n $release ]] || { usage >&2 && exit 2; }
for program in livemedia-creator createrepo_c rpmbuild git; do
	command -v "$program" >/dev/null || { echo "$program is missing; see --help" >&2 && exit 1; }
done
out=$(realpath -m "$out")
[[ ! -e $out/iso ]] || { echo "$out/iso is there already; remove it first" >&2 && exit 1; }
mkdir -p "$out"
"$here/make-rpms.sh" "$out/rpmbuild"
createrepo_c "$out/rpmbuild/RPMS"
"$here/make-ks.sh" --url "$url" "${repos[@]}" --repo "p2v=file://$out/rpmbuild/RPMS" >"$out/p2v.ks"
# The volume's name is how the client knows its own medium.
livemedia-creator --make-iso --no-virt --nomacboot --iso-only --iso-name p2v.iso --volid P2V \
	--project p2v --releasever "$release" --ks "$out/p2v.ks" --resultdir "$out/iso" \
	--extra-boot-args "rd.lvm=0 rd.md=0 rd.dm=0 rd.luks=0 rd.multipath=0 systemd.gpt_auto=0 md_mod.start_ro=1 efi_pstore.pstore_disable=1"
echo "$out/iso/p2v.iso"
