/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one door to libvirt. */
#pragma once
#include <gio/gio.h>

typedef struct Hypervisor Hypervisor;

/* What guests can be given there. */
typedef struct {
  const char *domain_type; /* "kvm", or "qemu" where there is no KVM */
  gboolean efi;            /* UEFI firmware is installed */
  gboolean tpm;            /* a TPM can be emulated */
} HypervisorAbilities;

/* Connects to qemu:///system or qemu:///session; any other URI is refused: images
 * are local files, and a URI may name programs to start.  P2V_ERROR_TARGET. */
Hypervisor *hypervisor_open (const char *uri, GError **error);
void hypervisor_free (Hypervisor *hypervisor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Hypervisor, hypervisor_free)

void hypervisor_abilities (Hypervisor *hypervisor, HypervisorAbilities *abilities);

/* The folder of the storage pool NAME (caller frees), which must be active and
 * of type dir.  P2V_ERROR_TARGET. */
char *hypervisor_pool_path (Hypervisor *hypervisor, const char *name, GError **error);

/* Makes the pool NAME look at its folder again; failures are only logged. */
void hypervisor_pool_refresh (Hypervisor *hypervisor, const char *name);

/* The names of all pools that hypervisor_pool_path knows a folder for, and of all
 * networks, running or not (caller frees the strv). */
char **hypervisor_pools (Hypervisor *hypervisor);
char **hypervisor_networks (Hypervisor *hypervisor);

gboolean hypervisor_has_guest (Hypervisor *hypervisor, const char *name);
gboolean hypervisor_has_uuid (Hypervisor *hypervisor, const char *uuid);
gboolean hypervisor_has_network (Hypervisor *hypervisor, const char *name);

/* Would this guest start there, as far as libvirt can tell without it: number of
 * processors, machine type, firmware, devices.  Changes nothing.  Network cards
 * are left out, for without privileges they cannot be tried.  P2V_ERROR_TARGET. */
gboolean hypervisor_rehearse (Hypervisor *hypervisor, const char *xml, GError **error);

/* Defines a guest, validated against libvirt's schema, not started and without
 * autostart.  P2V_ERROR_TARGET. */
gboolean hypervisor_define (Hypervisor *hypervisor, const char *xml, GError **error);

/* Forgets the guest with this UUID if its name is NAME; failures are only logged. */
void hypervisor_undefine (Hypervisor *hypervisor, const char *uuid, const char *name);
