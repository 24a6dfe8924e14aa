/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "passphrases.h"
#include <malloc.h>
#include <sys/resource.h>
#include "common/message.h"

#define ANSWER_S 60
/* A person may be at lunch. */
#define PATIENCE_S (24 * 60 * 60)

typedef struct {
  GPtrArray *list; /* char *, p2v_secret_new; NULL: none */
  gboolean leave;  /* a person has decided that what is closed stays so */
} Answer;

/* libguestfs makes messages of 4 MiB, which hold what is sent to the appliance: they go back to
 * the system, which clears them, instead of staying in the heap (mallopt(3): its own threshold
 * grows with them). */
static void
leave_no_messages (void)
{
  (void)mallopt (M_MMAP_THRESHOLD, 1 << 20);
}

/* CLOSED: what a person is asked for; NULL: what the client has.  libguestfs takes the
 * passphrases from here, and shows stars where it tells what it does; what it says besides goes
 * through the log. */
static gboolean
ask (Job *job, char **closed, Answer *answer, GError **error)
{
  const struct rlimit none = {0, 0};
  (void)setrlimit (RLIMIT_CORE, &none);
  leave_no_messages ();
  g_autoptr (JsonObject) query = p2v_message_new ("query");
  json_object_set_string_member (query, "what", "passphrases");
  if (closed) {
    JsonArray *names = json_array_new ();
    for (guint i = 0; closed[i]; i++)
      json_array_add_string_element (names, closed[i]);
    json_object_set_array_member (query, "closed", names);
  }
  g_autoptr (JsonObject) data = job_ask (job, query, closed ? PATIENCE_S : ANSWER_S, error);
  if (!data)
    return FALSE;
  g_clear_pointer (&answer->list, g_ptr_array_unref);
  answer->list = job_take_secrets (job);
  JsonNode *leave = json_object_get_member (data, "leave");
  answer->leave = leave && JSON_NODE_HOLDS_VALUE (leave) && json_node_get_boolean (leave);
  for (guint i = 0; answer->list && i < answer->list->len; i++)
    p2v_log_add_secret (g_ptr_array_index (answer->list, i));
  return TRUE;
}

static void
set_wrong (char **closed, GError **error)
{
  g_autofree char *names = g_strjoinv (", ", closed);
  p2v_set_error (error, P2V_ERROR_SETTINGS,
                 "Start the physical machine from the image again, with the right passphrase "
                 "(p2v.luks=), or with none where the operating system is not encrypted.",
                 "None of the given passphrases opens %s (LUKS).", names);
}

static gboolean
use (Job *job, char **volumes, Answer *answer, PassphrasesOpen open, gpointer data, GError **error)
{
  gboolean tried = FALSE;
  for (; answer->list && answer->list->len > 0; tried = TRUE) {
    g_auto (GStrv) closed = open (answer->list, data);
    if (!*closed)
      return TRUE;
    g_autofree char *names = g_strjoinv (", ", closed);
    job_log (job, P2V_LOG_WARNING, "No passphrase that was given opens %s (LUKS)", names);
    if (g_strv_length (closed) < g_strv_length (volumes))
      return TRUE;
    if (!ask (job, volumes, answer, error))
      return FALSE;
  }
  if (!tried || answer->leave)
    return TRUE;
  set_wrong (volumes, error);
  return FALSE;
}

gboolean
passphrases_use (Job *job, char **volumes, gboolean needed, PassphrasesOpen open, gpointer data,
                 GError **error)
{
  Answer answer = {0};
  gboolean ok = ask (job, needed ? volumes : NULL, &answer, error) &&
                use (job, volumes, &answer, open, data, error);
  g_clear_pointer (&answer.list, g_ptr_array_unref);
  return ok;
}
