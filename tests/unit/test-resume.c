/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job takes up that another process of it left. */
#include "unit.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/unit.h"
#include "p2v-server/digest-keeper.h"
#include "p2v-server/guest-info.h"
#include "p2v-server/held.h"
#include "p2v-server/report.h"
#include "p2v-server/same-machine.h"

static void
test_guest_info (void **state G_GNUC_UNUSED)
{
  g_autoptr (GuestInfo) info = guest_info_new ();
  info->type = g_strdup ("linux");
  info->product_name = g_strdup ("Größe \"12\"");
  info->major = 12;
  info->boot_disk = 3;
  info->used_bytes = 5000000000;
  info->q35 = FALSE;
  info->virtio_net = TRUE;
  g_autoptr (JsonObject) json = guest_info_to_json (info);
  g_autoptr (GuestInfo) again = guest_info_from_json (json);
  assert_string_equal (again->type, "linux");
  assert_string_equal (again->product_name, info->product_name);
  assert_null (again->distro);
  assert_int_equal (again->major, 12);
  assert_int_equal (again->boot_disk, 3);
  assert_int_equal (again->used_bytes, 5000000000);
  assert_false (again->q35);
  assert_true (again->virtio_net);
  assert_false (again->uefi);
}

static guint
count (Report *report, const char *member)
{
  g_autoptr (JsonObject) json = report_to_json (report);
  return json_array_get_length (json_object_get_array_member (json, member));
}

static void
test_report (void **state G_GNUC_UNUSED)
{
  g_autoptr (Report) report = report_new ();
  report_phase (report, "convert", 1.5);
  report_change (report, "fstab", "/etc/fstab", "changed", "because");
  report_warning (report, "mind %s", "this");
  report_warning (report, "mind %s", "this");
  report_figure (report, "live_bytes", 7);
  assert_int_equal (count (report, "warnings"), 1);

  g_autoptr (JsonObject) saved = report_to_json (report);
  g_autoptr (Report) next = report_new ();
  report_restore (next, saved);
  assert_int_equal (count (next, "changes"), 1);
  assert_int_equal (count (next, "repairs"), 0);
  report_repair (next, "mended");
  assert_int_equal (count (next, "repairs"), 1);
  assert_int_equal (count (report, "repairs"), 0);

  report_reset (next);
  assert_int_equal (count (next, "phases"), 1);
  assert_int_equal (count (next, "changes"), 0);
  assert_int_equal (count (next, "warnings"), 0);
}

static P2vMachine *
machine (const char *uuid, const char *serial, const char *table, guint64 size)
{
  P2vMachine *machine = p2v_machine_new ();
  P2vDisk *disk = p2v_disk_new ();
  machine->uuid = g_strdup (uuid);
  disk->serial = g_strdup (serial);
  disk->table_uuid = g_strdup (table);
  disk->size = size;
  g_ptr_array_add (machine->disks, disk);
  return machine;
}

static void
test_same_machine (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vMachine) one = machine ("u-1", "S1", "t-1", 1024);
  const struct {
    const char *uuid, *serial, *table;
    guint64 size;
    gboolean same;
  } cases[] = {
      {"u-1", "S1", "t-1", 1024, TRUE},  {"u-2", "S1", "t-1", 1024, FALSE},
      {NULL, "S1", "t-1", 1024, FALSE},  {"u-1", "S2", "t-1", 1024, FALSE},
      {"u-1", NULL, "t-1", 1024, FALSE}, {"u-1", "S1", "t-2", 1024, FALSE},
      {"u-1", "S1", NULL, 1024, FALSE},  {"u-1", "S1", "t-1", 2048, FALSE},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (P2vMachine) other =
        machine (cases[i].uuid, cases[i].serial, cases[i].table, cases[i].size);
    assert_int_equal (same_machine (one, other), cases[i].same);
  }
  /* Nothing to tell its disk from another. */
  g_autoptr (P2vMachine) bare = machine ("u-1", NULL, NULL, 1024);
  assert_false (same_machine (bare, bare));
  g_ptr_array_add (((P2vMachine *)one)->disks, p2v_disk_new ());
  g_autoptr (P2vMachine) fewer = machine ("u-1", "S1", "t-1", 1024);
  assert_false (same_machine (one, fewer));
}

/* ---- files of a job ---- */

