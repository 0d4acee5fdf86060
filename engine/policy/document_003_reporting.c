// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reporters of document 003: the kernel's own, that of the series under review, and the one that its critic proposes.  Each
 * says step by step what is done next; the simulator does it, and comes back.
 */
#include "policy/document_003.h"

#define DELAY_NS UINT64_C(2000000000)         /* PAGE_REPORTING_DELAY, page_reporting_delay_ms (7.3) */
#define BOUNDARY_DELAY_NS UINT64_C(100000000) /* HZ / 10 */
#define BOUNDARY_BLOCKS 32                    /* PAGE_REPORTING_HWM */
#define MAX_ZONES 136                         /* DMA, DMA32, and Normal and Movable of 64 nodes, and a few */
#define MAX_ORDERS 16
#define MAX_TYPES 8

/* ---- one list after the other ----------------------------------------------------------- */

/* A free list, and a block of it. */
struct place {
	uint32_t zone, order, mt;
	uint64_t pfn;
};

static uint64_t first_of(const struct mm_eye *eye, const struct place *p)
{
	uint64_t pfn;

	return eye->list(eye, p->zone, p->order, p->mt, &pfn, 1) ? pfn : MM_NO_PFN;
}

/* Free blocks of an order, of all types: zone->free_area[order].nr_free */
static uint64_t blocks_of(const struct mm_eye *eye, uint32_t zone, uint32_t order)
{
	uint64_t n = 0;

	for (uint32_t t = 0; t < eye->nr_migratetypes; t++)
		n += eye->list_blocks(eye, zone, order, t);
	return n;
}

/* The zone's first list, of the lowest order. */
static void zone_begin(const struct mm_eye *eye, struct place *p)
{
	p->order = eye->pageblock_order;
	p->mt = 0;
	p->pfn = MM_NO_PFN;
}

static void list_next(const struct mm_eye *eye, struct place *p)
{
	p->pfn = MM_NO_PFN;
	if (++p->mt < eye->nr_migratetypes)
		return;
	p->mt = 0;
	p->order++;
}

/* From @p->pfn on, the first block of the list that isn't marked; MM_NO_PFN: there is none. */
static uint64_t unmarked(const struct mm_eye *eye, const struct place *p, struct mm_reply_reporter *r)
{
	uint64_t pfn = p->pfn;

	for (; pfn != MM_NO_PFN; pfn = eye->behind(eye, pfn)) {
		r->walked++;
		if (!eye->reported(eye, pfn))
			break;
	}
	return pfn;
}

static void answer(struct mm_reply_reporter *r, enum mm_report_act act, uint64_t pfn)
{
	r->act = act;
	r->pfn = pfn;
}

/* The pass is over, and there is another one when something came meanwhile. */
static void pass_over(struct mm_reply_reporter *r, bool again)
{
	answer(r, again ? MM_REPORT_AGAIN : MM_REPORT_IDLE, MM_NO_PFN);
	r->ns = again ? DELAY_NS : 0;
}

/* ---- mainline ----------------------------------------------------------------------------- */

enum mainline_state { MAINLINE_IDLE, MAINLINE_REQUESTED, MAINLINE_ACTIVE };
enum mainline_step { STEP_ZONE, STEP_LIST, STEP_WALK, STEP_FULL, STEP_SENT, STEP_LEFTOVER };

struct mainline {
	uint8_t state, step;
	struct place at;
	uint64_t had;     /* the block that was to be taken last */
	int64_t budget;   /* calls to the host that the list may still cost */
};

/* Source: mm/page_reporting.c: __page_reporting_request(), 5.7 to 7.3 */
static void mainline_come(void *state, const struct mm_eye *eye, const struct mm_ask_report_block *in,
			  struct mm_reply_report_come *r)
{
	struct mainline *m = state;

	if (in->why != MM_PLACE_FREED || m->state == MAINLINE_REQUESTED)
		return;
	if (m->state == MAINLINE_IDLE)
		r->ns = DELAY_NS;
	m->state = MAINLINE_REQUESTED;
}

/* Is a batch worth the zone's memory?  Source: page_reporting_process_zone(): its watermark */
static bool enough_free(const struct mm_eye *eye, const struct place *p, uint32_t capacity)
{
	struct mm_eye_zone z;
	int64_t kept = 0;

	if (!eye->zone(eye, p->zone, &z))
		return false;
	for (uint32_t o = 0; eye->mt_highatomic >= 0 && o < eye->nr_orders; o++)
		kept += (int64_t)eye->list_blocks(eye, p->zone, o, (unsigned int)eye->mt_highatomic) << o;
	return z.free - kept > z.low + z.boost + ((int64_t)capacity << eye->pageblock_order) + eye->reserve(eye, p->zone, 0);
}

