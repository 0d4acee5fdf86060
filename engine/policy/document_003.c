// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies of "stg mail -e --version=v9" (linux-mm, September 2019), the review of free page reporting: which free blocks a host is
 * told of, and where on the free lists a freed block goes.  The reporters are in document_003_reporting.c.
 */
#include "policy/choice.h"
#include "policy/document_003.h"

/* ---- freelist -------------------------------------------------------------------------- */

static void head_place(void *state, const struct mm_eye *eye, const struct mm_ask_place *in, struct mm_reply_place *r)
{
	if (in->why == MM_PLACE_FREED)
		r->where = MM_PLACE_HEAD;
}

static void tail_place(void *state, const struct mm_eye *eye, const struct mm_ask_place *in, struct mm_reply_place *r)
{
	if (in->why == MM_PLACE_FREED)
		r->where = MM_PLACE_TAIL;
}

struct coin {
	uint64_t at, bits; /* bits: what is left of the last number, below a 1 that marks the end */
};

static void coin_init(void *state, const struct mm_eye *eye)
{
	struct coin *c = state;

	c->at = eye->seed;
	c->bits = 1;
}

/* One bit of splitmix64.  Source: mm/shuffle.c: shuffle_pick_tail(), which the kernel asks for blocks of the highest order only */
static void shuffle_place(void *state, const struct mm_eye *eye, const struct mm_ask_place *in, struct mm_reply_place *r)
{
	struct coin *c = state;

	if (in->why != MM_PLACE_FREED)
		return;
	if (c->bits <= 1) {
		uint64_t v = c->at += UINT64_C(0x9e3779b97f4a7c15);

		v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
		c->bits = (v ^ v >> 31) | UINT64_C(1) << 63;
	}
	r->where = c->bits & 1 ? MM_PLACE_TAIL : MM_PLACE_HEAD;
	c->bits >>= 1;
}

/*
 * Whoever frees what it has just used frees what is in the caches: that is to be had first.  What reclaim frees nobody has used for
 * long.  Source: mm/page_alloc.c: free_hot_cold_page(), before 4.15, where it chose the end of a per-cpu list
 */
static void hotcold_place(void *state, const struct mm_eye *eye, const struct mm_ask_place *in, struct mm_reply_place *r)
{
	if (in->why == MM_PLACE_FREED)
		r->where = in->cold ? MM_PLACE_TAIL : MM_PLACE_HEAD;
}

static const struct mm_hooks at_head = { MM_HOOKS_HEAD("freelist.head"), .place = head_place };
static const struct mm_hooks at_tail = { MM_HOOKS_HEAD("freelist.tail"), .place = tail_place };
static const struct mm_hooks shuffled = { MM_HOOKS_HEAD("freelist.shuffle"), .state_size = sizeof(struct coin), .init = coin_init,
					  .place = shuffle_place };
static const struct mm_hooks hotcold = { MM_HOOKS_HEAD("freelist.hotcold"), .place = hotcold_place };

static const struct mm_choice_value freelist[] = {
	{ "mainline", "to the head; to the tail where it will likely merge soon, or the host has it (mainline)" },
	{ "head", "always to the head: what was freed last is taken first", .hooks = &at_head },
	{ "tail", "always to the tail: what has been free longest is taken first", .hooks = &at_tail },
	{ "shuffle", "to either end by a coin, for blocks of every order; page_alloc.shuffle=1 is the kernel's, for the highest alone",
	  .hooks = &shuffled },
	{ "hotcold", "what reclaim frees to the tail, what its user frees to the head, as before 4.15", .hooks = &hotcold },
};

/* ---- reporting -------------------------------------------------------------------------- */

static const struct mm_choice_value reporting[] = {
	{ "off", "the host is told of nothing" },
	{ "mainline", "two seconds after a large block was freed unmarked ones are reported, 32 at a time, and stand behind then",
	  .hooks = &mm_reporting_mainline },
	{ "boundary", "as in the series of 2019: from 32 unreported blocks on, 100 ms later, from a boundary that marked ones stand behind",
	  .hooks = &mm_reporting_boundary },
	{ "best-effort", "as its critic proposes: N freed blocks are remembered and reported; when there are more, all lists are searched",
	  .hooks = &mm_reporting_best_effort, .number = "remembered blocks", .least = 1, .most = MM_BEST_EFFORT_MOST },
};

#define VALUES(v) .value = (v), .nr = sizeof(v) / sizeof((v)[0])

/* A boundary binds what goes to a tail, wherever freelist puts it: its hooks lie above. */
const struct mm_choice mm_document_003[] = {
	{ "freelist", "003", "mm/page_alloc.c: __free_one_page(), buddy_merge_likely(); mm/shuffle.c: shuffle_pick_tail()",
	  "where on its free list does a freed block go?", "w5-reporting-7.3", VALUES(freelist) },
	{ "reporting", "003", "mm/page_reporting.c: page_reporting_process(), page_reporting_cycle(); mm/page_reporting.h",
	  "which free blocks is the host told of, and when?  The captured machine's own: as its page flags show", "w5-reporting-7.3",
	  VALUES(reporting), .machine = true },
};
const unsigned int mm_document_003_nr = sizeof(mm_document_003) / sizeof(mm_document_003[0]);
