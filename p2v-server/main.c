/* SPDX-License-Identifier: GPL-2.0-or-later */
/* p2v-server: what runs on the conversion server. */
#include <locale.h>
#include <sys/stat.h>
#include "subcommands.h"

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  /* Everything that is made here belongs to its user alone. */
  umask (0077);
  return subcommands_run (argc, argv);
}
