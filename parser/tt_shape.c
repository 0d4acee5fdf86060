// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fields of an event in a text.  Each shape is what some kernel from 5.10 to 7.3 prints (the "print fmt" of the
 * event's format file): text as it stands, @field for a value, # for one that isn't kept.  A run of spaces stands for
 * any number of them.  What no shape fits is read by names: key=value, as trace-cmd report -R prints all fields, and
 * as kernels print that are newer than these.
 *
 *	@x        by the field's type: number, name, gfp flags, text; @x; where letters follow
 *	@x:hex    hexadecimal without 0x
 *	@x:pages  bytes that stand for a number of pages (ofs=)
 *	@x:log    a power of two that stands for its exponent (limit=)
 *	@x:sync   "sync" or "async"
 *	@x:dev    "8:1"
 *	@x:lru    the letters of mm_lru_insertion
 *	@x:none   0 that stands for no page (mm_page_alloc prints its all ones so)
 */
#include "tt.h"

#include <stdlib.h>

enum conv { CONV_TYPE, CONV_HEX, CONV_PAGES, CONV_LOG, CONV_SYNC, CONV_DEV, CONV_LRU, CONV_NONE, CONV_SKIP, CONVS };

static const char *const conv_name[CONVS] = { "", "hex", "pages", "log", "sync", "dev", "lru", "none", "" };

#define RANGE "range=(@start_pfn ~ @end_pfn) nr_scanned=@nr_scanned nr_taken=@nr_taken"
#define DEFER "node=@nid zone=@idx order=@order order_failed=@order_failed consider=@considered limit=@defer_shift:log"
#define MEMCG " pid=# memcg_id=@memcg_id"
#define CACHE "dev @s_dev:dev ino @i_ino:hex"
#define COUNTS                                                                                             \
	"nid=@nid nr_scanned=@nr_scanned nr_reclaimed=@nr_reclaimed nr_dirty=@nr_dirty nr_writeback=@nr_writeback " \
	"nr_congested=@nr_congested nr_immediate=@nr_immediate nr_activate_anon=@nr_activate0 "            \
	"nr_activate_file=@nr_activate1 nr_ref_keep=@nr_ref_keep nr_unmap_fail=@nr_unmap_fail"

