// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the per-cpu lists: how many pages refill a list and which (refill), which pages leave and how many
 * (drain).
 *
 * How many depends on counters that tune themselves (since 6.7), followed in mm_check_pcp_tune.c.  What is open
 * there is tried with both extremes; only when all agree is there an answer.  A drain has one of two causes: the
 * free right before it, which gives back what its rule says in pieces, or somebody who empties all lists.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm_check.h"
#include "mm_check_pcp_tune.h"
#include "mm_rule_rmqueue.h"
#include "mm_words.h"

#define MAX_CPUS MM_MAX_BASE_CPUS
#define MAX_TUNED 4096
#define MAX_PAUSED 32
#define MAX_STALLED 32
#define MAX_HELD 64
#define MAX_SEEN 16

/* The run of events that makes up one refill or one drain. */
struct bulk {
	enum mm_check_kind kind;
	bool open, sure, pages_equal;
	unsigned int zone, order, mt, nr;
	uint64_t event, ts, first_pfn, wrong_ours, wrong_kernel;
	int32_t pid;
	const char *why;
	unsigned int last; /* pages of the last block: a drain goes on until it has enough */
	bool stealing;
	unsigned int set_cpu;     /* whose lists */
	uint32_t count;           /* pages on them before */
	bool irq;                 /* in an interrupt */
	bool ran_out;             /* refill: the own lists were empty at one of the pages */
	bool locked;              /* refill: somebody else was emptying the CPU's lists */
	/* drain */
	bool by_free;             /* because of the free before it, and not of all that the lists hold */
	bool active;              /* kswapd may be at work on the node */
	uint8_t freed_order;      /* of the block that was freed */
	struct mm_tuned tuned;
	int64_t left, piece_left; /* pages still to go, of all and of this hold of the lock */
	bool too_many;
	bool disturbed;           /* another CPU emptied the lists meanwhile */
	bool moved;               /* it did, at the end of a piece */
	bool paused;              /* its task was switched out and may have gone to another CPU */
	uint32_t from;            /* pages put on the lists before this event aren't counted */
	int32_t seen[MAX_SEEN];   /* tasks that had an event since it began */
	uint8_t nr_seen;
	bool many_seen;           /* more of them */
};

#define MAX_BATCH 32 /* one more than a folio batch holds */

/* Frees of one CPU that may belong to a batch, whose pages reach their lists later; and its last event. */
struct frees {
	struct {
		uint64_t pfn;
		uint32_t at; /* event of the free */
		uint8_t order, zone;
	} page[MAX_BATCH];
	uint8_t nr;
	bool batch;        /* the second half of a batch has begun */
	bool lru;          /* all of them came off the LRU, and compaction has nothing to do with it */
	int32_t pid;       /* whose frees these are */
	uint16_t cpu;      /* on whose lists the machine has the pages */
	uint8_t last_kind; /* enum sg_kind of the last event that is no drain */
	bool last_irq;
	uint8_t last_order, last_zone;
	int32_t last_pid;
};

/* What decides the number: batch, and how often in a row the list was refilled or pages were freed. */
struct bulk_facts {
	uint32_t batch, factor_lo, factor_hi, freed_lo, freed_hi;
};

/* A drain that left pages on lists that it was to empty: who took them before may not have had its event yet. */
struct held {
	struct bulk b;
	struct bulk_facts f;
	unsigned int cpu;
};

struct pcp_check {
	struct bulk bulk[MAX_CPUS];
	struct frees frees[MAX_CPUS];
	struct bulk paused[MAX_PAUSED]; /* drains whose task was switched out between two holds of the lock */
	uint32_t nr_paused;
	struct frees rest[MAX_PAUSED]; /* batches whose task was switched out in their second half */
	uint32_t nr_rest;
	struct held held[MAX_HELD];
	uint32_t nr_held;
	uint32_t nr_drains; /* drains that are open */
	uint64_t past[MAX_CPUS]; /* by CPU: 1 + pfn of the block that it took past its lists, until it is handed out */
	struct {
		int32_t pid; /* 0: none */
		uint8_t order, mt;
	} stalled[MAX_STALLED]; /* requests in trouble, the latest first */
	bool slept[MM_MAX_NODES]; /* kswapd has gone to sleep */
	uint8_t seeds; /* snapshots that the machine had taken over when the tuning was set */
	struct mm_tuning *tuned; /* zone * nr_cpus + cpu */
	unsigned int nr_tuned, nr_cpus;
};

static void pcp_init(void *state, struct mm_check *c)
{
	struct pcp_check *s = state;
	const struct mm_config *cfg = mm_check_config(c);

	(void)cfg;
	s->nr_cpus = cfg->cap->nr_cpus && cfg->cap->nr_cpus <= 4096 ? cfg->cap->nr_cpus : 1;
	s->nr_tuned = MM_MAX_ZONES * s->nr_cpus;
	if (s->nr_tuned > MAX_TUNED * MM_MAX_ZONES)
		s->nr_tuned = 0;
	s->tuned = calloc(s->nr_tuned ? s->nr_tuned : 1, sizeof(*s->tuned));
	for (unsigned int i = 0; s->tuned && i < s->nr_tuned; i++)
		s->tuned[i] = (struct mm_tuning){ 0 };
}

static void pcp_fini(void *state)
{
	free(((struct pcp_check *)state)->tuned);
}

static bool pcp_copy(void *to, const void *from, uint64_t *bytes)
{
	const struct pcp_check *f = from;
	struct pcp_check *t = to;
	size_t size = (f->nr_tuned ? f->nr_tuned : 1) * sizeof(*f->tuned);

	if (!f->tuned)
		return true;
	t->tuned = malloc(size);
	if (!t->tuned)
		return false;
	memcpy(t->tuned, f->tuned, size);
	*bytes += size;
	return true;
}

/* The page set of @zone and @cpu; read anew when the machine has taken over another snapshot. */
static struct mm_tuning *tuning_of(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m,
				   unsigned int zone, unsigned int cpu)
{
	if (!s->tuned || cpu >= s->nr_cpus || zone * s->nr_cpus + cpu >= s->nr_tuned)
		return NULL;
	if (s->seeds != (m->core.seeds_applied | 0x80)) {
		s->seeds = m->core.seeds_applied | 0x80;
		for (unsigned int i = 0; i < s->nr_tuned && i / s->nr_cpus < m->core.nr_zones; i++)
			mm_tuning_init(&s->tuned[i], c, &m->core.zone[i / s->nr_cpus], i % s->nr_cpus);
	}
	return &s->tuned[zone * s->nr_cpus + cpu];
}

