// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the per-cpu lists: how many pages refill a list and which (refill), which pages leave and how many
 * (drain).
 *
 * How many depends on counters that tune themselves (since 6.7), followed in check/pick/pcp_size.c.  What is open
 * there is tried with both extremes; only when all agree is there an answer.  A drain has one of two causes: the
 * free right before it, which gives back what its rule says in pieces, or somebody who empties all lists.
 */
#include <stdlib.h>
#include <string.h>

#include "check/pick/loose.h"
#include "observe/observe.h"
#include "check/hooks.h"
#include "check/pick/pcp.h"
#include "rules/cma.h"
#include "rules/kswapd.h"
#include "rules/rmqueue.h"
#include "rules/pcp_size.h"
#include "sg_mem.h"
#include "machine/guesses.h"

/* The number is open when the lists may be switched off. */
static const char *maybe_off(const struct mm_machine *m, unsigned int zone, const char *why)
{
	bool maybe = false;

	if (!why && m && m->obs->nr_isolations)
		mm_isolation_pcp_off(m, zone, &maybe);
	return maybe ? "pcp_off_unknown" : why;
}

uint32_t mm_pcp_pages_on(const struct mm_machine *m, unsigned int zone, unsigned int cpu, uint32_t event)
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

/* Every array that @s keeps by CPU: where its pointer is, and the bytes of one element. */
#define BY_CPU(s)                                                                                                      \
	{ { (void **)&(s)->bulk, sizeof(*(s)->bulk) }, { (void **)&(s)->frees, sizeof(*(s)->frees) },                     \
	  { (void **)&(s)->watched, sizeof(*(s)->watched) }, { (void **)&(s)->arrived, sizeof(*(s)->arrived) },           \
	  { (void **)&(s)->by_other, sizeof(*(s)->by_other) }, { (void **)&(s)->arriving, sizeof(*(s)->arriving) },       \
	  { (void **)&(s)->past, sizeof(*(s)->past) }, { (void **)&(s)->draining, sizeof(*(s)->draining) } }
struct by_cpu {
	void **at;
	size_t each;
};
#define NR_BY_CPU 8

static void pcp_init(void *state, struct mm_check *c)
{
	struct pcp_check *s = state;
	struct by_cpu part[NR_BY_CPU] = BY_CPU(s);
	uint64_t nr = (uint64_t)mm_check_zones(c) * mm_check_cpus(c);
	struct sg_limits *limits = mm_check_config(c)->limits;
	bool ok = true;

	s->nr_cpus = mm_check_cpus(c);
	for (unsigned int i = 0; i < NR_BY_CPU; i++) {
		*part[i].at = sg_calloc(s->nr_cpus, part[i].each);
		ok &= *part[i].at != NULL;
	}
	if (!ok)
		s->nr_cpus = 0;
	if (nr > MAX_TUNED && limits)
		sg_limits_add(limits, SG_LIMIT_CAP_HIT, 0, 0, NULL,
			      "%llu per-cpu page sets are more than the %u whose batch can be followed: refills and drains are undecided",
			      (unsigned long long)nr, MAX_TUNED);
	s->nr_tuned = ok && nr <= MAX_TUNED ? (unsigned int)nr : 0;
	s->tuned = sg_calloc(s->nr_tuned ? s->nr_tuned : 1, sizeof(*s->tuned));
}

static void pcp_fini(void *state)
{
	struct pcp_check *s = state;
	struct by_cpu part[NR_BY_CPU] = BY_CPU(s);

	for (unsigned int i = 0; i < NR_BY_CPU; i++)
		free(*part[i].at);
	free(s->tuned);
}

static bool pcp_copy(void *to, const void *from, uint64_t *bytes)
{
	struct pcp_check *f = (struct pcp_check *)from, *t = to;
	struct by_cpu part[NR_BY_CPU] = BY_CPU(t), old[NR_BY_CPU] = BY_CPU(f);
	bool ok = true;

	for (unsigned int i = 0; i < NR_BY_CPU; i++)
		ok &= mm_check_copied(part[i].at, *old[i].at, f->nr_cpus * part[i].each, bytes);
	t->tuned = NULL;
	if (f->tuned)
		ok &= mm_check_copied((void **)&t->tuned, f->tuned, (f->nr_tuned ? f->nr_tuned : 1) * sizeof(*f->tuned), bytes);
	return ok;
}

/*
 * @event emptied the lists of @cpu: since which event must a page have been freed to lie there?  Those of a batch that
 * wait for its second half come later.
 */
