/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "badblocks-files.h"
#include <string.h>
#include "common/text.h"

/* XFS has no table of who owns what (but for its newest format), so each file is asked; and
 * what is read for that crosses the wire. */
#define XFS_FILES_MOST "50000"

/* What debugfs answers to REQUEST about the file system on DEVICE (quoted): the word behind
 * the first tab of its second line (caller frees); NULL without one.  The request is made of
 * numbers of ours. */
static char *
ask_debugfs (Guest *guest, const char *request, const char *device)
{
  g_autofree char *script = g_strdup_printf ("debugfs -R '%s' %s 2>/dev/null", request, device);
  g_autofree char *output = guest_shell (guest, script);
  const char *line = output ? strchr (output, '\n') : NULL;
  const char *tab = line ? strchr (line, '\t') : NULL;
  return tab ? g_strndup (tab + 1, strcspn (tab + 1, "\n")) : NULL;
}

static char *
file_in_ext (Guest *guest, const char *device, guint64 at)
{
  static const char key[] = "\nBlock size:";
  g_autofree char *script = g_strdup_printf ("tune2fs -l %s", device);
  g_autofree char *facts = guest_shell (guest, script);
  const char *size = facts ? strstr (facts, key) : NULL;
  guint64 block_size = size ? g_ascii_strtoull (size + strlen (key), NULL, 10) : 0;
  if (block_size == 0)
    return NULL;
  g_autofree char *icheck = g_strdup_printf ("icheck %" G_GUINT64_FORMAT, at / block_size);
  g_autofree char *inode = ask_debugfs (guest, icheck, device);
  if (!inode || !g_ascii_isdigit (*inode))
    return NULL;
  g_autofree char *ncheck =
      g_strdup_printf ("ncheck %" G_GUINT64_FORMAT, g_ascii_strtoull (inode, NULL, 10));
  g_autofree char *path = ask_debugfs (guest, ncheck, device);
  /* it writes the root's "/" and one more */
  return path ? g_strdup (path + g_str_has_prefix (path, "//")) : NULL;
}

/* filefrag(8) says of each file where its pieces lie: "0: FIRST.. LAST: FIRST.. LAST: …", in the
 * file and on the device. */
static char *
file_in_xfs (Guest *guest, const char *device, guint64 at)
{
  g_autofree char *script = g_strdup_printf (
      "m=$(mktemp -d) && mount -t xfs -o ro,nouuid %s $m || exit\n"
      "set -- $(stat -f -c '%%c %%d' $m)\n"
      "[ $(($1 - $2)) -gt " XFS_FILES_MOST " ] ||\n"
      "  find $m -xdev -type f -print0 | xargs -0 -r filefrag -v -- 2>/dev/null |\n"
      "  gawk -v at=%" G_GUINT64_FORMAT " -v m=$m '\n"
      "    /^File size of / {\n"
      "      name = size = substr ($0, length (\"File size of \" m) + 1)\n"
      "      sub (/ is [0-9]+ \\([0-9]+ blocks? of [0-9]+ bytes\\)$/, \"\", name)\n"
      "      sub (/.* blocks? of /, \"\", size)\n"
      "      size += 0 }\n"
      "    /^ *[0-9]+:/ {\n"
      "      gsub (/[:.]+/, \" \")\n"
      "      if (at >= $4 * size && at < ($5 + 1) * size) { print \"file\" name; exit } }'\n"
      "umount $m && rmdir $m\n",
      device, at);
  g_autofree char *output = guest_shell (guest, script);
  /* complaints come before it */
  const char *found = output ? strstr (output, "file/") : NULL;
  return found ? g_strndup (found + 4, strcspn (found + 4, "\n")) : NULL;
}

/* ntfscluster(8) asks the whole master file table, and says "Inode 64 /dir/name/$DATA" (of the root
 * "/./$…"). */
