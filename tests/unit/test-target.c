/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include "p2v-server/size.h"
#include "p2v-server/target/files-name.h"
#include "p2v-server/target/files.h"
#include "p2v-server/target/reservation.h"
#include "p2v-server/uuid.h"

/* A job for one disk whose target directory is empty. */
typedef struct {
  Job job;
  JobDisk disk;
  P2vDisk *source;
  char *top, *out;
} Fixture;

static int
setup (void **state)
{
  Fixture *f = g_new0 (Fixture, 1);
  f->top = g_dir_make_tmp ("p2v-target-XXXXXX", NULL);
  f->out = g_build_filename (f->top, "out", NULL);
  g_mkdir (f->out, 0700);
  f->job.id = g_strdup ("aaaa2222");
  f->job.dir = g_build_filename (f->top, "jobs", f->job.id, NULL);
  f->job.settings = json_object_new ();
  f->job.machine = p2v_machine_new ();
  f->job.machine->name = g_strdup ("web");
  f->source = p2v_disk_new ();
  f->source->size = 1 << 20;
  g_ptr_array_add (f->job.machine->disks, f->source);
  f->disk.source = f->source;
  f->job.disks = g_ptr_array_new ();
  g_ptr_array_add (f->job.disks, &f->disk);
  f->job.cancel = g_cancellable_new ();
  f->job.report = report_new ();
  *state = f;
  return 0;
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *below = g_build_filename (path, name, NULL);
    remove_all (below);
  }
  (void)g_remove (path);
}

static int
teardown (void **state)
{
  Fixture *f = *state;
  remove_all (f->top);
  report_free (f->job.report);
  g_object_unref (f->job.cancel);
  g_ptr_array_unref (f->job.disks);
  p2v_machine_free (f->job.machine);
  json_object_unref (f->job.settings);
  g_free (f->disk.target_path);
  g_free (f->job.dir);
  g_free (f->job.id);
  g_free (f->out);
  g_free (f->top);
  g_free (f);
  return 0;
}