static uint32_t emptied_at(const struct pcp_check *s, const struct mm_machine *m, unsigned int cpu, uint64_t event)
{
	uint32_t at = (uint32_t)event;

	for (unsigned int i = 0; m && cpu < s->nr_cpus && i < s->frees[cpu].nr; i++) {
		struct page_ent e = mm_ent(m, s->frees[cpu].page[i].pfn);

		if (ent_state(&e) == PS_PCP && e.since < at)
			at = e.since;
	}
	return at;
}

/* Is another CPU emptying @cpu's lists in @zone, as far as its events tell? */
static bool emptied_by_other(struct pcp_check *s, unsigned int zone, unsigned int cpu)
{
	uint32_t at = 0;

	for (int i; s->nr_drains && (i = mm_pcp_next_drain(s, &at)) >= 0;)
		if ((unsigned int)i != cpu && s->bulk[i].set_cpu == cpu && s->bulk[i].zone == zone)
			return true;
	return false;
}

/*
 * Are the lists that drain @b emptied those of @set_cpu?  Whose pages that nobody knew came from is a guess until one that
 * is known follows.  It was wrong where the machine has others on the lists: these would have gone with them.
 */
static bool right_set(const struct bulk *b)
{
	return !b->either && (b->known || b->by_free || b->count == 0);
}

/* Has @z nothing left for a refill of type @mt, so that it would have to fall back?  @why: what leaves that open. */
static bool nothing_left(const struct mm_machine *m, const struct zone_state *z, unsigned int order, unsigned int mt,
			 const char **why)
{
	struct mm_pick p;

	if (mm_rule_smallest(m, z, order, mt).known != MM_KNOWN_NO)
		return false;
	if (mt == MM_MT_MOVABLE && mm_rule_has_cma(m, z) &&
	    mm_rule_smallest(m, z, order, (unsigned int)m->cap->mt_cma).known != MM_KNOWN_NO)
		return false;
	p = mt == MM_MT_MOVABLE ? mm_rule_movable(m, z, order, MM_KNOWN_NO, 0) : mm_rule_smallest_known(m, z, order, mt);
	*why = p.why;
	return p.known == MM_KNOWN_NO;
}

/* Has refill @b, which has taken other types' blocks, more of them to take? */
static bool others_left(const struct mm_check *c, const struct mm_machine *m, const struct bulk *b)
{
	return mm_rule_fallback(m, &m->core.zone[b->zone], mm_check_facts(c), b->order, b->mt, false, b->stealing).known !=
	       MM_KNOWN_NO;
}

