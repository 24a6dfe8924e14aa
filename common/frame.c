/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frame.h"
#include "error.h"
#include <string.h>
#include <zstd.h>

/* zstd's own default.  Measured on 256 MiB of /usr, in units of 64 KiB dealt out to two
 * channels: each frame by itself 1.89 times smaller by level 1 and 1.94 by level 3; all
 * frames of a channel as one stream 1.94 and 2.08 (2.12 with twice the window), at 820 and
 * 500 MB/s; `zstd -3` of the whole: 2.10.  Levels 5 and 6 gain 1 % more at half the speed. */
#define LEVEL 3

/* Twice the window of level 3, since a channel gets only its share of the units: 4 MiB in
 * each decoder, 5.5 MiB in each encoder that ever compressed. */
#define WINDOW_LOG 22

/* Payload of one compressed frame: below P2V_FRAME_MAX by more than compressing can make
 * it longer. */
#define PACK_MAX (P2V_FRAME_MAX / 2)

struct P2vEncoder {
  ZSTD_CCtx *context; /* made when first needed */
  guint8 *packed;
};

struct P2vDecoder {
  ZSTD_DCtx *context;
  guint8 header[P2V_FRAME_HEADER];
  guint have; /* bytes of the header */
  GByteArray *payload;
  guint32 length, original;
  guint8 kind;
  gboolean ended;
};

static void
write_header (guint8 header[P2V_FRAME_HEADER], guint8 kind, gsize length, gsize original)
{
  guint32 be = GUINT32_TO_BE ((guint32)length);
  header[0] = kind;
  header[1] = 0;
  memcpy (header + 2, &be, 4);
  be = GUINT32_TO_BE ((guint32)original);
  memcpy (header + 6, &be, 4);
}

static void
put_header (GByteArray *out, guint8 kind, gsize length, gsize original)
{
  guint8 header[P2V_FRAME_HEADER];
  write_header (header, kind, length, original);
  g_byte_array_append (out, header, sizeof header);
}

P2vEncoder *
p2v_encoder_new (void)
{
  return g_new0 (P2vEncoder, 1);
}

void
p2v_encoder_free (P2vEncoder *encoder)
{
  if (!encoder)
    return;
  ZSTD_freeCCtx (encoder->context);
  g_free (encoder->packed);
  g_free (encoder);
}

/* The next piece of the stream, complete (flushed), in encoder->packed; also when that is
 * longer, for the encoder counts on the decoder to have seen it.  0: zstd failed, which it
 * has no reason to. */
static gsize
compress_payload (P2vEncoder *encoder, const void *data, gsize length)
{
  if (!encoder->context) {
    encoder->context = ZSTD_createCCtx ();
    (void)ZSTD_CCtx_setParameter (encoder->context, ZSTD_c_compressionLevel, LEVEL);
    (void)ZSTD_CCtx_setParameter (encoder->context, ZSTD_c_windowLog, WINDOW_LOG);
    encoder->packed = g_malloc (P2V_FRAME_MAX);
  }
  ZSTD_inBuffer in = {data, length, 0};
  ZSTD_outBuffer out = {encoder->packed, P2V_FRAME_MAX, 0};
  gsize left = ZSTD_compressStream2 (encoder->context, &out, &in, ZSTD_e_flush);
  if (left == 0 && in.pos == length)
    return out.pos;
  g_clear_pointer (&encoder->context, ZSTD_freeCCtx); /* the next piece begins a new stream */
  return 0;
}

void
p2v_encoder_push (P2vEncoder *encoder, const void *data, gsize length, gboolean compress,
                  GByteArray *out)
{
  const guint8 *p = data;
  while (length > 0) {
    gsize part = MIN (length, compress ? PACK_MAX : P2V_FRAME_MAX);
    gsize packed = compress ? compress_payload (encoder, p, part) : 0;
    put_header (out, packed ? 'Z' : 'P', packed ? packed : part, part);
    g_byte_array_append (out, packed ? encoder->packed : p, (guint)(packed ? packed : part));
    p += part;
    length -= part;
  }
}

guint8 *
p2v_encoder_reserve (GByteArray *out, gsize most)
{
  guint at = out->len;
  g_byte_array_set_size (out, at + P2V_FRAME_HEADER + (guint)most);
  return out->data + at + P2V_FRAME_HEADER;
}

void
p2v_encoder_reserved (GByteArray *out, gsize most, gsize length)
{
  guint at = out->len - (guint)most - P2V_FRAME_HEADER;
  if (length > 0)
    write_header (out->data + at, 'P', length, length);
  g_byte_array_set_size (out, length > 0 ? at + P2V_FRAME_HEADER + (guint)length : at);
}

void
p2v_encoder_end (P2vEncoder *encoder G_GNUC_UNUSED, GByteArray *out)
{
  put_header (out, 'E', 0, 0);
}

void
p2v_encoder_alive (P2vEncoder *encoder G_GNUC_UNUSED, GByteArray *out)
{
  put_header (out, 'K', 0, 0);
}

P2vDecoder *
p2v_decoder_new (void)
{
  P2vDecoder *decoder = g_new0 (P2vDecoder, 1);
  decoder->payload = g_byte_array_new ();
  return decoder;
}

