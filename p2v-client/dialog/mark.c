/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mark.h"
#include "words.h"

static const struct {
  const char *mark, *word;
} kinds[] = {
    [NOTICE_INFO] = {"ℹ", N_ ("Note")},
    [NOTICE_GOOD] = {"✓", N_ ("In order")},
    [NOTICE_WARNING] = {"⚠", N_ ("Warning")},
    [NOTICE_ERROR] = {"✗", N_ ("Error")},
};

const char *
notice_mark (NoticeKind kind)
{
  return kinds[kind].mark;
}

const char *
notice_word (NoticeKind kind)
{
  return _ (kinds[kind].word);
}
