/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware, processors, memory and clock.  (What P2vMachine is: common/machine.h.) */
#include "inventory.h"
#include "common/error.h"
#include "dmi.h"
#include "smbios.h"
#include "sysfs.h"
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CPU "/sys/devices/system/cpu/"
/* The GUID is UEFI's EFI_GLOBAL_VARIABLE; four bytes of attributes come first. */
#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* From /proc/meminfo: physical memory without what firmware and kernel keep. */
static guint64
read_usable_memory (void)
{
  g_autofree char *text = NULL;
  const char *line;
  if (!g_file_get_contents ("/proc/meminfo", &text, NULL, NULL) ||
      !(line = strstr (text, "MemTotal:")))
    return 0;
  return g_ascii_strtoull (line + strlen ("MemTotal:"), NULL, 10) << 10;
}

/* The guest gets what was bought: the modules' sizes.  Mirrored or spare modules
 * and firmware that lies are noticed by comparing with what the kernel can use,
 * of which firmware and kernel take some per cent; then that is rounded up to the
 * next 64 MiB. */
static guint64
read_memory (void)
{
  const guint64 grain = 64 << 20;
  guint64 usable = read_usable_memory ();
  g_autofree char *table = NULL;
  gsize length = 0;
  guint64 modules = 0;
  if (g_file_get_contents ("/sys/firmware/dmi/tables/DMI", &table, &length, NULL))
    modules = smbios_memory ((const guint8 *)table, length);
  if (modules >= usable && modules <= usable + usable / 8 + (G_GUINT64_CONSTANT (512) << 20))
    return modules;
  return (usable + grain - 1) / grain * grain;
}

/* Sockets, cores per socket and threads per core of the processors in use; left 0
 * unless their product is the number of processors (hybrid processors, some
 * switched off). */
static void
read_topology (P2vMachine *machine)
{
  g_autoptr (GHashTable) sockets = g_hash_table_new (g_direct_hash, g_direct_equal);
  g_autoptr (GHashTable) cores = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  glong n = sysconf (_SC_NPROCESSORS_CONF);
  guint online = 0;
  for (glong i = 0; i < n; i++) {
    gint64 socket = sysfs_read_int (-1, CPU "cpu%ld/topology/physical_package_id", i);
    gint64 die = sysfs_read_int (0, CPU "cpu%ld/topology/die_id", i);
    gint64 core = sysfs_read_int (-1, CPU "cpu%ld/topology/core_id", i);
    /* A processor that is switched off has no topology. */
    if (core < 0)
      continue;
    online++;
    g_hash_table_add (sockets, GINT_TO_POINTER ((gint)socket));
    g_hash_table_add (cores, g_strdup_printf ("%d %d %d", (gint)socket, (gint)die, (gint)core));
  }
  guint n_sockets = g_hash_table_size (sockets), n_cores = g_hash_table_size (cores);
  if (n_sockets == 0 || n_cores % n_sockets != 0 || online % n_cores != 0 ||
      online != machine->vcpus)
    return;
  machine->sockets = n_sockets;
  machine->cores = n_cores / n_sockets;
  machine->threads = online / n_cores;
}

static void
fill_processors (P2vMachine *machine, const Settings *settings)
{
  glong online = sysconf (_SC_NPROCESSORS_ONLN);
  machine->vcpus = online > 0 ? (guint32)online : 1;
  gboolean flat = settings_given (settings, SETTING_vcpu_phys_topo)
                      ? !settings_get_bool (settings, SETTING_vcpu_phys_topo)
                      : settings_given (settings, SETTING_vcpu_cores);
  if (!flat) {
    read_topology (machine);
    return;
  }
  if (settings_given (settings, SETTING_vcpu_cores))
    machine->vcpus = (guint32)settings_get_uint (settings, SETTING_vcpu_cores);
  machine->sockets = machine->threads = 1;
  machine->cores = machine->vcpus;
}

static gboolean
has_cpu_flag (const char *flags, const char *flag)
{
  g_auto (GStrv) words = g_strsplit_set (flags, " \n", -1);
  return g_strv_contains ((const char *const *)words, flag);
}

