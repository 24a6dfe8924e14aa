#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# bom.sh ISO PACKAGES VERSION: a CycloneDX 1.5 bill of materials on standard output.
# PACKAGES is base.sh's list; the names and versions of Debian packages hold no
# character that JSON would have to escape.  Called by build.sh.
set -euo pipefail
iso=$1 packages=$2 version=$3
sum=$(sha256sum "$iso" | cut -d ' ' -f 1)
# A name-based UUID (version 5) in form, so that the same ISO has the same one.
uuid=${sum:0:8}-${sum:8:4}-5${sum:13:3}-8${sum:17:3}-${sum:20:12}
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")

awk -F '\t' -v name="$(basename "$iso")" -v version="$version" -v sum="$sum" -v uuid="$uuid" -v suite="$suite" \
	-v time="$(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)" '
	# What a package URL escapes.
	function escaped(text) { gsub(/%/, "%25", text); gsub(/:/, "%3A", text); gsub(/\+/, "%2B", text); return text }
	BEGIN {
		printf "{\n \"bomFormat\": \"CycloneDX\",\n \"specVersion\": \"1.5\",\n \"serialNumber\": \"urn:uuid:%s\",\n \"version\": 1,\n", uuid
		printf " \"metadata\": {\n  \"timestamp\": \"%s\",\n  \"component\": {\n", time
		printf "   \"type\": \"operating-system\",\n   \"bom-ref\": \"p2v\",\n   \"name\": \"%s\",\n   \"version\": \"%s\",\n", name, version
		printf "   \"licenses\": [{\"license\": {\"id\": \"GPL-2.0-or-later\"}}],\n"
		printf "   \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"%s\"}]\n  }\n },\n \"components\": [", sum
	}
	{
		url = "pkg:deb/debian/" escaped($1) "@" escaped($2) "?arch=" $3 "&distro=" suite
		printf "%s\n  {\"type\": \"%s\", \"bom-ref\": \"%s\", \"name\": \"%s\", \"version\": \"%s\", \"purl\": \"%s\",\n",
			(NR > 1 ? "," : ""), ($1 ~ /^firmware-/ ? "firmware" : "library"), url, $1, $2, url
		printf "   \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"%s\"}],\n", $6
		printf "   \"properties\": [{\"name\": \"debian:source\", \"value\": \"%s\"}, {\"name\": \"debian:source-version\", \"value\": \"%s\"}]}", $4, $5
	}
	END { printf "\n ]\n}\n" }' "$packages"
