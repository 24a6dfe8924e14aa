/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "auth.h"
#include "common/error.h"
#include <string.h>

/* A server that asks more often than this wants something that we do not have. */
#define MAX_ROUNDS 8

typedef struct {
  Session *session;
  ssh_session ssh;
  const AuthOffer *offer;
  ssh_key key;
  gint64 deadline;
  GCancellable *cancel;
} Login;

static const struct {
  int bit;
  const char *name;
} method_names[] = {
    {SSH_AUTH_METHOD_PUBLICKEY, "publickey"},
    {SSH_AUTH_METHOD_PASSWORD, "password"},
    {SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive"},
    {SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic"},
    {SSH_AUTH_METHOD_HOSTBASED, "hostbased"},
};

char *
auth_method_names (int methods)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (method_names); i++) {
    if (methods & method_names[i].bit)
      g_string_append_printf (text, "%s%s", text->len ? ", " : "", method_names[i].name);
  }
  return g_strdup (text->len ? text->str : "nothing that p2v knows");
}

static gboolean
speaks_of (const char *question, const char *const *words)
{
  g_autofree char *lower = g_utf8_strdown (question, -1);
  for (guint i = 0; words[i]; i++)
    if (strstr (lower, words[i]))
      return TRUE;
  return FALSE;
}

/* The first question that is not echoed is the one for the password, unless it speaks of
 * something else, which only matters where somebody can be asked for that. */
static gboolean
is_for_password (const Login *login, const char *question, gboolean echo, gboolean answered)
{
  static const char *const codes[] = {"code", "token", "otp", "one-time", "verification", NULL};
  return login->offer->password && !echo && !answered &&
         !(login->offer->asker && speaks_of (question, codes));
}

/* What the person says (caller wipes and frees); NULL with P2V_ERROR_AUTH. */
static char *
ask_person (Login *login, const char *question, gboolean echo, GError **error)
{
  const SettingsAsker *asker = login->offer->asker;
  const char *said = ssh_userauth_kbdint_getinstruction (login->ssh);
  g_autofree char *whole = said && *said ? g_strdup_printf ("%s\n%s", said, question) : NULL;
  gint64 began = g_get_monotonic_time ();
  char *answer = asker->ask (session_peer (login->session), whole ? whole : question, echo,
                             login->cancel, asker->data);
  login->deadline += g_get_monotonic_time () - began;
  if (!answer)
    p2v_set_error (error, P2V_ERROR_AUTH, NULL,
                   "The login at %s was given up: its question was not answered.",
                   session_peer (login->session));
  return answer;
}

/* What is neither for the password nor for a person (a new password, a code) is not ours
 * to answer. */
static gboolean
answer_questions (Login *login, guint round, GError **error)
{
  gboolean answered = round > 0;
  int n = ssh_userauth_kbdint_getnprompts (login->ssh);
  for (int i = 0; i < n; i++) {
    char echo = 1;
    const char *prompt = ssh_userauth_kbdint_getprompt (login->ssh, (unsigned)i, &echo);
    g_autofree char *question = g_utf8_make_valid (prompt ? prompt : "", -1);
    gboolean for_password = is_for_password (login, question, echo, answered);
    char *asked = NULL;
    if (!for_password && login->offer->asker &&
        !(asked = ask_person (login, question, echo != 0, error)))
      return FALSE;
    (void)ssh_userauth_kbdint_setanswer (login->ssh, (unsigned)i,
                                         for_password ? login->offer->password
                                         : asked      ? asked
                                                      : "");
    if (asked)
      explicit_bzero (asked, strlen (asked));
    g_free (asked);
    answered |= for_password;
  }
  return TRUE;
}

static int
call_once (Login *login, int method)
{
  switch (method) {
  case SSH_AUTH_METHOD_PUBLICKEY:
    return ssh_userauth_publickey (login->ssh, NULL, login->key);
  case SSH_AUTH_METHOD_PASSWORD:
    return ssh_userauth_password (login->ssh, NULL, login->offer->password);
  case SSH_AUTH_METHOD_INTERACTIVE:
    return ssh_userauth_kbdint (login->ssh, NULL, NULL);
  default:
    return ssh_userauth_none (login->ssh, NULL);
  }
}

/* SSH_AUTH_SUCCESS, _PARTIAL or _DENIED; SSH_AUTH_ERROR with an error set. */
static int
try_method (Login *login, int method, GError **error)
{
  guint round = 0;
  for (;;) {
    int rc = call_once (login, method);
    if (rc == SSH_AUTH_AGAIN) {
      if (!session_wait (login->session, login->deadline, P2V_ERROR_CONNECT, login->cancel, error))
        return SSH_AUTH_ERROR;
    } else if (rc == SSH_AUTH_INFO) {
      /* A question without prompts is only information; it is answered as well. */
      if (round >= MAX_ROUNDS)
        return SSH_AUTH_DENIED;
      guint asked = ssh_userauth_kbdint_getnprompts (login->ssh) > 0;
      if (!answer_questions (login, round, error))
        return SSH_AUTH_ERROR;
      round += asked;
    } else if (rc == SSH_AUTH_ERROR) {
      p2v_set_error (error, P2V_ERROR_CONNECT,
                     "Look at sshd's log on the conversion server (journalctl -u ssh).",
                     "%s closed the connection during login: %s.", session_peer (login->session),
                     ssh_get_error (login->ssh));
      return rc;
    } else {
      return rc;
    }
  }
}

