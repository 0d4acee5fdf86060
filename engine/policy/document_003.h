/* SPDX-License-Identifier: GPL-2.0-only */
/* The reporters of document 003. */
#ifndef MM_POLICY_DOCUMENT_003_H
#define MM_POLICY_DOCUMENT_003_H

#include "policy/room.h"

#include "policy/hooks.h"

#define MM_BEST_EFFORT_MOST 65536

extern const struct mm_hooks mm_reporting_mainline, mm_reporting_boundary, mm_reporting_best_effort;

#endif
