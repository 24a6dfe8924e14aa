/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/process.h"
#include "disk-volume.h"

/* A made-up /sys of files with contents (a NAME that ends with "/" is a folder). */
typedef struct {
  const char *name, *contents;
} Entry;

static char *
make_sys (const Entry *entries, guint n)
{
  char *dir = g_dir_make_tmp ("p2v-sys.XXXXXX", NULL);
  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_build_filename (dir, "class/block", entries[i].name, NULL);
    g_autofree char *parent = g_path_get_dirname (path);
    assert_int_equal (g_mkdir_with_parents (entries[i].contents ? parent : path, 0755), 0);
    if (entries[i].contents)
      assert_true (g_file_set_contents (path, entries[i].contents, -1, NULL));
  }
  return dir;
}

static void
remove_sys (char *dir)
{
  const char *const argv[] = {"rm", "-r", dir, NULL};
  assert_true (p2v_process_run (argv, NULL, NULL, NULL));
  g_free (dir);
}

static void
test_fake_raid (void **state)
{
  (void)state;
  static const Entry entries[] = {
      {"md127/md/metadata_version", "external:imsm\n"},
      {"md127/size", "0\n"},
      {"md126/md/metadata_version", "external:-md127/0\n"},
      {"md126/md/level", "raid1\n"},
      {"md126/size", "100000\n"},
      {"md126/slaves/sda", NULL},
      {"md126/slaves/sdb", NULL},
      {"sda/holders/md126", NULL},
      {"sda/holders/md127", NULL},
      {"sdb/holders/md126", NULL},
      {"sdc/holders/md127", NULL}, /* a spare */
      {"sdd/size", "100000\n"},
      /* a container whose volume does not run */
      {"md125/md/metadata_version", "external:ddf\n"},
      {"md124/md/metadata_version", "external:/md125/0\n"},
      {"md124/size", "0\n"},
      {"sde/holders/md125", NULL},
      {"sdf/holders/md124", NULL},
      /* and one whose name begins alike */
      {"md12/md/metadata_version", "external:ddf\n"},
      {"sdg/holders/md12", NULL},
  };
  char *sys = make_sys (entries, G_N_ELEMENTS (entries));
  assert_true (disk_volume_is (sys, "md126"));
  assert_false (disk_volume_is (sys, "md127"));
  assert_false (disk_volume_is (sys, "sda"));
  assert_true (disk_volume_hides (sys, "sda"));
  assert_true (disk_volume_hides (sys, "sdb"));
  assert_true (disk_volume_hides (sys, "sdc"));
  assert_false (disk_volume_hides (sys, "sdd"));
  assert_false (disk_volume_hides (sys, "sde"));
  assert_false (disk_volume_hides (sys, "sdf"));
  assert_false (disk_volume_hides (sys, "sdg"));
  assert_false (disk_volume_is_multipath (sys, "md126"));
  g_autofree char *model = disk_volume_model (sys, "md126");
  assert_string_equal (model, "IMSM RAID 1");
  remove_sys (sys);
}

static void
test_linux_raid (void **state)
{
  (void)state;
  static const Entry entries[] = {
      {"md0/md/metadata_version", "1.2\n"},
      {"md0/size", "100000\n"},
      {"sda/holders/md0", NULL},
      {"sdb/holders/dm-0", NULL},
      {"dm-0/dm/uuid", "LVM-abcdef\n"},
      {"dm-0/size", "100000\n"},
  };
  char *sys = make_sys (entries, G_N_ELEMENTS (entries));
  assert_false (disk_volume_is (sys, "md0"));
  assert_false (disk_volume_is (sys, "dm-0"));
  assert_false (disk_volume_hides (sys, "sda"));
  assert_false (disk_volume_hides (sys, "sdb"));
  remove_sys (sys);
}

static void
test_paths (void **state)
{
  (void)state;
  static const Entry entries[] = {
      {"dm-0/dm/uuid", "mpath-35000c50015ea71ad\n"},
      {"dm-0/size", "100000\n"},
      {"dm-0/slaves/sdb", NULL},
      {"dm-0/slaves/sdaa", NULL},
      {"dm-0/slaves/sda", NULL},
      {"sda/holders/dm-0", NULL},
      {"sdb/holders/dm-0", NULL},
      {"sdaa/holders/dm-0", NULL},
      {"dm-1/dm/uuid", "DMRAID-via_abc\n"},
      {"dm-1/size", "100000\n"},
      {"dm-1/slaves/sdd", NULL},
      {"dm-1/slaves/dm-0", NULL}, /* fake RAID of what has several paths */
      {"sdd/holders/dm-1", NULL},
      {"dm-0/holders/dm-1", NULL},
  };
  char *sys = make_sys (entries, G_N_ELEMENTS (entries));
  assert_true (disk_volume_is_multipath (sys, "dm-0"));
  assert_true (disk_volume_is (sys, "dm-1"));
  assert_false (disk_volume_is_multipath (sys, "dm-1"));
  assert_true (disk_volume_hides (sys, "sdaa"));
  assert_true (disk_volume_hides (sys, "dm-0"));
  assert_false (disk_volume_hides (sys, "dm-1"));
  g_auto (GStrv) paths = disk_volume_members (sys, "dm-0");
  g_autofree char *joined = g_strjoinv (" ", paths);
  assert_string_equal (joined, "sda sdaa sdb");
  g_auto (GStrv) all = disk_volume_members (sys, "dm-1");
  g_autofree char *through = g_strjoinv (" ", all);
  assert_string_equal (through, "sda sdaa sdb sdd");
  assert_null (disk_volume_model (sys, "dm-0"));
  remove_sys (sys);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_fake_raid),
      cmocka_unit_test (test_linux_raid),
      cmocka_unit_test (test_paths),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