static const struct {
	unsigned int kind;
	const char *text;
} shapes[] = {
	{ SG_EV_mm_page_alloc, "page=# pfn=@pfn:none order=@order migratetype=@migratetype gfp_flags=@gfp_flags" },
	{ SG_EV_mm_page_free, "page=# pfn=@pfn order=@order" },
	{ SG_EV_mm_page_free_batched, "page=# pfn=@pfn order=0" },
	{ SG_EV_mm_page_alloc_zone_locked,
	  "page=# pfn=@pfn:none order=@order migratetype=@migratetype percpu_refill=@percpu_refill" },
	{ SG_EV_mm_page_pcpu_drain, "page=# pfn=@pfn order=@order migratetype=@migratetype" },
	{ SG_EV_mm_page_alloc_extfrag,
	  "page=# pfn=@pfn alloc_order=@alloc_order fallback_order=@fallback_order pageblock_order=# "
	  "alloc_migratetype=@alloc_migratetype fallback_migratetype=@fallback_migratetype fragmenting=# "
	  "change_ownership=@change_ownership" },
	{ SG_EV_mm_filemap_add_to_page_cache, CACHE " pfn=@pfn ofs=@index:pages order=@order" },
	{ SG_EV_mm_filemap_add_to_page_cache, CACHE " page=# pfn=@pfn ofs=@index:pages" },
	{ SG_EV_mm_filemap_delete_from_page_cache, CACHE " pfn=@pfn ofs=@index:pages order=@order" },
	{ SG_EV_mm_filemap_delete_from_page_cache, CACHE " page=# pfn=@pfn ofs=@index:pages" },
	{ SG_EV_mm_migrate_pages,
	  "nr_succeeded=@succeeded nr_failed=@failed nr_thp_succeeded=@thp_succeeded nr_thp_failed=@thp_failed "
	  "nr_thp_split=@thp_split nr_split=@large_folio_split mode=@mode reason=@reason" },
	{ SG_EV_mm_migrate_pages,
	  "nr_succeeded=@succeeded nr_failed=@failed nr_thp_succeeded=@thp_succeeded nr_thp_failed=@thp_failed "
	  "nr_thp_split=@thp_split mode=@mode reason=@reason" },
	{ SG_EV_mm_migrate_pages_start, "mode=@mode reason=@reason" },
	{ SG_EV_mm_compaction_wakeup_kcompactd, "nid=@nid order=@order classzone_idx=@highest_zoneidx" },
	{ SG_EV_mm_compaction_kcompactd_wake, "nid=@nid order=@order classzone_idx=@highest_zoneidx" },
	{ SG_EV_mm_compaction_kcompactd_sleep, "nid=@nid" },
	{ SG_EV_mm_compaction_try_to_compact_pages, "order=@order gfp_mask=@gfp_mask priority=@prio" },
	{ SG_EV_mm_compaction_suitable, "node=@nid zone=@idx order=@order ret=@ret" },
	{ SG_EV_mm_compaction_finished, "node=@nid zone=@idx order=@order ret=@ret" },
	{ SG_EV_mm_compaction_migratepages, "nr_migrated=@nr_migrated nr_failed=@nr_failed" },
	{ SG_EV_mm_compaction_isolate_migratepages, RANGE },
	{ SG_EV_mm_compaction_isolate_freepages, RANGE },
	{ SG_EV_mm_compaction_fast_isolate_freepages, RANGE },
	{ SG_EV_mm_compaction_begin, "zone_start=@zone_start migrate_pfn=@migrate_pfn free_pfn=@free_pfn "
				     "zone_end=@zone_end, mode=@sync:sync" },
	{ SG_EV_mm_compaction_end, "zone_start=@zone_start migrate_pfn=@migrate_pfn free_pfn=@free_pfn "
				   "zone_end=@zone_end, mode=@sync:sync status=@status" },
	{ SG_EV_mm_compaction_deferred, DEFER },
	{ SG_EV_mm_compaction_defer_reset, DEFER },
	{ SG_EV_mm_compaction_defer_compaction, DEFER },
	{ SG_EV_mm_vmscan_write_folio, "page=# pfn=@pfn flags=@reclaim_flags" },
	{ SG_EV_mm_vmscan_wakeup_kswapd, "nid=@nid order=@order gfp_flags=@gfp_flags" },
	{ SG_EV_mm_vmscan_throttled,
	  "nid=@nid usec_timeout=@usec_timeout usect_delayed=@usec_delayed reason=@reason" },
	{ SG_EV_mm_vmscan_reclaim_pages, COUNTS },
	{ SG_EV_mm_vmscan_lru_shrink_inactive, COUNTS " priority=@priority flags=@reclaim_flags" },
	{ SG_EV_mm_vmscan_lru_shrink_active,
	  "nid=@nid nr_taken=@nr_taken nr_active=@nr_active nr_deactivated=@nr_deactivated "
	  "nr_referenced=@nr_referenced priority=@priority flags=@reclaim_flags" },
	{ SG_EV_mm_vmscan_lru_isolate,
	  "classzone=@highest_zoneidx order=@order nr_requested=@nr_requested nr_scanned=@nr_scanned "
	  "nr_skipped=@nr_skipped nr_taken=@nr_taken lru=@lru" },
	{ SG_EV_mm_vmscan_lru_isolate,
	  "isolate_mode=@isolate_mode classzone=@highest_zoneidx order=@order nr_requested=@nr_requested "
	  "nr_scanned=@nr_scanned nr_skipped=@nr_skipped nr_taken=@nr_taken lru=@lru" },
	{ SG_EV_mm_vmscan_kswapd_wake, "nid=@nid order=@order" },
	{ SG_EV_mm_vmscan_kswapd_sleep, "nid=@nid" },
	{ SG_EV_mm_vmscan_kswapd_reclaim_fail, "nid=@nid failures=@failures" },
	{ SG_EV_mm_vmscan_kswapd_clear_hopeless, "nid=@nid reason=@reason" },
	{ SG_EV_mm_vmscan_node_reclaim_begin, "nid=@nid order=@order gfp_flags=@gfp_flags" },
	{ SG_EV_mm_vmscan_node_reclaim_end, "nr_reclaimed=@nr_reclaimed" MEMCG },
	{ SG_EV_mm_vmscan_node_reclaim_end, "nr_reclaimed=@nr_reclaimed" },
	{ SG_EV_mm_vmscan_direct_reclaim_begin, "order=@order gfp_flags=@gfp_flags" MEMCG },
	{ SG_EV_mm_vmscan_direct_reclaim_begin, "order=@order gfp_flags=@gfp_flags" },
	{ SG_EV_mm_vmscan_direct_reclaim_end, "nr_reclaimed=@nr_reclaimed" MEMCG },
	{ SG_EV_mm_vmscan_direct_reclaim_end, "nr_reclaimed=@nr_reclaimed" },
	{ SG_EV_mm_vmscan_memcg_reclaim_begin, "order=@order gfp_flags=@gfp_flags" MEMCG },
	{ SG_EV_mm_vmscan_memcg_reclaim_begin, "order=@order gfp_flags=@gfp_flags" },
	{ SG_EV_mm_vmscan_memcg_reclaim_end, "nr_reclaimed=@nr_reclaimed" MEMCG },
	{ SG_EV_mm_vmscan_memcg_reclaim_end, "nr_reclaimed=@nr_reclaimed" },
	{ SG_EV_mm_vmscan_memcg_softlimit_reclaim_begin, "order=@order gfp_flags=@gfp_flags" MEMCG },
	{ SG_EV_mm_vmscan_memcg_softlimit_reclaim_begin, "order=@order gfp_flags=@gfp_flags" },
	{ SG_EV_mm_vmscan_memcg_softlimit_reclaim_end, "nr_reclaimed=@nr_reclaimed" MEMCG },
	{ SG_EV_mm_vmscan_memcg_softlimit_reclaim_end, "nr_reclaimed=@nr_reclaimed" },
	{ SG_EV_mm_vmscan_balance_pgdat_begin, "nid=@nid order=@order highest_zoneidx=@highest_zoneidx" },
	{ SG_EV_mm_vmscan_balance_pgdat_end,
	  "nid=@nid order=@order highest_zoneidx=@highest_zoneidx nr_reclaimed=@nr_reclaimed" },
	{ SG_EV_mm_shrink_slab_start,
	  "# @shr: nid: @nid pid: # memcg_id: @memcg_id objects to shrink @nr_objects_to_shrink gfp_flags @gfp_flags "
	  "cache items @cache_items delta @delta total_scan @total_scan priority @priority" },
	{ SG_EV_mm_shrink_slab_start,
	  "# @shr: nid: @nid objects to shrink @nr_objects_to_shrink gfp_flags @gfp_flags cache items @cache_items "
	  "delta @delta total_scan @total_scan priority @priority" },
	{ SG_EV_mm_shrink_slab_end,
	  "# @shr: nid: @nid pid: # memcg_id: @memcg_id unused scan count @unused_scan new scan count @new_scan "
	  "total_scan @total_scan last shrinker return val @retval" },
	{ SG_EV_mm_shrink_slab_end,
	  "# @shr: nid: @nid unused scan count @unused_scan new scan count @new_scan total_scan @total_scan "
	  "last shrinker return val @retval" },
	{ SG_EV_mm_lru_insertion, "folio=@folio pfn=@pfn lru=@lru flags=@flags:lru" },
	{ SG_EV_mm_lru_insertion, "page=@folio pfn=@pfn lru=@lru flags=@flags:lru" },
	{ SG_EV_mm_lru_activate, "folio=@folio pfn=@pfn" },
	{ SG_EV_mm_lru_activate, "page=@folio pfn=@pfn" },
	{ SG_EV_wake_reaper, "pid=@pid" },
	{ SG_EV_start_task_reaping, "pid=@pid" },
	{ SG_EV_skip_task_reaping, "pid=@pid" },
	{ SG_EV_finish_task_reaping, "pid=@pid" },
	{ SG_EV_reclaim_retry_zone,
	  "node=@node zone=@zone_idx order=@order reclaimable=@reclaimable available=@available min_wmark=@min_wmark "
	  "no_progress_loops=@no_progress_loops wmark_check=@wmark_check" },
	{ SG_EV_oom_score_adj_update, "pid=@pid comm=@comm oom_score_adj=@oom_score_adj" },
	{ SG_EV_mark_victim,
	  "pid=@pid comm=@comm total-vm=@total_vm;kB anon-rss=@anon_rss;kB file-rss:@file_rss;kB "
	  "shmem-rss:@shmem_rss;kB uid=@uid pgtables=@pgtables;kB oom_score_adj=@oom_score_adj" },
	{ SG_EV_mark_victim, "pid=@pid" },
	{ SG_EV_compact_retry,
	  "order=@order priority=@priority compaction_result=@result retries=@retries max_retries=@max_retries "
	  "should_retry=@ret" },
	{ SG_EV_test_pages_isolated, "start_pfn=@start_pfn end_pfn=@end_pfn fin_pfn=@fin_pfn ret=#" },
	{ SG_EV_mm_khugepaged_scan_pmd,
	  "mm=@mm, scan_pfn=@pfn, referenced=@referenced, none_or_zero=@none_or_zero, status=@status, "
	  "unmapped=@unmapped" },
	{ SG_EV_mm_khugepaged_scan_pmd,
	  "mm=@mm, scan_pfn=@pfn, writable=@writable, referenced=@referenced, none_or_zero=@none_or_zero, "
	  "status=@status, unmapped=@unmapped" },
	{ SG_EV_mm_khugepaged_scan_file,
	  "mm=@mm, scan_pfn=@pfn, filename=@filename, present=@present, swap=@swap, result=@result" },
	{ SG_EV_mm_khugepaged_scan, "mm=@mm, progress=@progress, full_scan_finished=@full_scan_finished" },
	{ SG_EV_mm_khugepaged_collapse_file,
	  "mm=@mm, hpage_pfn=@hpfn, index=@index, addr=@addr, is_shmem=@is_shmem, filename=@filename, nr=@nr, "
	  "result=@result" },
	{ SG_EV_mm_collapse_huge_page_swapin,
	  "mm=@mm, swapped_in=@swapped_in, referenced=@referenced, ret=@ret, order=@order" },
	{ SG_EV_mm_collapse_huge_page_swapin,
	  "mm=@mm, swapped_in=@swapped_in, referenced=@referenced, ret=@ret" },
	{ SG_EV_mm_collapse_huge_page_isolate,
	  "scan_pfn=@pfn, none_or_zero=@none_or_zero, referenced=@referenced, status=@status, order=@order" },
	{ SG_EV_mm_collapse_huge_page_isolate,
	  "scan_pfn=@pfn, none_or_zero=@none_or_zero, referenced=@referenced, writable=@writable, status=@status" },
	{ SG_EV_mm_collapse_huge_page_isolate,
	  "scan_pfn=@pfn, none_or_zero=@none_or_zero, referenced=@referenced, status=@status" },
	{ SG_EV_mm_collapse_huge_page, "mm=@mm, isolated=@isolated, status=@status, order=@order" },
	{ SG_EV_mm_collapse_huge_page, "mm=@mm, isolated=@isolated, status=@status" },
	{ SG_EV_page_fault_user, "address=@address ip=@ip error_code=@error_code" },
	{ SG_EV_sys_enter_mmap, "addr: @addr, len: @len, prot: @prot, flags: @flags, fd: @fd, off: @off" },
	{ SG_EV_sys_exit_mmap, "@ret" },
	{ SG_EV_sys_enter_munmap, "addr: @addr, len: @len" },
	{ SG_EV_sys_enter_madvise, "start: @start, len_in: @len_in, behavior: @behavior" },
};

