/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "iscsi.h"
#include "common/error.h"
#include "settings-table.h"
#include <string.h>

#define DEFAULT_PORT 3260 /* IANA's, RFC 7143 */

static void
wipe (char *secret)
{
  if (secret)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

void
iscsi_target_free (IscsiTarget *target)
{
  if (!target)
    return;
  g_free (target->name);
  g_free (target->address);
  g_free (target->user);
  wipe (target->password);
  g_free (target->in_user);
  wipe (target->in_password);
  g_free (target);
}

IscsiTarget *
iscsi_target_new (void)
{
  IscsiTarget *target = g_new0 (IscsiTarget, 1);
  target->port = DEFAULT_PORT;
  return target;
}

IscsiTarget *
iscsi_target_copy (const IscsiTarget *target)
{
  IscsiTarget *copy = g_new (IscsiTarget, 1);
  *copy = (IscsiTarget){
      .name = g_strdup (target->name),
      .address = g_strdup (target->address),
      .port = target->port,
      .user = g_strdup (target->user),
      .password = g_strdup (target->password),
      .in_user = g_strdup (target->in_user),
      .in_password = g_strdup (target->in_password),
  };
  return copy;
}

void
iscsi_plan_free (IscsiPlan *plan)
{
  if (!plan)
    return;
  g_free (plan->initiator);
  g_ptr_array_unref (plan->targets);
  g_free (plan);
}

static gboolean
refuse (GError **error, const char *argument, const char *why)
{
  p2v_set_error (error, P2V_ERROR_SETTINGS,
                 "Correct it, for example netroot=iscsi:192.0.2.7::::iqn.2001-04.com.example:disk",
                 "%s %s.", argument, why);
  return FALSE;
}

gboolean
iscsi_is_name (const char *text)
{
  return g_str_has_prefix (text, "iqn.") || g_str_has_prefix (text, "eui.") ||
         g_str_has_prefix (text, "naa.");
}

static gboolean
read_port (const char *text, guint *port)
{
  guint64 value;
  if (!g_ascii_string_to_unsigned (text, 10, 1, 65535, &value, NULL))
    return FALSE;
  *port = (guint)value;
  return TRUE;
}

/* A line of iscsid.conf must stay one line. */
static char *
take (const char *text)
{
  for (const char *p = text; p && *p; p++)
    if (g_ascii_iscntrl (*p))
      return NULL;
  return text && *text ? g_strdup (text) : NULL;
}

/* "USER:PASSWORD[:IN-USER:IN-PASSWORD]" */
static gboolean
read_login (IscsiTarget *target, char *text)
{
  char *parts[4] = {text};
  guint n = 1;
  for (char *p = text; *p; p++) {
    if (*p != ':')
      continue;
    *p = '\0';
    if (n == 4)
      return FALSE;
    parts[n++] = p + 1;
  }
  target->user = take (parts[0]);
  target->password = take (parts[1]);
  target->in_user = take (parts[2]);
  target->in_password = take (parts[3]);
  return n % 2 == 0 && target->user && target->password &&
         (n == 2 || (target->in_user && target->in_password));
}

/* "HOST:PROTOCOL:PORT:…:TARGET", where TARGET has colons of its own. */
static gboolean
read_place (IscsiTarget *target, const char *text)
{
  const char *end = *text == '[' ? strchr (text, ']') : strchr (text, ':');
  if (!end || end == text)
    return FALSE;
  if (*text == '[') {
    target->address = g_strndup (text + 1, (gsize)(end - text - 1));
    end++;
  } else {
    target->address = g_strndup (text, (gsize)(end - text));
  }
  for (guint field = 1; *end == ':'; field++) {
    const char *begin = end + 1;
    if (iscsi_is_name (begin)) {
      target->name = take (begin);
      return field >= 4 && *target->address;
    }
    end = strchrnul (begin, ':');
    g_autofree char *value = g_strndup (begin, (gsize)(end - begin));
    if (field == 2 && *value && !read_port (value, &target->port))
      return FALSE;
  }
  return FALSE;
}

static gboolean
read_netroot (IscsiPlan *plan, char *text, GError **error)
{
  IscsiTarget *target = iscsi_target_new ();
  g_ptr_array_add (plan->targets, target);
  char *at = strrchr (text, '@'), *place = at ? at + 1 : text;
  if (at)
    *at = '\0';
  if (at && !read_login (target, text))
    return refuse (error, "netroot=iscsi:…@",
                   "has no user and password, or no second pair of them, before the @");
  if (!read_place (target, place))
    return refuse (error, "netroot=iscsi:",
                   "is not HOST:[PROTOCOL]:[PORT]:[LUN]:TARGET with a target such as iqn.…");
  return TRUE;
}

static gboolean
is_on (const char *value)
{
  return !value || setting_is_yes (value);
}

/* What goes to a target of its own, and to those of netroot= as far as it is a login. */
typedef struct {
  const char *name;
  gsize offset;
} Field;

static const Field fields[] = {
    {"rd.iscsi.target.name", offsetof (IscsiTarget, name)},
    {"iscsi_target_name", offsetof (IscsiTarget, name)},
    {"rd.iscsi.target.ip", offsetof (IscsiTarget, address)},
    {"iscsi_target_ip", offsetof (IscsiTarget, address)},
    {"rd.iscsi.username", offsetof (IscsiTarget, user)},
    {"iscsi_username", offsetof (IscsiTarget, user)},
    {"rd.iscsi.password", offsetof (IscsiTarget, password)},
    {"iscsi_password", offsetof (IscsiTarget, password)},
    {"rd.iscsi.in.username", offsetof (IscsiTarget, in_user)},
    {"iscsi_in_username", offsetof (IscsiTarget, in_user)},
    {"rd.iscsi.in.password", offsetof (IscsiTarget, in_password)},
    {"iscsi_in_password", offsetof (IscsiTarget, in_password)},
};

static gboolean
read_field (IscsiTarget *given, const char *name, const char *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    if (!g_str_equal (fields[i].name, name))
      continue;
    char **field = (char **)(void *)((char *)given + fields[i].offset);
    wipe (*field);
    *field = take (value);
    return TRUE;
  }
  return FALSE;
}