/* Pages that the machine knows on the lists of @zone and @cpu, put there since @event. */
static uint32_t pages_on(const struct mm_machine *m, unsigned int zone, unsigned int cpu, uint32_t event)
{
	const struct pcp_state *p = cpu < m->nr_cpus ? mm_cow_peek(&m->pcp, (uint64_t)zone * m->nr_cpus + cpu) : NULL;
	uint32_t n = 0;

	if (!p || !event)
		return p ? p->count : 0;
	for (unsigned int l = 0; l < MM_NR_PINDEX; l++)
		for (uint32_t b = p->list[l].first; b != MM_NIL;) {
			struct page_ent e = mm_ent(m, b);

			n += e.since >= event ? 1u << ent_order(&e) : 0;
			b = e.a;
		}
	return n;
}

/* Is @want what the kernel took?  A drain ends with the block that makes it enough. */
static bool enough(const struct bulk *b, unsigned int want)
{
	if (b->moved && b->left > 0 && b->piece_left == (b->tuned.piece < b->left ? b->tuned.piece : b->left))
		return true; /* the rest of a piece can't be left, that of the pieces is */
	if (b->kind == MM_CHECK_DRAIN && b->by_free) /* until it is enough, or nothing is left */
		return (b->left <= 0 && !b->too_many) || (b->nr == b->count && want > 0);
	return b->nr == want || (b->kind == MM_CHECK_DRAIN && b->nr > want && b->nr - want < b->last);
}

static void bulk_unit(const struct bulk *b, unsigned int n, char buf[32])
{
	/* a refill counts blocks, a drain pages */
	mm_text_count(buf, 32, n, b->kind == MM_CHECK_REFILL && b->order ? "block" : "page");
}

static void refill_reason(const struct mm_check *c, const struct bulk *b, const struct bulk_facts *f, const char *list,
			  unsigned int want, struct mm_text *t)
{
	char unit[32], batch[32];

	mm_text_add(t, "%s was empty", list);
	bulk_unit(b, want, unit);
	mm_text_count(batch, sizeof(batch), f->batch, "page");
	if (f->batch == 0)
		mm_text_add(t, ". How many it gets depends on its batch.");
	else if (b->order > 0)
		mm_text_add(t, ": it gets its batch of %s in blocks of order %u, that is %s%s.", batch, b->order, unit,
			    f->batch > 1 && f->batch >> b->order < 2 ? ", the least" : "");
	else if (mm_check_rule_set(c) == MM_RULES_6_1)
		mm_text_add(t, ": it gets its batch of %s.", batch);
	else if (f->factor_lo == f->factor_hi)
		mm_text_add(t, ": it gets its batch of %s, doubled alloc_factor times (%u: a refill adds one, a free halves it)%s:"
			    " %s.", batch, f->factor_lo,
			    want < (uint64_t)f->batch << f->factor_lo ? ", as far as pcp->high leaves room" : "", unit);
	else
		mm_text_add(t, ": it gets its batch of %s, doubled alloc_factor times (%u to %u: a refill adds one, a free halves"
			    " it).", batch, f->factor_lo, f->factor_hi);
	mm_text_add(t, " They come from the heads of the zone's lists, one after the other.");
}

static void drain_reason(const struct mm_check *c, const struct bulk *b, const struct bulk_facts *f, const char *list,
			 unsigned int want, const char *why_count, struct mm_text *t)
{
	char unit[32], batch[32], freed[32];

	bulk_unit(b, want, unit);
	mm_text_count(batch, sizeof(batch), f->batch, "page");
	mm_text_count(freed, sizeof(freed), f->freed_lo, "page");
	mm_text_add(t, "%s gives pages back", list);
	if (f->batch == 0)
		mm_text_add(t, ". How many depends on its batch.");
	else if (!b->by_free)
		mm_text_add(t, ". It isn't a free that finds them full: the kernel empties them, or trims them to their limit.");
	else if (mm_check_rule_set(c) == MM_RULES_6_1)
		mm_text_add(t, ": its batch of %s, doubled free_factor times (a drain adds one, a refill halves it), as far as"
			    " pcp->high less the batch.", batch);
	else if (!why_count && want > f->freed_hi && want > f->batch)
		mm_text_add(t, ": after frees of higher orders in a row (free_high) all there are, at most 32 times its batch of %s:"
			    " %s.", batch, unit);
	else if (f->freed_lo != f->freed_hi)
		mm_text_add(t, ": as many as were freed in a row (free_count), at least its batch of %s and at most pcp->high less"
			    " the batch. %s or more were freed.", batch, freed);
	else
		mm_text_add(t, ": as many as were freed in a row (free_count: %s), at least its batch of %s and at most pcp->high"
			    " less the batch%s%s.", freed, batch, why_count ? "" : ": ", why_count ? "" : unit);
	mm_text_add(t, " They leave at the tail of each list, all of one list before the next in turn.");
}

static void bulk_words(const struct mm_check *c, const struct mm_machine *m, const struct bulk *b, unsigned int cpu,
		       const struct bulk_facts *f, unsigned int want, const char *why_count, char *ours, size_t ours_size,
		       char *kernel, size_t kernel_size, struct mm_text *reason)
{
	const struct sg_capture *cap = mm_check_config(c)->cap;
	const char *type = b->mt < cap->nr_migratetypes ? cap->migratetype[b->mt] : "";
	char list[128], unit[32], zone[32] = "";

	if (m) /* at the end of the trace there is none to ask */
		snprintf(zone, sizeof(zone), " in zone %s", m->core.zone[b->zone].name);
	if (b->kind == MM_CHECK_DRAIN)
		snprintf(list, sizeof(list), "CPU %u's set of lists%s", cpu, zone);
	else
		snprintf(list, sizeof(list), "CPU %u's list of %s %s of order %u%s", cpu, type, b->order ? "blocks" : "pages",
			 b->order, zone);
	bulk_unit(b, want, unit);
	if (b->sure && !b->pages_equal && b->wrong_ours == 0) /* no free block has that pfn */
		snprintf(ours, ours_size, "%s%s where the kernel took one", why_count ? "" : unit,
			 why_count ? "no page" : ", but none");
	else if (b->sure && !b->pages_equal)
		snprintf(ours, ours_size, "%s%spfn 0x%" PRIx64 " where the kernel took another", why_count ? "" : unit,
			 why_count ? "" : ", among them ", b->wrong_ours);
	else if (b->sure && !why_count)
		snprintf(ours, ours_size, "%s%s%s", unit,
			 b->kind == MM_CHECK_DRAIN && b->nr > want && enough(b, want) ? " and the rest of the last block" : "",
			 want == 0 ? "" : enough(b, want) ? ", each the one that the kernel took" :
						   ", the kernel's as far as both go");
	bulk_unit(b, b->nr, unit);
	if (b->pages_equal || !b->sure)
		snprintf(kernel, kernel_size, "%s, the first pfn 0x%" PRIx64, unit, b->first_pfn);
	else
		snprintf(kernel, kernel_size, "%s, the first pfn 0x%" PRIx64 ", and pfn 0x%" PRIx64 " instead of ours", unit,
			 b->first_pfn, b->wrong_kernel);
	if (b->kind == MM_CHECK_REFILL)
		refill_reason(c, b, f, list, want, reason);
	else
		drain_reason(c, b, f, list, want, why_count, reason);
}

