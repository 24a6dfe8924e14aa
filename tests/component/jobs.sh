#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time-limit: 400
# Jobs as the administrator and a client see them: sessions, the commands,
# cancelling, lost clients, dead processes.  See jobs.py.
set -euo pipefail
exec python3 tests/component/jobs.py