static gboolean
choose (const Settings *settings, SettingId id, gboolean physical)
{
  return settings_given (settings, id) ? settings_get_bool (settings, id) : physical;
}

static void
fill_features (P2vMachine *machine, const Settings *settings)
{
  g_autofree char *text = NULL;
  g_autofree char *flags = NULL;
  const char *line;
  if (g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL) && (line = strstr (text, "flags")))
    flags = g_strndup (line, strcspn (line, "\n"));
  /* A kernel started with acpi=off still has the tables. */
  gboolean acpi = access ("/sys/firmware/acpi", F_OK) == 0;
  machine->acpi = choose (settings, SETTING_cpu_acpi, acpi);
  machine->apic = choose (settings, SETTING_cpu_apic, flags && has_cpu_flag (flags, "apic"));
  machine->pae = choose (settings, SETTING_cpu_pae, flags && has_cpu_flag (flags, "pae"));
  machine->cpu_vendor = g_strdup (settings_get (settings, SETTING_cpu_vendor));
  machine->cpu_model = g_strdup (settings_get (settings, SETTING_cpu_model));
}

static void
fill_firmware (P2vMachine *machine)
{
  g_autofree char *variable = NULL;
  gsize length = 0;
  machine->uefi = access ("/sys/firmware/efi", F_OK) == 0;
  machine->secure_boot = machine->uefi &&
                         g_file_get_contents (SECURE_BOOT, &variable, &length, NULL) &&
                         length == 5 && variable[4] == 1;
  machine->tpm = access ("/sys/class/tpm/tpm0", F_OK) == 0;
  machine->uuid = dmi_uuid ();
  machine->vendor = dmi_read ("sys_vendor");
  machine->product = dmi_read ("product_name");
}

/* The image runs in UTC whatever the old system kept in the clock, so what the
 * clock means cannot be seen here; the server reads it in the guest. */
static void
fill_clock (P2vMachine *machine, const Settings *settings)
{
  const char *basis = settings_get (settings, SETTING_rtc_basis);
  const char *hours = settings_get (settings, SETTING_rtc_offset);
  if (basis && !g_str_equal (basis, "unknown"))
    machine->rtc_basis = g_strdup (basis);
  machine->rtc_offset = hours ? (gint32)g_ascii_strtoll (hours, NULL, 10) * 3600 : 0;
}

static gboolean
is_generic (const char *host)
{
  static const char *const names[] = {"localhost", "p2v", "(none)", "debian", "linux", NULL};
  return g_strv_contains (names, host);
}

/* The same machine gets the same name each time, so that a second conversion
 * meets the first one's target instead of a new name beside it. */
static void
fill_name (P2vMachine *machine, const Settings *settings)
{
  const char *wanted = settings_get (settings, SETTING_name);
  g_autofree char *host = g_strdup (g_get_host_name ());
  *strchrnul (host, '.') = '\0';
  g_autoptr (GString) name = g_string_new (wanted);
  if (!wanted && p2v_machine_name_valid (host) && !is_generic (host)) {
    g_string_assign (name, host);
  } else if (!wanted) {
    g_string_assign (name, "p2v");
    if (machine->nics->len > 0) {
      const P2vNic *nic = g_ptr_array_index (machine->nics, 0);
      g_string_append_printf (name, "-%s", nic->mac);
      g_string_replace (name, ":", "", 0);
    } else if (machine->uuid) {
      g_string_append_printf (name, "-%.8s", machine->uuid);
    }
  }
  machine->name = g_strdup (name->str);
}

gboolean
machine_fill (P2vMachine *machine, const Settings *settings, GError **error)
{
  fill_firmware (machine);
  fill_processors (machine, settings);
  fill_features (machine, settings);
  fill_clock (machine, settings);
  fill_name (machine, settings);
  machine->memory = settings_given (settings, SETTING_memory)
                        ? settings_get_size (settings, SETTING_memory)
                        : read_memory ();
  if (machine->memory > 0)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_SETTINGS, "Say how much the guest gets with p2v.memory=.",
                 "The size of this machine's memory cannot be read.");
  return FALSE;
}