static void report_bulk(struct mm_check *c, const struct mm_machine *m, const struct bulk *b, unsigned int cpu,
			const struct bulk_facts *f, unsigned int want, const char *why_count)
{
	char ours[160] = "", kernel[160] = "", reason[480] = "";
	struct mm_text text = { reason, sizeof(reason), 0 };
	struct mm_decision d = {
		.kind = b->kind, .event = b->event, .ts = b->ts, .pid = b->pid,
		.rule = b->kind == MM_CHECK_DRAIN ? "mm/page_alloc.c: nr_pcp_free(), free_pcppages_bulk()" :
			mm_check_rule_set(c) == MM_RULES_6_1 ? "mm/page_alloc.c: __rmqueue_pcplist(), rmqueue_bulk()" :
							       "mm/page_alloc.c: nr_pcp_alloc(), rmqueue_bulk()",
		.ours = ours, .kernel = kernel, .reason = reason, .nr_numbers = 6,
		.number = { { "order", b->order }, { "migratetype", b->mt }, { "count", b->nr }, { "predicted", want },
			    { "batch", f->batch } },
	};

	if (b->kind == MM_CHECK_REFILL) {
		d.number[5].name = "alloc_factor";
		d.number[5].value = f->factor_lo;
	} else {
		d.number[5].name = "free_count";
		d.number[5].value = f->freed_lo;
	}
	if (b->sure && !b->pages_equal)
		d.verdict = MM_DIFFERS;
	else if (!b->sure || why_count)
		d.verdict = MM_UNDECIDED;
	else
		d.verdict = enough(b, want) ? MM_EQUAL : MM_DIFFERS;
	d.why = !b->sure ? b->why : why_count;
	if (mm_check_wants_text(c))
		bulk_words(c, m, b, cpu, f, want, why_count, ours, sizeof(ours), kernel, sizeof(kernel), &text);
	mm_check_report(c, &d);
}

/*
 * @event emptied the lists of @cpu: since which event must a page have been freed to lie there?  Those of a batch that
 * wait for its second half come later.
 */
static uint32_t emptied_at(const struct pcp_check *s, const struct mm_machine *m, unsigned int cpu, uint64_t event)
{
	uint32_t at = (uint32_t)event;

	for (unsigned int i = 0; m && cpu < MAX_CPUS && i < s->frees[cpu].nr; i++) {
		struct page_ent e = mm_ent(m, s->frees[cpu].page[i].pfn);

		if (ent_state(&e) == PS_PCP && e.since < at)
			at = e.since;
	}
	return at;
}

/* Is another CPU emptying @cpu's lists in @zone, as far as its events tell? */
static bool emptied_by_other(const struct pcp_check *s, unsigned int zone, unsigned int cpu)
{
	for (unsigned int i = 0; i < MAX_CPUS && i < s->nr_cpus; i++)
		if (i != cpu && s->bulk[i].open && s->bulk[i].kind == MM_CHECK_DRAIN && s->bulk[i].set_cpu == cpu &&
		    s->bulk[i].zone == zone)
			return true;
	return false;
}

/* Was the block at @pfn (entry @e) on the lists when drain @b began, as far as the machine knows? */
static bool is_left(const struct mm_machine *m, const struct bulk *b, uint64_t pfn, const struct page_ent *e)
{
	return ent_state(e) == PS_PCP && (e->st & PE_LINK) && e->x >> 2 == b->set_cpu && e->since < b->event &&
	       e->since >= b->from && mm_zone_of(m, pfn) == (int)b->zone;
}

/* Pages that the machine still has on the lists from before drain @b. */
static uint32_t left_on(const struct mm_machine *m, const struct bulk *b)
{
	return pages_on(m, b->zone, b->set_cpu, b->from) - pages_on(m, b->zone, b->set_cpu, (uint32_t)b->event);
}

static void held_out(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, uint32_t i)
{
	struct held h = s->held[i];

	s->held[i] = s->held[--s->nr_held];
	report_bulk(c, m, &h.b, h.cpu, &h.f, h.b.tuned.want, h.b.tuned.why);
}

static void hold(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct bulk *b,
		 unsigned int cpu, const struct bulk_facts *f)
{
	if (s->nr_held == MAX_HELD)
		held_out(s, c, m, 0);
	s->held[s->nr_held++] = (struct held){ .b = *b, .f = *f, .cpu = cpu };
}

