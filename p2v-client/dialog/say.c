/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "say.h"
#include <string.h>
#include "common/error.h"
#include "contents.h"
#include "phrase.h"
#include "estimate.h"

/* What the core's remedies call by the kernel argument stands here under a label. */
static const struct {
  const char *argument, *label;
} labels[] = {
    {" (p2v.disks=)", N_ (" on page “This machine”")},
    {"p2v.server=", N_ ("“Host”")},
    {"p2v.port=", N_ ("“Port”")},
    {"p2v.jump=", N_ ("“Jump host”")},
    {"p2v.username=", N_ ("“User name”")},
    {"p2v.password=", N_ ("“Password”")},
    {"p2v.identity=", N_ ("“Private key”")},
    {"p2v.sudo", N_ ("“Run p2v-server with sudo”")},
    {"p2v.name=", N_ ("“Name” of the virtual machine")},
    {"p2v.memory=", N_ ("“Memory”")},
    {"p2v.disks=", N_ ("the choice of disks")},
    {"p2v.interfaces=", N_ ("the choice of network cards")},
    {"p2v.network=", N_ ("the network of each card")},
    {"p2v.os=", N_ ("“Where”")},
    {"p2v.oc=", N_ ("“Hypervisor”")},
    {"p2v.of=", N_ ("“Disk format”")},
    {"p2v.oa=", N_ ("“Disk space”")},
    {"p2v.o=", N_ ("“Kind of target”")},
    {"(ip=)", N_ ("in its network settings")},
    {"in ip=", N_ ("in the network settings")},
};

static char *
rename_arguments (const char *text)
{
  g_autoptr (GString) out = g_string_new (text);
  for (guint i = 0; i < G_N_ELEMENTS (labels); i++)
    g_string_replace (out, labels[i].argument, _ (labels[i].label), 0);
  return g_strdup (out->str);
}

char *
say_words (const char *english)
{
  g_autofree char *translated = phrase_translate (english);
  return rename_arguments (translated);
}

char *
say_problem (const GError *error)
{
  g_autofree char *problem = p2v_error_problem (error);
  return say_words (problem);
}

char *
say_remedy (const GError *error)
{
  g_autofree char *remedy = p2v_error_remedy (error);
  return remedy ? say_words (remedy) : NULL;
}

char *
say_error (const GError *error)
{
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  return remedy ? g_strdup_printf ("%s %s", problem, remedy) : g_steal_pointer (&problem);
}

const char *
say_device (const char *device)
{
  if (g_str_has_prefix (device, "/dev/"))
    return device + strlen ("/dev/");
  const char *slash = strrchr (device, '/');
  return slash ? slash + 1 : device;
}

char *
say_size (guint64 bytes)
{
  return g_format_size_full (bytes, G_FORMAT_SIZE_IEC_UNITS);
}

const char *
say_type (const char *type)
{
  static const struct {
    const char *type, *words;
  } types[] = {
      {"crypto_LUKS", N_ ("encrypted (LUKS)")},
      {"BitLocker", N_ ("encrypted (BitLocker)")},
      {"LVM2_member", N_ ("volume group (LVM)")},
      {"linux_raid_member", N_ ("RAID member")},
      {"isw_raid_member", N_ ("RAID member")},
      {"ddf_raid_member", N_ ("RAID member")},
      {"vfat", N_ ("FAT")},
      {"ntfs", N_ ("Windows (NTFS)")},
      {"swap", N_ ("swap space")},
  };
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (types[i].type, type))
      return _ (types[i].words);
  return type;
}

char *
say_contents (GPtrArray *parts)
{
  g_autoptr (GString) out = g_string_new (NULL);
  for (guint i = 0; i < parts->len; i++) {
    const ContentsPart *part = g_ptr_array_index (parts, i);
    if (!part->type)
      continue;
    g_string_append_printf (out, "%s%s", out->len ? ", " : "", say_type (part->type));
    if (part->label && *part->label)
      g_string_append_printf (out, " “%s”", part->label);
  }
  return g_strdup (out->len ? out->str : _ ("Contents unknown"));
}

char *
say_disk (const P2vDisk *disk)
{
  g_autofree char *size = say_size (disk->size);
  return disk->model
             ? g_strdup_printf ("%s   %s   %s", say_device (disk->device), size, disk->model)
             : g_strdup_printf ("%s   %s", say_device (disk->device), size);
}

char *
say_disk_details (const P2vDisk *disk, GPtrArray *contents)
{
  g_autofree char *found = say_contents (contents);
  return disk->serial ? g_strdup_printf (_ ("Serial number %s; %s"), disk->serial, found)
                      : g_steal_pointer (&found);
}

char *
say_card (const P2vNic *nic)
{
  return g_strdup_printf ("%s   %s   %s", nic->name, nic->mac,
                          nic->carrier ? _ ("cable connected") : _ ("no cable"));
}

char *
say_network_link (const NetworkCard *card)
{
  return card->carrier && card->speed > 0
             ? g_strdup_printf (_ ("%u Mbit/s"), (guint)card->speed)
             : g_strdup (card->carrier ? _ ("cable connected") : _ ("no cable"));
}

char *
say_network_card (const NetworkCard *card)
{
  g_autofree char *speed = say_network_link (card);
  return g_strdup_printf ("%s   %s   %s   %s", card->name, card->mac ? card->mac : "", speed,
                          card->addresses);
}

char *
say_bond_mode (guint mode)
{
  /* In the order of network_bond_modes. */
  static const char *const words[] = {
      N_ ("one works, the others stand by"),
      N_ ("as agreed with the switch (LACP)"),
      N_ ("by load, in both directions"),
      N_ ("by load, when sending"),
      N_ ("by address; the switch has to be set to it"),
      N_ ("in turns; the switch has to be set to it"),
      N_ ("everything on all cards"),
  };
  return g_strdup_printf ("%s: %s", network_bond_modes[mode], _ (words[mode]));
}