/* WORD has been split at its "=": NAME and VALUE (NULL: none). */
static gboolean
read_word (IscsiPlan *plan, IscsiTarget *given, const char *name, char *value, GError **error)
{
  gboolean root = g_str_equal (name, "netroot") || g_str_equal (name, "root");
  if (root && value && g_str_has_prefix (value, "iscsi:"))
    return read_netroot (plan, value + strlen ("iscsi:"), error);
  if (read_field (given, name, value))
    return TRUE;
  if (g_str_equal (name, "rd.iscsi.target.port") || g_str_equal (name, "iscsi_target_port"))
    return (value && read_port (value, &given->port)) ||
           refuse (error, "rd.iscsi.target.port=", "is not a port number");
  if (g_str_equal (name, "rd.iscsi.initiator") || g_str_equal (name, "iscsi_initiator")) {
    g_free (plan->initiator);
    plan->initiator = take (value);
  } else if (g_str_equal (name, "rd.iscsi.firmware") || g_str_equal (name, "rd.iscsi.ibft") ||
             g_str_equal (name, "iscsi_firmware")) {
    plan->firmware = is_on (value);
  }
  return TRUE;
}

static void
give_login (IscsiTarget *target, const IscsiTarget *given)
{
  if (!target->user) {
    target->user = g_strdup (given->user);
    target->password = g_strdup (given->password);
  }
  if (!target->in_user) {
    target->in_user = g_strdup (given->in_user);
    target->in_password = g_strdup (given->in_password);
  }
}

static gboolean
finish (IscsiPlan *plan, IscsiTarget *given, GError **error)
{
  if (!given->user != !given->password || !given->in_user != !given->in_password)
    return refuse (error, "rd.iscsi.username= or rd.iscsi.password=", "is missing");
  if (!given->name != !given->address)
    return refuse (error, "rd.iscsi.target.name= or rd.iscsi.target.ip=", "is missing");
  if (given->name && !iscsi_is_name (given->name))
    return refuse (error, "rd.iscsi.target.name=", "does not begin with iqn., eui. or naa.");
  if (given->name) {
    IscsiTarget *target = iscsi_target_new ();
    g_ptr_array_add (plan->targets, target);
    target->name = g_strdup (given->name);
    target->address = g_strdup (given->address);
    target->port = given->port;
  }
  for (guint i = 0; i < plan->targets->len; i++)
    give_login (g_ptr_array_index (plan->targets, i), given);
  return TRUE;
}

IscsiPlan *
iscsi_parse (const char *cmdline, GError **error)
{
  g_autoptr (IscsiPlan) plan = g_new0 (IscsiPlan, 1);
  plan->targets = g_ptr_array_new_with_free_func ((GDestroyNotify)iscsi_target_free);
  IscsiTarget *given = iscsi_target_new ();
  char **words = setting_words (cmdline, NULL);
  gboolean ok = TRUE;
  for (guint i = 0; ok && words[i]; i++) {
    char *equals = strchr (words[i], '=');
    if (equals)
      *equals = '\0';
    ok = read_word (plan, given, words[i], equals ? equals + 1 : NULL, error);
    if (equals) /* so that all of it is wiped */
      *equals = '=';
  }
  ok = ok && finish (plan, given, error);
  iscsi_target_free (given);
  setting_words_free (words);
  return ok ? g_steal_pointer (&plan) : NULL;
}
