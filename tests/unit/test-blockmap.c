/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include "p2v-server/blockmap.h"

#define DISK_SIZE (10ull * P2V_UNIT + 512)

typedef struct {
  char *dir, *path;
} Place;

static int
setup (void **state)
{
  Place *place = g_new0 (Place, 1);
  place->dir = g_dir_make_tmp ("p2v-blockmap-XXXXXX", NULL);
  place->path = g_build_filename (place->dir, "d0.blockmap", NULL);
  *state = place;
  return 0;
}

static int
teardown (void **state)
{
  Place *place = *state;
  (void)g_unlink (place->path);
  assert_int_equal (g_rmdir (place->dir), 0);
  g_free (place->path);
  g_free (place->dir);
  g_free (place);
  return 0;
}

static void
write_map (const Place *place)
{
  GError *error = NULL;
  g_autoptr (BlockmapWriter) writer = blockmap_writer_new (place->path, DISK_SIZE, &error);
  assert_non_null (writer);
  assert_true (blockmap_writer_add (writer, PIECE_SOURCE, 0, P2V_UNIT + 4096, &error));
  assert_true (blockmap_writer_add (writer, PIECE_OVERLAY, P2V_UNIT + 4096, 4096, &error));
  assert_true (blockmap_writer_add (writer, PIECE_SOURCE, 10 * P2V_UNIT - 512, 1024, &error));
  assert_true (blockmap_writer_finish (writer, &error));
}

static void
test_cut_at_units (void **state)
{
  const Place *place = *state;
  static const Piece wanted[] = {
      {0, P2V_UNIT, PIECE_SOURCE, PIECE_PLANNED, {0}},
      {P2V_UNIT, 4096, PIECE_SOURCE, PIECE_PLANNED, {0}},
      {P2V_UNIT + 4096, 4096, PIECE_OVERLAY, PIECE_PLANNED, {0}},
      {10 * P2V_UNIT - 512, 512, PIECE_SOURCE, PIECE_PLANNED, {0}},
      {10 * P2V_UNIT, 512, PIECE_SOURCE, PIECE_PLANNED, {0}},
  };
  write_map (place);
  GError *error = NULL;
  g_autoptr (Blockmap) map = blockmap_open (place->path, DISK_SIZE, &error);
  assert_non_null (map);
  assert_int_equal (blockmap_n_pieces (map), G_N_ELEMENTS (wanted));
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    Piece piece;
    blockmap_get (map, i, &piece);
    assert_int_equal (piece.offset, wanted[i].offset);
    assert_int_equal (piece.length, wanted[i].length);
    assert_int_equal (piece.kind, wanted[i].kind);
    assert_int_equal (piece.state, PIECE_PLANNED);
  }
  assert_int_equal (blockmap_bytes (map, PIECE_SOURCE), P2V_UNIT + 4096 + 1024);
  assert_int_equal (blockmap_bytes (map, PIECE_OVERLAY), 4096);
  assert_int_equal (blockmap_disk_size (map), DISK_SIZE);
}

static void
test_clusters (void **state)
{
  const Place *place = *state;
  write_map (place);
  g_autoptr (Blockmap) map = blockmap_open (place->path, DISK_SIZE, NULL);
  assert_int_equal (blockmap_cluster_bytes (map, P2V_UNIT), 4 * P2V_UNIT);
  assert_int_equal (blockmap_cluster_bytes (map, 4096), P2V_UNIT + 8192 + 8192);
}

static void
test_states_stay (void **state)
{
  const Place *place = *state;
  guint8 digest[P2V_DIGEST_SIZE];
  memset (digest, 7, sizeof digest);
  write_map (place);
  Blockmap *map = blockmap_open (place->path, DISK_SIZE, NULL);
  blockmap_set_digest (map, 2, digest);
  blockmap_set_state (map, 2, PIECE_VERIFIED);
  assert_true (blockmap_sync (map, NULL));
  blockmap_free (map);
  map = blockmap_open (place->path, DISK_SIZE, NULL);
  Piece piece;
  blockmap_get (map, 2, &piece);
  assert_int_equal (piece.state, PIECE_VERIFIED);
  assert_memory_equal (piece.digest, digest, sizeof digest);
  blockmap_get (map, 1, &piece);
  assert_int_equal (piece.state, PIECE_PLANNED);
  blockmap_free (map);
}

