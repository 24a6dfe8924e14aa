/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel arguments, GRUB's files, kernel versions, debconf's answers. */
#include <string.h>
#include "unit.h"
#include "p2v-server/convert/linux/deb-version.h"
#include "p2v-server/convert/linux/grub-text.h"
#include "p2v-server/convert/linux/kernel-args.h"

static char *
lookup (const char *name, gpointer data G_GNUC_UNUSED)
{
  return g_str_has_prefix (name, "/dev/sda") ? g_strdup ("UUID=abc") : NULL;
}

static void
check_devices (const char *before, const char *after)
{
  g_autofree char *result = kernel_args_rewrite_devices (before, lookup, NULL, NULL);
  if (after)
    assert_string_equal (result, after);
  else
    assert_null (result);
}

static void
test_devices (void **state G_GNUC_UNUSED)
{
  check_devices ("", NULL);
  check_devices ("RESUME=/dev/sda5\n", "RESUME=UUID=abc\n");
  check_devices ("RESUME=UUID=1\n", NULL);
  check_devices ("linux /vmlinuz root=/dev/sda1 ro quiet resume=/dev/sda5",
                 "linux /vmlinuz root=UUID=abc ro quiet resume=UUID=abc");
  check_devices ("GRUB_CMDLINE_LINUX=\"resume=/dev/sda5\"",
                 "GRUB_CMDLINE_LINUX=\"resume=UUID=abc\"");
  check_devices ("root=/dev/mapper/vg-root", NULL);
  check_devices ("netroot=/dev/sda1 my.root=/dev/sda1", NULL);
  check_devices ("cryptdevice=/dev/sda2:root", "cryptdevice=UUID=abc:root");
}

static void
check_consoles (const char *before, const char *after)
{
  g_autofree char *result = kernel_args_move_consoles (before);
  if (after)
    assert_string_equal (result, after);
  else
    assert_null (result);
}

static void
test_consoles (void **state G_GNUC_UNUSED)
{
  check_consoles ("console=tty0 console=ttyS0,115200", NULL);
  check_consoles ("X=\"console=tty0 console=ttyS1,115200n8\"",
                  "X=\"console=tty0 console=ttyS0,115200n8\"");
  check_consoles ("console=hvc0", "console=ttyS0");
  check_consoles ("GRUB_SERIAL_COMMAND=\"serial --speed=9600 --unit=1 --word=8\"",
                  "GRUB_SERIAL_COMMAND=\"serial --speed=9600 --unit=0 --word=8\"");
  check_consoles ("serial --unit=0", NULL);
  assert_true (kernel_args_has_serial ("a\nX=\"quiet console=ttyS0\"\n"));
  assert_true (kernel_args_has_serial ("console=ttyS0,9600"));
  assert_false (kernel_args_has_serial ("# console=ttyS0\n"));
  assert_false (kernel_args_has_serial ("console=ttyS01 console=tty0 fooconsole=ttyS0"));
}

static void
test_versions (void **state G_GNUC_UNUSED)
{
  static const char *const rising[] = {
      "2.6.32-5-amd64", "3.16.0-4-amd64",       "6.1.0-9-amd64",
      "6.1.0-25-amd64", "6.1.0-25-cloud-amd64", "6.1.0-26-amd64",
      "6.10~rc1-amd64", "6.10-amd64",           "6.12.9+bpo-amd64"};
  for (guint i = 0; i < G_N_ELEMENTS (rising); i++)
    for (guint j = 0; j < G_N_ELEMENTS (rising); j++) {
      int order = deb_version_compare (rising[i], rising[j]);
      if ((order > 0) != (i > j) || (order < 0) != (i < j))
        fail_msg ("%s and %s: %d", rising[i], rising[j], order);
    }
  assert_int_equal (deb_version_compare ("1.01", "1.1"), 0);
  assert_true (deb_version_compare ("4.0", "3.19.0-80-generic") > 0);
  assert_true (deb_version_compare ("99999999999999999999", "1") > 0);
}

#define ENTRY(root)                                                                                \
  "menuentry 'Debian' {\n\tlinux\t/vmlinuz-6.1.0-25-amd64 root=" root " ro\n"                      \
  "\tinitrd\t/initrd.img-6.1.0-25-amd64\n}\n"

static void
check_config (const char *text, const char *words)
{
  g_autofree char *problem = grub_config_problem (text, "6.1.0-25-amd64", TRUE);
  if (!words)
    assert_null (problem);
  else
    assert_non_null (strstr (problem, words));
}

static void
test_config (void **state G_GNUC_UNUSED)
{
  check_config (ENTRY ("UUID=1"), NULL);
  check_config (ENTRY ("/dev/mapper/vg-root"), NULL);
  check_config (ENTRY ("/dev/sda1"), "/dev/sda1");
  check_config ("set timeout=5\n", "no menu entry");
  check_config ("menuentry 'x' {\n linux /boot/vmlinuz-6.1.0-25-amd64-dbg root=UUID=1\n}\n",
                "No entry starts");
  check_config ("menuentry 'x' {\n linux /boot/vmlinuz-6.1.0-25-amd64 root=UUID=1\n}\n",
                "initial RAM disk");
  check_config ("menuentry 'x' {\n linux /boot/vmlinuz-6.1.0-25-amd64 ro\n}\n", "no root");
  /* two early images before it */
  check_config ("menuentry 'x' {\n linux16 /boot/vmlinuz-6.1.0-25-amd64 root=UUID=1\n"
                " initrd16 /boot/ucode.img /boot/initrd.img-6.1.0-25-amd64\n}\n",
                NULL);
}

static void
test_defaults (void **state G_GNUC_UNUSED)
{
  g_autofree char *result = grub_defaults_use_uuid ("A=1\nGRUB_DISABLE_LINUX_UUID=true\n");
  assert_string_equal (result, "A=1\n# p2v: GRUB_DISABLE_LINUX_UUID=true\n");
  assert_null (grub_defaults_use_uuid ("#GRUB_DISABLE_LINUX_UUID=true\n"));
  assert_null (grub_defaults_use_uuid (result));
}

static void
test_debconf (void **state G_GNUC_UNUSED)
{
  static const char text[] = "Name: a\nValue: x\n\nName: grub-pc/install_devices\nTemplate: t\n"
                             "Value: /dev/disk/by-id/ata-X\nOwners: grub-pc\n\nName: z\nValue: y\n";
  g_autofree char *result = debconf_with_value (text, "grub-pc/install_devices", "/dev/vda");
  assert_string_equal (result, "Name: a\nValue: x\n\nName: grub-pc/install_devices\nTemplate: t\n"
                               "Value: /dev/vda\nOwners: grub-pc\n\nName: z\nValue: y\n");
  assert_null (debconf_with_value (result, "grub-pc/install_devices", "/dev/vda"));
  assert_null (debconf_with_value (text, "nothing", "/dev/vda"));
  assert_null (debconf_with_value ("Name: q\nOwners: o\n\nName: r\nValue: v\n", "q", "/dev/vda"));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_devices),  cmocka_unit_test (test_consoles),
      cmocka_unit_test (test_versions), cmocka_unit_test (test_config),
      cmocka_unit_test (test_defaults), cmocka_unit_test (test_debconf),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
