#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes the kickstart of the appliance to standard output.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() {
	cat <<'HELP'
usage: make-ks.sh --url URL [--repo NAME=URL]… >p2v.ks

  --url URL        the distribution's package tree (its "os" folder)
  --repo NAME=URL  one more repository; the one with the RPMs of p2v.spec is needed
HELP
}

repos=()
while (($#)); do
	case $1 in
		--url) repos+=("url --url=${2:?--url needs a URL}") && shift 2 ;;
		--repo)
			[[ ${2:-} == ?*=?* ]] || { usage >&2 && exit 2; }
			repos+=("repo --name=${2%%=*} --baseurl=${2#*=}") && shift 2
			;;
		--help) usage && exit 0 ;;
		*) usage >&2 && exit 2 ;;
	esac
done
[[ ${repos[0]:-} == url* ]] || { usage >&2 && exit 2; }
packages=$("$here/packages.sh")
while IFS= read -r line; do
	case $line in
		@REPOS@) printf '%s\n' "${repos[@]}" ;;
		@PACKAGES@) printf '%s\n' "$packages" ;;
		*) printf '%s\n' "$line" ;;
	esac
done <"$here/p2v.ks.in"