static void bulk_end(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, unsigned int cpu)
{
	struct bulk *b = &s->bulk[cpu];
	struct mm_tuned tuned = { .why = "pcp_batch_unknown" };
	struct bulk_facts f = { 0 };
	struct mm_tuning *t;
	bool few;

	if (!b->open)
		return;
	b->open = false;
	s->nr_drains -= b->kind == MM_CHECK_DRAIN;
	t = mm_pcp_tuning_of(s, c, m, b->zone, b->set_cpu);
	if (t)
		f = (struct bulk_facts){ t->batch, t->factor_lo, t->factor_hi, t->freed_lo, t->freed_hi };
	if (b->kind == MM_CHECK_DRAIN) {
		tuned = b->tuned;
		/* how many a free gives back, and of which lists, is decided otherwise there: before free_factor, 5.14 */
		if (b->by_free && !mm_has(m->facts, PCP_ORDERS)) {
			b->sure = false;
			b->why = "rules_unknown";
		}
		tuned.why = maybe_off(m, b->zone, tuned.why);
		if (b->disturbed)
			tuned.why = "lock_order_unknown";
		if (t && b->by_free)
			mm_tuning_drained(t, mm_check_facts(c), b->freed_order, b->count, b->active, b->nr, b->last);
		if (t && b->by_free && !b->paused && !b->disturbed && !b->moved && !b->large && b->freed_order == 0)
			mm_tuning_gave(t, mm_check_facts(c), b->nr);
		/* it stops short of what it was to give when there is nothing left */
		if (t && b->by_free && !b->paused && !b->tuned.why && b->left > 0) {
			t->emptied_else = t->emptied;
			t->emptied = emptied_at(s, m, b->set_cpu, b->event);
			t->emptied_guess = true;
		}
		if (t && !b->by_free && !b->trimmed && right_set(b) && b->nr >= b->count)
			t->unseen = 0; /* all went */
		if (t && b->by_free && b->tuned.why && !b->paused && !b->disturbed && b->nr == b->count &&
		    b->nr < b->tuned.least)
			t->unseen = 0; /* more would have gone, had they been there */
		if (t && !b->by_free && !b->trimmed && right_set(b)) {
			t->emptied = (uint32_t)b->again; /* a free that came meanwhile found the lock taken */
			t->emptied_guess = false;
		}
		few = m && !b->paused && b->nr < b->count && !tuned.why && !mm_pcp_enough(b, tuned.want) &&
		      mm_pcp_left_more(m, b, 0);
		if (b->by_free && f.batch == 0) {
			few = b->sure = false; /* undecided, see below */
		} else if (b->strays >= MM_GUESS(STRAYS) && m && b->strays >= mm_pcp_strays(s, m, b) + MM_GUESS(STRAYS)) {
			few = b->sure = false;
			b->why = "page_in_flight";
		}
		if (few || (m && b->nr_passed && b->sure && b->pages_equal)) {
			b->tuned.why = tuned.why;
			mm_pcp_hold(s, c, m, b, cpu, &f, few);
			return;
		}
	} else if (t) {
		const char *left_why = NULL;
		bool none = b->ran_out || nothing_left(m, &m->core.zone[b->zone], b->order, b->mt, &left_why);

		/*
		 * A refill is of two blocks at least, if there are.  A single one was taken past the lists: rmqueue_buddy(), as
		 * their lock was in other hands.  Where no event tells whose, that remains open: a task may hold it between two
		 * of its events.
		 */
		if (b->nr == 1 && t->batch > 1 &&
		    mm_rule_smallest_known(m, &m->core.zone[b->zone], b->order, b->mt).known == MM_KNOWN_YES) {
			s->past[cpu] = b->first_pfn + 1;
			if (b->locked || emptied_by_other(s, b->zone, cpu)) {
				b->past_lists = true;
				mm_pcp_report(c, m, b, cpu, &f, 1, NULL);
				return;
			}
			if (b->sure && b->pages_equal) {
				mm_pcp_report(c, m, b, cpu, &f, 1, "pcp_lock_unknown");
				return;
			}
		}

		if (b->asked_before)
			mm_tuning_maybe_asked(t, mm_check_facts(c), b->order);
		tuned = mm_tuning_refill(t, mm_check_facts(c), b->order, b->count, b->nr,
					 none && (!b->ran_out || !others_left(c, m, b)));
		tuned.why = maybe_off(m, b->zone, tuned.why);
		if (!tuned.why && b->nr < tuned.want)
			tuned.why = left_why;
		if (!tuned.why && none && (b->ran_out || b->nr < tuned.want))
			tuned.why = "fallback_allowed_unknown"; /* ALLOC_NOFRAGMENT isn't in the trace */
	}
	if (b->kind == MM_CHECK_REFILL && b->sure && b->risk >= MM_LOOSE_MOST && (b->pages_equal || b->wrong_at_risk)) {
		b->sure = false;
		b->why = "list_rotated";
	}
	if ((b->kind == MM_CHECK_REFILL || b->by_free) && f.batch == 0) {
		/* without the batch none could come out as equal, so to count those that differ would be no measure */
		b->sure = false;
		b->why = "pcp_batch_unknown";
	}
	/* last, so that what is made out of the machine rests on the kernel's own rule */
	if (t && b->kind == MM_CHECK_REFILL)
		mm_check_ask_pcp(c, false, b->zone, cpu, b->order, b->mt, b->count, t, &tuned);
	mm_pcp_report(c, m, b, cpu, &f, tuned.want, tuned.why);
}

static void bulk_begin(struct bulk *b, enum mm_check_kind kind, const struct mm_machine *m, const struct sg_event *ev,
		       unsigned int zone, uint64_t pfn, unsigned int order, unsigned int mt)
{
	*b = (struct bulk){ .kind = kind, .open = true, .sure = true, .pages_equal = true, .zone = zone, .order = order,
			    .mt = mt, .event = mm_position(m) + 1, .ts = ev->ts, .first_pfn = pfn, .pid = ev->pid,
			    .again = mm_position(m) + 1 };
}

/*
 * Did another CPU empty @cpu's lists in @zone since the last event there?  Then what @cpu does now may have begun meanwhile:
 * whoever finds the lists locked goes to the zone at once, and waits for its lock.
 */
static bool was_emptied(const struct pcp_check *s, const struct mm_machine *m, unsigned int zone, unsigned int cpu)
{
	return cpu < s->nr_cpus && cpu < m->nr_base && s->by_other[cpu].zone == zone &&
	       s->by_other[cpu].at > m->obs->base[cpu].event;
}

