/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Short texts from elsewhere: known_hosts, URLs of keys, a server's words, UUIDs of
 * firmware. */
#include "fuzz.h"
#include "p2v-client/control.h"
#include "p2v-client/hostkey.h"
#include "p2v-client/fetch.h"
#include "p2v-server/uuid.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_text (data, size);
  char *pinned[] = {text, NULL};
  (void)hostkey_is_revoked (text, "AAAA");
  (void)hostkey_is_pinned ("SHA256:AAAA", pinned);
  (void)hostkey_is_pinned (text, pinned);
  g_free (fetch_public_name (text));
  g_free (control_clean_text (text));
  g_free (guest_uuid (text));
  return 0;
}
