/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes in a block map's file (blockmap.h), for its reader and its writer. */
#pragma once

#define BLOCKMAP_MAGIC   "p2v-bmap"
#define BLOCKMAP_VERSION 1u
#define BLOCKMAP_HEADER  64u
#define BLOCKMAP_PIECE   32u
