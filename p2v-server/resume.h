/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a job whose guest is converted needs to go on in another process, in its file
 * converted.json: what is known of the guest, and the report so far. */
#pragma once
#include "job.h"

/* Also puts the overlays on stable storage: from here on the conversion is not made again.
 * P2V_ERROR_SPACE, P2V_ERROR_IO. */
gboolean resume_save (Job *job, GError **error);

/* Takes up what an earlier process of the job left: its state, and from a guest that is
 * converted on all of it.  What cannot be used is not, and the job begins further up. */
void resume_recall (Job *job);
