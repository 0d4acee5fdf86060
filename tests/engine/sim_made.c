// SPDX-License-Identifier: GPL-2.0-only
/* Small made machines for the tests of the simulated allocator. */
#include "sim_made.h"

struct mm_sim_cfg sim_cfg(enum test_kernel rules, unsigned int blocks)
{
	struct mm_sim_cfg c = { .nr_cpus = 2, .page_size = 4096, .nr_zones = 1 };

	mm_policy_init(&c.policy, k_release(rules));
	c.zone[0] = (struct mm_sim_zone_cfg){ .name = "Normal", .start_pfn = START, .end_pfn = B(blocks), .wmark_min = 100,
					      .wmark_low = 200, .wmark_high = 300, .wmark_promo = 400 };
	return c;
}

struct mm_sim *sim_make(const struct mm_sim_cfg *cfg)
{
	struct sg_err err = { 0 };
	struct mm_sim *s = mm_sim_new(cfg, &err);

	if (!s)
		fail_msg("%s", err.text);
	mm_sim_boot(s);
	return s;
}

struct mm_sim *sim_small(enum test_kernel rules, unsigned int blocks)
{
	struct mm_sim_cfg c = sim_cfg(rules, blocks);

	return sim_make(&c);
}

struct mm_request sim_request(unsigned int order, unsigned int mt, uint32_t gfp)
{
	return (struct mm_request){ .order = (uint8_t)order, .mt = (uint8_t)mt, .gfp = gfp, .zone_type = NORMAL, .pid = 7 };
}

enum mm_outcome sim_ask_for(struct mm_sim *s, unsigned int order, unsigned int mt, uint32_t gfp, uint64_t *ret_pfn)
{
	struct mm_request rq = sim_request(order, mt, gfp);
	struct mm_grant g;
	enum mm_outcome o = mm_sim_alloc(s, &rq, &g);

	if (ret_pfn)
		*ret_pfn = g.pfn;
	return o;
}

void sim_occupy(struct mm_sim *s, uint64_t pfn, unsigned int order, unsigned int mt)
{
	struct zone_state *z = mm_zone_at(s->m, pfn);
	struct mm_request rq = sim_request(order, mt, 0);
	struct page_ent e;
	uint64_t head;

	assert_non_null(z);
	assert_true(mm_head_of(s->m, pfn, &head, &e) && ent_order(&e) >= order);
	/* taken apart by hand, so that lists keep their order but for the pieces */
	mm_list_del(s->m, z, head, &e, ent_mt(&e));
	for (unsigned int o = ent_order(&e); o > order;) {
		uint64_t upper = head + (1ull << --o);

		mm_list_add(s->m, z, pfn >= upper ? head : upper, o, ent_mt(&e), true);
		if (pfn >= upper)
			head = upper;
	}
	mm_sim_hand_out(s, z, &rq, pfn);
}

void sim_occupy_block(struct mm_sim *s, unsigned int i, unsigned int mt)
{
	sim_occupy(s, B(i), 9, mt);
}

void sim_vacate(struct mm_sim *s, uint64_t pfn, unsigned int order)
{
	mm_sim_free_one(s, mm_zone_at(s->m, pfn), pfn, order, mm_blk(s->m, pfn / BLOCK).mt, false);
}

void sim_type(struct mm_sim *s, unsigned int i, unsigned int mt)
{
	struct zone_state *z = mm_zone_at(s->m, B(i));

	mm_block_move(s->m, z, B(i), mm_blk(s->m, B(i) / BLOCK).mt, mt);
	mm_block_type(s->m, z, B(i), mt, SG_MAX_MIGRATETYPES, false);
}

uint64_t sim_first(const struct mm_sim *s, unsigned int order, unsigned int mt)
{
	uint64_t pfn;

	return mm_free_list(s->m, 0, order, mt, &pfn, 1, NULL) ? pfn : UINT64_MAX;
}

uint64_t sim_blocks(const struct mm_sim *s, unsigned int order, unsigned int mt)
{
	return s->m->core.zone[0].list[order][mt].nr_linked;
}

void sim_sound(const struct mm_sim *s)
{
	struct sg_err err = { 0 };

	if (mm_audit(s->m, &err) != 0)
		fail_msg("%s", err.text);
}
