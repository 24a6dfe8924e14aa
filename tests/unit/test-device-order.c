/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disk the installed system calls /dev/sda. */
#include <string.h>
#include "unit.h"
#include "p2v-server/convert/linux/device-order.h"

/* What is where, for the judge of the test. */
typedef struct {
  guint disk, part;
  const char *type;
  const char *place; /* where it belongs for sure, or NULL */
} Part;

typedef struct {
  P2vMachine *machine;
  GPtrArray *uses, *orders;
  const Part *parts;
  guint n_parts;
} Bench;

static DeviceFit
judge (const DeviceUse *use, const DevicePlace *place, gpointer data)
{
  const Bench *bench = data;
  for (guint i = 0; i < bench->n_parts; i++) {
    const Part *part = &bench->parts[i];
    if (part->disk != place->disk || part->part != place->part)
      continue;
    if (part->place)
      return strcmp (part->place, use->place) ? FIT_WRONG : FIT_SURE;
    if (!strcmp (use->place, "/") || strcmp (part->type, use->type))
      return FIT_WRONG;
    return FIT_GOOD;
  }
  return FIT_WRONG;
}

static void
add_disk (Bench *bench, const char *device)
{
  P2vDisk *disk = p2v_disk_new ();
  disk->device = g_strdup (device);
  g_ptr_array_add (bench->machine->disks, disk);
}

static void
add_use (Bench *bench, const char *device, const char *place, const char *type)
{
  DeviceUse *use = g_new0 (DeviceUse, 1);
  use->device = g_strdup (device);
  use->place = g_strdup (place);
  use->type = g_strdup (type);
  g_ptr_array_add (bench->uses, use);
}

static Bench
bench_new (const char *disks, const Part *parts, guint n_parts)
{
  Bench bench = {.parts = parts, .n_parts = n_parts};
  bench.machine = p2v_machine_new ();
  bench.uses = g_ptr_array_new_with_free_func ((GDestroyNotify)device_use_free);
  bench.orders = g_ptr_array_new_with_free_func ((GDestroyNotify)device_order_free);
  g_auto (GStrv) names = g_strsplit (disks, " ", -1);
  for (guint i = 0; names[i]; i++)
    add_disk (&bench, names[i]);
  return bench;
}

static void
bench_free (Bench *bench)
{
  p2v_machine_free (bench->machine);
  g_ptr_array_unref (bench->uses);
  g_ptr_array_unref (bench->orders);
}

static DeviceOrderFound
find (Bench *bench)
{
  gint family;
  guint place, part;
  const DeviceUse *first = g_ptr_array_index (bench->uses, 0);
  assert_true (device_name_ordinal (first->device, &family, &place, &part));
  return device_order_find (bench->machine, family, bench->uses, judge, bench, bench->orders);
}

/* NAME is on DISK, -1: on none. */
static void
check (Bench *bench, const char *name, gint disk)
{
  DevicePlace place;
  gboolean found = device_name_locate (bench->machine, bench->orders, name, &place);
  if (found != (disk >= 0) || (found && (gint)place.disk != disk))
    fail_msg ("%s is on disk %d", name, found ? (gint)place.disk : -1);
}

static const Part two_disks[] = {
    {0, 1, "ext4", "/"}, {0, 5, "swap", NULL}, {1, 1, "xfs", NULL}, {1, 2, "ext4", NULL}};

static void
test_as_is (void **state G_GNUC_UNUSED)
{
  Bench bench = bench_new ("/dev/sda /dev/sdb", two_disks, 4);
  add_use (&bench, "/dev/sda1", "/", "ext4");
  add_use (&bench, "/dev/sda5", "none", "swap");
  add_use (&bench, "/dev/sdb1", "/data", "xfs");
  assert_int_equal (find (&bench), ORDER_AS_IS);
  assert_int_equal (bench.orders->len, 0);
  /* a disk that was not chosen is no reason to doubt the others */
  add_use (&bench, "/dev/sdc1", "/usb", "ext4");
  assert_int_equal (find (&bench), ORDER_AS_IS);
  check (&bench, "/dev/sdc1", -1);
  bench_free (&bench);
}

/* The ISO was started from a stick, which became /dev/sda. */
static void
test_stick (void **state G_GNUC_UNUSED)
{
  Bench bench = bench_new ("/dev/sdb /dev/sdc", two_disks, 4);
  add_use (&bench, "/dev/sda1", "/", "ext4");
  add_use (&bench, "/dev/sda5", "none", "swap");
  add_use (&bench, "/dev/sdb1", "/data", "xfs");
  add_use (&bench, "/dev/sdq1", "/usb", "ext4"); /* not chosen */
  add_use (&bench, "/dev/sda9", "/gone", "ext4");
  assert_int_equal (find (&bench), ORDER_OTHER);
  check (&bench, "/dev/sda1", 0);
  check (&bench, "/dev/sda5", 0);
  check (&bench, "/dev/sdb1", 1);
  check (&bench, "/dev/sdc1", -1);
  check (&bench, "/dev/sdq1", -1);
  /* other drivers' names do not follow */
  check (&bench, "/dev/hdb1", 1);
  bench_free (&bench);
}

