# SPDX-License-Identifier: GPL-2.0-or-later
"""hold-lock.py FILE: holds the lock of a job directory, which says that its job lives.
FILE.held appears when it is held."""
import fcntl
import os
import signal
import struct
import sys

F_OFD_SETLK = 37
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
open(sys.argv[1] + ".held", "w").close()
signal.pause()
