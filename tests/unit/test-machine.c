/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/machine.h"

static P2vMachine *
sample (void)
{
  P2vMachine *m = p2v_machine_new ();
  m->name = g_strdup ("web-01");
  m->uuid = g_strdup ("4c4c4544-0044-4a10-8051-b4c04f4b3132");
  m->memory = G_GUINT64_CONSTANT (2) << 30;
  m->vcpus = 4;
  m->sockets = 1;
  m->cores = 2;
  m->threads = 2;
  m->uefi = TRUE;
  m->rtc_offset = -3600;
  P2vDisk *disk = p2v_disk_new ();
  disk->device = g_strdup ("/dev/sda");
  disk->serial = g_strdup ("ABC");
  disk->size = G_GUINT64_CONSTANT (6) << 30;
  g_ptr_array_add (disk->links, g_strdup ("/dev/disk/by-id/ata-X_ABC-part1 /dev/sda1"));
  g_ptr_array_add (m->disks, disk);
  P2vNic *nic = p2v_nic_new ();
  nic->name = g_strdup ("enp0s2");
  nic->mac = g_strdup ("52:54:00:12:34:56");
  nic->network = g_strdup ("default");
  g_ptr_array_add (nic->alt_names, g_strdup ("eth0"));
  g_ptr_array_add (m->nics, nic);
  return m;
}

static void
test_round_trip (void **state G_GNUC_UNUSED)
{
  g_autoptr (P2vMachine) m = sample ();
  g_autoptr (JsonObject) json = p2v_machine_to_json (m);
  g_autoptr (GError) error = NULL;
  g_autoptr (P2vMachine) copy = p2v_machine_from_json (json, &error);
  assert_null (error);
  assert_string_equal (copy->name, "web-01");
  assert_int_equal (copy->memory, m->memory);
  assert_int_equal (copy->rtc_offset, -3600);
  assert_true (copy->uefi);
  assert_null (copy->cpu_model);
  const P2vDisk *disk = g_ptr_array_index (copy->disks, 0);
  assert_string_equal (disk->serial, "ABC");
  assert_int_equal (disk->logical_block_size, 512);
  assert_string_equal (g_ptr_array_index (disk->links, 0),
                       "/dev/disk/by-id/ata-X_ABC-part1 /dev/sda1");
  const P2vNic *nic = g_ptr_array_index (copy->nics, 0);
  assert_string_equal (g_ptr_array_index (nic->alt_names, 0), "eth0");
}

typedef void (*Spoil) (JsonObject *machine);

static JsonObject *
first (JsonObject *machine, const char *list)
{
  return json_array_get_object_element (json_object_get_array_member (machine, list), 0);
}

static void
spoil_name (JsonObject *m)
{
  json_object_set_string_member (m, "name", "../etc/passwd");
}

static void
spoil_memory (JsonObject *m)
{
  json_object_set_int_member (m, "memory", -1);
}

static void
spoil_uefi (JsonObject *m)
{
  json_object_set_string_member (m, "uefi", "yes");
}

static void
spoil_disks (JsonObject *m)
{
  json_object_set_array_member (m, "disks", json_array_new ());
}

static void
spoil_size (JsonObject *m)
{
  json_object_set_int_member (first (m, "disks"), "size", 0);
}

static void
spoil_serial (JsonObject *m)
{
  json_object_set_string_member (first (m, "disks"), "serial", "A\033[2J");
}

static void
spoil_mac (JsonObject *m)
{
  json_object_set_string_member (first (m, "nics"), "mac", "52:54:00:12:34:5g");
}

static void
test_refused (void **state G_GNUC_UNUSED)
{
  static const Spoil spoils[] = {spoil_name, spoil_memory, spoil_uefi, spoil_disks,
                                 spoil_size, spoil_serial, spoil_mac};
  for (guint i = 0; i < G_N_ELEMENTS (spoils); i++) {
    g_autoptr (P2vMachine) m = sample ();
    g_autoptr (JsonObject) json = p2v_machine_to_json (m);
    g_autoptr (GError) error = NULL;
    spoils[i](json);
    assert_null (p2v_machine_from_json (json, &error));
    assert_p2v_error (error, P2V_ERROR_PROTOCOL);
  }
}

static void
test_names (void **state G_GNUC_UNUSED)
{
  assert_true (p2v_machine_name_valid ("a"));
  assert_true (p2v_machine_name_valid ("Web_01.example+x-y"));
  assert_false (p2v_machine_name_valid (NULL));
  assert_false (p2v_machine_name_valid (""));
  assert_false (p2v_machine_name_valid (".hidden"));
  assert_false (p2v_machine_name_valid ("-option"));
  assert_false (p2v_machine_name_valid ("a/b"));
  assert_false (p2v_machine_name_valid ("a b"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_round_trip),
      cmocka_unit_test (test_refused),
      cmocka_unit_test (test_names),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
