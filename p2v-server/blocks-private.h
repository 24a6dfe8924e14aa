/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between blocks.c, which reads, and blocks-map.c. */
#pragma once
#include "blocks.h"

/* Of sysfs and device mapper, whatever the disk's own sectors are. */
#define SECTOR 512

/* All in bytes. */
typedef struct {
  char *type;            /* "linear", "crypt", … */
  guint64 start, length; /* of the device on top */
  char *dev;             /* MAJOR:MINOR below; NULL for a type that is not understood */
  guint64 offset;        /* where START lies there */
} BlockTarget;

typedef struct {
  char *name, *state;
  guint64 offset; /* of the first chunk in it */
} BlockMember;

typedef struct {
  char *name, *dev, *parent, *address;
  guint64 size, start; /* START: in PARENT, of a partition */
  gboolean discards;
  gint disk;          /* index of those that the appliance was given, -1 none */
  GPtrArray *targets; /* BlockTarget *, of device mapper */
  /* of software RAID: */
  char *level, *policy;
  guint64 chunk, component;
  guint n_disks, n_missing;
  gboolean still;     /* is not being reshaped */
  GPtrArray *members; /* BlockMember * */
} Block;

struct Blocks {
  GPtrArray *all; /* Block * */
  GArray *clusters;
};

const Block *block_find (const Blocks *blocks, const char *name);
