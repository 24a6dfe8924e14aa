/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-guest-agent comes from the guest's own package archive, so it can only
 * be installed when the guest runs and has a network.  A timer tries: nothing
 * of the boot waits for it, and nothing fails when it does not work. */
#include <string.h>
#include "convert.h"

#define SCRIPT  "/usr/local/lib/p2v/install-guest-agent"
#define SERVICE "/etc/systemd/system/p2v-guest-agent.service"
#define TIMER   "/etc/systemd/system/p2v-guest-agent.timer"
#define WANTED  "/etc/systemd/system/timers.target.wants/p2v-guest-agent.timer"
/* Stays when the timer has removed itself, so that a second conversion does not offer it again. */
#define OFFERED "/var/lib/p2v/guest-agent-offered"

static const char script[] =
    "#!/bin/sh\n"
    "# Written by p2v: installs qemu-guest-agent once the network is there, then\n"
    "# removes itself; gives up after six tries.\n"
    "tries=$(cat /var/lib/p2v/guest-agent-tries 2>/dev/null || echo 0)\n"
    "tries=$((tries + 1))\n"
    "export DEBIAN_FRONTEND=noninteractive\n"
    "get() {\n"
    "  timeout -k 10 \"$1\" apt-get -q -y -o DPkg::Lock::Timeout=60 \\\n"
    "    -o Acquire::Retries=0 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \\\n"
    "    --no-install-recommends \"$2\" $3 </dev/null\n"
    "}\n"
    "finish() {\n"
    "  systemctl disable p2v-guest-agent.timer >/dev/null 2>&1\n"
    "  rm -f " TIMER " " SERVICE "\n"
    "  rm -f /var/lib/p2v/guest-agent-tries " SCRIPT "\n"
    "  systemctl --no-block stop p2v-guest-agent.timer >/dev/null 2>&1\n"
    "  systemctl --no-block daemon-reload >/dev/null 2>&1\n"
    "  exit 0\n"
    "}\n"
    "[ ! -x /usr/sbin/qemu-ga ] || finish\n"
    "echo \"$tries\" >/var/lib/p2v/guest-agent-tries\n"
    "if [ -n \"$(ip route show default 2>/dev/null; ip -6 route show default 2>/dev/null)\" ]; "
    "then\n"
    "  get 300 install qemu-guest-agent || { get 200 update && get 300 install qemu-guest-agent; } "
    "||\n"
    "    echo 'p2v: qemu-guest-agent could not be installed' >&2\n"
    "else\n"
    "  echo 'p2v: no network yet, qemu-guest-agent is installed later' >&2\n"
    "fi\n"
    "[ ! -x /usr/sbin/qemu-ga ] || {\n"
    "  systemctl --no-block start qemu-guest-agent.service >/dev/null 2>&1\n"
    "  finish\n"
    "}\n"
    "[ \"$tries\" -lt 6 ] || finish\n"
    "exit 0\n";

static const char service[] = "# Written by p2v.\n"
                              "[Unit]\n"
                              "Description=Install qemu-guest-agent\n"
                              "ConditionPathExists=" SCRIPT "\n"
                              "ConditionVirtualization=vm\n\n"
                              "[Service]\n"
                              "Type=oneshot\n"
                              "ExecStart=-" SCRIPT "\n"
                              "TimeoutStartSec=infinity\n"
                              "Nice=10\n";

static const char timer[] = "# Written by p2v.\n"
                            "[Unit]\n"
                            "Description=Install qemu-guest-agent when the network is there\n\n"
                            "[Timer]\n"
                            "OnBootSec=90s\n"
                            "OnUnitInactiveSec=10min\n\n"
                            "[Install]\n"
                            "WantedBy=timers.target\n";

gboolean
step_guest_agent (Convert *c, GError **error)
{
  gboolean made;
  if (convert_exists (c, "/usr/sbin/qemu-ga")) {
    convert_note (c, "is installed already");
    return TRUE;
  }
  if (convert_exists (c, OFFERED))
    return TRUE;
  if (!c->systemd || !convert_exists (c, "/usr/bin/apt-get")) {
    report_warning (c->job->report, "qemu-guest-agent is not installed in the guest; install it "
                                    "there when it runs.");
    return TRUE;
  }
  if (!convert_place (c, SCRIPT, script, 0755, &made, error) ||
      !convert_place (c, SERVICE, service, 0644, &made, error) ||
      !convert_place (c, TIMER, timer, 0644, &made, error) ||
      !convert_write (c, OFFERED, "by p2v\n", 0644, error))
    return FALSE;
  if (guestfs_mkdir_p (c->g, "/etc/systemd/system/timers.target.wants") < 0 ||
      guestfs_ln_sf (c->g, TIMER, WANTED) < 0)
    return convert_failed (c, "The guest agent's timer cannot be enabled", error);
  convert_changed (c, TIMER,
                   "A timer installs qemu-guest-agent when the guest has a network, and removes "
                   "itself; \"systemctl disable --now p2v-guest-agent.timer\" turns it off.",
                   "With the agent the host can shut the guest down in order, freeze its file "
                   "systems for backups and read its addresses.");
  return TRUE;
}
