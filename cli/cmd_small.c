// SPDX-License-Identifier: GPL-2.0-only
/* Small machines: one zone of 64 pageblocks, two CPUs, and some ten thousand things that four tasks want. */
#include "cmd_small.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START 0x4000u /* pfn */
#define BLOCK 512u
#define BLOCKS 64u
#define END (START + BLOCKS * BLOCK)
#define WANTS 60000u
#define HANDLES 30000u
#define CONTENTS 20000u
#define FAULTS 12000u
#define NORMAL 2

#define KPF_LRU (UINT64_C(1) << 5)
#define KPF_BUDDY (UINT64_C(1) << 10)
#define KPF_NOPAGE (UINT64_C(1) << 20)
#define USER (MM_GFP_KERNEL | MM_GFP_MOVABLE | MM_GFP_CMA_OK)
#define HUGE (USER | MM_GFP_COMP | MM_GFP_NOMEMALLOC | MM_GFP_NORETRY)

struct cmd_small {
	struct cmd_whatif w;
	struct sg_capture cap;
	struct sg_zone_snap zone;
	struct sg_snapshot snap;
	struct mm_config cfg;
	struct mm_demand d;
	uint64_t random;
	int32_t pid;
	uint32_t live[HANDLES], nr_live; /* blocks that tasks have */
	/* what the demand points to */
	struct mm_want want[WANTS];
	struct mm_content content[CONTENTS];
	struct mm_fault fault[FAULTS];
	uint32_t first_pfn[HANDLES], fault_of[HANDLES];
	uint8_t first_order[HANDLES];
	uint64_t flags[END];
};

/* ---- the machine ---------------------------------------------------------------------- */

static int pageflags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	return fn(arg, 0, snap->priv, END);
}

static void describe(struct cmd_small *s, const char *name)
{
	static const char *const type[] = { "Unmovable", "Movable", "Reclaimable", "HighAtomic", "CMA", "Isolate" };
	static const struct sg_task_name task[] = { { 100, "task" }, { 101, "task" }, { 102, "task" }, { 103, "task" } };

	s->cap = (struct sg_capture){
		.path = name, .name = name, .kernel = "7.3", .kver = { 7, 3 }, .page_size = 4096, .nr_cpus = 2, .long_size = 8,
		.machine = "", .scenario = "", .compression = "none", .clock = "mono", .clock_is_ns = true,
		.nr_migratetypes = 6, .mt_highatomic = 3, .mt_cma = 4, .mt_isolate = 5, .nr_zone_types = 4,
		.zone_type = { "DMA", "DMA32", "Normal", "Movable" }, .nr_tasks = 4, .task = task,
	};
	for (unsigned int i = 0; i < 6; i++)
		snprintf(s->cap.migratetype[i], sizeof(s->cap.migratetype[i]), "%s", type[i]);
	s->zone = (struct sg_zone_snap){ .name = "Normal", .start_pfn = START, .spanned = END - START, .present = END - START,
					 .managed = END - START, .wmark_min = 256, .wmark_low = 320, .wmark_high = 384, .wmark_promo = 448 };
	s->snap = (struct sg_snapshot){ .name = "made", .pageblock_order = 9, .nr_zones = 1, .zone = &s->zone, .nr_pfns = END,
					.pageflags = pageflags, .priv = s->flags, .have_pageflags = true };
	s->cfg = (struct mm_config){ .cap = &s->cap, .nr_seeds = 1, .seed = { { .snap = &s->snap } } };
}

/*
 * The first @free blocks are free; of the others every @step-th page is, and the rest of @lru blocks of four on the LRU, of the
 * others in use for good.
 */
static void fill(struct cmd_small *s, unsigned int free, unsigned int step, unsigned int lru)
{
	for (uint64_t p = 0; p < END; p++) {
		uint64_t block = (p - START) / BLOCK;

		s->flags[p] = p < START ? KPF_NOPAGE : block < free || p % step == 0 ? KPF_BUDDY : block % 4 < lru ? KPF_LRU : 0;
	}
}

/* ---- the demand ------------------------------------------------------------------------- */

static uint32_t any(struct cmd_small *s, uint32_t below)
{
	uint64_t z = s->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % below);
}

static bool room(const struct cmd_small *s)
{
	return s->d.nr_wants + 8 < WANTS && s->d.nr_handles + 8 < HANDLES;
}

