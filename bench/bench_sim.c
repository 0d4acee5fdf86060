// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-sim: what a decision of the simulated allocator costs, beside peers in the same run.
 *
 *   pair      one page of order 0 through the per-cpu list, and back; beside malloc() and free() of as many bytes as
 *             a page entry holds, touched, and beside a free list of plain doubly linked nodes
 *   claim     an Unmovable request that claims a Movable pageblock of a zone of 64 GiB: below pageblock order (all
 *             its free pages change lists), and a whole one; beside the pair
 *
 * Processor time, so that others on the machine count less; each figure is the best of RUNS, or of 2 where a run
 * fills 64 GiB.  Prints ns, and ratios to the peers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/sim.h"

#define RUNS 5
#define PAIRS 2000000u
#define CLAIMS 2000u
#define HELD 64u /* pages held at a time, so that it isn't always the same one */
#define ZONE_PAGES (UINT64_C(64) << 18)
#define BLOCK 512u

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double best_of(unsigned int runs, double (*fn)(void *arg), void *arg)
{
	double best = fn(arg);

	for (unsigned int i = 1; i < runs; i++) {
		double t = fn(arg);

		best = t < best ? t : best;
	}
	return best;
}

static struct mm_sim *machine(uint64_t pages)
{
	struct mm_sim_cfg c = { .nr_cpus = 2, .page_size = 4096, .nr_zones = 1 };
	struct sg_err err = { 0 };
	struct mm_sim *s;

	mm_policy_init(&c.policy, MM_NEWEST_RELEASE);
	c.zone[0] = (struct mm_sim_zone_cfg){ .name = "Normal", .start_pfn = 1 << 20, .end_pfn = (1 << 20) + pages };
	s = mm_sim_new(&c, &err);
	if (!s) {
		fprintf(stderr, "bench-sim: %s\n", err.text);
		exit(1);
	}
	mm_sim_boot(s);
	return s;
}

static struct mm_request request(unsigned int order, unsigned int mt)
{
	return (struct mm_request){ .pid = 1, .order = (uint8_t)order, .mt = (uint8_t)mt, .zone_type = 2,
				    .gfp = MM_GFP_KERNEL | MM_GFP_CMA_OK };
}

static uint64_t page(struct mm_sim *s, const struct mm_request *rq)
{
	struct mm_grant g;

	if (mm_sim_alloc(s, rq, &g) != MM_GOT_PAGE) {
		fprintf(stderr, "bench-sim: the made machine has no page left\n");
		exit(1);
	}
	return g.pfn;
}

/* ns for one allocation and one free */
static double pairs(void *arg)
{
	const struct mm_request rq = request(0, 1);
	uint64_t held[HELD];
	double t;

	for (unsigned int i = 0; i < HELD; i++)
		held[i] = page(arg, &rq);
	t = now();
	for (unsigned int i = 0; i < PAIRS; i++) {
		mm_sim_release(arg, 0, held[i % HELD], 0);
		held[i % HELD] = page(arg, &rq);
	}
	t = now() - t;
	for (unsigned int i = 0; i < HELD; i++)
		mm_sim_release(arg, 0, held[i], 0);
	return t / PAIRS;
}

static double mallocs(void *arg)
{
	static volatile char *held[HELD];
	double t;

	(void)arg;
	for (unsigned int i = 0; i < HELD; i++)
		held[i] = malloc(32);
	t = now();
	for (unsigned int i = 0; i < PAIRS; i++) {
		free((void *)held[i % HELD]);
		held[i % HELD] = malloc(32);
		if (!held[i % HELD])
			exit(1);
		*held[i % HELD] = 1;
	}
	t = now() - t;
	for (unsigned int i = 0; i < HELD; i++)
		free((void *)held[i]);
	return t / PAIRS;
}

/* The least that any allocator of this kind does: a node leaves the head of a list and comes back. */
struct node {
	struct node *next, *prev;
	uint64_t used, pid;
};

