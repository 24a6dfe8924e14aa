/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In which order the pieces of a disk are copied.  What lies at its beginning is
 * seldom like the rest (kernels do not shrink by compression, libraries do; the outer
 * tracks are faster), so that a copy from the first byte to the last could not be
 * foretold.  So the disk is cut into stretches, and read in several sweeps, each of
 * which takes every so manieth stretch: at any time what was copied is like what is left.
 * That costs at most COPY_STRETCHES seeks a disk, two or three seconds in all. */
#pragma once
#include <glib.h>

#define COPY_SWEEPS    16u
#define COPY_STRETCHES (COPY_SWEEPS * COPY_SWEEPS)

/* The number of steps for a map of N_PIECES. */
guint64 copy_order_steps (guint64 n_pieces);

/* The piece of STEP, below copy_order_steps; N_PIECES or more: none.  Each piece has one
 * step. */
guint64 copy_order_piece (guint64 n_pieces, guint64 step);
