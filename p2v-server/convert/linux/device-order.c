/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include "device-order.h"

/* More disks have too many sequences to try, and the chance to find a wrong one grows. */
#define MAX_PERMUTED 4

typedef struct {
  guint missing, wrong, good, sure;
} Score;

typedef struct {
  const P2vMachine *machine;
  gint family;
  const GPtrArray *uses;
  DeviceJudge judge;
  gpointer data;
  Score iso;          /* what the ISO's names reach */
  DeviceOrder *found; /* the best so far that may be taken, with its score */
  Score found_score;
} Search;

void
device_use_free (DeviceUse *use)
{
  if (!use)
    return;
  g_free (use->device);
  g_free (use->place);
  g_free (use->type);
  g_free (use);
}

static Score
score (const Search *search, const GPtrArray *orders)
{
  Score result = {0};
  for (guint i = 0; i < search->uses->len; i++) {
    const DeviceUse *use = g_ptr_array_index (search->uses, i);
    DevicePlace place;
    gint family;
    guint ordinal, part;
    if (!device_name_ordinal (use->device, &family, &ordinal, &part) || family != search->family)
      continue;
    DeviceFit fit = device_name_locate (search->machine, orders, use->device, &place)
                        ? search->judge (use, &place, search->data)
                        : FIT_NONE;
    result.missing += fit == FIT_NONE;
    result.wrong += fit == FIT_WRONG;
    result.good += fit == FIT_GOOD;
    result.sure += fit == FIT_SURE;
  }
  return result;
}

/* Worth leaving the ISO's order for: certain, or contradicted by nothing and
 * explaining what the ISO's order does not.  A disk that was not chosen
 * explains a missing name as well, so that alone is no reason. */
static gboolean
may_replace_iso (const Search *search, const Score *other)
{
  const Score *iso = &search->iso;
  if (other->sure > iso->sure)
    return TRUE;
  if (other->wrong || other->good + other->sure == 0)
    return FALSE;
  return other->missing == 0 || iso->wrong > 0;
}

static gboolean
is_better (const Score *a, const Score *b)
{
  if (a->sure != b->sure)
    return a->sure > b->sure;
  return a->wrong != b->wrong ? a->wrong < b->wrong : a->missing < b->missing;
}

static void
try_order (Search *search, const guint *places)
{
  DeviceOrder *order = g_new0 (DeviceOrder, 1);
  order->family = search->family;
  order->places = g_array_new (FALSE, FALSE, sizeof (guint));
  g_array_append_vals (order->places, places, search->machine->disks->len);
  g_autoptr (GPtrArray) alone = g_ptr_array_new ();
  g_ptr_array_add (alone, order);
  Score result = score (search, alone);
  if (may_replace_iso (search, &result) &&
      (!search->found || is_better (&result, &search->found_score))) {
    g_clear_pointer (&search->found, device_order_free);
    search->found = order;
    search->found_score = result;
  } else {
    device_order_free (order);
  }
}

/* Every way to hand the places of the disks from FIRST on around. */
static void
try_permutations (Search *search, guint *places, const guint *disks, guint n, guint first)
{
  if (first == n) {
    try_order (search, places);
    return;
  }
  for (guint i = first; i < n; i++) {
    guint mine = places[disks[first]];
    places[disks[first]] = places[disks[i]];
    places[disks[i]] = mine;
    try_permutations (search, places, disks, n, first + 1);
    mine = places[disks[first]];
    places[disks[first]] = places[disks[i]];
    places[disks[i]] = mine;
  }
}

/* The disks that the family's names are of, by their place on the ISO: those
 * of the same driver, or all when there is none. */
static guint
family_disks (const Search *search, guint *disks, guint *iso_places)
{
  const GPtrArray *all = search->machine->disks;
  guint n = 0;
  for (gint any = 0; any < 2 && !n; any++)
    for (guint i = 0; i < all->len; i++) {
      const P2vDisk *disk = g_ptr_array_index (all, i);
      gint family;
      guint place, part;
      gboolean known = device_name_ordinal (disk->device, &family, &place, &part);
      if (!any && (!known || family != search->family))
        continue;
      iso_places[i] = any ? i : place;
      guint at = n++;
      for (; at > 0 && iso_places[disks[at - 1]] > iso_places[i]; at--)
        disks[at] = disks[at - 1];
      disks[at] = i;
    }
  return n;
}

static void
try_orders (Search *search)
{
  guint all = search->machine->disks->len;
  g_autofree guint *disks = g_new (guint, all), *places = g_new (guint, all),
                   *iso = g_new (guint, all), *ranks = g_new (guint, all);
  for (guint i = 0; i < all; i++)
    places[i] = iso[i] = ranks[i] = DEVICE_NO_PLACE;
  guint n = family_disks (search, disks, iso);
  if (!n)
    return;
  if (iso[disks[0]] > 0) {
    for (guint i = 0; i < n; i++)
      places[disks[i]] = iso[disks[i]] - 1;
    try_order (search, places);
  }
  for (guint i = 0; i < n; i++)
    ranks[disks[i]] = i;
  try_order (search, ranks);
  if (n > MAX_PERMUTED)
    return;
  try_permutations (search, ranks, disks, n, 0);
  try_permutations (search, iso, disks, n, 0);
}

DeviceOrderFound
device_order_find (const P2vMachine *machine, gint family, const GPtrArray *uses, DeviceJudge judge,
                   gpointer data, GPtrArray *orders)
{
  Search search = {
      .machine = machine, .family = family, .uses = uses, .judge = judge, .data = data};
  search.iso = score (&search, NULL);
  if (!search.iso.wrong && !search.iso.missing)
    return ORDER_AS_IS;
  try_orders (&search);
  if (search.found) {
    g_ptr_array_add (orders, search.found);
    return ORDER_OTHER;
  }
  return search.iso.wrong ? ORDER_BROKEN : ORDER_AS_IS;
}