/* The walk ends at @pfn, which becomes the first of its list; then comes @step. */
static bool ends_at(const struct mm_eye *eye, struct mainline *m, uint64_t pfn, enum mainline_step step,
		    struct mm_reply_reporter *r)
{
	bool first = first_of(eye, &m->at) == pfn;

	m->step = (uint8_t)step;
	if (step == STEP_LIST)
		list_next(eye, &m->at);
	if (!first)
		answer(r, MM_REPORT_FRONT, pfn);
	return !first;
}

/* One step of a list.  Return: was it an answer?  Source: page_reporting_cycle() */
static bool mainline_walk(const struct mm_eye *eye, struct mainline *m, const struct mm_ask_reporter *in,
			  struct mm_reply_reporter *r)
{
	uint64_t pfn = unmarked(eye, &m->at, r);

	if (pfn == MM_NO_PFN) {
		m->step = STEP_LIST;
		list_next(eye, &m->at);
		return false;
	}
	if (m->budget < 0) {
		m->state = MAINLINE_REQUESTED;
		return ends_at(eye, m, pfn, STEP_LIST, r);
	}
	if (in->taken == in->capacity)
		return ends_at(eye, m, pfn, STEP_FULL, r);
	m->had = pfn;
	m->at.pfn = eye->behind(eye, pfn);
	answer(r, MM_REPORT_TAKE, pfn);
	return true;
}

static bool mainline_list(const struct mm_eye *eye, struct mainline *m, const struct mm_ask_reporter *in,
			  struct mm_reply_reporter *r)
{
	if (m->at.order >= eye->nr_orders) {
		m->step = STEP_LEFTOVER;
		if (in->taken)
			answer(r, MM_REPORT_SEND, MM_NO_PFN);
		return in->taken > 0;
	}
	m->at.pfn = (int32_t)m->at.mt == eye->mt_isolate ? MM_NO_PFN : first_of(eye, &m->at);
	if (m->at.pfn == MM_NO_PFN) {
		list_next(eye, &m->at);
		return false;
	}
	m->budget = (int64_t)((blocks_of(eye, m->at.zone, m->at.order) + in->capacity * 16 - 1) / (in->capacity * 16));
	m->step = STEP_WALK;
	return false;
}

static bool mainline_zone(const struct mm_eye *eye, struct mainline *m, const struct mm_ask_reporter *in,
			  struct mm_reply_reporter *r)
{
	if (m->at.zone >= eye->nr_zones) {
		pass_over(r, m->state == MAINLINE_REQUESTED);
		if (m->state == MAINLINE_ACTIVE)
			m->state = MAINLINE_IDLE;
		return true;
	}
	if (enough_free(eye, &m->at, in->capacity)) {
		zone_begin(eye, &m->at);
		m->step = STEP_LIST;
	} else {
		m->at.zone++;
	}
	return false;
}

/* Source: mm/page_reporting.c: page_reporting_process(), 5.7 to 7.3 */
static void mainline_reporter(void *state, const struct mm_eye *eye, const struct mm_ask_reporter *in,
			      struct mm_reply_reporter *r)
{
	struct mainline *m = state;
	bool done = false;

	if (in->at == MM_REPORTER_BEGINS) {
		m->state = MAINLINE_ACTIVE;
		m->step = STEP_ZONE;
		m->at.zone = 0;
	} else if (in->at == MM_REPORTER_REFUSED) {
		done = ends_at(eye, m, m->had, STEP_LIST, r);
	}
	while (!done) {
		switch (m->step) {
		case STEP_ZONE:
			done = mainline_zone(eye, m, in, r);
			break;
		case STEP_LIST:
			done = mainline_list(eye, m, in, r);
			break;
		case STEP_WALK:
			done = mainline_walk(eye, m, in, r);
			break;
		case STEP_FULL:
			m->step = STEP_SENT;
			m->budget--;
			answer(r, MM_REPORT_SEND, MM_NO_PFN);
			done = true;
			break;
		case STEP_SENT:
			/* the list has changed meanwhile */
			m->at.pfn = first_of(eye, &m->at);
			m->step = STEP_WALK;
			break;
		case STEP_LEFTOVER:
		default:
			m->at.zone++;
			m->step = STEP_ZONE;
			break;
		}
	}
}

