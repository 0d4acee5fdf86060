// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stalled requests: the events of one task from its first direct reclaim or compaction to the
 * mm_page_alloc that ends it are one request; its steps are held against the slow path's rules.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/hooks.h"
#include "check/reclaim.h"
#include "observe/observer.h"
#include "say/words.h"
#include "sg_mem.h"
#include "rules/gfp.h"
#include "rules/nopage.h"

#define MAX_STEPS 65536u  /* of one request; a longer one is undecided */
#define MAX_REQUESTS 1024u /* open at a time; beyond that ends have been lost */

struct mm_request {
	int32_t pid;
	uint64_t gfp, start_event;
	bool in_reclaim, compacting, lost, late, overflow;
	int order; /* asked for, -1 while only the promoted one was seen */
	uint8_t feedback;
	bool any_feedback;
	struct mm_step *step;
	unsigned int nr, cap;
};

static struct mm_request *find(const struct rec_state *s, int32_t pid)
{
	for (unsigned int i = 0; i < s->nr_req; i++)
		if (s->req[i]->pid == pid)
			return s->req[i];
	return NULL;
}

static struct mm_request *open_request(struct rec_state *s, const struct mm_machine *m, const struct sg_event *ev,
				       uint64_t gfp)
{
	struct mm_request *r;

	if (s->nr_req == s->cap_req) {
		unsigned int cap = s->cap_req ? s->cap_req * 2 : 16;
		struct mm_request **p = cap <= MAX_REQUESTS ? sg_realloc(s->req, cap * sizeof(*p)) : NULL;

		if (!p)
			return NULL;
		s->req = p;
		s->cap_req = cap;
	}
	r = sg_calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->pid = ev->pid;
	r->gfp = gfp;
	r->order = -1;
	r->start_event = mm_position(m) + 1;
	s->req[s->nr_req++] = r;
	return r;
}

static void drop(struct rec_state *s, struct mm_request *r)
{
	for (unsigned int i = 0; i < s->nr_req; i++)
		if (s->req[i] == r) {
			s->req[i] = s->req[--s->nr_req];
			break;
		}
	free(r->step);
	free(r);
}

void mm_rec_slow_fini(struct rec_state *s)
{
	while (s->nr_req)
		drop(s, s->req[0]);
	free(s->req);
	s->req = NULL;
	s->cap_req = 0;
}

bool mm_rec_slow_copy(struct rec_state *to, const struct rec_state *from, uint64_t *bytes)
{
	to->req = NULL;
	to->nr_req = to->cap_req = 0;
	if (!from->nr_req)
		return true;
	to->req = malloc(from->nr_req * sizeof(*to->req));
	if (!to->req)
		return false;
	to->cap_req = from->nr_req;
	*bytes += from->nr_req * (sizeof(*to->req) + sizeof(**to->req));
	while (to->nr_req < from->nr_req) {
		const struct mm_request *f = from->req[to->nr_req];
		struct mm_request *r = malloc(sizeof(*r));

		if (!r)
			return false;
		*r = *f;
		r->step = NULL;
		r->cap = 0;
		to->req[to->nr_req++] = r;
		if (!f->nr)
			continue;
		r->step = malloc(f->nr * sizeof(*r->step));
		if (!r->step)
			return false; /* fini() frees what there is */
		memcpy(r->step, f->step, f->nr * sizeof(*r->step));
		r->cap = f->nr;
		*bytes += f->nr * sizeof(*r->step);
	}
	return true;
}

/*
 * A compaction is over when the next step comes: what did it yield?  One that looks at a zone has an event for it, and one
 * that is content with a zone's free pages resets the deferral; without any there was nothing to compact.
 * Source: mm/compaction.c: try_to_compact_pages(), compaction_suit_allocation_order(), 6.1 to 7.3
 */
static void settle_compaction(struct mm_request *r)
{
	if (!r->compacting)
		return;
	r->compacting = false;
	if (r->nr && r->step[r->nr - 1].kind == MM_STEP_COMPACT)
		r->step[r->nr - 1].feedback = r->any_feedback ? r->feedback : (uint8_t)MM_FEEDBACK_SKIPPED;
}

static struct mm_step *add(struct mm_request *r, enum mm_step_kind kind)
{
	settle_compaction(r);
	if (r->nr == r->cap) {
		unsigned int cap = r->cap ? r->cap * 2 : 16;
		struct mm_step *p = cap <= MAX_STEPS ? sg_realloc(r->step, cap * sizeof(*p)) : NULL;

		if (!p) {
			r->overflow = true;
			if (!r->nr)
				return NULL;
			r->nr--; /* the last place is for the end */
		} else {
			r->step = p;
			r->cap = cap;
		}
	}
	r->step[r->nr] = (struct mm_step){ .kind = (uint8_t)kind, .order = -1 };
	return &r->step[r->nr++];
}

