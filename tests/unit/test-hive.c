/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading one value out of a registry hive, of all kinds of lists; what is made by another hand
 * than this one is in tests/component/os-find.sh. */
#include <string.h>
#include "unit.h"
#include "p2v-client/os-windows.h"

#define BASE 4096
#define NONE G_MAXUINT32

static void
put16 (GByteArray *out, guint value)
{
  const guint8 bytes[] = {(guint8)value, (guint8)(value >> 8)};
  g_byte_array_append (out, bytes, sizeof bytes);
}

static void
put32 (GByteArray *out, guint32 value)
{
  put16 (out, value & 0xffff);
  put16 (out, value >> 16);
}

static void
set32 (GByteArray *hive, guint32 at, guint32 value)
{
  for (guint i = 0; i < 4; i++)
    hive->data[at + i] = (guint8)(value >> 8 * i);
}

/* A new cell with CONTENT, which is freed: where it is. */
static guint32
add_cell (GByteArray *hive, GByteArray *content)
{
  guint32 cell = hive->len - BASE;
  put32 (hive, -(content->len + 4));
  g_byte_array_append (hive, content->data, content->len);
  g_byte_array_unref (content);
  return cell;
}

static guint32
add_key (GByteArray *hive, const char *name, guint32 subkeys, guint32 list)
{
  GByteArray *key = g_byte_array_new ();
  g_byte_array_append (key, (const guint8 *)"nk", 2);
  g_byte_array_set_size (key, 76);
  memset (key->data + 2, 0, 74);
  set32 (key, 20, subkeys);
  set32 (key, 28, list);
  set32 (key, 40, NONE);
  set32 (key, 72, (guint32)strlen (name));
  g_byte_array_append (key, (const guint8 *)name, (guint)strlen (name));
  return add_cell (hive, key);
}

/* "lf", "li", "ri", or "lh", with hashes of NAMES. */
static guint32
add_list (GByteArray *hive, const char *kind, guint n, const guint32 *cells,
          const char *const *names)
{
  GByteArray *list = g_byte_array_new ();
  g_byte_array_append (list, (const guint8 *)kind, 2);
  put16 (list, n);
  for (guint i = 0; i < n; i++) {
    put32 (list, cells[i]);
    guint32 hash = 0;
    for (const char *p = names[i]; *p; p++)
      hash = hash * 37 + (guint32)g_ascii_toupper (*p);
    if (kind[0] == 'l' && kind[1] != 'i')
      put32 (list, kind[1] == 'h' ? hash : 0);
  }
  return add_cell (hive, list);
}

static void
add_value (GByteArray *hive, guint32 key, const char *name, guint32 type, const char *text)
{
  gsize units;
  g_autofree gunichar2 *wide = g_utf8_to_utf16 (text, -1, NULL, (glong *)&units, NULL);
  GByteArray *data = g_byte_array_new (), *value = g_byte_array_new (), *list = g_byte_array_new ();
  for (gsize i = 0; i <= units; i++)
    put16 (data, wide[i]);
  guint32 length = data->len, at = add_cell (hive, data);
  g_byte_array_append (value, (const guint8 *)"vk", 2);
  put16 (value, (guint)strlen (name));
  put32 (value, length);
  put32 (value, at);
  put32 (value, type);
  put32 (value, 1);
  g_byte_array_append (value, (const guint8 *)name, (guint)strlen (name));
  put32 (list, add_cell (hive, value));
  guint32 values = add_cell (hive, list);
  set32 (hive, BASE + key + 4 + 36, 1);
  set32 (hive, BASE + key + 4 + 40, values);
}

static guint reads;

static gboolean
read_hive (gpointer data, guint64 offset, guint32 length, guint8 *out)
{
  const GByteArray *hive = data;
  reads++;
  if (offset > hive->len || length > hive->len - offset)
    return FALSE;
  memcpy (out, hive->data + offset, length);
  return TRUE;
}

static GByteArray *
begin_hive (void)
{
  GByteArray *hive = g_byte_array_new ();
  g_byte_array_set_size (hive, BASE);
  memset (hive->data, 0, BASE);
  memcpy (hive->data, "regf", 4);
  return hive;
}

