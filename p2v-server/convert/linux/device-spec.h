/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fstab and crypttab may write for a device: pure functions on strings. */
#pragma once
#include <glib.h>

typedef enum {
  SPEC_NO_DEVICE, /* a file, a share, "tmpfs", or a device of a kind that is not known */
  SPEC_HARDWARE,  /* device-name.h */
  SPEC_UUID,      /* of a file system, swap, or container */
  SPEC_LABEL,
  SPEC_PARTUUID,
  SPEC_PARTLABEL,
  SPEC_MD_UUID, /* a RAID array */
  SPEC_MD,      /* a RAID array by its short name: "0" for /dev/md0 and /dev/md/0 */
  SPEC_LV,      /* value: "/dev/VG/LV" */
  SPEC_MAPPER,  /* any other name of device mapper */
} SpecKind;

typedef struct {
  SpecKind kind;
  char *value; /* without prefix, quotes and escapes; NULL for SPEC_NO_DEVICE */
  guint part;  /* of SPEC_MD and SPEC_MD_UUID: partition number, 0 the whole array */
} DeviceSpec;

DeviceSpec *device_spec_parse (const char *text);
void device_spec_free (DeviceSpec *spec);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DeviceSpec, device_spec_free)

/* A value as blkid's "export" format escapes it ("My\\ Disk"), plain; NULL for NULL.  Caller
 * frees. */
char *blkid_unescape (const char *text);

/* "0" for "/dev/md0", "/dev/md/0" and an array's own name "host:0"; caller frees. */
char *md_short_name (const char *name);

/* TRUE when two spellings of an array's UUID are the same one. */
gboolean md_uuid_equal (const char *a, const char *b);

/* The UUID that mdadm.conf gives the array with a short name; NULL when it has none.  Caller
 * frees. */
char *mdadm_conf_uuid (const char *text, const char *short_name);

/* TRUE when a file system of libblkid's type FOUND can be what fstab calls
 * WANTED: the same, one of a list, "auto", or another word for it.  Either may be NULL: no
 * WANTED fits all, no FOUND fits none else. */
gboolean fs_type_fits (const char *wanted, const char *found);
