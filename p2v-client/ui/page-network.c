/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "page-network.h"
#include "dialog/network-set.h"
#include "dialog/say.h"
#include "notice.h"
#include "rows.h"

struct _P2vPageNetwork {
  P2vPage parent;
  GtkComboBoxText *card, *mode;
  GtkSpinButton *vlan;
  GtkToggleButton *by_dhcp, *by_hand;
  GtkEntry *address, *gateway, *dns;
  GtkLabel *complaint;
  GtkBox *state;
  GtkFlowBox *members;
  GtkWidget *apply, *spinner, *blink, *members_label, *mode_label;
  GPtrArray *boxes; /* GtkToggleButton *, one for each card */
  GCancellable *work, *blinking;
};

G_DEFINE_TYPE (P2vPageNetwork, p2v_page_network, P2V_TYPE_PAGE)

/* The choice of several cards; no interface's name has a blank. */
#define BOND_ID "several cards"

static gboolean
is_bond (P2vPageNetwork *self)
{
  return g_strcmp0 (gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->card)), BOND_ID) == 0;
}

static char **
chosen_members (P2vPageNetwork *self)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  for (guint i = 0; i < self->boxes->len; i++) {
    GtkToggleButton *box = g_ptr_array_index (self->boxes, i);
    if (gtk_toggle_button_get_active (box))
      g_strv_builder_add (names, g_object_get_data (G_OBJECT (box), "card"));
  }
  return g_strv_builder_end (names);
}

static NetworkPlan *
make_plan (P2vPageNetwork *self)
{
  NetworkPlan *plan = g_new0 (NetworkPlan, 1);
  const char *card = gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->card));
  plan->card = g_strdup (card ? card : "");
  if (is_bond (self)) {
    plan->members = chosen_members (self);
    plan->mode = g_strdup (gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->mode)));
  }
  plan->dhcp = gtk_toggle_button_get_active (self->by_dhcp);
  plan->vlan = (guint)gtk_spin_button_get_value_as_int (self->vlan);
  plan->address = g_strdup (gtk_entry_get_text (self->address));
  plan->gateway = g_strdup (gtk_entry_get_text (self->gateway));
  plan->dns = g_strdup (gtk_entry_get_text (self->dns));
  return plan;
}

static void
take_change (P2vPageNetwork *self)
{
  NetworkPlan *plan = make_plan (self);
  g_autoptr (GError) error = NULL;
  gboolean good = network_check (plan, &error) && *plan->card;
  /* Nobody is told that what he has not come to yet is missing. */
  gboolean bond = plan->members != NULL;
  gboolean tell = error && (*plan->address || (bond && plan->members[0]));
  g_autofree char *words = tell ? say_error (error) : g_strdup ("");
  GtkWidget *const fixed[] = {GTK_WIDGET (self->address), GTK_WIDGET (self->gateway),
                              GTK_WIDGET (self->dns)};
  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    gtk_widget_set_sensitive (fixed[i], !plan->dhcp);
  GtkWidget *const several[] = {GTK_WIDGET (self->members), self->members_label,
                                GTK_WIDGET (self->mode), self->mode_label};
  for (guint i = 0; i < G_N_ELEMENTS (several); i++)
    gtk_widget_set_visible (several[i], bond);
  gtk_widget_set_sensitive (self->blink, *plan->card && !bond);
  gtk_label_set_text (self->complaint, words);
  gtk_widget_set_visible (GTK_WIDGET (self->complaint), tell);
  gtk_widget_set_sensitive (self->apply, good && !self->work);
  network_plan_free (plan);
}

/* ---- what there is ---- */

static void
add_modes (P2vPageNetwork *self)
{
  for (guint i = 0; network_bond_modes[i]; i++) {
    g_autofree char *words = say_bond_mode (i);
    gtk_combo_box_text_append (self->mode, network_bond_modes[i], words);
  }
  gtk_combo_box_set_active (GTK_COMBO_BOX (self->mode), 0);
}

static void
show_members (P2vPageNetwork *self, GPtrArray *cards)
{
  g_auto (GStrv) chosen = chosen_members (self);
  g_ptr_array_set_size (self->boxes, 0);
  rows_clear (GTK_CONTAINER (self->members));
  for (guint i = 0; i < cards->len; i++) {
    const NetworkCard *card = g_ptr_array_index (cards, i);
    g_autofree char *link = say_network_link (card);
    g_autofree char *words = g_strdup_printf ("%s   %s", card->name, link);
    GtkWidget *box = gtk_check_button_new_with_label (words);
    g_object_set_data_full (G_OBJECT (box), "card", g_strdup (card->name), g_free);
    gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (box),
                                  g_strv_contains ((const char *const *)chosen, card->name));
    g_signal_connect_swapped (box, "toggled", G_CALLBACK (take_change), self);
    g_ptr_array_add (self->boxes, box);
    gtk_container_add (GTK_CONTAINER (self->members), box);
    /* The focus is for the box alone, not for the place that it stands in. */
    gtk_widget_set_can_focus (gtk_widget_get_parent (box), FALSE);
    gtk_widget_show_all (gtk_widget_get_parent (box));
  }
}

/* "eth0: 192.0.2.9", a line for each that has any. */
static char *
addresses_of (GPtrArray *cards)
{
  g_autoptr (GString) out = g_string_new (NULL);
  for (guint i = 0; i < cards->len; i++) {
    const NetworkCard *card = g_ptr_array_index (cards, i);
    if (*card->addresses)
      g_string_append_printf (out, "%s%s: %s", out->len ? "\n" : "", card->name, card->addresses);
  }
  return g_strdup (out->str);
}

