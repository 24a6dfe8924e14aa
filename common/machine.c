/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"
#include "error.h"
#include "message.h"
#include <string.h>

#define MOST_DISKS 256
#define MOST_NICS  256
#define MOST_LINKS 4096
#define MOST_BYTES (G_GUINT64_CONSTANT (1) << 60) /* of a disk or of memory */

static void
disk_free (gpointer data)
{
  P2vDisk *disk = data;
  g_free (disk->device);
  g_free (disk->model);
  g_free (disk->serial);
  g_free (disk->wwn);
  g_free (disk->table_uuid);
  g_free (disk->bus);
  g_ptr_array_unref (disk->links);
  g_free (disk);
}

static void
nic_free (gpointer data)
{
  P2vNic *nic = data;
  g_free (nic->name);
  g_free (nic->mac);
  g_free (nic->driver);
  g_free (nic->network);
  g_ptr_array_unref (nic->alt_names);
  g_free (nic);
}

P2vDisk *
p2v_disk_new (void)
{
  P2vDisk *disk = g_new0 (P2vDisk, 1);
  disk->links = g_ptr_array_new_with_free_func (g_free);
  disk->logical_block_size = 512;
  disk->physical_block_size = 512;
  return disk;
}

P2vNic *
p2v_nic_new (void)
{
  P2vNic *nic = g_new0 (P2vNic, 1);
  nic->alt_names = g_ptr_array_new_with_free_func (g_free);
  return nic;
}

P2vMachine *
p2v_machine_new (void)
{
  P2vMachine *machine = g_new0 (P2vMachine, 1);
  machine->disks = g_ptr_array_new_with_free_func (disk_free);
  machine->nics = g_ptr_array_new_with_free_func (nic_free);
  machine->removable = g_ptr_array_new_with_free_func (g_free);
  machine->vcpus = 1;
  machine->acpi = machine->apic = TRUE;
  return machine;
}

void
p2v_machine_free (P2vMachine *machine)
{
  if (!machine)
    return;
  g_free (machine->name);
  g_free (machine->uuid);
  g_free (machine->vendor);
  g_free (machine->product);
  g_free (machine->cpu_vendor);
  g_free (machine->cpu_model);
  g_free (machine->rtc_basis);
  g_ptr_array_unref (machine->disks);
  g_ptr_array_unref (machine->nics);
  g_ptr_array_unref (machine->removable);
  g_free (machine);
}

