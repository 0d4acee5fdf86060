// SPDX-License-Identifier: GPL-2.0-only
/* Decisions of the simulated compaction in words and numbers, for who listens. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/compact/compact.h"

static void number(struct mm_decision *d, const char *name, int64_t value)
{
	if (d->nr_numbers == MM_DECISION_NUMBERS)
		return;
	d->number[d->nr_numbers].name = name;
	d->number[d->nr_numbers++].value = value;
}

void mm_sim_say_suitable(struct mm_sim *s, const struct mm_wmark_zone *w, unsigned int zi, unsigned int order,
			 int64_t mark,
			 unsigned int zone_type, int index, unsigned int ret)
{
	int64_t gap = mm_compact_gap(s->policy.facts, order);
	char reason[320];
	struct mm_decision d = { .kind = MM_CHECK_COMPACT_CHECK, .why = "simulated", .pid = MM_PID_UNKNOWN,
				 .reason = reason, .rule = "mm/compaction.c: compaction_suitable()",
				 .ours = mm_compact_result_name(ret) };

	number(&d, "order", order);
	number(&d, "free", w->free);
	number(&d, "mark", mark);
	number(&d, "gap", gap);
	number(&d, "reserve", zone_type < SG_MAX_ZONE_TYPES ? w->reserve[zone_type] : 0);
	number(&d, "boost", w->boost);
	number(&d, "fragindex", index);
	number(&d, "zone", w->type);
	snprintf(reason, sizeof(reason),
		 "Compaction of order %u in zone %s needs more than its watermark of %" PRId64 ", a gap of %" PRId64
		 " and the reserve in free pages; there are %" PRId64 ". Fragmentation index %d of %" PRId64 ".",
		 order, mm_sim_zone(s, zi)->name, mark, gap, w->free, index, mm_sim_tune(s, MM_TUNE_EXTFRAG_THRESHOLD));
	mm_sim_decide(s, &d);
}

void mm_sim_say_defer(struct mm_sim *s, unsigned int zi, unsigned int order, const char *rule, const char *ours)
{
	const struct mm_defer *f = &s->compact->zone[zi].defer;
	char reason[200];
	struct mm_decision d = { .kind = MM_CHECK_COMPACT_CHECK, .why = "simulated", .pid = MM_PID_UNKNOWN,
				 .reason = reason, .rule = rule, .ours = ours };

	number(&d, "order", order);
	number(&d, "considered", f->considered);
	number(&d, "shift", f->shift);
	number(&d, "order_failed", f->failed);
	snprintf(reason, sizeof(reason),
		 "Zone %s: %u of %u tries were considered since the last one that failed; orders from %" PRId64
		 " on fail.", mm_sim_zone(s, zi)->name, f->considered, 1u << f->shift, f->failed);
	mm_sim_decide(s, &d);
}

void mm_sim_say_done(struct mm_sim *s, const struct sim_cc *cc, const struct mm_done *done)
{
	char reason[320];
	struct mm_decision d = { .kind = MM_CHECK_COMPACT_CHECK, .why = "simulated", .pid = cc->pid, .reason = reason,
				 .rule = "mm/compaction.c: __compact_finished()",
				 .ours = mm_compact_result_name(done->ret) };

	number(&d, "order", cc->who.order);
	number(&d, "migrate_pfn", (int64_t)cc->migrate_pfn);
	number(&d, "free_pfn", (int64_t)cc->free_pfn);
	if (done->have_mark) {
		number(&d, cc->proactive ? "score" : "free_in_blocks", done->free);
		number(&d, cc->proactive ? "low_mark" : "mark", done->mark);
	}
	if (done->have_found)
		number(&d, "found_order", done->found_order);
	snprintf(reason, sizeof(reason),
		 "Order %d, migrate scanner at 0x%" PRIx64 ", free scanner at 0x%" PRIx64 ": %s.",
		 cc->who.order, cc->migrate_pfn, cc->free_pfn, done->step);
	mm_sim_decide(s, &d);
}

void mm_sim_say_range(struct mm_sim *s, const struct sim_cc *cc, const char *rule, const char *what, uint64_t start,
		      uint64_t end, uint64_t scanned, uint64_t taken)
{
	char ours[96];
	struct mm_decision d = { .kind = MM_CHECK_SCANNER, .why = "simulated", .pid = cc->pid, .reason = what,
				 .rule = rule,
				 .ours = ours };

	number(&d, "start_pfn", (int64_t)start);
	number(&d, "end_pfn", (int64_t)end);
	number(&d, "nr_scanned", (int64_t)scanned);
	number(&d, "nr_taken", (int64_t)taken);
	snprintf(ours, sizeof(ours), "0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " taken", start, end, taken);
	mm_sim_decide(s, &d);
}

void mm_sim_say_run(struct mm_sim *s, const struct sim_cc *cc, const char *what, unsigned int ret)
{
	char ours[120], reason[200];
	struct mm_decision d = { .kind = MM_CHECK_SCANNER, .why = "simulated", .pid = cc->pid, .reason = reason,
				 .ours = ours,
				 .rule = "mm/compaction.c: compact_zone()" };

	number(&d, "migrate_pfn", (int64_t)cc->migrate_pfn);
	number(&d, "free_pfn", (int64_t)cc->free_pfn);
	number(&d, "order", cc->who.order);
	number(&d, "mode", cc->mode);
	number(&d, "migrated", (int64_t)cc->migrated);
	number(&d, "failed", (int64_t)cc->failed);
	snprintf(ours, sizeof(ours), "%s at 0x%" PRIx64 " and 0x%" PRIx64 ": %s", what, cc->migrate_pfn, cc->free_pfn,
		 mm_compact_result_name(ret));
	snprintf(reason, sizeof(reason),
		 "A run over zone %s for order %d %s; %" PRIu64 " pages were moved, %" PRIu64 " could not be.",
		 mm_sim_zone(s, cc->zone)->name, cc->who.order, what, cc->migrated, cc->failed);
	mm_sim_decide(s, &d);
}

void mm_sim_say_kcompactd(struct mm_sim *s, int node, const char *what, int64_t order, int64_t score, int64_t mark)
{
	char reason[200];
	struct mm_decision d = { .kind = MM_CHECK_COMPACT_CHECK, .why = "simulated", .pid = MM_PID_UNKNOWN,
				 .reason = reason, .ours = what,
				 .rule = "mm/compaction.c: kcompactd()" };

	number(&d, "node", node);
	number(&d, "order", order);
	if (order > 0) {
		snprintf(reason, sizeof(reason), "kcompactd of node %d %s order %" PRId64 ".", node, what, order);
	} else {
		number(&d, "score", score);
		number(&d, "mark", mark);
		snprintf(reason, sizeof(reason),
			 "kcompactd of node %d %s: its fragmentation score is %" PRId64 ", held against %" PRId64 ".",
			 node, what, score, mark);
	}
	mm_sim_decide(s, &d);
}
