/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the control protocol (docs/protocol.md): one JSON object a line.
 * One table of types and members serves both sides: what is not in it is
 * refused, in either direction. */
#pragma once
#include <json-glib/json-glib.h>

#define P2V_PROTOCOL_VERSION 1

/* Longest line either side accepts, newline included, in bytes. */
#define P2V_MESSAGE_MAX (1024u * 1024u)

/* Each side takes the link for broken after so long without a sign of life from the
 * other; the client gives one that often, on every channel. */
#define P2V_SILENCE_S 30
#define P2V_ALIVE_S   5

/* For so long a client tries to come back, unless p2v.reconnect= says otherwise. */
#define P2V_RECONNECT_S 900

/* "instance" of start and attach: so many lower-case hexadecimal digits. */
#define P2V_INSTANCE_LENGTH 32

typedef enum { P2V_FROM_CLIENT, P2V_FROM_SERVER } P2vDirection;

/* Parses one line (without its newline, need not be terminated).  Errors:
 * P2V_ERROR_PROTOCOL for anything that the table does not allow: not UTF-8, not
 * an object, nested deeper than 32, unknown type, unknown or missing or
 * wrongly typed member.  Caller unrefs. */
JsonObject *p2v_message_parse (const char *line, gsize length, P2vDirection from, GError **error);

/* Is TEXT what an instance looks like? */
gboolean p2v_instance_is_valid (const char *text);

/* A new object with "type" set (caller unrefs). */
JsonObject *p2v_message_new (const char *type);

/* The line for MESSAGE, newline included (caller frees). */
char *p2v_message_to_line (JsonObject *message);

/* The "type" member. */
const char *p2v_message_type (JsonObject *message);

/* The object in the JSON file PATH; NULL when it cannot be read or holds none (caller
 * unrefs). */
JsonObject *p2v_json_read (const char *path);

/* Member readers for objects that passed p2v_message_parse or for nested
 * objects of unknown shape: the fallback when absent or of another type. */
const char *p2v_json_string (JsonObject *object, const char *member, const char *fallback);
gint64 p2v_json_int (JsonObject *object, const char *member, gint64 fallback);
gboolean p2v_json_bool (JsonObject *object, const char *member, gboolean fallback);
/* Borrowed; NULL when absent or of another type. */
JsonObject *p2v_json_object (JsonObject *object, const char *member);
JsonArray *p2v_json_array (JsonObject *object, const char *member);
