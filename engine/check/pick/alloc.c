// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks what leaves the buddy lists: which page (pick), from which other type's block (fallback),
 * and whether blocks are merged as the kernel's (merge).
 *
 * A claim below pageblock order shows as mm_page_alloc_zone_locked and then mm_page_alloc_extfrag of the
 * same page; the fallback is predicted at the first and compared at the second.
 */
#include "check/check.h"
#include "observe/observe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/hooks.h"
#include "check/pick/flight.h"
#include "check/pick/loose.h"
#include "say/words.h"
#include "sg_mem.h"

struct alloc_state {
	/* per CPU: the claim that zone_locked began and extfrag will confirm */
	struct pending {
		uint64_t pfn;
		struct mm_pick claim;
		bool open;
		bool stealing; /* the running bulk stole its last page */
	} *pending;
	unsigned int nr_cpus;
	/* the claims that were looked at last, and for which page: a claim shows in two events */
	struct mm_claim_tries tries;
	uint64_t tries_pfn;
	struct mm_flights flights;
};

static const char *mt_name(const struct mm_machine *m, unsigned int mt)
{
	return mt < m->cap->nr_migratetypes ? m->cap->migratetype[mt] : "unknown type";
}

/* The search met a list that may have blocks which the model doesn't have there: what it would have taken has no name. */
static bool list_unknown(const struct mm_pick *p)
{
	return p->known == MM_KNOWN_MAYBE && p->why &&
	       (strcmp(p->why, "list_unknown") == 0 || strcmp(p->why, "free_type_unknown") == 0);
}

static void say_pick(const struct mm_machine *m, const struct mm_pick *p, char *buf, size_t size)
{
	if (p->known == MM_KNOWN_NO)
		snprintf(buf, size, "no page");
	else if (list_unknown(p))
		snprintf(buf, size, "a block that the known lists don't tell");
	else if (p->known == MM_KNOWN_MAYBE)
		snprintf(buf, size, "a block from the %s list of order %u%s", mt_name(m, p->mt), p->order,
			 p->claim ? ", claiming its pageblock" : "");
	else
		snprintf(buf, size, "pfn 0x%" PRIx64 " from the %s list of order %u%s", mm_out(m, p->pfn), mt_name(m, p->mt), p->order,
			 p->claim ? ", claiming its pageblock" : "");
}

/* Where our model has the page that the kernel took. */
static void say_where(const struct mm_machine *m, uint64_t pfn, struct mm_text *t)
{
	struct page_ent e;
	uint64_t h;

	if (!mm_head_of(m, pfn, &h, &e)) {
		e = mm_ent(m, pfn);
		mm_text_add(t, " The kernel's page isn't free in the model");
		if (ent_state(&e) == PS_PCP && e.x >> 2 < m->nr_cpus)
			mm_text_add(t, ": it is on a per-cpu list of CPU %u, since event %u.", e.x >> 2, e.since);
		else if (ent_state(&e) == PS_PCP || ent_state(&e) == PS_ALLOC)
			mm_text_add(t, ": it is in use, since event %u.", e.since);
		else
			mm_text_add(t, ".");
		return;
	}
	if (h == pfn)
		mm_text_add(t, " The model has the kernel's page as a free block of order %u", ent_order(&e));
	else
		mm_text_add(t, " The model has the kernel's page inside the free block of order %u at pfn 0x%" PRIx64, ent_order(&e),
			    mm_out(m, h));
	if (ent_mt(&e) < m->cap->nr_migratetypes)
		mm_text_add(t, " on the %s list.", m->cap->migratetype[ent_mt(&e)]);
	else
		mm_text_add(t, "; on which list isn't known yet.");
}

static uint64_t blocks_of(const struct zone_state *z, const struct mm_pick *p)
{
	const struct free_list *l = &z->list[p->order % z->nr_orders][p->mt % MM_NR_MT];

	return p->known == MM_KNOWN_NO ? 0 : (uint64_t)l->nr_linked + l->nr_unplaced;
}

