/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What names in fstab mean, what is certainly missing, and why there is no
 * operating system. */
#include <string.h>
#include "unit.h"
#include "p2v-server/convert/linux/device-name.h"
#include "p2v-server/convert/linux/device-spec.h"
#include "p2v-server/mounts.h"
#include "p2v-server/no-os.h"
#include "p2v-server/unlock.h"

static void
check_spec (const char *text, SpecKind kind, const char *value, guint part)
{
  g_autoptr (DeviceSpec) spec = device_spec_parse (text);
  if (spec->kind != kind || g_strcmp0 (spec->value, value) || spec->part != part)
    fail_msg ("%s is %d %s %u", text, (int)spec->kind, spec->value, spec->part);
}

static void
test_spec (void **state G_GNUC_UNUSED)
{
  check_spec ("UUID=\"12-34\"", SPEC_UUID, "12-34", 0);
  check_spec ("LABEL=My\\040Disk", SPEC_LABEL, "My Disk", 0);
  check_spec ("/dev/disk/by-label/a\\x2fb", SPEC_LABEL, "a/b", 0);
  check_spec ("LABEL=a\\", SPEC_LABEL, "a\\", 0);
  check_spec ("LABEL=", SPEC_LABEL, "", 0);
  check_spec ("PARTLABEL=boot", SPEC_PARTLABEL, "boot", 0);
  check_spec ("/dev/disk/by-partlabel/boot", SPEC_PARTLABEL, "boot", 0);
  check_spec ("/dev/disk/by-partuuid/1-01", SPEC_PARTUUID, "1-01", 0);
  check_spec ("/dev/md0", SPEC_MD, "0", 0);
  check_spec ("/dev/md/0", SPEC_MD, "0", 0);
  check_spec ("/dev/md127p2", SPEC_MD, "127", 2);
  check_spec ("/dev/md/backup1", SPEC_MD, "backup1", 0);
  check_spec ("/dev/disk/by-id/md-name-host:root-part3", SPEC_MD, "root", 3);
  check_spec ("/dev/disk/by-id/md-uuid-1:2:3:4", SPEC_MD_UUID, "1:2:3:4", 0);
  check_spec ("/dev/mapper/vg-root", SPEC_LV, "/dev/vg/root", 0);
  check_spec ("/dev/vg/root", SPEC_LV, "/dev/vg/root", 0);
  check_spec ("/dev/mapper/sda3_crypt", SPEC_MAPPER, "sda3_crypt", 0);
  check_spec ("/dev/mapper/mpatha-part1", SPEC_MAPPER, "mpatha-part1", 0);
  check_spec ("/dev/sda1", SPEC_HARDWARE, "/dev/sda1", 0);
  check_spec ("/dev/cciss/c0d0p1", SPEC_HARDWARE, "/dev/cciss/c0d0p1", 0);
  static const char *const none[] = {"tmpfs",
                                     "proc",
                                     "/swapfile",
                                     "host:/share",
                                     "/dev/sr0",
                                     "/dev/disk/by-id/lvm-pv-uuid-x",
                                     "/dev/loop0",
                                     "/dev/dm-0",
                                     "/dev/zvol/pool/vol",
                                     "",
                                     "none",
                                     "/dev/rbd/pool/image"};
  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    check_spec (none[i], SPEC_NO_DEVICE, NULL, 0);
}

static void
test_unescape (void **state G_GNUC_UNUSED)
{
  g_autofree char *blank = blkid_unescape ("My\\ Disk\\\\");
  g_autofree char *byte = blkid_unescape ("a\\x2fb\\");
  assert_string_equal (blank, "My Disk\\");
  assert_string_equal (byte, "a/b\\");
  assert_null (blkid_unescape (NULL));
}

/* A line of fstab, as mount_required sees it. */
static gboolean
is_required (const char *line)
{
  g_autoptr (GPtrArray) entries = tab_entries (line, 0);
  const TabEntry *entry = g_ptr_array_index (entries, 0);
  return mount_required (entry, entry->fields[1]);
}

static void
test_required (void **state G_GNUC_UNUSED)
{
  assert_true (is_required ("/dev/sda1 /boot ext4 defaults 0 2"));
  assert_true (is_required ("UUID=1 /usr ext4"));
  assert_true (is_required ("/dev/mapper/mpatha-part3 /var ext4"));
  assert_true (is_required ("nas:/var /var nfs defaults"));
  assert_false (is_required ("UUID=1 /home ext4 defaults"));
  assert_false (is_required ("UUID=1 /var/spool ext4 defaults"));
  assert_false (is_required ("UUID=1 /boot ext4 noauto"));
  assert_false (is_required ("UUID=1 /boot ext4 defaults,nofail"));
  assert_false (is_required ("tmpfs /var tmpfs defaults"));
  assert_false (is_required ("/srv/var /var none bind"));
}