/* ---- the report ---------------------------------------------------------------- */

#define STEPS_SIZE  600u /* bytes of the steps in words */
#define REASON_SIZE 512u

/* What the rules said at the step that differs, a reclaim or compaction with its order. */
static const char *expected_text(const struct mm_slow_out *out, char *buf, size_t size)
{
	if (out->expected_order < 0)
		return out->expected;
	snprintf(buf, size, "%s for order %d", out->expected, out->expected_order);
	return buf;
}

static void fill_texts(const struct mm_request *r, const struct mm_slow_in *in, const struct mm_slow_out *out,
		       char ours[STEPS_SIZE], char kernel[STEPS_SIZE], char reason[REASON_SIZE])
{
	char say[120];
	unsigned int from = out->equal || out->undecided || out->at < 2 ? 0 : out->at - 2;
	struct mm_text t = { reason, REASON_SIZE, 0 };
	char of[32] = "";

	if (r->order >= 0)
		snprintf(of, sizeof(of), " of order %d", r->order);

	mm_slow_say(r->step, from, r->nr, r->start_event, kernel, STEPS_SIZE);
	if (out->undecided) {
		mm_text_add(&t, "A request%s stalled; %u of its steps are known.", of, r->nr);
		return;
	}
	if (out->equal)
		snprintf(ours, STEPS_SIZE, "%s", kernel);
	else
		snprintf(ours, STEPS_SIZE, "step %u: %s", out->at + 1, expected_text(out, say, sizeof(say)));
	mm_text_add(&t, "A request%s stalled and took %u steps until it %s.", of, r->nr,
		    r->step[r->nr - 1].kind == MM_STEP_PAGE ? "got a page" : "failed");
	if (r->order >= 0 && r->step[0].order > r->order)
		mm_text_add(&t, " It reclaims and compacts for order %d, a whole pageblock: with defrag_mode it may not fall back"
			    " into smaller blocks of other types.", r->step[0].order);
	if (r->step[r->nr - 1].kind == MM_STEP_FAIL && in->noretry)
		mm_text_add(&t, " It asked not to be tried again (__GFP_NORETRY).");
	else if (r->step[r->nr - 1].kind == MM_STEP_FAIL && in->order > MM_COSTLY_ORDER && !in->retry_mayfail && !in->nofail)
		mm_text_add(&t, " Above order %d a request is only tried again with __GFP_RETRY_MAYFAIL.", MM_COSTLY_ORDER);
	if (out->equal)
		mm_text_add(&t, " Each step is the one that the slow path's rules name there.");
	else
		mm_text_add(&t, " At step %u the rules name another one: %s.", out->at + 1, expected_text(out, say, sizeof(say)));
}

static unsigned int mobility(const struct sg_capture *cap, uint64_t gfp)
{
	return (gfp & cap->gfp.movable) ? MM_MT_MOVABLE : (gfp & cap->gfp.reclaimable) ? MM_MT_RECLAIMABLE :
	       MM_MT_UNMOVABLE;
}

/*
 * Where no snapshot has the setting: an unmovable request of less than a pageblock that reclaims or compacts for one runs under
 * defrag_mode; one that begins with its own order doesn't.
 * Source: mm/page_alloc.c: __alloc_pages_slowpath(), ac->reclaim_compact_order, 7.2 and 7.3
 */
static void shows_defrag_mode(struct rec_state *s, const struct mm_slow_in *in, const struct mm_request *r)
{
	if (s->defrag_told || !mm_has(in->facts, PROMOTE) || in->migratetype == MM_MT_MOVABLE || r->late || r->lost ||
	    r->order < 0 || r->order >= (int)in->pageblock_order ||
	    (r->step[0].kind != MM_STEP_RECLAIM && r->step[0].kind != MM_STEP_COMPACT))
		return;
	s->defrag_known = true;
	s->defrag_mode = r->step[0].order == (int)in->pageblock_order;
}

