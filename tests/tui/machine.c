// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hand-made machine: node 0 with zone DMA (pages 0 to 4095) and zone Normal
 * (4096 to 69631, 256 MiB, 128 pageblocks).
 */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DMA_END 4096u
#define END     69632u
#define BLOCK   512u

static const struct sg_task_name tasks[] = {
	{ 2, "kthreadd" },
	{ 40, "kswapd0" },
	{ 41, "kcompactd0" },
	{ 214, "cat" },
	{ 215, "storm \xe2\x82\xac\xe6\xbc\xa2" },
};

static const struct sg_sym gfp_syms[] = {
	{ 0x14acca, "GFP_HIGHUSER_MOVABLE|__GFP_COMP" },
	{ 0xcc0, "GFP_KERNEL" },
	{ 0x8, "__GFP_MOVABLE" },
	{ 0x100, "__GFP_ZERO" },
};
static const struct sg_symtab gfp_table = { .flags = true, .nr = 4, .sym = gfp_syms };

/*
 * The snapshot's pages, block by block, in a pattern that repeats every 16 blocks:
 * whole free ones, full ones, and ones with free pages here and there.
 */
static uint64_t flags_of(uint64_t pfn)
{
	const uint64_t buddy = 1ull << 10, lru = 1ull << 5, anon = 1ull << 12, nopage = 1ull << 20;
	unsigned int block = (unsigned int)(pfn / BLOCK) % 16, page = (unsigned int)(pfn % BLOCK);

	if (pfn == 0 || (pfn >= 2048 && pfn < 2048 + BLOCK))
		return nopage;
	switch (block) {
	case 0:
	case 1:
	case 9:
		return 0;
	case 2:
	case 3:
	case 10:
		return lru;
	case 4:
	case 11:
		return lru | anon;
	case 5:
		return page % 8 < 3 ? buddy : lru;
	case 6:
		return page % 64 < 40 ? buddy : lru | anon;
	case 7:
		return page < 256 ? buddy : 0;
	case 12:
		return page % 2 ? buddy : lru;
	default:
		return buddy;
	}
}

static int pageflags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	uint64_t part[BLOCK];

	for (uint64_t pfn = 0; pfn < snap->nr_pfns; pfn += BLOCK) {
		int r;

		for (unsigned int i = 0; i < BLOCK; i++)
			part[i] = flags_of(pfn + i);
		r = fn(arg, pfn, part, BLOCK);
		if (r)
			return r;
	}
	return 0;
}

static void make_snapshot(struct machine *m)
{
	static struct sg_zone_snap zones[2];
	static struct sg_pcp_snap pcp[2] = { { 0, 100, 16, 20, 400 }, { 0, 100, 16, 20, 400 } };

	zones[0] = (struct sg_zone_snap){ .node = 0,
					  .name = "DMA",
					  .start_pfn = 1,
					  .spanned = DMA_END - 1,
					  .present = DMA_END - 1 - BLOCK,
					  .managed = DMA_END - 1 - BLOCK,
					  .wmark_min = 64,
					  .wmark_low = 80,
					  .wmark_high = 96,
					  .nr_pcp = 2,
					  .pcp = pcp };
	zones[1] = (struct sg_zone_snap){ .node = 0,
					  .name = "Normal",
					  .start_pfn = DMA_END,
					  .spanned = END - DMA_END,
					  .present = END - DMA_END,
					  .managed = END - DMA_END - 2000,
					  .wmark_min = 9000,
					  .wmark_low = 18000,
					  .wmark_high = 27000,
					  .nr_pcp = 2,
					  .pcp = pcp };
	m->snap = (struct sg_snapshot){ .name = "before",
					.pageblock_order = 9,
					.nr_zones = 2,
					.zone = zones,
					.have_pageflags = true,
					.nr_pfns = END,
					.pageflags = pageflags };
}

