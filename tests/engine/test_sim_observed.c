// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the follower of a simulated run begins: the snapshot says what /proc would, the machine knows the rest, and an
 * image brings all of it back, so that from the first event on nothing contradicts and each decision is equal.
 */
#include "kernels.h"
#include "made.h"

#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "sim/alloc/alloc.h"
#include "time/image.h"
#include "sample.h"

struct follower {
	struct mm_machine *m;
	struct mm_check *check;
	uint64_t events, contradictions, differs, equal;
};

static void decided(void *arg, const struct mm_decision *d)
{
	struct follower *f = arg;

	f->differs += d->verdict == MM_DIFFERS;
	f->equal += d->verdict == MM_EQUAL;
}

static void received(void *arg, const struct sg_event *ev)
{
	struct follower *f = arg;

	f->events++;
	mm_check_observe(f->check, f->m, ev);
	f->contradictions += mm_last_contra(f->m) != 0;
}

/* The sample's machine after @events of it decides for itself. */
static struct mm_sim *start(const struct sample *s, uint64_t events)
{
	struct mm_sim_cfg c = { .now = UINT64_C(90000000000) };
	struct mm_machine *m = mm_machine_new(&s->cfg, NULL);
	struct sg_cursor at;
	struct sg_event ev;
	struct sg_err err = { 0 };
	struct mm_sim *sim;

	assert_non_null(m);
	sg_log_seek(s->log, &at, 1);
	while (mm_position(m) < events && sg_log_next(&at, &ev))
		mm_observe(m, &ev);
	mm_policy_of_capture(&c.policy, s->cfg.cap, NULL, 0);
	sim = mm_sim_from(m, &c, NULL, &err);
	if (!sim)
		fail_msg("%s", err.text);
	mm_machine_free(m);
	return sim;
}

static void flags_say(void *arg, uint64_t pfn, const uint64_t *w, size_t nr, uint64_t *free)
{
	const struct mm_machine *m = arg;

	for (size_t i = 0; i < nr; i++) {
		struct mm_page_info p;

		mm_page_get(m, pfn + i, &p);
		*free += w[i] >> 10 & 1;
		assert_int_equal(w[i] >> 10 & 1, p.state == MM_PAGE_FREE);
		assert_int_equal(w[i] >> 20 & 1, p.state == MM_PAGE_NONE);
		assert_int_equal((w[i] >> 5 & 1) != 0, p.state == MM_PAGE_ALLOC && p.lru != MM_LRU_NONE);
		assert_int_equal(w[i] >> 12 & 1, p.lru == MM_LRU_ANON);
		assert_int_equal(w[i] >> 6 & 1, p.state == MM_PAGE_ALLOC && p.active);
	}
}

struct flags_arg {
	struct mm_machine *m;
	uint64_t free, pages;
};

static int flags(void *arg, uint64_t pfn, const uint64_t *w, size_t nr)
{
	struct flags_arg *a = arg;

	assert_int_equal(pfn, a->pages);
	a->pages += nr;
	flags_say(a->m, pfn, w, nr, &a->free);
	return 0;
}

/* Pages are asked for and given back, so many that per-cpu lists are refilled and drained. */
static void work(struct mm_sim *s, unsigned int steps)
{
	static uint64_t held[4096];
	static uint8_t order[4096];
	uint64_t rnd = 17;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < steps; i++) {
		uint64_t x = rnd = rnd * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		struct mm_request rq = { .now = s->now + 1000, .pid = 77, .cpu = (uint16_t)(x >> 33 & 1),
					 .order = (x >> 36 & 7) ? 0 : (uint8_t)(x >> 40 & 3), .mt = x >> 44 & 1 ? M : U, .zone_type = 2,
					 .gfp = MM_GFP_KSWAPD_RECLAIM };
		struct mm_grant g;

		if ((x >> 50 & 3) == 0 || nr == 4096) {
			unsigned int k = nr ? (unsigned int)(x >> 52) % nr : 0;

			if (!nr)
				continue;
			mm_sim_task(s, 77);
			mm_sim_release(s, rq.cpu, held[k], order[k]);
			held[k] = held[--nr];
			order[k] = order[nr];
		} else if (mm_sim_alloc(s, &rq, &g) == MM_GOT_PAGE) {
			held[nr] = g.pfn;
			order[nr++] = rq.order;
		}
	}
}