static double lists(void *arg)
{
	struct node *all = calloc(4096, sizeof(*all)), head = { &head, &head, 0, 0 };
	struct node *volatile held[HELD];
	double t;

	(void)arg;
	if (!all)
		exit(1);
	for (unsigned int i = 0; i < 4096; i++) {
		struct node *n = &all[i];

		n->next = head.next;
		n->prev = &head;
		head.next->prev = n;
		head.next = n;
	}
	for (unsigned int i = 0; i < HELD; i++) {
		held[i] = head.next;
		head.next = held[i]->next;
		head.next->prev = &head;
	}
	t = now();
	for (unsigned int i = 0; i < PAIRS; i++) {
		struct node *n = held[i % HELD];

		n->used = 0;
		n->next = head.next;
		n->prev = &head;
		head.next->prev = n;
		head.next = n;
		n = head.next;
		head.next = n->next;
		head.next->prev = &head;
		n->used = 1;
		n->pid = i;
		held[i % HELD] = n;
	}
	t = now() - t;
	free(all);
	return t / PAIRS;
}

/* Claims of pageblocks that are three quarters free.  Order 4 goes past the per-cpu lists. */
static double part_claims(void *arg)
{
	struct mm_sim *s = machine(ZONE_PAGES);
	const struct mm_request want = request(4, 0);
	struct mm_request fill = request(7, 1);
	double t = 0;

	(void)arg;
	/* all of the zone in pieces of order 7; of each pageblock three go back and one stays */
	fill.gfp = MM_GFP_MEMALLOC;
	for (uint64_t n = 0; n < ZONE_PAGES / 128; n++)
		page(s, &fill);
	for (uint64_t p = 1 << 20; p < (1 << 20) + ZONE_PAGES; p += BLOCK)
		for (unsigned int k = 0; k < 3; k++)
			mm_sim_release(s, 0, p + 128 * k, 7);
	for (unsigned int i = 0; i < CLAIMS; i++) {
		uint64_t claims = mm_sim_stat(s, MM_SIM_EXTFRAG_CLAIM);
		double from = now();

		page(s, &want);
		from = now() - from;
		if (mm_sim_stat(s, MM_SIM_EXTFRAG_CLAIM) == claims + 1)
			t += from;
		else
			i--;
	}
	mm_sim_free(s);
	return t / CLAIMS;
}

static double whole_claims(void *arg)
{
	struct mm_sim *s = machine(ZONE_PAGES);
	const struct mm_request want = request(4, 0);
	double t = 0;

	(void)arg;
	for (unsigned int i = 0; i < CLAIMS; i++) {
		uint64_t claims = mm_sim_stat(s, MM_SIM_EXTFRAG_CLAIM);
		double from = now();

		page(s, &want);
		from = now() - from;
		if (mm_sim_stat(s, MM_SIM_EXTFRAG_CLAIM) == claims + 1)
			t += from;
		else
			i--;
	}
	mm_sim_free(s);
	return t / CLAIMS;
}

int main(void)
{
	struct mm_sim *s = machine(UINT64_C(1) << 18);
	double pair = best_of(RUNS, pairs, s), m = best_of(RUNS, mallocs, NULL), l = best_of(RUNS, lists, NULL), part, whole, t;

	mm_sim_free(s);
	part = best_of(2, part_claims, NULL);
	whole = best_of(2, whole_claims, NULL);
	printf("page, order 0, through the per-cpu list and back:  %7.1f ns\n", pair);
	printf("  malloc() and free():                             %7.1f ns, ratio %.2f\n", m, pair / m);
	printf("  plain doubly linked list:                        %7.1f ns, ratio %.2f\n", l, pair / l);
	printf("claim below pageblock order, zone of 64 GiB:       %7.1f ns, %.0f pairs\n", part, part / pair);
	printf("claim of whole pageblocks, zone of 64 GiB:         %7.1f ns, %.0f pairs\n", whole, whole / pair);
	t = now();
	s = machine(ZONE_PAGES);
	printf("booting 64 GiB:                                    %7.1f ms\n", (now() - t) / 1e6);
	mm_sim_free(s);
	return 0;
}
