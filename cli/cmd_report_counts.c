// SPDX-License-Identifier: GPL-2.0-only
/* The counts of a report, which its text and its JSON print. */
#include "cmd_report.h"

#include <string.h>

const struct mm_extfrag_total *report_extfrag(const struct report *r, size_t *ret_nr)
{
	*ret_nr = 0;
	return r->sums->kind[SG_EV_mm_page_alloc_extfrag] ? mm_totals_extfrag(r->totals, ret_nr)
							  : NULL;
}

const struct report_count *report_count_list(size_t *ret_nr)
{
#define C(group, key, text, member, kind) { group, key, text, offsetof(struct mm_sums, member), kind }
	static const struct report_count list[] = {
		C("reclaim", "kswapd_wakes", "kswapd wakes", kswapd_wakes, SG_EV_mm_vmscan_kswapd_wake),
		C("reclaim", "kswapd_sleeps", "kswapd sleeps", kswapd_sleeps, SG_EV_mm_vmscan_kswapd_sleep),
		C("reclaim", "kswapd_failures", "kswapd failures", kswapd_fails, SG_EV_mm_vmscan_kswapd_reclaim_fail),
		C("reclaim", "direct_reclaims", "direct reclaims", direct_reclaims, SG_EV_mm_vmscan_direct_reclaim_begin),
		C("reclaim", "direct_reclaimed_pages", "pages they reclaimed", direct_reclaimed_pages,
		  SG_EV_mm_vmscan_direct_reclaim_end),
		C("reclaim", "lru_scanned", "inactive pages scanned", lru_scanned, SG_EV_mm_vmscan_lru_shrink_inactive),
		C("reclaim", "lru_reclaimed", "inactive pages reclaimed", lru_reclaimed, SG_EV_mm_vmscan_lru_shrink_inactive),
		C("reclaim", "slab_scans", "slab scans", slab_scans, SG_EV_mm_shrink_slab_start),
		C("compaction", "runs", "runs", compact_runs, SG_EV_mm_compaction_end),
		C("compaction", "success", "ended: success", compact_success, SG_EV_mm_compaction_end),
		C("compaction", "partial_skipped", "ended: partial_skipped", compact_partial_skipped, SG_EV_mm_compaction_end),
		C("compaction", "complete", "ended: complete", compact_complete, SG_EV_mm_compaction_end),
		C("compaction", "contended", "ended: contended", compact_contended, SG_EV_mm_compaction_end),
		C("compaction", "other", "ended: other", compact_other, SG_EV_mm_compaction_end),
		C("compaction", "kcompactd_wakes", "kcompactd wakes", kcompactd_wakes, SG_EV_mm_compaction_kcompactd_wake),
		C("compaction", "deferred", "deferred", compact_deferred, SG_EV_mm_compaction_deferred),
		C("compaction", "migrate_scanned", "pages scanned to migrate", migrate_scanned,
		  SG_EV_mm_compaction_isolate_migratepages),
		C("compaction", "migrate_taken", "pages taken to migrate", migrate_taken,
		  SG_EV_mm_compaction_isolate_migratepages),
		/* kernels before 6.3 have no event for the searches of the free lists: those are not counted there */
		C("compaction", "free_scanned", "free pages scanned", free_scanned, SG_EV_mm_compaction_isolate_freepages),
		C("compaction", "free_taken", "free pages taken", free_taken, SG_EV_mm_compaction_isolate_freepages),
		C("compaction", "migrated", "pages migrated", migrated, SG_EV_mm_compaction_migratepages),
		C("compaction", "migrate_failed", "pages not migrated", migrate_failed, SG_EV_mm_compaction_migratepages),
	};
#undef C

	*ret_nr = sizeof(list) / sizeof(list[0]);
	return list;
}

uint64_t report_count_of(const struct report *r, const struct report_count *c)
{
	uint64_t v;

	memcpy(&v, (const char *)r->sums + c->offset, sizeof(v));
	return v;
}

bool report_count_known(const struct report *r, const struct report_count *c)
{
	return report_count_of(r, c) || report_has(r, c->kind);
}
