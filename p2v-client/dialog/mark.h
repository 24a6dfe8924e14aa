/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How good or bad a message is. */
#pragma once

typedef enum { NOTICE_INFO, NOTICE_GOOD, NOTICE_WARNING, NOTICE_ERROR } NoticeKind;

/* A character that stands for it, from the font, so that no theme of icons is needed. */
const char *notice_mark (NoticeKind kind);

/* The word for it, for who does not see it (borrowed). */
const char *notice_word (NoticeKind kind);
