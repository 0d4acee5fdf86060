// SPDX-License-Identifier: GPL-2.0-only
/* The two machines of the closed loop: how the second one follows the first, and whether both are in the same state. */
#include "closed_loop.h"
#include "observe/observer.h"
#include "sim/compact/compact.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define BAD(l, ...)                                                                    \
	do {                                                                           \
		if (!(l)->what[0])                                                     \
			snprintf((l)->what, sizeof((l)->what), __VA_ARGS__);           \
		return false;                                                          \
	} while (0)

static void print_decision(const struct mm_decision *d)
{
	static const char *const verdict[] = { "undecided", "equal", "DIFFERS" };

	printf("      %s %s: event %" PRIu64 " ours '%s' kernel '%s' %s", mm_check_key(d->kind), verdict[d->verdict], d->event, d->ours,
	       d->kernel, d->verdict == MM_UNDECIDED ? d->why : "");
	for (unsigned int i = 0; i < d->nr_numbers; i++)
		printf("  %s %" PRId64, d->number[i].name, d->number[i].value);
	printf("\n");
}

static bool says_unsure(const char *why)
{
	static const char *const open[] = { "skip_bits_unknown", "list_order_unknown", "search_state_unknown", "init_pfn_unknown",
					    "list_rotated", "free_blocks_taken_unknown", "cached_position_unknown",
					    "scanner_position_unknown", "capture_unknown" };

	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
		if (strcmp(why, open[i]) == 0)
			return true;
	return false;
}

static void decided(void *arg, const struct mm_decision *d)
{
	struct loop *l = arg;
	struct loop_words *w = &l->words;
	size_t n = 0;

	if (l->verbose)
		print_decision(d);
	if (d->verdict == MM_UNDECIDED)
		l->unsure |= says_unsure(d->why);
	if (l->unsure)
		return;
	if (d->verdict == MM_UNDECIDED)
		l->undecided[d->kind]++;
	else if (d->verdict == MM_EQUAL)
		l->equal[d->kind]++;
	if (d->verdict != MM_DIFFERS || l->what[0])
		return;
	snprintf(l->what, sizeof(l->what), "decision %s of event %" PRIu64 " differs", mm_check_key(d->kind), d->event);
	snprintf(w->rule, sizeof(w->rule), "%s", d->rule);
	snprintf(w->ours, sizeof(w->ours), "%s", d->ours);
	snprintf(w->kernel, sizeof(w->kernel), "%s", d->kernel);
	snprintf(w->reason, sizeof(w->reason), "%s", d->reason);
	for (unsigned int i = 0; i < d->nr_numbers && n < sizeof(w->numbers); i++)
		n += (size_t)snprintf(w->numbers + n, sizeof(w->numbers) - n, "%s %" PRId64 "  ", d->number[i].name,
				      d->number[i].value);
}

static void print_event(const struct loop *l, const struct sg_event *ev)
{
	const struct sg_kind_info *k = sg_kind_info(ev->kind);

	printf("  %" PRIu64 " [step %" PRIu64 "] cpu %u pid %d %s:", l->events, l->step, ev->cpu, ev->pid, k->name);
	for (unsigned int i = 0; i < k->nr_fields; i++)
		if (ev->v[i] != SG_MISSING)
			printf(k->field[i].type == SG_T_PFN || k->field[i].type == SG_T_GFP ? " %s=0x%" PRIx64 : " %s=%" PRId64,
			       k->field[i].name, ev->v[i]);
	printf("\n");
}

static void received(void *arg, const struct sg_event *ev)
{
	struct loop *l = arg;
	uint32_t contra;

	l->events++;
	if (l->verbose)
		print_event(l, ev);
	mm_check_observe(l->check, l->m, ev);
	contra = mm_last_contra(l->m);
	for (unsigned int i = 0; contra && !l->unsure && !l->what[0] && i < MM_CONTRA_COUNT; i++)
		if (contra & 1u << i)
			snprintf(l->what, sizeof(l->what), "event %" PRIu64 " (%s) contradicts the model: %s", l->events,
				 sg_kind_info(ev->kind)->name, mm_contra_text((enum mm_contra)i));
}

static void moved(void *arg, const struct mm_sim_moved *mv)
{
	struct loop *l = arg;

	for (uint64_t p = mv->to; p < mv->to + (1ull << mv->order); p++)
		l->moved[p] = (uint32_t)l->s->m->core.position;
}