/* Why this block: which lists are empty, and which has it. */
static void pick_reason(const struct mm_machine *m, const struct zone_state *z, const struct mm_pick *p, uint64_t pfn,
			unsigned int order, unsigned int mt, enum mm_verdict verdict, struct mm_text *t)
{
	const char *type = mt_name(m, mt);
	char blocks[32];

	if (p->known == MM_KNOWN_NO) {
		mm_text_add(t, "In the model zone %s has no block of order %u or more, neither on the %s lists nor where a claim may"
			    " look.", z->name, order, type);
	} else if (p->mt != mt && !p->claim) {
		mm_text_add(t, "The %s lists of zone %s have no block of order %u or more, and no pageblock is claimed (the fallback"
			    " here says why). So the page is stolen: of the smallest block of another type, of order %u on the %s list;"
			    " its pageblock keeps its type.", type, z->name, order, p->order, mt_name(m, p->mt));
	} else if (p->mt != mt) {
		mm_text_add(t, "The %s lists of zone %s have no block of order %u or more. The largest block that a claim may take is of"
			    " order %u, on the %s list: its pageblock becomes %s, and the page comes out of it.", type, z->name,
			    order, p->order, mt_name(m, p->mt), type);
	} else {
		mm_text_add(t, "A%s %s request of order %u takes the first block of the smallest order that has one. In zone %s"
			    " that is order %u, with %s on its %s list", mt == MM_MT_UNMOVABLE ? "n" : "", type, order, z->name,
			    p->order,
			    mm_text_count(blocks, sizeof(blocks), (int64_t)blocks_of(z, p), "block"), type);
		if (p->order == order + 1)
			mm_text_add(t, "; order %u has none. The upper half of the block goes back to the list of order %u.", order,
				    order);
		else if (p->order > order)
			mm_text_add(t, "; orders %u%s%u have none. The upper halves of the block go back to the lists of these"
				    " orders.", order, p->order == order + 2 ? " and " : " to ", p->order - 1);
		else
			mm_text_add(t, ".");
	}
	if (verdict == MM_DIFFERS)
		say_where(m, pfn, t);
}

/* The function that @ours comes from, for a request of type @mt.  6.1 claims first, and picks from its own lists then. */
static const char *pick_rule(const struct mm_pick *ours, unsigned int mt)
{
	if (ours->known != MM_KNOWN_NO && ours->claim)
		return "mm/page_alloc.c: __rmqueue_claim()";
	if (ours->known != MM_KNOWN_NO && ours->mt != mt)
		return "mm/page_alloc.c: __rmqueue_steal()";
	return "mm/page_alloc.c: __rmqueue_smallest()";
}

/* A pick from a list that may well have another block first is none: see check/pick/loose.h. */
static struct mm_pick if_likely(struct mm_check *c, const struct mm_machine *m, uint64_t pfn, const struct mm_pick *p)
{
	struct mm_pick ret = *p;

	if (mm_loose_risk(mm_check_loose(c), m, (unsigned int)mm_zone_index(m, pfn), p) >= MM_LOOSE_MOST) {
		ret.known = MM_KNOWN_MAYBE;
		ret.why = "list_rotated";
	}
	return ret;
}

/* One pick: @ours against the pfn that the event names. */
static void report_pick(struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			const struct mm_pick *ours, uint64_t pfn, unsigned int order, unsigned int mt)
{
	char our_text[160], kernel[64], reason[480];
	const struct zone_state *z = &m->core.zone[mm_zone_index(m, pfn)]; /* usable() has looked */
	struct mm_decision d = {
		.kind = MM_CHECK_PICK, .event = mm_position(m) + 1, .ts = ev->ts, .pid = ev->pid,
		.rule = pick_rule(ours, mt), .ours = our_text, .kernel = kernel, .reason = reason,
		.verdict = ours->known == MM_KNOWN_MAYBE ? MM_UNDECIDED :
			   ours->known == MM_KNOWN_YES && ours->pfn == pfn ? MM_EQUAL : MM_DIFFERS,
		.why = ours->why ? ours->why : "list_order_unknown",
		.nr_numbers = 5,
		.number = { { "order", order }, { "migratetype", mt }, { "from_order", ours->order },
			    { "list_blocks", (int64_t)blocks_of(z, ours) }, { "zone", z->zone_type } },
	};

	our_text[0] = kernel[0] = reason[0] = '\0'; /* most decisions have no words */
	if (mm_check_wants_text(c)) {
		if (ours->known != MM_KNOWN_MAYBE)
			say_pick(m, ours, our_text, sizeof(our_text));
		snprintf(kernel, sizeof(kernel), "pfn 0x%" PRIx64, mm_out(m, pfn));
		pick_reason(m, z, ours, pfn, order, mt, d.verdict, &(struct mm_text){ reason, sizeof(reason), 0 });
	}
	mm_check_report(c, &d);
}

