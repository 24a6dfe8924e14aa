/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nbdkit plugin "p2vbroker": one disk of a physical machine that is at the far
 * end of data channels, which may break and come again.
 *
 * Exports: "" reads whole units and keeps them in the cache file; "exact" reads
 * just what is asked, uses the cache, and adds nothing to it; "fresh" asks the
 * source also for what the cache holds, and keeps that anew.  Read-only.  A read
 * without a channel waits for one. */
#include "broker-plugin.h"
#include <inttypes.h>
#include <string.h>
#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

static struct {
  gint64 size;
  char *cache, *map, *data_socket, *control_socket, *bad;
} config = {.size = -1};

static Cache *cache;
static Queue *queue;
static Listener *listener;

static int
broker_config (const char *key, const char *value)
{
  const struct {
    const char *key;
    char **value;
  } paths[] = {
      {"cache", &config.cache},
      {"map", &config.map},
      {"data-socket", &config.data_socket},
      {"control-socket", &config.control_socket},
      {"zero-bad", &config.bad},
  };
  if (strcmp (key, "size") == 0) {
    config.size = nbdkit_parse_size (value);
    return config.size < 0 ? -1 : 0;
  }
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    if (strcmp (key, paths[i].key) != 0)
      continue;
    free (*paths[i].value);
    *paths[i].value = nbdkit_absolute_path (value);
    return *paths[i].value ? 0 : -1;
  }
  nbdkit_error ("unknown parameter '%s'", key);
  return -1;
}

static int
broker_config_complete (void)
{
  if (config.size > 0 && config.cache && config.map && config.data_socket && config.control_socket)
    return 0;
  nbdkit_error ("a parameter is missing, or the size is 0");
  return -1;
}

#define broker_config_help                                                                         \
  "size=BYTES             (required) Size of the disk.\n"                                          \
  "cache=FILE             (required) Where units are kept.\n"                                      \
  "map=FILE               (required) Which units are kept, a byte each.\n"                         \
  "data-socket=PATH       (required) Data channels connect here.\n"                                \
  "control-socket=PATH    (required) Commands: stats, fail, forget, live, probe.\n"                \
  "zero-bad=FILE          Zeroes for what cannot be read; FILE lists where."

static int
broker_get_ready (void)
{
  cache = cache_open (config.cache, config.map, (guint64)config.size);
  if (!cache) {
    nbdkit_error ("%s, %s: %m", config.cache, config.map);
    return -1;
  }
  queue = queue_new (cache, config.bad);
  return 0;
}

static int
broker_after_fork (void)
{
  listener = listener_start (queue, config.data_socket, config.control_socket);
  if (!listener) {
    nbdkit_error ("%s, %s: %m", config.data_socket, config.control_socket);
    return -1;
  }
  return 0;
}

static void
broker_unload (void)
{
  listener_stop (listener);
  queue_free (queue);
  cache_close (cache);
  free (config.cache);
  free (config.map);
  free (config.data_socket);
  free (config.control_socket);
  free (config.bad);
}

static int
broker_list_exports (int readonly, int is_tls, struct nbdkit_exports *exports)
{
  (void)readonly, (void)is_tls;
  if (nbdkit_add_export (exports, "", "whole units, kept") < 0)
    return -1;
  if (nbdkit_add_export (exports, "exact", "just what is asked, not kept") < 0)
    return -1;
  return nbdkit_add_export (exports, "fresh", "from the source, whatever is kept");
}

/* The handle says how the export reads. */
static ReadMode keep = READ_KEEP, exact = READ_EXACT, fresh = READ_FRESH;

static void *
broker_open (int readonly)
{
  (void)readonly;
  const char *name = nbdkit_export_name ();
  if (name && strcmp (name, "") == 0)
    return &keep;
  if (name && strcmp (name, "exact") == 0)
    return &exact;
  if (name && strcmp (name, "fresh") == 0)
    return &fresh;
  nbdkit_error ("there is no export of that name");
  return NULL;
}

static int64_t
broker_get_size (void *handle)
{
  (void)handle;
  return config.size;
}

/* One queue and one cache stand behind all connections. */
static int
broker_can_multi_conn (void *handle)
{
  (void)handle;
  return 1;
}

static int
broker_pread (void *handle, void *data, uint32_t count, uint64_t offset, uint32_t flags)
{
  (void)flags;
  const ReadMode *mode = handle;
  int result = queue_read (queue, data, offset, count, *mode);
  if (result == 0)
    return 0;
  nbdkit_error ("%" PRIu32 " bytes at %" PRIu64 ": %s", count, offset, g_strerror (result));
  nbdkit_set_error (result);
  return -1;
}

static struct nbdkit_plugin plugin = {
    .name = "p2vbroker",
    .longname = "broker between the data channels of p2v and the conversion",
    .version = P2V_VERSION,
    .unload = broker_unload,
    .config = broker_config,
    .config_complete = broker_config_complete,
    .config_help = broker_config_help,
    .get_ready = broker_get_ready,
    .after_fork = broker_after_fork,
    .list_exports = broker_list_exports,
    .open = broker_open,
    .get_size = broker_get_size,
    .can_multi_conn = broker_can_multi_conn,
    .pread = broker_pread,
};

NBDKIT_REGISTER_PLUGIN (plugin)
