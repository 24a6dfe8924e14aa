/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <json-glib/json-glib.h>
#include <string.h>
#include "common/log.h"
#include "settings-table.h"
#include "settings.h"

static Settings *
parse (const char *cmdline)
{
  Settings *settings = settings_new ();
  GError *error = NULL;
  if (!settings_parse (settings, cmdline, &error))
    fail_msg ("%s: %s", cmdline, error->message);
  return settings;
}

/* CMDLINE is refused, and the message has every word of WORDS in it. */
static void
refused (const char *cmdline, const char *words)
{
  g_autoptr (Settings) settings = settings_new ();
  GError *error = NULL;
  if (settings_parse (settings, cmdline, &error))
    fail_msg ("%s was taken", cmdline);
  g_auto (GStrv) all = g_strsplit (words, " ", -1);
  for (guint i = 0; all[i]; i++)
    if (!strstr (error->message, all[i]))
      fail_msg ("\"%s\" is not in: %s", all[i], error->message);
  assert_p2v_error (error, P2V_ERROR_SETTINGS);
}

static void
test_defaults (void **state)
{
  (void)state;
  g_autoptr (Settings) settings = parse ("BOOT_IMAGE=/vmlinuz quiet ip=dhcp p2v p2vx=1");
  assert_null (settings_get (settings, SETTING_server));
  assert_string_equal (settings_get (settings, SETTING_username), "root");
  assert_string_equal (settings_get (settings, SETTING_output_type), "local");
  assert_int_equal (settings_get_uint (settings, SETTING_port), 22);
  assert_int_equal (settings_get_uint (settings, SETTING_connections), 2);
  assert_int_equal (settings_get_size (settings, SETTING_memory), 0);
  assert_false (settings_given (settings, SETTING_port));
  assert_false (settings_get_bool (settings, SETTING_sudo));
  assert_null (settings_get_list (settings, SETTING_disks));
}