/*
 * Does the model have the block that the kernel takes from?  A pick inside one of our blocks shows that we
 * merged what the kernel did not; a pick larger than our block that it did not stay apart.
 */
static void report_merge(struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev, uint64_t pfn,
			 unsigned int order)
{
	char ours[96], kernel[96], reason[320];
	struct mm_text t = { reason, sizeof(reason), 0 };
	struct mm_decision d = {
		.kind = MM_CHECK_MERGE, .event = mm_position(m) + 1, .ts = ev->ts, .pid = ev->pid,
		.rule = "mm/page_alloc.c: __free_one_page()", .ours = ours, .kernel = kernel, .reason = reason,
		.nr_numbers = 1, .number = { { "order", order } },
	};
	struct page_ent e;
	uint64_t h = 0;
	bool have = mm_head_of(m, pfn, &h, &e);

	ours[0] = kernel[0] = reason[0] = '\0';
	if (!have) {
		d.verdict = MM_UNDECIDED; /* it wasn't on our lists at all: not a matter of merging */
		d.why = "page_not_on_lists";
	} else if (!(e.st & PE_LINK)) {
		d.verdict = MM_UNDECIDED;
		d.why = "block_from_snapshot";
	} else if (mm_maybe_merged(m, &m->core.zone[mm_zone_of(m, pfn)], h, ent_order(&e), ent_mt(&e))) {
		d.verdict = MM_UNDECIDED;
		d.why = "neighbour_unknown";
	} else {
		d.verdict = h == pfn && ent_order(&e) >= order ? MM_EQUAL : MM_DIFFERS;
	}
	if (have) {
		d.number[1].name = "block_order";
		d.number[1].value = ent_order(&e);
		d.nr_numbers = 2;
	}
	if (mm_check_wants_text(c)) {
		if (d.verdict != MM_UNDECIDED)
			snprintf(ours, sizeof(ours), "a free block of order %u begins at pfn 0x%" PRIx64, ent_order(&e), mm_out(m, h));
		snprintf(kernel, sizeof(kernel), "a free block of order %u or more begins at pfn 0x%" PRIx64, order, mm_out(m, pfn));
		mm_text_add(&t, "A freed block is joined with its buddy as long as that is free, too. What is taken now shows how far"
			    " that went:");
		if (!have)
			mm_text_add(&t, " here the model doesn't have the page as free, so there is no merge to be judged.");
		else if (d.verdict == MM_UNDECIDED && (e.st & PE_LINK))
			mm_text_add(&t, " here nobody knows whether the block's neighbour is free.");
		else if (d.verdict == MM_UNDECIDED)
			mm_text_add(&t, " here the block has been free since before the trace, so no free in the trace made it.");
		else if (d.verdict == MM_EQUAL)
			mm_text_add(&t, " the block is there, and large enough.");
		else if (h != pfn)
			mm_text_add(&t, " the model has joined blocks here that the kernel kept apart.");
		else
			mm_text_add(&t, " the kernel has joined blocks here that the model keeps apart.");
	}
	mm_check_report(c, &d);
}

/* What was looked at, what was refused and why, and what comes of it. */
static void fallback_reason(const struct mm_machine *m, const struct zone_state *z, const struct mm_pick *p,
			    const struct mm_claim_tries *tries, bool stealing, unsigned int order, unsigned int mt,
			    struct mm_text *t)
{
	unsigned int all = 1u << m->pb_order;
	bool claimed = p->known != MM_KNOWN_NO && p->claim, reached = false;