const struct mm_hooks mm_reporting_mainline = { MM_HOOKS_HEAD("reporting.mainline"), .state_size = sizeof(struct mainline),
						.report_come = mainline_come, .reporter = mainline_reporter };

/* ---- boundary ------------------------------------------------------------------------------- */

/*
 * Blocks are taken from right before the boundary, which stands at a list's end when the zone's turn begins and moves over those
 * that are marked.  What comes back stands at the boundary, as does everything that goes to the list's tail meanwhile.
 * Source: "[PATCH v13 0/6] mm / virtio: Provide support for unused page reporting" (linux-mm, November 2019): get_unreported_page(),
 * page_reporting_fill(), page_reporting_cycle(), page_reporting_notify_free().  v9, which the thread is about, has the same boundary.
 */
struct boundary {
	uint64_t asked[(MAX_ZONES + 63) / 64]; /* zones: ZONE_PAGE_REPORTING_REQUESTED */
	uint32_t marked[MAX_ZONES][MAX_ORDERS]; /* blocks: zone->reported_pages[] */
	bool active;       /* ZONE_PAGE_REPORTING_ACTIVE, of @at.zone */
	bool leaves;       /* what is in the reporter's hands is the zone's last */
	struct place at;
	uint64_t edge[MAX_ORDERS][MAX_TYPES]; /* 1 + pfn of the first marked block behind the boundary; 0: the list's end */
};

static bool tracked(const struct mm_eye *eye, uint32_t zone, uint32_t order, uint32_t mt)
{
	return zone < MAX_ZONES && order >= eye->pageblock_order && order < MAX_ORDERS && mt < MAX_TYPES;
}

static void boundary_place(void *state, const struct mm_eye *eye, const struct mm_ask_place *in, struct mm_reply_place *r)
{
	const struct boundary *b = state;

	if (!b->active || in->zone != b->at.zone || r->where != MM_PLACE_TAIL || !tracked(eye, in->zone, in->order, in->mt) ||
	    !b->edge[in->order][in->mt])
		return;
	r->where = MM_PLACE_BEFORE;
	r->before = b->edge[in->order][in->mt] - 1;
}

static void boundary_come(void *state, const struct mm_eye *eye, const struct mm_ask_report_block *in,
			  struct mm_reply_report_come *r)
{
	struct boundary *b = state;
	bool idle = true;

	if (!tracked(eye, in->zone, in->order, in->mt))
		return;
	if (in->reported) {
		b->marked[in->zone][in->order]++;
		if (b->active && in->zone == b->at.zone)
			b->edge[in->order][in->mt] = in->pfn + 1;
		return;
	}
	if (in->why != MM_PLACE_FREED || (b->asked[in->zone / 64] >> in->zone % 64 & 1) ||
	    blocks_of(eye, in->zone, in->order) < (uint64_t)b->marked[in->zone][in->order] + BOUNDARY_BLOCKS)
		return;
	for (unsigned int i = 0; i < sizeof(b->asked) / sizeof(b->asked[0]); i++)
		idle &= !b->asked[i];
	b->asked[in->zone / 64] |= UINT64_C(1) << in->zone % 64;
	if (idle)
		r->ns = BOUNDARY_DELAY_NS;
}

static void boundary_gone(void *state, const struct mm_eye *eye, const struct mm_ask_report_block *in, uint32_t *none)
{
	struct boundary *b = state;
	uint64_t next;

	if (!in->reported || !tracked(eye, in->zone, in->order, in->mt))
		return;
	if (b->marked[in->zone][in->order])
		b->marked[in->zone][in->order]--;
	if (!b->active || in->zone != b->at.zone || b->edge[in->order][in->mt] != in->pfn + 1)
		return;
	next = eye->behind(eye, in->pfn);
	b->edge[in->order][in->mt] = next == MM_NO_PFN ? 0 : next + 1;
}

/* All lists of the zone again, from the highest order and type on. */
static void fill_begin(const struct mm_eye *eye, struct boundary *b)
{
	b->at.order = eye->nr_orders - 1;
	b->at.mt = eye->nr_migratetypes - 1;
}

/* The next zone whose turn it is; false: nobody waits. */
static bool boundary_zone(const struct mm_eye *eye, struct boundary *b)
{
	for (uint32_t i = 0, zi = b->at.zone; i < eye->nr_zones; i++, zi++) {
		zi = zi < eye->nr_zones && zi < MAX_ZONES ? zi : 0;
		if (!(b->asked[zi / 64] >> zi % 64 & 1))
			continue;
		b->at.zone = zi;
		b->active = true;
		b->leaves = false;
		for (unsigned int o = 0; o < MAX_ORDERS; o++)
			for (unsigned int t = 0; t < MAX_TYPES; t++)
				b->edge[o][t] = 0;
		fill_begin(eye, b);
		return true;
	}
	return false;
}