static void bulk_end(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu)
{
	struct bulk *b = &s->bulk[cpu];
	struct mm_tuned tuned = { .why = "pcp_batch_unknown" };
	struct bulk_facts f = { 0 };
	struct mm_tuning *t;

	if (!b->open)
		return;
	b->open = false;
	s->nr_drains -= b->kind == MM_CHECK_DRAIN;
	t = tuning_of(s, c, m, b->zone, b->set_cpu);
	if (t)
		f = (struct bulk_facts){ t->batch, t->factor_lo, t->factor_hi, t->freed_lo, t->freed_hi };
	if (b->kind == MM_CHECK_DRAIN) {
		tuned = b->tuned;
		if (b->disturbed)
			tuned.why = "lock_order_unknown";
		if (t && b->by_free)
			mm_tuning_drained(t, mm_check_rule_set(c), b->freed_order, b->count, b->active, b->nr, b->last);
		/* it stops short of what it was to give when there is nothing left */
		if (t && b->by_free && !b->paused && !b->tuned.why && b->left > 0) {
			t->emptied_else = t->emptied;
			t->emptied = emptied_at(s, m, b->set_cpu, b->event);
			t->emptied_guess = true;
		}
		if (t && !b->by_free && b->nr >= b->count)
			t->unseen = 0; /* all went */
		if (t && b->by_free && b->tuned.why && !b->paused && !b->disturbed && b->nr == b->count &&
		    b->nr < b->tuned.least)
			t->unseen = 0; /* more would have gone, had they been there */
		if (t && !b->by_free) {
			t->emptied = (uint32_t)b->event; /* a free that came meanwhile found the lock taken */
			t->emptied_guess = false;
		}
		if (m && !b->paused && b->nr < b->count && !tuned.why && !enough(b, tuned.want) &&
		    left_on(m, b) > 0) {
			hold(s, c, m, b, cpu, &f);
			return;
		}
	} else if (t) {
		bool none = b->ran_out;

		/*
		 * A refill is of two blocks at least, if there are.  A single one, with the lists' lock in other hands,
		 * was taken past the lists: rmqueue_buddy().
		 */
		if (b->nr == 1 && t->batch > 1 && (b->locked || emptied_by_other(s, b->zone, cpu)) &&
		    mm_rule_smallest_known(m, &m->core.zone[b->zone], b->order, b->mt).known == MM_KNOWN_YES) {
			s->past[cpu] = b->first_pfn + 1;
			return;
		}

		tuned = mm_tuning_refill(t, mm_check_rule_set(c), b->order, b->count, b->nr);
		if (!tuned.why && !none && b->nr < tuned.want)
			none = mm_rule_smallest_known(m, &m->core.zone[b->zone], b->order, b->mt).known == MM_KNOWN_NO;
		if (!tuned.why && none)
			tuned.why = "fallback_allowed_unknown"; /* ALLOC_NOFRAGMENT isn't in the trace */
	}
	if (b->kind == MM_CHECK_REFILL && f.batch == 0 && b->sure) {
		/* without the batch none could come out as equal, so to count those that differ would be no measure */
		b->sure = false;
		b->why = "pcp_batch_unknown";
	}
	report_bulk(c, m, b, cpu, &f, tuned.want, tuned.why);
}

/* Bits of common_flags: include/linux/trace_events.h: TRACE_FLAG_HARDIRQ, _SOFTIRQ, 6.1 to 7.3 */
#define IN_INTERRUPT 0x18

static bool in_irq(const struct sg_event *ev)
{
	return ev->common_flags & IN_INTERRUPT;
}

/* Had task @pid an event since the drain began? */
static bool was_seen(const struct bulk *b, int32_t pid)
{
	if (pid == b->pid || b->many_seen)
		return true;
	for (unsigned int i = 0; i < b->nr_seen; i++)
		if (b->seen[i] == pid)
			return true;
	return false;
}

/*
 * mm_page_alloc is written after the page left its list.  A task that was silent since the drain began and hands out a
 * page that was on the lists before had taken it before: the drain couldn't find it.
 */
static void watch(struct bulk *b, const struct mm_machine *m, const struct sg_event *ev, const struct page_ent *e)
{
	uint32_t n;

	if (was_seen(b, ev->pid))
		return;
	if (b->nr_seen < MAX_SEEN)
		b->seen[b->nr_seen++] = ev->pid;
	else
		b->many_seen = true;
	if (!e || !is_left(m, b, ev->v[SGF_mm_page_alloc_pfn], e))
		return;
	n = 1u << ent_order(e);
	b->count -= n < b->count ? n : b->count;
	if (!b->by_free)
		b->tuned.want -= n < b->tuned.want ? n : b->tuned.want;
}

/* Hands out what is held and settled: all pages are accounted for, or the last one that was left has shown itself. */
static void held_settle(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, uint64_t pfn,
			const struct page_ent *e)
{
	for (uint32_t i = 0; i < s->nr_held;) {
		struct held *h = &s->held[i];
		bool last = is_left(m, &h->b, pfn, e) && left_on(m, &h->b) <= 1u << ent_order(e);

		if (last || enough(&h->b, h->b.tuned.want))
			held_out(s, c, m, i);
		else
			i++;
	}
}

/* Drains that are open or held learn from @ev. */
static void drains_watch(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	bool alloc = ev->kind == SG_EV_mm_page_alloc;
	uint64_t pfn = alloc ? ev->v[SGF_mm_page_alloc_pfn] : ev->v[SGF_mm_page_pcpu_drain_pfn];
	struct page_ent e = { 0 };

	if (alloc || ev->kind == SG_EV_mm_page_pcpu_drain)
		e = mm_ent(m, pfn);
	if (!in_irq(ev)) {
		for (unsigned int i = 0; s->nr_drains && i < MAX_CPUS && i < s->nr_cpus; i++)
			if (s->bulk[i].open && s->bulk[i].kind == MM_CHECK_DRAIN && i != ev->cpu)
				watch(&s->bulk[i], m, ev, alloc ? &e : NULL);
		for (uint32_t i = 0; i < s->nr_held; i++)
			watch(&s->held[i].b, m, ev, alloc ? &e : NULL);
	}
	if (s->nr_held && ent_state(&e) == PS_PCP)
		held_settle(s, c, m, pfn, &e);
}

static void bulk_begin(struct bulk *b, enum mm_check_kind kind, const struct mm_machine *m, const struct sg_event *ev,
		       unsigned int zone, uint64_t pfn, unsigned int order, unsigned int mt)
{
	*b = (struct bulk){ .kind = kind, .open = true, .sure = true, .pages_equal = true, .zone = zone, .order = order,
			    .mt = mt, .event = mm_position(m) + 1, .ts = ev->ts, .first_pfn = pfn, .pid = ev->pid };
}