	if (p->known != MM_KNOWN_NO && p->mt == mt && !list_unknown(p)) {
		mm_text_add(t, "In the model the %s list of order %u of zone %s has a block%s: no other type's would be needed.",
			    mt_name(m, mt), p->order, z->name, p->known == MM_KNOWN_MAYBE ? ", though which isn't known" : "");
		return;
	}
	mm_text_add(t, "The %s lists of zone %s have no block of order %u or more.", mt_name(m, mt), z->name, order);
	if (claimed && p->order >= m->pb_order) {
		mm_text_add(t, " The largest block of another type is of order %u, on the %s list: it is claimed whole, at once.",
			    p->order, mt_name(m, p->mt));
		return;
	}
	if (tries->nr)
		mm_text_add(t, " A claim, tried from the largest order down, needs %u of a pageblock's %u pages free or alike.",
			    all / 2, all);
	for (unsigned int i = 0; i < tries->nr; i++) {
		const struct mm_claim_try *a = &tries->at[i];
		bool last = claimed && i + 1 == tries->nr;
		bool ours = last && a->order == p->order && a->mt == p->mt; /* else a block comes next that isn't known */

		reached |= ours;
		if (i == 3 && !last && tries->nr > 4) {
			mm_text_add(t, " %u more are refused likewise.", tries->nr - i - (claimed ? 1 : 0));
			i = claimed ? tries->nr - 2 : tries->nr - 1;
			continue;
		}
		mm_text_add(t, " Order %u, %s, pfn 0x%" PRIx64 ": ", a->order, mt_name(m, a->mt), mm_out(m, a->pfn));
		if (!a->inside)
			mm_text_add(t, "its pageblock crosses the zone's border, refused.");
		else
			mm_text_add(t, "%u free and %u alike, %s.", a->free, a->alike,
				    !ours ? "refused" : p->known == MM_KNOWN_MAYBE ? "perhaps more" : "claimed");
	}
	if (p->known == MM_KNOWN_MAYBE && p->claim && !reached)
		mm_text_add(t, " %s of order %u, on the %s list; whether its pageblock can be claimed depends on which block it is.",
			    tries->nr ? "Next is a block" : "The largest block of another type is", p->order, mt_name(m, p->mt));
	if (list_unknown(p))
		mm_text_add(t, " Of other types' lists of order %u not all blocks are known, so the search can't be followed.", p->order);
	else if (p->known == MM_KNOWN_MAYBE && !p->claim && !m->hygiene)
		mm_text_add(t, " It comes down to a block of order %u, on the %s list; what becomes of its pageblock isn't known.",
			    p->order, mt_name(m, p->mt));
	else if (p->known == MM_KNOWN_NO)
		mm_text_add(t, " No other block that the model has will do.");
	else if (!p->claim)
		mm_text_add(t, " %s: of the %sblock of order %u on the %s list, whose pageblock keeps its type.",
			    stealing ? "This bulk stole its last page, so it steals again" : "So a page is stolen",
			    m->hygiene ? "smallest " : "", p->order, mt_name(m, p->mt));
}

/*
 * Before 6.10 free pages may lie on another type's lists than their pageblock's.  The event's change_ownership says
 * whether the pageblock is of the type that asked afterwards: it may have been so before, and nothing is claimed.
 * Source: include/trace/events/kmem.h: mm_page_alloc_extfrag, v6.1
 */
static bool owned_already(const struct mm_check *c, const struct mm_machine *m, const struct mm_pick *ours,
			  unsigned int mt)
{
	return !mm_has(mm_check_facts(c), HYGIENE) && ours->known == MM_KNOWN_YES && !ours->claim &&
	       mm_blk(m, ours->pfn >> m->pb_order).mt == mt;
}

