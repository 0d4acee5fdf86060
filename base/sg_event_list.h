/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every event that stormglass decodes: SG_EV(system, name), its fields
 * SG_F(name, field, type, "names in the formats"), SG_EV_END.  Included several
 * times with different macros, so no include guard.  Sources: the format files
 * of kernels 6.1, 6.12, 6.18, 7.2 and 7.3 (include/trace/events/{kmem,compaction,
 * vmscan,migrate,pagemap,filemap,oom,page_isolation,huge_memory,cma}.h);
 * cma_alloc is 5.10's.  exceptions: arch/x86/include/asm/trace/exceptions.h;
 * syscalls have no header: each argument is a field of the size of a long, by
 * its name in the kernel's source (kernel/trace/trace_syscalls.c).
 */

SG_EV(kmem, mm_page_alloc)
	SG_F(mm_page_alloc, pfn, SG_T_PFN, "pfn")
	SG_F(mm_page_alloc, order, SG_T_ORDER, "order")
	SG_F(mm_page_alloc, gfp_flags, SG_T_GFP, "gfp_flags")
	SG_F(mm_page_alloc, migratetype, SG_T_MT, "migratetype")
SG_EV_END

SG_EV(kmem, mm_page_free)
	SG_F(mm_page_free, pfn, SG_T_PFN, "pfn")
	SG_F(mm_page_free, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(kmem, mm_page_free_batched)
	SG_F(mm_page_free_batched, pfn, SG_T_PFN, "pfn")
SG_EV_END

SG_EV(kmem, mm_page_alloc_zone_locked)
	SG_F(mm_page_alloc_zone_locked, pfn, SG_T_PFN, "pfn")
	SG_F(mm_page_alloc_zone_locked, order, SG_T_ORDER, "order")
	SG_F(mm_page_alloc_zone_locked, migratetype, SG_T_MT, "migratetype")
	SG_F(mm_page_alloc_zone_locked, percpu_refill, SG_T_BOOL, "percpu_refill")
SG_EV_END

SG_EV(kmem, mm_page_pcpu_drain)
	SG_F(mm_page_pcpu_drain, pfn, SG_T_PFN, "pfn")
	SG_F(mm_page_pcpu_drain, order, SG_T_ORDER, "order")
	SG_F(mm_page_pcpu_drain, migratetype, SG_T_MT, "migratetype")
SG_EV_END

SG_EV(kmem, mm_page_alloc_extfrag)
	SG_F(mm_page_alloc_extfrag, pfn, SG_T_PFN, "pfn")
	SG_F(mm_page_alloc_extfrag, alloc_order, SG_T_ORDER, "alloc_order")
	SG_F(mm_page_alloc_extfrag, fallback_order, SG_T_ORDER, "fallback_order")
	SG_F(mm_page_alloc_extfrag, alloc_migratetype, SG_T_MT, "alloc_migratetype")
	SG_F(mm_page_alloc_extfrag, fallback_migratetype, SG_T_MT, "fallback_migratetype")
	SG_F(mm_page_alloc_extfrag, change_ownership, SG_T_BOOL, "change_ownership")
SG_EV_END

SG_EV(filemap, mm_filemap_add_to_page_cache)
	SG_F(mm_filemap_add_to_page_cache, i_ino, SG_T_UINT, "i_ino")
	SG_F(mm_filemap_add_to_page_cache, pfn, SG_T_PFN, "pfn")
	SG_F(mm_filemap_add_to_page_cache, index, SG_T_UINT, "index")
	SG_F(mm_filemap_add_to_page_cache, s_dev, SG_T_HEX, "s_dev")
	SG_F(mm_filemap_add_to_page_cache, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(filemap, mm_filemap_delete_from_page_cache)
	SG_F(mm_filemap_delete_from_page_cache, i_ino, SG_T_UINT, "i_ino")
	SG_F(mm_filemap_delete_from_page_cache, pfn, SG_T_PFN, "pfn")
	SG_F(mm_filemap_delete_from_page_cache, index, SG_T_UINT, "index")
	SG_F(mm_filemap_delete_from_page_cache, s_dev, SG_T_HEX, "s_dev")
	SG_F(mm_filemap_delete_from_page_cache, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(migrate, mm_migrate_pages)
	SG_F(mm_migrate_pages, succeeded, SG_T_UINT, "succeeded")
	SG_F(mm_migrate_pages, failed, SG_T_UINT, "failed")
	SG_F(mm_migrate_pages, thp_succeeded, SG_T_UINT, "thp_succeeded")
	SG_F(mm_migrate_pages, thp_failed, SG_T_UINT, "thp_failed")
	SG_F(mm_migrate_pages, thp_split, SG_T_UINT, "thp_split")
	SG_F(mm_migrate_pages, large_folio_split, SG_T_UINT, "large_folio_split")
	SG_F(mm_migrate_pages, mode, SG_T_SYM, "mode")
	SG_F(mm_migrate_pages, reason, SG_T_SYM, "reason")
SG_EV_END

SG_EV(migrate, mm_migrate_pages_start)
	SG_F(mm_migrate_pages_start, mode, SG_T_SYM, "mode")
	SG_F(mm_migrate_pages_start, reason, SG_T_SYM, "reason")
SG_EV_END

SG_EV(compaction, mm_compaction_wakeup_kcompactd)
	SG_F(mm_compaction_wakeup_kcompactd, nid, SG_T_NID, "nid")
	SG_F(mm_compaction_wakeup_kcompactd, order, SG_T_INT, "order")
	SG_F(mm_compaction_wakeup_kcompactd, highest_zoneidx, SG_T_ZONE, "highest_zoneidx")
SG_EV_END

SG_EV(compaction, mm_compaction_try_to_compact_pages)
	SG_F(mm_compaction_try_to_compact_pages, order, SG_T_ORDER, "order")
	SG_F(mm_compaction_try_to_compact_pages, gfp_mask, SG_T_GFP, "gfp_mask")
	SG_F(mm_compaction_try_to_compact_pages, prio, SG_T_INT, "prio")
SG_EV_END

SG_EV(compaction, mm_compaction_suitable)
	SG_F(mm_compaction_suitable, nid, SG_T_NID, "nid")
	SG_F(mm_compaction_suitable, idx, SG_T_ZONE, "idx")
	SG_F(mm_compaction_suitable, order, SG_T_INT, "order")
	SG_F(mm_compaction_suitable, ret, SG_T_SYM, "ret")
SG_EV_END

SG_EV(compaction, mm_compaction_migratepages)
	SG_F(mm_compaction_migratepages, nr_migrated, SG_T_UINT, "nr_migrated")
	SG_F(mm_compaction_migratepages, nr_failed, SG_T_UINT, "nr_failed")
SG_EV_END

SG_EV(compaction, mm_compaction_kcompactd_wake)
	SG_F(mm_compaction_kcompactd_wake, nid, SG_T_NID, "nid")
	SG_F(mm_compaction_kcompactd_wake, order, SG_T_INT, "order")
	SG_F(mm_compaction_kcompactd_wake, highest_zoneidx, SG_T_ZONE, "highest_zoneidx")
SG_EV_END

SG_EV(compaction, mm_compaction_kcompactd_sleep)
	SG_F(mm_compaction_kcompactd_sleep, nid, SG_T_NID, "nid")
SG_EV_END

SG_EV(compaction, mm_compaction_isolate_migratepages)
	SG_F(mm_compaction_isolate_migratepages, start_pfn, SG_T_PFN, "start_pfn")
	SG_F(mm_compaction_isolate_migratepages, end_pfn, SG_T_PFN, "end_pfn")
	SG_F(mm_compaction_isolate_migratepages, nr_scanned, SG_T_UINT, "nr_scanned")
	SG_F(mm_compaction_isolate_migratepages, nr_taken, SG_T_UINT, "nr_taken")
SG_EV_END

SG_EV(compaction, mm_compaction_isolate_freepages)
	SG_F(mm_compaction_isolate_freepages, start_pfn, SG_T_PFN, "start_pfn")
	SG_F(mm_compaction_isolate_freepages, end_pfn, SG_T_PFN, "end_pfn")
	SG_F(mm_compaction_isolate_freepages, nr_scanned, SG_T_UINT, "nr_scanned")
	SG_F(mm_compaction_isolate_freepages, nr_taken, SG_T_UINT, "nr_taken")
SG_EV_END

SG_EV(compaction, mm_compaction_finished)
	SG_F(mm_compaction_finished, nid, SG_T_NID, "nid")
	SG_F(mm_compaction_finished, idx, SG_T_ZONE, "idx")
	SG_F(mm_compaction_finished, order, SG_T_INT, "order")
	SG_F(mm_compaction_finished, ret, SG_T_SYM, "ret")
SG_EV_END

SG_EV(compaction, mm_compaction_fast_isolate_freepages)
	SG_F(mm_compaction_fast_isolate_freepages, start_pfn, SG_T_PFN, "start_pfn")
	SG_F(mm_compaction_fast_isolate_freepages, end_pfn, SG_T_PFN, "end_pfn")
	SG_F(mm_compaction_fast_isolate_freepages, nr_scanned, SG_T_UINT, "nr_scanned")
	SG_F(mm_compaction_fast_isolate_freepages, nr_taken, SG_T_UINT, "nr_taken")
SG_EV_END

SG_EV(compaction, mm_compaction_end)
	SG_F(mm_compaction_end, zone_start, SG_T_PFN, "zone_start")
	SG_F(mm_compaction_end, migrate_pfn, SG_T_PFN, "migrate_pfn")
	SG_F(mm_compaction_end, free_pfn, SG_T_PFN, "free_pfn")
	SG_F(mm_compaction_end, zone_end, SG_T_PFN, "zone_end")
	SG_F(mm_compaction_end, sync, SG_T_BOOL, "sync")
	SG_F(mm_compaction_end, status, SG_T_SYM, "status")
SG_EV_END

SG_EV(compaction, mm_compaction_deferred)
	SG_F(mm_compaction_deferred, nid, SG_T_NID, "nid")
	SG_F(mm_compaction_deferred, idx, SG_T_ZONE, "idx")
	SG_F(mm_compaction_deferred, order, SG_T_INT, "order")
	SG_F(mm_compaction_deferred, considered, SG_T_UINT, "considered")
	SG_F(mm_compaction_deferred, defer_shift, SG_T_UINT, "defer_shift")
	SG_F(mm_compaction_deferred, order_failed, SG_T_INT, "order_failed")
SG_EV_END

SG_EV(compaction, mm_compaction_defer_reset)
	SG_F(mm_compaction_defer_reset, nid, SG_T_NID, "nid")
	SG_F(mm_compaction_defer_reset, idx, SG_T_ZONE, "idx")
	SG_F(mm_compaction_defer_reset, order, SG_T_INT, "order")
	SG_F(mm_compaction_defer_reset, considered, SG_T_UINT, "considered")
	SG_F(mm_compaction_defer_reset, defer_shift, SG_T_UINT, "defer_shift")
	SG_F(mm_compaction_defer_reset, order_failed, SG_T_INT, "order_failed")
SG_EV_END

SG_EV(compaction, mm_compaction_defer_compaction)
	SG_F(mm_compaction_defer_compaction, nid, SG_T_NID, "nid")
	SG_F(mm_compaction_defer_compaction, idx, SG_T_ZONE, "idx")
	SG_F(mm_compaction_defer_compaction, order, SG_T_INT, "order")
	SG_F(mm_compaction_defer_compaction, considered, SG_T_UINT, "considered")
	SG_F(mm_compaction_defer_compaction, defer_shift, SG_T_UINT, "defer_shift")
	SG_F(mm_compaction_defer_compaction, order_failed, SG_T_INT, "order_failed")
SG_EV_END

SG_EV(compaction, mm_compaction_begin)
	SG_F(mm_compaction_begin, zone_start, SG_T_PFN, "zone_start")
	SG_F(mm_compaction_begin, migrate_pfn, SG_T_PFN, "migrate_pfn")
	SG_F(mm_compaction_begin, free_pfn, SG_T_PFN, "free_pfn")
	SG_F(mm_compaction_begin, zone_end, SG_T_PFN, "zone_end")
	SG_F(mm_compaction_begin, sync, SG_T_BOOL, "sync")
SG_EV_END

SG_EV(vmscan, mm_vmscan_write_folio)
	SG_F(mm_vmscan_write_folio, pfn, SG_T_PFN, "pfn")
	SG_F(mm_vmscan_write_folio, reclaim_flags, SG_T_FLAGS, "reclaim_flags")
SG_EV_END

SG_EV(vmscan, mm_vmscan_wakeup_kswapd)
	SG_F(mm_vmscan_wakeup_kswapd, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_wakeup_kswapd, zid, SG_T_ZONE, "zid")
	SG_F(mm_vmscan_wakeup_kswapd, order, SG_T_ORDER, "order")
	SG_F(mm_vmscan_wakeup_kswapd, gfp_flags, SG_T_GFP, "gfp_flags")
SG_EV_END

SG_EV(vmscan, mm_vmscan_throttled)
	SG_F(mm_vmscan_throttled, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_throttled, usec_timeout, SG_T_INT, "usec_timeout")
	SG_F(mm_vmscan_throttled, usec_delayed, SG_T_INT, "usec_delayed")
	SG_F(mm_vmscan_throttled, reason, SG_T_FLAGS, "reason")
SG_EV_END

SG_EV(vmscan, mm_vmscan_reclaim_pages)
	SG_F(mm_vmscan_reclaim_pages, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_reclaim_pages, nr_scanned, SG_T_UINT, "nr_scanned")
	SG_F(mm_vmscan_reclaim_pages, nr_reclaimed, SG_T_UINT, "nr_reclaimed")
	SG_F(mm_vmscan_reclaim_pages, nr_dirty, SG_T_UINT, "nr_dirty")
	SG_F(mm_vmscan_reclaim_pages, nr_writeback, SG_T_UINT, "nr_writeback")
	SG_F(mm_vmscan_reclaim_pages, nr_congested, SG_T_UINT, "nr_congested")
	SG_F(mm_vmscan_reclaim_pages, nr_immediate, SG_T_UINT, "nr_immediate")
	SG_F(mm_vmscan_reclaim_pages, nr_activate0, SG_T_UINT, "nr_activate0")
	SG_F(mm_vmscan_reclaim_pages, nr_activate1, SG_T_UINT, "nr_activate1")
	SG_F(mm_vmscan_reclaim_pages, nr_ref_keep, SG_T_UINT, "nr_ref_keep")
	SG_F(mm_vmscan_reclaim_pages, nr_unmap_fail, SG_T_UINT, "nr_unmap_fail")
SG_EV_END

SG_EV(vmscan, mm_vmscan_node_reclaim_end)
	SG_F(mm_vmscan_node_reclaim_end, nr_reclaimed, SG_T_UINT, "nr_reclaimed")
	SG_F(mm_vmscan_node_reclaim_end, memcg_id, SG_T_UINT, "memcg_id")
SG_EV_END

SG_EV(vmscan, mm_vmscan_node_reclaim_begin)
	SG_F(mm_vmscan_node_reclaim_begin, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_node_reclaim_begin, order, SG_T_ORDER, "order")
	SG_F(mm_vmscan_node_reclaim_begin, gfp_flags, SG_T_GFP, "gfp_flags")
SG_EV_END

SG_EV(vmscan, mm_vmscan_memcg_softlimit_reclaim_end)
	SG_F(mm_vmscan_memcg_softlimit_reclaim_end, nr_reclaimed, SG_T_UINT, "nr_reclaimed")
	SG_F(mm_vmscan_memcg_softlimit_reclaim_end, memcg_id, SG_T_UINT, "memcg_id")
SG_EV_END

SG_EV(vmscan, mm_vmscan_memcg_softlimit_reclaim_begin)
	SG_F(mm_vmscan_memcg_softlimit_reclaim_begin, gfp_flags, SG_T_GFP, "gfp_flags")
	SG_F(mm_vmscan_memcg_softlimit_reclaim_begin, memcg_id, SG_T_UINT, "memcg_id")
	SG_F(mm_vmscan_memcg_softlimit_reclaim_begin, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(vmscan, mm_vmscan_memcg_reclaim_end)
	SG_F(mm_vmscan_memcg_reclaim_end, nr_reclaimed, SG_T_UINT, "nr_reclaimed")
	SG_F(mm_vmscan_memcg_reclaim_end, memcg_id, SG_T_UINT, "memcg_id")
SG_EV_END

SG_EV(vmscan, mm_vmscan_memcg_reclaim_begin)
	SG_F(mm_vmscan_memcg_reclaim_begin, gfp_flags, SG_T_GFP, "gfp_flags")
	SG_F(mm_vmscan_memcg_reclaim_begin, memcg_id, SG_T_UINT, "memcg_id")
	SG_F(mm_vmscan_memcg_reclaim_begin, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(vmscan, mm_vmscan_lru_shrink_inactive)
	SG_F(mm_vmscan_lru_shrink_inactive, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_scanned, SG_T_UINT, "nr_scanned")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_reclaimed, SG_T_UINT, "nr_reclaimed")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_dirty, SG_T_UINT, "nr_dirty")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_writeback, SG_T_UINT, "nr_writeback")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_congested, SG_T_UINT, "nr_congested")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_immediate, SG_T_UINT, "nr_immediate")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_activate0, SG_T_UINT, "nr_activate0")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_activate1, SG_T_UINT, "nr_activate1")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_ref_keep, SG_T_UINT, "nr_ref_keep")
	SG_F(mm_vmscan_lru_shrink_inactive, nr_unmap_fail, SG_T_UINT, "nr_unmap_fail")
	SG_F(mm_vmscan_lru_shrink_inactive, priority, SG_T_INT, "priority")
	SG_F(mm_vmscan_lru_shrink_inactive, reclaim_flags, SG_T_FLAGS, "reclaim_flags")
