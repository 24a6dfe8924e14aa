/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "copy-order.h"

/* A mebibyte: less would only be seeks. */
#define STRETCH_LEAST 16u

#define SWEEP_STRETCHES (COPY_STRETCHES / COPY_SWEEPS)

/* Each sweep begins as far from those before as it can: 0, 16, 8, 24, 4 … */
static guint
first_of_sweep (guint64 sweep)
{
  guint first = 0;
  for (guint bit = 1; bit < COPY_SWEEPS; bit *= 2)
    if (sweep & bit)
      first += COPY_SWEEPS / 2 / bit;
  return first;
}

/* Pieces in a stretch. */
static guint64
stretch_length (guint64 n_pieces)
{
  return MAX ((n_pieces + COPY_STRETCHES - 1) / COPY_STRETCHES, STRETCH_LEAST);
}

guint64
copy_order_steps (guint64 n_pieces)
{
  return stretch_length (n_pieces) * COPY_STRETCHES;
}

guint64
copy_order_piece (guint64 n_pieces, guint64 step)
{
  guint64 length = stretch_length (n_pieces);
  guint64 nth = step / length;
  guint64 stretch = nth % SWEEP_STRETCHES * COPY_SWEEPS + first_of_sweep (nth / SWEEP_STRETCHES);
  return stretch * length + step % length;
}
