// SPDX-License-Identifier: GPL-2.0-only
/* Checks compaction's deferral: which tries are put off, and how the zone counts them. */
#include "check/compact/compact.h"
#include "check/hooks.h"
#include "check/check.h"
#include "say/words.h"

#include <inttypes.h>
#include <stdio.h>

#define PRIO_SYNC_FULL 0 /* enum compact_priority, include/linux/compaction.h, 6.1 to 7.3 */
#define PRIO_ASYNC 2

/*
 * A try went on to zone type @below (all zones above it are done with): where the trace has no
 * mm_compaction_deferred the try was let through.
 */
void mm_compact_passed_zones(struct mm_compact_state *s, struct mm_compact_task *t, int node, int64_t from)
{
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = &s->m->core.zone[i];

		if (z->node != node || z->zone_type < 0 || z->zone_type > 7 || z->zone_type < from ||
		    z->zone_type > (int)t->highest || (t->zone_passed & 1u << z->zone_type) || z->managed == 0)
			continue;
		t->zone_passed |= (uint8_t)(1u << z->zone_type);
		if (t->prio > PRIO_SYNC_FULL)
			mm_deferred(&s->zone[i].defer, t->order);
	}
}

static void defer_say(const struct mm_defer *f, char *buf, size_t size)
{
	snprintf(buf, size, "considered %u, shift %u, order_failed %" PRId64, f->considered, f->shift, f->failed);
}

static void defer_reason(const struct mm_compact_state *s, int zi, const struct mm_defer *f, int64_t order,
			 struct mm_text *t)
{
	unsigned int shift = f->shift <= MM_COMPACT_MAX_DEFER_SHIFT ? f->shift : 0;
	const char *zone = s->m->core.zone[zi].name;

	switch (s->ev->kind) {
	case SG_EV_mm_compaction_deferred:
		if (!f->shift_known || !f->considered_known || !f->failed_known) {
			mm_text_add(t, "After a failure tries to compact zone %s are put off until 1 << shift of them have come. How often"
				    " it had failed before this event isn't known.", zone);
			break;
		}
		mm_text_add(t, "Compaction of zone %s has failed before, so tries for order %" PRId64 " and above are put off until %u"
			    " of them have come (1 << shift); %u had come before this one for order %" PRId64 ".", zone,
			    f->failed, 1u << shift, f->considered, order);
		break;
	case SG_EV_mm_compaction_defer_compaction:
		mm_text_add(t, "Compaction of zone %s for order %" PRId64 " has failed: the count of tries starts again, twice as many as"
			    " before are put off (shift goes up by one, at most to %u), and order_failed is the lowest order"
			    " that failed.", zone, order, MM_COMPACT_MAX_DEFER_SHIFT);
		break;
	default:
		mm_text_add(t, "Compaction of zone %s for order %" PRId64 " has succeeded or is about to: order_failed goes above this"
			    " order, and once the request has its page the counts start from 0.", zone, order);
	}
}

/*
 * One of the three events of deferral: their slots are in the same order.  @want: our counters after it, with
 * what is known of them; the event's replace them.
 */
static void defer_report(struct mm_compact_state *s, int zi, const struct mm_defer *want, const char *rule,
			 enum mm_answer happens)
{
	const struct sg_event *ev = s->ev;
	struct mm_defer *f = &s->zone[zi].defer, is = {
		.considered_known = true, .shift_known = true, .failed_known = true,
		.considered = (uint32_t)ev->v[SGF_mm_compaction_deferred_considered],
		.shift = (uint32_t)ev->v[SGF_mm_compaction_deferred_defer_shift],
		.failed = (int64_t)ev->v[SGF_mm_compaction_deferred_order_failed],
	};
	char ours[96] = "", kernel[96] = "", reason[400] = "";
	struct mm_decision d = { .rule = rule, .ours = ours, .kernel = kernel, .reason = reason, .why = "defer_state_unknown" };

	if (is.shift > MM_COMPACT_MAX_DEFER_SHIFT)
		is.shift_known = is.considered_known = false;
	if (happens == MM_MAYBE || !want->considered_known || !want->shift_known || !want->failed_known)
		d.verdict = MM_UNDECIDED;
	else if (happens == MM_YES && want->considered == is.considered && want->shift == is.shift && want->failed == is.failed)
		d.verdict = MM_EQUAL;
	else
		d.verdict = MM_DIFFERS;
	d.nr_numbers = 4;
	d.number[0].name = "order", d.number[0].value = (int64_t)ev->v[SGF_mm_compaction_deferred_order];
	d.number[1].name = "considered", d.number[1].value = want->considered;
	d.number[2].name = "shift", d.number[2].value = want->shift;
	d.number[3].name = "order_failed", d.number[3].value = want->failed;
	if (mm_check_wants_text(s->c)) {
		defer_say(want, ours, sizeof(ours));
		defer_say(&is, kernel, sizeof(kernel));
		if (happens == MM_NO)
			snprintf(ours, sizeof(ours), "not deferred");
		defer_reason(s, zi, f, d.number[0].value, &(struct mm_text){ reason, sizeof(reason), 0 });
	}
	mm_compact_report(s, &d);
	*f = is;
}