#define NR_SHAPES (sizeof(shapes) / sizeof(shapes[0]))
#define MAX_OPS   (SG_SLOTS + 6)

/** Text that stands before a value, and the value. */
struct op {
	struct tr_span lit;
	uint8_t conv, slot;
	struct tr_span key; /* "pfn" of "pfn=" */
};

struct shape {
	unsigned int nr;
	struct op op[MAX_OPS];
	struct tr_span tail;
};

struct tt_shapes {
	struct shape shape[NR_SHAPES];
	uint8_t first[SG_KIND_COUNT], last[SG_KIND_COUNT]; /* of a kind, [first, last) */
	uint8_t hit[SG_KIND_COUNT];                        /* the one that fitted last */
};

static bool word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The table above is right: a test reads all of it. */
static bool compile(struct shape *s, unsigned int kind, const char *p)
{
	const struct sg_kind_info *ki = sg_kind_info(kind);
	const char *lit = p;

	for (; *p; p++) {
		struct op *o = &s->op[s->nr];

		if (*p != '@' && *p != '#')
			continue;
		if (s->nr == MAX_OPS)
			return false;
		o->lit = (struct tr_span){ lit, (size_t)(p - lit) };
		if (p > lit && (p[-1] == '=' || p[-1] == ':')) {
			const char *k = p - 1;

			while (k > lit && (word(k[-1]) || k[-1] == '-'))
				k--;
			o->key = (struct tr_span){ k, (size_t)(p - 1 - k) };
		}
		o->conv = CONV_SKIP;
		if (*p == '@') {
			const char *name = ++p, *colon;
			unsigned int slot = 0;

			while (word(*p))
				p++;
			while (slot < ki->nr_fields && !tr_span_is((struct tr_span){ name, (size_t)(p - name) },
								   ki->field[slot].name))
				slot++;
			if (slot == ki->nr_fields)
				return false;
			o->slot = (uint8_t)slot;
			o->conv = CONV_TYPE;
			colon = *p == ':' ? p + 1 : NULL;
			for (unsigned int c = 1; colon && c < CONV_SKIP; c++) {
				size_t n = strlen(conv_name[c]);

				if (strncmp(colon, conv_name[c], n) == 0 && !word(colon[n])) {
					o->conv = (uint8_t)c;
					p = colon + n;
					break;
				}
			}
			p -= *p != ';';
		}
		lit = p + 1;
		s->nr++;
	}
	s->tail = (struct tr_span){ lit, strlen(lit) };
	return true;
}

