/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preloaded into nbdkit by the sanitizers' wrapper: plugins and filters stay
 * loaded to the end, so that a leak of theirs is reported with its place. */
int dlclose (void *handle);

int
dlclose (void *handle)
{
  (void)handle;
  return 0;
}
