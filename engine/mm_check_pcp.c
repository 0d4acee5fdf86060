// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the per-cpu lists: how many pages refill a list and which (refill), which pages leave and how many
 * (drain).
 *
 * How many depends on two counters that tune themselves (since 6.7): alloc_factor doubles the batch with each
 * refill and halves with each free; free_count grows with each free and halves with each allocation.  Their
 * values before the trace are unknown, so each is kept as an interval, which the halving soon closes.
 * pcp->high isn't followed: where it decides, the number is undecided.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm_check.h"
#include "mm_rule_rmqueue.h"
#include "mm_words.h"

#define MAX_CPUS MM_MAX_BASE_CPUS
#define SCALE_MAX 5 /* CONFIG_PCP_BATCH_SCALE_MAX, its default from 6.7 on */
#define MAX_TUNED 4096

/* The self-tuning of one per-cpu page set (zone and CPU). */
struct tuning {
	uint32_t batch; /* 0: not known */
	uint8_t factor_lo, factor_hi;
	uint32_t freed_lo, freed_hi;
};

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
};

struct pcp_check {
	struct bulk bulk[MAX_CPUS];
	struct tuning *tuned; /* zone * nr_cpus + cpu */
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
		s->tuned[i] = (struct tuning){ 0, 0, SCALE_MAX, 0, UINT32_MAX };
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

/* batch of @zone's page sets, from the newest snapshot that has it; 0 unknown. */
static uint32_t batch_of(const struct mm_check *c, const struct zone_state *z, unsigned int cpu)
{
	const struct mm_config *cfg = mm_check_config(c);

	for (unsigned int i = cfg->nr_seeds; i-- > 0;) {
		const struct sg_snapshot *snap = cfg->seed[i].snap;

		for (unsigned int k = 0; snap && k < snap->nr_zones; k++)
			if (snap->zone[k].node == z->node && strcmp(snap->zone[k].name, z->name) == 0 && snap->zone[k].nr_pcp)
				return snap->zone[k].pcp[cpu < snap->zone[k].nr_pcp ? cpu : 0].batch;
	}
	return 0;
}

static struct tuning *tuning_of(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m,
				unsigned int zone, unsigned int cpu)
{
	struct tuning *t;

	if (!s->tuned || cpu >= s->nr_cpus || zone * s->nr_cpus + cpu >= s->nr_tuned)
		return NULL;
	t = &s->tuned[zone * s->nr_cpus + cpu];
	if (t->batch == 0)
		t->batch = batch_of(c, &m->core.zone[zone], cpu);
	return t;
}

/*
 * How many blocks a refill asks for; @ret_why names what is missing when it can't be said.
 * @got: what the kernel took, which settles the factor for the next time
 * Source: mm/page_alloc.c: nr_pcp_alloc(), 6.12 to 7.3; __rmqueue_pcplist(), v6.1
 */
static unsigned int refill_count(struct tuning *t, enum mm_rules rules, unsigned int order, unsigned int got,
				 const char **ret_why)
{
	unsigned int batch, k;

	*ret_why = NULL;
	if (!t || t->batch == 0) {
		*ret_why = "pcp_batch_unknown";
		return 0;
	}
	if (rules == MM_RULES_6_1 || order > 0) {
		batch = t->batch > 1 ? t->batch >> order : t->batch;
		return t->batch > 1 && batch < 2 ? 2 : batch;
	}
	for (k = 0; k <= SCALE_MAX; k++)
		if (got == (t->batch == 1 ? 1u << k : t->batch << k))
			break;
	if (t->factor_lo == t->factor_hi && t->factor_lo == 0) {
		t->factor_lo = 0; /* with little room under pcp->high the factor stays */
		t->factor_hi = 1;
		return t->batch;
	}
	if (t->factor_lo != t->factor_hi)
		*ret_why = "alloc_factor_unknown";
	batch = t->batch << t->factor_lo;
	if (k <= SCALE_MAX) {
		if (t->factor_lo == t->factor_hi && k != t->factor_lo)
			*ret_why = "pcp_high_unknown";
		t->factor_lo = (uint8_t)k;
		t->factor_hi = (uint8_t)(k < SCALE_MAX ? k + 1 : SCALE_MAX);
	} else {
		*ret_why = "pcp_high_unknown"; /* cut down to the room that pcp->high leaves */
	}
	return batch;
}

/* Is @want what the kernel took?  A drain ends with the block that makes it enough. */
static bool enough(const struct bulk *b, unsigned int want)
{
	return b->nr == want || (b->kind == MM_CHECK_DRAIN && b->nr > want && b->nr - want < b->last);
}

/* What decides the number: batch, and how often in a row the list was refilled or pages were freed. */
struct bulk_facts {
	uint32_t batch, factor_lo, factor_hi, freed_lo, freed_hi;
};

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
		mm_text_add(t, ": it gets its batch of %s, doubled once for each refill since the last free (alloc_factor %u):"
			    " %s.", batch, f->factor_lo, unit);
	else
		mm_text_add(t, ": it gets its batch of %s, doubled once for each refill since the last free (alloc_factor %u to"
			    " %u).", batch, f->factor_lo, f->factor_hi);
	mm_text_add(t, " They come from the heads of the zone's lists, one after the other.");
}

