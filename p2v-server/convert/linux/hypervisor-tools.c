/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Agents of other hypervisors: the disk may come from a machine that was
 * virtual before.  Only kept from starting: metapackages such as
 * ubuntu-server depend on some of them. */
#include "convert.h"

static const struct {
  const char *service;
  const char *why;
} services[] = {
    {"open-vm-tools", "the guest does not run under VMware any more."},
    {"vgauth", "the guest does not run under VMware any more."},
    {"vmtoolsd", "the guest does not run under VMware any more."},
    {"vmware-tools", "the guest does not run under VMware any more."},
    {"vmware-tools-thinprint", "the guest does not run under VMware any more."},
    {"virtualbox-guest-utils", "the guest does not run under VirtualBox any more."},
    {"virtualbox-guest-x11", "the guest does not run under VirtualBox any more."},
    {"vboxadd", "the guest does not run under VirtualBox any more."},
    {"vboxadd-service", "the guest does not run under VirtualBox any more."},
    {"vboxadd-x11", "the guest does not run under VirtualBox any more."},
    {"xe-linux-distribution", "the guest does not run under Xen any more."},
    {"xe-daemon", "the guest does not run under Xen any more."},
    {"hv-kvp-daemon", "the guest does not run under Hyper-V any more."},
    {"hv-vss-daemon", "the guest does not run under Hyper-V any more."},
    {"hv-fcopy-daemon", "the guest does not run under Hyper-V any more."},
    {"hyperv-daemons.hv-kvp-daemon", "the guest does not run under Hyper-V any more."},
    {"hyperv-daemons.hv-vss-daemon", "the guest does not run under Hyper-V any more."},
    {"hyperv-daemons.hv-fcopy-daemon", "the guest does not run under Hyper-V any more."},
    {"prltoolsd", "the guest does not run under Parallels any more."},
};

/* Installed by scripts of their own, which nobody but those can take out again. */
static const struct {
  const char *path;
  const char *name;
} foreign[] = {
    {"/usr/bin/vmware-uninstall-tools.pl", "VMware's tools"},
    {"/var/lib/VBoxGuestAdditions/config", "VirtualBox's guest additions"},
};

gboolean
step_hypervisor_tools (Convert *c, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (services); i++)
    if (!convert_mask_service (c, services[i].service, services[i].why, error))
      return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (foreign); i++)
    if (convert_exists (c, foreign[i].path))
      report_warning (c->job->report,
                      "%s were installed in the guest by hand (%s); remove them there when it "
                      "runs.",
                      foreign[i].name, foreign[i].path);
  return TRUE;
}