SG_EV_END

SG_EV(vmscan, mm_vmscan_lru_shrink_active)
	SG_F(mm_vmscan_lru_shrink_active, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_lru_shrink_active, nr_taken, SG_T_UINT, "nr_taken")
	SG_F(mm_vmscan_lru_shrink_active, nr_active, SG_T_UINT, "nr_active")
	SG_F(mm_vmscan_lru_shrink_active, nr_deactivated, SG_T_UINT, "nr_deactivated")
	SG_F(mm_vmscan_lru_shrink_active, nr_referenced, SG_T_UINT, "nr_referenced")
	SG_F(mm_vmscan_lru_shrink_active, priority, SG_T_INT, "priority")
	SG_F(mm_vmscan_lru_shrink_active, reclaim_flags, SG_T_FLAGS, "reclaim_flags")
SG_EV_END

SG_EV(vmscan, mm_vmscan_lru_isolate)
	SG_F(mm_vmscan_lru_isolate, highest_zoneidx, SG_T_ZONE, "highest_zoneidx")
	SG_F(mm_vmscan_lru_isolate, order, SG_T_ORDER, "order")
	SG_F(mm_vmscan_lru_isolate, nr_requested, SG_T_UINT, "nr_requested")
	SG_F(mm_vmscan_lru_isolate, nr_scanned, SG_T_UINT, "nr_scanned")
	SG_F(mm_vmscan_lru_isolate, nr_skipped, SG_T_UINT, "nr_skipped")
	SG_F(mm_vmscan_lru_isolate, nr_taken, SG_T_UINT, "nr_taken")
	SG_F(mm_vmscan_lru_isolate, lru, SG_T_SYM, "lru")
	SG_F(mm_vmscan_lru_isolate, isolate_mode, SG_T_UINT, "isolate_mode")
