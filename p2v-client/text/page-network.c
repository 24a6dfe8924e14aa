/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include "dialog/network-set.h"
#include "dialog/say.h"
#include "text.h"

#define TITLE _ ("How is this machine connected?")

typedef struct {
  Sheet *sheet;
  GPtrArray *cards; /* NetworkCard * */
  guint first_card, bond, dhcp, vlan, address, gateway, dns;
  guint next, apply, blink;
  char **members; /* as chosen before, as well as the mode */
  guint mode;
} Form;

typedef struct {
  gboolean done;
  GError *error;
} Wait;

static gboolean
check_vlan (const char *value, gpointer data G_GNUC_UNUSED, GError **error)
{
  guint64 tag;
  return !*value || g_ascii_string_to_unsigned (value, 10, 0, NETWORK_SET_VLAN_MAX, &tag, error);
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
    guint field = sheet_add_named_choice (sheet, words, choose);
    form->first_card = i == 0 ? field : form->first_card;
    chosen = chosen || choose;
  }
  form->bond = form->cards->len > 1
                   ? sheet_add_choice (sheet, _ ("Several cards together (bond)"), FALSE)
                   : form->first_card;
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
  form->blink = sheet_add_button (sheet, _ ("B_link its light"), FALSE);
  if (up)
    sheet_begin_at_button (sheet, form->next);
}

static void
form_clear (Form *form)
{
  sheet_free (form->sheet);
  g_ptr_array_unref (form->cards);
  g_strfreev (form->members);
  *form = (Form){0};
}

static void
show_error (Sheet *sheet, NoticeKind kind, const GError *error)
{
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  sheet_set_notice (sheet, kind, problem, remedy);
}

/* ---- what is chosen ---- */

static gboolean
is_bond (const Form *form)
{
  return form->cards->len > 1 && sheet_is_on (form->sheet, form->bond);
}

/* "" for none, and for a bond. */
static const char *
chosen_card (const Form *form)
{
  for (guint i = 0; i < form->cards->len; i++)
    if (sheet_is_on (form->sheet, form->first_card + i))
      return ((const NetworkCard *)g_ptr_array_index (form->cards, i))->name;
  return "";
}

/* Without a bond's cards. */
static NetworkPlan *
make_plan (const Form *form)
{
  NetworkPlan *plan = g_new0 (NetworkPlan, 1);
  plan->card = g_strdup (chosen_card (form));
  plan->dhcp = sheet_is_on (form->sheet, form->dhcp);
  plan->vlan = (guint)strtoul (sheet_value (form->sheet, form->vlan), NULL, 10);
  plan->address = g_strdup (sheet_value (form->sheet, form->address));
  plan->gateway = g_strdup (sheet_value (form->sheet, form->gateway));
  plan->dns = g_strdup (sheet_value (form->sheet, form->dns));
  return plan;
}

static void
take_members (Form *form, const Sheet *sheet, guint first_card, guint first_mode)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  for (guint i = 0; i < form->cards->len; i++)
    if (sheet_is_on (sheet, first_card + i))
      g_strv_builder_add (names, ((const NetworkCard *)g_ptr_array_index (form->cards, i))->name);
  g_strfreev (form->members);
  form->members = g_strv_builder_end (names);
  for (guint i = 0; network_bond_modes[i]; i++)
    if (sheet_is_on (sheet, first_mode + i))
      form->mode = i;
}

/* A sheet of its own for the cards of a bond and what they do, which go into PLAN.  FALSE when
 * the person goes back. */
static gboolean
choose_members (Form *form, NetworkPlan *plan)
{
  guint first_card = 0, first_mode = 0;
  g_autoptr (Sheet) sheet = sheet_new (_ ("Several cards together (bond)"));
  sheet_add_label (sheet, _ ("Together"));
  for (guint i = 0; i < form->cards->len; i++) {
    const NetworkCard *card = g_ptr_array_index (form->cards, i);
    g_autofree char *words = say_network_card (card);
    gboolean member =
        form->members && g_strv_contains ((const char *const *)form->members, card->name);
    guint field = sheet_add_named_switch (sheet, words, member);
    first_card = i == 0 ? field : first_card;
  }
  sheet_add_label (sheet, _ ("_Sharing of the work"));
  for (guint i = 0; network_bond_modes[i]; i++) {
    g_autofree char *words = say_bond_mode (i);
    guint field = sheet_add_named_choice (sheet, words, i == form->mode);
    first_mode = i == 0 ? field : first_mode;
  }
  guint apply = sheet_add_button (sheet, _ ("Set the net_work"), TRUE);
  sheet_add_button (sheet, _ ("_Back"), FALSE);
  for (;;) {
    int button = sheet_run (sheet, NULL, NULL);
    take_members (form, sheet, first_card, first_mode);
    if (button != (int)apply)
      return FALSE;
    g_autoptr (GError) error = NULL;
    g_strfreev (plan->members);
    plan->members = g_strdupv (form->members);
    if (network_check (plan, &error)) {
      plan->mode = g_strdup (network_bond_modes[form->mode]);
      return TRUE;
    }
    show_error (sheet, NOTICE_ERROR, error);
  }
}

/* ---- what the cards do, in a thread ---- */

static void
take_end (const GError *error, gpointer owner)
{
  Wait *wait = g_object_get_data (owner, "wait");
  wait->error = error ? g_error_copy (error) : NULL;
  wait->done = TRUE;
}

/* Owns PLAN. */
static gboolean
apply_plan (const Text *text, NetworkPlan *plan, GError **error)
{
  Wait wait = {0};
  g_object_set_data (text->owner, "wait", &wait);
  g_autoptr (GCancellable) cancel = network_set_start (plan, take_end, text->owner);
  if (!text_wait (TITLE, _ ("Setting the network"), &wait.done, cancel) || !wait.error)
    return TRUE;
  g_propagate_error (error, wait.error);
  return FALSE;
}

static void
set_network (const Text *text, Form *form)
{
  g_autoptr (GError) error = NULL;
  NetworkPlan *plan = make_plan (form);
  if (!network_check (plan, &error) || (is_bond (form) && !choose_members (form, plan))) {
    network_plan_free (plan);
  } else if (apply_plan (text, plan, &error)) {
    form_clear (form);
    make_form (form);
  }
  if (error)
    show_error (form->sheet, NOTICE_ERROR, error);
}

static void
blink_light (const Text *text, const Form *form)
{
  const char *card = chosen_card (form);
  if (!*card) {
    sheet_set_notice (form->sheet, NOTICE_INFO, _ ("Choose one card, and its light will blink."),
                      NULL);
    return;
  }
  Wait wait = {0};
  g_autofree char *words =
      g_strdup_printf (_ ("The light of %s is blinking, beside its socket."), card);
  g_object_set_data (text->owner, "wait", &wait);
  g_autoptr (GCancellable) cancel = network_set_blink (card, take_end, text->owner);
  (void)text_wait (TITLE, words, &wait.done, cancel);
  g_autoptr (GError) error = wait.error;
  if (error)
    show_error (form->sheet, NOTICE_INFO, error);
}

Go
page_network (Text *text)
{
  Form form = {0};
  make_form (&form);
  for (;;) {
    int button = text_run_sheet (form.sheet);
    if (button == (int)form.apply) {
      set_network (text, &form);
    } else if (button == (int)form.blink) {
      blink_light (text, &form);
    } else {
      form_clear (&form);
      return button < 0 ? GO_LEAVE : GO_NEXT;
    }
  }
}
