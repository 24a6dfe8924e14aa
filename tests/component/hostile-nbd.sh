#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 180
# NBD servers that send garbage, giants, and answers that nobody wanted: what the
# broker makes of it.  See hostile-nbd.py.
set -euo pipefail
exec python3 tests/component/hostile-nbd.py
