#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 2400
# The main job on a machine with 768 MiB of memory; key and host keys come from the image alone.
set -euo pipefail
exec tests/machine/main-job.sh --memory 768 --known-hosts
