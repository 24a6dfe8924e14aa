/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/error.h"
#include "common/log.h"
#include "config.h"
#include "console.h"
#include "frontend.h"
#include "headless.h"
#include "image.h"
#include "inventory.h"
#include "manual.h"
#include "record.h"
#include "remote-login.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CMDLINE_MAX 65536u
/* On the image: for a network that comes up late, or a stick. */
#define CONFIG_WAIT_S 30u

typedef struct {
  char *cmdline, *log, *image;
  gboolean consoles, inventory, check, wants_wizard, man, version, verbose;
} Options;

/* Passwords are in our memory: no core dump, and no other process of this user
 * looks into it.  (LeakSanitizer has to.) */
static void
guard_memory (void)
{
  const struct rlimit none = {0, 0};
  (void)setrlimit (RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
  (void)prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* On the image, with a password on the kernel command line (a key's URL may hold
 * one): root only. */
static void
guard_cmdline (const Settings *settings)
{
  static const SettingId urls[] = {SETTING_identity, SETTING_config};
  gboolean secret =
      settings_given (settings, SETTING_password) || settings_given (settings, SETTING_luks);
  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    secret |= settings_given (settings, urls[i]) && strchr (settings_get (settings, urls[i]), '@');
  if (!secret)
    return;
  if (chmod ("/proc/cmdline", 0400) != 0)
    p2v_warning ("/proc/cmdline stays readable for all: %s", g_strerror (errno));
  int fd = open ("/proc/sys/kernel/dmesg_restrict", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write (fd, "1", 1) != 1)
    p2v_warning ("dmesg stays readable for all: %s", g_strerror (errno));
  if (fd >= 0)
    close (fd);
}

static void
wipe (char *text)
{
  if (text)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

/* The value of --cmdline, or NULL (caller frees).  GLib never sees it, for it would
 * free its copies as they are, and stars take its place, for ps shows the original. */
static char *
take_cmdline (char **argv)
{
  gboolean is_value = FALSE;
  char *taken = NULL;
  for (guint i = 1; argv[i]; i++) {
    gboolean whole = g_str_has_prefix (argv[i], "--cmdline=");
    char *value = whole ? argv[i] + strlen ("--cmdline=") : argv[i];
    if (whole || is_value) {
      wipe (taken);
      taken = g_strdup (value);
      memset (value, '*', strlen (value));
    }
    is_value = !is_value && g_str_equal (argv[i], "--cmdline");
  }
  return taken;
}

/* Into one buffer, without a copy on the way; NULL with errno. */
static char *
read_line (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  char *text = g_malloc0 (CMDLINE_MAX + 1);
  gsize length = 0;
  ssize_t n = fd < 0 ? -1 : 1;
  while (n > 0 && length < CMDLINE_MAX) {
    n = read (fd, text + length, CMDLINE_MAX - length);
    length += n > 0 ? (gsize)n : 0;
  }
  int saved = errno;
  if (fd >= 0)
    close (fd);
  if (n >= 0)
    return text;
  wipe (text);
  errno = saved;
  return NULL;
}

/* To be wiped. */
static char *
read_cmdline (Options *options, GError **error)
{
  char *cmdline = g_steal_pointer (&options->cmdline);
  gboolean is_stdin = g_strcmp0 (cmdline, "-") == 0;
  if (!cmdline || is_stdin) {
    wipe (cmdline);
    cmdline = read_line (is_stdin ? "/dev/stdin" : "/proc/cmdline");
  }
  if (!cmdline)
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Give the arguments with --cmdline=.",
                   "The kernel command line cannot be read: %s.", g_strerror (errno));
  return cmdline;
}

static Settings *
read_settings (Options *options, GError **error)
{
  g_autoptr (Settings) settings = settings_new ();
  char *cmdline = read_cmdline (options, error);
  if (!cmdline)
    return NULL;
  gboolean ok = settings_parse (settings, cmdline, error);
  wipe (cmdline);
  return ok ? g_steal_pointer (&settings) : NULL;
}

static gboolean
open_log (const Options *options, GError **error)
{
  P2vLogLevel level = options->verbose ? P2V_LOG_DEBUG : P2V_LOG_WARNING;
  int fd = STDERR_FILENO;
  if (options->log) {
    level = P2V_LOG_DEBUG;
    fd = open (options->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  if (fd < 0) {
    p2v_set_error (error, P2V_ERROR_SETTINGS, "Name another file with --log=.",
                   "The log %s cannot be opened: %s.", options->log, g_strerror (errno));
    return FALSE;
  }
  p2v_log_open (fd, level);
  return TRUE;
}

static int
print_inventory (const Settings *settings, Console *console)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (P2vMachine) machine = inventory_read (settings, &error);
  if (!machine) {
    headless_show_error (console, error);
    return STATUS_FAILED;
  }
  g_autoptr (JsonObject) object = p2v_machine_to_json (machine);
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);
  g_autofree char *text = json_to_string (node, TRUE);
  console_print (console, "%s", text);
  return STATUS_OK;
}

/* The image's own scripts ask for this before the client is wanted; what is wrong with
 * other arguments is not said yet. */
static int
prepare_image (Options *options, Console *console)
{
  g_autoptr (GError) error = NULL;
  char *cmdline = read_cmdline (options, &error);
  gboolean ok = cmdline && image_prepare (options->image, cmdline, &error);
  wipe (cmdline);
  if (!ok)
    headless_show_error (console, error);
  return ok ? STATUS_OK : STATUS_FAILED;
}

static int
check_complete (const Settings *settings, Console *console)
{
  g_auto (GStrv) missing = NULL;
  if (settings_headless (settings, &missing))
    return STATUS_OK;
  if (missing[0])
    headless_show_missing (console, missing);
  else
    console_print (console,
                   "Nothing is converted: p2v.gui or p2v.text asks for a dialog, but there is "
                   "neither a display nor a terminal for it.\nTake that argument away.");
  return STATUS_SETTINGS;
}

/* The settings file, if there is one: WHERE. */
static gboolean
complete_settings (Settings *settings, const Options *options, char **where, Console *console)
{
  g_autoptr (GError) error = NULL;
  gboolean image = options->consoles || options->wants_wizard;
  if (config_load (settings, image ? CONFIG_WAIT_S : 0, where, &error)) {
    if (*where && !options->wants_wizard)
      console_print (console, "Settings from %s", *where);
    return TRUE;
  }
  headless_show_error (console, error);
  if (options->consoles) {
    g_autoptr (Record) record G_GNUC_UNUSED = record_open (settings, CONFIG_WAIT_S);
    g_autofree char *sentence = p2v_error_sentence (error);
    p2v_log_tell (P2V_LOG_ERROR, "nothing was converted: %s", sentence);
    headless_run_fail (settings, console);
  }
  return FALSE;
}

/* Without it the conversion goes on: it is for looking on. */
static void
open_remote_login (const Settings *settings, Console *console)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *saying = NULL;
  if (!remote_login_start (settings, CONFIG_WAIT_S, &saying, &error)) {
    headless_show_error (console, error);
    p2v_info ("%s", error->message);
  } else if (saying) {
    console_print (console, "%s", saying);
    p2v_info ("%s", saying);
  }
}

static int
convert (const Settings *settings, const char *where, const Options *options, Console *console)
{
  g_autoptr (Record) record G_GNUC_UNUSED =
      record_open (settings, options->consoles ? CONFIG_WAIT_S : 0);
  if (where)
    p2v_info ("settings from %s", where);
  if (options->consoles)
    open_remote_login (settings, console);
  if (!settings_headless (settings, NULL)) {
    DialogOptions dialog = {.image = options->consoles};
    int closed = frontend_run (settings, &dialog);
    if (closed != DIALOG_NO_DISPLAY)
      return closed;
  }
  int status = check_complete (settings, console);
  if (status != STATUS_OK)
    return status;
  HeadlessOptions headless = {.image = options->consoles, .verbose = options->verbose};
  console_print (console, "p2v %s", P2V_VERSION);
  return headless_run (settings, console, &headless);
}

static int
work (Options *options, Console *console)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Settings) settings = NULL;
  gboolean logs = open_log (options, &error);
  if (logs && options->image)
    return prepare_image (options, console);
  if (!logs || !(settings = read_settings (options, &error))) {
    headless_show_error (console, error);
    return STATUS_SETTINGS;
  }
  if (options->consoles)
    guard_cmdline (settings);
  g_autofree char *where = NULL;
  if (!complete_settings (settings, options, &where, console))
    return STATUS_SETTINGS;
  if (options->wants_wizard) {
    gboolean text = settings_get_bool (settings, SETTING_text);
    console_print (console, text ? "text" : "wizard");
    return settings_headless (settings, NULL) ? STATUS_FAILED : STATUS_OK;
  }
  if (options->inventory)
    return print_inventory (settings, console);
  if (!options->check)
    return convert (settings, where, options, console);
  int status = check_complete (settings, console);
  if (status == STATUS_OK)
    console_print (console, "The kernel arguments are complete.");
  return status;
}

