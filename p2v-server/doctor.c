/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server doctor`: what a conversion needs on this machine, each with what
 * to do when it is not there. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "common/error.h"
#include "common/process.h"
#include "jobdir.h"
#include "subcommands.h"

/* Less than this makes all but the smallest guests fail in preflight. */
#define COMFORTABLE_ROOM (2ull << 30)

typedef enum { GOOD, POOR, BAD } Grade;

typedef struct {
  Grade grade;
  char *finding; /* one sentence */
  char *remedy;  /* NULL when GOOD */
} Finding;

static Finding
found (Grade grade, char *finding, const char *remedy)
{
  return (Finding){grade, finding, g_strdup (remedy)};
}

static Finding
find_program (const char *name, Grade without, const char *remedy)
{
  g_autofree char *path = g_find_program_in_path (name);
  if (path)
    return found (GOOD, g_strdup_printf ("%s is %s.", name, path), NULL);
  return found (without, g_strdup_printf ("%s is not in the PATH.", name), remedy);
}

static Finding
check_qemu_img (void)
{
  return find_program ("qemu-img", BAD, "Install qemu-utils (Debian) or qemu-img (Fedora).");
}

static Finding
check_qemu_nbd (void)
{
  return find_program ("qemu-nbd", BAD, "Install qemu-utils (Debian) or qemu-img (Fedora).");
}

static Finding
check_nbdkit (void)
{
  return find_program ("nbdkit", BAD, "Install nbdkit.");
}

static Finding
check_supermin (void)
{
  return find_program ("supermin", BAD,
                       "Install libguestfs0 (Debian) or libguestfs-appliance (Fedora).");
}

static Finding
check_validator (void)
{
  return find_program ("virt-xml-validate", POOR,
                       "Install libvirt-clients; without it definitions are not validated.");
}

/* The one thing that is ours and can be lost in an installation. */
static Finding
check_plugin (void)
{
  g_autofree char *libdir = p2v_process_libdir ();
  g_autofree char *path = g_build_filename (libdir, "nbdkit-p2vbroker-plugin.so", NULL);
  const char *argv[] = {"nbdkit", "--dump-plugin", path, NULL};
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  if (p2v_process_run (argv, &output, NULL, &error))
    return found (GOOD, g_strdup_printf ("The broker is %s.", path), NULL);
  g_autofree char *problem = p2v_error_problem (error);
  return found (BAD, g_strdup_printf ("The broker %s cannot be loaded: %s", path, problem),
                "Install p2v-server again (make install-server), or set P2V_LIBDIR.");
}

/* Ubuntu's kernels are readable by root only, and libguestfs boots one. */
static Finding
check_kernel (void)
{
  glob_t kernels = {0};
  const char *readable = NULL;
  if (glob ("/boot/vmlinuz*", 0, NULL, &kernels) == 0)
    for (size_t i = 0; !readable && i < kernels.gl_pathc; i++)
      if (access (kernels.gl_pathv[i], R_OK) == 0)
        readable = kernels.gl_pathv[i];
  Finding finding =
      readable ? found (GOOD, g_strdup_printf ("libguestfs can boot %s.", readable), NULL)
      : kernels.gl_pathc > 0
          ? found (BAD, g_strdup ("This user may not read the kernels in /boot."),
                   "chmod a+r /boot/vmlinuz-* (dpkg-statoverride keeps it so), or run p2v-server "
                   "as root (p2v.sudo).")
          : found (POOR, g_strdup ("There is no kernel in /boot for libguestfs's appliance."),
                   "Install a kernel, for instance linux-image-amd64, or set "
                   "SUPERMIN_KERNEL and SUPERMIN_MODULES.");
  globfree (&kernels);
  return finding;
}

static Finding
check_kvm (void)
{
  int fd = open ("/dev/kvm", O_RDWR | O_CLOEXEC);
  int vm = fd >= 0 ? ioctl (fd, KVM_CREATE_VM, 0) : -1;
  int cpu = vm >= 0 ? ioctl (vm, KVM_CREATE_VCPU, 0) : -1;
  int saved = errno;
  const int fds[] = {cpu, vm, fd};
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] >= 0)
      close (fds[i]);
  errno = saved;
  if (cpu >= 0)
    return found (GOOD, g_strdup ("KVM can be used."), NULL);
  return found (POOR, g_strdup_printf ("/dev/kvm cannot be used: %s.", g_strerror (errno)),
                errno == EACCES ? "Add this user to the group kvm; without KVM conversions are "
                                  "several times slower."
                                : "Switch on virtualization in the firmware; without KVM "
                                  "conversions are several times slower.");
}

static Finding
check_jobs (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *root = jobdir_root (&error);
  struct statvfs fs;
  if (!root || statvfs (root, &fs) < 0) {
    g_autofree char *problem = error ? p2v_error_problem (error) : g_strdup (g_strerror (errno));
    g_autofree char *remedy = error ? p2v_error_remedy (error) : NULL;
    return found (BAD, g_steal_pointer (&problem), remedy ? remedy : "Set P2V_STATE_DIR.");
  }
  guint64 room = (guint64)fs.f_bavail * fs.f_frsize;
  g_autofree char *text = g_format_size_full (room, G_FORMAT_SIZE_IEC_UNITS);
  return found (room >= COMFORTABLE_ROOM ? GOOD : POOR,
                g_strdup_printf ("Jobs are in %s, %s are free.", root, text),
                room >= COMFORTABLE_ROOM
                    ? NULL
                    : "Make room there, or set P2V_STATE_DIR for the login user.");
}

static Finding (*const checks[]) (void) = {
    check_qemu_img, check_qemu_nbd,  check_nbdkit, check_plugin, check_supermin,
    check_kernel,   check_validator, check_kvm,    check_jobs,
};

int
command_doctor (int argc, char **argv G_GNUC_UNUSED)
{
  static const char *const marks[] = {"ok", "poor", "BAD"};
  if (argc != 1)
    return subcommand_usage ("doctor");
  Grade worst = GOOD;
  for (guint i = 0; i < G_N_ELEMENTS (checks); i++) {
    Finding finding = checks[i]();
    worst = MAX (worst, finding.grade);
    printf ("%-4s  %s\n", marks[finding.grade], finding.finding);
    if (finding.remedy)
      printf ("      %s\n", finding.remedy);
    g_free (finding.finding);
    g_free (finding.remedy);
  }
  printf ("%s\n", worst == BAD    ? "Conversions will fail until this is mended."
                  : worst == POOR ? "Conversions will work, with the limits said."
                                  : "Everything is there.");
  return worst == BAD ? 1 : 0;
}
