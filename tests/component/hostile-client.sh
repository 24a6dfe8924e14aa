#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 300
# Clients that send garbage, giants, wrong types, wrong order, or nothing: what
# p2v-server makes of it.  See hostile-client.py.
set -euo pipefail
exec python3 tests/component/hostile-client.py
