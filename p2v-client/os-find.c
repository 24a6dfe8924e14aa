/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "os-find.h"
#include "common/process.h"
#include "common/text.h"
#include "os-windows.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* grub-fstest calls its images so. */
#define IMAGE "loop"

#define ONE_S       "10" /* for one file: a disk that fails may not answer */
#define ALL         (30 * G_USEC_PER_SEC)
#define TEXT_LENGTH 65536 /* of a file that may be of any length */
#define NAME_LENGTH 80
#define DEVICES     64

typedef struct {
  char *program;
  char **devices; /* of the disks */
  guint n;
  gint64 deadline;
  GCancellable *cancel;
  GPtrArray *found;
} Search;

/* The first that is there says it: os-release(5), or what was usual before 2012. */
static const char *const files[] = {"etc/os-release",   "usr/lib/os-release", "etc/redhat-release",
                                    "etc/SuSE-release", "etc/lsb-release",    "etc/debian_version"};

/* Below the top: Btrfs volumes as installers make them (Ubuntu, Debian, Fedora, openSUSE). */
static const char *const tops[] = {"", "@/", "@rootfs/", "root/", "@/.snapshots/1/snapshot/"};

static void
found_free (gpointer data)
{
  FoundSystem *system = data;
  g_free (system->name);
  g_free (system->place);
  g_free (system);
}

/* Runs COMMAND with PATH and OTHER (NULL: without) on LENGTH bytes from OFFSET of the file;
 * OUTPUT as of p2v_process_run. */
static gboolean
run (const Search *search, guint64 offset, guint32 bytes, char **output, const char *command,
     const char *path, const char *other)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *count = g_strdup_printf ("--diskcount=%u", search->n);
  g_autofree char *skip = g_strdup_printf ("--skip=%" G_GUINT64_FORMAT, offset);
  g_autofree char *length = g_strdup_printf ("--length=%u", bytes);
  if (g_get_monotonic_time () > search->deadline || g_cancellable_is_cancelled (search->cancel))
    return FALSE;
  g_ptr_array_add (argv, (gpointer) "timeout");
  g_ptr_array_add (argv, (gpointer)ONE_S);
  g_ptr_array_add (argv, search->program);
  g_ptr_array_add (argv, count);
  g_ptr_array_add (argv, skip);
  g_ptr_array_add (argv, length);
  for (guint i = 0; i < search->n; i++)
    g_ptr_array_add (argv, search->devices[i]);
  g_ptr_array_add (argv, (gpointer)command);
  if (path)
    g_ptr_array_add (argv, (gpointer)path);
  if (other)
    g_ptr_array_add (argv, (gpointer)other);
  g_ptr_array_add (argv, NULL);
  return p2v_process_run ((const char *const *)argv->pdata, output, search->cancel, NULL);
}

/* What COMMAND prints of PATH (caller frees); NULL: nothing. */
static char *
ask (const Search *search, const char *command, const char *path)
{
  g_autofree char *output = NULL;
  if (!run (search, 0, TEXT_LENGTH, &output, command, path, NULL) || !output || !*output)
    return NULL;
  return g_steal_pointer (&output);
}

/* ---- what they are called ---- */

/* The value of KEY= in lines as of a shell (caller frees). */
static char *
value_of (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++) {
    if (!g_str_has_prefix (*line, key) || (*line)[strlen (key)] != '=')
      continue;
    const char *value = *line + strlen (key) + 1;
    char *plain = g_shell_unquote (value, NULL);
    return plain ? plain : g_strdup (value);
  }
  return NULL;
}

/* A name that can be shown (caller frees); NULL: it is blank. */
static char *
tidy (const char *name)
{
  g_autofree char *clean = g_strstrip (p2v_text_clean (name, ""));
  return *clean ? g_utf8_substring (clean, 0, MIN (g_utf8_strlen (clean, -1), NAME_LENGTH)) : NULL;
}

char *
os_find_name (const char *file, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *said =
      g_str_has_suffix (file, "os-release")       ? value_of (valid, "PRETTY_NAME")
      : g_str_has_suffix (file, "lsb-release")    ? value_of (valid, "DISTRIB_DESCRIPTION")
      : g_str_has_suffix (file, "debian_version") ? g_strdup_printf ("Debian %s", valid)
                                                  : g_strndup (valid, strcspn (valid, "\n"));
  return tidy (said ? said : "");
}