static void
explain_refusal (Login *login, int refused, int offered, GError **error)
{
  const AuthOffer *offer = login->offer;
  const char *peer = session_peer (login->session);
  g_autofree char *names = auth_method_names (offered);
  gboolean key = (refused & SSH_AUTH_METHOD_PUBLICKEY) != 0;
  gboolean password = (refused & (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE)) != 0;
  if (key && password) {
    p2v_set_error (error, P2V_ERROR_AUTH,
                   "Check p2v.username=, p2v.password= and the user's authorized_keys there.",
                   "%s refused both the key %s and the password (the server offers: %s).", peer,
                   offer->identity->where, names);
  } else if (key) {
    p2v_set_error (error, P2V_ERROR_AUTH,
                   "Add the key's public half to this user's ~/.ssh/authorized_keys on the "
                   "conversion server, or check p2v.username= and p2v.identity=.",
                   "%s refused the key %s (the server offers: %s).", peer, offer->identity->where,
                   names);
  } else if (password) {
    p2v_set_error (error, P2V_ERROR_AUTH,
                   "Check p2v.username= and p2v.password=. For root, sshd often takes only keys "
                   "(PermitRootLogin prohibit-password).",
                   "%s refused the password: wrong user name or wrong password (the server "
                   "offers: %s).",
                   peer, names);
  } else {
    p2v_set_error (error, P2V_ERROR_AUTH,
                   "Give p2v.identity= for a key or p2v.password= for a password, whichever the "
                   "server takes.",
                   "There is no way to log in as %s: the server offers %s, and here %s.", peer,
                   names,
                   offer->identity   ? "only a key is given"
                   : offer->password ? "only a password is given"
                                     : "neither a key nor a password is given");
  }
}

static gboolean
run_methods (Login *login, GError **error)
{
  int usable =
      (login->key ? SSH_AUTH_METHOD_PUBLICKEY : 0) |
      (login->offer->password ? SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE : 0) |
      (login->offer->asker ? SSH_AUTH_METHOD_INTERACTIVE : 0);
  static const int order[] = {SSH_AUTH_METHOD_PUBLICKEY, SSH_AUTH_METHOD_PASSWORD,
                              SSH_AUTH_METHOD_INTERACTIVE};

  /* "none" is how SSH asks what is offered (RFC 4252, 5.2). */
  int rc = try_method (login, 0, error);
  int tried = 0, refused = 0, offered = ssh_userauth_list (login->ssh, NULL);
  while (rc == SSH_AUTH_DENIED || rc == SSH_AUTH_PARTIAL) {
    int method = 0;
    for (gsize i = 0; i < G_N_ELEMENTS (order) && !method; i++)
      method = order[i] & usable & offered & ~tried;
    if (!method) {
      explain_refusal (login, refused, offered, error);
      return FALSE;
    }
    tried |= method;
    rc = try_method (login, method, error);
    /* After a success that is not enough, the list says what is wanted next. */
    if (rc == SSH_AUTH_PARTIAL)
      offered = ssh_userauth_list (login->ssh, NULL);
    else if (rc == SSH_AUTH_DENIED)
      refused |= method;
  }
  return rc == SSH_AUTH_SUCCESS;
}

/* Without an answer of ours OpenSSL would ask for a passphrase on the terminal. */
static int
no_passphrase (const char *prompt G_GNUC_UNUSED, char *buf G_GNUC_UNUSED, size_t len G_GNUC_UNUSED,
               int echo G_GNUC_UNUSED, int verify G_GNUC_UNUSED, void *data G_GNUC_UNUSED)
{
  return -1;
}

gboolean
auth_login (Session *session, const AuthOffer *offer, gint64 deadline, GCancellable *cancel,
            GError **error)
{
  Login login = {.session = session,
                 .ssh = session_handle (session),
                 .offer = offer,
                 .deadline = deadline,
                 .cancel = cancel};
  if (offer->identity && ssh_pki_import_privkey_base64 (offer->identity->text, NULL, no_passphrase,
                                                        NULL, &login.key) != SSH_OK) {
    p2v_set_error (error, P2V_ERROR_AUTH,
                   "It has to be an OpenSSH or PEM private key without passphrase.",
                   "The key %s is not a private key that can be used.", offer->identity->where);
    return FALSE;
  }
  gboolean ok = run_methods (&login, error);
  ssh_key_free (login.key);
  return ok;
}
