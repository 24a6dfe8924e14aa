/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <glib/gstdio.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <string.h>
#include "p2v-server/target/target.h"

/* A job as it is after verify: an ordinary server with two disks. */
typedef struct {
  Job job;
  Target target;
  P2vDisk *disks[2];
  JobDisk job_disks[2];
  P2vNic *nic;
  char *xml;
  xmlDoc *doc;
} Fixture;

static int
setup (void **state)
{
  Fixture *f = g_new0 (Fixture, 1);
  P2vMachine *machine = p2v_machine_new ();
  machine->name = g_strdup ("web");
  machine->vendor = g_strdup ("ACME & <Sons>");
  machine->product = g_strdup ("Box\x01 9000");
  machine->memory = 2ull << 30;
  machine->vcpus = 4;
  machine->sockets = 1;
  machine->cores = 2;
  machine->threads = 2;
  machine->acpi = machine->apic = machine->pae = TRUE;
  machine->rtc_basis = g_strdup ("utc");
  g_ptr_array_add (machine->removable, g_strdup ("sr0"));
  f->job.disks = g_ptr_array_new ();
  for (guint i = 0; i < 2; i++) {
    f->disks[i] = p2v_disk_new ();
    f->disks[i]->device = g_strdup_printf ("/dev/sd%c", 'a' + i);
    f->disks[i]->logical_block_size = f->disks[i]->physical_block_size = 512;
    g_ptr_array_add (machine->disks, f->disks[i]);
    f->job_disks[i] = (JobDisk){.index = i, .source = f->disks[i]};
    f->job_disks[i].target_path = g_strdup_printf ("/images/it's <here>/web-sd%c", 'a' + i);
    g_ptr_array_add (f->job.disks, &f->job_disks[i]);
  }
  f->disks[0]->serial = g_strdup ("WD-WCC 12/34:567890123456789");
  f->nic = p2v_nic_new ();
  f->nic->name = g_strdup ("eno1");
  f->nic->mac = g_strdup ("52:54:00:aa:bb:cc");
  f->nic->network = g_strdup ("default");
  g_ptr_array_add (machine->nics, f->nic);
  GuestInfo *info = guest_info_new ();
  info->product_name = g_strdup ("Debian GNU/Linux 12 (bookworm)");
  info->arch = g_strdup ("x86_64");
  info->osinfo = g_strdup ("http://debian.org/debian/12");
  info->boot_disk = 0;
  info->q35 = info->virtio_blk = info->virtio_net = info->virtio_rng = info->virtio_balloon =
      info->virtio_gpu = TRUE;
  f->target = (Target){.format = g_strdup ("qcow2"), .domain_type = "kvm", .tpm = TRUE};
  f->target.uuid = g_strdup ("4c4c4544-0043-3010-8052-b4c04f564433");
  f->job.id = g_strdup ("abcd2345");
  f->job.machine = machine;
  f->job.info = info;
  f->job.report = report_new ();
  f->job.target = &f->target;
  *state = f;
  return 0;
}

static int
teardown (void **state)
{
  Fixture *f = *state;
  xmlFreeDoc (f->doc);
  g_free (f->xml);
  for (guint i = 0; i < 2; i++)
    g_free (f->job_disks[i].target_path);
  g_ptr_array_unref (f->job.disks);
  p2v_machine_free (f->job.machine);
  guest_info_free (f->job.info);
  report_free (f->job.report);
  g_free (f->job.id);
  g_free (f->target.format);
  g_free (f->target.uuid);
  g_free (f);
  return 0;
}

/* Renders the definition; libvirt's own validator must accept it where it is
 * installed. */
static void
render (Fixture *f)
{
  GError *error = NULL;
  xmlFreeDoc (f->doc);
  g_free (f->xml);
  f->xml = domain_xml (&f->job, &error);
  assert_non_null (f->xml);
  f->doc = xmlReadMemory (f->xml, (int)strlen (f->xml), NULL, NULL, XML_PARSE_NONET);
  assert_non_null (f->doc);
  g_autofree char *validator = g_find_program_in_path ("virt-xml-validate");
  if (!validator)
    return;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("p2v-domain-XXXXXX.xml", &path, NULL);
  assert_true (g_close (fd, NULL));
  assert_true (g_file_set_contents (path, f->xml, -1, NULL));
  char *argv[] = {validator, path, (char[]){"domain"}, NULL};
  g_autofree char *complaint = NULL;
  int status = -1;
  assert_true (g_spawn_sync (NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                             &complaint, &status, NULL));
  (void)g_unlink (path);
  if (status)
    fail_msg ("%s\n%s", complaint, f->xml);
}