/* "my--vg-root": a hyphen of a name is written twice (as in /dev/mapper). */
static char *
name_volume (const char *volume)
{
  g_autoptr (GString) out = g_string_new (NULL);
  for (const char *p = volume; *p; p++) {
    gboolean twice = p[0] == '-' && p[1] == '-';
    g_string_append_c (out, *p == '-' && !twice ? '/' : *p);
    p += twice ? 1 : 0;
  }
  return g_strdup (out->str);
}

char *
os_find_place (const char *grub, const char *const *devices, guint n)
{
  if (g_str_has_prefix (grub, "lvm/"))
    return name_volume (grub + strlen ("lvm/"));
  if (!g_str_has_prefix (grub, IMAGE))
    return g_strdup (grub);
  char *end;
  guint64 disk = g_ascii_strtoull (grub + strlen (IMAGE), &end, 10);
  if (disk >= n)
    return g_strdup (grub);
  g_autofree char *base = g_path_get_basename (devices[disk]);
  const char *partition = strpbrk (end, "0123456789");
  /* As the kernel does: nvme0n1p2, sda2. */
  gboolean digit = g_ascii_isdigit (base[strlen (base) - 1]);
  return partition ? g_strdup_printf ("%s%s%s", base, digit ? "p" : "", partition)
                   : g_steal_pointer (&base);
}

/* ---- the search ---- */

static void
add (Search *search, const char *device, char *name)
{
  FoundSystem *system = g_new0 (FoundSystem, 1);
  system->name = name;
  system->place = os_find_place (device, (const char *const *)search->devices, search->n);
  g_ptr_array_add (search->found, system);
}

/* A member of a mirror shows the same as the mirror, which came before it. */
static gboolean
is_of_mirror (const Search *search, const char *device, const char *name)
{
  for (guint i = 0; g_str_has_prefix (device, IMAGE) && i < search->found->len; i++) {
    const FoundSystem *other = g_ptr_array_index (search->found, i);
    if (g_str_has_prefix (other->place, "md/") && g_str_equal (other->name, name))
      return TRUE;
  }
  return FALSE;
}

static char *
find_linux (const Search *search, const char *device, const char *listing, const char *top)
{
  g_autofree char *first = g_strndup (top, strcspn (top, "/"));
  if (*top && !strstr (listing, first))
    return NULL;
  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    g_autofree char *path = g_strdup_printf ("(%s)/%s%s", device, top, files[i]);
    g_autofree char *text = ask (search, "cat", path);
    char *name = text ? os_find_name (files[i], text) : NULL;
    if (name)
      return name;
  }
  return NULL;
}

/* ---- Windows ---- */

/* A file that is read here and there: each block of it by a process, once.  A registry needs a
 * dozen of them. */
#define BLOCK  65536U
#define BLOCKS 128

typedef struct {
  const Search *search;
  char *path;
  GHashTable *blocks; /* number → GBytes; short: it ends there, or cannot be read */
} RemoteFile;

/* grub-fstest copies into a file alone: one in memory, by a name that it can open. */
static GBytes *
fetch_block (const RemoteFile *file, guint64 number)
{
  int fd = memfd_create ("p2v-block", MFD_CLOEXEC);
  if (fd < 0)
    return g_bytes_new (NULL, 0);
  g_autofree char *name = g_strdup_printf ("/proc/%d/fd/%d", getpid (), fd);
  g_autofree guint8 *block = g_malloc (BLOCK);
  gssize length = -1;
  if (run (file->search, number * BLOCK, BLOCK, NULL, "cp", file->path, name))
    length = pread (fd, block, BLOCK, 0);
  close (fd);
  return g_bytes_new (block, (gsize)MAX (length, 0));
}

static gboolean
read_file (gpointer data, guint64 offset, guint32 length, guint8 *out)
{
  RemoteFile *file = data;
  for (guint32 done = 0; done < length;) {
    guint64 number = (offset + done) / BLOCK;
    gsize at = (offset + done) % BLOCK, there;
    GBytes *block = g_hash_table_lookup (file->blocks, &number);
    if (!block) {
      if (g_hash_table_size (file->blocks) >= BLOCKS)
        return FALSE;
      block = fetch_block (file, number);
      g_hash_table_insert (file->blocks, g_memdup2 (&number, sizeof number), block);
    }
    const guint8 *bytes = g_bytes_get_data (block, &there);
    if (at >= there)
      return FALSE;
    guint32 part = (guint32)MIN (there - at, length - done);
    memcpy (out + done, bytes + at, part);
    done += part;
  }
  return TRUE;
}