/* The block before the boundary that isn't marked; the boundary moves over those that are. */
static uint64_t before_boundary(const struct mm_eye *eye, struct boundary *b, struct mm_reply_reporter *r)
{
	uint64_t *edge = &b->edge[b->at.order][b->at.mt], pfn;

	pfn = *edge ? eye->before(eye, *edge - 1) : eye->last(eye, b->at.zone, b->at.order, b->at.mt);
	for (; pfn != MM_NO_PFN; pfn = eye->before(eye, pfn)) {
		r->walked++;
		if (!eye->reported(eye, pfn))
			break;
		*edge = pfn + 1;
	}
	return pfn;
}

/* One list down; false: that was the last. */
static bool fill_next(const struct mm_eye *eye, struct boundary *b)
{
	if (b->at.mt-- > 0)
		return true;
	b->at.mt = eye->nr_migratetypes - 1;
	return b->at.order-- > eye->pageblock_order;
}

static void boundary_reporter(void *state, const struct mm_eye *eye, const struct mm_ask_reporter *in,
			      struct mm_reply_reporter *r)
{
	struct boundary *b = state;
	bool more = true;

	if (in->at == MM_REPORTER_BEGINS)
		b->at.zone = 0;
	else if (in->at == MM_REPORTER_BACK && !b->leaves)
		fill_begin(eye, b);
	else if (in->at == MM_REPORTER_REFUSED)
		more = fill_next(eye, b);
	for (;;) {
		uint64_t pfn = MM_NO_PFN;

		if (!b->active && !boundary_zone(eye, b)) {
			answer(r, MM_REPORT_IDLE, MM_NO_PFN);
			return;
		}
		if (in->taken == in->capacity) {
			answer(r, MM_REPORT_SEND, MM_NO_PFN);
			return;
		}
		for (; more; more = fill_next(eye, b)) {
			if ((int32_t)b->at.mt == eye->mt_isolate || !tracked(eye, b->at.zone, b->at.order, b->at.mt))
				continue;
			pfn = before_boundary(eye, b, r);
			if (pfn != MM_NO_PFN)
				break;
		}
		if (pfn != MM_NO_PFN) {
			answer(r, MM_REPORT_TAKE, pfn);
			return;
		}
		/* not enough for one more batch: the zone's turn is over */
		b->active = false;
		b->leaves = true;
		b->asked[b->at.zone / 64] &= ~(UINT64_C(1) << b->at.zone % 64);
		if (in->taken) {
			answer(r, MM_REPORT_SEND, MM_NO_PFN);
			return;
		}
		more = true;
	}
}

const struct mm_hooks mm_reporting_boundary = { MM_HOOKS_HEAD("reporting.boundary"), .state_size = sizeof(struct boundary),
						.place = boundary_place, .report_come = boundary_come, .report_gone = boundary_gone,
						.reporter = boundary_reporter };

/* ---- best effort ------------------------------------------------------------------------------ */

enum effort_step { EFFORT_REMEMBERED, EFFORT_SEARCH, EFFORT_LAST };

/*
 * Freed blocks are remembered, as long as there is room, and reported when the reporter comes.  Nobody crosses out those that are
 * taken meanwhile.  Of what there was no room for, a search through all lists finds the rest; no list is turned.
 * Source: Mel Gorman's reply in the thread, two sentences; delay and batches are mainline's
 */
struct effort {
	uint8_t step;
	bool active, came, overflowed; /* came: something was freed since the pass began */
	uint32_t first, nr;     /* of @block, a ring */
	uint64_t had;           /* block that was to be taken last */
	struct place at;
	uint64_t block[MM_BEST_EFFORT_MOST]; /* pfn << 8 | order */
};

static uint32_t room_of(const struct mm_eye *eye)
{
	int64_t n = 0;

	return eye->setting(eye, "best-effort", &n) && n > 0 && n <= MM_BEST_EFFORT_MOST ? (uint32_t)n : 1;
}

static bool remember(const struct mm_eye *eye, struct effort *f, uint64_t pfn, unsigned int order)
{
	uint32_t room = room_of(eye);

	if (f->nr >= room) {
		f->overflowed = true;
		return false;
	}
	f->block[(f->first + f->nr++) % room] = pfn << 8 | order;
	return true;
}

static void effort_come(void *state, const struct mm_eye *eye, const struct mm_ask_report_block *in,
			struct mm_reply_report_come *r)
{
	struct effort *f = state;

