/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the result goes: one small table of operations per kind. */
#pragma once
#include "../job.h"

struct TargetFiles; /* files.h */

typedef struct {
  const char *name;  /* p2v.o=NAME */
  const char *words; /* for the list of targets */

  /* Finds the place, without touching anything there: for a new Target of a job that
   * another process of it began. */
  gboolean (*locate) (Target *target, Job *job, GError **error);

  /* Storage usable, name free, options known; reserves the name so that a
   * second job for the same target is refused.  Sets job->disks[i]->target_path. */
  gboolean (*check) (Target *target, Job *job, GError **error);

  /* Room for BYTES (whole guest)?  P2V_ERROR_SPACE with both figures. */
  gboolean (*check_space) (Target *target, Job *job, guint64 bytes, GError **error);

  /* Once the guest is converted: makes its definition and finds out whether it
   * will be accepted, before anything is copied for it. */
  gboolean (*describe) (Target *target, Job *job, GError **error);

  /* Makes an empty image of the disk's size under a temporary name beside the
   * final one and returns that name (caller frees). */
  char *(*prepare_disk) (Target *target, Job *job, JobDisk *disk, GError **error);

  /* After verification: everything under final names, metadata written. */
  gboolean (*write_metadata) (Target *target, Job *job, GError **error);

  /* Makes the guest known to a hypervisor, never started; may be NULL. */
  gboolean (*register_guest) (Target *target, Job *job, GError **error);

  /* Removes everything this job made there, in whatever state it is; idempotent.
   * Works also on a new Target of the same job in another process. */
  void (*abandon) (Target *target, Job *job);
} TargetOps;

struct Target {
  const TargetOps *ops;
  char *storage; /* p2v.os */
  char *format;  /* p2v.of: "qcow2" or "raw" */
  gboolean preallocated;
  struct TargetFiles *files; /* reserved name and images, for kinds that end in files */
  char *uuid;                /* of the guest's definition, chosen by check */
  char *definition;          /* libvirt domain XML, made by describe */
  const char *domain_type;   /* "kvm" or "qemu": what the definition asks for */
  gboolean tpm;              /* an emulated TPM can be given to the guest */
  gpointer data;             /* of the kind, freed by abandon or target_free */
  GDestroyNotify data_free;
};

extern const TargetOps target_local;
extern const TargetOps target_libvirt;

/* From the "output.*" settings; P2V_ERROR_TARGET for an unknown kind (lists those there are). */
Target *target_new (Job *job, GError **error);
void target_free (Target *target);

/* All kinds, NULL-ended. */
const TargetOps *const *target_kinds (void);

/* The path under which prepare_disk made the disk's image (borrowed), NULL before. */
const char *target_temporary (Target *target, const JobDisk *disk);

/* libvirt's URI for the guest: p2v.oc, else the system's hypervisor for root and
 * the user's own for everybody else. */
const char *target_connection (const Job *job);

/* The guest is finished: from now on abandon removes nothing of it. */
void target_commit (Target *target);

/* The same for a job that another process of it finished. */
void target_settle (Job *job);

/* The libvirt domain XML for the guest (caller frees): domain-xml.c. */
char *domain_xml (Job *job, GError **error);