static void report(struct rec_state *s, struct mm_check *c, const struct sg_capture *cap, unsigned int pb_order,
		   struct mm_request *r, uint64_t event, uint64_t ts)
{
	char ours[STEPS_SIZE] = "", kernel[STEPS_SIZE] = "", reason[REASON_SIZE] = "";
	const struct sg_gfp *g = &cap->gfp;
	struct mm_slow_in in = {
		.facts = mm_check_facts(c), .order = r->order < 0 ? 0 : (unsigned int)r->order,
		.pageblock_order = pb_order, .migratetype = mobility(cap, r->gfp),
		.direct_reclaim = (r->gfp & g->direct_reclaim) != 0, .io = (r->gfp & g->io) != 0,
		.noretry = (r->gfp & g->noretry) != 0, .retry_mayfail = (r->gfp & g->retry_mayfail) != 0,
		.nofail = (r->gfp & g->nofail) != 0, .thisnode = (r->gfp & g->thisnode) != 0,
		.goal = mm_check_asks(c, MM_HOOK_GOAL) ? mm_check_ask_goal : NULL,
		.next = mm_check_asks(c, MM_HOOK_NEXT) ? mm_check_ask_next : NULL, .policy = c,
		.defrag_mode = s->defrag_mode,
	};
	struct mm_slow_out out = { .undecided = true, .rule = "mm/page_alloc.c: __alloc_pages_slowpath()" };
	struct mm_decision d = { .kind = MM_CHECK_SLOW_PATH, .event = event, .ts = ts, .pid = r->pid,
				 .ours = ours, .kernel = kernel, .reason = reason };
	uint64_t reclaimed = 0;

	if (r->lost)
		out.why = "events_lost";
	else if (r->late)
		out.why = "began_before_trace";
	else if (r->overflow)
		out.why = "too_many_steps";
	else if (r->step[r->nr - 1].kind == MM_STEP_OPEN)
		out.why = "end_not_seen";
	else if (!g->direct_reclaim)
		out.why = "gfp_names_missing";
	else
		mm_slow_check(&in, r->step, r->nr, &out);
	if (!s->defrag_known && out.rule && !out.undecided) { /* does it decide? */
		struct mm_slow_out other = { 0 };

		in.defrag_mode = !in.defrag_mode;
		mm_slow_check(&in, r->step, r->nr, &other);
		in.defrag_mode = !in.defrag_mode;
		if (other.undecided || other.equal != out.equal || other.at != out.at) {
			out.undecided = true;
			out.why = "defrag_mode_unknown";
		}
	}
	shows_defrag_mode(s, &in, r);
	d.verdict = out.undecided ? MM_UNDECIDED : out.equal ? MM_EQUAL : MM_DIFFERS;
	d.why = out.why ? out.why : "end_not_seen";
	d.rule = out.rule;
	for (unsigned int i = 0; i < r->nr; i++)
		reclaimed += r->step[i].kind == MM_STEP_RECLAIM ? r->step[i].nr : 0;
	d.number[0].name = "order";
	d.number[0].value = r->order;
	d.number[1].name = "migratetype";
	d.number[1].value = in.migratetype;
	d.number[2].name = "gfp";
	d.number[2].value = (int64_t)r->gfp;
	d.number[3].name = "steps";
	d.number[3].value = r->nr;
	d.number[4].name = "reclaimed";
	d.number[4].value = (int64_t)reclaimed;
	d.number[5].name = "first_event";
	d.number[5].value = (int64_t)r->start_event;
	d.number[6].name = "disagrees_at_step";
	d.number[6].value = out.at + 1;
	d.nr_numbers = d.verdict == MM_DIFFERS ? 7 : 6;
	if (mm_check_wants_text(c))
		fill_texts(r, &in, &out, ours, kernel, reason);
	mm_check_report(c, &d);
	drop(s, r);
}

static void close_open(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, struct mm_request *r,
		       uint64_t ts)
{
	if (add(r, MM_STEP_OPEN))
		report(s, c, m->cap, m->pb_order, r, r->start_event, ts);
	else
		drop(s, r);
}

/* ---- the steps -------------------------------------------------------------------- */

/* The task's open request; a step with other flags than it began with means that its end was not seen. */
static struct mm_request *request_for(struct rec_state *s, struct mm_check *c, const struct mm_machine *m,
				      const struct sg_event *ev, uint64_t gfp)
{
	struct mm_request *r = find(s, ev->pid);

	if (r && r->gfp != gfp) {
		close_open(s, c, m, r, ev->ts);
		r = NULL;
	}
	return r ? r : open_request(s, m, ev, gfp);
}

static void on_reclaim_begin(struct rec_state *s, struct mm_check *c, const struct mm_machine *m,
			     const struct sg_event *ev)
{
	struct mm_request *r = request_for(s, c, m, ev, ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags]);
	struct mm_step *t = r ? add(r, MM_STEP_RECLAIM) : NULL;

	if (!t)
		return;
	t->order = (int8_t)ev->v[SGF_mm_vmscan_direct_reclaim_begin_order];
	r->in_reclaim = true;
	mm_rec_kswapd_stall(s, c, m, ev, (unsigned int)ev->v[SGF_mm_vmscan_direct_reclaim_begin_order], r->gfp, r->nr == 1);
}

