/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which order the pieces of a disk are copied.  What lies at its beginning is
 * seldom like the rest: kernels do not shrink by compression, libraries do, and the outer
 * tracks are faster.  So the time left could not be foretold when the disk is copied from
 * its first byte to its last; with a small Debian on a slow link it was wrong by up to 63 %
 * from the first third on.  So the disk is cut into stretches, and each of several sweeps
 * takes some of them, evenly spaced: at any time what was copied is like what is left
 * (6 % for that disk, computed from its bytes).  It costs at most COPY_STRETCHES short seeks
 * a disk, some four seconds in all. */
#pragma once
#include <glib.h>

#define COPY_SWEEPS    32u
#define COPY_STRETCHES (COPY_SWEEPS * 16u)

/* The number of steps for a map of N_PIECES. */
guint64 copy_order_steps (guint64 n_pieces);

/* The piece of STEP, below copy_order_steps; N_PIECES or more: none.  Each piece has one
 * step. */
guint64 copy_order_piece (guint64 n_pieces, guint64 step);