static void make_capture(struct machine *m)
{
	static const char *const names[] = { "Unmovable",  "Movable", "Reclaimable",
					     "HighAtomic", "CMA",     "Isolate" };
	static const struct sg_note notes[] = {
		{ "no mm_page_free_batched: batches look like single frees" }
	};
	static const char *const instances[] = { "" };
	struct sg_capture *c = &m->cap;

	*c = (struct sg_capture){
		.path = "hand-made.dat",
		.name = "hand-made",
		.kernel = "7.3.0-test",
		.kver = { 7, 3 },
		.scenario = "a bit of all",
		.file_version = 7,
		.compression = "zstd",
		.clock = "local",
		.clock_is_ns = true,
		.page_size = 4096,
		.nr_cpus = 2,
		.long_size = 8,
		.nr_instances = 1,
		.instance = instances,
		.gfp_names = &gfp_table,
		.gfp = { .movable = 8,
			 .reclaimable = 16,
			 .direct_reclaim = 0x400,
			 .kswapd_reclaim = 0x800,
			 .zero = 0x100 },
		.nr_migratetypes = 6,
		.mt_highatomic = 3,
		.mt_cma = 4,
		.mt_isolate = 5,
		.nr_zone_types = 4,
		.zone_type = { "DMA", "DMA32", "Normal", "Movable" },
		.nr_tasks = 5,
		.task = tasks,
		.lost_events = 3,
		.nr_notes = 1,
		.note = notes,
	};
	for (int i = 0; i < 6; i++)
		snprintf(c->migratetype[i], sizeof(c->migratetype[i]), "%s", names[i]);
	for (int k = 0; k < SG_KIND_COUNT; k++)
		c->present[k] = k != SG_EV_mm_page_free_batched;
	c->sym[SG_EV_mm_page_alloc][SGF_mm_page_alloc_gfp_flags] = &gfp_table;
}

/* The next event; its time is 10 us after the one before, on CPU 0 and 1 in turn. */
static struct sg_event *add(struct machine *m, enum sg_kind kind, int32_t pid)
{
	struct sg_event *ev = &m->ev[m->nr];

	if (m->nr == MACHINE_EVENTS)
		abort();
	*ev = (struct sg_event){ .ts = 7000000000ull + m->nr * 10000,
				 .pid = pid,
				 .kind = kind,
				 .cpu = (uint16_t)(m->nr & 1) };
	for (unsigned int i = 0; i < SG_SLOTS; i++)
		ev->v[i] = SG_MISSING;
	m->nr++;
	return ev;
}

static void mark(struct machine *m, const char *text)
{
	struct sg_event *ev = add(m, SG_EV_print, 214);

	ev->str = text;
	ev->str_len = (uint32_t)strlen(text);
	ev->v[SGF_print_ip] = 0xffffffff81234567ull;
	ev->v[SGF_print_buf] = ev->str_len;
}

static void hand_out(struct machine *m, uint64_t pfn, unsigned int order, unsigned int mt,
		     int32_t pid)
{
	struct sg_event *ev = add(m, SG_EV_mm_page_alloc, pid);

	ev->v[0] = pfn;
	ev->v[1] = order;
	ev->v[2] = mt == 1 ? 0x14acca : 0xcc0;
	ev->v[3] = mt;
}

static void take(struct machine *m, uint64_t pfn, unsigned int order, unsigned int mt, int32_t pid)
{
	struct sg_event *ev = add(m, SG_EV_mm_page_alloc_zone_locked, pid);

	ev->v[0] = pfn;
	ev->v[1] = order;
	ev->v[2] = mt;
	ev->v[3] = order <= 3;
	hand_out(m, pfn, order, mt, pid);
}

static void give(struct machine *m, uint64_t pfn, unsigned int order, unsigned int mt, int32_t pid)
{
	struct sg_event *ev = add(m, SG_EV_mm_page_free, pid);

	ev->v[0] = pfn;
	ev->v[1] = order;
	if (order > 3)
		return;
	ev = add(m, SG_EV_mm_page_pcpu_drain, pid);
	ev->v[0] = pfn;
	ev->v[1] = order;
	ev->v[2] = mt;
}

/* Unmovable order 0 falls back to a Movable block of @order at @pfn, or claims its pageblock. */
static void extfrag(struct machine *m, uint64_t pfn, unsigned int order, bool claims)
{
	struct sg_event *ev = add(m, SG_EV_mm_page_alloc_extfrag, 215);

	ev->v[0] = pfn;
	ev->v[1] = 0;
	ev->v[2] = order;
	ev->v[3] = 0;
	ev->v[4] = 1;
	ev->v[5] = claims;
}

static void reclaim(struct machine *m)
{
	struct sg_event *ev = add(m, SG_EV_mm_vmscan_wakeup_kswapd, 214);

	ev->v[0] = 0;
	ev->v[1] = 2;
	ev->v[2] = 4;
	ev->v[3] = 0xcc0;
	ev = add(m, SG_EV_mm_vmscan_kswapd_wake, 40);
	ev->v[0] = 0;
	ev->v[1] = 2;
	ev->v[2] = 4;
	ev = add(m, SG_EV_mm_vmscan_direct_reclaim_begin, 214);
	ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags] = 0xcc0;
	ev->v[SGF_mm_vmscan_direct_reclaim_begin_order] = 0;
	ev = add(m, SG_EV_mm_vmscan_direct_reclaim_end, 214);
	ev->v[0] = 32;
}