void
p2v_decoder_free (P2vDecoder *decoder)
{
  if (!decoder)
    return;
  ZSTD_freeDCtx (decoder->context);
  g_byte_array_unref (decoder->payload);
  g_free (decoder);
}

static gboolean
bad_frame (GError **error, const char *what)
{
  p2v_set_error (error, P2V_ERROR_PROTOCOL,
                 "Check that both sides run the same release of p2v and that the login shell on "
                 "the conversion server prints nothing of its own.",
                 "The data channel carries something that is not a frame of p2v: %s.", what);
  return FALSE;
}

static gboolean
take_header (P2vDecoder *decoder, GError **error)
{
  const guint8 *h = decoder->header;
  guint32 be;
  decoder->kind = h[0];
  memcpy (&be, h + 2, 4);
  decoder->length = GUINT32_FROM_BE (be);
  memcpy (&be, h + 6, 4);
  decoder->original = GUINT32_FROM_BE (be);
  if (h[1] != 0)
    return bad_frame (error, "the reserved byte is not 0");
  switch (decoder->kind) {
  case 'E':
  case 'K':
    if (decoder->length || decoder->original)
      return bad_frame (error, "an end or a sign of life with a length");
    return TRUE;
  case 'P':
    if (decoder->length != decoder->original)
      return bad_frame (error, "two lengths that differ");
    break;
  case 'Z':
    break;
  default:
    return bad_frame (error, "unknown kind");
  }
  if (decoder->length < 1 || decoder->length > P2V_FRAME_MAX || decoder->original < 1 ||
      decoder->original > P2V_FRAME_MAX)
    return bad_frame (error, "length out of range");
  return TRUE;
}

/* The payload is the next piece of the stream: all of it must be used, and give exactly
 * what the header says. */
static gboolean
unpack_payload (P2vDecoder *decoder, guint8 *to)
{
  if (!decoder->context) {
    decoder->context = ZSTD_createDCtx ();
    (void)ZSTD_DCtx_setParameter (decoder->context, ZSTD_d_windowLogMax, WINDOW_LOG);
  }
  ZSTD_inBuffer in = {decoder->payload->data, decoder->payload->len, 0};
  ZSTD_outBuffer out = {to, decoder->original, 0};
  gsize before;
  do {
    before = in.pos + out.pos;
    if (ZSTD_isError (ZSTD_decompressStream (decoder->context, &out, &in)))
      return FALSE;
  } while (in.pos + out.pos > before && (in.pos < in.size || out.pos < out.size));
  return in.pos == in.size && out.pos == out.size;
}

static gboolean
take_payload (P2vDecoder *decoder, GByteArray *out, GError **error)
{
  if (decoder->kind == 'P') {
    g_byte_array_append (out, decoder->payload->data, decoder->payload->len);
  } else {
    guint at = out->len;
    g_byte_array_set_size (out, at + decoder->original);
    if (!unpack_payload (decoder, out->data + at))
      return bad_frame (error, "compressed data that does not unpack");
  }
  g_byte_array_set_size (decoder->payload, 0);
  decoder->have = 0;
  return TRUE;
}

gsize
p2v_decoder_wants (const P2vDecoder *decoder)
{
  if (decoder->have < P2V_FRAME_HEADER || decoder->ended)
    return P2V_FRAME_HEADER - decoder->have % P2V_FRAME_HEADER;
  return decoder->length - decoder->payload->len;
}

gsize
p2v_decoder_plain (const P2vDecoder *decoder)
{
  gboolean untouched = decoder->have == P2V_FRAME_HEADER && decoder->payload->len == 0;
  return untouched && decoder->kind == 'P' ? decoder->length : 0;
}

void
p2v_decoder_passed (P2vDecoder *decoder, gsize bytes)
{
  g_assert (bytes <= p2v_decoder_plain (decoder));
  decoder->length -= (guint32)bytes;
  if (decoder->length == 0)
    decoder->have = 0;
}

gboolean
p2v_decoder_push (P2vDecoder *decoder, const void *data, gsize length, GByteArray *out, gsize *used,
                  gboolean *ended, GError **error)
{
  const guint8 *p = data;
  while (length > 0 && out->len < P2V_FRAME_MAX) {
    if (decoder->ended)
      return bad_frame (error, "bytes after the end");
    if (decoder->have < P2V_FRAME_HEADER) {
      gsize part = MIN (length, P2V_FRAME_HEADER - decoder->have);
      memcpy (decoder->header + decoder->have, p, part);
      decoder->have += (guint)part;
      p += part;
      length -= part;
      if (decoder->have < P2V_FRAME_HEADER)
        break;
      if (!take_header (decoder, error))
        return FALSE;
      decoder->ended = decoder->kind == 'E';
      if (decoder->kind == 'K')
        decoder->have = 0;
      continue;
    }
    gsize part = MIN (length, decoder->length - decoder->payload->len);
    g_byte_array_append (decoder->payload, p, (guint)part);
    p += part;
    length -= part;
    if (decoder->payload->len == decoder->length && !take_payload (decoder, out, error))
      return FALSE;
  }
  *used = (gsize)(p - (const guint8 *)data);
  *ended = decoder->ended;
  return TRUE;
}