static void
test_md (void **state G_GNUC_UNUSED)
{
  static const char conf[] = "# ARRAY /dev/md0 UUID=9:9:9:9\n"
                             "ARRAY /dev/md/0  metadata=1.2 UUID=1:2:3:4 name=host:0\n"
                             "ARRAY /dev/md1 UUID=5:6:7:8\nARRAY <ignore> UUID=0:0:0:0\n";
  g_autofree char *first = mdadm_conf_uuid (conf, "0");
  g_autofree char *second = mdadm_conf_uuid (conf, "1");
  assert_string_equal (first, "1:2:3:4");
  assert_string_equal (second, "5:6:7:8");
  assert_null (mdadm_conf_uuid (conf, "2"));
  assert_null (mdadm_conf_uuid ("", "0"));
  assert_true (md_uuid_equal ("aB:c0", "abc-0"));
  assert_false (md_uuid_equal ("abc", "abcd"));
}

static void
test_types (void **state G_GNUC_UNUSED)
{
  assert_true (fs_type_fits ("ext3", "ext4"));
  assert_true (fs_type_fits ("auto", "xfs"));
  assert_true (fs_type_fits (NULL, NULL));
  assert_true (fs_type_fits ("udf,iso9660", "iso9660"));
  assert_true (fs_type_fits ("swap", "swsuspend"));
  assert_false (fs_type_fits ("ext4", "xfs"));
  assert_false (fs_type_fits ("ext4", NULL));
}

static Volume *
add (Guest *guest, const char *device, const char *type)
{
  Volume *volume = g_new0 (Volume, 1);
  volume->device = g_strdup (device);
  volume->type = g_strdup (type);
  g_ptr_array_add (guest->volumes, volume);
  return volume;
}

static void
guest_init (Guest *guest, Job *job)
{
  static char *devices[] = {"/dev/sda", NULL};
  memset (guest, 0, sizeof *guest);
  memset (job, 0, sizeof *job);
  job->machine = p2v_machine_new ();
  guest->job = job;
  guest->devices = devices;
  guest->volumes = g_ptr_array_new_with_free_func ((GDestroyNotify)volume_free);
  guest->unlocked = g_ptr_array_new ();
  Volume *root = add (guest, "/dev/sda1", "ext4");
  root->uuid = g_strdup ("aaaa-1111");
  root->partlabel = g_strdup ("root");
  add (guest, "/dev/vg/data", "xfs")->uuid = g_strdup ("bbbb-2222");
}

static void
guest_free (Guest *guest)
{
  p2v_machine_free (guest->job->machine);
  g_ptr_array_unref (guest->volumes);
  g_ptr_array_unref (guest->unlocked);
}

static void
check_missing (Guest *guest, const char *spec, const char *options, gboolean missing)
{
  if (volume_missing (guest, spec, NULL, options) != missing)
    fail_msg ("%s %s missing", spec, missing ? "is not" : "is");
}

static void
test_missing (void **state G_GNUC_UNUSED)
{
  Guest guest;
  Job job;
  guest_init (&guest, &job);
  static const char *const there[] = {"UUID=AAAA-1111", "/dev/disk/by-uuid/bbbb-2222",
                                      "PARTLABEL=root", "/dev/mapper/vg-data", "/dev/vg/data"};
  static const char *const gone[] = {"UUID=cccc",       "LABEL=x",   "/dev/disk/by-label/x",
                                     "PARTUUID=1-01",   "/dev/md0",  "/dev/mapper/other-data",
                                     "/dev/other/data", "/dev/sdq1", "/dev/disk/by-id/ata-X-part1"};
  static const char *const unknown[] = {"tmpfs",     "host:/share",
                                        "/swapfile", "/dev/sr0",
                                        "//a/b",     "/dev/mapper/mpath0",
                                        "none",      "",
                                        "pool/fs",   "/dev/mapper/mpatha-part1"};
  for (guint i = 0; i < G_N_ELEMENTS (there); i++)
    check_missing (&guest, there[i], NULL, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (gone); i++)
    check_missing (&guest, gone[i], NULL, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (unknown); i++)
    check_missing (&guest, unknown[i], NULL, FALSE);
  check_missing (&guest, "UUID=cccc", "rw,_netdev", FALSE); /* iSCSI */

  /* a firmware's RAID, whose contents the appliance did not see */
  add (&guest, "/dev/sdb", "isw_raid_member");
  check_missing (&guest, "UUID=cccc", NULL, FALSE);
  check_missing (&guest, "PARTUUID=1-01", NULL, TRUE);
  guest_free (&guest);
}