/* One page of a refill, of the zone's lists or by a fallback. */
static void refill_page(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			uint64_t pfn, uint64_t order, uint64_t mt, bool steal)
{
	struct bulk *b = &s->bulk[ev->cpu];
	int zone = mm_zone_of(m, pfn);
	struct mm_pick p;

	if (zone < 0 || order >= MM_NR_ORDERS || mt >= MM_NR_PCPTYPES)
		return;
	if (!b->open || b->kind != MM_CHECK_REFILL || b->zone != (unsigned int)zone || b->order != order || b->mt != mt) {
		bulk_end(s, c, m, ev->cpu);
		bulk_begin(b, MM_CHECK_REFILL, m, ev, (unsigned int)zone, pfn, (unsigned int)order, (unsigned int)mt);
		b->set_cpu = ev->cpu;
		b->count = pages_on(m, (unsigned int)zone, ev->cpu, 0);
	}
	b->nr++;
	b->locked |= emptied_by_other(s, (unsigned int)zone, ev->cpu);
	p = mm_rule_smallest_known(m, &m->core.zone[zone], (unsigned int)order, (unsigned int)mt);
	b->ran_out |= p.known == MM_KNOWN_NO;
	if (p.known == MM_KNOWN_NO)
		p = mm_rule_fallback(m, &m->core.zone[zone], mm_check_rule_set(c), (unsigned int)order, (unsigned int)mt, false,
				     b->stealing);
	b->stealing = steal;
	if (p.known == MM_KNOWN_MAYBE) {
		b->sure = false;
		b->why = p.why;
	} else if (p.known == MM_KNOWN_NO || p.pfn != pfn) {
		if (b->pages_equal) {
			b->wrong_ours = p.pfn;
			b->wrong_kernel = pfn;
		}
		b->pages_equal = false;
	}
}

/* The list of a block that was freed while nobody knew what its pageblock was: known now?  Else MM_NR_PINDEX. */
static unsigned int list_of(const struct mm_machine *m, uint64_t pfn, const struct page_ent *e)
{
	unsigned int mt = ent_mt(e) < SG_MAX_MIGRATETYPES ? ent_mt(e) : mm_blk(m, pfn >> m->pb_order).mt;

	return mt < SG_MAX_MIGRATETYPES ? mm_pindex(m, ent_order(e), mt) : MM_NR_PINDEX;
}

/*
 * Is the block with entry @e, of a pageblock of type @mt, the last of its per-cpu list for drain @b, apart from a batch
 * that is still on its way there?  MM_KNOWN_MAYBE where a block of unknown type may come after it, unless the lists were
 * emptied since that was freed.  A block whose pageblock wasn't known at its free lies on the MOVABLE list; on its own it
 * comes after those that were put there later.
 */
static enum mm_known is_tail(const struct mm_machine *m, const struct bulk *b, const struct page_ent *e, unsigned int mt)
{
	unsigned int list = mm_pindex(m, ent_order(e), ent_mt(e) < SG_MAX_MIGRATETYPES ? ent_mt(e) : mt);
	const struct pcp_state *p = mm_cow_peek(&m->pcp, (uint64_t)b->zone * m->nr_cpus + (e->x >> 2));
	uint32_t run = mm_uncommitted(m, e->x >> 2);
	enum mm_known known = MM_KNOWN_YES;

	if (p && list != mm_pindex(m, ent_order(e), ent_mt(e)) && p->list[list].last != MM_NIL &&
	    mm_ent(m, p->list[list].last).since < e->since)
		return MM_KNOWN_MAYBE;
	for (uint32_t i = e->a; i != MM_NIL;) {
		struct page_ent q = mm_ent(m, i);
		unsigned int other = list_of(m, i, &q);

		if (other == MM_NR_PINDEX && q.since >= b->from)
			known = MM_KNOWN_MAYBE;
		else if (other == list && ((q.x & 3) != PCP_FROM_FREE || q.since < run))
			return MM_KNOWN_NO;
		i = q.a;
	}
	return known;
}

/* A page has reached its list. */
static void freed(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu, unsigned int zone,
		  unsigned int order)
{
	struct mm_tuning *t = tuning_of(s, c, m, zone, cpu);

	s->frees[cpu].last_order = (uint8_t)order;
	s->frees[cpu].last_zone = (uint8_t)zone;
	if (t)
		mm_tuning_free(t, mm_check_rule_set(c), order);
}

/* The first @n of the frees that wait have reached their lists. */
static void flush_frees(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu, unsigned int n)
{
	struct frees *f = &s->frees[cpu];

	for (unsigned int i = 0; i < n; i++)
		freed(s, c, m, cpu, f->page[i].zone, f->page[i].order);
	for (unsigned int i = n; i < f->nr; i++)
		f->page[i - n] = f->page[i];
	f->nr = (uint8_t)(f->nr - n);
}

/* Is the page at @pfn, which @ev frees, one of those that the LRU's batches bring? */
static bool off_lru(const struct mm_machine *m, const struct sg_event *ev, uint64_t pfn)
{
	const struct task_ctx *ctx = mm_ctx((struct mm_machine *)m, ev->pid, false);
	struct page_ent e = mm_ent(m, pfn);

	return ent_state(&e) == PS_ALLOC && (e.st & PE_LRU) && !(ctx && ctx->in_compact);
}

/*
 * mm_page_free is written before the page reaches its list.  A page that is freed alone does so at once, those of a
 * batch when all of it have had their event: then each has its mm_page_free_batched.
 */
static void on_free(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_free_pfn], order = ev->v[SGF_mm_page_free_order];
	struct frees *f = &s->frees[ev->cpu];
	int zone = mm_zone_of(m, pfn);

	if (zone < 0 || order >= MM_NR_ORDERS || !mm_pcp_order(m, (unsigned int)order))
		return;
	if (in_irq(ev)) {
		freed(s, c, m, ev->cpu, (unsigned int)zone, (unsigned int)order);
		return;
	}
	if (f->batch || f->nr == MAX_BATCH)
		flush_frees(s, c, m, ev->cpu, f->nr);
	f->batch = false;
	f->lru = (f->nr == 0 || f->lru) && off_lru(m, ev, pfn);
	f->pid = ev->pid;
	f->cpu = ev->cpu;
	f->page[f->nr].pfn = pfn;
	f->page[f->nr].at = (uint32_t)(mm_position(m) + 1);
	f->page[f->nr].order = (uint8_t)order;
	f->page[f->nr++].zone = (uint8_t)zone;
}

static void on_batched(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct frees *f = &s->frees[ev->cpu];

	for (unsigned int i = 0; i < f->nr; i++)
		if (f->page[i].pfn == ev->v[SGF_mm_page_free_batched_pfn]) {
			flush_frees(s, c, m, ev->cpu, i + 1);
			break;
		}
	f->batch = true;
}

/*
 * Another task runs on the CPU of @f: what a batch has left comes when its own task runs again.  Frees that no second
 * half has shown are the first half of a batch when they came off the LRU, unless it was compaction that freed them.
 * Else they were freed one by one and have reached their lists.
 */