/* ROOT\A\wanted, in lists of KIND; with "ri" in the second of two. */
static GByteArray *
make_hive (const char *kind, guint32 type, const char *text)
{
  static const char *const names[] = {"other", "A"};
  GByteArray *hive = begin_hive ();
  guint32 key = add_key (hive, "A", 0, NONE);
  add_value (hive, key, "wanted", type, text);
  const guint32 keys[] = {add_key (hive, "other", 0, NONE), key};
  gboolean two = strcmp (kind, "ri") == 0;
  const guint32 lists[] = {add_list (hive, "li", 1, keys, names),
                           add_list (hive, two ? "lh" : kind, 2, keys, names)};
  guint32 list = two ? add_list (hive, "ri", 2, lists, names) : lists[1];
  set32 (hive, 36, add_key (hive, "ROOT", 2, list));
  return hive;
}

static char *
read_wanted (GByteArray *hive)
{
  return hive_text (read_hive, hive, (const char *const[]){"a", NULL}, "WANTED");
}

static void
test_lists (void **state G_GNUC_UNUSED)
{
  static const char *const kinds[] = {"li", "lf", "lh", "ri"};
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GByteArray) hive = make_hive (kinds[i], 1, "Grüße 日本");
    g_autofree char *text = read_wanted (hive);
    assert_string_equal (text, "Grüße 日本");
    assert_null (hive_text (read_hive, hive, (const char *const[]){"other", NULL}, "wanted"));
    assert_null (hive_text (read_hive, hive, (const char *const[]){"B", NULL}, "wanted"));
    assert_null (hive_text (read_hive, hive, (const char *const[]){"a", NULL}, "want"));
  }
}

static void
test_wrong (void **state G_GNUC_UNUSED)
{
  g_autoptr (GByteArray) number = make_hive ("lh", 4, "x");
  assert_null (read_wanted (number));
  g_autofree char *much = g_strnfill (5000, 'x');
  g_autoptr (GByteArray) longer = make_hive ("lh", 1, much);
  assert_null (read_wanted (longer));
  g_autoptr (GByteArray) unknown = make_hive ("xx", 1, "x");
  assert_null (read_wanted (unknown));
  g_autoptr (GByteArray) none = begin_hive ();
  assert_null (read_wanted (none));
  none->data[0] = 'R';
  assert_null (read_wanted (none));
  /* Wherever it is cut off: nothing, or all of it. */
  g_autoptr (GByteArray) hive = make_hive ("ri", 1, "all of it");
  for (; hive->len > 0; g_byte_array_set_size (hive, hive->len - 1)) {
    g_autofree char *text = read_wanted (hive);
    assert_true (!text || strcmp (text, "all of it") == 0);
  }
}

/* A list of lists of as many keys as there can be: it ends long before. */
static void
test_large (void **state G_GNUC_UNUSED)
{
  enum { MANY = 65535 };
  g_autofree guint32 *cells = g_new (guint32, MANY);
  g_autofree const char **names = g_new (const char *, MANY);
  g_autoptr (GByteArray) hive = begin_hive ();
  guint32 cell = add_key (hive, "other", 0, NONE);
  static const char *const kinds[] = {"li", "ri"};
  for (guint k = 0; k < G_N_ELEMENTS (kinds); k++) {
    for (guint i = 0; i < MANY; i++) {
      cells[i] = cell;
      names[i] = "";
    }
    cell = add_list (hive, kinds[k], MANY, cells, names);
  }
  set32 (hive, 36, add_key (hive, "ROOT", MANY, cell));
  reads = 0;
  assert_null (read_wanted (hive));
  assert_in_range (reads, 1000, 20000);
}

static void
test_windows (void **state G_GNUC_UNUSED)
{
  g_autoptr (GByteArray) hive = begin_hive ();
  static const char *const names[] = {"CurrentVersion", "Windows NT", "Microsoft"};
  guint32 key = add_key (hive, names[0], 0, NONE);
  add_value (hive, key, "ProductName", 1, "Windows Server 2016 Datacenter");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    guint32 list = add_list (hive, "lh", 1, &key, names + i);
    key = add_key (hive, i + 1 < G_N_ELEMENTS (names) ? names[i + 1] : "ROOT", 1, list);
  }
  set32 (hive, 36, key);
  g_autofree char *name = os_windows_name (read_hive, hive);
  assert_string_equal (name, "Windows Server 2016 Datacenter");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test (test_lists),
      cmocka_unit_test (test_wrong),
      cmocka_unit_test (test_large),
      cmocka_unit_test (test_windows),
  };
  return cmocka_run_group_tests (tests, NULL, NULL);
}
