/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"
#include "common/error.h"
#include "fetch.h"
#include <string.h>

static gboolean
fail (GError **error, const char *where, const char *why, const char *hint)
{
  g_autofree char *remedy = g_strdup_printf (
      "%s%sCheck p2v.identity=: it names a file, or a file://, http:// or https:// URL, that holds "
      "a private key without passphrase.",
      hint ? hint : "", hint ? " " : "");
  p2v_set_error (error, P2V_ERROR_AUTH, remedy, "The private key %s cannot be read: %s.", where,
                 why);
  return FALSE;
}

gboolean
identity_load (const Settings *settings, Identity **identity, GCancellable *cancel, GError **error)
{
  static const FetchOptions options = {.protocols = "=http,https,ftp"};
  const char *name = settings_get (settings, SETTING_identity);
  *identity = NULL;
  if (!name || !*name)
    return TRUE;

  g_autofree char *where = fetch_public_name (name);
  g_autoptr (Fetched) fetched = fetch (name, &options, cancel);
  if (fetched->status == FETCH_CANCELLED) {
    p2v_set_error (error, P2V_ERROR_CANCELLED, NULL, "Cancelled.");
    return FALSE;
  }
  if (fetched->status != FETCH_DONE)
    return fail (error, where, fetched->why, fetched->hint);
  *identity = g_new0 (Identity, 1);
  (*identity)->where = g_steal_pointer (&where);
  (*identity)->text = g_steal_pointer (&fetched->text);
  return TRUE;
}

void
identity_free (Identity *identity)
{
  if (!identity)
    return;
  if (identity->text)
    explicit_bzero (identity->text, strlen (identity->text));
  g_free (identity->text);
  g_free (identity->where);
  g_free (identity);
}
