/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "dialog/say.h"
#include "dialog/work.h"
#include "network.h"
#include "text.h"

#define TITLE     _ ("How is this machine connected?")
#define MOST_VLAN 4094

typedef struct {
  Sheet *sheet;
  GPtrArray *cards; /* NetworkCard * */
  guint first_card, dhcp, vlan, address, gateway, dns;
  guint next, apply;
} Form;

typedef struct {
  Work work;
  NetworkPlan *plan;
  GError *error;
} Apply;

typedef struct {
  gboolean done;
  GError *error;
} Wait;

static gboolean
check_vlan (const char *value, gpointer data G_GNUC_UNUSED, GError **error)
{
  guint64 tag;
  return !*value || g_ascii_string_to_unsigned (value, 10, 0, MOST_VLAN, &tag, error);
}

static void
make_form (Form *form)
{
  Sheet *sheet = form->sheet = sheet_new (TITLE);
  form->cards = network_read ();
  gboolean up = network_is_up (form->cards), chosen = FALSE;
  sheet_set_text (sheet, _ ("This machine needs an address to reach the conversion server."));
  sheet_add_label (sheet, _ ("Network _card"));
  for (guint i = 0; i < form->cards->len; i++) {
    const NetworkCard *card = g_ptr_array_index (form->cards, i);
    gboolean choose = !chosen && (card->carrier || i + 1 == form->cards->len);
    g_autofree char *words = say_network_card (card);
    guint field = sheet_add_choice (sheet, words, choose);
    form->first_card = i == 0 ? field : form->first_card;
    chosen = chosen || choose;
  }
  sheet_add_label (sheet, "");
  form->dhcp = sheet_add_choice (sheet, _ ("_Address by DHCP"), TRUE);
  sheet_add_choice (sheet, _ ("_Fixed address"), FALSE);
  form->address = sheet_add_entry (sheet, _ ("A_ddress"), "");
  form->gateway = sheet_add_entry (sheet, _ ("_Router"), "");
  form->dns = sheet_add_entry (sheet, _ ("Name _servers"), "");
  form->vlan = sheet_add_entry (sheet, _ ("_VLAN"), "0");
  sheet_check_by (sheet, form->vlan, check_vlan, NULL);
  if (up)
    sheet_set_notice (sheet, NOTICE_GOOD, _ ("This machine has an address."), NULL);
  else
    sheet_set_notice (sheet, NOTICE_WARNING, _ ("This machine has no address yet."),
                      _ ("Check the cable, or set here how it gets one."));
  form->apply = sheet_add_button (sheet, _ ("Set the net_work"), TRUE);
  form->next = up ? sheet_add_button (sheet, _ ("_Next"), FALSE) : 99;
  if (up)
    sheet_begin_at_button (sheet, form->next);
}

static NetworkPlan *
make_plan (const Form *form)
{
  NetworkPlan *plan = g_new0 (NetworkPlan, 1);
  for (guint i = 0; i < form->cards->len; i++)
    if (sheet_is_on (form->sheet, form->first_card + i))
      plan->card = g_strdup (((NetworkCard *)g_ptr_array_index (form->cards, i))->name);
  plan->card = plan->card ? plan->card : g_strdup ("");
  plan->dhcp = sheet_is_on (form->sheet, form->dhcp);
  plan->vlan = (guint)strtoul (sheet_value (form->sheet, form->vlan), NULL, 10);
  plan->address = g_strdup (sheet_value (form->sheet, form->address));
  plan->gateway = g_strdup (sheet_value (form->sheet, form->gateway));
  plan->dns = g_strdup (sheet_value (form->sheet, form->dns));
  return plan;
}

/* ---- putting it in force, in a thread ---- */

static void
run_apply (Work *work, GCancellable *cancel)
{
  Apply *apply = (Apply *)work;
  (void)network_apply (apply->plan, cancel, &apply->error);
}

static void
take_apply (Work *work, gpointer owner)
{
  Wait *wait = g_object_get_data (owner, "wait");
  wait->error = g_steal_pointer (&((Apply *)work)->error);
  wait->done = TRUE;
}

static void
apply_free (Work *work)
{
  Apply *apply = (Apply *)work;
  network_plan_free (apply->plan);
  g_clear_error (&apply->error);
  g_free (apply);
}

/* Owns PLAN. */
static gboolean
apply_plan (const Text *text, NetworkPlan *plan, GError **error)
{
  Apply *apply = g_new0 (Apply, 1);
  Wait wait = {0};
  apply->work = (Work){run_apply, take_apply, apply_free};
  apply->plan = plan;
  g_object_set_data (text->owner, "wait", &wait);
  g_autoptr (GCancellable) cancel = work_start (&apply->work, text->owner);
  if (!text_wait (TITLE, _ ("Setting the network"), &wait.done, cancel) || !wait.error)
    return TRUE;
  g_propagate_error (error, wait.error);
  return FALSE;
}

static void
form_clear (Form *form)
{
  sheet_free (form->sheet);
  g_ptr_array_unref (form->cards);
}

Go
page_network (Text *text)
{
  Form form = {0};
  make_form (&form);
  for (;;) {
    int button = text_run_sheet (form.sheet);
    if (button != (int)form.apply) {
      form_clear (&form);
      return button < 0 ? GO_LEAVE : GO_NEXT;
    }
    g_autoptr (GError) error = NULL;
    NetworkPlan *plan = make_plan (&form);
    gboolean right = network_check (plan, &error);
    if (!right)
      network_plan_free (plan);
    if (!right || !apply_plan (text, plan, &error)) {
      g_autofree char *problem = say_problem (error);
      g_autofree char *remedy = say_remedy (error);
      sheet_set_notice (form.sheet, NOTICE_ERROR, problem, remedy);
      continue;
    }
    form_clear (&form);
    make_form (&form);
  }
}
