/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/frame.h"
#include <string.h>

/* Encodes DATA, feeds it to a decoder in pieces of STEP bytes, compares. */
static void
round_trip (const guint8 *data, gsize length, gboolean compress, gsize step)
{
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new (), out = g_byte_array_new ();
  g_autoptr (GByteArray) part = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  gboolean ended = FALSE;
  p2v_encoder_push (encoder, data, length, compress, wire);
  p2v_encoder_end (encoder, wire);
  for (gsize at = 0, used = 0; at < wire->len; at += used) {
    assert_false (ended);
    assert_true (p2v_decoder_push (decoder, wire->data + at, MIN (step, wire->len - at), part,
                                   &used, &ended, &error));
    assert_true (used > 0 && part->len < 2 * P2V_FRAME_MAX);
    g_byte_array_append (out, part->data, part->len);
    g_byte_array_set_size (part, 0);
  }
  assert_true (ended);
  assert_int_equal (out->len, length);
  assert_memory_equal (out->data, data, length);
}

static void
test_round_trips (void **state G_GNUC_UNUSED)
{
  gsize length = 3 * P2V_FRAME_MAX + 17;
  g_autofree guint8 *noise = g_malloc (length), *text = g_malloc (length);
  for (gsize i = 0; i < length; i++) {
    noise[i] = (guint8)g_random_int ();
    text[i] = (guint8)(i / 1000);
  }
  for (int compress = 0; compress < 2; compress++) {
    round_trip (noise, length, compress, 65536);
    round_trip (text, length, compress, 65536);
    round_trip (text, 5000, compress, 1);
    round_trip (text, 1, compress, 3);
  }
}

static void
test_compresses (void **state G_GNUC_UNUSED)
{
  guint8 zeroes[4096] = {0};
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new ();
  p2v_encoder_push (encoder, zeroes, sizeof zeroes, TRUE, wire);
  assert_true (wire->len < 100);
}

/* What was sent before is not sent again, whatever went uncompressed in between; and
 * frames that are made so refuse to be read without those before them. */
static void
test_one_stream (void **state G_GNUC_UNUSED)
{
  const gsize length = 100000;
  g_autofree guint8 *noise = g_malloc (length);
  for (gsize i = 0; i < length; i++)
    noise[i] = (guint8)g_random_int ();
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new (), late = p2v_decoder_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new (), out = g_byte_array_new ();
  gboolean ended = FALSE;
  gsize used = 0;
  p2v_encoder_push (encoder, noise, length, TRUE, wire);
  assert_true (wire->len > length);
  p2v_encoder_push (encoder, "plain", 5, FALSE, wire);
  gsize before = wire->len;
  p2v_encoder_push (encoder, noise, length, TRUE, wire);
  assert_true (wire->len - before < length / 100);
  assert_true (p2v_decoder_push (decoder, wire->data, wire->len, out, &used, &ended, NULL));
  assert_int_equal (out->len, 2 * length + 5);
  assert_memory_equal (out->data, noise, length);
  assert_memory_equal (out->data + length + 5, noise, length);
  g_byte_array_set_size (out, 0);
  assert_false (
      p2v_decoder_push (late, wire->data + before, wire->len - before, out, &used, &ended, NULL));
}

static void
test_signs_of_life (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new (), out = g_byte_array_new ();
  gboolean ended = FALSE;
  gsize used = 0;
  p2v_encoder_alive (encoder, wire);
  p2v_encoder_push (encoder, "ab", 2, FALSE, wire);
  p2v_encoder_alive (encoder, wire);
  p2v_encoder_alive (encoder, wire);
  p2v_encoder_push (encoder, "c", 1, FALSE, wire);
  p2v_encoder_end (encoder, wire);
  for (guint i = 0; i < wire->len; i++)
    assert_true (p2v_decoder_push (decoder, wire->data + i, 1, out, &used, &ended, NULL));
  assert_true (ended);
  assert_int_equal (out->len, 3);
  assert_memory_equal (out->data, "abc", 3);
}

static void
test_refused (void **state G_GNUC_UNUSED)
{
  static const struct {
    guint8 bytes[12];
    gsize length;
  } bad[] = {
      {"login: ", 10},
      {{'P', 1, 0, 0, 0, 1, 0, 0, 0, 1}, 10},    /* reserved byte */
      {{'P', 0, 0, 0, 0, 0, 0, 0, 0, 0}, 10},    /* empty */
      {{'P', 0, 0, 0, 0, 1, 0, 0, 0, 2}, 10},    /* lengths differ */
      {{'P', 0, 1, 0, 0, 0, 1, 0, 0, 0}, 10},    /* too long */
      {{'Z', 0, 0, 4, 0, 1, 0, 0, 0, 9}, 10},    /* too long */
      {{'Z', 0, 0, 0, 0, 2, 0, 0, 0, 0}, 10},    /* unpacks to nothing */
      {{'Z', 0, 0, 0, 0, 1, 0, 0, 0, 9, 7}, 11}, /* not zstd */
      {{'E', 0, 0, 0, 0, 0, 0, 0, 0, 1}, 10},
      {{'K', 0, 0, 0, 0, 1, 0, 0, 0, 1}, 10},      /* a sign of life with something in it */
      {{'K', 1, 0, 0, 0, 0, 0, 0, 0, 0}, 10},      /* reserved byte */
      {{'E', 0, 0, 0, 0, 0, 0, 0, 0, 0, 'P'}, 11}, /* after the end */
  };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
    g_autoptr (GByteArray) out = g_byte_array_new ();
    g_autoptr (GError) error = NULL;
    gboolean ended = FALSE;
    gsize used;
    assert_false (
        p2v_decoder_push (decoder, bad[i].bytes, bad[i].length, out, &used, &ended, &error));
    assert_p2v_error (error, P2V_ERROR_PROTOCOL);
  }
}

