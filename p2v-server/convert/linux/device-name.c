/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "device-name.h"

#define BY_ID "/dev/disk/by-id/"

/* How the kernel's drivers name disks.  Letters count a, b, … z, aa; numbers
 * from 0.  A partition's number follows the letters at once, and a number
 * after a "p". */
static const struct {
  const char *prefix;
  gboolean letters;
} families[] = {
    {"/dev/sd", TRUE},       {"/dev/hd", TRUE},     {"/dev/vd", TRUE},
    {"/dev/xvd", TRUE},      {"/dev/nvme", FALSE},  {"/dev/mmcblk", FALSE},
    {"/dev/cciss/c", FALSE}, {"/dev/ida/c", FALSE}, {"/dev/rd/c", FALSE},
};

/* by-id names that are made of what is on the disk, not of the hardware */
static const char *const stable_ids[] = {"dm-name-", "dm-uuid-", "md-name-", "md-uuid-",
                                         "lvm-pv-uuid-"};

static const char *const hardware_links[] = {BY_ID, "/dev/disk/by-path/", "/dev/disk/by-dname/",
                                             "/dev/disk/by-diskseq/"};

static gint
family_of (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++) {
    if (!g_str_has_prefix (name, families[i].prefix))
      continue;
    const char *rest = name + strlen (families[i].prefix);
    gsize letters = strspn (rest, "abcdefghijklmnopqrstuvwxyz");
    if (families[i].letters) {
      /* "/dev/sdp_vg/root" is a volume of LVM */
      if (letters && !rest[letters + strspn (rest + letters, "0123456789")])
        return (gint)i;
    } else if (g_ascii_isdigit (*rest) && !strchr (rest, '/')) {
      return (gint)i;
    }
  }
  return -1;
}

gboolean
device_name_is_hardware (const char *name)
{
  if (g_str_has_prefix (name, BY_ID))
    for (guint i = 0; i < G_N_ELEMENTS (stable_ids); i++)
      if (g_str_has_prefix (name + strlen (BY_ID), stable_ids[i]))
        return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (hardware_links); i++)
    if (g_str_has_prefix (name, hardware_links[i]))
      return TRUE;
  return family_of (name) >= 0;
}

/* TEXT as a whole decimal number. */
static gboolean
whole_number (const char *text, guint *number)
{
  guint64 value;
  if (!g_ascii_string_to_unsigned (text, 10, 1, 4096, &value, NULL))
    return FALSE;
  *number = (guint)value;
  return TRUE;
}

/* NAME is DEVICE or a partition of it, by the kernel's rule. */
static gboolean
match_kernel_name (const char *device, const char *name, guint *part)
{
  gsize length = strlen (device);
  *part = 0;
  if (!length || strncmp (name, device, length))
    return FALSE;
  const char *rest = name + length;
  if (!*rest)
    return TRUE;
  if (g_ascii_isdigit (device[length - 1]) && *rest++ != 'p')
    return FALSE;
  return whole_number (rest, part);
}

/* Splits "LINK TARGET". */
static gboolean
match_link (const char *entry, const char *name, const char **target)
{
  const char *space = strrchr (entry, ' ');
  if (!space || strncmp (entry, name, (gsize)(space - entry)) || name[space - entry])
    return FALSE;
  *target = space + 1;
  return TRUE;
}

static gboolean
locate_link (const P2vMachine *machine, const char *name, DevicePlace *place)
{
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    for (guint j = 0; disk->links && j < disk->links->len; j++) {
      const char *target;
      if (match_link (g_ptr_array_index (disk->links, j), name, &target) &&
          match_kernel_name (disk->device, target, &place->part)) {
        place->disk = i;
        return TRUE;
      }
    }
  }
  return FALSE;
}

/* ID ends with TAIL, as a word of its own. */
static gboolean
ends_with_word (const char *id, const char *tail)
{
  gsize length = strlen (id), tail_length = tail ? strlen (tail) : 0;
  /* shorter serials ("1", "none") are placeholders of cheap controllers */
  if (tail_length < 4 || length < tail_length ||
      g_ascii_strcasecmp (id + length - tail_length, tail))
    return FALSE;
  return length == tail_length || !g_ascii_isalnum (id[length - tail_length - 1]);
}

/* By-id names of another udev than the client's: model names are spelled
 * differently over the years, serial and WWN are not. */