static void
test_missing_encrypted (void **state G_GNUC_UNUSED)
{
  Guest guest;
  Job job;
  guest_init (&guest, &job);
  add (&guest, "/dev/sda5", "crypto_LUKS")->uuid = g_strdup ("dddd-4444");
  /* nothing opens it */
  check_missing (&guest, "UUID=cccc", NULL, TRUE);
  guest.crypttab = "data UUID=dddd-4444 none luks\nold-disk UUID=eeee none luks\n"
                   "cswap /dev/mapper/vg-data /dev/urandom swap\n";
  check_missing (&guest, "UUID=cccc", NULL, FALSE);
  check_missing (&guest, "/dev/mapper/inside-root", NULL, FALSE);
  check_missing (&guest, "/dev/mapper/data", NULL, FALSE);
  check_missing (&guest, "/dev/mapper/cswap", NULL, FALSE);
  check_missing (&guest, "/dev/mapper/old-disk", NULL, TRUE); /* looks like a volume's name */
  check_missing (&guest, "PARTUUID=1-01", NULL, TRUE);
  assert_false (volume_missing_crypt (&guest, "UUID=dddd-4444", NULL));
  assert_true (volume_missing_crypt (&guest, "UUID=eeee", NULL));
  assert_false (volume_missing_crypt (&guest, "/srv/container", NULL));
  guest_free (&guest);
}

static void
test_incomplete_group (void **state G_GNUC_UNUSED)
{
  Guest guest;
  Job job;
  char *groups[] = {"vg", NULL};
  guest_init (&guest, &job);
  guest.incomplete_vgs = groups;
  check_missing (&guest, "/dev/mapper/vg-data", NULL, TRUE);
  guest_free (&guest);
}

static void
test_arrays (void **state G_GNUC_UNUSED)
{
  Guest guest;
  Job job;
  guest_init (&guest, &job);
  guest.mdadm_conf = "ARRAY /dev/md1 UUID=1:2:3:4\n";
  Volume *boot = add (&guest, "/dev/md127", "ext4");
  boot->md_uuid = g_strdup ("5:6:7:8");
  boot->md_name = g_strdup ("host:0");
  Volume *data = add (&guest, "/dev/md126", "xfs");
  data->md_uuid = g_strdup ("1:2:3:4");
  assert_ptr_equal (volume_find (&guest, "/dev/md0", NULL), boot);
  assert_ptr_equal (volume_find (&guest, "/dev/md/0", NULL), boot);
  assert_ptr_equal (volume_find (&guest, "/dev/disk/by-id/md-uuid-5:6:7:8", NULL), boot);
  assert_ptr_equal (volume_find (&guest, "/dev/md1", NULL), data);
  assert_ptr_equal (volume_find (&guest, "/dev/md126", NULL), data);
  assert_null (volume_find (&guest, "/dev/md5", NULL));
  check_missing (&guest, "/dev/md5", NULL, FALSE); /* some array, but not certainly another */
  guest_free (&guest);
}

static void
expect_reason (Guest *guest, char **groups, gboolean partitions, const char *words)
{
  g_autoptr (GError) error = NULL;
  no_os_error (guest, groups, 1, partitions, &error);
  if (!error || !strstr (error->message, words))
    fail_msg ("not \"%s\": %s", words, error ? error->message : "nothing");
  assert_p2v_error (error, P2V_ERROR_NO_OS);
}

static void
test_no_os (void **state G_GNUC_UNUSED)
{
  Guest guest;
  Job job;
  char *groups[] = {"vg", NULL};
  guest_init (&guest, &job);
  expect_reason (&guest, NULL, TRUE, "file systems on the disks, but no known operating system");
  add (&guest, "/dev/sda5", "crypto_LUKS")->physical = g_strdup ("/dev/nvme0n1p5");
  expect_reason (&guest, NULL, TRUE, "/dev/nvme0n1p5 is encrypted (LUKS)");
  add (&guest, "/dev/sdb1", "crypto_LUKS");
  add (&guest, "/dev/sdb2", "crypto_LUKS");
  expect_reason (&guest, NULL, TRUE, ": /dev/nvme0n1p5, /dev/sdb1 and /dev/sdb2 are encrypted");
  char device[] = "/dev/sda5";
  Unlocked open = {.device = device};
  g_ptr_array_add (guest.unlocked, &open);
  expect_reason (&guest, NULL, TRUE, ": /dev/sdb1 and /dev/sdb2 are encrypted");
  expect_reason (&guest, groups, TRUE, "volume group vg is incomplete");
  g_ptr_array_set_size (guest.volumes, 0);
  expect_reason (&guest, NULL, FALSE, "blank");
  expect_reason (&guest, NULL, TRUE, "has partitions, but no file system");
  add (&guest, "/dev/sda", "zfs_member");
  expect_reason (&guest, NULL, FALSE, "/dev/sda is part of a ZFS pool");
  g_ptr_array_set_size (guest.volumes, 0);
  add (&guest, "/dev/sda1", "linux_raid_member");
  expect_reason (&guest, NULL, TRUE, "part of a RAID array");
  add (&guest, "/dev/md127", "ext4")->md_uuid = g_strdup ("1");
  expect_reason (&guest, NULL, TRUE, "no known operating system");
  guest_free (&guest);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_spec),
      cmocka_unit_test (test_unescape),
      cmocka_unit_test (test_required),
      cmocka_unit_test (test_md),
      cmocka_unit_test (test_types),
      cmocka_unit_test (test_missing),
      cmocka_unit_test (test_missing_encrypted),
      cmocka_unit_test (test_incomplete_group),
      cmocka_unit_test (test_arrays),
      cmocka_unit_test (test_no_os),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
