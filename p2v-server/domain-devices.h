/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of the guest's libvirt definition, for domain-xml.c. */
#pragma once
#include <libxml/tree.h>
#include "job.h"

/* Adds <devices> to DOMAIN: disks, empty CD drives, network cards, agent
 * channel, entropy, balloon, consoles, display, tablet, TPM. */
void domain_add_devices (xmlNode *domain, Job *job, gboolean q35);

/* The place of disk INDEX, from 1 on, in the order in which the firmware tries
 * the disks: the one that boots is the first. */
guint domain_boot_order (const Job *job, guint index);

/* A new element below PARENT, with TEXT in it (may be NULL; what XML cannot
 * hold is left out). */
xmlNode *domain_element (xmlNode *parent, const char *name, const char *text);

/* ELEMENT's attribute; NULL values add nothing. */
void domain_attribute (xmlNode *element, const char *name, const char *value);