/* By its registry, which may be damaged: then it is "Windows". */
static char *
name_windows (const Search *search, const char *device, const char *folder)
{
  RemoteFile hive = {.search = search,
                     .path = g_strdup_printf ("(%s)/%s/System32/config/SOFTWARE", device, folder),
                     .blocks = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                                      (GDestroyNotify)g_bytes_unref)};
  g_autofree char *said = os_windows_name (read_file, &hive);
  g_hash_table_unref (hive.blocks);
  g_free (hive.path);
  char *name = said ? tidy (said) : NULL;
  return name ? name : g_strdup ("Windows");
}

static char *
find_windows (const Search *search, const char *device, const char *listing)
{
  static const char *const folders[] = {"Windows", "WINNT"}; /* until 2000 */
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    g_autofree char *listed = g_strconcat (folders[i], "/", NULL);
    g_autofree char *path = g_strdup_printf ("(%s)/%s/System32/", device, folders[i]);
    g_autofree char *inside = strcasestr (listing, listed) ? ask (search, "ls", path) : NULL;
    if (inside && strcasestr (inside, "ntoskrnl.exe"))
      return name_windows (search, device, folders[i]);
  }
  return NULL;
}

static void
look_into (Search *search, const char *device)
{
  g_autofree char *top = g_strdup_printf ("(%s)/", device);
  g_autofree char *listing = ask (search, "ls", top);
  if (!listing)
    return;
  char *windows = find_windows (search, device, listing);
  if (windows) {
    add (search, device, windows);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (tops); i++) {
    g_autofree char *name =
        *tops[i] || strstr (listing, "etc/") ? find_linux (search, device, listing, tops[i]) : NULL;
    if (!name)
      continue;
    if (!is_of_mirror (search, device, name))
      add (search, device, g_steal_pointer (&name));
    return;
  }
}

/* Put together ones first (is_of_mirror). */
static int
compare (gconstpointer a, gconstpointer b)
{
  const char *one = *(const char *const *)a, *two = *(const char *const *)b;
  int order = g_str_has_prefix (one, IMAGE) - g_str_has_prefix (two, IMAGE);
  return order ? order : strcmp (one, two);
}

/* "(loop0,msdos1) (lvm/vg-root) …" without their parentheses. */
static char **
split_devices (const char *list)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  for (const char *p = strchr (list, '('); p && names->len < DEVICES; p = strchr (p, '(')) {
    gsize length = strcspn (++p, ")");
    g_autofree char *name = g_strndup (p, length);
    if (!g_str_equal (name, "proc") && !g_str_equal (name, "host"))
      g_ptr_array_add (names, g_steal_pointer (&name));
  }
  g_ptr_array_sort (names, compare);
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_steal (names, NULL);
}

GPtrArray *
os_find (const P2vMachine *machine, GCancellable *cancel)
{
  Search search = {.deadline = g_get_monotonic_time () + ALL, .cancel = cancel};
  search.program = g_find_program_in_path ("grub-fstest");
  if (!search.program)
    search.program = g_find_program_in_path ("grub2-fstest");
  search.n = machine->disks->len;
  search.devices = g_new0 (char *, search.n + 1);
  for (guint i = 0; i < search.n; i++)
    search.devices[i] =
        g_canonicalize_filename (((P2vDisk *)g_ptr_array_index (machine->disks, i))->device, "/");
  g_autofree char *list = search.program && search.n > 0 ? ask (&search, "ls", NULL) : NULL;
  /* Without a disk that it may read it ends before it says anything. */
  search.found = list ? g_ptr_array_new_with_free_func (found_free) : NULL;
  g_auto (GStrv) names = list ? split_devices (list) : NULL;
  for (guint i = 0; names && names[i]; i++)
    look_into (&search, names[i]);
  g_strfreev (search.devices);
  g_free (search.program);
  return search.found;
}