static void
test_manifest (void **state)
{
  const Place *place = *state;
  GError *error = NULL;
  write_map (place);
  Blockmap *map = blockmap_open (place->path, DISK_SIZE, NULL);
  assert_false (blockmap_is_verified (map));
  assert_null (blockmap_open_manifest (place->path, &error));
  assert_p2v_error (error, P2V_ERROR_JOB);
  for (guint64 i = 0; i < blockmap_n_pieces (map); i++) {
    assert_false (blockmap_is_verified (map));
    blockmap_set_state (map, i, PIECE_VERIFIED);
  }
  assert_true (blockmap_is_verified (map));
  blockmap_free (map);
  assert_int_equal (g_chmod (place->path, 0400), 0); /* as root that says nothing */
  map = blockmap_open_manifest (place->path, &error);
  assert_non_null (map);
  assert_int_equal (blockmap_disk_size (map), DISK_SIZE);
  blockmap_free (map);
}

/* Every byte of the header and of a piece that has a meaning. */
static void
test_damage_refused (void **state)
{
  const Place *place = *state;
  static const struct {
    gsize at;
    char value;
  } damage[] = {
      {0, 'X'},
      {8, 2},
      {12, 1},
      {16, 1},
      {24, 9},
      {32, 1},
      {40, 1},
      {48, 0},
      {64 + 12, 0},
      {64 + 12, 3},
      {64 + 13, 4},
      {64 + 14, 1},
      {64, 1},              /* crosses a unit boundary */
      {74, 0},              /* empty */
      {98, 0},              /* overlaps the first */
      {64 + 32 * 4 + 8, 1}, /* ends behind the disk */
  };
  for (guint i = 0; i < G_N_ELEMENTS (damage); i++) {
    write_map (place);
    g_autofree char *bytes = NULL;
    gsize length;
    assert_true (g_file_get_contents (place->path, &bytes, &length, NULL));
    bytes[damage[i].at] = damage[i].value;
    assert_true (g_file_set_contents (place->path, bytes, (gssize)length, NULL));
    GError *error = NULL;
    assert_null (blockmap_open (place->path, DISK_SIZE, &error));
    assert_p2v_error (error, P2V_ERROR_JOB);
  }
}

static void
test_length_refused (void **state)
{
  const Place *place = *state;
  GError *error = NULL;
  assert_null (blockmap_open (place->path, DISK_SIZE, &error));
  assert_p2v_error (error, P2V_ERROR_JOB);
  write_map (place);
  assert_null (blockmap_open (place->path, DISK_SIZE + 512, &error));
  assert_p2v_error (error, P2V_ERROR_JOB);
  g_autofree char *bytes = NULL;
  gsize length;
  assert_true (g_file_get_contents (place->path, &bytes, &length, NULL));
  static const gssize lengths[] = {0, 10, 64, 100, -1};
  for (guint i = 0; lengths[i] >= 0; i++) {
    assert_true (g_file_set_contents (place->path, bytes, lengths[i], NULL));
    assert_null (blockmap_open (place->path, DISK_SIZE, &error));
    assert_p2v_error (error, P2V_ERROR_JOB);
  }
}

static void
test_order_refused (void **state)
{
  const Place *place = *state;
  GError *error = NULL;
  g_autoptr (BlockmapWriter) writer = blockmap_writer_new (place->path, DISK_SIZE, &error);
  assert_true (blockmap_writer_add (writer, PIECE_SOURCE, 4096, 4096, &error));
  assert_false (blockmap_writer_add (writer, PIECE_SOURCE, 0, 4096, &error));
  assert_p2v_error (error, P2V_ERROR_INTERNAL);
  assert_false (blockmap_writer_add (writer, PIECE_SOURCE, DISK_SIZE - 512, 1024, &error));
  assert_p2v_error (error, P2V_ERROR_INTERNAL);
}

static void
test_empty (void **state)
{
  const Place *place = *state;
  g_autoptr (BlockmapWriter) writer = blockmap_writer_new (place->path, DISK_SIZE, NULL);
  assert_true (blockmap_writer_finish (writer, NULL));
  g_autoptr (Blockmap) map = blockmap_open (place->path, DISK_SIZE, NULL);
  assert_non_null (map);
  assert_int_equal (blockmap_n_pieces (map), 0);
  assert_int_equal (blockmap_cluster_bytes (map, 4096), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown (test_cut_at_units, setup, teardown),
      cmocka_unit_test_setup_teardown (test_clusters, setup, teardown),
      cmocka_unit_test_setup_teardown (test_states_stay, setup, teardown),
      cmocka_unit_test_setup_teardown (test_manifest, setup, teardown),
      cmocka_unit_test_setup_teardown (test_damage_refused, setup, teardown),
      cmocka_unit_test_setup_teardown (test_length_refused, setup, teardown),
      cmocka_unit_test_setup_teardown (test_order_refused, setup, teardown),
      cmocka_unit_test_setup_teardown (test_empty, setup, teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