static void on_reclaim_end(struct mm_request *r, const struct sg_event *ev)
{
	if (!r->in_reclaim) {
		r->late = true;
		return;
	}
	r->in_reclaim = false;
	r->step[r->nr - 1].nr = (uint32_t)ev->v[SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed];
}

static void on_compact(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct mm_request *r = request_for(s, c, m, ev, ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask]);
	struct mm_step *t = r ? add(r, MM_STEP_COMPACT) : NULL;

	if (!t)
		return;
	t->order = (int8_t)ev->v[SGF_mm_compaction_try_to_compact_pages_order];
	t->prio = (int8_t)ev->v[SGF_mm_compaction_try_to_compact_pages_prio];
	if (r->nr == 1)
		mm_rec_kswapd_stall(s, c, m, ev, (unsigned int)ev->v[SGF_mm_compaction_try_to_compact_pages_order], r->gfp,
				    true);
	r->compacting = true;
	r->any_feedback = false;
	r->feedback = MM_FEEDBACK_SKIPPED;
}

static void feedback(struct mm_request *r, enum mm_compact_feedback f)
{
	if (!r->compacting)
		return;
	r->any_feedback = true;
	if (f > r->feedback)
		r->feedback = (uint8_t)f;
}

/* The value that the capture's format gives the name @name in field @slot of @kind, -1 without. */
static int64_t sym_value(const struct sg_capture *cap, unsigned int kind, unsigned int slot, const char *name)
{
	const struct sg_symtab *t = cap->sym[kind][slot];

	for (unsigned int i = 0; t && i < t->nr; i++)
		if (strcmp(t->sym[i].name, name) == 0)
			return (int64_t)t->sym[i].value;
	return -1;
}

static void on_retry_zone(struct rec_state *s, struct mm_check *c, const struct mm_machine *m,
			  const struct sg_event *ev, struct mm_request *r)
{
	const struct mm_wmark_zone *z = mm_rec_zones(s, c, m);
	struct mm_step *t = add(r, MM_STEP_RETRY_ZONE);
	unsigned int flags = (r->gfp & m->cap->gfp.high) ? MM_ALLOC_MIN_RESERVE : 0;
	unsigned int order = (unsigned int)ev->v[SGF_reclaim_retry_zone_order];
	int64_t available = mm_wmark_pages(ev->v[SGF_reclaim_retry_zone_available]);
	int64_t min = mm_wmark_pages(ev->v[SGF_reclaim_retry_zone_min_wmark]);

	if (!t)
		return;
	if (mobility(m->cap, r->gfp) == MM_MT_MOVABLE)
		flags |= MM_ALLOC_CMA;
	t->order = (int8_t)order;
	t->loops = (int16_t)ev->v[SGF_reclaim_retry_zone_no_progress_loops];
	t->ret = ev->v[SGF_reclaim_retry_zone_wmark_check] != 0;
	r->order = (int)order;
	for (unsigned int i = 0; order < m->nr_orders && i < m->core.nr_zones; i++)
		if (z[i].known && z[i].node == (int)ev->v[SGF_reclaim_retry_zone_node] &&
		    z[i].type == (int)ev->v[SGF_reclaim_retry_zone_zone_idx]) {
			/* free blocks that compaction may have taken leave higher orders open */
			t->ret_known = order == 0 || m->obs->nr_pending == 0;
			t->ret_ours = mm_wmark_ok(&z[i], order, min, mm_gfp_zone_type(m, r->gfp), flags, available);
		}
}

static void on_compact_retry(struct mm_request *r, const struct sg_event *ev)
{
	struct mm_step *t;

	settle_compaction(r);
	t = add(r, MM_STEP_COMPACT_RETRY);
	if (!t)
		return;
	t->order = (int8_t)ev->v[SGF_compact_retry_order];
	t->prio = (int8_t)ev->v[SGF_compact_retry_priority];
	t->feedback = (uint8_t)ev->v[SGF_compact_retry_result];
	t->loops = (int16_t)ev->v[SGF_compact_retry_retries];
	t->max = (int16_t)ev->v[SGF_compact_retry_max_retries];
	t->ret = ev->v[SGF_compact_retry_ret] != 0;
	r->order = t->order;
}