gboolean
p2v_machine_name_valid (const char *name)
{
  gsize length = name ? strlen (name) : 0;
  if (length < 1 || length > 64 || name[0] == '.' || name[0] == '-')
    return FALSE;
  return strspn (name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+-") ==
         length;
}

static void
put_string (JsonObject *object, const char *member, const char *value)
{
  if (value)
    json_object_set_string_member (object, member, value);
}

static void
put_strings (JsonObject *object, const char *member, GPtrArray *values)
{
  JsonArray *array = json_array_new ();
  for (guint i = 0; i < values->len; i++)
    json_array_add_string_element (array, g_ptr_array_index (values, i));
  json_object_set_array_member (object, member, array);
}

static JsonObject *
disk_to_json (const P2vDisk *disk)
{
  JsonObject *o = json_object_new ();
  put_string (o, "device", disk->device);
  put_string (o, "model", disk->model);
  put_string (o, "serial", disk->serial);
  put_string (o, "wwn", disk->wwn);
  put_string (o, "table_uuid", disk->table_uuid);
  put_string (o, "bus", disk->bus);
  json_object_set_int_member (o, "size", (gint64)disk->size);
  json_object_set_int_member (o, "logical_block_size", disk->logical_block_size);
  json_object_set_int_member (o, "physical_block_size", disk->physical_block_size);
  json_object_set_boolean_member (o, "rotational", disk->rotational);
  put_strings (o, "links", disk->links);
  return o;
}

static JsonObject *
nic_to_json (const P2vNic *nic)
{
  JsonObject *o = json_object_new ();
  put_string (o, "name", nic->name);
  put_string (o, "mac", nic->mac);
  put_string (o, "driver", nic->driver);
  put_string (o, "network", nic->network);
  json_object_set_boolean_member (o, "carrier", nic->carrier);
  put_strings (o, "alt_names", nic->alt_names);
  return o;
}

JsonObject *
p2v_machine_to_json (const P2vMachine *m)
{
  JsonObject *o = json_object_new ();
  put_string (o, "name", m->name);
  put_string (o, "uuid", m->uuid);
  put_string (o, "vendor", m->vendor);
  put_string (o, "product", m->product);
  json_object_set_int_member (o, "memory", (gint64)m->memory);
  json_object_set_int_member (o, "vcpus", m->vcpus);
  json_object_set_int_member (o, "sockets", m->sockets);
  json_object_set_int_member (o, "cores", m->cores);
  json_object_set_int_member (o, "threads", m->threads);
  put_string (o, "cpu_vendor", m->cpu_vendor);
  put_string (o, "cpu_model", m->cpu_model);
  json_object_set_boolean_member (o, "acpi", m->acpi);
  json_object_set_boolean_member (o, "apic", m->apic);
  json_object_set_boolean_member (o, "pae", m->pae);
  json_object_set_boolean_member (o, "uefi", m->uefi);
  json_object_set_boolean_member (o, "secure_boot", m->secure_boot);
  json_object_set_boolean_member (o, "tpm", m->tpm);
  put_string (o, "rtc_basis", m->rtc_basis);
  json_object_set_int_member (o, "rtc_offset", m->rtc_offset);
  put_strings (o, "removable", m->removable);
  JsonArray *disks = json_array_new (), *nics = json_array_new ();
  for (guint i = 0; i < m->disks->len; i++)
    json_array_add_object_element (disks, disk_to_json (g_ptr_array_index (m->disks, i)));
  for (guint i = 0; i < m->nics->len; i++)
    json_array_add_object_element (nics, nic_to_json (g_ptr_array_index (m->nics, i)));
  json_object_set_array_member (o, "disks", disks);
  json_object_set_array_member (o, "nics", nics);
  return o;
}

/* Reading: one object, the first wrong member found in it. */
typedef struct {
  JsonObject *object;
  const char *wrong;
} Reader;

/* Text of a machine ends up in XML and on consoles: no control characters. */
static gboolean
printable (const char *text)
{
  if (strlen (text) > 4096)
    return FALSE;
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

static char *
take_string (Reader *r, const char *member, gboolean required)
{
  if (!json_object_has_member (r->object, member) && !required)
    return NULL;
  const char *value = p2v_json_string (r->object, member, NULL);
  if (!value || !printable (value)) {
    r->wrong = member;
    return NULL;
  }
  return g_strdup (value);
}

static guint64
take_int (Reader *r, const char *member, gint64 lowest, guint64 highest)
{
  gint64 value = p2v_json_int (r->object, member, G_MININT64);
  if (value < lowest || (value > 0 && (guint64)value > highest)) {
    r->wrong = member;
    return 0;
  }
  return (guint64)value;
}

static gboolean
take_bool (Reader *r, const char *member)
{
  gboolean value = p2v_json_bool (r->object, member, FALSE);
  if (value != p2v_json_bool (r->object, member, TRUE))
    r->wrong = member;
  return value;
}

static JsonArray *
take_array (Reader *r, const char *member, guint most)
{
  JsonArray *array = p2v_json_array (r->object, member);
  if (!array || json_array_get_length (array) > most) {
    r->wrong = member;
    return NULL;
  }
  return array;
}

static void
take_strings (Reader *r, const char *member, GPtrArray *into)
{
  JsonArray *array = take_array (r, member, MOST_LINKS);
  for (guint i = 0; array && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    const char *value = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
    if (!value || !printable (value)) {
      r->wrong = member;
      return;
    }
    g_ptr_array_add (into, g_strdup (value));
  }
}

static gboolean
mac_valid (const char *mac)
{
  return mac &&
         g_regex_match_simple ("^([0-9a-f]{2}:){5}[0-9a-f]{2}$", mac, G_REGEX_DOLLAR_ENDONLY, 0);
}

static void
read_disk (Reader *r, P2vMachine *m)
{
  P2vDisk *disk = p2v_disk_new ();
  g_ptr_array_add (m->disks, disk);
  disk->device = take_string (r, "device", TRUE);
  disk->model = take_string (r, "model", FALSE);
  disk->serial = take_string (r, "serial", FALSE);
  disk->wwn = take_string (r, "wwn", FALSE);
  disk->table_uuid = take_string (r, "table_uuid", FALSE);
  disk->bus = take_string (r, "bus", FALSE);
  disk->size = take_int (r, "size", 512, MOST_BYTES);
  disk->logical_block_size = (guint32)take_int (r, "logical_block_size", 512, 65536);
  disk->physical_block_size = (guint32)take_int (r, "physical_block_size", 512, 1 << 24);
  disk->rotational = take_bool (r, "rotational");
  take_strings (r, "links", disk->links);
}

static void
read_nic (Reader *r, P2vMachine *m)
{
  P2vNic *nic = p2v_nic_new ();
  g_ptr_array_add (m->nics, nic);
  nic->name = take_string (r, "name", TRUE);
  nic->mac = take_string (r, "mac", TRUE);
  nic->driver = take_string (r, "driver", FALSE);
  nic->network = take_string (r, "network", TRUE);
  nic->carrier = take_bool (r, "carrier");
  take_strings (r, "alt_names", nic->alt_names);
  if (!mac_valid (nic->mac))
    r->wrong = "mac";
}

static const char *
read_list (Reader *r, const char *member, guint most, P2vMachine *m,
           void (*read_one) (Reader *, P2vMachine *))
{
  JsonArray *array = take_array (r, member, most);
  for (guint i = 0; array && i < json_array_get_length (array); i++) {
    JsonNode *node = json_array_get_element (array, i);
    Reader inner = {JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL, NULL};
    if (!inner.object)
      return member;
    read_one (&inner, m);
    if (inner.wrong)
      return inner.wrong;
  }
  return r->wrong;
}

P2vMachine *
p2v_machine_from_json (JsonObject *object, GError **error)
{
  g_autoptr (P2vMachine) m = p2v_machine_new ();
  Reader r = {object, NULL};
  m->name = take_string (&r, "name", TRUE);
  m->uuid = take_string (&r, "uuid", FALSE);
  m->vendor = take_string (&r, "vendor", FALSE);
  m->product = take_string (&r, "product", FALSE);
  m->memory = take_int (&r, "memory", 1 << 20, MOST_BYTES);
  m->vcpus = (guint32)take_int (&r, "vcpus", 1, 4096);
  m->sockets = (guint32)take_int (&r, "sockets", 0, 4096);
  m->cores = (guint32)take_int (&r, "cores", 0, 4096);
  m->threads = (guint32)take_int (&r, "threads", 0, 4096);
  m->cpu_vendor = take_string (&r, "cpu_vendor", FALSE);
  m->cpu_model = take_string (&r, "cpu_model", FALSE);
  m->acpi = take_bool (&r, "acpi");
  m->apic = take_bool (&r, "apic");
  m->pae = take_bool (&r, "pae");
  m->uefi = take_bool (&r, "uefi");
  m->secure_boot = take_bool (&r, "secure_boot");
  m->tpm = take_bool (&r, "tpm");
  m->rtc_basis = take_string (&r, "rtc_basis", FALSE);
  m->rtc_offset = (gint32)take_int (&r, "rtc_offset", -86400 * 2, 86400 * 2);
  take_strings (&r, "removable", m->removable);
  if (!r.wrong && !p2v_machine_name_valid (m->name))
    r.wrong = "name";
  if (!r.wrong)
    r.wrong = read_list (&r, "disks", MOST_DISKS, m, read_disk);
  if (!r.wrong && m->disks->len == 0)
    r.wrong = "disks";
  if (!r.wrong)
    r.wrong = read_list (&r, "nics", MOST_NICS, m, read_nic);
  if (r.wrong) {
    p2v_set_error (error, P2V_ERROR_PROTOCOL, "Check that both sides run the same release of p2v.",
                   "The description of the physical machine has no proper \"%s\".", r.wrong);
    return NULL;
  }
  return g_steal_pointer (&m);
}