static void
assert_value (Fixture *f, const char *expression, const char *wanted)
{
  xmlXPathContext *context = xmlXPathNewContext (f->doc);
  xmlXPathObject *object = xmlXPathEvalExpression (BAD_CAST expression, context);
  assert_non_null (object);
  xmlChar *text = xmlXPathCastToString (object);
  if (!g_str_equal (text, wanted))
    fail_msg ("%s is \"%s\", not \"%s\" in\n%s", expression, text, wanted, f->xml);
  xmlFree (text);
  xmlXPathFreeObject (object);
  xmlXPathFreeContext (context);
}

static void
test_ordinary (void **state)
{
  Fixture *f = *state;
  static const char *const wanted[][2] = {
      {"string(/domain/@type)", "kvm"},
      {"string(/domain/name)", "web"},
      {"string(/domain/uuid)", "4c4c4544-0043-3010-8052-b4c04f564433"},
      {"number(/domain/memory)", "2097152"},
      {"string(/domain/memory/@unit)", "KiB"},
      {"string(/domain/vcpu)", "4"},
      {"string(/domain/cpu/@mode)", "host-model"},
      {"string(/domain/cpu/topology/@cores)", "2"},
      {"string(/domain/os/type/@machine)", "q35"},
      {"count(/domain/os/@firmware)", "0"},
      {"count(/domain/features/*)", "3"},
      {"string(/domain/clock/@offset)", "utc"},
      {"count(//disk[@device='disk'])", "2"},
      {"string(//disk[1]/source/@file)", "/images/it's <here>/web-sda"},
      {"string(//disk[1]/driver/@type)", "qcow2"},
      {"string(//disk[1]/driver/@discard)", "unmap"},
      {"string(//disk[1]/target/@dev)", "vda"},
      {"string(//disk[1]/target/@bus)", "virtio"},
      {"string(//disk[1]/serial)", "WD-WCC12345678901234"},
      {"string(//disk[1]/boot/@order)", "1"},
      {"string(//disk[2]/target/@dev)", "vdb"},
      {"string(//disk[2]/boot/@order)", "2"},
      {"count(//disk[2]/serial)", "0"},
      {"count(//blockio)", "0"},
      {"string(//disk[@device='cdrom']/target/@bus)", "sata"},
      {"count(//disk[@device='cdrom']/source)", "0"},
      {"string(//interface/mac/@address)", "52:54:00:aa:bb:cc"},
      {"string(//interface/source/@network)", "default"},
      {"string(//interface/model/@type)", "virtio"},
      {"string(//channel/target/@name)", "org.qemu.guest_agent.0"},
      {"string(//rng/@model)", "virtio"},
      {"string(//memballoon/@model)", "virtio"},
      {"string(//serial[@type='pty']/@type)", "pty"},
      {"string(//video/model/@type)", "virtio"},
      {"string(//graphics/@type)", "vnc"},
      {"count(//tpm)", "0"},
      {"string(//*[local-name()='os']/@id)", "http://debian.org/debian/12"},
  };
  render (f);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    assert_value (f, wanted[i][0], wanted[i][1]);
  assert_non_null (strstr (f->xml, "ACME &amp; &lt;Sons&gt; Box  9000"));
}

static void
test_without_virtio (void **state)
{
  Fixture *f = *state;
  GuestInfo *info = f->job.info;
  info->q35 = info->virtio_blk = info->virtio_net = info->virtio_rng = info->virtio_balloon =
      info->virtio_gpu = FALSE;
  render (f);
  assert_value (f, "string(/domain/os/type/@machine)", "pc");
  assert_value (f, "string(//disk[1]/target/@bus)", "ide");
  assert_value (f, "string(//disk[3]/target/@dev)", "hdc");
  assert_value (f, "string(//interface/model/@type)", "e1000");
  assert_value (f, "count(//rng)", "0");
  assert_value (f, "string(//memballoon/@model)", "none");
  assert_value (f, "string(//video/model/@type)", "vga");
}