static gboolean
locate_serial (const P2vMachine *machine, const char *name, DevicePlace *place)
{
  if (!g_str_has_prefix (name, BY_ID))
    return FALSE;
  g_autofree char *id = g_strdup (name + strlen (BY_ID));
  char *part = g_strrstr (id, "-part");
  place->part = 0;
  if (part && whole_number (part + strlen ("-part"), &place->part))
    *part = '\0';
  gint found = -1;
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    const char *wwn = disk->wwn && g_str_has_prefix (disk->wwn, "0x") ? disk->wwn + 2 : disk->wwn;
    gboolean match = ends_with_word (id, disk->serial) || ends_with_word (id, disk->wwn);
    /* scsi-3WWN: the "3" says that it is a NAA name */
    if (!match && wwn && *wwn && g_str_has_prefix (id, "scsi-3"))
      match = !g_ascii_strcasecmp (id + strlen ("scsi-3"), wwn);
    if (match && found >= 0)
      return FALSE; /* two disks with one serial: no answer is better than a wrong one */
    if (match)
      found = (gint)i;
  }
  if (found < 0)
    return FALSE;
  place->disk = (guint)found;
  return TRUE;
}

/* The ordinal in a kernel name: "/dev/hdb3" → 1, 3; "/dev/cciss/c0d1p2" → 1, 2. */
static gboolean
parse_ordinal (const char *name, gint family, guint *ordinal, guint *part)
{
  const char *at = name + strlen (families[family].prefix);
  *ordinal = *part = 0;
  if (families[family].letters) {
    guint letters = 0;
    for (; g_ascii_islower (*at) && letters < 3; at++, letters++)
      *ordinal = *ordinal * 26 + (guint)(*at - 'a') + 1;
    (*ordinal)--;
    return !*at || whole_number (at, part);
  }
  char *end;
  *ordinal = (guint)g_ascii_strtoull (at, &end, 10);
  if (*end == 'd') /* controller and disk: disks of the first controller come first */
    *ordinal += (guint)g_ascii_strtoull (end + 1, &end, 10);
  else if (*end == 'n') /* an NVMe name space: one disk a controller */
    g_ascii_strtoull (end + 1, &end, 10);
  return !*end || (*end == 'p' && whole_number (end + 1, part));
}

gboolean
device_name_ordinal (const char *name, gint *family, guint *place, guint *part)
{
  *family = family_of (name);
  return *family >= 0 && parse_ordinal (name, *family, place, part);
}

void
device_order_free (DeviceOrder *order)
{
  if (!order)
    return;
  g_array_unref (order->places);
  g_free (order);
}

/* By the order that was found for names of this driver; *known: there is one. */
static gboolean
locate_ordered (const GPtrArray *orders, const char *name, DevicePlace *place, gboolean *known)
{
  gint family;
  guint ordinal;
  *known = FALSE;
  if (!orders || !device_name_ordinal (name, &family, &ordinal, &place->part))
    return FALSE;
  for (guint i = 0; i < orders->len; i++) {
    const DeviceOrder *order = g_ptr_array_index (orders, i);
    if (order->family != family)
      continue;
    *known = TRUE;
    for (place->disk = 0; place->disk < order->places->len; place->disk++)
      if (g_array_index (order->places, guint, place->disk) == ordinal)
        return TRUE;
  }
  return FALSE;
}

static gboolean
locate_kernel_name (const P2vMachine *machine, const char *name, DevicePlace *place)
{
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    if (match_kernel_name (disk->device, name, &place->part)) {
      place->disk = i;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
locate_by_order (const P2vMachine *machine, const char *name, DevicePlace *place)
{
  gint family = family_of (name);
  if (family < 0)
    return FALSE;
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    if (family_of (disk->device) == family)
      return FALSE; /* the driver is still the same: the name is of a disk that is not here */
  }
  return parse_ordinal (name, family, &place->disk, &place->part) &&
         place->disk < machine->disks->len;
}

gboolean
device_name_locate (const P2vMachine *machine, const GPtrArray *orders, const char *name,
                    DevicePlace *place)
{
  gboolean known;
  *place = (DevicePlace){0};
  if (locate_link (machine, name, place) || locate_serial (machine, name, place))
    return TRUE;
  *place = (DevicePlace){.guessed = TRUE};
  if (locate_ordered (orders, name, place, &known))
    return TRUE;
  return !known &&
         (locate_kernel_name (machine, name, place) || locate_by_order (machine, name, place));
}

char *
device_name_lv (const char *name)
{
  const char *rest = NULL;
  if (g_str_has_prefix (name, "/dev/mapper/"))
    rest = name + strlen ("/dev/mapper/");
  else if (g_str_has_prefix (name, BY_ID "dm-name-"))
    rest = name + strlen (BY_ID "dm-name-");
  if (!rest)
    return NULL;
  /* device mapper doubles each dash of either name and joins them by one */
  g_autoptr (GString) path = g_string_new ("/dev/");
  guint joints = 0;
  for (; *rest; rest++) {
    if (*rest != '-') {
      g_string_append_c (path, *rest);
    } else if (rest[1] == '-') {
      g_string_append_c (path, '-');
      rest++;
    } else {
      g_string_append_c (path, '/');
      joints++;
    }
  }
  return joints == 1 ? g_strdup (path->str) : NULL;
}