static char *
file_in_ntfs (Guest *guest, const char *device, guint64 at)
{
  g_autofree char *script = g_strdup_printf (
      "size=$(ntfsinfo -m %s | sed -n 's/^[[:space:]]*Cluster Size: //p')\n"
      "cluster=$((%" G_GUINT64_FORMAT " / size)) &&\n"
      "  ntfscluster -c $cluster-$cluster %s | sed -n 's/^Inode [0-9]* /file/p' | head -n 1\n",
      device, at, device);
  g_autofree char *output = guest_shell (guest, script);
  char *found = output ? strstr (output, "file/") : NULL;
  if (!found)
    return NULL;
  found += strlen ("file");
  found[strcspn (found, "\n")] = '\0';
  char *attribute = g_strrstr (found, "/$");
  if (attribute)
    *attribute = '\0';
  return g_strdup (*found && strcmp (found, "/.") ? found : "/");
}

/* The file that has byte AT of the device with the kernel's name NAME (caller frees), or NULL. */
static char *
file_at (Guest *guest, const char *name, guint64 at)
{
  g_autofree char *path = g_strconcat ("/dev/", name, NULL);
  g_autofree char *device = g_shell_quote (path);
  g_autofree char *script = g_strdup_printf ("blkid -p -o value -s TYPE %s", device);
  g_autofree char *type = guest_shell (guest, script);
  g_autofree char *file = NULL;
  if (type && g_str_has_prefix (type, "ext"))
    file = file_in_ext (guest, device, at);
  else if (type && g_str_has_prefix (type, "xfs"))
    file = file_in_xfs (guest, device, at);
  else if (type && g_str_has_prefix (type, "ntfs"))
    file = file_in_ntfs (guest, device, at);
  return file ? p2v_text_clean (file, "") : NULL;
}

/* "partition 2" for OFFSET of a disk of which nothing else is known; NULL outside of all. */
static char *
partition_at (Guest *guest, guint index, guint64 offset)
{
  struct guestfs_partition_list *parts = guestfs_part_list (guest->g, guest->devices[index]);
  char *words = NULL;
  for (guint i = 0; parts && i < parts->len; i++) {
    const struct guestfs_partition *part = &parts->val[i];
    if (offset < part->part_start || offset > part->part_end)
      continue;
    g_free (words); /* a logical one is behind the extended one around it */
    words = g_strdup_printf ("partition %d", part->part_num);
  }
  guestfs_free_partition_list (parts);
  return words;
}

/* What a person calls the device with the kernel's name NAME, when it is no partition. */
static char *
volume_name_of (Guest *guest, const Blocks *blocks, const char *name)
{
  g_auto (GStrv) lvs = guestfs_lvs (guest->g);
  g_auto (GStrv) arrays = guestfs_list_md_devices (guest->g);
  char **const lists[] = {lvs, arrays};
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint j = 0; lists[i] && lists[i][j]; j++) {
      g_autofree char *kernel = layers_kernel_name (guest, blocks, lists[i][j]);
      if (!g_strcmp0 (kernel, name))
        return g_strdup (lists[i][j]);
    }
  return NULL;
}

static void
add_words (GString *all, const char *what, const char *name)
{
  if (name)
    g_string_append_printf (all, "%s%s%s", all->len ? ", " : "", what, name);
}

char *
badblocks_place (Guest *guest, const Blocks *blocks, guint index, guint64 offset)
{
  guint64 at = offset;
  const char *top = blocks ? blocks_top (blocks, index, &at) : NULL;
  g_autoptr (GString) words = g_string_new (NULL);
  g_autofree char *partition = partition_at (guest, index, offset);
  g_autofree char *volume = top ? volume_name_of (guest, blocks, top) : NULL;
  g_autofree char *file = top ? file_at (guest, top, at) : NULL;
  add_words (words, "", partition);
  add_words (words, "", volume);
  add_words (words, "file ", file);
  return words->len ? g_string_free (g_steal_pointer (&words), FALSE) : NULL;
}
