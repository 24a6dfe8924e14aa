/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs phases of a job by hand, from plan to finish, on overlays that lie in a
 * job directory, without session, client and appliance:
 *
 *   copy-tool JOBDIR WORD=VALUE…
 *     phases=plan,copy,…   which, in this order
 *     disk=DEVICE,SIZE,SECTOR,SERIAL   one for each dN.qcow2, in their order
 *     name=NAME o= os= of= oa= oc=     as the kernel arguments of these names
 *     uuid=UUID nic=MAC,NETWORK vcpus=N uefi=1 tpm=1
 *     cancel_ms=N          cancels the job after so many milliseconds
 *     client=1             the client answers queries (else it is away)
 *     abandon=1            removes what the job made, as a new process of it
 *     kill_at_rename=N     dies (SIGKILL) right after file N got its final name
 *
 * Prints the report's text; on an error "CODE: sentence", undoes and ends with 1. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "common/unit.h"
#include "p2v-server/broker.h"
#include "p2v-server/job-state.h"
#include "p2v-server/phases.h"
#include "p2v-server/target/target.h"

static gboolean client_there;
static guint renames_to_live;

/* Wins over libc's: what target/files-name.c calls. */
int
renameat2 (int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
  int result = (int)syscall (SYS_renameat2, from_dir, from, to_dir, to, flags);
  if (result == 0 && renames_to_live > 0 && --renames_to_live == 0)
    (void)raise (SIGKILL);
  return result;
}

/* What the job's driver is to a phase.  All of it has to be here: for a function that is
 * missing the driver's own object is linked in, and the linker complains of the others. */
const char *
job_setting (const Job *job, const char *name, const char *fallback)
{
  return json_object_get_string_member_with_default (job->settings, name, fallback);
}

void
job_progress (Job *job G_GNUC_UNUSED, guint64 done G_GNUC_UNUSED, guint64 total G_GNUC_UNUSED)
{
}

void
job_progress_bytes (Job *job G_GNUC_UNUSED, const JobProgress *progress G_GNUC_UNUSED)
{
}

void
job_log (Job *job G_GNUC_UNUSED, P2vLogLevel level, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  p2v_log (level, "%s", text);
}

gboolean
job_check_cancelled (Job *job, GError **error)
{
  if (!g_cancellable_is_cancelled (job->cancel))
    return TRUE;
  p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "The job was cancelled.");
  return FALSE;
}

JsonObject *
job_query (Job *job G_GNUC_UNUSED, const char *what, guint timeout_s G_GNUC_UNUSED, GError **error)
{
  if (!client_there) {
    p2v_set_error (error, P2V_ERROR_LINK, NULL, "No client is attached.");
    return NULL;
  }
  if (!g_str_equal (what, "stats"))
    return json_object_new ();
  g_autoptr (JsonNode) node = json_from_string (
      "{\"disks\":[{\"block_layer\":1000,\"nbdkit\":900,\"payload\":800,\"wire\":700},"
      "{\"block_layer\":10,\"nbdkit\":9,\"payload\":8,\"wire\":7}],\"wire_in\":55}",
      NULL);
  return json_node_dup_object (node);
}

/* What only conversions ask. */
JsonObject *
job_ask (Job *job G_GNUC_UNUSED, JsonObject *query G_GNUC_UNUSED, guint timeout_s G_GNUC_UNUSED,
         GError **error)
{
  p2v_set_error (error, P2V_ERROR_LINK, NULL, "No client is attached.");
  return NULL;
}

GPtrArray *
job_take_secrets (Job *job G_GNUC_UNUSED)
{
  return NULL;
}

void
job_set_complete (Job *job G_GNUC_UNUSED)
{
}

char *
job_path (const Job *job, const char *name)
{
  return g_build_filename (job->dir, name, NULL);
}

gboolean
broker_stats (Broker *broker G_GNUC_UNUSED, BrokerStats *stats G_GNUC_UNUSED)
{
  return FALSE;
}

static char *
disk_path (const Job *job, guint index, const char *suffix)
{
  g_autofree char *name = g_strdup_printf ("d%u.%s", index, suffix);
  return job_path (job, name);
}

static void
add_disk (Job *job, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ",", 4);
  P2vDisk *source = p2v_disk_new ();
  source->device = g_strdup (parts[0]);
  source->size = g_ascii_strtoull (parts[1], NULL, 10);
  source->logical_block_size = source->physical_block_size = 512;
  if (g_strv_length (parts) > 2)
    source->logical_block_size = source->physical_block_size =
        (guint32)g_ascii_strtoull (parts[2], NULL, 10);
  if (g_strv_length (parts) > 3)
    source->serial = g_strdup (parts[3]);
  g_ptr_array_add (job->machine->disks, source);
  JobDisk *disk = g_new0 (JobDisk, 1);
  disk->index = job->disks->len;
  disk->source = source;
  disk->broker_socket = disk_path (job, disk->index, "nbd");
  disk->cache = disk_path (job, disk->index, "cache");
  disk->cache_map = disk_path (job, disk->index, "map");
  disk->overlay = disk_path (job, disk->index, "qcow2");
  disk->digests = disk_path (job, disk->index, "digests");
  disk->blockmap = disk_path (job, disk->index, "blockmap");
  g_ptr_array_add (job->disks, disk);
}

static void
disk_free (gpointer data)
{
  JobDisk *disk = data;
  char *strings[] = {disk->broker_socket, disk->cache,    disk->cache_map,  disk->overlay,
                     disk->digests,       disk->blockmap, disk->target_path};
  for (guint i = 0; i < G_N_ELEMENTS (strings); i++)
    g_free (strings[i]);
  g_free (disk);
}