	if (in->reported || in->why == MM_PLACE_MOVED)
		return;
	r->overflow = !remember(eye, f, in->pfn, in->order);
	if (in->why != MM_PLACE_FREED)
		return;
	f->came = true;
	if (!f->active)
		r->ns = DELAY_NS;
}

/* Is it still what was freed, and not yet reported? */
static bool still_there(const struct mm_eye *eye, uint64_t block)
{
	struct mm_eye_page p;

	return eye->page(eye, block >> 8, &p) && p.state == MM_EYE_FREE && p.head == block >> 8 && p.order == (block & 255) &&
	       !eye->reported(eye, block >> 8);
}

/* Return: was there an answer? */
static bool effort_remembered(const struct mm_eye *eye, struct effort *f, const struct mm_ask_reporter *in,
			      struct mm_reply_reporter *r)
{
	while (f->nr) {
		uint64_t block = f->block[f->first];

		if (in->taken == in->capacity) {
			answer(r, MM_REPORT_SEND, MM_NO_PFN);
			return true;
		}
		f->first = (f->first + 1) % room_of(eye);
		f->nr--;
		r->walked++;
		if (!still_there(eye, block))
			continue;
		f->had = block;
		answer(r, MM_REPORT_TAKE, block >> 8);
		return true;
	}
	f->step = f->overflowed ? EFFORT_SEARCH : EFFORT_LAST;
	if (f->overflowed) {
		f->overflowed = false;
		r->search = 1;
		f->at.zone = 0;
		zone_begin(eye, &f->at);
		f->at.pfn = first_of(eye, &f->at);
	}
	return false;
}

static bool effort_search(const struct mm_eye *eye, struct effort *f, const struct mm_ask_reporter *in,
			  struct mm_reply_reporter *r)
{
	for (;;) {
		uint64_t pfn = (int32_t)f->at.mt == eye->mt_isolate ? MM_NO_PFN : unmarked(eye, &f->at, r);

		if (pfn != MM_NO_PFN && in->taken == in->capacity) {
			answer(r, MM_REPORT_SEND, MM_NO_PFN);
			return true;
		}
		if (pfn != MM_NO_PFN) {
			f->had = pfn << 8 | f->at.order;
			f->at.pfn = eye->behind(eye, pfn);
			answer(r, MM_REPORT_TAKE, pfn);
			return true;
		}
		list_next(eye, &f->at);
		if (f->at.order >= eye->nr_orders) {
			f->at.zone++;
			zone_begin(eye, &f->at);
		}
		if (f->at.zone >= eye->nr_zones) {
			f->step = EFFORT_LAST;
			return false;
		}
		f->at.pfn = first_of(eye, &f->at);
	}
}

/* The zone has too little left: what is remembered waits for the next time, a search goes on in the next zone. */
static void effort_refused(const struct mm_eye *eye, struct effort *f)
{
	if (f->step == EFFORT_REMEMBERED) {
		remember(eye, f, f->had >> 8, f->had & 255);
		f->step = EFFORT_LAST;
		return;
	}
	f->at.zone++;
	zone_begin(eye, &f->at);
	f->at.pfn = first_of(eye, &f->at);
	if (f->at.zone >= eye->nr_zones)
		f->step = EFFORT_LAST;
}

static void effort_reporter(void *state, const struct mm_eye *eye, const struct mm_ask_reporter *in, struct mm_reply_reporter *r)
{
	struct effort *f = state;

	if (in->at == MM_REPORTER_BEGINS) {
		f->active = true;
		f->came = false;
		f->step = EFFORT_REMEMBERED;
	} else if (in->at == MM_REPORTER_REFUSED) {
		effort_refused(eye, f);
	} else if (in->at == MM_REPORTER_BACK && f->step == EFFORT_SEARCH) {
		f->at.pfn = first_of(eye, &f->at); /* the list has changed meanwhile, and what stood here may be gone */
	}
	if (f->step == EFFORT_REMEMBERED && effort_remembered(eye, f, in, r))
		return;
	if (f->step == EFFORT_SEARCH && effort_search(eye, f, in, r))
		return;
	if (in->taken) {
		answer(r, MM_REPORT_SEND, MM_NO_PFN);
		return;
	}
	f->active = false;
	pass_over(r, f->came || f->overflowed);
}

const struct mm_hooks mm_reporting_best_effort = { MM_HOOKS_HEAD("reporting.best-effort"), .state_size = sizeof(struct effort),
						   .report_come = effort_come, .reporter = effort_reporter };
