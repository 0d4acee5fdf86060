// SPDX-License-Identifier: GPL-2.0-only
/* The simulated run's life: its machine made from a configuration, booted, freed. */
#include "sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/priv.h"
#include "sim/reclaim/lru.h"
#include "sim/report.h"

/* Names and numbers that a capture would give.  Source: enum migratetype, enum zone_type, x86-64, 6.1 to 7.3 */
static void describe(struct mm_sim *s)
{
	static const char *const mt[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate" };
	static const char *const zt[] = { "DMA", "DMA32", "Normal", "Movable" };
	const struct sg_capture *from = s->cfg.cap;
	struct sg_capture *cap = &s->cap;

	cap->path = cap->name = cap->kernel = cap->scenario = cap->compression = cap->clock = "";
	cap->kver[0] = s->policy.release >> 24;
	cap->kver[1] = s->policy.release >> 16 & 0xff;
	cap->clock_is_ns = true;
	cap->page_size = s->cfg.page_size;
	cap->nr_cpus = s->cfg.nr_cpus;
	cap->long_size = 8;
	if (from && from->nr_migratetypes) {
		cap->nr_migratetypes = from->nr_migratetypes;
		memcpy(cap->migratetype, from->migratetype, sizeof(cap->migratetype));
		cap->mt_highatomic = from->mt_highatomic;
		cap->mt_cma = from->mt_cma;
		cap->mt_isolate = from->mt_isolate;
	} else {
		cap->nr_migratetypes = sizeof(mt) / sizeof(mt[0]);
		for (unsigned int i = 0; i < cap->nr_migratetypes; i++)
			snprintf(cap->migratetype[i], sizeof(cap->migratetype[i]), "%s", mt[i]);
		cap->mt_highatomic = 3;
		cap->mt_cma = 4;
		cap->mt_isolate = 5;
	}
	if (from && from->nr_zone_types) {
		cap->nr_zone_types = from->nr_zone_types;
		memcpy(cap->zone_type, from->zone_type, sizeof(cap->zone_type));
	} else {
		cap->nr_zone_types = sizeof(zt) / sizeof(zt[0]);
		for (unsigned int i = 0; i < cap->nr_zone_types; i++)
			snprintf(cap->zone_type[i], sizeof(cap->zone_type[i]), "%s", zt[i]);
	}
}

static int check_zone(const struct mm_sim *s, unsigned int i, struct sg_err *err)
{
	const struct mm_sim_zone_cfg *z = &s->cfg.zone[i];
	unsigned int pb = s->cfg.pageblock_order;
	unsigned int t = 0;

	if (!z->name || z->node < 0 || z->node >= MM_MAX_NODES)
		return sg_fail(err, SG_E_RANGE, "zone %u: node %d is outside 0 to %d, or the zone has no name", i, z->node,
			       MM_MAX_NODES - 1);
	while (t < s->cap.nr_zone_types && strcmp(s->cap.zone_type[t], z->name) != 0)
		t++;
	if (t == s->cap.nr_zone_types)
		return sg_fail(err, SG_E_RANGE, "zone %u: '%s' is no zone of this kernel", i, z->name);
	if (z->start_pfn >= z->end_pfn || z->end_pfn > MM_MAX_PFN || z->managed > z->end_pfn - z->start_pfn)
		return sg_fail(err, SG_E_RANGE, "zone %s: pages %llu to %llu with %llu managed can't be", z->name,
			       (unsigned long long)z->start_pfn, (unsigned long long)z->end_pfn,
			       (unsigned long long)z->managed);
	if (z->cma_start != z->cma_end &&
	    (z->cma_start >= z->cma_end || z->cma_start < z->start_pfn || z->cma_end > z->end_pfn ||
	     ((z->cma_start | z->cma_end) & ((1ull << pb) - 1)) || s->cap.mt_cma < 0))
		return sg_fail(err, SG_E_RANGE, "zone %s: the CMA area must be whole pageblocks inside the zone", z->name);
	for (unsigned int k = 0; k < i; k++) {
		const struct mm_sim_zone_cfg *o = &s->cfg.zone[k];

		if (z->start_pfn < o->end_pfn && o->start_pfn < z->end_pfn)
			return sg_fail(err, SG_E_RANGE, "zone %s of node %d overlaps zone %s of node %d", z->name, z->node,
				       o->name, o->node);
		if (z->node == o->node && strcmp(z->name, o->name) == 0)
			return sg_fail(err, SG_E_RANGE, "node %d has two zones %s", z->node, z->name);
	}
	return 0;
}

static int check_cfg(struct mm_sim *s, struct sg_err *err)
{
	struct mm_sim_cfg *c = &s->cfg;

	if (c->pageblock_order == 0)
		c->pageblock_order = 9;
	if (c->nr_orders == 0)
		c->nr_orders = 11;
	if (c->nr_orders < 2 || c->nr_orders > MM_MAX_ORDERS)
		return sg_fail(err, SG_E_RANGE, "%u orders are outside 2 to %u", c->nr_orders, MM_MAX_ORDERS);
	if (c->pageblock_order < 1 || c->pageblock_order >= c->nr_orders)
		return sg_fail(err, SG_E_RANGE, "a pageblock order of %u is outside 1 to %u", c->pageblock_order,
			       c->nr_orders - 1);
	if (c->nr_cpus == 0 || c->nr_cpus > MM_MAX_BASE_CPUS)
		return sg_fail(err, SG_E_RANGE, "%u CPUs are outside 1 to %d", c->nr_cpus, MM_MAX_BASE_CPUS);
	if (c->page_size < 1024 || c->page_size > 1u << 20 || (c->page_size & (c->page_size - 1)))
		return sg_fail(err, SG_E_RANGE, "a page size of %u bytes can't be", c->page_size);
	if (c->nr_zones == 0 || c->nr_zones > MM_MAX_ZONES)
		return sg_fail(err, SG_E_RANGE, "%u zones are outside 1 to %d", c->nr_zones, MM_MAX_ZONES);
	if (!mm_release_known(s->policy.release))
		return sg_fail(err, SG_E_RANGE, "the policy has no kernel");
	for (unsigned int i = 0; i < c->nr_zones; i++) {
		int r = check_zone(s, i, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The machine takes its zones from a snapshot: here is one. */
static void snapshot(struct mm_sim *s)
{
	s->snap = (struct sg_snapshot){ .name = "made", .pageblock_order = s->cfg.pageblock_order,
					.nr_zones = s->cfg.nr_zones, .zone = s->zsnap };
	for (unsigned int i = 0; i < s->cfg.nr_zones; i++) {
		const struct mm_sim_zone_cfg *z = &s->cfg.zone[i];
		uint64_t span = z->end_pfn - z->start_pfn;

		s->zsnap[i] = (struct sg_zone_snap){
			.node = z->node, .start_pfn = z->start_pfn, .spanned = span, .present = span,
			.managed = z->managed ? z->managed : span, .cma = z->cma_end - z->cma_start,
			.wmark_min = z->wmark_min, .wmark_low = z->wmark_low, .wmark_high = z->wmark_high,
			.wmark_promo = z->wmark_promo, .have_types = true,
		};
		snprintf(s->zsnap[i].name, sizeof(s->zsnap[i].name), "%s", z->name);
		/* the name given to us need not outlive this call */
		s->cfg.zone[i].name = s->zsnap[i].name;
	}
}

/* A counter of the run, for policies. */
static bool count_of(const void *arg, const char *key, uint64_t *ret)
{
	for (unsigned int i = 0; i < MM_SIM_STATS; i++)
		if (strcmp(mm_sim_stat_key((enum mm_sim_stat)i), key) == 0) {
			*ret = mm_sim_stat(arg, (enum mm_sim_stat)i);
			return true;
		}
	return false;
}

/* Round figures, see the header. */
static const struct mm_sim_costs default_costs = {
	.kswapd_page = 500, .direct_page = 500, .swap_page = 10000, .demote_page = 1500, .slab_object = 200, .compact_scan = 30,
	.compact_move = 1500, .round = 2000, .jiffy = 4000000,
};

/* The three parts, each with a state of its own; frees all when memory runs out. */
static struct mm_sim *parts(struct mm_sim *s, const struct sg_capture *from, struct sg_err *err)
{
	s->costs = default_costs;
	if (mm_sim_describe(s, from) < 0 || mm_sim_alloc_init(s) < 0 || mm_sim_reclaim_init(s) < 0 ||
	    mm_sim_compact_init(s) < 0) {
		sg_fail(err, SG_E_NOMEM, "out of memory for the simulated machine");
		mm_sim_free(s);
		return NULL;
	}
	s->reclaim->alloc = mm_sim_alloc;
	if (mm_sim_hooks_init(s, count_of, err) < 0) {
		mm_sim_free(s);
		return NULL;
	}
	if (mm_sim_report_init(s) < 0) {
		sg_fail(err, SG_E_NOMEM, "out of memory for what is reported");
		mm_sim_free(s);
		return NULL;
	}
	mm_sim_reporter_init(s);
	return s;
}

int mm_sim_rearm(struct mm_sim *s, const struct mm_policy *p, struct sg_err *err)
{
	uint64_t due = s->report && s->report->phase == SIM_REPORT_WAITS ? s->report->due : UINT64_MAX;
	int r;

	for (unsigned int i = 0; i < MM_MAX_OVERLAYS; i++)
		s->policy.retire[i] = p->retire[i];
	s->policy.at = p->at;
	mm_overlays_free(s->hooks);
	s->hooks = NULL;
	s->m->placer = NULL;
	s->placer = (struct mm_placer){ 0 };
	free(s->cold);
	s->cold = NULL;
	mm_sim_report_fini(s);
	s->stat[MM_SIM_REPORT_OVERFLOWS] = s->stat[MM_SIM_REPORT_OVERFLOWS_SEARCH] = 0; /* nothing else has happened yet */
	r = mm_sim_hooks_init(s, count_of, err);
	if (r == SG_OK && mm_sim_report_init(s) < 0)
		r = sg_fail(err, SG_E_NOMEM, "out of memory for what is reported");
	if (r < 0)
		return r;
	mm_sim_reporter_init(s);
	mm_sim_report_begin(s);
	if (s->report && s->report->phase == SIM_REPORT_WAITS && due < s->report->due)
		s->report->due = due;
	return SG_OK;
}

/* The machine follows the policy, whose facts may be switched, not the kernel that its capture names. */
static void follow(struct mm_sim *s)
{
	s->m->facts = s->policy.facts;
	s->m->hygiene = mm_has(s->policy.facts, HYGIENE);
}

struct mm_sim *mm_sim_new(const struct mm_sim_cfg *cfg, struct sg_err *err)
{
	struct mm_sim *s = calloc(1, sizeof(*s));
	struct mm_config mc = { 0 };

	if (!s) {
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	s->cfg = *cfg;
	s->policy = cfg->policy;
	s->now = cfg->now;
	describe(s);
	if (check_cfg(s, err) < 0) {
		free(s);
		return NULL;
	}
	snapshot(s);
	s->cfg.cap = &s->cap;
	mc.cap = &s->cap;
	mc.nr_seeds = 1;
	mc.seed[0].snap = &s->snap;
	mc.nr_orders = s->cfg.nr_orders;
	mc.pageblock_order = s->cfg.pageblock_order;
	s->m = mm_machine_make(&mc, err);
	if (!s->m) {
		free(s);
		return NULL;
	}
	follow(s);
	return parts(s, cfg->cap, err);
}

static uint64_t less(uint64_t mark, uint64_t boost)
{
	return mark > boost ? mark - boost : 0;
}

/* Does the policy name a setting that the marks follow from?  Then they are worked out as when somebody writes to it. */
static bool names_marks(const struct mm_sim *s)
{
	return mm_policy_names(&s->policy, MM_TUNE_MIN_FREE_KBYTES) || mm_policy_names(&s->policy, MM_TUNE_WATERMARK_SCALE_FACTOR);
}

/* What vm.min_free_kbytes must be for the captured marks: the min watermarks share it out among the zones that count. */
static int64_t min_free_of(const struct mm_sim *s)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < s->cfg.nr_zones; i++)
		if (strcmp(s->cfg.zone[i].name, "Movable") != 0 && strcmp(s->cfg.zone[i].name, "HighMem") != 0)
			pages += s->cfg.zone[i].wmark_min;
	return (int64_t)(pages * (s->cfg.page_size >> 10));
}

/* The marks are to be worked out; what the policy doesn't say is as the captured machine has it. */
static void unset_marks(struct mm_sim *s)
{
	if (!s->policy.tune[MM_TUNE_MIN_FREE_KBYTES])
		s->policy.tune[MM_TUNE_MIN_FREE_KBYTES] = min_free_of(s);
	for (unsigned int i = 0; i < s->cfg.nr_zones; i++) {
		struct mm_sim_zone_cfg *z = &s->cfg.zone[i];

		z->wmark_min = z->wmark_low = z->wmark_high = z->wmark_promo = 0;
	}
}

/* The zones as an observed machine has them; its snapshot's marks are with the boosts of that moment. */
static int take_zones(struct mm_sim *s, const struct mm_machine *src, struct sg_err *err)
{
	s->cfg.nr_zones = src->core.nr_zones;
	s->cfg.nr_cpus = src->nr_cpus;
	s->cfg.nr_orders = src->nr_orders;
	s->cfg.pageblock_order = src->pb_order;
	s->cfg.page_size = src->cap->page_size;
	for (unsigned int i = 0; i < src->core.nr_zones; i++) {
		const struct zone_state *z = &src->core.zone[i];
		uint64_t boost = (uint64_t)mm_wmark_boost_in(&src->cfg, z);

		if (z->deduced)
			return sg_fail(err, SG_E_RANGE,
				       "the capture doesn't tell the zones of its machine: a run can start only where "
				       "a snapshot beside it has zoneinfo");
		if (z->zone_type < 0 || (unsigned int)z->zone_type >= s->cap.nr_zone_types || z->node < 0 ||
		    z->node >= MM_MAX_NODES)
			return sg_fail(err, SG_E_RANGE, "zone %s of node %d is of no type that the capture names", z->name,
				       z->node);
		s->cfg.zone[i] = (struct mm_sim_zone_cfg){
			.node = z->node, .name = z->name, .start_pfn = z->start, .end_pfn = z->end, .managed = z->managed,
			.wmark_min = less(z->wmark_min, boost), .wmark_low = less(z->wmark_low, boost),
			.wmark_high = less(z->wmark_high, boost), .wmark_promo = less(z->wmark_promo, boost),
		};
	}
	return 0;
}

struct mm_sim *mm_sim_from(const struct mm_machine *src, const struct mm_sim_cfg *cfg, struct mm_sim_facts *ret,
			   struct sg_err *err)
{
	struct mm_sim *s = calloc(1, sizeof(*s));

	if (!s) {
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	s->cfg = *cfg;
	s->policy = cfg->policy;
	s->now = cfg->now;
	s->cfg.cap = src->cap;
	s->cfg.nr_cpus = src->nr_cpus;
	s->cfg.page_size = src->cap->page_size;
	s->cfg.nr_orders = src->nr_orders;
	describe(s);
	if (!mm_release_known(s->policy.release)) {
		sg_fail(err, SG_E_RANGE, "the policy has no kernel");
		free(s);
		return NULL;
	}
	if (src->map) {
		sg_fail(err, SG_E_UNSUPPORTED,
			"no run is simulated on a machine whose memory lies in pieces far apart, or beyond 16 TiB of 4 KiB pages");
		free(s);
		return NULL;
	}
	if (take_zones(s, src, err) < 0) {
		free(s);
		return NULL;
	}
	if (names_marks(s))
		unset_marks(s);
	snapshot(s);
	s->cfg.cap = &s->cap;
	s->m = mm_machine_copy(src);
	if (!s->m) {
		sg_fail(err, SG_E_NOMEM, "out of memory for a copy of the machine");
		free(s);
		return NULL;
	}
	s->observed = s->compacted = true;
	s->cfg.ahead = NULL; /* the caller's */
	s->m->cap = &s->cap;
	s->m->cfg = (struct mm_config){ .cap = &s->cap, .nr_seeds = 1, .seed = { { .snap = &s->snap } },
					.nr_orders = s->m->nr_orders, .pageblock_order = s->m->pb_order };
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		s->m->core.zone[i].wmark_min = s->cfg.zone[i].wmark_min;
		s->m->core.zone[i].wmark_low = s->cfg.zone[i].wmark_low;
		s->m->core.zone[i].wmark_high = s->cfg.zone[i].wmark_high;
		s->m->core.zone[i].wmark_promo = s->cfg.zone[i].wmark_promo;
	}
	follow(s);
	s->cap.huge_order = src->pcp_huge;
	mm_orders_pcp(s->m, &s->m->cfg); /* the policy's kernel may have other lists */
	if (!parts(s, src->cap, err))
		return NULL;
	if (mm_sim_start_settle(s, src, cfg->ahead, ret) < 0) {
		sg_fail(err, SG_E_NOMEM, "out of memory for the simulated machine");
		mm_sim_free(s);
		return NULL;
	}
	free(s->m->obs);
	s->m->obs = NULL; /* the trace ends here */
	s->m->foresee = NULL; /* the timeline's, which may go away */
	return s;
}

void mm_sim_free(struct mm_sim *s)
{
	if (!s)
		return;
	if (s->compact)
		mm_sim_compact_fini(s);
	if (s->reclaim)
		mm_sim_reclaim_fini(s);
	if (s->alloc)
		mm_sim_alloc_fini(s);
	mm_sim_report_fini(s);
	free(s->cold);
	mm_overlays_free(s->hooks);
	mm_machine_free(s->m);
	mm_sim_describe_fini(s);
	free(s);
}

/* Which page flags the pages have when the machine is handed over: those that are managed are free. */
static int boot_flags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	static const uint64_t buddy = 1ull << 10, nopage = 1ull << 20;
	uint64_t pfn = 0, end = snap->nr_pfns;
	uint64_t buf[512];

	while (pfn < end) {
		unsigned int n = 0;
		int r;

		for (; n < 512 && pfn + n < end; n++) {
			buf[n] = nopage;
			for (unsigned int i = 0; i < snap->nr_zones; i++) {
				const struct sg_zone_snap *z = &snap->zone[i];
				uint64_t last = z->start_pfn + z->spanned;

				if (pfn + n >= z->start_pfn && pfn + n < last)
					buf[n] = pfn + n >= last - z->managed ? buddy : 0;
			}
		}
		r = fn(arg, pfn, buf, n);
		if (r != 0)
			return r;
		pfn += n;
	}
	return 0;
}

/* The free blocks go to the tail in ascending order.  Source: mm/memblock.c: __free_pages_memory(), 6.1 to 7.3 */
static void boot_zone(struct mm_sim *s, unsigned int zi)
{
	const struct mm_sim_zone_cfg *c = &s->cfg.zone[zi];
	struct zone_state *z = &s->m->core.zone[zi];
	unsigned int pb = s->m->pb_order;

	mm_lists_clear(z);
	memset(z->type_blocks, 0, sizeof(z->type_blocks));
	for (uint64_t b = z->start >> pb; b <= (z->end - 1) >> pb; b++) {
		bool cma = b << pb >= c->cma_start && b << pb < c->cma_end;
		unsigned int mt = cma ? (unsigned int)s->cap.mt_cma : MM_MT_MOVABLE;
		struct block_ent *be = mm_blk_own(s->m, b);

		if (be->mt != MM_MT_UNKNOWN)
			continue; /* the first part of it lies in the zone before */
		be->mt = (uint8_t)mt;
		z->type_blocks[mt]++;
	}
	for (uint64_t pfn = z->start; pfn < z->end;) {
		struct page_ent e = mm_ent(s->m, pfn);

		if (ent_state(&e) != PS_FREE) {
			pfn++;
			continue;
		}
		mm_list_add(s->m, z, pfn, ent_order(&e), mm_blk(s->m, pfn >> pb).mt, true);
		pfn += 1ull << ent_order(&e);
	}
}

void mm_sim_boot(struct mm_sim *s)
{
	struct mm_machine *m = s->m;
	struct sg_snapshot snap = s->snap;
	struct mm_seed_span span[MM_MAX_ZONES];
	struct mm_seed_map *map = NULL;

	snap.have_pageflags = true;
	snap.nr_pfns = m->end_pfn;
	snap.pageflags = boot_flags;
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		span[i] = (struct mm_seed_span){ m->core.zone[i].start, m->core.zone[i].end };
	if (mm_seed_new(&snap, span, m->core.nr_zones, m->nr_orders - 1, NULL, &map, NULL) < 0 || !map) {
		m->out_of_memory = true;
		return;
	}
	mm_cow_clear(&m->pages);
	mm_cow_clear(&m->blocks);
	mm_cow_clear(&m->pcp);
	mm_sim_lists_gone(s);
	mm_seed_put(m->seed);
	m->seed = map;
	mm_zones_seed(m, &snap, true, true);
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		boot_zone(s, i);
	mm_sim_report_begin(s);
}

const struct mm_machine *mm_sim_machine(const struct mm_sim *s)
{
	return s->m;
}