static void
add_nic (Job *job, const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, ",", 2);
  P2vNic *nic = p2v_nic_new ();
  nic->name = g_strdup ("eth0");
  nic->mac = g_strdup (parts[0]);
  nic->network = g_strdup (parts[1] ? parts[1] : "default");
  g_ptr_array_add (job->machine->nics, nic);
}

static Job *
new_job (const char *dir)
{
  Job *job = g_new0 (Job, 1);
  job->dir = g_canonicalize_filename (dir, NULL);
  job->id = g_path_get_basename (job->dir);
  job->settings = json_object_new ();
  job->machine = p2v_machine_new ();
  job->machine->memory = 512ull << 20;
  job->machine->vcpus = 2;
  job->machine->acpi = job->machine->apic = TRUE;
  job->disks = g_ptr_array_new_with_free_func (disk_free);
  job->cancel = g_cancellable_new ();
  job->report = report_new ();
  return job;
}

static void
job_free_by_hand (Job *job)
{
  target_free (job->target);
  report_free (job->report);
  g_object_unref (job->cancel);
  g_ptr_array_unref (job->disks);
  p2v_machine_free (job->machine);
  json_object_unref (job->settings);
  g_free (job->id);
  g_free (job->dir);
  g_free (job);
}

typedef struct {
  const char *phases;
  guint cancel_ms;
  gboolean abandon;
} Plan;

static void
set_text (char **member, const char *value)
{
  g_free (*member);
  *member = g_strdup (value);
}

static void
take_argument (Job *job, Plan *plan, const char *argument)
{
  static const char *const settings[][2] = {{"o", "output.type"},
                                            {"os", "output.storage"},
                                            {"of", "output.format"},
                                            {"oa", "output.allocation"},
                                            {"oc", "output.connection"}};
  const char *equals = strchr (argument, '=');
  if (!equals)
    g_error ("%s is not WORD=VALUE", argument);
  g_autofree char *word = g_strndup (argument, (gsize)(equals - argument));
  const char *value = equals + 1;
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    if (g_str_equal (word, settings[i][0])) {
      json_object_set_string_member (job->settings, settings[i][1], value);
      return;
    }
  if (g_str_equal (word, "phases"))
    plan->phases = value;
  else if (g_str_equal (word, "disk"))
    add_disk (job, value);
  else if (g_str_equal (word, "nic"))
    add_nic (job, value);
  else if (g_str_equal (word, "name"))
    set_text (&job->machine->name, value);
  else if (g_str_equal (word, "uuid"))
    set_text (&job->machine->uuid, value);
  else if (g_str_equal (word, "vcpus"))
    job->machine->vcpus = (guint32)g_ascii_strtoull (value, NULL, 10);
  else if (g_str_equal (word, "uefi"))
    job->machine->uefi = TRUE;
  else if (g_str_equal (word, "tpm"))
    job->machine->tpm = TRUE;
  else if (g_str_equal (word, "cancel_ms"))
    plan->cancel_ms = (guint)g_ascii_strtoull (value, NULL, 10);
  else if (g_str_equal (word, "client"))
    client_there = TRUE;
  else if (g_str_equal (word, "kill_at_rename"))
    renames_to_live = (guint)g_ascii_strtoull (value, NULL, 10);
  else if (g_str_equal (word, "abandon"))
    plan->abandon = TRUE;
  else
    g_error ("unknown word %s", word);
}

static gpointer
cancel_later (gpointer data)
{
  Job *job = data;
  gulong ms = (gulong)GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (job->cancel), "ms"));
  g_usleep (ms * 1000);
  g_cancellable_cancel (job->cancel);
  return NULL;
}

static gboolean
run_phases (Job *job, const Plan *plan, GError **error)
{
  static const struct {
    const char *name;
    PhaseRun run;
  } known[] = {
      {"plan", phase_plan},
      {"copy", phase_copy},
      {"verify", phase_verify},
      {"finish", phase_finish},
  };
  if (!job->target->ops->check (job->target, job, error))
    return FALSE;
  g_auto (GStrv) names = g_strsplit (plan->phases ? plan->phases : "", ",", -1);
  for (guint i = 0; names[i]; i++)
    for (guint k = 0; k < G_N_ELEMENTS (known); k++)
      if (g_str_equal (names[i], known[k].name)) {
        gint64 start = g_get_monotonic_time ();
        if (!known[k].run (job, error))
          return FALSE;
        report_phase (job->report, names[i],
                      (double)(g_get_monotonic_time () - start) / G_USEC_PER_SEC);
      }
  return TRUE;
}

int
main (int argc, char **argv)
{
  if (argc < 2)
    g_error ("usage: copy-tool JOBDIR WORD=VALUE…");
  Job *job = new_job (argv[1]);
  Plan plan = {0};
  for (int i = 2; i < argc; i++)
    take_argument (job, &plan, argv[i]);
  GThread *thread = NULL;
  if (plan.cancel_ms) {
    g_object_set_data (G_OBJECT (job->cancel), "ms", GUINT_TO_POINTER (plan.cancel_ms));
    thread = g_thread_new ("cancel", cancel_later, job);
  }
  int status = 0;
  g_autoptr (GError) error = NULL;
  job->target = target_new (job, &error);
  if (job->target && plan.abandon) {
    job->target->ops->abandon (job->target, job);
  } else if (!job->target || !run_phases (job, &plan, &error)) {
    g_autofree char *sentence = p2v_error_sentence (error);
    printf ("%s: %s\n", p2v_error_code_name ((P2vErrorCode)error->code), sentence);
    if (job->target)
      job->target->ops->abandon (job->target, job);
    status = 1;
  } else {
    g_autofree char *text = report_to_text (job->report);
    fputs (text, stdout);
  }
  if (thread)
    g_thread_join (thread);
  job_free_by_hand (job);
  return status;
}
