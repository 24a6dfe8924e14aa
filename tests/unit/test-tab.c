/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rewriting of fstab and crypttab. */
#include <string.h>
#include "unit.h"
#include "p2v-server/convert/linux/tab.h"

static TabVerdict
decide (const TabEntry *entry, char **name, gpointer data G_GNUC_UNUSED)
{
  const char *device = entry->fields[entry->device_field];
  if (!strcmp (device, "/dev/sda1")) {
    *name = g_strdup ("UUID=1-1");
    return TAB_RENAME;
  }
  return g_str_has_prefix (device, "/dev/sdz") ? TAB_MISSING : TAB_KEEP;
}

static void
check_fstab (const char *before, const char *after)
{
  g_autoptr (GPtrArray) changes = tab_changes_new ();
  g_autofree char *result = fstab_rewrite (before, decide, NULL, changes);
  if (!after) {
    assert_null (result);
    assert_int_equal (changes->len, 0);
    return;
  }
  assert_string_equal (result, after);
  assert_true (changes->len > 0);
  /* a second time, nothing is left to do */
  g_autoptr (GPtrArray) more = tab_changes_new ();
  assert_null (fstab_rewrite (result, decide, NULL, more));
}

static void
test_fstab (void **state G_GNUC_UNUSED)
{
  check_fstab ("", NULL);
  check_fstab ("# /dev/sda1 / ext4\n", NULL);
  check_fstab ("  # /dev/sda1\n\n\n", NULL);
  check_fstab ("UUID=5 / ext4 defaults 0 1\n", NULL);
  check_fstab ("/dev/sda1", "UUID=1-1");
  check_fstab ("/dev/sda1 / ext4 errors=remount-ro 0 1\n",
               "UUID=1-1 / ext4 errors=remount-ro 0 1\n");
  check_fstab ("\t/dev/sda1\t/\text4\tdefaults\t0\t1  # root\nx y z\n",
               "\tUUID=1-1\t/\text4\tdefaults\t0\t1  # root\nx y z\n");
  check_fstab ("/dev/sda1 / ext4\r\n/dev/sda11 /x ext4\r\n",
               "UUID=1-1 / ext4\r\n/dev/sda11 /x ext4\r\n");
}

static void
test_missing (void **state G_GNUC_UNUSED)
{
  check_fstab ("/dev/sdz1 /data ext4 defaults 0 2\n",
               "/dev/sdz1 /data ext4 defaults,nofail,x-systemd.device-timeout=1s 0 2\n");
  check_fstab ("/dev/sdz1 /data ext4 noauto,user 0 2\n", NULL);
  check_fstab ("/dev/sdz1 /data ext4 nofail 0 2\n", NULL);
  check_fstab ("/dev/sdz1 /data ext4\n",
               "/dev/sdz1 /data ext4 nofail,x-systemd.device-timeout=1s\n");
}

static void
test_crypttab (void **state G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) changes = tab_changes_new ();
  g_autofree char *result = crypttab_rewrite (
      "# <target> <source>\nroot_crypt /dev/sda1 none luks\ndata /dev/sdz2 /key\n", decide, NULL,
      changes);
  assert_string_equal (result, "# <target> <source>\nroot_crypt UUID=1-1 none luks\n"
                               "data /dev/sdz2 /key nofail\n");
  assert_int_equal (changes->len, 2);
  const TabChange *first = g_ptr_array_index (changes, 0);
  assert_string_equal (first->place, "root_crypt");
  assert_string_equal (first->old, "/dev/sda1");
  assert_string_equal (first->new, "UUID=1-1");
  assert_null (crypttab_rewrite ("lonely\n", decide, NULL, changes));
  g_autofree char *commented =
      crypttab_rewrite ("data /dev/sdz2 # mine\r\n", decide, NULL, changes);
  assert_string_equal (commented, "data /dev/sdz2 none nofail # mine\n");
}

static void
test_entries (void **state G_GNUC_UNUSED)
{
  g_autoptr (GPtrArray) entries = tab_entries ("a b c d,e 0 1 g h\n#x\n\n i\tj\n", 0);
  assert_int_equal (entries->len, 2);
  const TabEntry *second = g_ptr_array_index (entries, 1);
  assert_string_equal (second->fields[1], "j");
  assert_null (second->fields[2]);
  assert_true (tab_has_option ("rw,noauto", "noauto"));
  assert_false (tab_has_option ("rw,noauto", "auto"));
  assert_false (tab_has_option (NULL, "auto"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_fstab),
      cmocka_unit_test (test_missing),
      cmocka_unit_test (test_crypttab),
      cmocka_unit_test (test_entries),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
