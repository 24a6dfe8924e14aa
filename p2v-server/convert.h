/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conversion as its steps see it.  A step is idempotent: it looks at what
 * is there, changes what has to change, and says so through convert_changed.  On a guest that was
 * converted before, no step changes anything. */
#pragma once
#include "guest.h"

typedef struct {
  char *version; /* "6.1.0-25-amd64" */
  char *image;   /* "/boot/vmlinuz-6.1.0-25-amd64" */
  char *initrd;  /* "/boot/initrd.img-6.1.0-25-amd64"; the file may be missing */
  char *builtin; /* modules.builtin of this version, "" when there is none */
  char *modules; /* modules.dep of this version */
} Kernel;

typedef struct Convert {
  Job *job;
  Guest *guest;
  guestfs_h *g;
  const char *step;      /* name of the running step */
  guint changes;         /* that this run made */
  GPtrArray *kernels;    /* Kernel *, the newest first, rescue kernels last */
  char **enabled;        /* services that start by themselves: "smartd", without ".service" */
  gboolean systemd;      /* the guest is started by systemd */
  gboolean initrd_stale; /* something changed that is copied into the initrd */
  gboolean grub_stale;   /* something changed that GRUB's configuration is made of */
  char *beside;          /* for the guest's shell: may run beside the next long program; or NULL */
  gboolean beside_done;  /* it has run, and well */
} Convert;

typedef struct {
  const char *name;
  const char *words; /* what the job's log says when it starts */
  gboolean (*run) (Convert *c, GError **error);
} ConvertStep;

/* In the order in which they run, each in the file of its name in convert/linux. */
gboolean step_kernels (Convert *c, GError **error);
gboolean step_network_names (Convert *c, GError **error);
gboolean step_fstab (Convert *c, GError **error);
gboolean step_crypttab (Convert *c, GError **error);
gboolean step_resume (Convert *c, GError **error);
gboolean step_storage (Convert *c, GError **error);
gboolean step_hardware (Convert *c, GError **error);
gboolean step_hypervisor_tools (Convert *c, GError **error);
gboolean step_display (Convert *c, GError **error);
gboolean step_guest_agent (Convert *c, GError **error);
gboolean step_grub_defaults (Convert *c, GError **error);
gboolean step_console (Convert *c, GError **error);
gboolean step_grub_begin (Convert *c, GError **error);
gboolean step_initrd (Convert *c, GError **error);
gboolean step_grub (Convert *c, GError **error);
gboolean step_efi_fallback (Convert *c, GError **error);

/* ---- files.c: what every step uses ---- */

/* One line for the job's log, with the step's name. */
void convert_note (Convert *c, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Enters a change into the report and the log.  WHAT and WHY are sentences. */
void convert_changed (Convert *c, const char *file, const char *what, const char *why);

/* Keeps the guest's own copy of a file, before its first change, below this folder. */
#define CONVERT_ORIGINALS "/var/lib/p2v/original"
gboolean convert_keep_original (Convert *c, const char *path, GError **error);

/* Writes TEXT to PATH in the guest, with the mode and owner that the file
 * has, or MODE when it is new; keeps the original. */
gboolean convert_write (Convert *c, const char *path, const char *text, int mode, GError **error);

/* Makes a new file of ours: TRUE at once, with *made FALSE, when it is there with this text. */
gboolean convert_place (Convert *c, const char *path, const char *text, int mode, gboolean *made,
                        GError **error);

/* The text of a file as guest_read; "" when it is not there.  NULL only with *error. */
char *convert_read (Convert *c, const char *path, GError **error);

/* Paths that match PATTERN (caller frees with g_strfreev); empty on failure. */
char **convert_glob (Convert *c, const char *pattern);

gboolean convert_exists (Convert *c, const char *path);

/* Runs a program of the guest in the guest's root.  OUTPUT (may be NULL) gets
 * what it prints.  P2V_ERROR_CONVERT with its messages when it fails. */
gboolean convert_run (Convert *c, const char *const *argv, char **output, GError **error);

/* The same for a program that takes long, with c->beside, which is NULL afterwards, at the
 * same time: libguestfs runs only one of them. */
gboolean convert_run_long (Convert *c, const char *const *argv, GError **error);

/* libguestfs's last error as P2V_ERROR_CONVERT, "WHAT: …"; returns FALSE. */
gboolean convert_failed (Convert *c, const char *what, GError **error);

/* ---- names.c ---- */

/* What to write instead of a device's name so that it does not depend on the hardware
 * (caller frees): NULL to keep it, either because it is stable or because
 * it is none of the guest's disks; then *missing is TRUE.  TYPE as for volume_find. */
char *convert_device_name (Convert *c, const char *name, const char *type, gboolean *missing);

/* The same for kernel_args_rewrite_devices; DATA is the Convert.  Missing
 * ones become warnings. */
char *convert_argument_name (const char *name, gpointer data);

/* ---- units.c ---- */

/* Keeps service NAME (without ".service") from starting, if it is enabled.  Its
 * package stays: removing it may take others with it, and can be done later. */
gboolean convert_mask_service (Convert *c, const char *name, const char *why, GError **error);