static void
set (Fixture *f, const char *setting, const char *value)
{
  json_object_set_string_member (f->job.settings, setting, value);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

/* The names in the target directory, sorted, with a space behind each. */
static char *
listing (const Fixture *f)
{
  g_autoptr (GDir) dir = g_dir_open (f->out, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;
  while ((name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%s ", (const char *)names->pdata[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_listing (const Fixture *f, const char *wanted)
{
  g_autofree char *found = listing (f);
  assert_string_equal (found, wanted);
}

static void
test_settings (void **state)
{
  Fixture *f = *state;
  static const struct {
    const char *setting, *value;
    gboolean good;
  } cases[] = {
      {"output.type", "local", TRUE},       {"output.type", "libvirt", TRUE},
      {"output.type", "glance", FALSE},     {"output.type", "local", TRUE},
      {"output.format", "raw", TRUE},       {"output.format", "vmdk", FALSE},
      {"output.format", "qcow2", TRUE},     {"output.allocation", "none", TRUE},
      {"output.allocation", "full", FALSE}, {"output.allocation", "preallocated", TRUE},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GError *error = NULL;
    set (f, cases[i].setting, cases[i].value);
    Target *target = target_new (&f->job, &error);
    assert_int_equal (target != NULL, cases[i].good);
    if (target) {
      assert_int_equal (target->preallocated, i == 9);
      target_free (target);
    } else {
      assert_non_null (strstr (error->message, cases[i].value));
      assert_p2v_error (error, P2V_ERROR_TARGET);
    }
  }
}

static void
expect_refusal (Fixture *f, const char *wanted)
{
  GError *error = NULL;
  Target *target = target_new (&f->job, &error);
  assert_non_null (target);
  assert_false (target->ops->check (target, &f->job, &error));
  if (!strstr (error->message, wanted))
    fail_msg ("\"%s\" is not in \"%s\"", wanted, error->message);
  assert_p2v_error (error, P2V_ERROR_TARGET);
  target_free (target);
}

static void
test_directory (void **state)
{
  Fixture *f = *state;
  set (f, "output.type", "local");
  g_autofree char *missing = g_build_filename (f->top, "missing", NULL);
  set (f, "output.storage", missing);
  expect_refusal (f, "does not exist");
  assert_true (g_file_set_contents (missing, "", 0, NULL));
  expect_refusal (f, "is not a directory");
}

static void
test_names_taken (void **state)
{
  Fixture *f = *state;
  static const char *const names[] = {"web-sda", "web-sda.p2v-digests", "web.xml"};
  set (f, "output.storage", f->out);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_build_filename (f->out, names[i], NULL);
    assert_true (g_file_set_contents (path, "", 0, NULL));
    expect_refusal (f, "exists already");
    g_autofree char *left = g_strconcat (names[i], " ", NULL);
    assert_listing (f, left); /* no reservation */
    (void)g_unlink (path);
  }
}

static void
test_reserved_by_other (void **state)
{
  Fixture *f = *state;
  g_autofree char *lock = g_build_filename (f->out, ".web.p2v-lock", NULL);
  set (f, "output.storage", f->out);
  assert_true (g_file_set_contents (lock, "job bbbb3333\n", -1, NULL));
  expect_refusal (f, "remove " /* the file: that job's directory is not there */);
  g_autofree char *other = g_build_filename (f->top, "jobs", "bbbb3333", NULL);
  assert_int_equal (g_mkdir_with_parents (other, 0700), 0);
  expect_refusal (f, "p2v-server cancel bbbb3333");
  assert_listing (f, ".web.p2v-lock ");
}

static void
test_life (void **state)
{
  Fixture *f = *state;
  GError *error = NULL;
  set (f, "output.storage", f->out);
  Target *target = target_new (&f->job, &error);
  assert_true (target->ops->check (target, &f->job, &error));
  assert_listing (f, ".web.p2v-lock ");
  assert_true (target->ops->check (target, &f->job, &error)); /* the same job again */
  assert_null (target_temporary (target, &f->disk));
  assert_true (g_str_has_suffix (f->disk.target_path, "/out/web-sda"));
  assert_true (target->ops->check_space (target, &f->job, 4096, &error));
  assert_false (target->ops->check_space (target, &f->job, 1ull << 60, &error));
  assert_non_null (strstr (error->message, " free, the guest needs 1"));
  assert_p2v_error (error, P2V_ERROR_SPACE);
  g_autofree char *lock = g_build_filename (f->out, ".web.p2v-lock", NULL);
  g_autofree char *image = g_build_filename (f->out, ".web-sda.p2v-aaaa2222", NULL);
  g_autofree char *done = g_build_filename (f->out, "web-sda", NULL);
  assert_true (g_file_set_contents (image, "x", 1, NULL));
  assert_true (files_move (image, done, lock, &error));
  assert_listing (f, ".web.p2v-lock web-sda ");
  assert_true (g_file_set_contents (image, "x", 1, NULL));
  assert_false (files_move (image, done, lock, &error)); /* never replaces */
  assert_p2v_error (error, P2V_ERROR_TARGET);
  /* What has the name now is not what was noted: it is somebody else's. */
  g_autofree char *theirs = g_build_filename (f->out, "web.xml", NULL);
  g_autofree char *ours = g_build_filename (f->out, ".web.xml.p2v-aaaa2222", NULL);
  assert_true (g_file_set_contents (ours, "x", 1, NULL));
  assert_true (g_file_set_contents (theirs, "y", 1, NULL));
  assert_false (files_move (ours, theirs, lock, &error));
  assert_p2v_error (error, P2V_ERROR_TARGET);
  /* Lines that no job of ours wrote remove nothing. */
  static const char *const strange[] = {"web.xml", "1", "1 ", "1 ../out/web.xml", "x web.xml"};
  for (guint i = 0; i < G_N_ELEMENTS (strange); i++)
    assert_true (reservation_note (lock, "made", strange[i], &error));
  target_free (target);

  /* Another process of the job knows what it made. */
  target = target_new (&f->job, &error);
  g_autofree char *foreign = g_build_filename (f->out, ".web-sda.p2v-bbbb3333", NULL);
  assert_true (g_file_set_contents (foreign, "x", 1, NULL));
  target->ops->abandon (target, &f->job);
  assert_listing (f, ".web-sda.p2v-bbbb3333 web.xml ");
  target->ops->abandon (target, &f->job);
  target_free (target);
}

static void
test_finished_stays (void **state)
{
  Fixture *f = *state;
  GError *error = NULL;
  set (f, "output.storage", f->out);
  Target *target = target_new (&f->job, &error);
  assert_true (target->ops->check (target, &f->job, &error));
  g_autofree char *lock = g_build_filename (f->out, ".web.p2v-lock", NULL);
  g_autofree char *image = g_build_filename (f->out, ".web-sda.p2v-aaaa2222", NULL);
  assert_true (g_file_set_contents (image, "x", 1, NULL));
  assert_true (files_move (image, f->disk.target_path, lock, &error));
  target_commit (target);
  target->ops->abandon (target, &f->job);
  assert_listing (f, "web-sda ");
  target_free (target);
}

static void
test_reservation_notes (void **state)
{
  Fixture *f = *state;
  GError *error = NULL;
  g_autofree char *lock = g_build_filename (f->out, "lock", NULL);
  assert_false (reservation_is_ours (lock, "aaaa2222"));
  assert_true (reservation_take (lock, &f->job, &error));
  assert_true (reservation_is_ours (lock, "aaaa2222"));
  assert_false (reservation_is_ours (lock, "aaaa222"));
  assert_true (reservation_note (lock, "made", "a b", &error));
  assert_true (reservation_note (lock, "made", "c", &error));
  g_auto (GStrv) made = reservation_read (lock, "made");
  assert_int_equal (g_strv_length (made), 2);
  assert_string_equal (made[0], "a b");
  g_auto (GStrv) none = reservation_read (lock, "mad");
  assert_int_equal (g_strv_length (none), 0);
}

static void
test_disk_names (void **state G_GNUC_UNUSED)
{
  static const struct {
    guint index;
    const char *name;
  } cases[] = {
      {0, "web-sda"}, {25, "web-sdz"}, {26, "web-sdaa"}, {701, "web-sdzz"}, {702, "web-sdaaa"}};
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = files_disk_name ("web", cases[i].index);
    assert_string_equal (name, cases[i].name);
  }
}

static void
test_uuid (void **state G_GNUC_UNUSED)
{
  g_autofree char *own = guest_uuid ("4C4C4544-0043-3010-8052-B4C04F564433");
  assert_string_equal (own, "4c4c4544-0043-3010-8052-b4c04f564433");
  static const char *const fillers[] = {
      NULL, "Not Settable", "00000000-0000-0000-0000-000000000000",
      "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "03000200-0400-0500-0006-000700080009"};
  for (guint i = 0; i < G_N_ELEMENTS (fillers); i++) {
    g_autofree char *made = guest_uuid (fillers[i]);
    assert_true (g_uuid_string_is_valid (made));
    assert_true (!fillers[i] || g_ascii_strcasecmp (made, fillers[i]) != 0);
  }
}

static void
test_sizes (void **state G_GNUC_UNUSED)
{
  static const struct {
    guint64 bytes;
    const char *text;
  } cases[] = {{0, "0 bytes"},          {1023, "1023 bytes"},     {1024, "1.0 KiB"},
               {1536, "1.5 KiB"},       {1048575, "1023.9 KiB"},  {1048576, "1.0 MiB"},
               {5ull << 40, "5.0 TiB"}, {G_MAXUINT64, "15.9 EiB"}};
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = size_text (cases[i].bytes);
    assert_string_equal (text, cases[i].text);
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown (test_settings, setup, teardown),
      cmocka_unit_test_setup_teardown (test_directory, setup, teardown),
      cmocka_unit_test_setup_teardown (test_names_taken, setup, teardown),
      cmocka_unit_test_setup_teardown (test_reserved_by_other, setup, teardown),
      cmocka_unit_test_setup_teardown (test_life, setup, teardown),
      cmocka_unit_test_setup_teardown (test_finished_stays, setup, teardown),
      cmocka_unit_test_setup_teardown (test_reservation_notes, setup, teardown),
      cmocka_unit_test (test_disk_names),
      cmocka_unit_test (test_uuid),
      cmocka_unit_test (test_sizes),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