static void
test_uefi_and_tpm (void **state)
{
  Fixture *f = *state;
  f->job.info->uefi = TRUE;
  f->job.machine->secure_boot = TRUE;
  f->job.machine->tpm = TRUE;
  render (f);
  assert_value (f, "string(/domain/os/@firmware)", "efi");
  assert_value (f, "string(/domain/os/firmware/feature[@name='secure-boot']/@enabled)", "yes");
  assert_value (f, "string(/domain/features/smm/@state)", "on");
  assert_value (f, "string(//tpm/backend/@version)", "2.0");
  f->job.machine->secure_boot = FALSE;
  f->target.tpm = FALSE;
  render (f);
  assert_value (f, "string(/domain/os/firmware/feature[@name='secure-boot']/@enabled)", "no");
  assert_value (f, "count(//tpm)", "0");
  g_autofree char *text = report_to_text (f->job.report);
  assert_non_null (strstr (text, "swtpm"));
}

static void
test_sectors_and_boot_order (void **state)
{
  Fixture *f = *state;
  f->disks[1]->logical_block_size = f->disks[1]->physical_block_size = 4096;
  f->disks[0]->physical_block_size = 4096;
  f->job.info->boot_disk = 1;
  f->target.preallocated = TRUE;
  render (f);
  assert_value (f, "string(//disk[1]/blockio/@logical_block_size)", "512");
  assert_value (f, "string(//disk[1]/blockio/@physical_block_size)", "4096");
  assert_value (f, "string(//disk[2]/blockio/@logical_block_size)", "4096");
  assert_value (f, "string(//disk[1]/boot/@order)", "2");
  assert_value (f, "string(//disk[2]/boot/@order)", "1");
  assert_value (f, "count(//driver/@discard)", "0");
}

static void
test_clock (void **state)
{
  Fixture *f = *state;
  f->job.info->rtc_localtime = TRUE;
  render (f);
  assert_value (f, "string(/domain/clock/@offset)", "localtime");
  f->job.machine->rtc_offset = -3600;
  render (f);
  assert_value (f, "string(/domain/clock/@offset)", "variable");
  assert_value (f, "string(/domain/clock/@adjustment)", "-3600");
  assert_value (f, "string(/domain/clock/@basis)", "localtime");
}

static void
test_processor (void **state)
{
  Fixture *f = *state;
  f->job.machine->vcpus = 3;
  f->job.machine->cpu_model = g_strdup ("SandyBridge");
  f->job.machine->cpu_vendor = g_strdup ("Intel");
  render (f);
  assert_value (f, "string(/domain/cpu/@mode)", "custom");
  assert_value (f, "string(/domain/cpu/model)", "SandyBridge");
  assert_value (f, "string(/domain/cpu/vendor)", "Intel");
  assert_value (f, "count(/domain/cpu/topology)", "0");
}

static void
test_networks (void **state)
{
  Fixture *f = *state;
  static const struct {
    const char *mac, *network, *expression, *value;
  } cases[] = {
      {"52:54:00:aa:bb:cc", "bridge:br0", "string(//interface[@type='bridge']/source/@bridge)",
       "br0"},
      {"53:54:00:aa:bb:cc", "lan", "count(//interface/mac)", "0"}, /* a group address */
      {"00:00:00:00:00:00", "lan", "count(//interface/mac)", "0"},
      {NULL, NULL, "string(//interface/source/@network)", "default"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_free (f->nic->mac);
    g_free (f->nic->network);
    f->nic->mac = g_strdup (cases[i].mac);
    f->nic->network = g_strdup (cases[i].network);
    render (f);
    assert_value (f, cases[i].expression, cases[i].value);
  }
}

static void
test_nothing_known (void **state)
{
  Fixture *f = *state;
  guest_info_free (f->job.info);
  f->job.info = NULL;
  P2vMachine *machine = f->job.machine;
  g_clear_pointer (&machine->vendor, g_free);
  g_clear_pointer (&machine->product, g_free);
  machine->sockets = 0;
  g_ptr_array_set_size (machine->nics, 0);
  render (f);
  assert_value (f, "count(//interface)", "0");
  assert_value (f, "count(/domain/metadata)", "0");
  assert_value (f, "count(/domain/cpu/topology)", "0");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown (test_ordinary, setup, teardown),
      cmocka_unit_test_setup_teardown (test_without_virtio, setup, teardown),
      cmocka_unit_test_setup_teardown (test_uefi_and_tpm, setup, teardown),
      cmocka_unit_test_setup_teardown (test_sectors_and_boot_order, setup, teardown),
      cmocka_unit_test_setup_teardown (test_clock, setup, teardown),
      cmocka_unit_test_setup_teardown (test_processor, setup, teardown),
      cmocka_unit_test_setup_teardown (test_networks, setup, teardown),
      cmocka_unit_test_setup_teardown (test_nothing_known, setup, teardown),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
