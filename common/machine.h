/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the physical machine is: made by the client's inventory, sent in the
 * "start" message, used by the server for the guest and its definition. */
#pragma once
#include <json-glib/json-glib.h>

typedef struct {
  char *device;                /* kernel device node, "/dev/sda"; for an image file its path */
  char *model;                 /* may be NULL, as all strings below */
  char *serial;                /* ID_SERIAL_SHORT of udev */
  char *wwn;                   /* with 0x */
  char *table_uuid;            /* of the partition table: GPT's GUID or MBR's signature */
  char *bus;                   /* "ata", "scsi", "nvme", "usb", "virtio", "file" … */
  guint64 size;                /* bytes */
  guint32 logical_block_size;  /* bytes, 512 or 4096 */
  guint32 physical_block_size; /* bytes */
  gboolean rotational;
  GPtrArray *links; /* char *: every /dev/disk/by-…/ name of the disk and, with their
                       partition's, of its partitions: "LINK TARGETNODE", for instance
                       "/dev/disk/by-id/ata-X_123-part1 /dev/sda1" */
} P2vDisk;

typedef struct {
  char *name;    /* kernel's name now, "enp0s2" */
  char *mac;     /* permanent address, lower case with colons */
  char *driver;  /* may be NULL */
  char *network; /* libvirt network or "bridge:NAME" to connect to; "default" when not mapped */
  gboolean carrier;
  GPtrArray *alt_names; /* char *: every predictable name udev has for it
                           (ID_NET_NAME_ONBOARD, _SLOT, _PATH, _MAC) and its ethN by
                           the kernel's order */
} P2vNic;

typedef struct {
  char *name;      /* the guest's name, validated: letters digits . _ - + */
  char *uuid;      /* firmware's (DMI product_uuid), may be NULL */
  char *vendor;    /* DMI sys_vendor, may be NULL */
  char *product;   /* DMI product_name, may be NULL */
  guint64 memory;  /* bytes to give to the guest */
  guint32 vcpus;   /* to give to the guest; = sockets*cores*threads when those are set */
  guint32 sockets; /* 0: leave topology to the hypervisor */
  guint32 cores;
  guint32 threads;
  char *cpu_vendor; /* libvirt's spelling, may be NULL */
  char *cpu_model;  /* may be NULL: host's own model */
  gboolean acpi, apic, pae;
  gboolean uefi; /* booted by UEFI now */
  gboolean secure_boot;
  gboolean tpm;
  char *rtc_basis;      /* "utc", "localtime" or NULL when unknown */
  gint32 rtc_offset;    /* seconds added to the basis */
  GPtrArray *disks;     /* P2vDisk *, those to convert, in the order of the target */
  GPtrArray *removable; /* char *: "sr0" … */
  GPtrArray *nics;      /* P2vNic * */
} P2vMachine;

P2vMachine *p2v_machine_new (void);
P2vDisk *p2v_disk_new (void);
P2vNic *p2v_nic_new (void);
void p2v_machine_free (P2vMachine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (P2vMachine, p2v_machine_free)

/* For the "machine" member of "start" (caller unrefs). */
JsonObject *p2v_machine_to_json (const P2vMachine *machine);

/* The reverse, strict: P2V_ERROR_PROTOCOL when a value is missing, of another
 * type, or out of its range (names, sizes, at most 256 disks and 256 cards). */
P2vMachine *p2v_machine_from_json (JsonObject *object, GError **error);

/* TRUE for a usable guest name: 1 to 64 of [A-Za-z0-9._+-], not starting with
 * a dot or a dash, so that it is safe as a file name and in libvirt. */
gboolean p2v_machine_name_valid (const char *name);
