/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "common/error.h"
#include "iscsi.h"
#include <string.h>

static void
test_netroot (void **state)
{
  (void)state;
  static const struct {
    const char *cmdline, *address, *name;
    guint port;
    const char *user, *password, *in_user, *in_password;
  } cases[] = {
      {"netroot=iscsi:192.0.2.7::::iqn.2001-04.com.example:disk:1", "192.0.2.7",
       "iqn.2001-04.com.example:disk:1", 3260, NULL, NULL, NULL, NULL},
      {"root=iscsi:[2001:db8::7]:6:3261:0:eui.02004567A425678D", "2001:db8::7",
       "eui.02004567A425678D", 3261, NULL, NULL, NULL, NULL},
      {"netroot=iscsi:me:secret@san::::iqn.a:b", "san", "iqn.a:b", 3260, "me", "secret", NULL,
       NULL},
      {"netroot=iscsi:me:sec@ret:it:other@san:::default:eno1:3:iqn.a:b", "san", "iqn.a:b", 3260,
       "me", "sec@ret", "it", "other"},
      {"rd.iscsi.username=me rd.iscsi.password=secret netroot=iscsi:san::::iqn.a:b", "san",
       "iqn.a:b", 3260, "me", "secret", NULL, NULL},
      {"rd.iscsi.target.name=iqn.a:b rd.iscsi.target.ip=2001:db8::7 rd.iscsi.target.port=99 "
       "rd.iscsi.in.username=it rd.iscsi.in.password=other rd.iscsi.username=me "
       "rd.iscsi.password=\"sec ret\"",
       "2001:db8::7", "iqn.a:b", 99, "me", "sec ret", "it", "other"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (IscsiPlan) plan = iscsi_parse (cases[i].cmdline, &error);
    assert_null (error);
    assert_int_equal (plan->targets->len, 1);
    const IscsiTarget *target = g_ptr_array_index (plan->targets, 0);
    assert_string_equal (target->address, cases[i].address);
    assert_string_equal (target->name, cases[i].name);
    assert_int_equal (target->port, cases[i].port);
    assert_int_equal (g_strcmp0 (target->user, cases[i].user), 0);
    assert_int_equal (g_strcmp0 (target->password, cases[i].password), 0);
    assert_int_equal (g_strcmp0 (target->in_user, cases[i].in_user), 0);
    assert_int_equal (g_strcmp0 (target->in_password, cases[i].in_password), 0);
  }
}

static void
test_refused (void **state)
{
  (void)state;
  static const char *const cases[] = {
      "netroot=iscsi:",
      "netroot=iscsi:san",
      "netroot=iscsi:san:iqn.a:b",
      "netroot=iscsi:san::x::iqn.a:b",
      "netroot=iscsi:[2001:db8::7::::iqn.a:b",
      "netroot=iscsi:::::iqn.a:b",
      "netroot=iscsi:hunter2@san::::iqn.a:b",
      "netroot=iscsi:me:hunter2:it@san::::iqn.a:b",
      "rd.iscsi.target.name=iqn.a:b",
      "rd.iscsi.target.name=disk rd.iscsi.target.ip=192.0.2.7",
      "rd.iscsi.target.port=0",
      "rd.iscsi.password=hunter2 netroot=iscsi:san::::iqn.a:b",
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    assert_null (iscsi_parse (cases[i], &error));
    assert_true (g_error_matches (error, P2V_ERROR, P2V_ERROR_SETTINGS));
    assert_null (strstr (error->message, "hunter2"));
  }
}

static void
test_rest (void **state)
{
  (void)state;
  g_autoptr (IscsiPlan) none = iscsi_parse ("quiet root=/dev/sda1 netroot=nbd:x", NULL);
  assert_int_equal (none->targets->len, 0);
  assert_false (none->firmware);
  g_autoptr (IscsiPlan) plan =
      iscsi_parse ("netroot=iscsi rd.iscsi.firmware=1 rd.iscsi.initiator=iqn.me "
                   "netroot=iscsi:a::::iqn.1 netroot=iscsi:b::::iqn.2",
                   NULL);
  assert_true (plan->firmware);
  assert_string_equal (plan->initiator, "iqn.me");
  assert_int_equal (plan->targets->len, 2);

  g_autoptr (IscsiPlan) both =
      iscsi_parse ("netroot=iscsi:me:secret:it:other@san::::iqn.a:b", NULL);
  g_autofree char *text = iscsi_configuration (g_ptr_array_index (both->targets, 0));
  assert_non_null (strstr (text, "\nnode.session.auth.authmethod = CHAP\n"));
  assert_non_null (strstr (text, "\nnode.session.auth.password = secret\n"));
  assert_non_null (strstr (text, "\nnode.session.auth.username_in = it\n"));
  g_autofree char *plain = iscsi_configuration (NULL);
  assert_null (strstr (plain, "auth"));
}

static IscsiTyped
typed_portal (const char *portal)
{
  return (IscsiTyped){portal, "iqn.me", "iqn.a:b", "", "", "", ""};
}

static void
test_typed (void **state)
{
  (void)state;
  static const struct {
    const char *portal, *address;
    guint port;
  } good[] = {
      {"192.0.2.7", "192.0.2.7", 3260},
      {"192.0.2.7:99", "192.0.2.7", 99},
      {"2001:db8::7", "2001:db8::7", 3260},
      {"[2001:db8::7]:99", "2001:db8::7", 99},
      {"san.example.com", "san.example.com", 3260},
      {"san:99", "san", 99},
  };
  static const char *const bad[] = {"",          " ",    "a b",          "san:",  "san:x", "san:0",
                                    "san:65536", "-san", "[2001:db8::7", "san/1", "san\n"};
  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    IscsiTyped typed = typed_portal (good[i].portal);
    g_autoptr (GError) error = NULL;
    g_autoptr (IscsiTarget) target = iscsi_read_typed (&typed, &error);
    assert_null (error);
    assert_string_equal (target->address, good[i].address);
    assert_int_equal (target->port, good[i].port);
    assert_null (target->user);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    IscsiTyped typed = typed_portal (bad[i]);
    g_autoptr (GError) error = NULL;
    assert_null (iscsi_read_typed (&typed, &error));
    assert_true (g_error_matches (error, P2V_ERROR, P2V_ERROR_SETTINGS));
  }
}