static void drain_reason(const struct bulk *b, const struct bulk_facts *f, const char *list, unsigned int want,
			 const char *why_count, struct mm_text *t)
{
	char unit[32], batch[32], freed[32];

	bulk_unit(b, want, unit);
	mm_text_count(batch, sizeof(batch), f->batch, "page");
	mm_text_count(freed, sizeof(freed), f->freed_lo, "page");
	mm_text_add(t, "%s gives pages back", list);
	if (f->batch == 0)
		mm_text_add(t, ". How many depends on its batch.");
	else if (f->freed_lo != f->freed_hi)
		mm_text_add(t, ": its batch is %s, and %s or more were freed in a row (free_count).", batch, freed);
	else
		mm_text_add(t, ": %s freed in a row (free_count), a batch of %s: it gives %s%s.", freed, batch, unit,
			    why_count ? ", unless its limit pcp->high or another reason asks for another number" : "");
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
		snprintf(ours, ours_size, "%s%s, each the one that the kernel took", unit,
			 b->kind == MM_CHECK_DRAIN && b->nr > want && enough(b, want) ? " and the rest of the last block" : "");
	bulk_unit(b, b->nr, unit);
	if (b->pages_equal)
		snprintf(kernel, kernel_size, "%s, the first pfn 0x%" PRIx64, unit, b->first_pfn);
	else
		snprintf(kernel, kernel_size, "%s, the first pfn 0x%" PRIx64 ", and pfn 0x%" PRIx64 " instead of ours", unit,
			 b->first_pfn, b->wrong_kernel);
	if (b->kind == MM_CHECK_REFILL)
		refill_reason(c, b, f, list, want, reason);
	else
		drain_reason(b, f, list, want, why_count, reason);
}

