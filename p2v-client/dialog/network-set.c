/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "network-set.h"

#define BLINK_S 20

typedef struct {
  Work work;
  NetworkSetDone done;
  NetworkPlan *plan; /* or */
  char *blinks;
  GError *error;
} NetworkSet;

static void
run (Work *work, GCancellable *cancel)
{
  NetworkSet *set = (NetworkSet *)work;
  if (set->plan)
    (void)network_apply (set->plan, cancel, &set->error);
  else
    (void)network_blink (set->blinks, BLINK_S, cancel, &set->error);
}

static void
done (Work *work, gpointer owner)
{
  const NetworkSet *set = (const NetworkSet *)work;
  set->done (set->error, owner);
}

static void
set_free (Work *work)
{
  NetworkSet *set = (NetworkSet *)work;
  network_plan_free (set->plan);
  g_free (set->blinks);
  g_clear_error (&set->error);
  g_free (set);
}

static GCancellable *
start (NetworkPlan *plan, const char *blinks, NetworkSetDone done_cb, GObject *owner)
{
  NetworkSet *set = g_new0 (NetworkSet, 1);
  set->work = (Work){run, done, set_free};
  set->done = done_cb;
  set->plan = plan;
  set->blinks = g_strdup (blinks);
  return work_start (&set->work, owner);
}

GCancellable *
network_set_start (NetworkPlan *plan, NetworkSetDone done_cb, GObject *owner)
{
  return start (plan, NULL, done_cb, owner);
}

GCancellable *
network_set_blink (const char *card, NetworkSetDone done_cb, GObject *owner)
{
  return start (NULL, card, done_cb, owner);
}
