// SPDX-License-Identifier: GPL-2.0-only
/*
 * When is a node hopeless?  The kernel gives it up after 16 rounds in a row that reclaimed nothing, and forgets them with the
 * first page that anybody reclaims.  This rule remembers: a node is given up when of the last 64 rounds fewer than 4 got
 * anything, and taken up again once it has had 1024 pages back from whoever freed or reclaimed them.
 */
#include <stormglass/policy.h>

#define NODES 64
#define ROUNDS 64
#define LEAST 4     /* rounds of those that reclaimed something */
#define BACK 1024   /* pages */

struct node {
	uint64_t rounds;    /* the last 64, 1: it reclaimed something */
	uint32_t nr;        /* of them, so far */
	uint32_t dead;
	int64_t back;       /* pages since it was given up */
};

struct state {
	struct node node[NODES];
};

static void take_round(struct node *n, int worked)
{
	n->rounds = n->rounds << 1 | (uint64_t)worked;
	if (n->nr < ROUNDS)
		n->nr++;
	if (n->nr == ROUNDS && __builtin_popcountll(n->rounds) < LEAST && !n->dead) {
		n->dead = 1;
		n->back = 0;
	}
}

/* Source: mm/vmscan.c: balance_pgdat(), shrink_node(); mm/page_alloc.c: free_frozen_page_commit() */
static void count(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_count *in, int32_t *failures)
{
	struct state *s = state;
	struct node *n;

	if (in->node < 0 || in->node >= NODES)
		return;
	n = &s->node[in->node];
	if (in->event == MM_COUNT_FAILED)
		take_round(n, 0);
	else if (in->event == MM_COUNT_PROGRESS)
		take_round(n, 1);
	if (in->event == MM_COUNT_PROGRESS || in->event == MM_COUNT_RELIEVED)
		n->back += in->pages;
	if (n->dead && n->back >= BACK)
		*n = (struct node){ 0 };
}

/* Source: mm/vmscan.c: kswapd_test_hopeless() */
static void dead(void *state, const struct mm_eye *eye, const struct mm_ask_kswapd_dead *in, uint32_t *dead)
{
	const struct state *s = state;

	if (in->node >= 0 && in->node < NODES)
		*dead = s->node[in->node].dead;
}

const struct mm_hooks stormglass_policy = {
	MM_HOOKS_HEAD("patient-kswapd"),
	.state_size = sizeof(struct state),
	.kswapd_count = count,
	.kswapd_dead = dead,
};