struct tt_shapes *tt_shapes_new(void)
{
	struct tt_shapes *s = sg_calloc(1, sizeof(*s));

	_Static_assert(NR_SHAPES < 255, "shapes are counted in a byte");
	for (unsigned int i = 0; s && i < NR_SHAPES; i++) {
		unsigned int k = shapes[i].kind;

		if (!compile(&s->shape[i], k, shapes[i].text)) {
			free(s);
			return NULL;
		}
		if (!s->last[k])
			s->first[k] = s->hit[k] = (uint8_t)i;
		s->last[k] = (uint8_t)(i + 1);
	}
	return s;
}

void tt_shapes_free(struct tt_shapes *s)
{
	free(s);
}

/* ---- values ---------------------------------------------------------------------- */

struct in {
	const char *p, *end;
};

/* Literal text; a run of spaces in it stands for any, also for none at the end of a line. */
static bool match(struct in *in, struct tr_span lit)
{
	for (size_t i = 0; i < lit.n; i++) {
		if (lit.s[i] == ' ') {
			if (in->p < in->end && *in->p != ' ' && *in->p != '\t')
				return false;
			while (in->p < in->end && (*in->p == ' ' || *in->p == '\t'))
				in->p++;
			continue;
		}
		if (in->p >= in->end || *in->p != lit.s[i])
			return false;
		in->p++;
	}
	return true;
}

