/* SPDX-License-Identifier: GPL-2.0-or-later */
/* p2v.o=libvirt: images in a storage pool or a directory (p2v.os), and the guest
 * defined, not started, at a hypervisor of this machine (p2v.oc). */
#include "../uuid.h"
#include "files.h"
#include "hypervisor.h"

#define DEFAULT_POOL "default"

/* The pool's name, or NULL when p2v.os is a directory. */
static const char *
pool_of (const Target *target)
{
  const char *storage = target->storage && *target->storage ? target->storage : DEFAULT_POOL;
  return *storage == '/' ? NULL : storage;
}

/* Makes target->files for the directory where the images go. */
static gboolean
find_directory (Target *target, Job *job, Hypervisor *hypervisor, GError **error)
{
  if (target->files)
    return TRUE;
  const char *pool = pool_of (target);
  g_autofree char *directory =
      pool ? hypervisor_pool_path (hypervisor, pool, error) : g_strdup (target->storage);
  if (!directory)
    return FALSE;
  target->files = target_files_new (job, directory);
  return TRUE;
}

/* Also in another process of the job, for what was made there. */
static gboolean
libvirt_locate (Target *target, Job *job, GError **error)
{
  if (target->files)
    return TRUE;
  g_autoptr (Hypervisor) hypervisor = NULL;
  if (pool_of (target)) {
    hypervisor = hypervisor_open (target_connection (job), error);
    if (!hypervisor)
      return FALSE;
  }
  return find_directory (target, job, hypervisor, error);
}

/* A definition that an earlier process of this job made, or a failing one. */
static void
take_back_definition (Target *target, Job *job)
{
  g_autofree char *defined = target_files_defined (target->files);
  if (!defined)
    return;
  g_autoptr (GError) error = NULL;
  g_autoptr (Hypervisor) hypervisor = hypervisor_open (target_connection (job), &error);
  if (hypervisor)
    hypervisor_undefine (hypervisor, defined, job->machine->name);
  else
    p2v_warning ("The definition of %s cannot be removed: %s", job->machine->name, error->message);
}

static gboolean
check_guest (const Job *job, Hypervisor *hypervisor, GError **error)
{
  if (!hypervisor_has_guest (hypervisor, job->machine->name))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_TARGET, "Give the guest another name with p2v.name=.",
                 "libvirt at %s has a guest \"%s\" already.", target_connection (job),
                 job->machine->name);
  return FALSE;
}

static gboolean
check_abilities (Target *target, const Job *job, Hypervisor *hypervisor, GError **error)
{
  HypervisorAbilities abilities;
  hypervisor_abilities (hypervisor, &abilities);
  target->domain_type = abilities.domain_type;
  target->tpm = abilities.tpm;
  if (!job->machine->uefi || abilities.efi)
    return TRUE;
  p2v_set_error (error, P2V_ERROR_TARGET,
                 "Install it on the conversion server (on Debian the package ovmf).",
                 "The physical machine boots by UEFI, but libvirt at %s has no UEFI firmware for "
                 "guests.",
                 target_connection (job));
  return FALSE;
}

static void
choose_uuid (Target *target, const Job *job, Hypervisor *hypervisor)
{
  if (target->uuid)
    return;
  target->uuid = guest_uuid (job->machine->uuid);
  if (!hypervisor_has_uuid (hypervisor, target->uuid))
    return;
  g_free (target->uuid);
  target->uuid = g_uuid_string_random ();
  report_warning (job->report,
                  "Another guest at %s has the UUID of the physical machine: this one gets a new "
                  "UUID, which licences bound to the old one do not accept.",
                  target_connection (job));
}

static void
warn_networks (const Job *job, Hypervisor *hypervisor)
{
  for (guint i = 0; i < job->machine->nics->len; i++) {
    const P2vNic *nic = g_ptr_array_index (job->machine->nics, i);
    if (nic->network && !g_str_has_prefix (nic->network, "bridge:") &&
        !hypervisor_has_network (hypervisor, nic->network))
      report_warning (
          job->report,
          "libvirt at %s has no network \"%s\" for the card %s: make it, or connect the "
          "card to another, before the guest is started.",
          target_connection (job), nic->network, nic->name);
  }
}

static gboolean
libvirt_check (Target *target, Job *job, GError **error)
{
  g_autoptr (Hypervisor) hypervisor = hypervisor_open (target_connection (job), error);
  if (!hypervisor || !find_directory (target, job, hypervisor, error))
    return FALSE;
  take_back_definition (target, job);
  if (!check_guest (job, hypervisor, error) || !check_abilities (target, job, hypervisor, error) ||
      !target_files_check (target->files, job, error))
    return FALSE;
  choose_uuid (target, job, hypervisor);
  warn_networks (job, hypervisor);
  return TRUE;
}

static gboolean
libvirt_describe (Target *target, Job *job, GError **error)
{
  if (!target_files_op_describe (target, job, error))
    return FALSE;
  g_autoptr (Hypervisor) hypervisor = hypervisor_open (target_connection (job), error);
  return hypervisor && hypervisor_rehearse (hypervisor, target->definition, error);
}

/* Noted before it is done, so that also a job that dies in between leaves
 * nothing that cannot be undone. */
static gboolean
libvirt_register (Target *target, Job *job, GError **error)
{
  g_autoptr (Hypervisor) hypervisor = hypervisor_open (target_connection (job), error);
  if (!hypervisor || !check_guest (job, hypervisor, error))
    return FALSE;
  g_autofree char *xml = NULL;
  g_autoptr (GError) cause = NULL;
  if (!g_file_get_contents (target_files_xml (target->files), &xml, NULL, &cause)) {
    p2v_set_error (error, P2V_ERROR_TARGET, NULL, "The definition cannot be read: %s.",
                   cause->message);
    return FALSE;
  }
  if (!target_files_note_defined (target->files, target->uuid, error) ||
      !hypervisor_define (hypervisor, xml, error))
    return FALSE;
  if (pool_of (target))
    hypervisor_pool_refresh (hypervisor, pool_of (target));
  return TRUE;
}

static void
libvirt_abandon (Target *target, Job *job)
{
  g_autoptr (GError) error = NULL;
  if (!libvirt_locate (target, job, &error)) {
    g_autofree char *sentence = p2v_error_sentence (error);
    p2v_warning ("The target's files cannot be found to remove them: %s", sentence);
    return;
  }
  take_back_definition (target, job);
  target_files_abandon (target->files);
  g_autoptr (Hypervisor) hypervisor =
      pool_of (target) ? hypervisor_open (target_connection (job), NULL) : NULL;
  if (hypervisor)
    hypervisor_pool_refresh (hypervisor, pool_of (target));
}

const TargetOps target_libvirt = {
    .name = "libvirt",
    .words = "a guest defined in libvirt, images in a storage pool or a directory",
    .locate = libvirt_locate,
    .check = libvirt_check,
    .check_space = target_files_op_space,
    .describe = libvirt_describe,
    .prepare_disk = target_files_op_prepare,
    .write_metadata = target_files_op_write,
    .register_guest = libvirt_register,
    .abandon = libvirt_abandon,
};