static void report_bulk(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu,
			const struct bulk_facts *f, unsigned int want, const char *why_count)
{
	struct bulk *b = &s->bulk[cpu];
	char ours[160] = "", kernel[160] = "", reason[480] = "";
	struct mm_text text = { reason, sizeof(reason), 0 };
	struct mm_decision d = {
		.kind = b->kind, .event = b->event, .ts = b->ts, .pid = b->pid,
		.rule = b->kind == MM_CHECK_REFILL ? "mm/page_alloc.c: nr_pcp_alloc(), rmqueue_bulk()" :
						     "mm/page_alloc.c: nr_pcp_free(), free_pcppages_bulk()",
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

static void bulk_end(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu)
{
	struct bulk *b = &s->bulk[cpu];
	struct bulk_facts f = { 0 };
	struct tuning *t;
	const char *why;
	unsigned int want;

	if (!b->open)
		return;
	b->open = false;
	t = tuning_of(s, c, m, b->zone, cpu);
	if (t)
		f = (struct bulk_facts){ t->batch, t->factor_lo, t->factor_hi, t->freed_lo, t->freed_hi };
	if (b->kind == MM_CHECK_REFILL) {
		want = refill_count(t, mm_check_rule_set(c), b->order, b->nr, &why);
	} else if (!t || t->batch == 0) {
		want = 0;
		why = "pcp_batch_unknown";
	} else if (t->freed_lo == t->freed_hi && t->freed_lo <= t->batch) {
		want = t->batch;
		why = enough(b, want) ? NULL : "drain_cause_unknown"; /* a drain of all lists shows in the same way */
	} else {
		want = t->freed_lo;
		why = t->freed_lo != t->freed_hi ? "free_count_unknown" :
		      enough(b, want)		 ? NULL : "pcp_high_unknown";
	}
	report_bulk(s, c, m, cpu, &f, want, why);
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
	}
	b->nr++;
	p = mm_rule_smallest(m, &m->core.zone[zone], (unsigned int)order, (unsigned int)mt);
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

/* Is the block the last of its per-cpu list, apart from a batch that is still on its way there? */
static bool is_tail(const struct mm_machine *m, const struct page_ent *e)
{
	uint32_t run = mm_uncommitted(m, e->x >> 2);

	for (uint32_t p = e->a; p != MM_NIL;) {
		struct page_ent q = mm_ent(m, p);

		if ((q.x & 3) != PCP_FROM_FREE || q.since < run)
			return false;
		p = q.a;
	}
	return true;
}

/* One page of a drain: the tail of its list, which is left for the next one only when it is empty. */
static void drain_page(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_pcpu_drain_pfn], order = ev->v[SGF_mm_page_pcpu_drain_order];
	struct bulk *b = &s->bulk[ev->cpu];
	int zone = mm_zone_of(m, pfn);
	struct page_ent e;

	if (zone < 0 || order >= MM_NR_ORDERS)
		return;
	e = mm_ent(m, pfn);
	if (!b->open || b->kind != MM_CHECK_DRAIN || b->zone != (unsigned int)zone) {
		bulk_end(s, c, m, ev->cpu);
		bulk_begin(b, MM_CHECK_DRAIN, m, ev, (unsigned int)zone, pfn, (unsigned int)order,
			   (unsigned int)ev->v[SGF_mm_page_pcpu_drain_migratetype]);
	}
	b->last = 1u << order;
	b->nr += b->last;
	if (ent_state(&e) != PS_PCP || !(e.st & PE_LINK)) {
		b->sure = false;
		b->why = "pcp_list_unknown"; /* on it since before the trace */
	} else if (!is_tail(m, &e)) {
		if (b->pages_equal) {
			b->wrong_ours = e.a;
			b->wrong_kernel = pfn;
		}
		b->pages_equal = false;
	}
}

/* The counters follow what goes to and from the lists. */
static void tune(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
		 uint64_t pfn, uint64_t order, bool is_free)
{
	int zone = mm_zone_of(m, pfn);
	struct tuning *t;

	if (zone < 0 || order >= MM_NR_ORDERS || !mm_pcp_order(m, (unsigned int)order))
		return;
	t = tuning_of(s, c, m, (unsigned int)zone, ev->cpu);
	if (!t)
		return;
	if (is_free) {
		uint32_t max = t->batch << SCALE_MAX, n = 1u << order;

		t->factor_lo >>= 1;
		t->factor_hi >>= 1;
		if (t->freed_lo < max)
			t->freed_lo += n;
		if (t->freed_hi < max)
			t->freed_hi += n;
	} else {
		t->freed_lo >>= 1;
		t->freed_hi >>= 1;
	}
}

static void pcp_before(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct pcp_check *s = state;

	if (ev->cpu >= MAX_CPUS)
		return;
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
		bulk_end(s, c, m, ev->cpu);
	}
	if (ev->kind == SG_EV_mm_page_free)
		tune(s, c, m, ev, ev->v[SGF_mm_page_free_pfn], ev->v[SGF_mm_page_free_order], true);
	else if (ev->kind == SG_EV_mm_page_alloc)
		tune(s, c, m, ev, ev->v[SGF_mm_page_alloc_pfn], ev->v[SGF_mm_page_alloc_order], false);
}

static void pcp_finish(void *state, struct mm_check *c)
{
	struct pcp_check *s = state;

	for (unsigned int i = 0; i < MAX_CPUS; i++)
		if (s->bulk[i].open) {
			s->bulk[i].sure = false;
			s->bulk[i].why = "trace_ends";
			report_bulk(s, c, NULL, i, &(struct bulk_facts){ 0 }, 0, "trace_ends");
		}
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