static void pause_frees(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct frees *f = &s->frees[ev->cpu];

	if (!f->nr || f->pid == ev->pid)
		return;
	if ((f->batch || f->lru) && s->nr_rest < MAX_PAUSED) {
		s->rest[s->nr_rest++] = *f;
		f->nr = 0;
	} else {
		flush_frees(s, c, m, ev->cpu, f->nr);
	}
	f->batch = false;
}

/* The task of @ev runs again, maybe on another CPU, which then gets the rest of its batch. */
static void resume_frees(struct pcp_check *s, const struct sg_event *ev)
{
	for (uint32_t i = 0; i < s->nr_rest; i++) {
		struct frees *f = &s->frees[ev->cpu], *r = &s->rest[i];

		if (r->pid != ev->pid)
			continue;
		memcpy(f->page, r->page, sizeof(f->page));
		f->nr = r->nr;
		f->batch = r->batch;
		f->lru = r->lru;
		f->pid = r->pid;
		f->cpu = r->cpu;
		*r = s->rest[--s->nr_rest];
		return;
	}
}

/* Those that have been seen elsewhere since had reached their lists. */
static uint32_t waiting_in(const struct frees *f, const struct mm_machine *m, unsigned int zone, uint32_t since)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < f->nr; i++) {
		struct page_ent e = f->page[i].zone == zone ? mm_ent(m, f->page[i].pfn) : (struct page_ent){ 0 };

		n += ent_state(&e) == PS_PCP && (e.st & PE_LINK) && e.since == f->page[i].at && e.since >= since ?
			     1u << f->page[i].order : 0;
	}
	return n;
}

/* Pages of @zone that the machine has put on @cpu's lists since event @since, and whose batch's second half is yet to come. */
static uint32_t waiting(const struct pcp_check *s, const struct mm_machine *m, unsigned int zone, unsigned int cpu,
			uint32_t since)
{
	uint32_t n = s->frees[cpu].nr && s->frees[cpu].cpu == cpu ? waiting_in(&s->frees[cpu], m, zone, since) : 0;

	for (uint32_t i = 0; i < s->nr_rest; i++)
		n += s->rest[i].cpu == cpu ? waiting_in(&s->rest[i], m, zone, since) : 0;
	return n;
}

static bool was_waiting(const struct frees *f, uint64_t pfn)
{
	for (unsigned int i = 0; i < f->nr; i++)
		if (f->page[i].pfn == pfn)
			return true;
	return false;
}

/* Pages on @cpu's lists of @zone as far as the machine knows, without those that haven't reached them yet. */
static uint32_t count_on(const struct pcp_check *s, const struct mm_machine *m, const struct mm_tuning *t, unsigned int zone,
			 unsigned int cpu)
{
	uint32_t since = t ? t->emptied : 0, n = pages_on(m, zone, cpu, since);
	uint32_t wait = cpu < MAX_CPUS ? waiting(s, m, zone, cpu, since) : 0;

	return n > wait ? n - wait : 0;
}

/* The drain of @pid that waits for it to run again; NULL: none. */
static struct bulk *paused_of(struct pcp_check *s, int32_t pid)
{
	for (uint32_t i = 0; i < s->nr_paused; i++)
		if (s->paused[i].pid == pid)
			return &s->paused[i];
	return NULL;
}

/* Takes @p out of the drains that wait. */
static struct bulk unpause(struct pcp_check *s, struct bulk *p)
{
	struct bulk b = *p;

	*p = s->paused[--s->nr_paused];
	return b;
}

/* A drain begins: why, and how many pages will go?  @first: its first page, if it is known; NULL otherwise. */
static void drain_begin(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			unsigned int set_cpu, const struct page_ent *first)
{
	struct bulk *b = &s->bulk[ev->cpu];
	struct frees *f = &s->frees[ev->cpu];
	struct mm_tuning *t;
	int nid = m->core.zone[b->zone].node;

	if (!in_irq(ev) && !f->batch)
		flush_frees(s, c, m, ev->cpu, f->nr);
	t = tuning_of(s, c, m, b->zone, set_cpu);
	b->set_cpu = set_cpu;
	b->irq = in_irq(ev);
	if (t && t->emptied_guess && first && first->since < t->emptied) {
		t->emptied = t->emptied_else; /* here is one that would have gone: the lock was lost */
		t->emptied_guess = false;
	}
	b->count = count_on(s, m, t, b->zone, set_cpu);
	b->from = t ? t->emptied : 0;
	b->by_free = set_cpu == ev->cpu && f->last_irq == b->irq && f->last_zone == b->zone &&
		     (b->irq || f->last_pid == ev->pid) &&
		     (f->last_kind == SG_EV_mm_page_free || f->last_kind == SG_EV_mm_page_free_batched);
	b->tuned = (struct mm_tuned){ .why = "pcp_batch_unknown" };
	if (!t)
		return;
	if (b->by_free) {
		b->active = nid < 0 || nid >= MM_MAX_NODES || !s->slept[nid];
		b->freed_order = f->last_order;
		b->tuned = mm_tuning_drain(t, mm_check_rule_set(c), b->freed_order, b->count, b->active);
		if (!b->tuned.why && b->tuned.want == 0 && t->emptied_guess) {
			/* it wasn't empty: the drain before had lost the lock between two pieces */
			t->emptied = t->emptied_else;
			t->emptied_guess = false;
			b->count = count_on(s, m, t, b->zone, set_cpu);
			b->from = t->emptied;
			b->tuned = mm_tuning_drain(t, mm_check_rule_set(c), b->freed_order, b->count, b->active);
		}
		if (!b->tuned.why && b->tuned.want == 0 && b->count < t->high_min) /* there must be more than we know */
			t->unseen = t->high_min - b->count;
		b->left = b->tuned.want;
		b->piece_left = b->tuned.piece < b->tuned.want ? b->tuned.piece : b->tuned.want;
		return;
	}
	/* all lists of the set are emptied: drain_pages_zone() */
	if (set_cpu < MAX_CPUS && set_cpu != ev->cpu && s->bulk[set_cpu].zone == b->zone)
		s->bulk[set_cpu].disturbed = true;
	b->tuned = (struct mm_tuned){ .want = b->count, .why = t->unseen ? "pcp_list_unknown" : NULL };
}

/* The block counts against the pieces in which a free gives pages back. */
static void drain_count(struct bulk *b, unsigned int pages)
{
	if (b->left <= 0)
		b->too_many = true;
	b->piece_left -= pages;
	if (b->piece_left > 0)
		return;
	/* a piece counts what it was to be, also where its last block was larger than what was left of it */
	b->left -= b->tuned.piece < b->left ? b->tuned.piece : b->left;
	b->piece_left = b->tuned.piece < b->left ? b->tuned.piece : b->left;
}

