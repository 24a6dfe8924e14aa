/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of a data channel.  The bytes of an NBD connection travel in frames in
 * both directions so that they can be compressed and counted:
 *
 *   magic/flags  u8   'P' raw payload, 'Z' zstd-compressed payload, 'E' end of stream,
 *                      'K' sign of life
 *   reserved     u8   0
 *   length       be32 bytes of payload that follow (0 for 'E' and 'K', else 1 … P2V_FRAME_MAX)
 *   original     be32 bytes after decompression (= length for 'P', 0 for 'E' and 'K')
 *
 * The payloads of all 'Z' of one direction are one stream of zstd, each flushed, so that
 * what is alike in two of them is sent once; 'P' in between are no part of it.
 *
 * 'E' half-closes that direction; the other goes on.  'K' carries nothing; the client
 * sends it where nothing else was sent for P2V_ALIVE_S seconds, so that a link that
 * drops everything can be told from a slow disk. */
#pragma once
#include <glib.h>

#define P2V_FRAME_HEADER 10u
#define P2V_FRAME_MAX    (256u * 1024u)

typedef struct P2vEncoder P2vEncoder;
typedef struct P2vDecoder P2vDecoder;

P2vEncoder *p2v_encoder_new (void);
void p2v_encoder_free (P2vEncoder *encoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (P2vEncoder, p2v_encoder_free)

/* Appends frames for LENGTH bytes to OUT, compressed or not. */
void p2v_encoder_push (P2vEncoder *encoder, const void *data, gsize length, gboolean compress,
                       GByteArray *out);
/* For payload that is read right to where it is sent from: room for MOST bytes (at most
 * P2V_FRAME_MAX) at the end of OUT, and then a plain frame of the LENGTH bytes that were put
 * there; 0: none. */
guint8 *p2v_encoder_reserve (GByteArray *out, gsize most);
void p2v_encoder_reserved (GByteArray *out, gsize most, gsize length);
/* Appends the end-of-stream frame. */
void p2v_encoder_end (P2vEncoder *encoder, GByteArray *out);
/* Appends a sign of life. */
void p2v_encoder_alive (P2vEncoder *encoder, GByteArray *out);

/* Exit status of `p2v-server data` when its client vanished without an end frame, or
 * was silent for P2V_SILENCE_S seconds (EX_TEMPFAIL of sysexits.h): another channel
 * may be opened. */
#define P2V_DATA_LOST 75

P2vDecoder *p2v_decoder_new (void);
void p2v_decoder_free (P2vDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (P2vDecoder, p2v_decoder_free)

/* Bytes until the header or the payload at hand is whole, at least 1. */
gsize p2v_decoder_wants (const P2vDecoder *decoder);

/* Bytes of a plain payload that nothing was taken of yet; 0: there is no such.  Some
 * or all of them may go to where OUT of p2v_decoder_push goes without passing through
 * here; p2v_decoder_passed tells how many have. */
gsize p2v_decoder_plain (const P2vDecoder *decoder);
void p2v_decoder_passed (P2vDecoder *decoder, gsize bytes);

/* Takes received bytes and appends the payload to OUT, until that holds
 * P2V_FRAME_MAX bytes or more: a few bytes can unpack to a whole frame.  *USED
 * of the LENGTH bytes were taken; the rest is to come again when OUT has room.
 * *ENDED becomes TRUE after the end-of-stream frame.  FALSE with
 * P2V_ERROR_PROTOCOL for anything that is not a frame, also for bytes after the
 * end.  Never buffers more than one frame. */
gboolean p2v_decoder_push (P2vDecoder *decoder, const void *data, gsize length, GByteArray *out,
                           gsize *used, gboolean *ended, GError **error);
