/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `p2v-server show JOB`: state, machine, settings, and the report when there is one. */
#include <stdio.h>
#include <time.h>
#include "job-state.h"
#include "jobdir.h"
#include "list.h"
#include "subcommands.h"

static void
print_time (const char *name, gint64 when)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (when);
  g_autofree char *text = time ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S %Z") : NULL;
  printf ("%-12s %s\n", name, text ? text : "-");
}

static void
print_state (const State *state)
{
  printf ("%-12s %s\n%-12s %s\n%-12s %s\n%-12s %s\n", "Job", state->id, "Guest", state->name,
          "Status", state->status, "Phase", *state->phase ? state->phase : "-");
  if (state->alive && state_is_open (state)) {
    g_autofree char *progress = list_progress (state->done, state->total);
    printf ("%-12s %s\n%-12s %" G_GINT64_FORMAT "\n", "Progress", progress, "Process", state->pid);
  }
  print_time ("Begun", state->since);
  print_time ("Changed", state->updated);
  if (state->message)
    printf ("%-12s %s\n", "Message", state->message);
  if (state->remedy)
    printf ("%-12s %s\n", "What to do", state->remedy);
}

static void
print_machine (const Job *job)
{
  const P2vMachine *machine = job->machine;
  g_autofree char *memory = g_format_size_full (machine->memory, G_FORMAT_SIZE_IEC_UNITS);
  printf ("%-12s %s %s\n%-12s %u vCPUs, %s, %s\n", "Machine",
          machine->vendor ? machine->vendor : "of unknown make",
          machine->product ? machine->product : "", "Hardware", machine->vcpus, memory,
          machine->uefi ? "UEFI" : "BIOS");
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    g_autofree char *size = g_format_size_full (disk->size, G_FORMAT_SIZE_IEC_UNITS);
    printf ("%-12s %s, %s, %s%s%s\n", "Disk", disk->device, size,
            disk->model ? disk->model : "no model", disk->serial ? ", serial " : "",
            disk->serial ? disk->serial : "");
  }
  g_autoptr (GList) names = json_object_get_members (job->settings);
  for (GList *l = names; l; l = l->next)
    printf ("%-12s %s = %s\n", "Setting", (const char *)l->data, job_setting (job, l->data, ""));
}

int
command_show (int argc, char **argv)
{
  if (argc != 2)
    return subcommand_usage ("show");
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = jobdir_find (argv[1], &error);
  if (!dir)
    return subcommand_failed (error);
  g_autoptr (State) state = state_read (dir);
  print_state (state);
  printf ("%-12s %s\n", "Directory", dir);
  g_autoptr (Job) job = job_load (dir, &error);
  if (!job)
    return subcommand_failed (error);
  print_machine (job);
  g_autofree char *path = g_build_filename (dir, "report.txt", NULL);
  g_autofree char *report = NULL;
  if (g_file_get_contents (path, &report, NULL, NULL))
    printf ("\n%s", report);
  return 0;
}