static bool space(char c)
{
	return c == ' ' || c == '\t';
}

/* Up to the next space or comma, or to @stop. */
static struct tr_span token(struct in *in, char stop)
{
	struct tr_span t = { in->p, 0 };

	while (in->p < in->end && !space(*in->p) && *in->p != ',' && !(stop && *in->p == stop))
		in->p++;
	t.n = (size_t)(in->p - t.s);
	return t;
}

/* Text up to where the following literal stands, to the end without one. */
static struct tr_span text_until(struct in *in, struct tr_span next)
{
	struct tr_span t = { in->p, (size_t)(in->end - in->p) };

	if (next.n) {
		const char *q = memmem(in->p, t.n, next.s, next.n);

		if (q)
			t.n = (size_t)(q - t.s);
	}
	in->p += t.n;
	return t;
}

static bool hex(struct tr_span t, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = t.n > 2 && t.s[0] == '0' && (t.s[1] == 'x' || t.s[1] == 'X') ? 2 : 0;

	if (tr_span_is(t, "(nil)") || tr_span_is(t, "(null)")) {
		*ret = 0;
		return true;
	}
	if (i == t.n || t.n - i > 16)
		return false;
	for (; i < t.n; i++) {
		char c = t.s[i];
		unsigned int d = c >= '0' && c <= '9' ? (unsigned int)(c - '0') :
				 c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 :
				 c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10 : 99;

		if (d > 15)
			return false;
		v = v << 4 | d;
	}
	*ret = v;
	return true;
}