/* A page of it can't be told.  Where one before it was another than predicted, that remains so. */
static void not_sure(struct bulk *b, const char *why)
{
	if (!b->pages_equal)
		return;
	b->sure = false;
	b->why = why;
}

/*
 * The block that a refill of the list of @mt takes next from the zone's lists of that type, or from CMA pageblocks;
 * MM_KNOWN_NO: it has to fall back.  @pfn: what the kernel took
 */
static struct mm_pick refill_pick(const struct mm_check *c, const struct mm_machine *m, const struct bulk *b,
				  unsigned int order, unsigned int mt, uint64_t pfn)
{
	const struct zone_state *z = &m->core.zone[b->zone];

	if (mt != MM_MT_MOVABLE || !mm_rule_has_cma(m, z))
		return mm_rule_smallest_known(m, z, order, mt);
	return mm_rule_movable(m, z, order,
			       mm_rule_cma_first(m, z, !mm_has(mm_check_facts(c), HYGIENE) ? (b->nr - 1) << order : 0), pfn);
}

/*
 * May a request to @zone look for blocks of its own type everywhere before it takes another type's?
 * Source: mm/page_alloc.c: alloc_flags_nofragment(), 6.1 to 7.3
 */
static bool fallbacks_wait(const struct mm_check *c, const struct mm_machine *m, unsigned int zone)
{
	const struct mm_policy *p = mm_check_policy(c);

	if (mm_has(p->facts, DEFRAG) && (p->tune[MM_TUNE_DEFRAG_MODE] || !mm_policy_told(p, MM_TUNE_DEFRAG_MODE)))
		return true;
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (m->core.zone[i].node == m->core.zone[zone].node && strcmp(m->core.zone[i].name, "Normal") == 0)
			return true;
	return false;
}

/*
 * 6.1 moves the block to the lists of the type that asks, and takes it from there: when a refill begins so, its request may have
 * asked in vain before, with ALLOC_NOFRAGMENT.  Source: mm/page_alloc.c: get_page_from_freelist(), __rmqueue_fallback(), v6.1
 */
static void falls_back_first(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t order = ev->v[SGF_mm_page_alloc_extfrag_alloc_order], mt = ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype];
	int zone = mm_zone_index(m, ev->v[SGF_mm_page_alloc_extfrag_pfn]);
	const struct bulk *b = &s->bulk[ev->cpu];
	struct mm_tuning *t;

	if (zone < 0 || order >= m->nr_orders || mt >= MM_NR_PCPTYPES || !mm_pcp_order(m, (unsigned int)order) ||
	    ev->v[SGF_mm_page_alloc_extfrag_fallback_order] >= m->pb_order || !fallbacks_wait(c, m, (unsigned int)zone) ||
	    (b->open && b->kind == MM_CHECK_REFILL && b->zone == (unsigned int)zone && b->order == order && b->mt == mt))
		return;
	bulk_end(s, c, m, ev->cpu);
	if (!in_irq(ev) && s->frees[ev->cpu].nr && s->frees[ev->cpu].pid == ev->pid)
		mm_pcp_flush_frees(s, c, m, ev->cpu, s->frees[ev->cpu].nr);
	t = mm_pcp_tuning_of(s, c, m, (unsigned int)zone, ev->cpu);
	if (t)
		mm_tuning_maybe_asked(t, mm_check_facts(c), (unsigned int)order);
	mm_pcp_others_asked(s, c, m, ev->cpu, (unsigned int)zone, (unsigned int)order, (unsigned int)mt);
}

/*
 * One page of a refill, of the zone's lists or by a fallback.  Pages of CMA pageblocks go onto the list of MOVABLE ones,
 * among those of its own: one bulk may take of both.
 */
