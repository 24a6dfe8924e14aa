/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "record.h"
#include "common/error.h"
#include "common/log.h"
#include "dmi.h"
#include "machine-id.h"
#include "outlet.h"

#define KEPT_LINES 500
#define CLOSE_S    3

struct Record {
  GPtrArray *outlets; /* Outlet * */
  char *last;         /* line */
};

/* The guest's name, else what else is of this machine alone. */
static char *
machine_name (const Settings *settings)
{
  g_autoptr (MachineId) id = machine_id_read ();
  const char *name = settings_get (settings, SETTING_name);
  if (name)
    return g_strdup (name);
  if (!id->macs[0])
    return g_strdup (id->uuid ? id->uuid : "p2v");
  g_auto (GStrv) digits = g_strsplit (id->macs[0], ":", -1);
  g_autofree char *joined = g_strjoinv ("", digits);
  return g_strconcat ("p2v-", joined, NULL);
}

static void
hear (P2vLogLevel level, const char *text, gboolean told G_GNUC_UNUSED, gpointer data)
{
  Record *record = data;
  /* What is logged for the job and told to a person comes twice. */
  if (g_strcmp0 (text, record->last) == 0)
    return;
  g_free (record->last);
  record->last = g_strdup (text);
  for (guint i = 0; i < record->outlets->len; i++)
    outlet_take (g_ptr_array_index (record->outlets, i), level, text);
}

static void
introduce (void)
{
  g_autoptr (MachineId) id = machine_id_read ();
  g_autofree char *vendor = dmi_read ("sys_vendor"), *product = dmi_read ("product_name");
  g_autofree char *macs = g_strjoinv (" ", id->macs);
  p2v_info ("p2v-client %s on %s %s, serial number %s, UUID %s, cards %s", P2V_VERSION,
            vendor ? vendor : "?", product ? product : "?", id->serial ? id->serial : "none",
            id->uuid ? id->uuid : "none", *macs ? macs : "none");
}

Record *
record_open (const Settings *settings, guint patience_s)
{
  Record *record = g_new0 (Record, 1);
  g_auto (GStrv) places = settings_get_list (settings, SETTING_log);
  g_autofree char *name = machine_name (settings);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  record->outlets = g_ptr_array_new ();
  for (guint i = 0; places && places[i]; i++) {
    g_autoptr (GError) error = NULL;
    Outlet *outlet = outlet_open (places[i], name, patience_s, &error);
    if (outlet)
      g_ptr_array_add (record->outlets, outlet);
    else
      g_ptr_array_add (problems, p2v_error_sentence (error));
  }
  p2v_log_keep (KEPT_LINES);
  p2v_log_set_sink (hear, record);
  introduce ();
  for (guint i = 0; i < problems->len; i++)
    p2v_warning ("%s", (const char *)g_ptr_array_index (problems, i));
  return record;
}

void
record_close (Record *record)
{
  if (!record)
    return;
  p2v_log_set_sink (NULL, NULL);
  p2v_log_keep (0);
  gint64 end = g_get_monotonic_time () + CLOSE_S * G_USEC_PER_SEC;
  for (guint i = 0; i < record->outlets->len; i++)
    outlet_close (g_ptr_array_index (record->outlets, i), end);
  g_ptr_array_unref (record->outlets);
  g_free (record->last);
  g_free (record);
}