static void
show_cards (P2vPageNetwork *self)
{
  g_autoptr (GPtrArray) cards = network_read ();
  g_autofree char *now = g_strdup (gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->card)));
  gtk_combo_box_text_remove_all (self->card);
  const char *best = NULL;
  for (guint i = 0; i < cards->len; i++) {
    const NetworkCard *card = g_ptr_array_index (cards, i);
    NetworkCard brief = *card;
    brief.addresses = (char[]){""}; /* they stand above, where there is room */
    g_autofree char *words = g_strchomp (say_network_card (&brief));
    gtk_combo_box_text_append (self->card, card->name, words);
    best = best || !card->carrier ? best : card->name;
  }
  if (cards->len > 1)
    gtk_combo_box_text_append (self->card, BOND_ID, _ ("Several cards together (bond)"));
  show_members (self, cards);
  if (!now || !gtk_combo_box_set_active_id (GTK_COMBO_BOX (self->card), now))
    if (!best || !gtk_combo_box_set_active_id (GTK_COMBO_BOX (self->card), best))
      gtk_combo_box_set_active (GTK_COMBO_BOX (self->card), 0);
  gboolean up = network_is_up (cards);
  g_autofree char *addresses = addresses_of (cards);
  if (up)
    notice_show (self->state, NOTICE_GOOD, _ ("This machine has an address."), addresses);
  else
    notice_show (self->state, NOTICE_WARNING, _ ("This machine has no address yet."),
                 _ ("Check the cable, or set here how it gets one."));
  p2v_page_set_complete (P2V_PAGE (self), up);
}

static void
enter (P2vPage *page)
{
  P2vPageNetwork *self = P2V_PAGE_NETWORK (page);
  show_cards (self);
  take_change (self);
  gtk_widget_grab_focus (GTK_WIDGET (self->card));
  if (!p2v_page_is_complete (page))
    gtk_widget_grab_default (self->apply);
}

/* ---- which socket is it? ---- */

static void
show_blinking (P2vPageNetwork *self)
{
  gtk_button_set_label (GTK_BUTTON (self->blink),
                        self->blinking ? _ ("Stop b_linking") : _ ("B_link its light"));
}

static void
take_blink (const GError *error, gpointer owner)
{
  P2vPageNetwork *self = owner;
  g_clear_object (&self->blinking);
  show_blinking (self);
  if (!error)
    return;
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  notice_show (self->state, NOTICE_INFO, problem, remedy);
}

static void
blink_light (P2vPageNetwork *self)
{
  gboolean stop = self->blinking != NULL;
  work_cancel (&self->blinking);
  if (!stop)
    self->blinking = network_set_blink (gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->card)),
                                        take_blink, G_OBJECT (self));
  show_blinking (self);
}

/* ---- what is set ---- */

static void
take_apply (const GError *error, gpointer owner)
{
  P2vPageNetwork *self = owner;
  g_clear_object (&self->work);
  g_object_set (self->spinner, "active", FALSE, "visible", FALSE, NULL);
  show_cards (self);
  take_change (self);
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (self));
  GtkWidget *next = gtk_window_get_default_widget (GTK_WINDOW (window));
  gtk_widget_grab_focus (error || !next ? self->apply : next);
  if (!error)
    return;
  g_autofree char *problem = say_problem (error);
  g_autofree char *remedy = say_remedy (error);
  notice_show (self->state, NOTICE_ERROR, problem, remedy);
}

static void
start_apply (P2vPageNetwork *self)
{
  work_cancel (&self->work);
  gtk_spin_button_update (self->vlan); /* what is typed counts before the focus has gone on */
  self->work = network_set_start (make_plan (self), take_apply, G_OBJECT (self));
  g_object_set (self->spinner, "active", TRUE, "visible", TRUE, NULL);
  take_change (self);
}

static void
dispose (GObject *object)
{
  work_cancel (&P2V_PAGE_NETWORK (object)->work);
  work_cancel (&P2V_PAGE_NETWORK (object)->blinking);
  G_OBJECT_CLASS (p2v_page_network_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  g_ptr_array_unref (P2V_PAGE_NETWORK (object)->boxes);
  G_OBJECT_CLASS (p2v_page_network_parent_class)->finalize (object);
}

static void
p2v_page_network_class_init (P2vPageNetworkClass *class)
{
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);
  G_OBJECT_CLASS (class)->dispose = dispose;
  G_OBJECT_CLASS (class)->finalize = finalize;
  P2V_PAGE_CLASS (class)->enter = enter;
  gtk_widget_class_set_template_from_resource (widget, "/p2v/page-network.ui");
#define CHILD(name) gtk_widget_class_bind_template_child (widget, P2vPageNetwork, name)
  CHILD (card);
  CHILD (blink);
  CHILD (members);
  CHILD (members_label);
  CHILD (mode);
  CHILD (mode_label);
  CHILD (vlan);
  CHILD (by_dhcp);
  CHILD (by_hand);
  CHILD (address);
  CHILD (gateway);
  CHILD (dns);
  CHILD (complaint);
  CHILD (state);
  CHILD (apply);
  CHILD (spinner);
#undef CHILD
  gtk_widget_class_bind_template_callback (widget, take_change);
  gtk_widget_class_bind_template_callback (widget, start_apply);
  gtk_widget_class_bind_template_callback (widget, blink_light);
}

static void
p2v_page_network_init (P2vPageNetwork *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->boxes = g_ptr_array_new ();
  add_modes (self);
  row_shrink_combo (self->card);
  row_shrink_combo (self->mode);
  gtk_spin_button_set_range (self->vlan, 0, NETWORK_SET_VLAN_MAX);
  gtk_spin_button_set_increments (self->vlan, 1, 10);
}