/* A stick, and the first disk was not chosen. */
static void
test_shift (void **state G_GNUC_UNUSED)
{
  Bench bench = bench_new ("/dev/sdc /dev/sdd", two_disks, 4);
  add_use (&bench, "/dev/sdb1", "/", "ext4");
  add_use (&bench, "/dev/sdc1", "/data", "xfs");
  add_use (&bench, "/dev/sda1", "/old", "ext4");
  assert_int_equal (find (&bench), ORDER_OTHER);
  check (&bench, "/dev/sda1", -1);
  check (&bench, "/dev/sdb1", 0);
  check (&bench, "/dev/sdc1", 1);
  bench_free (&bench);
}

/* The drivers answered in another order. */
static void
test_swapped (void **state G_GNUC_UNUSED)
{
  Bench bench = bench_new ("/dev/sda /dev/sdb", two_disks, 4);
  add_use (&bench, "/dev/sda1", "/data", "xfs");
  add_use (&bench, "/dev/sdb5", "none", "swap");
  assert_int_equal (find (&bench), ORDER_OTHER);
  check (&bench, "/dev/sda1", 1);
  check (&bench, "/dev/sdb5", 0);
  bench_free (&bench);

  static const Part three[] = {
      {0, 1, "ext4", NULL}, {1, 1, "xfs", NULL}, {2, 1, "btrfs", "/"}, {2, 2, "swap", NULL}};
  bench = bench_new ("/dev/nvme0n1 /dev/nvme1n1 /dev/nvme2n1", three, 4);
  add_use (&bench, "/dev/nvme0n1p1", "/", "btrfs");
  add_use (&bench, "/dev/nvme1n1p1", "/a", "ext4");
  add_use (&bench, "/dev/nvme2n1p1", "/b", "xfs");
  assert_int_equal (find (&bench), ORDER_OTHER);
  check (&bench, "/dev/nvme0n1p2", 2);
  check (&bench, "/dev/nvme1n1p1", 0);
  check (&bench, "/dev/nvme2n1p1", 1);
  bench_free (&bench);
}

/* Only one disk was chosen; its partition must not be taken for another disk's. */
static void
test_not_chosen (void **state G_GNUC_UNUSED)
{
  static const Part one[] = {{0, 1, "ext4", "/"}, {0, 2, "ext4", NULL}};
  Bench bench = bench_new ("/dev/sda", one, 2);
  add_use (&bench, "/dev/sdb2", "/data", "ext4");
  assert_int_equal (find (&bench), ORDER_AS_IS);
  check (&bench, "/dev/sdb2", -1);
  bench_free (&bench);

  bench = bench_new ("/dev/sdb", one, 2);
  add_use (&bench, "/dev/sdb1", "/", "ext4");
  add_use (&bench, "/dev/sda2", "/data", "ext4");
  assert_int_equal (find (&bench), ORDER_AS_IS);
  check (&bench, "/dev/sdb1", 0);
  check (&bench, "/dev/sda2", -1);
  bench_free (&bench);
}

/* No order is right: the ISO's stays. */
static void
test_broken (void **state G_GNUC_UNUSED)
{
  Bench bench = bench_new ("/dev/sda /dev/sdb", two_disks, 4);
  add_use (&bench, "/dev/sda1", "/", "ext4");
  add_use (&bench, "/dev/sda2", "/gone", "ext4");
  assert_int_equal (find (&bench), ORDER_BROKEN);
  assert_int_equal (bench.orders->len, 0);
  check (&bench, "/dev/sda1", 0);
  bench_free (&bench);
}

/* Names of a driver that the ISO does not have. */
static void
test_old_driver (void **state G_GNUC_UNUSED)
{
  Bench bench = bench_new ("/dev/sda /dev/sdb", two_disks, 4);
  add_use (&bench, "/dev/cciss/c0d0p1", "/data", "xfs");
  add_use (&bench, "/dev/cciss/c0d1p1", "/", "ext4");
  assert_int_equal (find (&bench), ORDER_OTHER);
  check (&bench, "/dev/cciss/c0d0p1", 1);
  check (&bench, "/dev/cciss/c0d1p5", 0);
  bench_free (&bench);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_as_is),      cmocka_unit_test (test_stick),
      cmocka_unit_test (test_shift),      cmocka_unit_test (test_swapped),
      cmocka_unit_test (test_not_chosen), cmocka_unit_test (test_broken),
      cmocka_unit_test (test_old_driver),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