static void same_lists(const struct mm_machine *a, const struct mm_machine *b)
{
	static uint64_t x[8192], y[8192];

	for (unsigned int z = 0; z < mm_nr_zones(a); z++)
		for (unsigned int o = 0; o < mm_nr_orders(a); o++)
			for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++) {
				size_t n = mm_free_list(a, z, o, t, x, 8192, NULL);

				assert_int_equal(n, mm_free_list(b, z, o, t, y, 8192, NULL));
				assert_memory_equal(x, y, n * sizeof(x[0]));
			}
}

static void follows(const char *path, uint64_t events)
{
	struct sg_simulated run = { .capture = "sample", .asked = "", .ended = "", .seed = 1, .run = 1, .runs = 1 };
	struct mm_config cfg = { 0 };
	struct flags_arg fl = { 0 };
	struct follower f = { 0 };
	struct sg_capture cap;
	struct sg_err err = { 0 };
	struct mm_machine *known;
	char policy[512];
	struct bytes image;
	struct mm_zone_info zi;
	uint64_t nr_free = 0;
	struct sample s;
	struct mm_sim *sim;

	sample_open(&s, path);
	sim = start(&s, events);
	cap = *mm_sim_capture(sim);
	mm_policy_print(&sim->policy, policy, sizeof(policy));
	run.policy = policy;
	cap.simulated = &run;
	cfg = (struct mm_config){ .cap = &cap, .nr_seeds = 1, .seed = { { .snap = mm_sim_snapshot_pages(sim) } },
				  .nr_orders = sim->m->nr_orders, .pageblock_order = sim->m->pb_order };

	fl.m = sim->m;
	assert_int_equal(cfg.seed[0].snap->pageflags(cfg.seed[0].snap, flags, &fl), 0);
	assert_int_equal(fl.pages, mm_end_pfn(sim->m));
	for (unsigned int z = 0; z < mm_nr_zones(sim->m); z++) {
		mm_zone_get(sim->m, z, &zi);
		nr_free += zi.nr_free;
	}
	assert_int_equal(fl.free, nr_free);

	known = mm_sim_observed(sim, &cfg, &err);
	if (!known)
		fail_msg("%s", err.text);
	assert_int_equal(mm_position(known), 0);
	if (mm_audit(known, &err) != 0)
		fail_msg("%s", err.text);
	same_lists(sim->m, known);
	image = image_of(known);
	assert_int_equal(mm_image_position(image.p, image.len), 0);

	/* what is damaged is passed over, and the snapshot alone knows no order */
	cfg.start = image.p;
	cfg.start_len = image.len / 2;
	f.m = mm_start_new(&cfg, &err);
	assert_non_null(f.m);
	assert_int_not_equal(mm_hash(f.m), mm_hash(known));
	mm_machine_free(f.m);

	cfg.start_len = image.len;
	f.m = mm_start_new(&cfg, &err);
	assert_non_null(f.m);
	assert_int_equal(mm_hash(f.m), mm_hash(known));
	same_lists(sim->m, f.m);
	f.check = mm_check_new(f.m, &cfg, decided, &f, &err);
	assert_non_null(f.check);
	mm_sim_emit(sim, received, &f);
	work(sim, 20000);
	mm_check_finish(f.check);
	same_lists(sim->m, f.m);
	print_message("%llu events, %llu decisions equal, image of %zu bytes\n", (unsigned long long)f.events,
		      (unsigned long long)f.equal, image.len);
	assert_true(f.events > 10000 && f.equal > 100);
	assert_int_equal(f.contradictions, 0);
	assert_int_equal(f.differs, 0);

	mm_check_free(f.check);
	mm_machine_free(f.m);
	mm_machine_free(known);
	mm_sim_free(sim);
	free(image.p);
	sample_close(&s);
}

static void in_the_storm(void **state)
{
	(void)state;
	follows(SAMPLE, 60000);
}

static void at_the_start(void **state)
{
	(void)state;
	follows(SAMPLE_OLD, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_storm),
		cmocka_unit_test(at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