static int
run (Options *options, const GOptionEntry *entries, char ***arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new ("- convert this physical machine");
  g_autofree char *help = settings_help ();
  g_option_context_set_description (context, help);
  g_option_context_add_main_entries (context, entries, NULL);
  gboolean ok = g_option_context_parse_strv (context, arguments, &error);
  if (ok && (*arguments)[0] && (*arguments)[1])
    g_set_error (&error, P2V_ERROR, P2V_ERROR_SETTINGS, "There is no argument %s.",
                 (*arguments)[1]);
  if (error) {
    g_printerr ("%s\np2v-client --help lists all options.\n", error->message);
    return STATUS_SETTINGS;
  }
  if (options->version) {
    g_print ("p2v-client %s\n", P2V_VERSION);
    return STATUS_OK;
  }
  if (options->man) {
    g_autofree char *page = manual_page (entries);
    g_print ("%s", page);
    return STATUS_OK;
  }
  g_autoptr (Console) console = console_new (options->consoles);
  return work (options, console);
}

int
main (int argc, char **argv)
{
  (void)argc;
  Options options = {.cmdline = take_cmdline (argv)};
  g_autofree char *hidden = NULL;
  const GOptionEntry entries[] = {
      {"cmdline", 0, 0, G_OPTION_ARG_STRING, &hidden,
       "Take the arguments from here instead of /proc/cmdline; from standard input with \"-\", "
       "which "
       "keeps a password out of the list of processes",
       "STRING"},
      {"consoles", 0, 0, G_OPTION_ARG_NONE, &options.consoles,
       "Show everything on all active consoles, and power off after success; for the image", NULL},
      {"inventory", 0, 0, G_OPTION_ARG_NONE, &options.inventory,
       "Print what would be sent about this machine, as JSON", NULL},
      {"check", 0, 0, G_OPTION_ARG_NONE, &options.check, "Only check the arguments", NULL},
      {"wants-wizard", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options.wants_wizard,
       "Only an exit status: 0 when a dialog is to be shown, and \"wizard\" or \"text\"; for the "
       "image",
       NULL},
      {"image", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options.image,
       "Set up a part of the image by the kernel arguments: network, iscsi", NULL},
      {"man", 0, 0, G_OPTION_ARG_NONE, &options.man, "Print the source of the manual page", NULL},
      {"log", 0, 0, G_OPTION_ARG_FILENAME, &options.log, "Write a full log into this file", "FILE"},
      {"verbose", 0, 0, G_OPTION_ARG_NONE, &options.verbose, "Show every step", NULL},
      {"version", 0, 0, G_OPTION_ARG_NONE, &options.version, "Print the version", NULL},
      {0},
  };
  (void)setlocale (LC_ALL, "");
  /* Figures look the same everywhere. */
  (void)setlocale (LC_NUMERIC, "C");
  guard_memory ();
  (void)signal (SIGPIPE, SIG_IGN);
  g_auto (GStrv) arguments = g_strdupv (argv);
  int status = run (&options, entries, &arguments);
  p2v_log_forget_secrets ();
  wipe (options.cmdline);
  g_free (options.log);
  g_free (options.image);
  return status;
}
