/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include "inventory.h"
#include "smbios.h"

#define MIB (G_GUINT64_CONSTANT (1) << 20)

/* A structure of TYPE with SIZE at 0x0c and EXTENDED at 0x1c, and its strings. */
static void
add_structure (GByteArray *table, guint8 type, guint16 size, guint32 extended)
{
  guint8 structure[0x22] = {type, sizeof structure};
  structure[0x0c] = size & 0xff;
  structure[0x0d] = (guint8)(size >> 8);
  for (guint i = 0; i < 4; i++)
    structure[0x1c + i] = (guint8)(extended >> (8 * i));
  g_byte_array_append (table, structure, sizeof structure);
  g_byte_array_append (table, (const guint8 *)"DIMM 0\0Bank 0\0", 15);
}

static void
test_smbios (void **state)
{
  (void)state;
  g_autoptr (GByteArray) table = g_byte_array_new ();
  add_structure (table, 1, 4096, 0);            /* the system, not memory */
  add_structure (table, 17, 4096, 0);           /* MiB */
  add_structure (table, 17, 0, 0);              /* empty slot */
  add_structure (table, 17, 0xffff, 0);         /* size not known */
  add_structure (table, 17, 0x8000 | 512, 0);   /* KiB */
  add_structure (table, 17, 0x7fff, 32 * 1024); /* extended */
  guint64 all = (4096 + 32 * 1024) * MIB + 512 * 1024;
  assert_true (smbios_memory (table->data, table->len) == all);

  g_byte_array_append (table, (const guint8 *)"\177\004\000\000\000", 6);
  add_structure (table, 17, 4096, 0); /* behind the end */
  assert_true (smbios_memory (table->data, table->len) == all);

  /* Cut at every byte: no crash, never more than is there. */
  for (guint length = 0; length < table->len; length++) {
    g_autofree guint8 *copy = g_memdup2 (table->data, MAX (length, 1));
    assert_true (smbios_memory (copy, length) <= all);
  }
  static const guint8 broken[] = {17, 3, 0, 0, 0, 0};
  assert_int_equal (smbios_memory (broken, sizeof broken), 0);
}

typedef struct {
  char *dir, *image, *odd;
} Files;

static int
make_files (void **state)
{
  Files *files = g_new0 (Files, 1);
  files->dir = g_dir_make_tmp ("p2v-inventory.XXXXXX", NULL);
  files->image = g_build_filename (files->dir, "disk.raw", NULL);
  files->odd = g_build_filename (files->dir, "odd.raw", NULL);
  g_autofree char *data = g_malloc0 (4096);
  assert_true (g_file_set_contents (files->image, data, 4096, NULL));
  assert_true (g_file_set_contents (files->odd, data, 1000, NULL));
  *state = files;
  return 0;
}

static int
remove_files (void **state)
{
  Files *files = *state;
  g_unlink (files->image);
  g_unlink (files->odd);
  g_rmdir (files->dir);
  g_free (files->dir);
  g_free (files->image);
  g_free (files->odd);
  g_free (files);
  return 0;
}

static P2vMachine *
read_machine (const char *cmdline, GError **error)
{
  g_autoptr (Settings) settings = settings_new ();
  GError *wrong = NULL;
  if (!settings_parse (settings, cmdline, &wrong))
    fail_msg ("%s", wrong->message);
  return inventory_read (settings, error);
}

/* CMDLINE is refused with CODE, and the message has WORD in it. */
static void
refused (const char *cmdline, P2vErrorCode code, const char *word)
{
  GError *error = NULL;
  g_autoptr (P2vMachine) machine = read_machine (cmdline, &error);
  assert_null (machine);
  if (!strstr (error->message, word))
    fail_msg ("\"%s\" is not in: %s", word, error->message);
  assert_p2v_error (error, code);
}

