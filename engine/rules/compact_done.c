// SPDX-License-Identifier: GPL-2.0-only
/* Rules of compaction: when a run is done, and how fragmented a zone counts as. */
#include "rules/compact.h"

int64_t mm_frag_score(const struct mm_machine *m, const struct zone_state *z)
{
	int64_t blocks = 0, all = 0;

	/* Source: mm/vmstat.c: fill_contig_page_info(), 6.1 to 7.3: the lists of isolated pageblocks count, too */
	for (unsigned int o = 0; o < m->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_MT; t++) {
			int64_t n = (int64_t)(mm_list_blocks(z, o, t) << o);

			all += n;
			blocks += o >= m->pb_order ? n : 0;
		}
	return all ? (all - blocks) * 100 / all : 0;
}

int64_t mm_frag_mark(struct mm_facts facts, int64_t proactiveness, bool low)
{
	int64_t mark = 100 - proactiveness, more = 10;

	if (mm_has(facts, PROACTIVE_LEEWAY))
		more = mark / 2 < 10 ? mark / 2 : 10;
	else if (mark < 5)
		mark = 5;
	if (low)
		return mark;
	return mark + more < 100 ? mark + more : 100;
}

/* kcompactd with defrag_mode: is the high watermark reached in whole blocks? */
static unsigned int by_blocks(const struct mm_done_in *in, struct mm_done *out)
{
	const struct mm_wmark_zone *w = in->w;
	unsigned int order = (unsigned int)in->order;
	int64_t margin;

	out->step = "free pages in whole blocks are held against the high watermark";
	if (!w || !w->known) {
		out->why = "watermarks_unknown";
		return MM_COMPACT_RESULTS;
	}
	margin = mm_wmark_margin(w, order, w->high + in->boost.lo, in->zone_type, in->alloc_flags, w->free_blocks);
	out->free = w->free_blocks;
	out->mark = w->free_blocks - margin;
	out->have_mark = true;
	if (margin <= 0)
		return MM_COMPACT_CONTINUE;
	if (margin <= in->boost.hi - in->boost.lo) {
		out->why = "watermark_boost_unknown";
		return MM_COMPACT_RESULTS;
	}
	return order == 0 || mm_wmark_has_block(w, order, in->alloc_flags) ? MM_COMPACT_SUCCESS : MM_COMPACT_CONTINUE;
}

static unsigned int proactive(const struct mm_machine *m, const struct zone_state *z, const struct mm_done_in *in,
			      struct mm_done *out)
{
	out->step = "kswapd sleeps, the fragmentation score is held against its low mark";
	out->free = mm_frag_score(m, z);
	out->mark = mm_frag_mark(in->facts, in->proactiveness, true);
	out->have_mark = true;
	if (in->kswapd_runs == MM_MAYBE) {
		out->why = "kswapd_running_unknown";
		return MM_COMPACT_RESULTS;
	}
	if (in->kswapd_runs == MM_YES)
		return MM_COMPACT_PARTIAL_SKIPPED;
	return out->free > out->mark ? MM_COMPACT_CONTINUE : MM_COMPACT_SUCCESS;
}

/* Is a block free that the request may have, its own or one to claim? */
static unsigned int by_lists(const struct mm_machine *m, const struct zone_state *z, const struct mm_done_in *in,
			     struct mm_done *out)
{
	unsigned int order = (unsigned int)in->order, o = 0, mt = 0;
	enum mm_answer found = mm_list_satisfies(m, z, order, in->mt, in->gone, &o, &mt);

	if (in->gone && !in->gone_sure && found != mm_list_satisfies(m, z, order, in->mt, NULL, &o, &mt)) {
		out->why = "capture_unknown";
		return MM_COMPACT_RESULTS;
	}
	out->step = found == MM_YES ? "a block of the wanted type, or one that may be claimed, is free" :
				      "no block of the wanted type, nor one that may be claimed, is free";
	if (found == MM_MAYBE) {
		out->why = "free_type_unknown";
		return MM_COMPACT_RESULTS;
	}
	out->found_order = found == MM_YES ? (int)o : -1;
	out->have_found = true;
	return found == MM_YES ? MM_COMPACT_SUCCESS : MM_COMPACT_NO_SUITABLE_PAGE;
}

void mm_compact_done(const struct mm_machine *m, const struct zone_state *z, const struct mm_done_in *in,
		     struct mm_done *out)
{
	*out = (struct mm_done){ .ret = MM_COMPACT_RESULTS, .step = "the scanners' positions" };
	if (in->met == MM_MAYBE) {
		out->why = "scanner_position_unknown";
		return;
	}
	if (in->met == MM_YES) {
		out->step = "the scanners have met";
		if (in->whole_zone == MM_MAYBE)
			out->why = "init_pfn_unknown";
		else
			out->ret = in->whole_zone == MM_YES ? MM_COMPACT_COMPLETE : MM_COMPACT_PARTIAL_SKIPPED;
		return;
	}
	if (in->proactive) {
		out->ret = proactive(m, z, in, out);
		return;
	}
	if (in->order == -1) {
		out->step = "the whole zone was asked for";
		out->ret = MM_COMPACT_CONTINUE;
		return;
	}
	if (in->migrate_pfn & ((UINT64_C(1) << m->pb_order) - 1)) {
		out->step = "the migrate scanner is within a pageblock, which is finished first";
		out->ret = MM_COMPACT_CONTINUE;
		return;
	}
	out->ret = in->defrag_mode && !in->direct ? by_blocks(in, out) : by_lists(m, z, in, out);
}