const char *
say_whether_right (const HostkeySeen *seen)
{
  return seen->jump ? _ ("Is this the right jump host?")
                    : _ ("Is this the right conversion server?");
}

const char *
say_how_to_compare (const HostkeySeen *seen)
{
  return seen->jump ? _ ("It is right if this command on the jump host prints the same:")
                    : _ ("It is right if this command on the conversion server prints the same:");
}

const char *
say_distrusted (gboolean jump)
{
  return jump ? _ ("Check “Jump host”: this may be another machine, or somebody in between.")
              : _ ("Check “Host”: this may be another machine, or somebody in between.");
}

char *
say_server (const Probe *probe)
{
  return probe ? g_strdup_printf (_ ("%s, on %s"), probe->version, probe->peer)
               : g_strdup (_ ("not known until the connection was tested"));
}

char *
say_connected (const Probe *probe)
{
  return g_strdup_printf (_ ("Connected as %s (p2v-server %s)."), probe->peer, probe->version);
}

/* In the words of page "Target", as far as it has any. */
static char *
name_targets (char **kinds)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  for (guint i = 0; kinds[i]; i++)
    g_strv_builder_add (names, g_str_equal (kinds[i], "local") ? _ ("disk images in a folder")
                               : g_str_equal (kinds[i], "libvirt")
                                   ? _ ("a virtual machine of libvirt")
                                   : kinds[i]);
  g_auto (GStrv) words = g_strv_builder_end (names);
  return g_strjoinv (", ", words);
}

char *
say_can_make (const Probe *probe)
{
  g_autofree char *targets = name_targets (probe->targets);
  g_autofree char *room = probe->free >= 0 ? say_size ((guint64)probe->free) : NULL;
  return room ? g_strdup_printf (_ ("It can make: %s. Free in %s: %s."), targets, probe->directory,
                                 room)
              : g_strdup_printf (_ ("It can make: %s."), targets);
}

char *
say_room (const Probe *probe)
{
  if (!probe->directory || probe->free < 0)
    return NULL;
  g_autofree char *size = say_size ((guint64)probe->free);
  return g_strdup_printf (_ ("%s free in %s"), size, probe->directory);
}

/* The kinds of target that have words of their own; any other that the server names can be
 * chosen as well, with what all have in common. */
const char *
say_target (const char *kind)
{
  if (g_str_equal (kind, "local"))
    return _ ("A _folder: disk images and a definition to start it with");
  if (g_str_equal (kind, "libvirt"))
    return _ ("A _libvirt host: disk images, and the virtual machine defined, not started");
  return kind;
}

const char *
say_target_where (const char *kind)
{
  return g_strcmp0 (kind, "libvirt") == 0 ? _ ("_Where (pool or folder)") : _ ("_Where (folder)");
}

const char *const say_phases[SAY_PHASES] = {"connect", "preflight", "overlay", "inspect", "convert",
                                            "trim",    "plan",      "copy",    "verify",  "finish"};

static const struct {
  const char *phase, *words, *now;
} phases[] = {
    {"connect", N_ ("Connect"), N_ ("Connecting to the conversion server")},
    {"preflight", N_ ("Check the target"), N_ ("Checking the target")},
    {"overlay", N_ ("Prepare the disks"), N_ ("Preparing the disks")},
    {"inspect", N_ ("Find the operating system"), N_ ("Looking for the operating system")},
    {"convert", N_ ("Convert it"), N_ ("Converting the operating system; nothing is copied yet")},
    {"trim", N_ ("Find unused space"), N_ ("Finding what need not be copied")},
    {"plan", N_ ("Plan the copy"), N_ ("Planning the copy")},
    {"copy", N_ ("Copy the data"), N_ ("Copying the data")},
    {"verify", N_ ("Compare with the original"), N_ ("Comparing what arrived with the original")},
    {"finish", N_ ("Finish the virtual machine"), N_ ("Finishing the virtual machine")},
};

const char *
say_phase (const char *phase)
{
  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    if (g_str_equal (phases[i].phase, phase))
      return _ (phases[i].words);
  return phase;
}

const char *
say_phase_now (const char *phase)
{
  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    if (g_str_equal (phases[i].phase, phase))
      return _ (phases[i].now);
  return NULL;
}

char *
say_figures (const Event *event, gboolean lost)
{
  g_autoptr (GString) text = g_string_new (NULL);
  /* Rounded down: not at its end before it is. */
  g_string_append_printf (text, _ ("%d %%"), (int)event->percent);
  if (event->in_bytes && event->total > 0) {
    g_autofree char *done = estimate_format_bytes (event->done);
    g_autofree char *total = estimate_format_bytes (event->total);
    g_autofree char *speed = estimate_format_bytes ((guint64)MAX (event->rate, 0));
    g_string_append_printf (text, _ ("   %s of %s"), done, total);
    if (event->rate >= 0)
      g_string_append_printf (text, _ ("   %s per second"), speed);
  }
  g_autofree char *time = estimate_format_seconds (MAX (event->seconds_left, 0));
  if (event->seconds_left >= 0 && !lost)
    g_string_append_printf (text, _ ("   about %s left"), time);
  return g_strdup (text->str);
}

char *
say_locked (char **volumes)
{
  g_autofree char *names = g_strjoinv (", ", volumes);
  return g_strdup_printf (
      P_ ("The encrypted volume %s does not open: its passphrase is missing or wrong.",
          "The encrypted volumes %s do not open: their passphrases are missing or wrong.",
          g_strv_length (volumes)),
      names);
}