static Job *
job_in (char **dir)
{
  *dir = g_dir_make_tmp ("p2v-unit.XXXXXX", NULL);
  Job *job = g_new0 (Job, 1);
  JobDisk *disk = g_new0 (JobDisk, 1);
  P2vDisk *source = p2v_disk_new ();
  source->size = 4 * P2V_UNIT;
  disk->source = source;
  disk->digests = g_build_filename (*dir, "d0.digests", NULL);
  disk->cache_map = g_build_filename (*dir, "d0.map", NULL);
  job->disks = g_ptr_array_new ();
  g_ptr_array_add (job->disks, disk);
  job->machine = p2v_machine_new ();
  g_ptr_array_add (job->machine->disks, source);
  return job;
}

static void
job_end (Job *job, char *dir)
{
  JobDisk *disk = g_ptr_array_index (job->disks, 0);
  g_autofree char *sums = g_strconcat (disk->cache_map, ".sums", NULL);
  g_unlink (disk->digests);
  g_unlink (disk->cache_map);
  g_unlink (sums);
  assert_int_equal (g_rmdir (dir), 0);
  g_free (disk->digests);
  g_free (disk->cache_map);
  g_free (disk);
  g_ptr_array_unref (job->disks);
  p2v_machine_free (job->machine);
  g_free (job);
  g_free (dir);
}

static guint64 told;

static void
on_taken (guint disk, guint64 records, gpointer data G_GNUC_UNUSED)
{
  assert_int_equal (disk, 0);
  told = records;
}

static void
add_records (DigestKeeper *keeper, guint n)
{
  for (guint i = 0; i < n; i++) {
    P2vDigestRecord record = {.offset = i * P2V_UNIT, .length = P2V_UNIT};
    guint8 packed[P2V_DIGEST_RECORD_SIZE];
    p2v_digest_record_pack (&record, packed);
    assert_true (digest_keeper_add (keeper, 0, packed, sizeof packed, NULL));
  }
}

static void
test_digests_are_kept (void **state G_GNUC_UNUSED)
{
  char *dir;
  Job *job = job_in (&dir);
  const JobDisk *disk = g_ptr_array_index (job->disks, 0);
  DigestKeeper *keeper = digest_keeper_new (job, on_taken, NULL, NULL);
  told = 0;
  add_records (keeper, 3);
  assert_int_equal (told, 0);
  while (told == 0)
    g_main_context_iteration (NULL, TRUE);
  assert_int_equal (told, 3);
  assert_int_equal (digest_keeper_settle (keeper, 0), 3);
  digest_keeper_free (keeper);

  /* Power was lost: half a record, and one that is nothing but zeroes. */
  FILE *file = fopen (disk->digests, "a");
  static const guint8 zeroes[P2V_DIGEST_RECORD_SIZE + 10];
  assert_int_equal (fwrite (zeroes, sizeof zeroes, 1, file), 1);
  fclose (file);
  keeper = digest_keeper_new (job, on_taken, NULL, NULL);
  assert_int_equal (digest_keeper_settle (keeper, 0), 3);
  add_records (keeper, 1);
  assert_int_equal (digest_keeper_settle (keeper, 0), 4);
  digest_keeper_reset (keeper);
  assert_int_equal (digest_keeper_settle (keeper, 0), 0);
  digest_keeper_free (keeper);
  job_end (job, dir);
}

static void
note_unit (const P2vDigestRecord *held, gpointer data)
{
  g_string_append_printf (data, "%" G_GUINT64_FORMAT "+%u ", held->offset / P2V_UNIT, held->length);
}

static void
test_held_units (void **state G_GNUC_UNUSED)
{
  char *dir;
  Job *job = job_in (&dir);
  const JobDisk *disk = g_ptr_array_index (job->disks, 0);
  g_autofree char *sums = g_strconcat (disk->cache_map, ".sums", NULL);
  static const char map[] = {1, 0, 1, 1};
  static const char digests[4 * P2V_DIGEST_SIZE];
  assert_true (g_file_set_contents (disk->cache_map, map, sizeof map, NULL));
  assert_true (g_file_set_contents (sums, digests, sizeof digests, NULL));
  g_autoptr (GString) units = g_string_new (NULL);
  held_forget (disk, 2 * P2V_UNIT);
  held_units (disk, note_unit, units);
  assert_string_equal (units->str, "0+65536 3+65536 ");
  job_end (job, dir);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_guest_info),   cmocka_unit_test (test_report),
      cmocka_unit_test (test_same_machine), cmocka_unit_test (test_digests_are_kept),
      cmocka_unit_test (test_held_units),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