void mm_compact_on_defer(struct mm_compact_state *s)
{
	const struct sg_event *ev = s->ev;
	uint64_t nid = ev->v[SGF_mm_compaction_deferred_nid], idx = ev->v[SGF_mm_compaction_deferred_idx];
	int64_t order = (int64_t)ev->v[SGF_mm_compaction_deferred_order];
	int zi = mm_compact_zone_index(s->m, nid, idx);
	struct mm_compact_task *t = mm_compact_task(s, ev->pid, false);
	struct mm_defer want, before;
	enum mm_answer happens = MM_YES;
	bool expected;

	if (zi < 0 || idx > 7 || order < 0 || order >= s->m->nr_orders) {
		mm_compact_report(s, &(struct mm_decision){ .rule = "mm/compaction.c: compaction_deferred()", .why = "zone_unknown",
						 .kernel = "", .reason = "The event names a zone or an order that this machine"
						 " doesn't have." });
		return;
	}
	if (t && t->in_try && !t->reset_seen) /* the zones above were let through without an event */
		mm_compact_passed_zones(s, t, (int)nid, ev->kind == SG_EV_mm_compaction_deferred ? (int64_t)idx + 1 : (int64_t)idx);
	want = before = s->zone[zi].defer;
	switch (ev->kind) {
	case SG_EV_mm_compaction_deferred:
		happens = mm_deferred(&want, order);
		if (happens != MM_MAYBE)
			happens = mm_check_ask_defer(s->c, (unsigned int)zi, MM_DEFER_ASKED, (unsigned int)order, &before, &want,
						     happens == MM_YES) ? MM_YES : MM_NO;
		if (t)
			t->zone_passed |= (uint8_t)(1u << idx);
		defer_report(s, zi, &want, "mm/compaction.c: compaction_deferred()", happens);
		break;
	case SG_EV_mm_compaction_defer_compaction:
		mm_defer(&want, order);
		mm_check_ask_defer(s->c, (unsigned int)zi, MM_DEFER_FAILED, (unsigned int)order, &before, &want, false);
		defer_report(s, zi, &want, "mm/compaction.c: defer_compaction()", MM_YES);
		break;
	default:
		/*
		 * In a try, and in kcompactd, success is only expected; the allocator says it once more when it came true.  It
		 * says it alone when the page was there though the run had failed, unless that was captured at its end: which
		 * of the two it is, the counters tell.
		 */
		expected = t && (t->kcompactd || (t->in_try && !t->reset_seen));
		if (expected && !t->kcompactd && t->failed_zone == zi && !t->captured &&
		    ev->v[SGF_mm_compaction_deferred_considered] == 0 && ev->v[SGF_mm_compaction_deferred_defer_shift] == 0)
			expected = false;
		mm_defer_reset(&want, order, !expected);
		mm_check_ask_defer(s->c, (unsigned int)zi, expected ? MM_DEFER_WORKED : MM_DEFER_ALLOCATED, (unsigned int)order, &before,
				   &want, false);
		if (!expected)
			s->zone[zi].flush = MM_NO;
		if (t)
			t->reset_seen = true;
		defer_report(s, zi, &want, "mm/compaction.c: compaction_defer_reset()", MM_YES);
		break;
	}
}

/* A try ends without a word; what it did with the zones below the last that it named isn't known for sure. */
void mm_compact_end_try(struct mm_compact_state *s, struct mm_compact_task *t)
{
	if (!t->in_try)
		return;
	t->in_try = false;
	if (t->reset_seen)
		return; /* it stopped at success */
	for (unsigned int i = 0; i < s->m->core.nr_zones; i++) {
		const struct zone_state *z = &s->m->core.zone[i];
		struct mm_defer *f = &s->zone[i].defer;

		if (z->zone_type < 0 || z->zone_type > 7 || z->zone_type > (int)t->highest || z->managed == 0 ||
		    (t->zone_passed & 1u << z->zone_type) || t->prio == PRIO_SYNC_FULL)
			continue;
		if (t->prio != PRIO_ASYNC) /* only asynchronous tries may stop for the scheduler */
			mm_deferred(f, t->order);
		else if (f->failed_known && t->order < f->failed)
			continue;
		else
			f->considered_known = f->considered_known && f->shift_known && f->considered == 1u << f->shift;
	}
}
