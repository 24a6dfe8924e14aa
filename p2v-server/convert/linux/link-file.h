/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd's .link files, which name network cards: pure functions. */
#pragma once
#include "common/machine.h"

typedef struct {
  char *name;     /* [Link] Name=; NULL: the file gives none */
  char *macs;     /* [Match] MACAddress= and PermanentMACAddress=, lower case; these NULL when not
                     there */
  char *path;     /* a place on a bus */
  char *driver;   /* patterns, separated by blanks */
  char *original; /* what the kernel called the card */
} LinkFile;

LinkFile *link_file_parse (const char *text);
void link_file_free (LinkFile *link);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinkFile, link_file_free)

typedef enum {
  LINK_NONE,    /* the file is about none of the machine's cards */
  LINK_HOLDS,   /* about one, by its MAC address: on the virtual machine too */
  LINK_CERTAIN, /* about one, by something that the virtual card has not */
  LINK_UNCLEAR, /* about one of several */
} LinkFit;

/* Which card the file names; sets *nic (index in machine->nics) for LINK_HOLDS and LINK_CERTAIN. */
LinkFit link_file_find (const LinkFile *link, const P2vMachine *machine, guint *nic);