/* Does this allocation end the request?  Within reclaim the task allocates for itself. */
static bool ends(const struct mm_request *r, const struct mm_machine *m, uint64_t gfp, unsigned int order)
{
	const struct mm_step *t = &r->step[0];

	if (r->in_reclaim || gfp != r->gfp || r->nr == 0)
		return false;
	if (r->order >= 0)
		return order == (unsigned int)r->order;
	return (int)order == t->order || (t->order == (int)m->pb_order && (int)order < t->order);
}

static void on_alloc(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
		     struct mm_request *r)
{
	unsigned int order = (unsigned int)ev->v[SGF_mm_page_alloc_order];
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn];

	if (!ends(r, m, ev->v[SGF_mm_page_alloc_gfp_flags], order))
		return;
	r->order = (int)order;
	if (add(r, pfn == 0 || pfn == UINT64_MAX ? MM_STEP_FAIL : MM_STEP_PAGE))
		report(s, c, m->cap, m->pb_order, r, mm_position(m) + 1, ev->ts);
}

void mm_rec_slow_tried(const struct rec_state *s, int32_t pid, struct mm_nopage_tried *ret)
{
	const struct mm_request *r = find(s, pid);

	*ret = (struct mm_nopage_tried){ .known = !r || (!r->lost && !r->late && !r->overflow) };
	/* inside reclaim the task asks for itself: what its request has tried isn't for this one */
	for (unsigned int i = 0; r && !r->in_reclaim && i < r->nr; i++) {
		ret->reclaims += r->step[i].kind == MM_STEP_RECLAIM;
		ret->reclaimed += r->step[i].kind == MM_STEP_RECLAIM ? r->step[i].nr : 0;
		ret->compactions += r->step[i].kind == MM_STEP_COMPACT;
	}
}

void mm_rec_slow_before(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	struct mm_request *r;

	if (ev->missed)
		for (unsigned int i = 0; i < s->nr_req; i++)
			s->req[i]->lost = true;
	if (ev->common_flags & MM_IN_INTERRUPT)
		return;
	if (ev->kind == SG_EV_mm_vmscan_direct_reclaim_begin) {
		on_reclaim_begin(s, c, m, ev);
		return;
	}
	if (ev->kind == SG_EV_mm_compaction_try_to_compact_pages) {
		on_compact(s, c, m, ev);
		return;
	}
	if (!s->nr_req)
		return;
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
	case SG_EV_mm_vmscan_direct_reclaim_end:
	case SG_EV_reclaim_retry_zone:
	case SG_EV_compact_retry:
	case SG_EV_mark_victim:
	case SG_EV_mm_compaction_begin:
	case SG_EV_mm_compaction_end:
	case SG_EV_mm_compaction_suitable:
	case SG_EV_mm_compaction_deferred:
	case SG_EV_mm_compaction_defer_reset:
		break;
	default:
		return;
	}
	r = find(s, ev->pid);
	if (!r)
		return;
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		on_alloc(s, c, m, ev, r);
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		on_reclaim_end(r, ev);
		break;
	case SG_EV_reclaim_retry_zone:
		on_retry_zone(s, c, m, ev, r);
		break;
	case SG_EV_compact_retry:
		on_compact_retry(r, ev);
		break;
	case SG_EV_mark_victim:
		(void)add(r, MM_STEP_OOM);
		break;
	case SG_EV_mm_compaction_begin:
		feedback(r, MM_FEEDBACK_WORKED);
		break;
	case SG_EV_mm_compaction_end:
		if ((int64_t)ev->v[SGF_mm_compaction_end_status] ==
		    sym_value(m->cap, SG_EV_mm_compaction_end, SGF_mm_compaction_end_status, "success"))
			feedback(r, MM_FEEDBACK_SUCCESS);
		break;
	case SG_EV_mm_compaction_defer_reset:
		feedback(r, MM_FEEDBACK_SUCCESS);
		break;
	case SG_EV_mm_compaction_suitable:
		feedback(r, MM_FEEDBACK_SKIPPED);
		break;
	case SG_EV_mm_compaction_deferred:
		feedback(r, MM_FEEDBACK_DEFERRED);
		break;
	default:
		break;
	}
}

void mm_rec_slow_finish(struct rec_state *s, struct mm_check *c)
{
	const struct mm_config *cfg = mm_check_config(c);

	while (s->nr_req) {
		struct mm_request *r = s->req[0];

		if (add(r, MM_STEP_OPEN))
			report(s, c, cfg->cap, cfg->pageblock_order, r, r->start_event, 0);
		else
			drop(s, r);
	}
}