static void compact(struct machine *m)
{
	struct sg_event *ev = add(m, SG_EV_mm_compaction_begin, 41);

	ev->v[0] = DMA_END;
	ev->v[1] = DMA_END + 20 * BLOCK;
	ev->v[2] = END - 9 * BLOCK;
	ev->v[3] = END;
	ev->v[4] = 1;
}

static int more(void *arg, uint64_t budget)
{
	struct machine *m = arg;
	uint64_t n = m->step && m->step < budget ? m->step : budget;
	uint64_t left = m->nr - m->at;

	if (n > left)
		n = left;
	for (uint64_t i = 0; i < n; i++)
		if (sg_log_append(m->log, &m->ev[m->at++]) < 0)
			return SG_E_NOMEM;
	return (int)n;
}

static unsigned int progress(void *arg)
{
	struct machine *m = arg;

	return (unsigned int)(m->at * 1000 / m->nr);
}

void machine_init(struct machine *m)
{
	struct sg_event *ev;

	*m = (struct machine){ 0 };
	m->log = sg_log_new();
	m->ev = calloc(MACHINE_EVENTS, sizeof(*m->ev));
	if (!m->log || !m->ev)
		abort();
	make_capture(m);
	make_snapshot(m);
	m->cfg = (struct mm_config){ .cap = &m->cap,
				     .nr_seeds = 1,
				     .seed = { { .snap = &m->snap } } };

	m->src = (struct ui_source){
		.cap = &m->cap,
		.log = m->log,
		.cfg = &m->cfg,
		.more = more,
		.progress = progress,
		.arg = m,
	};
	mark(m, "phase one");
	for (unsigned int i = 0; i < 50; i++)
		take(m, DMA_END + 16 * BLOCK + i * 8, 3, 1, 214);
	for (unsigned int i = 0; i < 39;
	     i++) { /* falls back into a block that stays Movable: this is the pick */
		extfrag(m, DMA_END + 16 * BLOCK + 400 + i, 3, false);
		hand_out(m, DMA_END + 16 * BLOCK + 400 + i, 0, 0, 215);
	}
	for (unsigned int i = 0; i < 2; i++) {
		ev = add(m, SG_EV_mm_lru_insertion, 214);
		ev->v[SGF_mm_lru_insertion_pfn] = DMA_END + 16 * BLOCK + i * 8;
		ev->v[SGF_mm_lru_insertion_lru] = 2 + i;
	}
	ev = add(m, SG_EV_mm_lru_insertion, 214);
	ev->v[SGF_mm_lru_insertion_pfn] = DMA_END + 16 * BLOCK + 16;
	ev->v[SGF_mm_lru_insertion_lru] = 1;
	mark(m, "phase two \x1b[31m\x9b"
		"evil\a");
	extfrag(m, DMA_END + 21 * BLOCK, 9, true);
	hand_out(m, DMA_END + 21 * BLOCK, 0, 0, 215);
	for (unsigned int i = 1; i < 60; i++)
		take(m, DMA_END + 21 * BLOCK + i, 0, 0, 215);
	reclaim(m);
	take(m, DMA_END + 22 * BLOCK, 9, 1, 214);
	ev = add(m, SG_EV_mm_lru_insertion, 214);
	ev->v[SGF_mm_lru_insertion_pfn] = DMA_END + 22 * BLOCK;
	ev->v[SGF_mm_lru_insertion_lru] = 1;
	compact(m);
	for (unsigned int i = 0; i < 40; i++)
		give(m, DMA_END + 16 * BLOCK + i * 8, 3, 1, 214);
	ev = add(m, SG_EV_mm_page_free, 215); /* a second free of the page */
	ev->v[0] = DMA_END + 16 * BLOCK;
	ev->v[1] = 3;
	ev = add(m, SG_EV_mm_page_free, 215); /* lost events before it */
	ev->missed = 3;
	ev->v[0] = DMA_END + 16 * BLOCK + 320;
	ev->v[1] = 3;
	ev = add(m, SG_EV_mm_page_alloc, 214); /* fails */
	ev->v[0] = 0;
	ev->v[1] = 10;
	ev->v[2] = 0xcc0;
	ev->v[3] = 0;
	mark(m, "phase three");
	ev = add(m, SG_EV_mm_vmscan_kswapd_sleep, 40);
	ev->v[0] = 0;
	while (m->nr < MACHINE_EVENTS)
		take(m, END - BLOCK + (m->nr & 255), 0, 2, 2);
}

