/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Room for the target and for the job directory, when both are on one file system. */
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include "unit.h"
#include "p2v-server/phases.h"
#include "p2v-server/target/files.h"

#define MIB (1024ull * 1024)

static gboolean
has_room (Target *target G_GNUC_UNUSED, Job *job G_GNUC_UNUSED, guint64 bytes G_GNUC_UNUSED,
          GError **error G_GNUC_UNUSED)
{
  return TRUE;
}

/* A job of which all but 100 MiB of what is free in DIR are in use. */
static gboolean
try_space (const char *dir, const char *target_dir, GError **error)
{
  static const TargetOps ops = {.check_space = has_room};
  struct statvfs fs;
  assert_int_equal (statvfs (dir, &fs), 0);
  P2vDisk source = {.size = (guint64)fs.f_bavail * fs.f_frsize};
  JobDisk disk = {.source = &source,
                  .used_bytes = source.size - 100 * MIB,
                  .cache = (char *)"/nonexistent",
                  .overlay = (char *)"/nonexistent"};
  P2vMachine machine = {.name = (char *)"guest"};
  /* as with p2v.o=libvirt: the name of a pool, not a directory */
  Target target = {.ops = &ops, .storage = (char *)"default"};
  Job job = {.id = (char *)"abcdefgh", .dir = (char *)dir, .machine = &machine, .target = &target};
  job.disks = g_ptr_array_new ();
  g_ptr_array_add (job.disks, &disk);
  target.files = target_files_new (&job, target_dir);
  gboolean ok = preflight_space (&job, error);
  target_files_free (target.files);
  g_ptr_array_unref (job.disks);
  return ok;
}

static void
test_same (void **state G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *out = g_build_filename (g_get_tmp_dir (), "out", NULL);
  assert_int_equal (mkdir (out, 0700), 0);
  assert_false (try_space (g_get_tmp_dir (), out, &error));
  assert_non_null (strstr (error->message, "the target is on the same file system"));
  assert_p2v_error (error, P2V_ERROR_SPACE);
}

static void
test_different (void **state G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  struct stat tmp, proc;
  assert_int_equal (stat (g_get_tmp_dir (), &tmp), 0);
  assert_int_equal (stat ("/proc", &proc), 0);
  assert_int_not_equal (tmp.st_dev, proc.st_dev);
  assert_true (try_space (g_get_tmp_dir (), "/proc", &error));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_same),
      cmocka_unit_test (test_different),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