/*
 * The task of a drain that was switched out went on, and not with that drain.
 * @moved: on another CPU, where it has to leave the rest to others
 */
static void resume_end(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, struct bulk *p, bool moved)
{
	unsigned int cpu = p->set_cpu;
	struct bulk now = s->bulk[cpu];

	s->bulk[cpu] = unpause(s, p);
	s->nr_drains++;
	s->bulk[cpu].moved = moved;
	bulk_end(s, c, m, cpu);
	s->bulk[cpu] = now;
}

/* One page of a drain: the tail of its list, which is left for the next one only when it is empty. */
static void drain_page(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_pcpu_drain_pfn], order = ev->v[SGF_mm_page_pcpu_drain_order];
	struct bulk *b = &s->bulk[ev->cpu];
	int zone = mm_zone_of(m, pfn);
	unsigned int set_cpu, mt;
	enum mm_known tail;
	struct page_ent e;
	struct bulk *p;
	bool known;

	if (zone < 0 || order >= MM_NR_ORDERS)
		return;
	mt = (unsigned int)ev->v[SGF_mm_page_pcpu_drain_migratetype] & 15;
	e = mm_ent(m, pfn);
	known = ent_state(&e) == PS_PCP && (e.st & PE_LINK);
	set_cpu = known ? e.x >> 2 : b->open && b->kind == MM_CHECK_DRAIN ? b->set_cpu : ev->cpu;
	p = s->nr_paused && !in_irq(ev) ? paused_of(s, ev->pid) : NULL;
	if (p && p->set_cpu != ev->cpu) {
		resume_end(s, c, m, p, true);
	} else if (p) {
		bulk_end(s, c, m, ev->cpu);
		*b = unpause(s, p);
		s->nr_drains++;
		b->paused = false;
		/* others went to the lists meanwhile */
		b->count = b->nr + count_on(s, m, tuning_of(s, c, m, b->zone, b->set_cpu), b->zone, b->set_cpu);
	}
	if (!b->open || b->kind != MM_CHECK_DRAIN || b->zone != (unsigned int)zone || b->set_cpu != set_cpu ||
	    b->irq != in_irq(ev)) {
		bulk_end(s, c, m, ev->cpu);
		bulk_begin(b, MM_CHECK_DRAIN, m, ev, (unsigned int)zone, pfn, (unsigned int)order,
			   (unsigned int)ev->v[SGF_mm_page_pcpu_drain_migratetype]);
		s->nr_drains++;
		drain_begin(s, c, m, ev, set_cpu, known ? &e : NULL);
	}
	b->last = 1u << order;
	b->nr += b->last;
	drain_count(b, b->last);
	if (!b->by_free && set_cpu < MAX_CPUS && s->frees[set_cpu].nr && was_waiting(&s->frees[set_cpu], pfn))
		b->tuned.want += b->last; /* it had reached the list all the same */
	if (!known) {
		struct mm_tuning *t = tuning_of(s, c, m, b->zone, b->set_cpu);

		b->sure = false;
		b->why = "pcp_list_unknown"; /* on it since before the trace */
		if (t)
			t->unseen -= b->last < t->unseen ? b->last : t->unseen;
	} else if ((tail = is_tail(m, b, &e, mt)) == MM_KNOWN_MAYBE) {
		b->sure = false;
		b->why = "block_unknown";
	} else if (tail == MM_KNOWN_NO) {
		if (b->pages_equal) {
			b->wrong_ours = e.a;
			b->wrong_kernel = pfn;
		}
		b->pages_equal = false;
	}
}

/* Which lists a request asks. */
static unsigned int mobility(const struct mm_machine *m, uint64_t gfp)
{
	return (gfp & m->cap->gfp.movable) ? MM_MT_MOVABLE : (gfp & m->cap->gfp.reclaimable) ? MM_MT_RECLAIMABLE :
	       MM_MT_UNMOVABLE;
}

/* Is there a block of at least @order on @z's lists of @mt? */
static bool has_block(const struct zone_state *z, unsigned int order, unsigned int mt)
{
	for (; order < MM_NR_ORDERS; order++) {
		const struct free_list *l = &z->list[order][mt];

		if (l->nr_linked + l->nr_unplaced > l->nr_taken)
			return true;
	}
	return false;
}

/*
 * Requests for blocks of @order and @mt have found nothing, nobody knows how often.  A zone whose own lists hold such
 * a block hasn't been asked: it would have given it.
 */
static void asked_in_vain(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu,
			  unsigned int order, unsigned int mt)
{
	if (!mm_pcp_order(m, order))
		return;
	for (unsigned int z = 0; z < m->core.nr_zones; z++) {
		bool serves = order == 0 && has_block(&m->core.zone[z], order, mt);
		struct mm_tuning *t = serves ? NULL : tuning_of(s, c, m, z, cpu);

		if (t)
			mm_tuning_stall(t, mm_check_rule_set(c), order);
	}
}

static void stalled(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
		    uint64_t order, unsigned int mt)
{
	unsigned int i = 0;

	if (order >= MM_NR_ORDERS)
		return;
	while (i < MAX_STALLED - 1 && s->stalled[i].pid != ev->pid)
		i++;
	if (s->stalled[i].pid != ev->pid) /* new: the one that stalled longest ago makes room */
		for (unsigned int k = MAX_STALLED - 1; k > 0; k--)
			s->stalled[k] = s->stalled[k - 1];
	else
		for (; i > 0; i--)
			s->stalled[i] = s->stalled[i - 1];
	s->stalled[0].pid = ev->pid;
	s->stalled[0].order = (uint8_t)order;
	s->stalled[0].mt = (uint8_t)mt;
	asked_in_vain(s, c, m, ev->cpu, (unsigned int)order, mt);
}

static void on_alloc(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn], order = ev->v[SGF_mm_page_alloc_order];
	int zone = mm_zone_of(m, pfn);
	struct mm_tuning *t;

	if (order >= MM_NR_ORDERS || !mm_pcp_order(m, (unsigned int)order))
		return;
	if (pfn == 0 || pfn == UINT64_MAX || pfn == UINT32_MAX) {
		asked_in_vain(s, c, m, ev->cpu, (unsigned int)order, mobility(m, ev->v[SGF_mm_page_alloc_gfp_flags]));
		return;
	}
	if (zone < 0)
		return;
	if (s->past[ev->cpu] == pfn + 1) {
		s->past[ev->cpu] = 0;
		return;
	}
	t = tuning_of(s, c, m, (unsigned int)zone, ev->cpu);
	if (t)
		mm_tuning_alloc(t);
}