static void
test_typed_logins (void **state)
{
  (void)state;
  static const struct {
    IscsiTyped typed;
    const char *says; /* NULL: right */
  } cases[] = {
      {{"san", "iqn.me", "", "", "", "", ""}, NULL},
      {{"san", "iqn.me", "iqn.a:b", "me", "hunter2", "", ""}, NULL},
      {{"san", "iqn.me", "iqn.a:b", "me", "hunter2", "it", "hunter3"}, NULL},
      {{"san", "me", "iqn.a:b", "", "", "", ""}, "initiator name"},
      {{"san", "iqn.me", "disk", "", "", "", ""}, "name of a target"},
      {{"san", "iqn.me", "iqn.a b", "", "", "", ""}, "name of a target"},
      {{"san", "iqn.me", "iqn.a:b", "me", "", "", ""}, "CHAP user"},
      {{"san", "iqn.me", "iqn.a:b", "", "hunter2", "", ""}, "CHAP user"},
      {{"san", "iqn.me", "iqn.a:b", "me", "hunter2", "it", ""}, "target's user"},
      {{"san", "iqn.me", "iqn.a:b", "", "", "it", "hunter2"}, "proves who it is"},
      {{"san", "iqn.me", "iqn.a:b", "me", "hunter2", "it", "hunter2"}, "same password"},
      {{"san", "iqn.me", "iqn.a:b", "me", "hunter2\nx = y", "", ""}, "control character"},
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (IscsiTarget) target = iscsi_read_typed (&cases[i].typed, &error);
    assert_int_equal (target != NULL, cases[i].says == NULL);
    if (!error)
      continue;
    assert_non_null (strstr (error->message, cases[i].says));
    assert_null (strstr (error->message, "hunter"));
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_netroot),      cmocka_unit_test (test_refused),
      cmocka_unit_test (test_rest),         cmocka_unit_test (test_typed),
      cmocka_unit_test (test_typed_logins),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
