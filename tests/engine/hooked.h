/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of hooks share: what policies answered wrongly, and, where sim_made.h was included before, made machines under
 * a policy.
 */
#ifndef HOOKED_H
#define HOOKED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/overlay.h"
#include "sim/sim.h"

#ifdef SIM_MADE_H

/** sim_cfg() under the policy @h. */
static inline struct mm_sim_cfg hooked_cfg(enum test_kernel k, const struct mm_hooks *h)
{
	struct mm_sim_cfg c = sim_cfg(k, 16);
	struct sg_err err = { 0 };

	if (mm_policy_add(&c.policy, h, &err) != 0)
		fail_msg("%s", err.text);
	return c;
}

static inline struct mm_sim *hooked(enum test_kernel k, const struct mm_hooks *h)
{
	struct mm_sim_cfg c = hooked_cfg(k, h);

	return sim_make(&c);
}

/** All 16 blocks are Movable and occupied whole. */
static inline struct mm_sim *hooked_full(enum test_kernel k, const struct mm_hooks *h)
{
	struct mm_sim *s = hooked(k, h);

	for (unsigned int i = 0; i < 16; i++)
		sim_occupy_block(s, i, M);
	return s;
}

static inline void hooked_done(struct mm_sim *s)
{
	sim_sound(s);
	mm_sim_free(s);
}

#endif

/** The policies answered nothing wrongly. */
static inline void assert_faultless(const struct mm_sim *s)
{
	char text[400] = "";

	mm_overlays_say(mm_sim_overlays(s), 0, text, sizeof(text));
	if (mm_overlays_faults(mm_sim_overlays(s)))
		fail_msg("%s", text);
}

/** Only @hook did, the first time for reason of @what. */
static inline void assert_wrong(const struct mm_sim *s, const char *hook, const char *what)
{
	const char *policy, *name;
	struct mm_hook_fault f;
	char text[400];

	assert_true(mm_overlays_fault(mm_sim_overlays(s), 0, &policy, &name, &f));
	assert_string_equal(name, hook);
	assert_string_equal(f.what, what);
	assert_true(f.count > 0);
	assert_false(mm_overlays_fault(mm_sim_overlays(s), 1, &policy, &name, &f));
	assert_true(mm_overlays_say(mm_sim_overlays(s), 0, text, sizeof(text)) < sizeof(text) - 1);
	assert_non_null(strstr(text, policy));
	assert_non_null(strstr(text, hook));
	assert_non_null(strstr(text, what));
}

#endif
