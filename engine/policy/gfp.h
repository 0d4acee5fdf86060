/* SPDX-License-Identifier: GPL-2.0-only */
/* What a request for pages allows and wants, by meaning. */
#ifndef MM_POLICY_GFP_H
#define MM_POLICY_GFP_H

#include "policy/room.h"

#include "policy/hooks.h" /* enum mm_gfp: policies know it, too */

#endif
