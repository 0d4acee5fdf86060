/* SPDX-License-Identifier: GPL-2.0-only */
/* The read-only eye on a machine that policies get (policy/hooks.h). */
#ifndef MM_RULES_EYE_H
#define MM_RULES_EYE_H

#include "rules/room.h"

#include "policy/hooks.h"
#include "policy/policy.h"
#include "machine/state.h"

/** What an eye looks at.  All of it is borrowed, and as long there as the eye is. */
struct mm_sight {
	const struct mm_machine *m;
	const struct mm_policy *policy;
	int64_t (*boost)(const void *arg, unsigned int zone); /* of a zone; NULL: none is followed */
	bool (*count)(const void *arg, const char *key, uint64_t *ret); /* NULL: there are no counters */
	/* lowmem_reserve[] of a zone; NULL: as the newest snapshot has it */
	int64_t (*reserve)(const void *arg, unsigned int zone, unsigned int zone_type);
	const void *arg;
	uint64_t seed; /* of the run; 0: it has none */
};

/** @s must stay where it is. */
void mm_eye_open(struct mm_eye *eye, const struct mm_sight *s);

#endif