static bool decimal(struct tr_span t, uint64_t *ret)
{
	bool minus = t.n > 1 && t.s[0] == '-';
	uint64_t v = 0;

	if (t.n == minus || t.n > 20)
		return false;
	for (size_t i = minus; i < t.n; i++) {
		if (t.s[i] < '0' || t.s[i] > '9')
			return false;
		if (v > (UINT64_MAX - (uint64_t)(t.s[i] - '0')) / 10)
			return false;
		v = v * 10 + (uint64_t)(t.s[i] - '0');
	}
	*ret = minus ? 0 - v : v;
	return true;
}

static bool number(struct tr_span t, uint64_t *ret)
{
	return t.n > 2 && t.s[0] == '0' && t.s[1] == 'x' ? hex(t, ret) : decimal(t, ret);
}

static bool device(struct tr_span t, uint64_t *ret)
{
	const char *colon = memchr(t.s, ':', t.n);
	uint64_t major, minor;

	if (!colon)
		return number(t, ret);
	if (!decimal((struct tr_span){ t.s, (size_t)(colon - t.s) }, &major) ||
	    !decimal((struct tr_span){ colon + 1, t.n - (size_t)(colon + 1 - t.s) }, &minor) || major > UINT32_MAX ||
	    minor > UINT32_MAX)
		return false;
	*ret = (major << 20) | minor; /* include/linux/kdev_t.h: MKDEV() */
	return true;
}

/* The letters of include/trace/events/pagemap.h: mapped, file or anon, swap cache, swap backed, mapped to disk, buffers. */
static bool lru_letters(struct in *in, uint64_t *ret)
{
	static const char letter[] = "MfasbdB";
	static const uint8_t bit[] = { 0x01, 0x04, 0x02, 0x08, 0x10, 0x20, 0x40 };
	uint64_t v = 0;
	unsigned int n = 0;

	for (; in->p < in->end && n < 6; in->p++, n++) {
		const char *l;

		if (*in->p == ' ')
			continue;
		l = memchr(letter, *in->p, sizeof(letter) - 1);
		if (!l)
			return false;
		v |= bit[l - letter];
	}
	*ret = v;
	return true;
}

struct ctx {
	struct tt_names *names;
	struct tt_signs *signs;
	unsigned int page_shift;
	struct sg_event *ev;
};

static bool take(const struct ctx *c, const struct op *o, struct in *in, struct tr_span next)
{
	const struct sg_field *f = &sg_kind_info(c->ev->kind)->field[o->slot];
	char stop = next.n && !space(next.s[0]) && !word(next.s[0]) ? next.s[0] : 0;
	uint64_t v = 0;
	struct tr_span t;
	int tab;
	bool ok;

	if (f->type == SG_T_STR && o->conv == CONV_TYPE) {
		t = text_until(in, next);
		c->ev->str = t.s;
		c->ev->str_len = (uint32_t)t.n;
		c->ev->v[o->slot] = t.n;
		return true;
	}
	if (o->conv == CONV_LRU) {
		ok = lru_letters(in, &v);
		c->ev->v[o->slot] = v;
		return ok;
	}
	if (next.n > 1 && next.s[0] == 'k' && next.s[1] == 'B') { /* "123kB" */
		t.s = in->p;
		while (in->p < in->end && *in->p >= '0' && *in->p <= '9')
			in->p++;
		t.n = (size_t)(in->p - t.s);
	} else {
		t = token(in, o->conv == CONV_DEV ? 0 : stop);
	}
	if (t.n == 0)
		return false;
	switch (o->conv) {
	case CONV_SKIP:
		if (tr_span_is(o->key, "pageblock_order") && decimal(t, &v) && v < SG_MAX_ORDERS)
			c->signs->pageblock_order = (unsigned int)v;
		return true;
	case CONV_HEX:
		ok = hex(t, &v);
		break;
	case CONV_PAGES:
		ok = number(t, &v);
		v >>= c->page_shift;
		break;
	case CONV_LOG:
		ok = number(t, &v) && v != 0;
		v = ok ? (uint64_t)__builtin_ctzll(v) : 0;
		break;
	case CONV_SYNC:
		ok = tr_span_is(t, "sync") || tr_span_is(t, "async") || number(t, &v);
		v = t.s[0] == 's' ? 1 : v;
		break;
	case CONV_DEV:
		ok = device(t, &v);
		break;
	default:
		tab = tt_tab_of(c->ev->kind, o->slot);
		if (tab >= 0)
			ok = tt_value(c->names, (enum tt_tab_id)tab, t, &v);
		else
			ok = f->type == SG_T_HEX ? hex(t, &v) : number(t, &v);
		if (ok && f->type == SG_T_PFN && t.s[0] >= '1' && t.s[0] <= '9')
			c->signs->decimal = true;
		if (ok && o->conv == CONV_NONE && v == 0)
			v = UINT64_MAX;
		if (ok && f->type == SG_T_GFP && !c->signs->old_nowait && t.n > 24 &&
		    memmem(t.s, t.n, "GFP_NOWAIT|__GFP_NOWARN", 23))
			c->signs->old_nowait = true;
	}
	c->ev->v[o->slot] = v;
	return ok;
}