static void
test_image (void **state)
{
  const Files *files = *state;
  g_autofree char *line = g_strdup_printf (
      "p2v.disks=%s p2v.name=web p2v.memory=2G p2v.vcpu.cores=3 p2v.rtc.basis=localtime "
      "p2v.rtc.offset=-2 p2v.cpu.model=IvyBridge p2v.cpu.pae=no p2v.removable=",
      files->image);
  g_autoptr (P2vMachine) machine = read_machine (line, NULL);
  assert_non_null (machine);
  assert_string_equal (machine->name, "web");
  assert_true (machine->memory == 2048 * MIB);
  assert_int_equal (machine->vcpus, 3);
  assert_int_equal (machine->sockets, 1);
  assert_int_equal (machine->cores, 3);
  assert_int_equal (machine->threads, 1);
  assert_string_equal (machine->rtc_basis, "localtime");
  assert_int_equal (machine->rtc_offset, -7200);
  assert_string_equal (machine->cpu_model, "IvyBridge");
  assert_null (machine->cpu_vendor);
  assert_false (machine->pae);
  assert_int_equal (machine->removable->len, 0);
  assert_int_equal (machine->disks->len, 1);
  const P2vDisk *disk = g_ptr_array_index (machine->disks, 0);
  assert_string_equal (disk->device, files->image);
  assert_string_equal (disk->bus, "file");
  assert_int_equal (disk->size, 4096);
  assert_int_equal (disks_bytes_read (files->image), 0);
}

static void
test_physical (void **state)
{
  const Files *files = *state;
  g_autofree char *line = g_strdup_printf ("p2v.disks=%s", files->image);
  g_autoptr (P2vMachine) machine = read_machine (line, NULL);
  assert_non_null (machine);
  assert_true (p2v_machine_name_valid (machine->name));
  /* Whole MiB, and no less than the kernel has. */
  assert_int_equal (machine->memory % MIB, 0);
  assert_true (machine->memory >=
               (guint64)sysconf (_SC_PHYS_PAGES) * (guint64)sysconf (_SC_PAGESIZE));
  assert_int_equal (machine->vcpus, sysconf (_SC_NPROCESSORS_ONLN));
  if (machine->sockets)
    assert_int_equal (machine->sockets * machine->cores * machine->threads, machine->vcpus);
  for (guint i = 0; i < machine->nics->len; i++) {
    const P2vNic *nic = g_ptr_array_index (machine->nics, i);
    assert_int_equal (strlen (nic->mac), 17);
    assert_string_equal (nic->network, "default");
  }
  /* What is read is what the server takes. */
  g_autoptr (JsonObject) object = p2v_machine_to_json (machine);
  GError *error = NULL;
  g_autoptr (P2vMachine) copy = p2v_machine_from_json (object, &error);
  if (!copy)
    fail_msg ("%s", error->message);
}

static void
test_refused (void **state)
{
  const Files *files = *state;
  refused ("p2v.disks=sdzz", P2V_ERROR_DISK, "sdzz");
  refused ("p2v.disks=/dev/disk/by-id/none", P2V_ERROR_DISK, "disks of this machine");
  refused ("p2v.disks=/dev/null", P2V_ERROR_DISK, "whole disk");
  g_autofree char *odd = g_strdup_printf ("p2v.disks=%s", files->odd);
  refused (odd, P2V_ERROR_DISK, "512");
  g_autofree char *twice = g_strdup_printf ("p2v.disks=%s,/.%s", files->image, files->image);
  refused (twice, P2V_ERROR_DISK, "twice");
  g_autofree char *card = g_strdup_printf ("p2v.disks=%s p2v.network=em77:x", files->image);
  refused (card, P2V_ERROR_SETTINGS, "em77");
  g_autofree char *cards = g_strdup_printf ("p2v.disks=%s p2v.interfaces=em78", files->image);
  refused (cards, P2V_ERROR_SETTINGS, "em78");
  g_autofree char *drive = g_strdup_printf ("p2v.disks=%s p2v.removable=sr99", files->image);
  refused (drive, P2V_ERROR_DISK, "sr99");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_smbios),
      cmocka_unit_test (test_image),
      cmocka_unit_test (test_physical),
      cmocka_unit_test (test_refused),
  };
  return cmocka_run_group_tests (tests, make_files, remove_files);
}
