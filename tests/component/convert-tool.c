/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs phases inspect, convert and trim of a job by hand, on overlays that
 * lie in a job directory as d0.qcow2, d1.qcow2 …, without session, client and
 * brokers:
 *
 *   convert-tool JOBDIR WORD=VALUE…
 *     phases=inspect,convert,…         which, in this order; one may come twice
 *     disk=DEVICE,SIZE,SECTOR,SERIAL   one for each overlay, in their order
 *     link=LINK TARGET                 a link of the last disk or its partitions
 *     nic=MAC,NAME,OTHER NAME…         a network card
 *     uefi=1                           the machine was started by UEFI
 *     root=…                           the setting of that name
 *     places=DISK:OFFSET,…             whose files phase "places" looks for
 *     passphrase=…                     what the client answers when it is asked for some
 *     typed=…                          what it answers, once, when that opens nothing
 *     cancel_ms=N                      cancels the job after so many milliseconds
 *
 * "places", a phase of this tool's for while the appliance is there, prints "place: …" as
 * the report has it for bad blocks.  Prints "PHASE: SECONDS s, CHANGES changes" for each phase,
 * then the report's text; on an error "CODE: sentence" and ends with 1. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/secret.h"
#include "p2v-server/badblocks-files.h"
#include "p2v-server/family.h"
#include "p2v-server/guest.h"
#include "p2v-server/phases.h"

/* What the job's driver is to a phase. */
#define DUMMY __attribute__ ((weak))

DUMMY const char *
job_setting (const Job *job, const char *name, const char *fallback)
{
  return json_object_get_string_member_with_default (job->settings, name, fallback);
}

DUMMY void
job_progress (Job *job G_GNUC_UNUSED, guint64 done G_GNUC_UNUSED, guint64 total G_GNUC_UNUSED)
{
}

DUMMY void
job_log (Job *job G_GNUC_UNUSED, P2vLogLevel level, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  p2v_log (level, "%s", text);
}

DUMMY gboolean
job_check_cancelled (Job *job, GError **error)
{
  if (!g_cancellable_is_cancelled (job->cancel))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
  return FALSE;
}

static GPtrArray *secrets; /* of the last answer */

static void
add_secret (Job *job, const char *name)
{
  if (job_setting (job, name, NULL))
    g_ptr_array_add (secrets, p2v_secret_new (job_setting (job, name, NULL)));
}

/* What a person types once, the client has from then on. */
DUMMY JsonObject *
job_ask (Job *job, JsonObject *query, guint timeout_s G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  secrets = g_ptr_array_new_with_free_func ((GDestroyNotify)p2v_secret_free);
  if (!json_object_has_member (query, "closed")) {
    add_secret (job, "passphrase");
    add_secret (job, "known");
  } else if (job_setting (job, "typed", NULL)) {
    add_secret (job, "typed");
    json_object_set_string_member (job->settings, "known", job_setting (job, "typed", NULL));
    json_object_remove_member (job->settings, "typed");
  }
  return json_object_new ();
}

DUMMY GPtrArray *
job_take_secrets (Job *job G_GNUC_UNUSED)
{
  return g_steal_pointer (&secrets);
}

DUMMY char *
job_path (const Job *job, const char *name)
{
  return g_build_filename (job->dir, name, NULL);
}

DUMMY gboolean
preflight_space (Job *job G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  return TRUE;
}

static gboolean
phase_places (Job *job, GError **error G_GNUC_UNUSED)
{
  g_auto (GStrv) places = g_strsplit (job_setting (job, "places", ""), ",", -1);
  g_autoptr (Blocks) blocks = layers_load (job->guest);
  for (guint i = 0; places[i]; i++) {
    guint64 disk = g_ascii_strtoull (places[i], NULL, 10);
    guint64 offset = g_ascii_strtoull (strchr (places[i], ':') + 1, NULL, 10);
    g_autofree char *words = badblocks_place (job->guest, blocks, (guint)disk, offset);
    printf ("place: %s\n", words ? words : "-");
  }
  return TRUE;
}

static const Phase tried[] = {
    {"inspect", "", phase_inspect, NULL, 0},
    {"places", "", phase_places, NULL, 0},
    {"convert", "", phase_convert, NULL, 0},
    {"trim", "", phase_trim, NULL, 0},
};

static void
add_disk (Job *job, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ",", 4);
  P2vDisk *source = p2v_disk_new ();
  guint n = g_strv_length (parts);
  source->device = g_strdup (parts[0]);
  source->size = n > 1 ? g_ascii_strtoull (parts[1], NULL, 10) : 0;
  source->logical_block_size = n > 2 ? (guint32)g_ascii_strtoull (parts[2], NULL, 10) : 512;
  source->serial = g_strdup (n > 3 ? parts[3] : NULL);
  g_ptr_array_add (job->machine->disks, source);
  JobDisk *disk = g_new0 (JobDisk, 1);
  disk->index = job->disks->len;
  disk->source = source;
  g_autofree char *name = g_strdup_printf ("d%u.qcow2", disk->index);
  disk->overlay = job_path (job, name);
  g_ptr_array_add (job->disks, disk);
}