SG_EV_END

SG_EV(vmscan, mm_vmscan_kswapd_wake)
	SG_F(mm_vmscan_kswapd_wake, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_kswapd_wake, zid, SG_T_ZONE, "zid")
	SG_F(mm_vmscan_kswapd_wake, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(vmscan, mm_vmscan_kswapd_sleep)
	SG_F(mm_vmscan_kswapd_sleep, nid, SG_T_NID, "nid")
SG_EV_END

SG_EV(vmscan, mm_vmscan_kswapd_reclaim_fail)
	SG_F(mm_vmscan_kswapd_reclaim_fail, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_kswapd_reclaim_fail, failures, SG_T_INT, "failures")
SG_EV_END

SG_EV(vmscan, mm_vmscan_kswapd_clear_hopeless)
	SG_F(mm_vmscan_kswapd_clear_hopeless, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_kswapd_clear_hopeless, reason, SG_T_SYM, "reason")
SG_EV_END

SG_EV(vmscan, mm_vmscan_direct_reclaim_end)
	SG_F(mm_vmscan_direct_reclaim_end, nr_reclaimed, SG_T_UINT, "nr_reclaimed")
	SG_F(mm_vmscan_direct_reclaim_end, memcg_id, SG_T_UINT, "memcg_id")
SG_EV_END

SG_EV(vmscan, mm_vmscan_direct_reclaim_begin)
	SG_F(mm_vmscan_direct_reclaim_begin, gfp_flags, SG_T_GFP, "gfp_flags")
	SG_F(mm_vmscan_direct_reclaim_begin, memcg_id, SG_T_UINT, "memcg_id")
	SG_F(mm_vmscan_direct_reclaim_begin, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(vmscan, mm_vmscan_balance_pgdat_end)
	SG_F(mm_vmscan_balance_pgdat_end, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_balance_pgdat_end, order, SG_T_ORDER, "order")
	SG_F(mm_vmscan_balance_pgdat_end, highest_zoneidx, SG_T_ZONE, "highest_zoneidx")
	SG_F(mm_vmscan_balance_pgdat_end, nr_reclaimed, SG_T_UINT, "nr_reclaimed")
SG_EV_END

SG_EV(vmscan, mm_vmscan_balance_pgdat_begin)
	SG_F(mm_vmscan_balance_pgdat_begin, nid, SG_T_NID, "nid")
	SG_F(mm_vmscan_balance_pgdat_begin, order, SG_T_ORDER, "order")
	SG_F(mm_vmscan_balance_pgdat_begin, highest_zoneidx, SG_T_ZONE, "highest_zoneidx")
SG_EV_END

SG_EV(vmscan, mm_shrink_slab_start)
	SG_F(mm_shrink_slab_start, shr, SG_T_HEX, "shr")
	SG_F(mm_shrink_slab_start, shrink, SG_T_HEX, "shrink")
	SG_F(mm_shrink_slab_start, nr_objects_to_shrink, SG_T_INT, "nr_objects_to_shrink")
	SG_F(mm_shrink_slab_start, gfp_flags, SG_T_GFP, "gfp_flags")
	SG_F(mm_shrink_slab_start, cache_items, SG_T_UINT, "cache_items")
	SG_F(mm_shrink_slab_start, delta, SG_T_UINT, "delta")
	SG_F(mm_shrink_slab_start, total_scan, SG_T_UINT, "total_scan")
	SG_F(mm_shrink_slab_start, priority, SG_T_INT, "priority")
	SG_F(mm_shrink_slab_start, nid, SG_T_NID, "nid")
	SG_F(mm_shrink_slab_start, memcg_id, SG_T_UINT, "memcg_id")
SG_EV_END

SG_EV(vmscan, mm_shrink_slab_end)
	SG_F(mm_shrink_slab_end, shr, SG_T_HEX, "shr")
	SG_F(mm_shrink_slab_end, shrink, SG_T_HEX, "shrink")
	SG_F(mm_shrink_slab_end, unused_scan, SG_T_INT, "unused_scan")
	SG_F(mm_shrink_slab_end, new_scan, SG_T_INT, "new_scan")
	SG_F(mm_shrink_slab_end, total_scan, SG_T_INT, "total_scan")
	SG_F(mm_shrink_slab_end, nid, SG_T_NID, "nid")
	SG_F(mm_shrink_slab_end, retval, SG_T_INT, "retval")
	SG_F(mm_shrink_slab_end, memcg_id, SG_T_UINT, "memcg_id")
SG_EV_END

SG_EV(pagemap, mm_lru_insertion)
	SG_F(mm_lru_insertion, folio, SG_T_HEX, "folio")
	SG_F(mm_lru_insertion, pfn, SG_T_PFN, "pfn")
	SG_F(mm_lru_insertion, lru, SG_T_UINT, "lru")
	SG_F(mm_lru_insertion, flags, SG_T_UINT, "flags")
SG_EV_END

SG_EV(pagemap, mm_lru_activate)
	SG_F(mm_lru_activate, folio, SG_T_HEX, "folio")
	SG_F(mm_lru_activate, pfn, SG_T_PFN, "pfn")
SG_EV_END

SG_EV(oom, wake_reaper)
	SG_F(wake_reaper, pid, SG_T_INT, "pid")
SG_EV_END

SG_EV(oom, start_task_reaping)
	SG_F(start_task_reaping, pid, SG_T_INT, "pid")
SG_EV_END

SG_EV(oom, skip_task_reaping)
	SG_F(skip_task_reaping, pid, SG_T_INT, "pid")
SG_EV_END

SG_EV(oom, reclaim_retry_zone)
	SG_F(reclaim_retry_zone, node, SG_T_NID, "node")
	SG_F(reclaim_retry_zone, zone_idx, SG_T_ZONE, "zone_idx")
	SG_F(reclaim_retry_zone, order, SG_T_ORDER, "order")
	SG_F(reclaim_retry_zone, reclaimable, SG_T_UINT, "reclaimable")
	SG_F(reclaim_retry_zone, available, SG_T_UINT, "available")
	SG_F(reclaim_retry_zone, min_wmark, SG_T_UINT, "min_wmark")
	SG_F(reclaim_retry_zone, no_progress_loops, SG_T_INT, "no_progress_loops")
	SG_F(reclaim_retry_zone, wmark_check, SG_T_BOOL, "wmark_check")
SG_EV_END

SG_EV(oom, oom_score_adj_update)
	SG_F(oom_score_adj_update, pid, SG_T_INT, "pid")
	SG_F(oom_score_adj_update, comm, SG_T_STR, "comm")
	SG_F(oom_score_adj_update, oom_score_adj, SG_T_INT, "oom_score_adj")
SG_EV_END

SG_EV(oom, mark_victim)
	SG_F(mark_victim, pid, SG_T_INT, "pid")
	SG_F(mark_victim, comm, SG_T_STR, "comm")
	SG_F(mark_victim, total_vm, SG_T_UINT, "total_vm")
	SG_F(mark_victim, anon_rss, SG_T_UINT, "anon_rss")
	SG_F(mark_victim, file_rss, SG_T_UINT, "file_rss")
	SG_F(mark_victim, shmem_rss, SG_T_UINT, "shmem_rss")
	SG_F(mark_victim, uid, SG_T_UINT, "uid")
	SG_F(mark_victim, pgtables, SG_T_UINT, "pgtables")
	SG_F(mark_victim, oom_score_adj, SG_T_INT, "oom_score_adj")
SG_EV_END

SG_EV(oom, finish_task_reaping)
	SG_F(finish_task_reaping, pid, SG_T_INT, "pid")
SG_EV_END

SG_EV(oom, compact_retry)
	SG_F(compact_retry, order, SG_T_ORDER, "order")
	SG_F(compact_retry, priority, SG_T_SYM, "priority")
	SG_F(compact_retry, result, SG_T_SYM, "result")
	SG_F(compact_retry, retries, SG_T_INT, "retries")
	SG_F(compact_retry, max_retries, SG_T_INT, "max_retries")
	SG_F(compact_retry, ret, SG_T_BOOL, "ret")
SG_EV_END

SG_EV(page_isolation, test_pages_isolated)
	SG_F(test_pages_isolated, start_pfn, SG_T_PFN, "start_pfn")
	SG_F(test_pages_isolated, end_pfn, SG_T_PFN, "end_pfn")
	SG_F(test_pages_isolated, fin_pfn, SG_T_PFN, "fin_pfn")
SG_EV_END

SG_EV(huge_memory, mm_khugepaged_scan_pmd)
	SG_F(mm_khugepaged_scan_pmd, mm, SG_T_HEX, "mm")
	SG_F(mm_khugepaged_scan_pmd, pfn, SG_T_PFN, "pfn")
	SG_F(mm_khugepaged_scan_pmd, referenced, SG_T_INT, "referenced")
	SG_F(mm_khugepaged_scan_pmd, none_or_zero, SG_T_INT, "none_or_zero")
	SG_F(mm_khugepaged_scan_pmd, status, SG_T_SYM, "status")
	SG_F(mm_khugepaged_scan_pmd, unmapped, SG_T_INT, "unmapped")
	SG_F(mm_khugepaged_scan_pmd, writable, SG_T_BOOL, "writable")
SG_EV_END

SG_EV(huge_memory, mm_khugepaged_scan_file)
	SG_F(mm_khugepaged_scan_file, mm, SG_T_HEX, "mm")
	SG_F(mm_khugepaged_scan_file, pfn, SG_T_PFN, "pfn")
	SG_F(mm_khugepaged_scan_file, filename, SG_T_STR, "filename")
	SG_F(mm_khugepaged_scan_file, present, SG_T_INT, "present")
	SG_F(mm_khugepaged_scan_file, swap, SG_T_INT, "swap")
	SG_F(mm_khugepaged_scan_file, result, SG_T_SYM, "result")
SG_EV_END

SG_EV(huge_memory, mm_khugepaged_scan)
	SG_F(mm_khugepaged_scan, mm, SG_T_HEX, "mm")
	SG_F(mm_khugepaged_scan, progress, SG_T_UINT, "progress")
	SG_F(mm_khugepaged_scan, full_scan_finished, SG_T_BOOL, "full_scan_finished")
SG_EV_END

SG_EV(huge_memory, mm_khugepaged_collapse_file)
	SG_F(mm_khugepaged_collapse_file, mm, SG_T_HEX, "mm")
	SG_F(mm_khugepaged_collapse_file, hpfn, SG_T_PFN, "hpfn")
	SG_F(mm_khugepaged_collapse_file, index, SG_T_UINT, "index")
	SG_F(mm_khugepaged_collapse_file, addr, SG_T_HEX, "addr")
	SG_F(mm_khugepaged_collapse_file, is_shmem, SG_T_BOOL, "is_shmem")
	SG_F(mm_khugepaged_collapse_file, filename, SG_T_STR, "filename")
	SG_F(mm_khugepaged_collapse_file, nr, SG_T_INT, "nr")
	SG_F(mm_khugepaged_collapse_file, result, SG_T_SYM, "result")
SG_EV_END

SG_EV(huge_memory, mm_collapse_huge_page_swapin)
	SG_F(mm_collapse_huge_page_swapin, mm, SG_T_HEX, "mm")
	SG_F(mm_collapse_huge_page_swapin, swapped_in, SG_T_INT, "swapped_in")
	SG_F(mm_collapse_huge_page_swapin, referenced, SG_T_INT, "referenced")
	SG_F(mm_collapse_huge_page_swapin, ret, SG_T_INT, "ret")
	SG_F(mm_collapse_huge_page_swapin, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(huge_memory, mm_collapse_huge_page_isolate)
	SG_F(mm_collapse_huge_page_isolate, pfn, SG_T_PFN, "pfn")
	SG_F(mm_collapse_huge_page_isolate, none_or_zero, SG_T_INT, "none_or_zero")
	SG_F(mm_collapse_huge_page_isolate, referenced, SG_T_INT, "referenced")
	SG_F(mm_collapse_huge_page_isolate, status, SG_T_SYM, "status")
	SG_F(mm_collapse_huge_page_isolate, order, SG_T_ORDER, "order")
	SG_F(mm_collapse_huge_page_isolate, writable, SG_T_BOOL, "writable")
SG_EV_END

SG_EV(huge_memory, mm_collapse_huge_page)
	SG_F(mm_collapse_huge_page, mm, SG_T_HEX, "mm")
	SG_F(mm_collapse_huge_page, isolated, SG_T_INT, "isolated")
	SG_F(mm_collapse_huge_page, status, SG_T_SYM, "status")
	SG_F(mm_collapse_huge_page, order, SG_T_ORDER, "order")
SG_EV_END

SG_EV(ftrace, print)
	SG_F(print, ip, SG_T_HEX, "ip")
	SG_F(print, buf, SG_T_STR, "buf")
SG_EV_END

SG_EV(kmem, mm_setup_per_zone_wmarks)
	SG_F(mm_setup_per_zone_wmarks, node_id, SG_T_NID, "node_id")
	SG_F(mm_setup_per_zone_wmarks, name, SG_T_STR, "name")
	SG_F(mm_setup_per_zone_wmarks, watermark_min, SG_T_UINT, "watermark_min")
	SG_F(mm_setup_per_zone_wmarks, watermark_low, SG_T_UINT, "watermark_low")
	SG_F(mm_setup_per_zone_wmarks, watermark_high, SG_T_UINT, "watermark_high")
	SG_F(mm_setup_per_zone_wmarks, watermark_promo, SG_T_UINT, "watermark_promo")
SG_EV_END

SG_EV(cma, cma_alloc_start)
	SG_F(cma_alloc_start, name, SG_T_STR, "name")
	SG_F(cma_alloc_start, count, SG_T_UINT, "count")
	SG_F(cma_alloc_start, align, SG_T_UINT, "align")
	SG_F(cma_alloc_start, request_count, SG_T_UINT, "request_count")
	SG_F(cma_alloc_start, available_count, SG_T_UINT, "available_count")
	SG_F(cma_alloc_start, total_count, SG_T_UINT, "total_count")
SG_EV_END

SG_EV(cma, cma_alloc_finish)
	SG_F(cma_alloc_finish, name, SG_T_STR, "name")
	SG_F(cma_alloc_finish, pfn, SG_T_PFN, "pfn")
	SG_F(cma_alloc_finish, count, SG_T_UINT, "count")
	SG_F(cma_alloc_finish, align, SG_T_UINT, "align")
	SG_F(cma_alloc_finish, errorno, SG_T_INT, "errorno")
SG_EV_END

SG_EV(cma, cma_alloc_busy_retry)
	SG_F(cma_alloc_busy_retry, name, SG_T_STR, "name")
	SG_F(cma_alloc_busy_retry, pfn, SG_T_PFN, "pfn")
	SG_F(cma_alloc_busy_retry, count, SG_T_UINT, "count")
	SG_F(cma_alloc_busy_retry, align, SG_T_UINT, "align")
SG_EV_END

SG_EV(cma, cma_release)
	SG_F(cma_release, name, SG_T_STR, "name")
	SG_F(cma_release, pfn, SG_T_PFN, "pfn")
	SG_F(cma_release, count, SG_T_UINT, "count")
SG_EV_END

SG_EV(cma, cma_alloc)
	SG_F(cma_alloc, pfn, SG_T_PFN, "pfn")
	SG_F(cma_alloc, count, SG_T_UINT, "count")
	SG_F(cma_alloc, align, SG_T_UINT, "align")
SG_EV_END

SG_EV(exceptions, page_fault_user)
	SG_F(page_fault_user, address, SG_T_HEX, "address")
	SG_F(page_fault_user, ip, SG_T_HEX, "ip")
	SG_F(page_fault_user, error_code, SG_T_HEX, "error_code")
SG_EV_END

SG_EV(syscalls, sys_enter_mmap)
	SG_F(sys_enter_mmap, addr, SG_T_HEX, "addr")
	SG_F(sys_enter_mmap, len, SG_T_HEX, "len")
	SG_F(sys_enter_mmap, prot, SG_T_HEX, "prot")
	SG_F(sys_enter_mmap, flags, SG_T_HEX, "flags")
	SG_F(sys_enter_mmap, fd, SG_T_HEX, "fd")
	SG_F(sys_enter_mmap, off, SG_T_HEX, "off")
SG_EV_END

SG_EV(syscalls, sys_exit_mmap)
	SG_F(sys_exit_mmap, ret, SG_T_HEX, "ret")
SG_EV_END

SG_EV(syscalls, sys_enter_munmap)
	SG_F(sys_enter_munmap, addr, SG_T_HEX, "addr")
	SG_F(sys_enter_munmap, len, SG_T_HEX, "len")
SG_EV_END

SG_EV(syscalls, sys_enter_madvise)
	SG_F(sys_enter_madvise, start, SG_T_HEX, "start")
	SG_F(sys_enter_madvise, len_in, SG_T_HEX, "len_in|len")
	SG_F(sys_enter_madvise, behavior, SG_T_HEX, "behavior")
SG_EV_END

#undef SG_EV
#undef SG_F
#undef SG_EV_END
