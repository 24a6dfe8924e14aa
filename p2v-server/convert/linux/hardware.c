/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services and modules that look after hardware which the virtual machine
 * does not have: they would fail at every boot. */
#include "convert.h"
#include "settings-text.h"

static const struct {
  const char *service;
  const char *why;
} services[] = {
    {"smartd", "virtual disks have no SMART data."},
    {"smartmontools", "virtual disks have no SMART data."},
    {"hddtemp", "virtual disks have no temperature."},
    {"lm-sensors", "a virtual machine has no sensors."},
    {"lm_sensors", "a virtual machine has no sensors."},
    {"fancontrol", "a virtual machine has no fans."},
    {"thermald", "a virtual machine has no temperature to control."},
    {"mcelog", "hardware errors are reported to the host."},
    {"rasdaemon", "hardware errors are reported to the host."},
    {"edac", "memory errors are reported to the host."},
    {"ipmievd", "a virtual machine has no management controller."},
    {"openipmi", "a virtual machine has no management controller."},
    {"ipmidetectd", "a virtual machine has no management controller."},
    {"bmc-watchdog", "a virtual machine has no management controller."},
    {"watchdog", "the physical machine's watchdog does not exist any more."},
    {"wd_keepalive", "the physical machine's watchdog does not exist any more."},
    {"cpufrequtils", "the host controls the processors' frequency."},
    {"loadcpufreq", "the host controls the processors' frequency."},
    {"megaraid", "the RAID controller does not exist any more."},
    {"vivaldiframeworkd", "the RAID controller does not exist any more."},
    {"aacraid-status", "the RAID controller does not exist any more."},
    {"megaraidsas-statusd", "the RAID controller does not exist any more."},
    {"mpt-statusd", "the RAID controller does not exist any more."},
    {"cciss-vol-statusd", "the RAID controller does not exist any more."},
    {"hp-health", "HP's agents watch over hardware that does not exist any more."},
    {"hp-asrd", "HP's agents watch over hardware that does not exist any more."},
    {"hp-snmp-agents", "HP's agents watch over hardware that does not exist any more."},
    {"hp-ams", "HP's agents watch over hardware that does not exist any more."},
    {"amsd", "HPE's agents watch over hardware that does not exist any more."},
    {"smad", "HPE's agents watch over hardware that does not exist any more."},
    {"hpsmhd", "HP's agents watch over hardware that does not exist any more."},
    {"dataeng", "Dell's agents watch over hardware that does not exist any more."},
    {"dsm_om_connsvc", "Dell's agents watch over hardware that does not exist any more."},
    {"dsm_sa_datamgrd", "Dell's agents watch over hardware that does not exist any more."},
    {"instsvcdrv", "Dell's agents watch over hardware that does not exist any more."},
    {"dcismeng", "Dell's agents watch over hardware that does not exist any more."},
    {"nvidia-persistenced", "the graphics card does not exist any more."},
};

/* Spelled with underscores. */
static const char *const modules[] = {"ipmi_si",
                                      "ipmi_devintf",
                                      "ipmi_msghandler",
                                      "ipmi_watchdog",
                                      "ipmi_poweroff",
                                      "ipmi_ssif",
                                      "iTCO_wdt",
                                      "hpwdt",
                                      "w83627hf_wdt",
                                      "sp5100_tco",
                                      "coretemp",
                                      "k8temp",
                                      "k10temp",
                                      "it87",
                                      "w83627ehf",
                                      "w83627hf",
                                      "w83781d",
                                      "nct6775",
                                      "f71882fg",
                                      "lm75",
                                      "lm78",
                                      "lm85",
                                      "adt7473",
                                      "hpilo",
                                      "dcdbas",
                                      "dell_rbu",
                                      "mei",
                                      "mei_me",
                                      "acpi_cpufreq",
                                      "powernow_k8",
                                      "p4_clockmod",
                                      "speedstep_centrino",
                                      "hp_wmi",
                                      "dell_smbios",
                                      "i2c_i801",
                                      "i2c_isa",
                                      NULL};

static gboolean
clean_modules (Convert *c, const char *pattern, GError **error)
{
  g_auto (GStrv) files = convert_glob (c, pattern);
  for (guint i = 0; files[i]; i++) {
    g_autofree char *text = convert_read (c, files[i], error);
    if (!text)
      return FALSE;
    g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *new = module_list_without (text, modules, gone);
    if (!new)
      continue;
    if (!convert_write (c, files[i], new, 0644, error))
      return FALSE;
    for (guint j = 0; j < gone->len; j++) {
      g_autofree char *what = g_strdup_printf ("Module %s is not loaded any more.",
                                               (const char *)g_ptr_array_index (gone, j));
      convert_changed (c, files[i], what,
                       "It drives hardware of the old machine; loading it fails.");
    }
  }
  return TRUE;
}

gboolean
step_hardware (Convert *c, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (services); i++)
    if (!convert_mask_service (c, services[i].service, services[i].why, error))
      return FALSE;
  return clean_modules (c, "/etc/modules", error) &&
         clean_modules (c, "/etc/modules-load.d/*.conf", error);
}