static struct mm_want *want(struct cmd_small *s, enum mm_want_kind kind, uint32_t handle)
{
	struct mm_want *w = &s->want[s->d.nr_wants];

	s->d.ts_last = s->d.ts_first + 2000 * ++s->d.nr_wants;
	*w = (struct mm_want){ .ts = s->d.ts_last, .think = 2000, .handle = handle, .pid = s->pid, .cpu = (uint16_t)(s->pid % 2),
			       .kind = (uint8_t)kind, .zone_type = NORMAL, .node = -1, .order = s->first_order[handle] };
	return w;
}

static uint32_t ask(struct cmd_small *s, unsigned int order, unsigned int mt, uint32_t gfp)
{
	uint32_t h = s->d.nr_handles++;
	struct mm_want *w;

	s->pid = 100 + (int32_t)any(s, 4);
	s->first_pfn[h] = UINT32_MAX;
	s->first_order[h] = (uint8_t)order;
	w = want(s, MM_WANT_ALLOC, h);
	w->mt = (uint8_t)mt;
	w->gfp = gfp;
	return h;
}

static void keep(struct cmd_small *s, uint32_t handle)
{
	s->live[s->nr_live++] = handle;
}

static void free_one(struct cmd_small *s)
{
	uint32_t i = s->nr_live ? any(s, s->nr_live) : 0;

	if (!s->nr_live)
		return;
	want(s, MM_WANT_FREE, s->live[i]);
	s->live[i] = s->live[--s->nr_live];
}

static void to_lru(struct cmd_small *s, uint32_t handle, unsigned int flags)
{
	struct mm_want *w = want(s, MM_WANT_LRU, handle);

	w->flags |= (uint8_t)flags;
}

static void read_page(struct cmd_small *s, uint32_t content)
{
	uint32_t h = ask(s, 0, MM_MT_MOVABLE, USER);

	s->want[s->d.nr_wants - 1].content = content;
	want(s, MM_WANT_CACHE, h)->content = content;
	to_lru(s, h, MM_WANT_FILE);
}

/* Kernel objects of all sizes come and go among the pages of tasks. */
static void mixed(struct cmd_small *s)
{
	while (s->d.nr_wants < 24000 && room(s)) {
		uint32_t r = any(s, 100), h;

		if (s->nr_live > 4000 || r >= 75) {
			free_one(s);
		} else if (r < 70) {
			unsigned int mt = r < 30 ? MM_MT_UNMOVABLE : r < 45 ? MM_MT_RECLAIMABLE : MM_MT_MOVABLE;

			h = ask(s, any(s, 4) ? 0 : any(s, 4), mt, mt == MM_MT_MOVABLE ? USER : MM_GFP_KERNEL);
			keep(s, h);
		} else {
			keep(s, ask(s, any(s, 20) ? 2 : 9, MM_MT_MOVABLE, HUGE));
		}
	}
}

/* Files twice as large as memory are read, while others want huge pages, and some may not wait. */
static void pressure(struct cmd_small *s)
{
	while (s->d.nr_wants < 50000 && room(s) && s->d.nr_contents + 1 < CONTENTS) {
		uint32_t r = any(s, 1000);

		if (r < 970) {
			s->content[s->d.nr_contents] = (struct mm_content){ 8, 1 + r % 7, s->d.nr_contents };
			read_page(s, s->d.nr_contents++);
		} else if (r < 985) {
			keep(s, ask(s, any(s, 4), MM_MT_UNMOVABLE, r & 1 ? MM_GFP_ATOMIC : MM_GFP_KERNEL));
		} else if (r < 990) {
			keep(s, ask(s, 9, MM_MT_MOVABLE, r & 1 ? HUGE : USER | MM_GFP_COMP));
		} else {
			free_one(s);
		}
	}
}

static struct mm_want *range(struct cmd_small *s, enum mm_want_kind kind, uint32_t handle, const struct mm_fault *f)
{
	struct mm_want *w = want(s, kind, handle);

	w->fault = s->d.nr_faults;
	s->fault[s->d.nr_faults++] = *f;
	return w;
}

