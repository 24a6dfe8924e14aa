/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manual.h"
#include "settings.h"

static const char head[] =
    ".TH P2V\\-CLIENT 1 \"\" \"p2v " P2V_VERSION "\" \"p2v\"\n"
    ".SH NAME\n"
    "p2v\\-client \\- convert this physical machine into a KVM guest\n"
    ".SH SYNOPSIS\n"
    ".B p2v\\-client\n"
    "[\\fIOPTION\\fR ...]\n"
    ".SH DESCRIPTION\n"
    "Runs on a physical machine that was booted from\n"
    ".IR p2v.iso ,\n"
    "logs in to a conversion server over SSH and has\n"
    ".BR p2v\\-server (8)\n"
    "there make a virtual machine of this one. The disks are only read.\n"
    ".PP\n"
    "What to do is said by arguments of the kernel command line, all of them listed below; they\n"
    "are those of\n"
    ".BR virt\\-p2v (1)\n"
    "and a few more. When p2v.server is given and nothing required is missing, the conversion "
    "runs\n"
    "without a person.\n"
    ".PP\n"
    "A value with spaces stands in double quotes. An argument that begins with p2v. and is not in\n"
    "the list is an error.\n";

static const char tail[] =
    ".SH PROGRESS\n"
    "While it works, a line says how far it is, for instance\n"
    ".PP\n"
    ".nf\n"
    "[ 42 %] copy  38 %  1.2 GiB of 2.9 GiB  85 MiB/s  0:14  0:22 left\n"
    ".fi\n"
    ".PP\n"
    "The percent in brackets are those of the whole conversion; they never fall. Then come the\n"
    "phase, how much of it is done over all disks, the rate of the last seconds, the time since\n"
    "the phase began, and the time until the guest is done: as the copy has gone so far, and\n"
    "only from its first seconds on. Bytes that need not cross the link go by faster than it\n"
    "would allow, and so does what shrinks by compression.\n"
    ".SH NETWORK\n"
    "The image asks for an address by DHCP on every card unless\n"
    ".B ip=\n"
    "is given, as described in\n"
    ".BR dracut.cmdline (7).\n"
    ".SH SETTINGS FILE\n"
    "With\n"
    ".B p2v.config=\n"
    "many machines start from one boot menu and each finds what is meant for it. The file holds\n"
    "arguments as they would stand on the kernel command line, one a line, with the same\n"
    "quotation marks; a line that begins with # says nothing. An error names the file and the\n"
    "line. It may hold at most 64 KiB.\n"
    ".PP\n"
    ".nf\n"
    "# web\\-01\n"
    "p2v.server=conv.example.com\n"
    "p2v.hostkey=SHA256:...\n"
    "p2v.identity=file:///etc/p2v/identity\n"
    "p2v.pre=\"logger \\-t p2v begins\"\n"
    ".fi\n"
    ".PP\n"
    "A settings file holds commands that run as root: it is fetched over HTTPS only. The\n"
    "fingerprint for p2v.config.fingerprint is made on the web server by\n"
    ".PP\n"
    ".nf\n"
    "openssl x509 \\-in cert.pem \\-noout \\-pubkey | openssl pkey \\-pubin \\-outform der |\n"
    "  openssl dgst \\-sha256 \\-binary | base64\n"
    ".fi\n"
    ".PP\n"
    "with SHA256: before it. A file system found by its label is mounted read-only and unmounted\n"
    "again at once.\n"
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nThe guest was made.\n"
    ".TP\n.B 1\nIt was not; the last lines say why and what to do.\n"
    ".TP\n.B 2\nAn option or kernel argument is wrong or missing.\n"
    ".TP\n.B 130\nCancelled by Ctrl-C or SIGTERM.\n"
    ".SH FILES\n"
    ".TP\n.I /proc/cmdline\nThe arguments, unless\n.B \\-\\-cmdline\nis given.\n"
    ".TP\n.I /etc/p2v/ca.pem\nCertificate authorities of the site, instead of the usual ones, "
    "for https.\n"
    ".TP\n.I /etc/p2v/known_hosts\nHost keys that are trusted without p2v.hostkey.\n"
    ".SH EXAMPLE\n"
    ".nf\n"
    "p2v.server=conv.example.com p2v.hostkey=SHA256:... p2v.username=p2v\n"
    "p2v.identity=file:///etc/p2v/identity p2v.name=web\\-01 p2v.o=local p2v.os=/srv/guests\n"
    ".fi\n"
    ".SH SEE ALSO\n"
    ".BR p2v\\-server (8)\n";

char *
manual_page (const GOptionEntry *entries)
{
  GString *out = g_string_new (head);
  g_string_append (out, ".SH OPTIONS\n");
  for (const GOptionEntry *entry = entries; entry->long_name; entry++) {
    if (entry->flags & G_OPTION_FLAG_HIDDEN)
      continue;
    g_autofree char *name = settings_man_escape (entry->long_name);
    g_autofree char *help = settings_man_escape (entry->description);
    g_string_append_printf (out, ".TP\n.B \\-\\-%s", name);
    if (entry->arg_description)
      g_string_append_printf (out, "=%s", entry->arg_description);
    g_string_append_printf (out, "\n%s.\n", help);
  }
  g_autofree char *arguments = settings_man ();
  g_string_append_printf (out, ".SH KERNEL ARGUMENTS\n%s%s", arguments, tail);
  return g_string_free (out, FALSE);
}