static void refill_page(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			uint64_t pfn, uint64_t order, uint64_t mt, bool steal)
{
	struct bulk *b = &s->bulk[ev->cpu];
	int zone = mm_zone_index(m, pfn);
	struct mm_pick p;
	uint32_t risk;

	if (zone >= 0 && m->cap->mt_cma >= MM_NR_PCPTYPES && (int64_t)mt == m->cap->mt_cma)
		mt = MM_MT_MOVABLE;
	if (zone < 0 || order >= m->nr_orders || mt >= MM_NR_PCPTYPES)
		return;
	if (!b->open || b->kind != MM_CHECK_REFILL || b->zone != (unsigned int)zone || b->order != order || b->mt != mt) {
		bulk_end(s, c, m, ev->cpu);
		/* a task that asks for pages has done with its frees */
		if (!in_irq(ev) && s->frees[ev->cpu].nr && s->frees[ev->cpu].pid == ev->pid)
			mm_pcp_flush_frees(s, c, m, ev->cpu, s->frees[ev->cpu].nr);
		bulk_begin(b, MM_CHECK_REFILL, m, ev, (unsigned int)zone, pfn, (unsigned int)order, (unsigned int)mt);
		b->set_cpu = ev->cpu;
		b->count = mm_pcp_pages_on(m, (unsigned int)zone, ev->cpu, 0);
		/* with defrag_mode a request that reclaims may have found nothing of its type before drain_all_pages() */
		b->asked_before = mm_has(mm_check_facts(c), DEFRAG) && mm_check_policy(c)->tune[MM_TUNE_DEFRAG_MODE] &&
				  ev->cpu < m->nr_base && m->obs->base[ev->cpu].kind == SG_EV_mm_page_pcpu_drain &&
				  m->obs->base[ev->cpu].pid == ev->pid && mm_pcp_is_stalled(s, ev->pid);
	}
	b->nr++;
	b->locked |= emptied_by_other(s, (unsigned int)zone, ev->cpu) || was_emptied(s, m, (unsigned int)zone, ev->cpu);
	p = refill_pick(c, m, b, (unsigned int)order, (unsigned int)mt, pfn);
	b->ran_out |= p.known == MM_KNOWN_NO;
	if (p.known == MM_KNOWN_NO) {
		p = mm_rule_fallback(m, &m->core.zone[zone], mm_check_facts(c), (unsigned int)order, (unsigned int)mt, false,
				     b->stealing);
		if (b->nr == 1 && p.order < m->pb_order && fallbacks_wait(c, m, (unsigned int)zone)) {
			b->asked_before = true;
			mm_pcp_others_asked(s, c, m, ev->cpu, (unsigned int)zone, (unsigned int)order, (unsigned int)mt);
		}
	}
	b->stealing = steal;
	risk = mm_loose_risk(mm_check_loose(c), m, (unsigned int)zone, &p);
	b->risk += risk;
	if (p.known == MM_KNOWN_MAYBE) {
		not_sure(b, p.why);
	} else if (p.known == MM_KNOWN_NO || p.pfn != pfn) {
		if (b->pages_equal) {
			b->wrong_ours = p.pfn;
			b->wrong_kernel = pfn;
			b->wrong_at_risk = risk > 0;
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

/* The block at @pfn lies behind one that drain @b took: was it taken before? */
static void pass_by(struct bulk *b, uint64_t pfn, uint64_t taken)
{
	if (b->pages_equal && b->nr_passed == 0) {
		b->wrong_ours = pfn;
		b->wrong_kernel = taken;
	}
	if (b->nr_passed < MAX_PASSED)
		b->passed[b->nr_passed++] = (uint32_t)pfn;
	else
		b->pages_equal = false;
}

/*
 * Is the block at @pfn (entry @e), of a pageblock of type @mt, the last of its per-cpu list for drain @b, apart from a batch
 * that is still on its way there?  Those behind it are noted.  MM_KNOWN_MAYBE where a block of unknown type may come after it, unless the lists were
 * emptied since that was freed.  A block whose pageblock wasn't known at its free lies on the MOVABLE list; on its own it
 * comes after those that were put there later.
 */
static enum mm_known is_tail(const struct mm_machine *m, struct bulk *b, uint64_t pfn, const struct page_ent *e, unsigned int mt)
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
			pass_by(b, i, pfn);
		i = q.a;
	}
	return known;
}

/* Pages on @cpu's lists of @zone as far as the machine knows, without those that haven't reached them yet. */
static uint32_t count_on(const struct pcp_check *s, const struct mm_machine *m, const struct mm_tuning *t, unsigned int zone,
			 unsigned int cpu)
{
	uint32_t since = t ? t->emptied : 0, n = mm_pcp_pages_on(m, zone, cpu, since);
	uint32_t wait = cpu < s->nr_cpus ? mm_pcp_waiting(s, m, zone, cpu, since) : 0;

	return (n > wait ? n - wait : 0) + mm_pcp_come(s, m, zone, cpu, since);
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

/*
 * Does @ev's task lower its own CPU's pcp->high, and give back what lies above it?  The worker that folds the counters does,
 * once a second; one that reclaims or compacts empties the lists for its own request.
 * Source: mm/vmstat.c: refresh_cpu_vm_stats(), mm/page_alloc.c: decay_pcp_high(), 6.12 to 7.3
 */
static bool trims(const struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	const char *comm = sg_capture_comm(m->cap, ev->pid);

	if (!mm_has(mm_check_facts(c), PCP_AUTO) || !comm || strncmp(comm, "kworker/", 8) != 0 || in_irq(ev))
		return false;
	for (unsigned int i = 0; i < m->obs->nr_ctx; i++)
		if (m->obs->ctx[i].pid == ev->pid && (m->obs->ctx[i].in_reclaim || m->obs->ctx[i].in_compact))
			return false;
	return true;
}

/* A drain begins: why, and how many pages will go?  @first: its first page, if it is known; NULL otherwise. */
static void drain_begin(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			unsigned int set_cpu, const struct page_ent *first)
{
	struct bulk *b = &s->bulk[ev->cpu];
	struct frees *f = &s->frees[ev->cpu];
	struct mm_tuning *t;
	int nid = m->core.zone[b->zone].node;
	struct task_free last;

	if (!in_irq(ev) && !f->batch)
		mm_pcp_flush_frees(s, c, m, ev->cpu, f->nr);
	last = f->task;
	t = mm_pcp_tuning_of(s, c, m, b->zone, set_cpu);
	b->set_cpu = set_cpu;
	b->irq = in_irq(ev);
	b->arriving = ev->pid && s->arriving[ev->cpu] == ev->pid;
	if (t && t->emptied_guess && first && first->since < t->emptied &&
	    !mm_pcp_came_late(s, b->first_pfn, first)) {
		t->emptied = t->emptied_else; /* here is one that would have gone: the lock was lost */
		t->emptied_guess = false;
	}
	b->count = count_on(s, m, t, b->zone, set_cpu);
	b->from = t ? t->emptied : 0;
	if (b->irq)
		last = (struct task_free){ .kind = f->last_irq ? f->last_kind : 0, .order = f->last_order, .zone = f->last_zone };
	b->by_free = last.zone == b->zone &&
		     (last.kind == SG_EV_mm_page_free || last.kind == SG_EV_mm_page_free_batched);
	if (b->by_free && set_cpu != ev->cpu) { /* either the page lies elsewhere or somebody empties that CPU's lists */
		b->by_free = false;
		b->either = true;
		not_sure(b, "pcp_list_unknown");
	}
	b->strays = mm_pcp_strays(s, m, b);
	b->tuned = (struct mm_tuned){ .why = "pcp_batch_unknown" };
	if (!t)
		return;
	if (b->by_free) {
		b->active = nid < 0 || nid >= MM_MAX_NODES ||
			    (!s->slept[nid] && !mm_kswapd_hopeless((int)m->core.node[nid].kswapd_failures));
		b->freed_order = last.order;
		b->tuned = mm_tuning_drain(t, mm_check_facts(c), b->freed_order, b->count, b->active);
		if (!b->tuned.why && b->tuned.want == 0 && t->emptied_guess) {
			/* it wasn't empty: the drain before had lost the lock between two pieces */
			t->emptied = t->emptied_else;
			t->emptied_guess = false;
			b->count = count_on(s, m, t, b->zone, set_cpu);
			b->from = t->emptied;
			b->tuned = mm_tuning_drain(t, mm_check_facts(c), b->freed_order, b->count, b->active);
		}
		if (!b->tuned.why && b->tuned.want == 0 && b->count < t->high_min) /* there must be more than we know */
			t->unseen = t->high_min - b->count;
		mm_check_ask_pcp(c, true, b->zone, set_cpu, b->freed_order, first ? ent_mt(first) : MM_MT_UNKNOWN, b->count, t,
				 &b->tuned);
		b->left = b->tuned.want;
		b->piece_left = b->tuned.piece < b->tuned.want ? b->tuned.piece : b->tuned.want;
		return;
	}
	if (set_cpu == ev->cpu && trims(c, m, ev)) {
		b->trimmed = true;
		b->tuned = (struct mm_tuned){ .want = b->count, .why = "pcp_high_unknown" };
		return;
	}
	/* all lists of the set are emptied: drain_pages_zone() */
	if (!b->either && set_cpu < s->nr_cpus && set_cpu != ev->cpu && s->bulk[set_cpu].zone == b->zone)
		s->bulk[set_cpu].disturbed = true;
	b->tuned = (struct mm_tuned){ .want = b->count, .why = t->unseen ? "pcp_list_unknown" : NULL };
}

/* The block counts against the pieces in which a free gives pages back. */
static void drain_count(struct bulk *b, unsigned int pages)
{
	if (b->left <= 0)
		b->too_many = true;
	b->large |= pages > 1;
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
	mm_pcp_drain_opens(s, cpu);
	s->bulk[cpu].moved = moved;
	if (!s->bulk[cpu].by_free)
		s->bulk[cpu].paused = false; /* it had come to its end */
	bulk_end(s, c, m, cpu);
	s->bulk[cpu] = now;
}

/* One page of a drain: the tail of its list, which is left for the next one only when it is empty. */
static void drain_page(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_pcpu_drain_pfn], order = ev->v[SGF_mm_page_pcpu_drain_order];
	struct bulk *b = &s->bulk[ev->cpu];
	int zone = mm_zone_index(m, pfn);
	unsigned int set_cpu, mt;
	struct page_ent e;
	struct bulk *p;
	bool known;

	if (zone < 0 || order >= m->nr_orders)
		return;
	mt = (unsigned int)ev->v[SGF_mm_page_pcpu_drain_migratetype] & 15;
	e = mm_ent(m, pfn);
	known = ent_state(&e) == PS_PCP && (e.st & PE_LINK);
	set_cpu = known ? e.x >> 2 : b->open && b->kind == MM_CHECK_DRAIN ? b->set_cpu : ev->cpu;
	p = s->nr_paused && !in_irq(ev) ? paused_of(s, ev->pid) : NULL;
	if (p && (p->by_free ? p->set_cpu != ev->cpu : p->zone != (unsigned int)zone || p->set_cpu != set_cpu)) {
		resume_end(s, c, m, p, p->by_free);
	} else if (p) {
		bulk_end(s, c, m, ev->cpu);
		*b = unpause(s, p);
		s->nr_drains++;
		mm_pcp_drain_opens(s, ev->cpu);
		b->paused = false;
		b->again = mm_position(m) + 1;
		/* others went to the lists meanwhile */
		b->count = b->nr + count_on(s, m, mm_pcp_tuning_of(s, c, m, b->zone, b->set_cpu), b->zone, b->set_cpu);
		if (!b->by_free)
			b->tuned.want = b->count;
	}
	if (!b->open || b->kind != MM_CHECK_DRAIN || b->zone != (unsigned int)zone || b->set_cpu != set_cpu ||
	    b->irq != in_irq(ev) || (!b->irq && b->pid != ev->pid)) {
		bulk_end(s, c, m, ev->cpu);
		bulk_begin(b, MM_CHECK_DRAIN, m, ev, (unsigned int)zone, pfn, (unsigned int)order,
			   (unsigned int)ev->v[SGF_mm_page_pcpu_drain_migratetype]);
		s->nr_drains++;
		mm_pcp_drain_opens(s, ev->cpu);
		drain_begin(s, c, m, ev, set_cpu, known ? &e : NULL);
	}
	b->known |= known;
	b->last = 1u << order;
	b->nr += b->last;
	drain_count(b, b->last);
	if (set_cpu != ev->cpu && set_cpu < s->nr_cpus) {
		s->by_other[set_cpu].at = mm_position(m) + 1;
		s->by_other[set_cpu].zone = b->zone;
	}
	if (!b->by_free && set_cpu < s->nr_cpus && s->frees[set_cpu].nr && mm_pcp_was_waiting(&s->frees[set_cpu], pfn))
		b->tuned.want += b->last; /* it had reached the list all the same */
	if (!known) {
		struct mm_tuning *t = mm_pcp_tuning_of(s, c, m, b->zone, b->set_cpu);

		not_sure(b, "pcp_list_unknown"); /* on it since before the trace */
		if (t)
			t->unseen -= b->last < t->unseen ? b->last : t->unseen;
	} else if (is_tail(m, b, pfn, &e, mt) == MM_KNOWN_MAYBE) {
		not_sure(b, "block_unknown");
	}
}

/*
 * May drain @b go on when its task runs again?  A free may while it has pages left to give back, or when their number isn't
 * known.  Who empties the lists gives up their lock after every 32 batches.
 * Source: mm/page_alloc.c: drain_pages_zone(), 6.12 to 7.3
 */
static bool has_more(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m, const struct bulk *b)
{
	const struct mm_tuning *t = mm_pcp_tuning_of(s, c, m, b->zone, b->set_cpu);

	if (b->by_free)
		return b->left > 0 || b->tuned.why;
	if (b->trimmed || !t || !mm_has(mm_check_facts(c), PCP_AUTO) || b->nr >= b->count)
		return false;
	return t->batch == 0 || b->nr % (t->batch << MM_PCP_SCALE_MAX) < b->last;
}

/* A drain that has pages left to give back, or may have, and the CPU has gone over to another task: it will go on later. */
static void pause_drain(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct bulk *b = &s->bulk[ev->cpu];

	if (!b->open || b->kind != MM_CHECK_DRAIN || b->irq || b->pid == ev->pid || !has_more(s, c, m, b))
		return;
	b->paused = true;
	if (s->nr_paused == MAX_PAUSED)
		return;
	s->paused[s->nr_paused++] = *b;
	s->nr_drains--;
	b->open = false;
}

/* Did the CPU of @ev, a fallback, take its page in the event right before?  The observer goes by the same. */
static bool taken_just_now(const struct mm_machine *m, const struct sg_event *ev)
{
	return m->obs->last_take_pfn == ev->v[SGF_mm_page_alloc_extfrag_pfn] && m->obs->last_take_cpu == ev->cpu &&
	       m->obs->last_take_event + 8 > m->core.position + 1;
}

static void pcp_before(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct pcp_check *s = state;
	struct bulk *p;

	if (ev->cpu >= s->nr_cpus)
		return;
	mm_pcp_arriving(s, m, ev);
	if (s->nr_held || s->nr_drains || s->nr_paused)
		mm_pcp_watch(s, c, m, ev);
	mm_pcp_pause_frees(s, c, m, ev); /* an interrupt's event tells the task as well */
	if (!in_irq(ev)) {
		mm_pcp_leave(s, ev);
		if (s->nr_late)
			mm_pcp_late_arrive(s, c, m, ev->cpu, ev->pid);
		if (s->nr_rest)
			mm_pcp_resume_frees(s, ev);
		p = s->nr_paused && ev->kind != SG_EV_mm_page_pcpu_drain ? paused_of(s, ev->pid) : NULL;
		if (p)
			resume_end(s, c, m, p, p->by_free && p->set_cpu != ev->cpu);
		pause_drain(s, c, m, ev);
	}
	switch (ev->kind) {
	case SG_EV_mm_page_alloc_zone_locked:
		if (mm_event_refills(m, ev))
			refill_page(s, c, m, ev, ev->v[SGF_mm_page_alloc_zone_locked_pfn],
				    ev->v[SGF_mm_page_alloc_zone_locked_order],
				    ev->v[SGF_mm_page_alloc_zone_locked_migratetype], false);
		return;
	case SG_EV_mm_page_alloc_extfrag:
		if (!m->hygiene)
			falls_back_first(s, c, m, ev);
		/* the second half of a claim was counted with the first */
		if (!taken_just_now(m, ev) && m->hygiene &&
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
		/* an interrupt between two pieces of a drain doesn't end it */
		if (!(in_irq(ev) && s->bulk[ev->cpu].kind == MM_CHECK_DRAIN && !s->bulk[ev->cpu].irq))
			bulk_end(s, c, m, ev->cpu);
	}
	if (ev->kind == SG_EV_mm_page_free)
		mm_pcp_on_free(s, c, m, ev);
	else if (ev->kind == SG_EV_mm_page_free_batched)
		mm_pcp_on_batched(s, c, m, ev);
	else if (!in_irq(ev) && s->frees[ev->cpu].nr)
		mm_pcp_flush_frees(s, c, m, ev->cpu, s->frees[ev->cpu].nr);
	if (ev->kind == SG_EV_mm_page_alloc)
		mm_pcp_on_alloc(s, c, m, ev);
	else
		mm_pcp_on_stall(s, c, m, ev);
	s->frees[ev->cpu].last_kind = (uint8_t)ev->kind;
	s->frees[ev->cpu].last_irq = in_irq(ev);
	if (!in_irq(ev)) {
		s->frees[ev->cpu].task.pid = ev->pid;
		s->frees[ev->cpu].task.kind = (uint8_t)ev->kind;
	}
}

static void pcp_finish(void *state, struct mm_check *c)
{
	struct pcp_check *s = state;

	for (unsigned int i = 0; i < s->nr_cpus; i++)
		if (s->bulk[i].open)
			mm_pcp_report(c, NULL, &s->bulk[i], i, &(struct bulk_facts){ 0 }, 0, "trace_ends");
	mm_pcp_hold_end(s, c);
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