static void
add_nic (Job *job, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ",", -1);
  P2vNic *nic = p2v_nic_new ();
  nic->mac = g_strdup (parts[0]);
  nic->name = g_strdup (parts[1]);
  for (guint i = 2; i < g_strv_length (parts); i++)
    g_ptr_array_add (nic->alt_names, g_strdup (parts[i]));
  g_ptr_array_add (job->machine->nics, nic);
}

static void
disk_free (gpointer data)
{
  JobDisk *disk = data;
  g_free (disk->overlay);
  g_free (disk);
}

static void
job_free (Job *job)
{
  guest_abandon (job->guest);
  g_free (job->id);
  g_free (job->dir);
  json_object_unref (job->settings);
  g_ptr_array_unref (job->disks);
  p2v_machine_free (job->machine);
  report_free (job->report);
  guest_info_free (job->info);
  g_object_unref (job->cancel);
  g_free (job);
}

/* What job.c does when a job is cancelled: qemu dies, and libguestfs's call fails. */
static gpointer
cancel_later (gpointer data)
{
  Job *job = data;
  g_usleep (1000 * g_ascii_strtoull (job_setting (job, "cancel_ms", "0"), NULL, 10));
  g_cancellable_cancel (job->cancel);
  family_signal (getsid (0), job->id, 9);
  return NULL;
}

static gboolean
run_phases (Job *job, const char *list, GError **error)
{
  g_auto (GStrv) names = g_strsplit (list, ",", -1);
  for (guint i = 0; names[i]; i++)
    for (guint j = 0; j < G_N_ELEMENTS (tried); j++) {
      if (strcmp (names[i], tried[j].name))
        continue;
      guint before = report_n_changes (job->report);
      gint64 start = g_get_monotonic_time ();
      if (!tried[j].run (job, error))
        return FALSE;
      printf ("%s: %.1f s, %u changes\n", names[i],
              (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC,
              report_n_changes (job->report) - before);
    }
  return TRUE;
}

static void
print_info (const Job *job)
{
  const GuestInfo *info = job->info;
  if (!info)
    return;
  printf ("info: %s %s %u.%u \"%s\" %s host %s osinfo %s root %s %s boot disk %d clock %s %s "
          "blk %d net %d rng %d balloon %d gpu %d\n",
          info->type, info->distro, info->major, info->minor, info->product_name, info->arch,
          info->hostname, info->osinfo, info->root, info->uefi ? "uefi" : "bios", info->boot_disk,
          info->rtc_localtime ? "local" : "utc", info->q35 ? "q35" : "i440fx", info->virtio_blk,
          info->virtio_net, info->virtio_rng, info->virtio_balloon, info->virtio_gpu);
  for (guint i = 0; i < job->disks->len; i++) {
    const JobDisk *disk = g_ptr_array_index (job->disks, i);
    printf ("used: disk %u %" G_GUINT64_FORMAT "\n", i, disk->used_bytes);
  }
}

int
main (int argc, char **argv)
{
  const char *list = "inspect,convert,trim";
  p2v_log_open (2, g_getenv ("P2V_DEBUG") ? P2V_LOG_DEBUG : P2V_LOG_INFO);
  if (argc < 2)
    return 2;
  setvbuf (stdout, NULL, _IOLBF, 0);
  Job *job = g_new0 (Job, 1);
  job->id = g_strdup ("convtool");
  g_setenv (FAMILY_VARIABLE, job->id, TRUE);
  job->dir = g_canonicalize_filename (argv[1], NULL);
  job->settings = json_object_new ();
  job->machine = p2v_machine_new ();
  job->disks = g_ptr_array_new_with_free_func (disk_free);
  job->cancel = g_cancellable_new ();
  job->report = report_new ();
  for (int i = 2; i < argc; i++) {
    const char *equal = strchr (argv[i], '=');
    g_autofree char *word = g_strndup (argv[i], equal ? (gsize)(equal - argv[i]) : 0);
    const char *value = equal ? equal + 1 : "";
    if (!strcmp (word, "phases"))
      list = value;
    else if (!strcmp (word, "disk"))
      add_disk (job, value);
    else if (!strcmp (word, "link") && job->machine->disks->len)
      g_ptr_array_add (
          ((P2vDisk *)g_ptr_array_index (job->machine->disks, job->machine->disks->len - 1))->links,
          g_strdup (value));
    else if (!strcmp (word, "nic"))
      add_nic (job, value);
    else if (!strcmp (word, "uefi"))
      job->machine->uefi = TRUE;
    else
      json_object_set_string_member (job->settings, word, value);
  }
  GThread *canceller = json_object_has_member (job->settings, "cancel_ms")
                           ? g_thread_new ("cancel", cancel_later, job)
                           : NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok = run_phases (job, list, &error);
  print_info (job);
  g_autofree char *text = report_to_text (job->report);
  printf ("%s\n", text);
  if (!ok) {
    g_autofree char *sentence = p2v_error_sentence (error);
    printf ("%s: %s\n", p2v_error_code_name ((P2vErrorCode)error->code), sentence);
  }
  if (canceller)
    g_thread_join (canceller);
  job_free (job);
  return ok ? 0 : 1;
}