/* The observed machine becomes a copy of the simulated one, with a check of its own. */
static void observe(struct loop *l)
{
	struct mm_sim *s = l->s;
	struct mm_config cfg = { .cap = mm_sim_capture(s), .nr_seeds = 1, .nr_orders = s->m->nr_orders,
				 .pageblock_order = s->m->pb_order };
	struct sg_err err = { 0 };

	cfg.seed[0].snap = mm_sim_snapshot(s);
	l->m = mm_machine_copy(s->m);
	if (l->m && mm_observer_attach(l->m, &err) == 0) {
		l->m->core.position = 0;
		for (unsigned int i = 0; i < l->m->core.nr_zones; i++) { /* as the snapshot has them */
			l->m->core.zone[i].wmark_min = cfg.seed[0].snap->zone[i].wmark_min;
			l->m->core.zone[i].wmark_low = cfg.seed[0].snap->zone[i].wmark_low;
			l->m->core.zone[i].wmark_high = cfg.seed[0].snap->zone[i].wmark_high;
			l->m->core.zone[i].wmark_promo = cfg.seed[0].snap->zone[i].wmark_promo;
		}
		l->check = mm_check_new_under(l->m, &cfg, &s->policy, decided, l, &err);
	}
	if (!l->check || !l->moved) {
		fprintf(stderr, "closed-loop: out of memory %s\n", err.text);
		exit(1);
	}
	l->unsure = false;
}

void loop_begin(struct loop *l, struct mm_sim *s)
{
	*l = (struct loop){ .s = s, .verbose = l->verbose };
	l->moved = calloc(mm_end_pfn(s->m), sizeof(*l->moved));
	mm_sim_moved_hook(s, moved, l);
	observe(l);
	mm_sim_emit(s, received, l);
}

void loop_restart(struct loop *l)
{
	if (!l->unsure)
		return;
	for (unsigned int n = 0; n < MM_MAX_NODES; n++)
		if (l->s->compact->kcompactd[n].working ||
		    (l->s->reclaim->ks[n].phase != KSIM_ASLEEP && l->s->reclaim->ks[n].phase != KSIM_NAP))
			return;
	mm_check_free(l->check);
	mm_machine_free(l->m);
	observe(l);
	l->restarts++;
}

void loop_end(struct loop *l)
{
	mm_sim_emit(l->s, NULL, NULL);
	mm_check_free(l->check);
	mm_machine_free(l->m);
	free(l->moved);
}

/* ---- the same state? --------------------------------------------------------------------- */

static const char *state_name(unsigned int s)
{
	static const char *const name[] = { "unknown", "none", "free", "inside a free block", "on a per-cpu list", "allocated",
					    "isolated" };

	return s < sizeof(name) / sizeof(name[0]) ? name[s] : "?";
}

/* *@ret_hidden: pages that hold what was moved there, and are isolated for the observed machine */
static bool same_pages(struct loop *l, uint64_t from, uint64_t end, uint64_t *ret_hidden)
{
	uint64_t hidden = 0;

	for (uint64_t pfn = from; pfn < end; pfn++) {
		struct page_ent a = mm_ent(l->s->m, pfn), b = mm_ent(l->m, pfn);
		unsigned int s = ent_state(&a);

		if (s == PS_ALLOC && l->moved[pfn] && l->moved[pfn] == a.since &&
		    (ent_state(&b) == PS_ISO || (ent_state(&b) == PS_ALLOC && ent_mt(&b) == 15))) {
			hidden += ent_state(&b) == PS_ISO;
			continue;
		}
		if (s != ent_state(&b))
			BAD(l, "page 0x%" PRIx64 " is %s in the simulated machine and %s in the observed one", pfn, state_name(s),
			    state_name(ent_state(&b)));
		if ((s == PS_FREE || s == PS_PCP || s == PS_ALLOC) && a.om != b.om)
			BAD(l, "page 0x%" PRIx64 ", %s, is of order %u and type %u in the simulated machine, %u and %u in the observed one",
			    pfn, state_name(s), ent_order(&a), ent_mt(&a), ent_order(&b), ent_mt(&b));
		/* (nothing tells that a page gets old) */
		if (s == PS_ALLOC && (a.st & PE_LRU) != (b.st & PE_LRU))
			BAD(l, "page 0x%" PRIx64 " has LRU bits 0x%x in the simulated machine and 0x%x in the observed one", pfn,
			    a.st & PE_LRU, b.st & PE_LRU);
	}
	*ret_hidden = hidden;
	return true;
}