void machine_limits(struct machine *m)
{
	sg_limits_add(&m->cap.limits, SG_LIMIT_CPUS_MISSING, 1, SG_LIMIT_END, "trace-cmd record without -M",
		      "CPU 2 has no record beside many of the others: what it takes and gives back is unknown");
	sg_limits_add(&m->cap.limits, SG_LIMIT_NOT_RECORDED, 1, SG_LIMIT_END, "Record with trace-cmd record -e oom",
		      "No mark_victim: whom the OOM killer chose is not seen, and neither is why it was called at that moment");
	sg_limits_add(&m->cap.limits, SG_LIMIT_SNAPSHOT_DISAGREES, 1, SG_LIMIT_END,
		      "take the snapshot again, all files one after the other on the machine that is traced",
		      "snapshot 'before', zone Normal of node 0: one file has 9000 free pages, but another 12; the lists aren't used");
	sg_limits_add(&m->cap.limits, SG_LIMIT_ZONES_ASSUMED, 1, SG_LIMIT_END,
		      "put a snapshot with zoneinfo beside trace.dat: the folder before/ or in-start/",
		      "nothing tells where the zones of this machine begin and end: what depends on a zone's own lists is undecided");
	sg_limits_add(&m->cap.limits, SG_LIMIT_LOST_EVENTS, 392, 392, NULL, "3 records are missing before this event");
}

void machine_simulated(struct machine *m)
{
	static const char *const told[] = {
		"12232 pages are on per-cpu lists at the start as later events show, 0 on nobody knows whose: on CPU 0's",
		"31519 requests, 0 failed",
	};
	static const struct sg_simulated run = {
		.capture = "w2-unmovable-7.3", .asked = "linux-6.18,defrag_mode=1,storm=p2", .seed = 7, .run = 2, .runs = 8, .from = 904,
		.policy = "linux-6.18,storm=p2,defrag_mode=1,min_free_kbytes=45056", .told = told, .nr_told = 2,
		.ended = "the user ended it, with 310 of 424 wants of the demand done, 3.100 s into the run, behind its event 424",
	};

	m->cap.name = "w2-unmovable-7.3";
	m->cap.kernel = "6.18";
	m->cap.kver[0] = 6;
	m->cap.kver[1] = 18;
	m->cap.simulated = &run;
}

/*
 * The pageblock that the first run claims is only stolen from; the huge page is had without reclaim, so kswapd sleeps on; the
 * request of order 10 gets its page; and one page at the end isn't asked for.
 */
void machine_other(struct machine *m)
{
	static const struct sg_simulated run = {
		.capture = "hand-made", .asked = "own,defrag_mode=1", .seed = 3, .run = 1, .runs = 1, .from = 0,
		.policy = "linux-7.3,defrag_mode=1", .ended = "",
	};

	m->cap.kernel = "7.3";
	m->cap.lost_events = 0;
	m->cap.simulated = &run;
	for (size_t i = 0; i < m->nr; i++) {
		struct sg_event *ev = &m->ev[i];

		if (ev->kind == SG_EV_mm_page_alloc_extfrag && ev->v[SGF_mm_page_alloc_extfrag_fallback_order] == 9) {
			ev->v[SGF_mm_page_alloc_extfrag_change_ownership] = 0;
		} else if (ev->kind == SG_EV_mm_page_alloc && ev->v[SGF_mm_page_alloc_order] == 10) {
			ev->v[SGF_mm_page_alloc_pfn] = DMA_END + 26 * BLOCK;
		} else if (ev->kind == SG_EV_mm_vmscan_wakeup_kswapd || ev->kind == SG_EV_mm_vmscan_kswapd_wake ||
			   ev->kind == SG_EV_mm_vmscan_direct_reclaim_begin || ev->kind == SG_EV_mm_vmscan_direct_reclaim_end) {
			ev->kind = SG_EV_mm_lru_insertion;
			for (unsigned int k = 0; k < SG_SLOTS; k++)
				ev->v[k] = SG_MISSING;
			ev->v[SGF_mm_lru_insertion_pfn] = DMA_END + 16 * BLOCK + 24;
			ev->v[SGF_mm_lru_insertion_lru] = 1;
		}
	}
	m->nr -= 2; /* the last pick and its request */
}

void machine_fini(struct machine *m)
{
	sg_limits_free(&m->cap.limits);
	sg_log_free(m->log);
	free(m->ev);
	*m = (struct machine){ 0 };
}