/* Tasks touch mappings of 1 MiB page by page, 64 KiB allowed, among kernel objects that come and go, and unmap them. */
static void faults(struct cmd_small *s)
{
	s->d.has_faults = true;
	s->d.nr_mms = 1;
	s->d.page_shift = 12;
	s->d.huge_order = 9;
	s->d.order_64k = 4;
	for (uint64_t map = 0; map < 40 && room(s); map++) {
		uint64_t from = UINT64_C(0x7f0000000) + map * 512, pages = 224 + any(s, 33);

		for (uint64_t p = from; p < from + pages && room(s); p += 1 + (any(s, 8) == 0) * any(s, 8)) {
			uint32_t h = ask(s, 0, MM_MT_MOVABLE, USER);
			struct mm_fault f = { .start = from, .end = from + pages, .page = p, .base = p, .mm = 1, .enabled = 1u << 4 };

			s->d.nr_wants--;
			range(s, MM_WANT_FAULT, h, &f)->gfp = USER;
			s->want[s->d.nr_wants - 1].mt = MM_MT_MOVABLE;
			s->fault_of[h] = s->d.nr_faults - 1;
			s->d.fault_pages += 2;
			if (any(s, 6) == 0)
				keep(s, ask(s, any(s, 3), MM_MT_UNMOVABLE, MM_GFP_KERNEL));
			else if (any(s, 6) == 0)
				free_one(s);
		}
		if (map % 2)
			range(s, MM_WANT_UNMAP, 0, &(struct mm_fault){ .start = from, .end = from + pages, .mm = 1 });
	}
}

/* A node on which there is nothing to reclaim: whoever wakes kswapd wakes it in vain, and at times pages are freed. */
static void hopeless(struct cmd_small *s)
{
	while (s->d.nr_wants < 12000 && room(s)) {
		uint32_t n = 40 + any(s, 80);

		while (s->nr_live < n)
			keep(s, ask(s, 0, MM_MT_UNMOVABLE, any(s, 2) ? MM_GFP_ATOMIC : MM_GFP_KERNEL | MM_GFP_NORETRY));
		for (n = any(s, 60); s->nr_live > n;)
			free_one(s);
		s->want[s->d.nr_wants - 1].think = 200000;
	}
}

static const struct {
	const char *name, *text;
	unsigned int free, step, lru; /* of fill() */
	void (*make)(struct cmd_small *s);
} small[] = {
	{ "mixed", "kernel objects of all sizes among tasks' pages, memory enough", 12, 8, 3, mixed },
	{ "pressure", "files larger than memory, huge pages wanted, requests that can't wait", 6, 16, 3, pressure },
	{ "faults", "anonymous memory touched page by page, 64 KiB allowed", 8, 6, 3, faults },
	{ "hopeless", "a node with nothing to reclaim, hardly enough free, and kswapd woken again and again", 0, 90, 0, hopeless },
};
#define NR_SMALL (sizeof(small) / sizeof(small[0]))

const char *cmd_small_name(unsigned int i)
{
	return i < NR_SMALL ? small[i].name : NULL;
}

const char *cmd_small_text(unsigned int i)
{
	return i < NR_SMALL ? small[i].text : NULL;
}

struct cmd_small *cmd_small_new(unsigned int i, struct sg_err *err)
{
	struct cmd_small *s = calloc(1, sizeof(*s));

	if (!s) {
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	describe(s, small[i].name);
	fill(s, small[i].free, small[i].step, small[i].lru);
	s->w.start = mm_machine_new(&s->cfg, err);
	if (!s->w.start) {
		free(s);
		return NULL;
	}
	s->d = (struct mm_demand){ .ts_first = 1000000, .want = s->want, .content = s->content, .nr_contents = 1,
				   .first_pfn = s->first_pfn, .first_order = s->first_order, .nr_handles = 1, .nr_cpus = 2,
				   .fault = s->fault, .nr_faults = 1, .fault_of = s->fault_of };
	small[i].make(s);
	s->w.file = small[i].name;
	s->w.cap = &s->cap;
	s->w.cfg = &s->cfg;
	s->w.demand = &s->d;
	mm_policy_init(&s->w.own, MM_NEWEST_RELEASE);
	return s;
}

const struct cmd_whatif *cmd_small_whatif(const struct cmd_small *s)
{
	return &s->w;
}

void cmd_small_free(struct cmd_small *s)
{
	if (!s)
		return;
	mm_machine_free(s->w.start);
	free(s);
}
