/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of a data channel, in pieces: bounded memory; and what was packed unpacks
 * to the same. */
#include "fuzz.h"
#include "common/frame.h"

static void
unpack (const guint8 *data, gsize size, gsize step)
{
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gboolean ended = FALSE;
  for (gsize at = 0, used = 0; at < size; at += used) {
    if (!p2v_decoder_push (decoder, data + at, MIN (step, size - at), out, &used, &ended, NULL))
      return;
    MUST (used > 0 && out->len < 2 * P2V_FRAME_MAX);
    g_byte_array_set_size (out, 0);
  }
}

static void
round_trip (const guint8 *data, gsize size)
{
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new (), out = g_byte_array_new ();
  gboolean ended = FALSE;
  gsize used = 0;
  p2v_encoder_push (encoder, data, size, TRUE, wire);
  p2v_encoder_end (encoder, wire);
  MUST (p2v_decoder_push (decoder, wire->data, wire->len, out, &used, &ended, NULL));
  MUST (ended && used == wire->len && out->len == size);
  MUST (size == 0 || memcmp (out->data, data, size) == 0);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size < 2)
    return 0;
  unpack (data + 1, size - 1, MAX (data[0], 1));
  round_trip (data, size);
  return 0;
}