/* A free that has pages left to give back, and the CPU has gone over to another task: it will go on later. */
static bool pause_drain(struct pcp_check *s, const struct sg_event *ev)
{
	struct bulk *b = &s->bulk[ev->cpu];

	if (!b->open || b->kind != MM_CHECK_DRAIN || !b->by_free || b->irq || b->left <= 0 || b->pid == ev->pid)
		return false;
	b->paused = true;
	if (s->nr_paused == MAX_PAUSED)
		return false;
	s->paused[s->nr_paused++] = *b;
	s->nr_drains--;
	b->open = false;
	return true;
}

/* Requests in trouble ask the lists without success; and kswapd says when it goes to sleep. */
static void on_stall(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t nid;

	switch (ev->kind) {
	case SG_EV_mm_vmscan_kswapd_sleep:
	case SG_EV_mm_vmscan_kswapd_wake:
		nid = ev->kind == SG_EV_mm_vmscan_kswapd_sleep ? ev->v[SGF_mm_vmscan_kswapd_sleep_nid] :
								 ev->v[SGF_mm_vmscan_kswapd_wake_nid];
		if (nid < MM_MAX_NODES)
			s->slept[nid] = ev->kind == SG_EV_mm_vmscan_kswapd_sleep;
		return;
	case SG_EV_mm_vmscan_wakeup_kswapd:
		stalled(s, c, m, ev, ev->v[SGF_mm_vmscan_wakeup_kswapd_order],
			mobility(m, ev->v[SGF_mm_vmscan_wakeup_kswapd_gfp_flags]));
		return;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		stalled(s, c, m, ev, ev->v[SGF_mm_vmscan_direct_reclaim_begin_order],
			mobility(m, ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags]));
		return;
	case SG_EV_mm_compaction_try_to_compact_pages:
		stalled(s, c, m, ev, ev->v[SGF_mm_compaction_try_to_compact_pages_order],
			mobility(m, ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask]));
		return;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		for (unsigned int i = 0; i < MAX_STALLED; i++)
			if (s->stalled[i].pid == ev->pid) {
				stalled(s, c, m, ev, s->stalled[i].order, s->stalled[i].mt);
				return;
			}
		for (unsigned int mt = 0; mt < MM_NR_PCPTYPES; mt++)
			asked_in_vain(s, c, m, ev->cpu, 0, mt);
		return;
	default:
		return;
	}
}

static void pcp_before(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct pcp_check *s = state;
	struct bulk *p;

	if (ev->cpu >= MAX_CPUS)
		return;
	if (s->nr_held || s->nr_drains)
		drains_watch(s, c, m, ev);
	if (!in_irq(ev)) {
		pause_frees(s, c, m, ev);
		if (s->nr_rest)
			resume_frees(s, ev);
	}
	switch (ev->kind) {
	case SG_EV_mm_page_alloc_zone_locked:
		if (ev->v[SGF_mm_page_alloc_zone_locked_percpu_refill] == 1)
			refill_page(s, c, m, ev, ev->v[SGF_mm_page_alloc_zone_locked_pfn],
				    ev->v[SGF_mm_page_alloc_zone_locked_order],
				    ev->v[SGF_mm_page_alloc_zone_locked_migratetype], false);
		return;
	case SG_EV_mm_page_alloc_extfrag:
		/* the second half of a claim was counted with the first */
		if (m->core.last_take_pfn != ev->v[SGF_mm_page_alloc_extfrag_pfn] && m->hygiene &&
		    mm_pcp_order(m, (unsigned int)ev->v[SGF_mm_page_alloc_extfrag_alloc_order] & 15))
			refill_page(s, c, m, ev, ev->v[SGF_mm_page_alloc_extfrag_pfn],
				    ev->v[SGF_mm_page_alloc_extfrag_alloc_order],
				    ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype],
				    ev->v[SGF_mm_page_alloc_extfrag_change_ownership] != 1);
		return;
	case SG_EV_mm_page_pcpu_drain:
		drain_page(s, c, m, ev);
		return;
	default:
		p = s->nr_paused && !in_irq(ev) ? paused_of(s, ev->pid) : NULL;
		if (p)
			resume_end(s, c, m, p, p->set_cpu != ev->cpu);
		if (!in_irq(ev) && pause_drain(s, ev))
			break;
		/* an interrupt between two pieces of a drain doesn't end it */
		if (!(in_irq(ev) && s->bulk[ev->cpu].kind == MM_CHECK_DRAIN && !s->bulk[ev->cpu].irq))
			bulk_end(s, c, m, ev->cpu);
	}
	if (ev->kind == SG_EV_mm_page_free)
		on_free(s, c, m, ev);
	else if (ev->kind == SG_EV_mm_page_free_batched)
		on_batched(s, c, m, ev);
	else if (!in_irq(ev) && s->frees[ev->cpu].nr)
		flush_frees(s, c, m, ev->cpu, s->frees[ev->cpu].nr);
	if (ev->kind == SG_EV_mm_page_alloc)
		on_alloc(s, c, m, ev);
	else
		on_stall(s, c, m, ev);
	s->frees[ev->cpu].last_kind = (uint8_t)ev->kind;
	s->frees[ev->cpu].last_irq = in_irq(ev);
	s->frees[ev->cpu].last_pid = ev->pid;
}

static void pcp_finish(void *state, struct mm_check *c)
{
	struct pcp_check *s = state;

	for (unsigned int i = 0; i < MAX_CPUS; i++)
		if (s->bulk[i].open) {
			s->bulk[i].sure = false;
			s->bulk[i].why = "trace_ends";
			report_bulk(c, NULL, &s->bulk[i], i, &(struct bulk_facts){ 0 }, 0, "trace_ends");
		}
	while (s->nr_held)
		held_out(s, c, NULL, s->nr_held - 1);
}

const struct mm_checker mm_checker_pcp = {
	.name = "pcp",
	.state_size = sizeof(struct pcp_check),
	.init = pcp_init,
	.before = pcp_before,
	.finish = pcp_finish,
	.fini = pcp_fini,
	.copy = pcp_copy,
};
