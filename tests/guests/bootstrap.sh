# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The root file system of a guest, bootstrapped from distribution packages into
# a tar file. Sourced.

# What the initramfs of a physical install holds with MODULES=list: the old
# controllers and card, and nothing of virtio. An unconverted guest therefore
# cannot boot on virtio, which proves that a booting result was converted.
initramfs_modules="ahci ata_piix ata_generic sd_mod sr_mod ext4 e1000 usbhid hid_generic"

# debian_sources RELEASE: one-line apt sources from this machine's own apt
# configuration (mirror, proxy and all), with the release replaced.
debian_sources() {
	local here
	# shellcheck disable=SC1091 # the machine's
	here=$(. /etc/os-release && printf %s "$VERSION_CODENAME")
	# shellcheck disable=SC2016 # the names in $( ) are apt's
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' |
		awk -v old="$here" -v new="$1" '!seen[$0]++ { sub(old, new, $3); print }'
}

# bootstrap_tar DIR RELEASE VARIANT PACKAGES HOOKS...: DIR/root.tar
bootstrap_tar() {
	local dir=$1 release=$2 variant=$3 packages=$4 proxy='' sources
	shift 4
	sources=$(debian_sources "$release")
	[[ -n $sources ]] ||
		die "apt knows no Debian package lists here; run 'apt-get update' first"
	local options=() hook
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	[[ -z $proxy ]] || options+=("--aptopt=Acquire::http::Proxy \"$proxy\"")
	for hook; do
		options+=("$hook")
	done
	say "bootstrapping Debian $release ($variant)"
	# the modules list must be there before the kernel's first update-initramfs
	# shellcheck disable=SC2016 # $1 is mmdebstrap's, in the hook
	mmdebstrap --quiet --mode=root --variant="$variant" --include="${packages// /,}" \
		--skip=output/mknod "${options[@]}" \
		--essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
		--essential-hook='echo MODULES=list > "$1/etc/initramfs-tools/conf.d/driver-policy"' \
		--essential-hook="printf '%s\n' $initramfs_modules > \"\$1/etc/initramfs-tools/modules\"" \
		"$release" "$dir/root.tar" - <<<"$sources" ||
		die "mmdebstrap failed; is the package mirror of this machine reachable?"
}

# bootstrap_thin DIR RELEASE PACKAGES: DIR/root.tar of a small guest, without documentation and
# with those of the kernel's modules only that kept_modules names
bootstrap_thin() {
	# shellcheck disable=SC2016,SC2154 # $1 is mmdebstrap's, in the hook; kept_modules the builders'
	bootstrap_tar "$1" "$2" minbase "${3//$'\n'/ }" \
		'--dpkgopt=path-exclude=/usr/share/doc/*' '--dpkgopt=path-exclude=/usr/share/man/*' \
		'--dpkgopt=path-exclude=/usr/share/locale/*' '--dpkgopt=path-exclude=/usr/share/info/*' \
		'--aptopt=APT::Install-Recommends "false"' \
		"--customize-hook=python3 $(printf %q "$guests_dir")/thin-modules.py \"\$1\" ${kept_modules//$'\n'/ }" \
		'--customize-hook=chroot "$1" sh -c "depmod \$(ls /lib/modules)"' \
		'--customize-hook=echo COMPRESSLEVEL=1 >> "$1/etc/initramfs-tools/initramfs.conf"'
}