static void report_fallback(struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			    const struct mm_pick *ours, const struct mm_claim_tries *tries, bool stealing)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_extfrag_pfn];
	unsigned int forder = (unsigned int)ev->v[SGF_mm_page_alloc_extfrag_fallback_order];
	unsigned int fmt = (unsigned int)ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype];
	bool owned = ev->v[SGF_mm_page_alloc_extfrag_change_ownership] == 1;
	struct mm_pick kernel = { .known = MM_KNOWN_YES, .pfn = pfn, .order = forder, .mt = fmt, .claim = owned };
	struct mm_pick shown = *ours; /* as the event will show it */
	char our_text[160] = "", kernel_text[160] = "", reason[600] = "";
	unsigned int order = (unsigned int)ev->v[SGF_mm_page_alloc_extfrag_alloc_order];
	unsigned int mt = (unsigned int)ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype];
	struct mm_decision d = {
		.kind = MM_CHECK_FALLBACK, .event = mm_position(m) + 1, .ts = ev->ts, .pid = ev->pid,
		.rule = !mm_has(mm_check_facts(c), CLAIM_STEAL) ? "mm/page_alloc.c: __rmqueue_fallback(), steal_suitable_fallback()" :
							       "mm/page_alloc.c: __rmqueue_claim(), __rmqueue_steal()",
		.ours = our_text, .kernel = kernel_text, .reason = reason, .why = ours->why ? ours->why : "list_order_unknown",
		.nr_numbers = 4,
		.number = { { "order", order }, { "migratetype", mt }, { "fallback_order", forder },
			    { "fallback_migratetype", fmt } },
	};

	shown.claim |= owned_already(c, m, ours, mt);
	if (tries->nr) {
		const struct mm_claim_try *last = &tries->at[tries->nr - 1];

		d.number[4].name = "block_free", d.number[4].value = last->free;
		d.number[5].name = "block_alike", d.number[5].value = last->alike;
		d.number[6].name = "half", d.number[6].value = 1 << m->pb_order >> 1;
		d.number[7].name = "claims_tried", d.number[7].value = tries->nr;
		d.nr_numbers = 8;
	}

	/* the outcome is order, type, claim or steal; of an unknown list's head, order and type are known all the same */
	if (ours->known == MM_KNOWN_MAYBE && !(ours->order >= m->pb_order && ours->claim))
		d.verdict = MM_UNDECIDED;
	else
		d.verdict = ours->known != MM_KNOWN_NO && ours->order == forder && ours->mt == fmt && shown.claim == owned ?
			    MM_EQUAL : MM_DIFFERS;
	if (mm_check_wants_text(c)) {
		struct mm_text t = { reason, sizeof(reason), 0 };

		say_pick(m, &shown, our_text, sizeof(our_text));
		say_pick(m, &kernel, kernel_text, sizeof(kernel_text));
		fallback_reason(m, &m->core.zone[mm_zone_index(m, pfn)], ours, tries, stealing, order, mt, &t);
		if (shown.claim != ours->claim)
			mm_text_add(&t, " That type is %s already, which the event shows as a claim.", mt_name(m, mt));
	}
	mm_check_report(c, &d);
}

/* mm_rule_fallback_find(), and what it looked at is remembered for the page of the event. */
static struct mm_pick fall_back(struct alloc_state *s, const struct mm_check *c, const struct mm_machine *m,
				const struct zone_state *z, const struct sg_event *ev, uint64_t pfn, uint64_t order, uint64_t mt)
{
	struct mm_check_claimer claimer = { c, m, (unsigned int)(z - m->core.zone), (unsigned int)order, (unsigned int)mt };
	bool stealing = s->pending[ev->cpu].stealing;
	struct mm_pick p;

	s->tries.nr = 0;
	s->tries_pfn = pfn;
	s->tries.claim = mm_check_asks(c, MM_HOOK_CLAIM) ? mm_check_ask_claim : NULL;
	s->tries.arg = &claimer;
	p = mm_rule_fallback_find(m, z, mm_check_facts(c), (unsigned int)order, (unsigned int)mt,
				     stealing ? MM_FALLBACK_STEAL_ONLY : 0, &s->tries);
	s->tries.claim = NULL;
	s->tries.arg = NULL;
	mm_check_ask_fallback(c, m, z, (unsigned int)order, (unsigned int)mt, stealing, &p, &s->tries);
	return p;
}

static bool usable(const struct mm_machine *m, uint64_t pfn, uint64_t order, uint64_t mt, const struct zone_state **z)
{
	int i = mm_zone_index(m, pfn);

	if (i < 0 || order >= m->nr_orders || mt >= SG_MAX_MIGRATETYPES)
		return false;
	*z = &m->core.zone[i];
	return true;
}

static void before_zone_locked(struct alloc_state *s, struct mm_check *c, const struct mm_machine *m,
			       const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_zone_locked_pfn];
	uint64_t order = ev->v[SGF_mm_page_alloc_zone_locked_order];
	uint64_t mt = ev->v[SGF_mm_page_alloc_zone_locked_migratetype];
	const struct zone_state *z;
	struct mm_pick p;

	if (!usable(m, pfn, order, mt, &z))
		return;
	p = mm_rule_smallest_known(m, z, (unsigned int)order, (unsigned int)mt);
	if (p.known == MM_KNOWN_NO && m->hygiene) {
		p = fall_back(s, c, m, z, ev, pfn, order, mt);
		if (p.known == MM_KNOWN_YES && !p.claim)
			p.known = MM_KNOWN_NO; /* a steal would not show as this event */
	}
	s->pending[ev->cpu].pfn = pfn;
	s->pending[ev->cpu].claim = p;
	s->pending[ev->cpu].open = true;
	s->pending[ev->cpu].stealing = false;
	p = mm_flight_pick(&s->flights, m, z, ev, (unsigned int)order, (unsigned int)mt, &p, pfn);
	p = if_likely(c, m, pfn, &p);
	if (p.mt == mt)
		mm_check_ask_pick(c, m, z, (unsigned int)order, &p);
	report_pick(c, m, ev, &p, pfn, (unsigned int)order, (unsigned int)mt);
	report_merge(c, m, ev, pfn, (unsigned int)order);
}