/* The chains from @a and @b are the same pages. */
static bool same_chain(struct loop *l, uint32_t a, uint32_t b, const char *what, unsigned int order, unsigned int mt)
{
	for (unsigned int i = 0; a != MM_NIL || b != MM_NIL; i++) {
		if (a != b)
			BAD(l, "%s of order %u, type %u: place %u has page 0x%x in the simulated machine and 0x%x in the observed one", what,
			    order, mt, i, a, b);
		a = mm_ent(l->s->m, a).a;
		b = mm_ent(l->m, b).a;
	}
	return true;
}

/* The two lists of @n blocks are the same, in order.  Each may be kept in parts. */
static bool same_list(struct loop *l, unsigned int zi, unsigned int order, unsigned int mt, uint32_t n)
{
	uint64_t *a = calloc(2 * (size_t)n + 1, sizeof(*a)), *b = a + n;
	bool same = true;

	if (!a)
		abort();
	mm_free_list(l->s->m, zi, order, mt, a, n, NULL);
	mm_free_list(l->m, zi, order, mt, b, n, NULL);
	for (uint32_t i = 0; i < n && same; i++) {
		same = a[i] == b[i];
		if (!same)
			snprintf(l->what, sizeof(l->what), "free list of order %u, type %u: place %u has page 0x%" PRIx64
				 " in the simulated machine and 0x%" PRIx64 " in the observed one", order, mt, i, a[i], b[i]);
	}
	free(a);
	return same;
}

static bool same_lists(struct loop *l, unsigned int zi)
{
	const struct zone_state *x = &l->s->m->core.zone[zi], *y = &l->m->core.zone[zi];

	for (unsigned int o = 0; o < l->s->m->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_MT; t++) {
			const struct free_list *a = &x->list[o][t], *b = &y->list[o][t];

			if (a->nr_unplaced || b->nr_unplaced || a->nr_linked != b->nr_linked)
				BAD(l, "free list of order %u, type %u: %u blocks in the simulated machine; %u and %u unplaced in the observed one",
				    o, t, a->nr_linked, b->nr_linked, b->nr_unplaced);
			if (!same_list(l, zi, o, t, a->nr_linked))
				return false;
		}
	for (unsigned int c = 0; c < l->s->m->nr_cpus; c++) {
		const struct pcp_state *p = mm_cow_peek(&l->s->m->pcp, (uint64_t)zi * l->s->m->nr_cpus + c);
		const struct pcp_state *q = mm_cow_peek(&l->m->pcp, (uint64_t)zi * l->m->nr_cpus + c);

		for (unsigned int i = 0; i < MM_NR_PINDEX; i++)
			if (!same_chain(l, p ? p->list[i].first : MM_NIL, q ? q->list[i].first : MM_NIL, "per-cpu list", i, c))
				return false;
	}
	return true;
}

bool loop_same(struct loop *l)
{
	if (l->what[0])
		return false;
	if (l->unsure)
		return true;
	for (unsigned int zi = 0; zi < l->s->m->core.nr_zones; zi++) {
		const struct zone_state *x = &l->s->m->core.zone[zi], *y = &l->m->core.zone[zi];
		uint64_t hidden;

		if (!same_lists(l, zi) || !same_pages(l, x->start, x->end, &hidden))
			return false;
		for (unsigned int s = 0; s <= PS_ISO; s++)
			if (x->nr_pages[s] != y->nr_pages[s] + (s == PS_ALLOC ? hidden : 0) - (s == PS_ISO ? hidden : 0))
				BAD(l, "zone %s: %" PRIu64 " pages %s in the simulated machine and %" PRIu64 " in the observed one", x->name,
				    x->nr_pages[s], state_name(s), y->nr_pages[s]);
		for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
			if (x->type_blocks[t] != y->type_blocks[t])
				BAD(l, "zone %s: %" PRIu64 " pageblocks of type %u in the simulated machine and %" PRIu64 " in the observed one",
				    x->name, x->type_blocks[t], t, y->type_blocks[t]);
	}
	return true;
}
