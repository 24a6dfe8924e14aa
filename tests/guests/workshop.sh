# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What both guest builders share besides disks and roots: messages, the
# private mount namespace, the cache, and the way a result leaves the cache.
# Sourced by demo-disks.sh and tiny-disk.sh.

guests_dir=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=../lib/loops.sh
. "$guests_dir/../lib/loops.sh"
# shellcheck disable=SC2034 # for the builders
default_cache=$(readlink -f "$guests_dir/../..")/cache/guests

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "error: $*"; exit 1; }

new_uuid() { cat /proc/sys/kernel/random/uuid; }

# Mounts of a killed build must not stay on the machine, so the whole script
# runs in its own mount namespace; loop devices made by mount(8) go with it.
enter_namespace() {
	[[ $EUID -eq 0 ]] || die "must run as root: it mounts file systems and uses chroot"
	local trace=()
	[[ $- != *x* ]] || trace=(-x)
	if [[ ${P2V_GUESTS_NAMESPACE:-} != "$$" ]]; then
		# unshare(1) replaces itself by the script, so the process id stays
		P2V_GUESTS_NAMESPACE=$$ exec unshare --mount --propagation private \
			bash "${trace[@]}" "$(readlink -f "$0")" "$@"
	fi
	unset P2V_GUESTS_NAMESPACE
}

require_tools() {
	local tool missing=()
	for tool; do
		command -v "$tool" >/dev/null || missing+=("$tool")
	done
	[[ ${#missing[@]} -eq 0 ]] ||
		die "missing programs: ${missing[*]}; 'make check' installs them (tests/packages.list)"
}

# cache_key FILES WORDS...: a short hash of the words and of the contents of
# FILES (a shell pattern in this directory), so that a changed script never
# serves an old guest.
cache_key() {
	{
		printf '%s\n' "${@:2}"
		# shellcheck disable=SC2086 # a pattern
		(cd "$guests_dir" && cat $1)
	} | sha256sum | cut -c1-16
}

# cached_build ENTRY FUNCTION ARGS...: makes directory ENTRY by running
# FUNCTION DIR ARGS... once, also when several callers ask at the same time.
# A build that fails or is killed leaves no entry.
cached_build() {
	local entry=$1 build=$2 lock
	shift 2
	mkdir -p "${entry%/*}"
	# an entry is some GiB, and every change of a script makes a new one
	find "${entry%/*}" -mindepth 1 -maxdepth 1 -mtime +2 -exec rm -rf {} +
	exec {lock}>"$entry.lock"
	flock "$lock"
	if [[ ! -d $entry ]]; then
		part_dir=$entry.part
		trap leave_nothing EXIT
		rm -rf "$part_dir"
		mkdir "$part_dir"
		"$build" "$part_dir" "$@"
		mv "$part_dir" "$entry"
		part_dir=''
	fi
	touch "$entry"
	exec {lock}>&-
}

# leave_nothing: what an interrupted build has to tidy up; mounts end with the
# namespace. Uses part_dir, work_dir and held_loop.
leave_nothing() {
	[[ -z ${held_loop:-} ]] || losetup -d "$held_loop" || true
	if [[ -n ${work_dir:-} ]]; then
		umount -R "$work_dir/root" 2>/dev/null || true
		rm -rf --one-file-system "$work_dir"
	fi
	[[ -z ${part_dir:-} ]] || rm -rf "$part_dir"
}

# deliver ENTRY OUT: private, writable copies of everything in ENTRY
deliver() {
	local file
	mkdir -p "$2"
	for file in "$1"/*; do
		cp --reflink=auto --sparse=auto -p "$file" "$2/${file##*/}"
	done
	if [[ -f $2/guest.env ]]; then
		# the key's path is the only value that depends on where the copy is
		sed -i '/^GUEST_DIR=/d; /^GUEST_SSH_KEY=/d' "$2/guest.env"
		printf 'GUEST_DIR=%q\nGUEST_SSH_KEY=%q\n' \
			"$(readlink -f "$2")" "$(readlink -f "$2")/id_ed25519" >>"$2/guest.env"
	fi
}
