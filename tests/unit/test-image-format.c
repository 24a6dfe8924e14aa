/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which format an image has, when its first bytes are whatever a guest wrote. */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include "p2v-server/verify-manifest.h"

#define DISK_SIZE (1u << 20)

typedef struct {
  guint8 version, backing, features;
  guint32 virtual_size;
  guint64 file_size;
  const char *format; /* NULL: refused */
} Case;

/* The file of CASE, made under PATH. */
static void
write_image (const char *path, const Case *c)
{
  char header[80] = {'Q', 'F', 'I', '\xfb'};
  guint64 size = GUINT64_TO_BE (c->virtual_size);
  header[7] = (char)c->version;
  header[15] = (char)c->backing;
  memcpy (header + 24, &size, sizeof size);
  header[79] = (char)c->features;
  assert_true (g_file_set_contents (path, header, sizeof header, NULL));
  assert_int_equal (truncate (path, (off_t)c->file_size), 0);
}

static void
test_formats (void **state G_GNUC_UNUSED)
{
  static const Case cases[] = {
      {3, 0, 0, DISK_SIZE, 200000, "qcow2"},
      {2, 0, 4, DISK_SIZE, 200000, "qcow2"}, /* version 2 has no features */
      {3, 99, 0, DISK_SIZE, 200000, NULL},   /* a backing file */
      {3, 0, 4, DISK_SIZE, 200000, NULL},    /* a data file */
      {3, 0, 0, 4096, 200000, "qcow2"},      /* of another size: qemu says which */
      {3, 0, 0, 4096, DISK_SIZE, "raw"},     /* a guest's joke */
      {3, 99, 0, 4096, DISK_SIZE, "raw"},
      {3, 99, 0, 4096, 200000, "raw"}, /* the same, cut off */
      {3, 99, 0, DISK_SIZE, DISK_SIZE, NULL},
  };
  g_autofree char *dir = g_dir_make_tmp ("p2v-format-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "image", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GError *error = NULL;
    write_image (path, &cases[i]);
    const char *format = verify_image_format (path, DISK_SIZE, &error);
    if (cases[i].format)
      assert_string_equal (format, cases[i].format);
    else
      assert_null (format);
    if (!format)
      assert_p2v_error (error, P2V_ERROR_TARGET);
  }
  GError *error = NULL;
  assert_true (g_file_set_contents (path, "QFI\xfb", 4, NULL)); /* shorter than a header */
  assert_string_equal (verify_image_format (path, DISK_SIZE, &error), "qcow2");
  assert_int_equal (g_unlink (path), 0);
  assert_null (verify_image_format (path, DISK_SIZE, &error));
  assert_p2v_error (error, P2V_ERROR_IO);
  assert_int_equal (g_rmdir (dir), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test (test_formats)};
  return cmocka_run_group_tests (tests, NULL, NULL);
}