static void before_extfrag(struct alloc_state *s, struct mm_check *c, const struct mm_machine *m,
			   const struct sg_event *ev)
{
	uint64_t pfn = ev->v[SGF_mm_page_alloc_extfrag_pfn];
	uint64_t order = ev->v[SGF_mm_page_alloc_extfrag_alloc_order];
	uint64_t mt = ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype];
	struct pending *pe = &s->pending[ev->cpu];
	const struct zone_state *z;
	struct page_ent e;
	struct mm_pick p;
	bool owned = ev->v[SGF_mm_page_alloc_extfrag_change_ownership] == 1;

	if (!usable(m, pfn, order, mt, &z) || ev->v[SGF_mm_page_alloc_extfrag_fallback_order] >= m->nr_orders)
		return;
	if (m->hygiene && pe->open && pe->pfn == pfn) {
		pe->open = false;
		if (s->tries_pfn != pfn)
			s->tries.nr = 0; /* another CPU's claim came in between */
		report_fallback(c, m, ev, &pe->claim, &s->tries, false);
		return;
	}
	e = mm_ent(m, pfn);
	if (m->hygiene && ent_state(&e) != PS_FREE && ent_state(&e) != PS_FREET &&
	    ev->v[SGF_mm_page_alloc_extfrag_fallback_order] == order && mm_ctx((struct mm_machine *)m, ev->pid, false))
		return; /* compaction_capture(): no choice of a list */
	p = fall_back(s, c, m, z, ev, pfn, order, mt);
	report_fallback(c, m, ev, &p, &s->tries, s->pending[ev->cpu].stealing);
	if (m->hygiene) { /* before 6.10, zone_locked follows and is the pick */
		p = if_likely(c, m, pfn, &p);
		report_pick(c, m, ev, &p, pfn, (unsigned int)order, (unsigned int)mt);
		report_merge(c, m, ev, pfn, (unsigned int)order);
		s->pending[ev->cpu].stealing = !owned;
	}
}

static void alloc_before(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct alloc_state *s = state;

	if (ev->cpu >= s->nr_cpus)
		return;
	if (ev->kind == SG_EV_mm_page_free && !mm_pcp_order(m, (unsigned int)(ev->v[SGF_mm_page_free_order] & 63)))
		mm_flight_note(&s->flights, m, ev);
	switch (ev->kind) {
	case SG_EV_mm_page_alloc_zone_locked:
		before_zone_locked(s, c, m, ev);
		break;
	case SG_EV_mm_page_alloc_extfrag:
		before_extfrag(s, c, m, ev);
		break;
	default: /* the zone's lock was dropped: the next bulk begins anew */
		s->pending[ev->cpu].stealing = false;
		s->pending[ev->cpu].open = false;
	}
}

static void alloc_init(void *state, struct mm_check *c)
{
	struct alloc_state *s = state;

	s->nr_cpus = mm_check_cpus(c);
	s->pending = sg_calloc(s->nr_cpus, sizeof(*s->pending));
	if (!s->pending)
		s->nr_cpus = 0;
}

static void alloc_fini(void *state)
{
	free(((struct alloc_state *)state)->pending);
}

static bool alloc_copy(void *to, const void *from, uint64_t *bytes)
{
	struct alloc_state *s = to;

	return mm_check_copied((void **)&s->pending, ((const struct alloc_state *)from)->pending,
			       s->nr_cpus * sizeof(*s->pending), bytes);
}

const struct mm_checker mm_checker_alloc = {
	.name = "alloc",
	.state_size = sizeof(struct alloc_state),
	.init = alloc_init,
	.before = alloc_before,
	.fini = alloc_fini,
	.copy = alloc_copy,
};