static void
test_aliases (void **state)
{
  (void)state;
  static const struct {
    const char *argument;
    SettingId id;
    const char *value;
  } both[] = {
      {"p2v.server", SETTING_server, "a.example"},
      {"p2v.remote.server", SETTING_server, "a.example"},
      {"p2v.port", SETTING_port, "2222"},
      {"p2v.remote.port", SETTING_port, "2222"},
      {"p2v.username", SETTING_username, "joe"},
      {"p2v.auth.username", SETTING_username, "joe"},
      {"p2v.password", SETTING_password, "s3cret"},
      {"p2v.auth.password", SETTING_password, "s3cret"},
      {"p2v.identity", SETTING_identity, "https://a.example/id"},
      {"p2v.auth.identity.url", SETTING_identity, "https://a.example/id"},
      {"p2v.sudo", SETTING_sudo, "yes"},
      {"p2v.auth.sudo", SETTING_sudo, "yes"},
      {"p2v.name", SETTING_name, "web-01"},
      {"p2v.guestname", SETTING_name, "web-01"},
      {"p2v.network", SETTING_network, "em1:inside,outside"},
      {"p2v.network_map", SETTING_network, "em1:inside,outside"},
      {"p2v.o", SETTING_output_type, "libvirt"},
      {"p2v.output.type", SETTING_output_type, "libvirt"},
      {"p2v.oa", SETTING_output_allocation, "preallocated"},
      {"p2v.output.allocation", SETTING_output_allocation, "preallocated"},
      {"p2v.oc", SETTING_output_connection, "qemu:///session"},
      {"p2v.output.connection", SETTING_output_connection, "qemu:///session"},
      {"p2v.of", SETTING_output_format, "raw"},
      {"p2v.output.format", SETTING_output_format, "raw"},
      {"p2v.os", SETTING_output_storage, "/srv/guests"},
      {"p2v.output.storage", SETTING_output_storage, "/srv/guests"},
      {"p2v.oo", SETTING_output_misc, "a=b,c=d"},
      {"p2v.output.misc", SETTING_output_misc, "a=b,c=d"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (both); i++) {
    g_autofree char *line = g_strdup_printf ("%s=%s", both[i].argument, both[i].value);
    g_autoptr (Settings) settings = parse (line);
    assert_string_equal (settings_get (settings, both[i].id), both[i].value);
    assert_true (settings_given (settings, both[i].id));
  }
}

static void
test_quoting (void **state)
{
  (void)state;
  g_autoptr (Settings) settings =
      parse ("foo=\"x y\" p2v.pre=\"echo a  b\"\t\"p2v.post=sh -c 'exit 1'\" \n p2v.fail=a=b");
  assert_string_equal (settings_get (settings, SETTING_pre), "echo a  b");
  assert_string_equal (settings_get (settings, SETTING_post), "sh -c 'exit 1'");
  assert_string_equal (settings_get (settings, SETTING_fail), "a=b");

  g_autoptr (Settings) empty = parse ("p2v.post=\"\" p2v.removable=");
  assert_true (settings_given (empty, SETTING_post));
  assert_string_equal (settings_get (empty, SETTING_post), "");

  refused ("p2v.server=a p2v.pre=\"echo hi", "p2v.pre quotation");
  /* Somebody else's argument. */
  g_autoptr (Settings) other = parse ("p2v.server=a init=\"x");
  assert_string_equal (settings_get (other, SETTING_server), "a");
}

static void
test_bool (void **state)
{
  (void)state;
  static const char *const yes[] = {"p2v.sudo", "p2v.sudo=yes", "p2v.sudo=1", "p2v.sudo=TRUE",
                                    "p2v.sudo=on"};
  static const char *const no[] = {"p2v.sudo=no", "p2v.sudo=0", "p2v.sudo=false", "p2v.sudo=off"};
  for (guint i = 0; i < G_N_ELEMENTS (yes); i++) {
    g_autoptr (Settings) settings = parse (yes[i]);
    assert_true (settings_get_bool (settings, SETTING_sudo));
  }
  for (guint i = 0; i < G_N_ELEMENTS (no); i++) {
    g_autoptr (Settings) settings = parse (no[i]);
    assert_false (settings_get_bool (settings, SETTING_sudo));
    assert_true (settings_given (settings, SETTING_sudo));
  }
  refused ("p2v.sudo=perhaps", "p2v.sudo=perhaps");
  refused ("p2v.sudo=", "p2v.sudo no value");
}

static void
test_unknown (void **state)
{
  (void)state;
  refused ("p2v.servr=x", "p2v.servr p2v.server.");
  refused ("p2v.remote.servers=x", "p2v.remote.server.");
  refused ("p2v.passwrd=hunter2", "p2v.passwrd p2v.password.");
  refused ("p2v.skip_me", "p2v.skip_me");
  refused ("p2v.", "p2v.");

  g_autoptr (Settings) settings = settings_new ();
  GError *error = NULL;
  assert_false (settings_parse (settings, "p2v.passwrd=hunter2", &error));
  assert_null (strstr (error->message, "hunter2"));
  g_clear_error (&error);
}

static void
test_twice (void **state)
{
  (void)state;
  g_autoptr (Settings) same = parse ("p2v.server=a p2v.remote.server=a");
  assert_string_equal (settings_get (same, SETTING_server), "a");
  refused ("p2v.server=a p2v.server=b", "p2v.server twice");
  refused ("p2v.server=a p2v.remote.server=b", "p2v.remote.server p2v.server twice");

  g_autoptr (Settings) settings = settings_new ();
  GError *error = NULL;
  assert_false (settings_parse (settings, "p2v.password=first p2v.password=second", &error));
  assert_null (strstr (error->message, "second"));
  g_clear_error (&error);
}

#define KEY "SHA256:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdE"

static void
test_checks (void **state)
{
  (void)state;
  static const struct {
    SettingId id;
    const char *good[12], *bad[12];
  } checks[] = {
      {SETTING_server,
       {"conv", "conv.example.com", "10.0.0.1", "fe80::1%eth0"},
       {"-x", "a b", "u@h", "a/b"}},
      {SETTING_port,
       {"1", "22", "65535"},
       {"0", "65536", "ssh", "-1", "22x", "99999999999999999999"}},
      {SETTING_jump,
       {"gw", "me@gw.example:2222", "me@[fe80::1%eth0]:22"},
       {"me@", "a b@gw", "-l@gw", "gw:ssh", "ssh://gw", "gw,gw2"}},
      {SETTING_username, {"root", "p2v-login", "dom\\user"}, {"a b", "-l", "a:b"}},
      {SETTING_hostkey,
       {KEY, KEY "=", "sha256:AbCdEfGhIjKlMnOpQrStUvWxYz0123456789+/AbCdE", KEY "," KEY},
       {"MD5:aa:bb", "SHA256:short", KEY "x", KEY ",", "x"}},
      {SETTING_identity,
       {"/root/id", "file:///etc/id", "https://h/id", "id"},
       {"scp://h/id", "a\nb"}},
      {SETTING_connections, {"1", "16"}, {"0", "17", "two"}},
      {SETTING_bandwidth,
       {"64K", "12M", "1G", "1t"},
       {"0", "63K", "12", "12MB", "100Mbit", "2T", "-1M"}},
      {SETTING_name, {"web-01", "a", "A.b_c+d"}, {"-x", ".x", "a/b", "a b", "ü"}},
      {SETTING_vcpu_cores, {"1", "4096"}, {"0", "4097", "x"}},
      {SETTING_memory,
       {"512M", "2G", "1048576K", "1t"},
       {"512", "2GB", "G", "1M", "99T", "12345678G", "-1G"}},
      {SETTING_cpu_vendor, {"Intel", "AMD"}, {"a b", "<x>"}},
      {SETTING_rtc_basis, {"utc", "localtime", "unknown"}, {"UTC", "gmt"}},
      {SETTING_rtc_offset, {"0", "+2", "-11"}, {"3600", "x", "+", "1.5"}},
      {SETTING_disks,
       {"sda", "sda,sdb", "/dev/disk/by-id/x", "/tmp/x.img"},
       {"sda,", "sda,sda", ",", "a\tb"}},
      {SETTING_removable, {"sr0", "sr0,sr1"}, {"sr0,,sr1", "/dev/sr0"}},
      {SETTING_interfaces, {"em1", "eth0,eth1"}, {"em1,em1", "em 1"}},
      {SETTING_network,
       {"default", "em1:a", "em1:a,em2:b,c", "bridge:br0", "em1:bridge:br0,bridge:br1"},
       {"em1:", ":a", "a,b", "em1:a,em1:b", "a b"}},
      {SETTING_output_format, {"raw", "qcow2"}, {"vmdk", "Raw"}},
      {SETTING_output_allocation, {"none", "sparse", "preallocated"}, {"thin"}},
      {SETTING_output_storage, {"/srv/guests", "pool"}, {"a\nb"}},
      {SETTING_root, {"ask", "single", "first", "/dev/sda1"}, {"asks", "/dev/", "sda1"}},
  };
  for (guint i = 0; i < G_N_ELEMENTS (checks); i++) {
    for (guint j = 0; checks[i].good[j]; j++) {
      GError *error = NULL;
      if (!settings_check (checks[i].id, checks[i].good[j], &error))
        fail_msg ("%s: %s", checks[i].good[j], error->message);
    }
    for (guint j = 0; checks[i].bad[j]; j++) {
      GError *error = NULL;
      if (settings_check (checks[i].id, checks[i].bad[j], &error))
        fail_msg ("%s=%s was taken", setting_rows[checks[i].id].argument, checks[i].bad[j]);
      /* A dialog's user knows no kernel arguments; who typed one does. */
      const SettingRow *row = &setting_rows[checks[i].id];
      assert_null (strstr (error->message, row->argument));
      assert_p2v_error (error, P2V_ERROR_SETTINGS);
      error = NULL;
      assert_false (setting_check_value (row, row->argument, checks[i].bad[j], &error));
      assert_non_null (strstr (error->message, row->argument));
      assert_non_null (strchr (error->message, '\n')); /* says what to do */
      assert_p2v_error (error, P2V_ERROR_SETTINGS);
    }
  }
}

static void
test_values_needed (void **state)
{
  (void)state;
  for (guint i = 0; i < N_SETTINGS; i++) {
    if (setting_rows[i].type != TYPE_BOOL)
      refused (setting_rows[i].argument, "has no value");
  }
}

static void
test_values (void **state)
{
  (void)state;
  g_autoptr (Settings) settings = parse ("p2v.memory=2G p2v.disks=sda,/dev/sdb p2v.rtc.offset=-3");
  assert_int_equal (settings_get_size (settings, SETTING_memory), 2147483648);
  g_auto (GStrv) disks = settings_get_list (settings, SETTING_disks);
  assert_int_equal (g_strv_length (disks), 2);
  assert_string_equal (disks[1], "/dev/sdb");
}

static void
assert_missing (const char *cmdline, const char *wanted)
{
  g_autoptr (Settings) settings = parse (cmdline);
  g_auto (GStrv) missing = NULL;
  gboolean complete = settings_headless (settings, &missing);
  g_autofree char *joined = g_strjoinv ("; ", missing);
  assert_string_equal (joined, wanted);
  assert_true (complete == (*wanted == '\0'));
  assert_true (complete == settings_headless (settings, NULL));
}

static void
test_headless (void **state)
{
  (void)state;
  assert_missing ("quiet", "p2v.server; p2v.password or p2v.identity");
  assert_missing ("p2v.server=a", "p2v.password or p2v.identity");
  assert_missing ("p2v.server=a p2v.password=xyz", "");
  assert_missing ("p2v.server=a p2v.identity=/id p2v.os=/x", "");
  assert_missing ("p2v.server=a p2v.password=xyz p2v.o=libvirt", "");
  assert_missing ("p2v.password=xyz p2v.o=libvirt", "p2v.server");

  g_autoptr (Settings) gui = parse ("p2v.gui p2v.server=a p2v.password=xyz p2v.o=libvirt");
  assert_false (settings_headless (gui, NULL));
}

static void
test_json (void **state)
{
  (void)state;
  g_autoptr (Settings) settings = parse ("p2v.server=a p2v.password=hunter2 p2v.os=/x p2v.oa=none "
                                         "p2v.identity=https://u:hunter2@h/id p2v.root=first");
  g_autoptr (JsonObject) object = settings_to_json (settings);
  assert_string_equal (json_object_get_string_member (object, "output.type"), "local");
  assert_string_equal (json_object_get_string_member (object, "output.storage"), "/x");
  assert_string_equal (json_object_get_string_member (object, "output.format"), "qcow2");
  assert_string_equal (json_object_get_string_member (object, "output.allocation"), "sparse");
  assert_string_equal (json_object_get_string_member (object, "root"), "first");
  assert_false (json_object_has_member (object, "output.connection"));
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = json_to_string (node, FALSE);
  assert_null (strstr (text, "hunter2"));
  assert_null (strstr (text, "server"));
}

/* The kernel's flags of the mapping with ADDRESS have "dd": do not dump. */
static gboolean
is_kept_from_dumps (const char *address)
{
  g_autofree char *maps = NULL;
  assert_true (g_file_get_contents ("/proc/self/smaps", &maps, NULL, NULL));
  g_auto (GStrv) lines = g_strsplit (maps, "\n", -1);
  gboolean inside = FALSE;
  for (guint i = 0; lines[i]; i++) {
    char *dash = NULL;
    guint64 from = g_ascii_strtoull (lines[i], &dash, 16);
    if (dash != lines[i] && *dash == '-')
      inside =
          from <= (guintptr)address && (guintptr)address < g_ascii_strtoull (dash + 1, NULL, 16);
    else if (inside && g_str_has_prefix (lines[i], "VmFlags:"))
      return strstr (lines[i], " dd") != NULL;
  }
  return FALSE;
}

static void
test_secret (void **state)
{
  (void)state;
  Settings *settings = parse ("p2v.password=\"correct horse\"");
  assert_string_equal (settings_get (settings, SETTING_password), "correct horse");
  g_autofree char *shown = p2v_log_redact ("login with correct horse failed");
  assert_null (strstr (shown, "correct horse"));

  assert_true (is_kept_from_dumps (settings_get (settings, SETTING_password)));
  settings_free (settings);
}

static void
test_texts (void **state)
{
  (void)state;
  g_autofree char *help = settings_help ();
  g_autofree char *man = settings_man ();
  for (guint i = 0; i < N_SETTINGS; i++) {
    const SettingRow *row = &setting_rows[i];
    assert_non_null (strstr (help, row->argument));
    g_autofree char *escaped = settings_man_escape (row->argument);
    assert_non_null (strstr (man, escaped));
    /* A default has to be a value that would be accepted. */
    if (row->fallback)
      assert_true (settings_check (i, row->fallback, NULL));
  }
  g_autofree char *escaped = settings_man_escape (".a-b\\c");
  assert_string_equal (escaped, "\\&.a\\-b\\ec");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_defaults), cmocka_unit_test (test_aliases),
      cmocka_unit_test (test_quoting),  cmocka_unit_test (test_bool),
      cmocka_unit_test (test_unknown),  cmocka_unit_test (test_twice),
      cmocka_unit_test (test_checks),   cmocka_unit_test (test_values_needed),
      cmocka_unit_test (test_values),   cmocka_unit_test (test_headless),
      cmocka_unit_test (test_json),     cmocka_unit_test (test_secret),
      cmocka_unit_test (test_texts),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
