/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "findings.h"
#include "contents.h"
#include "hardware.h"
#include "os-find.h"
#include "say.h"

/* Bytes per second that a gigabit network carries. */
#define GIGABIT 110000000u

static void
finding_free (gpointer data)
{
  Finding *finding = data;
  g_free (finding->text);
  g_free (finding->remedy);
  g_free (finding);
}

/* Owns TEXT and REMEDY. */
static void
add (GPtrArray *findings, NoticeKind kind, char *text, char *remedy)
{
  Finding *finding = g_new (Finding, 1);
  *finding = (Finding){kind, text, remedy};
  g_ptr_array_add (findings, finding);
}

static void
add_error (GPtrArray *findings, const GError *error)
{
  add (findings, NOTICE_ERROR, say_problem (error), say_remedy (error));
}

/* Most: every byte of the disks.  Least: what file systems say is in use, where all say so. */
static gboolean
estimate_bytes (const P2vMachine *machine, GPtrArray *contents, guint64 *least, guint64 *most)
{
  gboolean known = contents != NULL;
  *least = *most = 0;
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    GPtrArray *parts = contents ? g_ptr_array_index (contents, i) : NULL;
    *most += disk->size;
    known = known && parts && parts->len > 0;
    for (guint j = 0; parts && j < parts->len; j++) {
      const ContentsPart *part = g_ptr_array_index (parts, j);
      gboolean frame = !part->type && part->size <= 1024 * 1024; /* an extended partition */
      known = known && (part->used >= 0 || frame);
      *least += part->used > 0 ? (guint64)part->used : 0;
    }
  }
  return known;
}

static void
add_disks (GPtrArray *findings, const Settings *settings, const P2vMachine *machine,
           GPtrArray *contents)
{
  for (guint i = 0; i < machine->disks->len; i++) {
    const P2vDisk *disk = g_ptr_array_index (machine->disks, i);
    GPtrArray *parts = contents ? g_ptr_array_index (contents, i) : NULL;
    for (guint j = 0; parts && j < parts->len; j++) {
      const ContentsPart *part = g_ptr_array_index (parts, j);
      if (contents_is_locked (part) && settings_given (settings, SETTING_luks))
        continue; /* the conversion tries the passphrases */
      if (contents_is_locked (part) || g_strcmp0 (part->type, "BitLocker") == 0)
        add (findings, NOTICE_WARNING,
             g_strdup_printf (_ ("%s on disk %s is encrypted: what is in it cannot be converted."),
                              say_device (part->device), say_device (disk->device)),
             g_strdup (_ ("Without a readable operating system the conversion will stop.")));
    }
  }
}

static void
add_room (GPtrArray *findings, const Settings *settings, const P2vMachine *machine,
          GPtrArray *contents, const Probe *probe)
{
  guint64 least, most;
  gboolean known = estimate_bytes (machine, contents, &least, &most);
  gboolean whole =
      g_strcmp0 (settings_get (settings, SETTING_output_allocation), "preallocated") == 0;
  guint64 sure = whole ? most : known ? least : 0;
  guint64 amount_bytes = known ? least : most;
  g_autofree char *amount = say_size (amount_bytes);
  g_autofree char *room = say_size ((guint64)MAX (probe->free, 0));
  guint minutes = (guint)(amount_bytes / GIGABIT / 60) + 2;
  if (known)
    add (findings, NOTICE_GOOD,
         g_strdup_printf (
             P_ ("To copy: about %s; that takes about %u minute on a gigabit network.",
                 "To copy: about %s; that takes about %u minutes on a gigabit network.", minutes),
             amount, minutes),
         NULL);
  else
    add (findings, NOTICE_GOOD,
         g_strdup_printf (_ ("To copy: at most %s; unused space is found out and left out."),
                          amount),
         NULL);
  if (probe->free < 0)
    return;
  if ((guint64)probe->free < sure)
    add (findings, NOTICE_ERROR,
         g_strdup_printf (_ ("Too little space in %s: %s are free."), probe->directory, room),
         g_strdup (_ ("Make room there, or go back and choose another place.")));
  else if ((guint64)probe->free < most)
    add (findings, NOTICE_WARNING,
         g_strdup_printf (_ ("%s are free in %s, less than the size of the disks."), room,
                          probe->directory),
         g_strdup (_ ("It is enough if the disks are not full; this is found out before anything "
                      "is copied.")));
  else
    add (findings, NOTICE_GOOD,
         g_strdup_printf (_ ("Space: %s are free in %s."), room, probe->directory), NULL);
}

