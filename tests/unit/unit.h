/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every cmocka test needs first, in the order cmocka wants it. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glib.h>
#include "common/error.h"

/* ERROR is set, has CODE, and is freed. */
#define assert_p2v_error(error, wanted)                                                            \
  do {                                                                                             \
    assert_non_null (error);                                                                       \
    assert_true (g_error_matches (error, P2V_ERROR, (gint)(wanted)));                              \
    g_clear_error (&(error));                                                                      \
  } while (0)
