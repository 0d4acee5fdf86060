// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each request for memory of a run fails once, with fail.c preloaded: what the machine then says is unknown, or right.
 *	engine CAPTURE [TRIES]
 */
#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm.h"
#include "check/check.h"
#include "sg_log.h"
#include "tr.h"

#define STOPS 12

static void (*arm)(unsigned long nth, unsigned long more);
static unsigned long (*seen)(void);
static void (*hold)(int on);
static struct mm_config cfg;
static struct sg_log *events;

/* What is right. */
static uint64_t hash[STOPS], contra[STOPS];
static struct mm_check_sum sum[MM_CHECK_COUNT];

#define FAIL(...) (printf(__VA_ARGS__), printf("\n"), exit(1))

/* Forwards, backwards, by single events and far. */
static uint64_t stop(unsigned int i)
{
	static const unsigned int permille[STOPS] = { 100, 900, 500, 499, 1000, 0, 250, 251, 700, 300, 999, 50 };

	return sg_log_count(events) * permille[i] / 1000 + i % 3;
}

static uint64_t contradictions(const struct mm_machine *m)
{
	uint64_t n = 0;

	for (int c = 0; c < MM_CONTRA_COUNT; c++)
		n += mm_contra_count(m, (enum mm_contra)c);
	return n;
}

/* Nothing is claimed. */
static void check_unknown(const struct mm_machine *m, unsigned long nth)
{
	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		struct mm_zone_info z;

		mm_zone_get(m, i, &z);
		if (z.nr_free || z.nr_pcp || z.nr_alloc || z.nr_isolated || z.list_known)
			FAIL("request %lu: zone %s has %" PRIu64 " free pages, and nothing can be known", nth, z.name, z.nr_free);
		for (uint64_t pfn = z.start_pfn; pfn < z.end_pfn; pfn += 97) {
			struct mm_page_info p;

			mm_page_get(m, pfn, &p);
			if (p.state != MM_PAGE_UNKNOWN)
				FAIL("request %lu: page %" PRIu64 " is %c", nth, pfn, mm_page_letter(p.state));
		}
	}
}

/* The run with request @nth failing; the number of requests. */
static unsigned long travel(unsigned long nth, unsigned long more, bool right)
{
	struct mm_timeline *tl;
	struct sg_err err = { 0 };
	unsigned long nr;

	arm(nth, more);
	tl = mm_timeline_new(&cfg, events, 0, &err);
	if (!tl) {
		if (!err.text[0])
			FAIL("request %lu: no timeline, and no word why", nth);
		return seen();
	}
	for (unsigned int i = 0; i < STOPS; i++) {
		const struct mm_machine *m;

		mm_timeline_seek(tl, stop(i));
		for (unsigned int k = 0; i == 3 && k < 40; k++)
			mm_timeline_prepare(tl, 1000);
		m = mm_timeline_machine(tl);
		hold(1); /* looking asks for memory, too */
		if (right) {
			hash[i] = mm_hash(m);
			contra[i] = contradictions(m);
		} else if (mm_out_of_memory(m)) {
			check_unknown(m, nth);
			if (contradictions(m) > contra[i])
				FAIL("request %lu: more contradictions than there are", nth);
		} else if (mm_hash(m) != hash[i]) {
			FAIL("request %lu: another state at event %" PRIu64, nth, stop(i));
		}
		hold(0);
	}
	nr = seen();
	mm_timeline_free(tl);
	return nr;
}

static unsigned long check(unsigned long nth, unsigned long more, bool right)
{
	struct sg_cursor cur;
	struct sg_event ev;
	struct sg_err err = { 0 };
	struct mm_machine *m;
	struct mm_check *c;
	unsigned long nr;

	arm(nth, more);
	m = mm_machine_new(&cfg, &err);
	c = m ? mm_check_new(m, &cfg, NULL, NULL, &err) : NULL;
	sg_log_seek(events, &cur, 1);
	while (c && sg_log_next(&cur, &ev))
		mm_check_observe(c, m, &ev);
	nr = seen();
	if (c)
		mm_check_finish(c);
	else if (!err.text[0])
		FAIL("request %lu: no check, and no word why", nth);
	for (unsigned int k = 0; c && k < MM_CHECK_COUNT; k++) {
		const struct mm_check_sum *s = mm_check_get(c, (enum mm_check_kind)k);

		if (right) {
			sum[k] = *s;
			continue;
		}
		if (mm_check_out_of_memory(c) ? s->decidable > sum[k].decidable || s->equal > sum[k].equal ||
						s->decidable - s->equal > sum[k].decidable - sum[k].equal
					      : s->decidable != sum[k].decidable || s->equal != sum[k].equal)
			FAIL("request %lu: %s: %" PRIu64 " of %" PRIu64 " are equal", nth,
			     mm_check_key((enum mm_check_kind)k), s->equal, s->decidable);
	}
	mm_check_free(c);
	mm_machine_free(m);
	return nr;
}

static void all(const char *name, unsigned long (*run)(unsigned long, unsigned long, bool), unsigned long tries)
{
	unsigned long nr = run(0, 0, true);

	if (run(0, 0, false) != nr) /* and the run is the same twice */
		printf("# %s asks for memory in another way the second time\n", name);
	for (unsigned long i = 0; i < tries && i < nr; i++)
		run(nr <= tries ? i + 1 : 1 + i * (nr - 1) / (tries - 1), i % 4 == 3 ? 1ul << 40 : 0, false);
	printf("%s: %lu requests, %lu of them failed in turn: unknown or right\n", name, nr, nr < tries ? nr : tries);
}

static void read_events(const char *file)
{
	struct tr_capture *tc;
	struct sg_event ev[256];
	struct sg_err err;
	size_t n;

	if (tr_open(file, 0, &tc, &err) < 0)
		FAIL("%s", err.text);
	events = sg_log_new();
	while ((n = tr_read(tc, ev, 256)) > 0)
		for (size_t i = 0; i < n; i++)
			if (!events || sg_log_append(events, &ev[i]) < 0)
				FAIL("no memory for the test");
	cfg.cap = tr_info(tc);
	if (tr_snapshot(tc, "before"))
		cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = tr_snapshot(tc, "before") };
	if (tr_snapshot(tc, "in-start"))
		cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ tr_snapshot(tc, "in-start"), "snapshot-begin",
							     "snapshot-begin-done" };
}

int main(int argc, char **argv)
{
	unsigned long tries = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;

	*(void **)&arm = dlsym(RTLD_DEFAULT, "sgfail_arm");
	*(void **)&hold = dlsym(RTLD_DEFAULT, "sgfail_pause");
	*(void **)&seen = dlsym(RTLD_DEFAULT, "sgfail_seen");
	if (!arm || !seen || !hold)
		FAIL("fail.c isn't preloaded");
	if (argc < 2)
		return 2;
	read_events(argv[1]);
	all("check", check, tries);
	all("timeline", travel, tries);
	return 0;
}
