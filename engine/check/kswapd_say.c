// SPDX-License-Identifier: GPL-2.0-only
/* What the check of kswapd reports: its decisions, and the words for a node's balance. */
#include <inttypes.h>

#include "check/kswapd.h"
#include "say/words.h"

const char *mm_rec_zone_name(const struct mm_machine *m, int zid)
{
	return zid >= 0 && zid < SG_MAX_ZONE_TYPES && m->cap->zone_type[zid][0] ? m->cap->zone_type[zid] : "?";
}

void mm_rec_say(struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev, struct mm_decision *d)
{
	d->kind = MM_CHECK_KSWAPD;
	d->event = mm_position(m) + 1;
	d->ts = ev->ts;
	d->pid = ev->pid;
	if (!d->ours)
		d->ours = "";
	if (!d->reason)
		d->reason = "";
	if (!d->why)
		d->why = "";
	mm_check_report(c, d);
}

void mm_rec_number(struct mm_decision *d, const char *name, int64_t value)
{
	if (d->nr_numbers < MM_DECISION_NUMBERS) {
		d->number[d->nr_numbers].name = name;
		d->number[d->nr_numbers++].value = value;
	}
}

/* Which zone decides whether the node is balanced, and by what. */
static void balance_reason(const struct mm_machine *m, const struct mm_balance *b, int order, int zid, const char *other,
			   struct mm_text *t)
{
	if (b->zone < 0) {
		mm_text_add(t, "The node has no zone up to %s whose free pages are known", mm_rec_zone_name(m, zid));
	} else {
		mm_text_add(t,
			    "Order %d, zones of node %d up to %s: %s is best off with %" PRId64 " free pages%s, and more than %" PRId64
			    " are needed (high watermark and reserve)", order, m->core.zone[b->zone].node, mm_rec_zone_name(m,
															    zid),
			    m->core.zone[b->zone].name, b->free, b->by_block ? " in whole pageblocks" : "", b->need);
		if (b->free > b->need && !b->balanced)
			mm_text_add(t, ", but no zone that has enough has a free block of order %d", order);
	}
	mm_text_add(t, ": the node is %sbalanced.", b->balanced ? "" : "not ");
	if (other)
		mm_text_add(t, " Whatever the balance, this decides: %s.", other);
}

/* The flags of the request that asks, where the event has them. */
void mm_rec_say_gfp(const struct sg_event *ev, struct mm_decision *d)
{
	uint64_t gfp = SG_MISSING;

	if (ev->kind == SG_EV_mm_vmscan_wakeup_kswapd)
		gfp = ev->v[SGF_mm_vmscan_wakeup_kswapd_gfp_flags];
	else if (ev->kind == SG_EV_mm_vmscan_direct_reclaim_begin)
		gfp = ev->v[SGF_mm_vmscan_direct_reclaim_begin_gfp_flags];
	else if (ev->kind == SG_EV_mm_compaction_try_to_compact_pages)
		gfp = ev->v[SGF_mm_compaction_try_to_compact_pages_gfp_mask];
	if (gfp != SG_MISSING)
		mm_rec_number(d, "gfp", (int64_t)gfp);
}

/* A yes-or-no answer that hangs on the node's balance, unless there is an @other ground. */
void mm_rec_say_balance(struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev, const char *rule,
			const struct mm_balance *b, int order, int zid, bool ours, bool kernel, const char *other,
			const char *yes, const char *no)
{
	char reason[480] = "";
	struct mm_decision d = { .rule = rule, .kernel = kernel ? yes : no, .ours = ours ? yes : no, .reason = reason,
				 .verdict = ours == kernel ? MM_EQUAL : MM_DIFFERS };

	if (!other && !b->known) {
		d.verdict = MM_UNDECIDED;
		d.why = b->zones_open ? "highest_zone_unknown" : b->failures_open ? "failures_not_traced" : "free_pages_unknown";
		d.ours = "";
	} else if (!other && b->failures_open && ours != kernel) {
		d.verdict = MM_UNDECIDED;
		d.why = "failures_unknown";
		d.ours = "";
	} else if (!other && b->close) {
		d.verdict = MM_UNDECIDED;
		d.why = "within_counter_error";
		d.ours = "";
	}
	mm_rec_number(&d, "order", order);
	mm_rec_number(&d, "highest_zone", zid);
	mm_rec_number(&d, b->by_block ? "free_in_blocks" : "free", b->free);
	mm_rec_number(&d, "needed", b->need);
	mm_rec_number(&d, "zone", b->zone < 0 ? -1 : m->core.zone[b->zone].zone_type);
	mm_rec_say_gfp(ev, &d);
	if (mm_check_wants_text(c))
		balance_reason(m, b, order, zid, other, &(struct mm_text){ reason, sizeof(reason), 0 });
	mm_rec_say(c, m, ev, &d);
}