/* A megabyte of frames of zeroes would unpack to some ten gigabytes. */
static void
test_bomb (void **state G_GNUC_UNUSED)
{
  const gsize piece = P2V_FRAME_MAX / 2; /* of a compressed frame */
  g_autofree guint8 *zeroes = g_malloc0 (P2V_FRAME_MAX);
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new (), out = g_byte_array_new ();
  g_autoptr (GError) error = NULL;
  gboolean ended = FALSE;
  gsize used;
  for (guint i = 0; i < 100; i++)
    p2v_encoder_push (encoder, zeroes, P2V_FRAME_MAX, TRUE, wire);
  assert_true (wire->len < P2V_FRAME_MAX);
  assert_true (p2v_decoder_push (decoder, wire->data, wire->len, out, &used, &ended, &error));
  assert_in_range (out->len, P2V_FRAME_MAX, P2V_FRAME_MAX + piece);
  assert_true (used < wire->len / 50);
  assert_true (p2v_decoder_push (decoder, wire->data, wire->len, out, &used, &ended, &error));
  assert_int_equal (used, 0);
}

/* The payload of a plain frame may pass beside the decoder, all of it or a part, and what
 * was read right into the outbox is a frame like any other. */
static void
test_passed_by (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vEncoder) encoder = p2v_encoder_new ();
  g_autoptr (P2vDecoder) decoder = p2v_decoder_new ();
  g_autoptr (GByteArray) wire = g_byte_array_new (), out = g_byte_array_new ();
  gboolean ended = FALSE;
  gsize used = 0;
  memcpy (p2v_encoder_reserve (wire, 1000), "0123456789", 10);
  p2v_encoder_reserved (wire, 1000, 10);
  (void)p2v_encoder_reserve (wire, 1000);
  p2v_encoder_reserved (wire, 1000, 0);
  assert_int_equal (wire->len, P2V_FRAME_HEADER + 10);
  p2v_encoder_push (encoder, "compressed", 10, TRUE, wire);
  p2v_encoder_push (encoder, "last", 4, FALSE, wire);
  const guint8 *p = wire->data;

  assert_int_equal (p2v_decoder_plain (decoder), 0);
  assert_int_equal (p2v_decoder_wants (decoder), P2V_FRAME_HEADER);
  assert_true (p2v_decoder_push (decoder, p, 4, out, &used, &ended, NULL));
  assert_int_equal (p2v_decoder_wants (decoder), P2V_FRAME_HEADER - 4);
  assert_true (p2v_decoder_push (decoder, p + 4, P2V_FRAME_HEADER - 4, out, &used, &ended, NULL));
  assert_int_equal (p2v_decoder_plain (decoder), 10);
  p2v_decoder_passed (decoder, 7);
  assert_int_equal (p2v_decoder_plain (decoder), 3);
  p2v_decoder_passed (decoder, 3);
  assert_int_equal (p2v_decoder_plain (decoder), 0);
  p += P2V_FRAME_HEADER + 10;

  /* Compressed ones have to be unpacked, and what was begun here is finished here. */
  gsize rest = wire->len - (gsize)(p - wire->data), last = P2V_FRAME_HEADER + 4;
  assert_true (p2v_decoder_push (decoder, p, P2V_FRAME_HEADER, out, &used, &ended, NULL));
  assert_int_equal (p2v_decoder_plain (decoder), 0);
  assert_int_equal (p2v_decoder_wants (decoder), rest - last - P2V_FRAME_HEADER);
  assert_true (p2v_decoder_push (decoder, p + P2V_FRAME_HEADER, rest - P2V_FRAME_HEADER - 3, out,
                                 &used, &ended, NULL));
  assert_int_equal (p2v_decoder_plain (decoder), 0);
  assert_int_equal (p2v_decoder_wants (decoder), 3);
  assert_true (p2v_decoder_push (decoder, p + rest - 3, 3, out, &used, &ended, NULL));
  assert_int_equal (out->len, 14);
  assert_memory_equal (out->data, "compressedlast", 14);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_passed_by),  cmocka_unit_test (test_round_trips),
      cmocka_unit_test (test_compresses), cmocka_unit_test (test_signs_of_life),
      cmocka_unit_test (test_refused),    cmocka_unit_test (test_bomb),
      cmocka_unit_test (test_one_stream),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