static void clear(struct sg_event *ev)
{
	unsigned int nr = sg_kind_info(ev->kind)->nr_fields;

	for (unsigned int i = 0; i < nr; i++)
		ev->v[i] = SG_MISSING;
	ev->str = NULL;
	ev->str_len = 0;
}

static bool fits(const struct ctx *c, const struct shape *s, struct tr_span body)
{
	struct in in = { body.s, body.s + body.n };

	clear(c->ev);
	for (unsigned int i = 0; i < s->nr; i++) {
		struct tr_span next = i + 1 < s->nr ? s->op[i + 1].lit : s->tail;

		if (!match(&in, s->op[i].lit) || !take(c, &s->op[i], &in, next))
			return false;
	}
	if (!match(&in, s->tail))
		return false;
	while (in.p < in.end && space(*in.p))
		in.p++;
	/* "(in-irq)" stands behind some; a further field is another shape's */
	return in.p == in.end || *in.p == '(';
}

/* ---- by names --------------------------------------------------------------------- */

/* The value that goes with @key: a field's own name, else what a shape calls it. */
static bool op_of(const struct tt_shapes *s, unsigned int kind, struct tr_span key, struct op *ret)
{
	const struct sg_kind_info *ki = sg_kind_info(kind);

	for (unsigned int i = s->first[kind]; i < s->last[kind]; i++)
		for (unsigned int k = 0; k < s->shape[i].nr; k++) {
			const struct op *o = &s->shape[i].op[k];

			if (o->conv != CONV_SKIP && o->key.n == key.n && memcmp(o->key.s, key.s, key.n) == 0) {
				*ret = *o;
				return true;
			}
		}
	for (unsigned int i = 0; i < ki->nr_fields; i++)
		if (tr_alias_rank(ki->field[i].aliases, key)) {
			*ret = (struct op){ .slot = (uint8_t)i, .conv = CONV_TYPE };
			/* trace-cmd prints a field as its print format does: an inode number in hexadecimal */
			for (unsigned int n = s->first[kind]; n < s->last[kind]; n++)
				for (unsigned int k = 0; k < s->shape[n].nr; k++) {
					const struct op *o = &s->shape[n].op[k];

					if (o->slot == i && (o->conv == CONV_HEX || o->conv == CONV_DEV))
						ret->conv = o->conv;
				}
			return true;
		}
	return false;
}

static bool by_name(const struct tt_shapes *s, const struct ctx *c, struct tr_span body)
{
	const struct sg_kind_info *ki = sg_kind_info(c->ev->kind);
	struct in in = { body.s, body.s + body.n };
	unsigned int found = 0;
	bool raw = false;

	clear(c->ev);
	while (in.p < in.end) {
		struct tr_span key = { in.p, 0 };
		struct op o;

		while (in.p < in.end && (word(*in.p) || *in.p == '-'))
			in.p++;
		key.n = (size_t)(in.p - key.s);
		if (in.p == in.end || *in.p != '=' || key.n == 0) {
			in.p += in.p < in.end && key.n == 0;
			continue;
		}
		in.p++;
		if (op_of(s, c->ev->kind, key, &o)) {
			struct tr_span next = { " ", 1 };
			bool numeric = in.p < in.end && *in.p >= '0' && *in.p <= '9';

			if (numeric && o.conv == CONV_LRU) /* as a field it is a number */
				o.conv = CONV_TYPE;
			raw |= numeric && tt_tab_of(c->ev->kind, o.slot) == TT_GFP;
			if (take(c, &o, &in, next))
				found++;
			else
				c->ev->v[o.slot] = SG_MISSING;
		}
		token(&in, 0);
	}
	c->signs->raw |= raw && c->ev->kind == SG_EV_mm_page_alloc;
	/* the first field is what the event is about: a pfn, a node, an order */
	return found > 0 && ki->nr_fields && (c->ev->v[0] != SG_MISSING || found * 2 >= ki->nr_fields);
}