static void
add_machine (GPtrArray *findings, const P2vMachine *machine)
{
  g_autofree char *memory = say_size (machine->memory);
  g_autofree char *disks =
      g_strdup_printf (P_ ("%u disk", "%u disks", machine->disks->len), machine->disks->len);
  g_autofree char *cards = g_strdup_printf (
      P_ ("%u network card", "%u network cards", machine->nics->len), machine->nics->len);
  g_autofree char *processors =
      g_strdup_printf (P_ ("%u processor", "%u processors", machine->vcpus), machine->vcpus);
  add (findings, NOTICE_GOOD,
       g_strdup_printf (_ ("“%s”: %s, %s of memory, %s, %s."), machine->name, processors, memory,
                        disks, cards),
       NULL);
}

static gboolean
has_locked (GPtrArray *contents)
{
  for (guint i = 0; contents && i < contents->len; i++) {
    GPtrArray *parts = g_ptr_array_index (contents, i);
    for (guint j = 0; j < parts->len; j++)
      if (contents_is_locked (g_ptr_array_index (parts, j)))
        return TRUE;
  }
  return FALSE;
}

/* "Debian GNU/Linux 12 (sda1), Windows (sdb2)" (caller frees). */
static char *
name_systems (GPtrArray *systems)
{
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < systems->len; i++) {
    const FoundSystem *system = g_ptr_array_index (systems, i);
    g_string_append_printf (names, "%s%s (%s)", i > 0 ? ", " : "", system->name, system->place);
  }
  return g_strdup (names->str);
}

/* What was found decides nothing: the conversion looks for itself, and closer. */
static void
add_systems (GPtrArray *findings, const Settings *settings, GPtrArray *contents, GPtrArray *systems)
{
  guint n = systems ? systems->len : 0;
  g_autofree char *names = n > 0 ? name_systems (systems) : NULL;
  gboolean asks = g_str_equal (settings_get (settings, SETTING_root), "ask");
  if (n > 0)
    add (findings, NOTICE_GOOD,
         g_strdup_printf (P_ ("Operating system: %s.", "Operating systems: %s.", n), names),
         n > 1 && asks
             ? g_strdup (_ ("Once you have started you are asked which one is to be converted."))
             : NULL);
  else if (systems && !has_locked (contents))
    add (
        findings, NOTICE_WARNING, g_strdup (_ ("No operating system was found on these disks.")),
        g_strdup (_ ("The conversion looks more closely; when it finds none either, it ends before "
                     "anything is copied.")));
  else
    add (findings, NOTICE_INFO,
         g_strdup (_ ("The operating system is looked for once the conversion has begun.")),
         g_strdup (_ ("Nothing is copied before it is found.")));
}

static void
add_notes (GPtrArray *findings, GPtrArray *notes)
{
  for (guint i = 0; notes && i < notes->len; i++) {
    const HardwareNote *note = g_ptr_array_index (notes, i);
    add (findings, NOTICE_WARNING, g_strdup (note->text), g_strdup (note->remedy));
  }
}

GPtrArray *
findings_make (const Settings *settings, const P2vMachine *machine, GPtrArray *contents,
               GPtrArray *notes, GPtrArray *systems, const Probe *probe, const GError *failure)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func (finding_free);
  if (machine)
    add_machine (findings, machine);
  if (machine)
    add_systems (findings, settings, contents, systems);
  add_notes (findings, notes);
  if (failure)
    add_error (findings, failure);
  if (failure || !machine)
    return findings;
  add (findings, NOTICE_GOOD,
       g_strdup_printf (_ ("The conversion server answers: %s, p2v-server %s."), probe->peer,
                        probe->version),
       NULL);
  if (probe->waiting)
    add (findings, NOTICE_INFO,
         g_strdup_printf (_ ("Job %s of this machine waits on the conversion server."),
                          probe->waiting),
         g_strdup (_ ("Once you have started you are asked whether it is to go on.")));
  if (probe->refusal)
    add_error (findings, probe->refusal);
  else if (!probe->waiting)
    add (findings, NOTICE_GOOD,
         g_strdup_printf (_ ("The target can be used, and the name is free there.")), NULL);
  add_room (findings, settings, machine, contents, probe);
  add_disks (findings, settings, machine, contents);
  for (guint i = 0; probe->warnings && probe->warnings[i]; i++)
    add (findings, NOTICE_WARNING, say_words (probe->warnings[i]), NULL);
  return findings;
}
