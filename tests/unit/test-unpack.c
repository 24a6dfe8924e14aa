/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's archive, as the image's first program unpacks it. */
#include "iso/init/unpack.h"
#include "unit.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void
run (const char *command)
{
  int status = -1;
  const char *argv[] = {"sh", "-euc", command, NULL};
  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status,
                NULL);
  assert_int_equal (status, 0);
}

static const char *
unpack (const char *archive)
{
  g_autofree char *path = g_build_filename ("..", archive, NULL);
  int fd = open (path, O_RDWR | O_CLOEXEC);
  assert_true (fd >= 0);
  const char *error = unpack_all (fd);
  (void)close (fd);
  return error;
}

static void
assert_content (const char *path, const char *expected)
{
  g_autofree char *content = NULL;
  assert_true (g_file_get_contents (path, &content, NULL, NULL));
  assert_string_equal (content, expected);
}

/* A tree in "tree", its archive "a.zst", and the current folder an empty one beside them. */
static int
set_up (void **state)
{
  char *folder = g_dir_make_tmp ("unpack.XXXXXX", NULL);
  *state = folder;
  assert_int_equal (g_chdir (folder), 0);
  run ("mkdir -p tree/etc tree/usr/bin out && echo ours >tree/etc/hosts && chmod 750 tree/etc"
       " && seq 100000 >tree/usr/bin/big && chmod 755 tree/usr/bin/big && : >tree/etc/empty"
       " && ln tree/usr/bin/big tree/usr/bin/same && ln -s ../etc/hosts tree/usr/link"
       " && (cd tree && find . -mindepth 1 | sort | cpio --quiet -o -H newc) >a.cpio && zstd -q "
       "a.cpio -o a.zst");
  assert_int_equal (g_chdir ("out"), 0);
  return 0;
}

static int
tear_down (void **state)
{
  g_autofree char *folder = *state;
  assert_int_equal (g_chdir (folder), 0);
  run ("chmod -R u+rwX . && rm -rf a.* tree out");
  assert_int_equal (g_chdir ("/"), 0);
  return g_rmdir (folder);
}

static void
test_tree (void **state G_GNUC_UNUSED)
{
  assert_null (unpack ("a.zst"));
  run ("diff -r ../tree . && test \"$(stat -c %a etc)\" = 750 && test -x usr/bin/big");
  run ("test \"$(readlink usr/link)\" = ../etc/hosts && test usr/bin/big -ef usr/bin/same");
}

static void
test_what_is_there_stays (void **state G_GNUC_UNUSED)
{
  run ("mkdir -m 700 etc && echo theirs >etc/hosts && mkdir usr && echo file >usr/link");
  assert_null (unpack ("a.zst"));
  assert_content ("etc/hosts", "theirs\n");
  assert_content ("usr/link", "file\n");
  run ("test \"$(stat -c %a etc)\" = 750 && cmp ../tree/usr/bin/big usr/bin/same");
}

static void
test_size (void **state G_GNUC_UNUSED)
{
  struct stat stat_cpio;
  int fd = open ("../a.zst", O_RDONLY | O_CLOEXEC);
  assert_int_equal (stat ("../a.cpio", &stat_cpio), 0);
  assert_int_equal (unpack_size (fd), stat_cpio.st_size);
  (void)close (fd);
}

static void
test_damaged (void **state G_GNUC_UNUSED)
{
  run ("head -c 1000 ../a.zst >../a.short && head -c 200 /dev/zero >../a.zero");
  assert_string_equal (unpack ("a.short"), "the archive ends too early");
  assert_string_equal (unpack ("a.zero"), "the archive is damaged");
  run ("head -c 5000 /dev/zero | zstd -q -o ../a.nothing");
  assert_string_equal (unpack ("a.nothing"), "the archive is damaged");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown (test_tree, set_up, tear_down),
      cmocka_unit_test_setup_teardown (test_what_is_there_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown (test_size, set_up, tear_down),
      cmocka_unit_test_setup_teardown (test_damaged, set_up, tear_down),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