/* What the shape of an event says of its kernel. */
static void read_signs(const struct sg_event *ev, struct tt_signs *s, bool shaped)
{
	uint64_t order;

	switch (ev->kind) {
	case SG_EV_mm_vmscan_lru_isolate:
		s->isolate |= ev->v[SGF_mm_vmscan_lru_isolate_isolate_mode] != SG_MISSING;
		s->no_isolate |= ev->v[SGF_mm_vmscan_lru_isolate_isolate_mode] == SG_MISSING;
		break;
	case SG_EV_mm_khugepaged_scan_pmd:
		s->writable |= ev->v[SGF_mm_khugepaged_scan_pmd_writable] != SG_MISSING;
		break;
	case SG_EV_mm_vmscan_direct_reclaim_begin:
	case SG_EV_mm_vmscan_memcg_reclaim_begin:
		if (ev->v[SGF_mm_vmscan_direct_reclaim_begin_memcg_id] != SG_MISSING)
			s->memcg = true;
		else
			s->no_memcg = true;
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
	case SG_EV_mm_vmscan_memcg_reclaim_end:
		if (ev->v[SGF_mm_vmscan_direct_reclaim_end_memcg_id] != SG_MISSING)
			s->memcg = true;
		else
			s->no_memcg = true;
		break;
	case SG_EV_mm_vmscan_balance_pgdat_begin:
	case SG_EV_mm_vmscan_balance_pgdat_end:
	case SG_EV_mm_vmscan_kswapd_reclaim_fail:
	case SG_EV_mm_vmscan_kswapd_clear_hopeless:
		s->memcg = true;
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		order = ev->v[SGF_mm_page_alloc_zone_locked_order];
		if (shaped && order >= 1 && order <= 3) {
			s->refill_1 += ev->v[SGF_mm_page_alloc_zone_locked_percpu_refill] == 1;
			s->refill_0 += ev->v[SGF_mm_page_alloc_zone_locked_percpu_refill] == 0;
		}
		break;
	}
}

/* "tracing_mark_write: text" or "ip=tracing_mark_write buf=text": the text. */
static void marker(struct tr_span body, struct sg_event *ev)
{
	bool raw = body.n > 3 && memcmp(body.s, "ip=", 3) == 0;
	const char *colon = raw ? memmem(body.s, body.n, " buf=", 5) : memmem(body.s, body.n, ": ", 2);

	if (raw && colon)
		colon += 3;
	if (colon) {
		body.n -= (size_t)(colon + 2 - body.s);
		body.s = colon + 2;
	}
	while (body.n && (body.s[body.n - 1] == '\n' || body.s[body.n - 1] == '\r'))
		body.n--;
	ev->v[SGF_print_ip] = SG_MISSING;
	ev->v[SGF_print_buf] = body.n;
	ev->str = body.s;
	ev->str_len = (uint32_t)body.n;
}

bool tt_fields(struct tt_shapes *s, struct tt_names *n, struct tt_signs *signs, struct tr_span body,
	       unsigned int page_shift, struct sg_event *ev)
{
	static const char failed[] = "[FAILED TO PARSE]";
	struct ctx c = { n, signs, page_shift, ev };
	unsigned int k = ev->kind, hit = s->hit[k];

	if (k == SG_EV_print) {
		marker(body, ev);
		return true;
	}
	if (body.n > sizeof(failed) && memcmp(body.s, failed, sizeof(failed) - 1) == 0) {
		/* trace-cmd couldn't read the print format: all fields stand there by name */
		body.s += sizeof(failed) - 1;
		body.n -= sizeof(failed) - 1;
	} else if (s->last[k]) {
		if (fits(&c, &s->shape[hit], body)) {
			read_signs(ev, signs, true);
			return true;
		}
		for (unsigned int i = s->first[k]; i < s->last[k]; i++)
			if (i != hit && fits(&c, &s->shape[i], body)) {
				s->hit[k] = (uint8_t)i;
				read_signs(ev, signs, true);
				return true;
			}
	}
	if (!by_name(s, &c, body))
		return false;
	read_signs(ev, signs, false);
	return true;
}
