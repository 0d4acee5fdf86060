// SPDX-License-Identifier: GPL-2.0-only
/* Events in words, and single fields as text. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "machine/state.h"

/* Text that grows in a buffer of fixed size; what doesn't fit is cut. */
struct text {
	char *buf;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len + 1 >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = t->len + (size_t)n < t->size ? t->len + (size_t)n : t->size - 1;
}

static void say_flags(struct text *t, const struct sg_symtab *tab, uint64_t v)
{
	const char *sep = "";

	if (v == 0) {
		say(t, "none");
		return;
	}
	for (unsigned int i = 0; tab && i < tab->nr && v; i++) {
		uint64_t f = tab->sym[i].value;

		if (f == 0 || (v & f) != f)
			continue;
		say(t, "%s%s", sep, tab->sym[i].name);
		sep = "|";
		v &= ~f;
	}
	if (v)
		say(t, "%s0x%" PRIx64, sep, v);
}

static const char *sym_name(const struct sg_symtab *tab, uint64_t v)
{
	for (unsigned int i = 0; tab && i < tab->nr; i++)
		if (tab->sym[i].value == v || (uint32_t)tab->sym[i].value == (uint32_t)v)
			return tab->sym[i].name;
	return NULL;
}

static void say_mt(struct text *t, const struct sg_capture *cap, uint64_t mt)
{
	if (mt < cap->nr_migratetypes && mt < SG_MAX_MIGRATETYPES)
		say(t, "%s", cap->migratetype[mt]);
	else
		say(t, "type %" PRId64, (int64_t)mt);
}

static void say_zone(struct text *t, const struct sg_capture *cap, uint64_t idx)
{
	if (idx < cap->nr_zone_types && idx < SG_MAX_ZONE_TYPES && cap->zone_type[idx][0])
		say(t, "%s", cap->zone_type[idx]);
	else
		say(t, "%" PRId64, (int64_t)idx);
}

size_t mm_event_field(const struct sg_capture *cap, const struct sg_event *ev, unsigned int slot, char *buf,
		      size_t size)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);
	struct text t = { buf, size, 0 };
	const struct sg_symtab *tab;
	const char *name;
	uint64_t v;

	if (size)
		buf[0] = '\0';
	if (slot >= ki->nr_fields || size == 0)
		return 0;
	v = ev->v[slot];
	tab = ev->kind < SG_KIND_COUNT ? cap->sym[ev->kind][slot] : NULL;
	if (ki->field[slot].type == SG_T_STR)
		return ev->str ? sg_clean(buf, size, ev->str, ev->str_len) : 0;
	if (v == SG_MISSING && ki->field[slot].type != SG_T_PFN && ki->field[slot].type != SG_T_INT)
		return 0;
	switch (ki->field[slot].type) {
	case SG_T_PFN:
		if (v == UINT64_MAX)
			say(&t, "none");
		else
			say(&t, "0x%" PRIx64, v);
		break;
	case SG_T_HEX:
		say(&t, "0x%" PRIx64, v);
		break;
	case SG_T_INT:
	case SG_T_NID:
		say(&t, "%" PRId64, (int64_t)v);
		break;
	case SG_T_GFP:
		say_flags(&t, tab ? tab : cap->gfp_names, v);
		break;
	case SG_T_FLAGS:
		if (tab)
			say_flags(&t, tab, v);
		else
			say(&t, "0x%" PRIx64, v);
		break;
	case SG_T_SYM:
		name = sym_name(tab, v);
		if (name)
			say(&t, "%s", name);
		else
			say(&t, "%" PRId64, (int64_t)v);
		break;
	case SG_T_MT:
		say_mt(&t, cap, v);
		break;
	case SG_T_ZONE:
		say_zone(&t, cap, v);
		break;
	case SG_T_BOOL:
		say(&t, "%s", v ? "yes" : "no");
		break;
	default:
		say(&t, "%" PRIu64, v);
	}
	return t.len;
}

bool mm_is_decision(const struct sg_event *ev)
{
	switch (ev->kind) {
	case SG_EV_mm_page_alloc_extfrag:
	case SG_EV_mm_vmscan_wakeup_kswapd:
	case SG_EV_mm_vmscan_kswapd_wake:
	case SG_EV_mm_vmscan_kswapd_sleep:
	case SG_EV_mm_vmscan_kswapd_reclaim_fail:
	case SG_EV_mm_vmscan_kswapd_clear_hopeless:
	case SG_EV_mm_vmscan_direct_reclaim_begin:
	case SG_EV_mm_vmscan_throttled:
	case SG_EV_reclaim_retry_zone:
	case SG_EV_compact_retry:
	case SG_EV_mm_compaction_begin:
	case SG_EV_mm_compaction_end:
	case SG_EV_mm_compaction_try_to_compact_pages:
	case SG_EV_mm_compaction_suitable:
	case SG_EV_mm_compaction_finished:
	case SG_EV_mm_compaction_deferred:
	case SG_EV_mm_compaction_defer_compaction:
	case SG_EV_mm_compaction_defer_reset:
	case SG_EV_mm_compaction_kcompactd_wake:
	case SG_EV_mm_compaction_wakeup_kcompactd:
	case SG_EV_mark_victim:
	case SG_EV_test_pages_isolated:
	case SG_EV_cma_alloc:
	case SG_EV_cma_alloc_finish:
	case SG_EV_cma_alloc_busy_retry:
		return true;
	default:
		return false;
	}
}

/* ---- sentences ----------------------------------------------------------- */

struct words {
	struct text t;
	const struct mm_machine *m;
	const struct sg_capture *cap;
	const struct sg_event *ev;
};

static void who(struct words *w)
{
	say(&w->t, "%s-%d ", sg_capture_comm(w->cap, w->ev->pid), w->ev->pid);
}

/* Which of its two reasons kswapd has to sleep, as far as the machine tells. */
static void kswapd_sleeps(struct words *w, const struct sg_event *ev)
{
	int64_t nid = (int64_t)ev->v[SGF_mm_vmscan_kswapd_sleep_nid];
	struct mm_node_info n;

	mm_node_get(w->m, nid >= 0 && nid < MM_MAX_NODES ? (int)nid : -1, &n);
	who(w);
	switch (n.kswapd_slept) {
	case MM_KSWAPD_SLEEP_BALANCED:
		say(&w->t, "goes to sleep: node %" PRId64 " is balanced.", nid);
		break;
	case MM_KSWAPD_SLEEP_GAVE_UP:
		say(&w->t, "goes to sleep and gives up on node %" PRId64 ": rounds in a row freed nothing, and only a direct reclaim's"
		    " progress brings it back.", nid);
		break;
	default:
		say(&w->t, "goes to sleep: node %" PRId64 " is balanced or given up, the capture doesn't tell which.", nid);
	}
}

static void field(struct words *w, unsigned int slot)
{
	struct text *t = &w->t;

	if (t->len + 1 < t->size)
		t->len += mm_event_field(w->cap, w->ev, slot, t->buf + t->len, t->size - t->len);
}

static void where(struct words *w, uint64_t pfn)
{
	int z = mm_zone_of(w->m, pfn);
	char node[12];

	say(&w->t, "pfn 0x%" PRIx64, pfn);
	if (z >= 0)
		say(&w->t, " (node %s %s)", mm_node_text(w->m->core.zone[z].node, node), w->m->core.zone[z].name);
}

static void pages(struct words *w, uint64_t order)
{
	if (order < 32)
		say(&w->t, "order %" PRIu64 " (%" PRIu64 " page%s)", order, (uint64_t)1 << order, order ? "s" : "");
	else
		say(&w->t, "order %" PRIu64 " (which can't be)", order);
}

static void say_alloc(struct words *w)
{
	const struct sg_event *ev = w->ev;
	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn];

	who(w);
	if (pfn == 0 || pfn == UINT64_MAX || pfn == UINT32_MAX) {
		say(&w->t, "asked for ");
		pages(w, ev->v[SGF_mm_page_alloc_order]);
		say(&w->t, " of ");
		say_mt(&w->t, w->cap, ev->v[SGF_mm_page_alloc_migratetype]);
		say(&w->t, " memory and got none; ");
	} else {
		say(&w->t, "gets ");
		pages(w, ev->v[SGF_mm_page_alloc_order]);
		say(&w->t, " of ");
		say_mt(&w->t, w->cap, ev->v[SGF_mm_page_alloc_migratetype]);
		say(&w->t, " memory at ");
		where(w, pfn);
		say(&w->t, "; ");
	}
	field(w, SGF_mm_page_alloc_gfp_flags);
	say(&w->t, ".");
}

static void say_free(struct words *w)
{
	uint64_t order = w->ev->v[SGF_mm_page_free_order];

	who(w);
	say(&w->t, "frees ");
	pages(w, order);
	say(&w->t, " at ");
	where(w, w->ev->v[SGF_mm_page_free_pfn]);
	say(&w->t, order < w->m->nr_orders && mm_pcp_order(w->m, (unsigned int)order) ?
		   " to the per-cpu list of CPU %u." : " to the buddy lists.", w->ev->cpu);
}

static void say_extfrag(struct words *w)
{
	const struct sg_event *ev = w->ev;
	bool claimed = ev->v[SGF_mm_page_alloc_extfrag_change_ownership] == 1;

	who(w);
	say(&w->t, "wants ");
	say_mt(&w->t, w->cap, ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype]);
	say(&w->t, " order %" PRIu64 " and its own lists have none: falls back to a ",
	    ev->v[SGF_mm_page_alloc_extfrag_alloc_order]);
	say_mt(&w->t, w->cap, ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype]);
	say(&w->t, " block of order %" PRIu64 " at ", ev->v[SGF_mm_page_alloc_extfrag_fallback_order]);
	where(w, ev->v[SGF_mm_page_alloc_extfrag_pfn]);
	say(&w->t, claimed ? " and claims the pageblock: it becomes " : " and steals from it: the pageblock stays ");
	say_mt(&w->t, w->cap, claimed ? ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype] :
					ev->v[SGF_mm_page_alloc_extfrag_fallback_migratetype]);
	say(&w->t, ".");
}

/* An isolated stretch: "scans pfn A to B, looks at N pages and takes M". */
static void say_scan(struct words *w, const char *what, const char *of)
{
	who(w);
	say(&w->t, "%s pfn 0x%" PRIx64 " to 0x%" PRIx64 ": looks at %" PRIu64 " and takes %" PRIu64 " %s.", what,
	    w->ev->v[0], w->ev->v[1], w->ev->v[2], w->ev->v[3], of);
}

static void say_defer(struct words *w, const char *what)
{
	const struct sg_event *ev = w->ev;

	who(w);
	say(&w->t, "%s on node %" PRId64 " ", what, (int64_t)ev->v[SGF_mm_compaction_deferred_nid]);
	say_zone(&w->t, w->cap, ev->v[SGF_mm_compaction_deferred_idx]);
	say(&w->t, " for order %" PRId64 " (considered %" PRIu64 " of %" PRIu64 ", failed at order %" PRId64 ").",
	    (int64_t)ev->v[SGF_mm_compaction_deferred_order], ev->v[SGF_mm_compaction_deferred_considered],
	    ev->v[SGF_mm_compaction_deferred_defer_shift] < 32 ?
		    (uint64_t)1 << ev->v[SGF_mm_compaction_deferred_defer_shift] : 0,
	    (int64_t)ev->v[SGF_mm_compaction_deferred_order_failed]);
}

/* Events that decide about a zone: (node, zone, order, result) in the first four slots. */
static void say_check(struct words *w, const char *what)
{
	who(w);
	say(&w->t, "%s on node %" PRId64 " ", what, (int64_t)w->ev->v[0]);
	say_zone(&w->t, w->cap, w->ev->v[1]);
	say(&w->t, " for order %" PRId64 ": ", (int64_t)w->ev->v[2]);
	field(w, 3);
	say(&w->t, ".");
}

static void say_retry(struct words *w)
{
	const struct sg_event *ev = w->ev;

	who(w);
	say(&w->t, "after reclaim for order %" PRIu64 " checks node %" PRId64 " ", ev->v[SGF_reclaim_retry_zone_order],
	    (int64_t)ev->v[SGF_reclaim_retry_zone_node]);
	field(w, SGF_reclaim_retry_zone_zone_idx);
	say(&w->t, ": %" PRIu64 " pages free or reclaimable against min %" PRIu64 ", %" PRId64 " rounds without progress: %s.",
	    ev->v[SGF_reclaim_retry_zone_available], ev->v[SGF_reclaim_retry_zone_min_wmark],
	    (int64_t)ev->v[SGF_reclaim_retry_zone_no_progress_loops],
	    ev->v[SGF_reclaim_retry_zone_wmark_check] ? "worth another try" : "not enough here");
}

static void say_fields(struct words *w)
{
	const struct sg_kind_info *ki = sg_kind_info(w->ev->kind);
	const char *sep = ": ";

	who(w);
	if (w->ev->kind == SG_EV_other) {
		const char *name = "an event that stormglass does not decode";

		for (unsigned int i = 0; i < w->cap->nr_other; i++)
			if ((uint64_t)w->cap->other[i].id == w->ev->v[0])
				name = w->cap->other[i].name;
		say(&w->t, "%s", name);
		return;
	}
	say(&w->t, "%s", ki->name);
	for (unsigned int i = 0; i < ki->nr_fields; i++) {
		if (w->ev->v[i] == SG_MISSING && ki->field[i].type != SG_T_STR)
			continue;
		say(&w->t, "%s%s ", sep, ki->field[i].name);
		field(w, i);
		sep = ", ";
	}
	say(&w->t, ".");
}

static void explain_kmem(struct words *w)
{
	const struct sg_event *ev = w->ev;

	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		say_alloc(w);
		break;
	case SG_EV_mm_page_free:
		say_free(w);
		break;
	case SG_EV_mm_page_free_batched:
		who(w);
		say(&w->t, "puts ");
		where(w, ev->v[SGF_mm_page_free_batched_pfn]);
		say(&w->t, " on the per-cpu list of CPU %u, as one of a batch.", ev->cpu);
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		who(w);
		say(&w->t, "takes ");
		pages(w, ev->v[SGF_mm_page_alloc_zone_locked_order]);
		say(&w->t, " from the ");
		say_mt(&w->t, w->cap, ev->v[SGF_mm_page_alloc_zone_locked_migratetype]);
		say(&w->t, " buddy lists at ");
		where(w, ev->v[SGF_mm_page_alloc_zone_locked_pfn]);
		say(&w->t, mm_event_refills(w->m, ev) ? " to refill a per-cpu list of CPU %u." : ".",
		    ev->cpu);
		break;
	case SG_EV_mm_page_pcpu_drain:
		who(w);
		say(&w->t, "gives ");
		pages(w, ev->v[SGF_mm_page_pcpu_drain_order]);
		say(&w->t, " back from a per-cpu list to the ");
		say_mt(&w->t, w->cap, ev->v[SGF_mm_page_pcpu_drain_migratetype]);
		say(&w->t, " buddy lists at ");
		where(w, ev->v[SGF_mm_page_pcpu_drain_pfn]);
		say(&w->t, ".");
		break;
	case SG_EV_mm_page_alloc_extfrag:
		say_extfrag(w);
		break;
	case SG_EV_mm_lru_insertion:
		who(w);
		say(&w->t, "puts ");
		where(w, ev->v[SGF_mm_lru_insertion_pfn]);
		say(&w->t, " on the LRU: %s.", ev->v[SGF_mm_lru_insertion_lru] == 0 ? "inactive anon" :
			   ev->v[SGF_mm_lru_insertion_lru] == 1 ? "active anon" :
			   ev->v[SGF_mm_lru_insertion_lru] == 2 ? "inactive file" :
			   ev->v[SGF_mm_lru_insertion_lru] == 3 ? "active file" : "unevictable");
		break;
	default:
		say_fields(w);
	}
}

static void explain_compaction(struct words *w)
{
	const struct sg_event *ev = w->ev;

	switch (ev->kind) {
	case SG_EV_mm_compaction_begin:
		who(w);
		say(&w->t, "begins to compact (%s): migrate scanner at pfn 0x%" PRIx64 ", free scanner at 0x%" PRIx64 ".",
		    ev->v[SGF_mm_compaction_begin_sync] ? "synchronously" : "asynchronously",
		    ev->v[SGF_mm_compaction_begin_migrate_pfn], ev->v[SGF_mm_compaction_begin_free_pfn]);
		break;
	case SG_EV_mm_compaction_end:
		who(w);
		say(&w->t, "ends compacting: ");
		field(w, SGF_mm_compaction_end_status);
		say(&w->t, "; migrate scanner at pfn 0x%" PRIx64 ", free scanner at 0x%" PRIx64 ".",
		    ev->v[SGF_mm_compaction_end_migrate_pfn], ev->v[SGF_mm_compaction_end_free_pfn]);
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		say_scan(w, "looks for pages to move in", "pages off the LRU");
		break;
	case SG_EV_mm_compaction_isolate_freepages:
		say_scan(w, "looks for free pages to move to in", "free pages");
		break;
	case SG_EV_mm_compaction_fast_isolate_freepages:
		say_scan(w, "searches the free lists for targets between", "free pages");
		break;
	case SG_EV_mm_compaction_migratepages:
		who(w);
		say(&w->t, "moved %" PRIu64 " pages, %" PRIu64 " could not be moved.",
		    ev->v[SGF_mm_compaction_migratepages_nr_migrated], ev->v[SGF_mm_compaction_migratepages_nr_failed]);
		break;
	case SG_EV_mm_compaction_suitable:
		say_check(w, "asks whether compaction can help");
		break;
	case SG_EV_mm_compaction_finished:
		say_check(w, "asks whether compaction is finished");
		break;
	case SG_EV_mm_compaction_deferred:
		say_defer(w, "skips compaction, which was deferred,");
		break;
	case SG_EV_mm_compaction_defer_compaction:
		say_defer(w, "failed and defers further compaction");
		break;
	case SG_EV_mm_compaction_defer_reset:
		say_defer(w, "succeeded and ends the deferral of compaction");
		break;
	case SG_EV_mm_compaction_try_to_compact_pages:
		who(w);
		say(&w->t, "goes into direct compaction for order %" PRIu64 " (priority %" PRId64 ").",
		    ev->v[SGF_mm_compaction_try_to_compact_pages_order],
		    (int64_t)ev->v[SGF_mm_compaction_try_to_compact_pages_prio]);
		break;
	case SG_EV_mm_compaction_kcompactd_wake:
		who(w);
		say(&w->t, "wakes to compact node %" PRId64 " for order %" PRId64 ".", (int64_t)ev->v[0], (int64_t)ev->v[1]);
		break;
	case SG_EV_mm_compaction_wakeup_kcompactd:
		who(w);
		say(&w->t, "wakes kcompactd of node %" PRId64 " for order %" PRId64 ".", (int64_t)ev->v[0], (int64_t)ev->v[1]);
		break;
	case SG_EV_mm_compaction_kcompactd_sleep:
		who(w);
		say(&w->t, "goes to sleep until there is something to compact on node %" PRId64 ".", (int64_t)ev->v[0]);
		break;
	default:
		say_fields(w);
	}
}

static void explain_reclaim(struct words *w)
{
	const struct sg_event *ev = w->ev;

	switch (ev->kind) {
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		who(w);
		say(&w->t, "goes into direct reclaim for order %" PRIu64 "; ", ev->v[SGF_mm_vmscan_direct_reclaim_begin_order]);
		field(w, SGF_mm_vmscan_direct_reclaim_begin_gfp_flags);
		say(&w->t, ".");
		break;
	case SG_EV_mm_vmscan_direct_reclaim_end:
		who(w);
		say(&w->t, "leaves direct reclaim with %" PRIu64 " pages reclaimed.",
		    ev->v[SGF_mm_vmscan_direct_reclaim_end_nr_reclaimed]);
		break;
	case SG_EV_mm_vmscan_wakeup_kswapd:
		who(w);
		say(&w->t, "wakes kswapd of node %" PRId64 " for order %" PRIu64 ".",
		    (int64_t)ev->v[SGF_mm_vmscan_wakeup_kswapd_nid], ev->v[SGF_mm_vmscan_wakeup_kswapd_order]);
		break;
	case SG_EV_mm_vmscan_kswapd_wake:
		who(w);
		say(&w->t, "is awake to balance node %" PRId64 " for order %" PRIu64 ".",
		    (int64_t)ev->v[SGF_mm_vmscan_kswapd_wake_nid], ev->v[SGF_mm_vmscan_kswapd_wake_order]);
		break;
	case SG_EV_mm_vmscan_kswapd_sleep:
		kswapd_sleeps(w, ev);
		break;
	case SG_EV_mm_vmscan_lru_shrink_inactive:
		who(w);
		say(&w->t, "reclaims on node %" PRId64 ": %" PRIu64 " of %" PRIu64 " pages freed at priority %" PRId64 " (",
		    (int64_t)ev->v[SGF_mm_vmscan_lru_shrink_inactive_nid],
		    ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed],
		    ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_scanned],
		    (int64_t)ev->v[SGF_mm_vmscan_lru_shrink_inactive_priority]);
		field(w, SGF_mm_vmscan_lru_shrink_inactive_reclaim_flags);
		say(&w->t, ").");
		break;
	case SG_EV_mm_vmscan_kswapd_reclaim_fail:
		who(w);
		say(&w->t, "failed to reclaim anything on node %" PRId64 ", failure %" PRIu64 " of 16 until the node is hopeless.",
		    (int64_t)ev->v[0], ev->v[1]);
		break;
	case SG_EV_reclaim_retry_zone:
		say_retry(w);
		break;
	case SG_EV_print:
		say(&w->t, "Marker: ");
		field(w, SGF_print_buf);
		break;
	default:
		say_fields(w);
	}
}

/* Pages of a range that are all in the same hands. */
struct held_run {
	uint64_t first, last;
	struct mm_page_info p;
};

static bool same_hands(const struct mm_page_info *a, const struct mm_page_info *b)
{
	return a->state == b->state && a->pid == b->pid && a->lru == b->lru && a->from_snapshot == b->from_snapshot &&
	       a->have_gfp == b->have_gfp && a->gfp == b->gfp;
}

/* The next run of pages in [*@pfn, @end) that are neither free nor missing, *@pfn goes behind it. */
static bool next_held(const struct mm_machine *m, uint64_t *pfn, uint64_t end, struct held_run *r)
{
	struct mm_page_info p;

	for (; *pfn < end; (*pfn)++) {
		mm_page_get(m, *pfn, &r->p);
		if (r->p.state != MM_PAGE_FREE && r->p.state != MM_PAGE_NONE && r->p.state != MM_PAGE_UNKNOWN)
			break;
	}
	if (*pfn >= end)
		return false;
	for (r->first = *pfn; *pfn < end; r->last = (*pfn)++) {
		mm_page_get(m, *pfn, &p);
		if (!same_hands(&r->p, &p))
			break;
	}
	return true;
}

static void say_hands(struct words *w, const struct held_run *r)
{
	static const char *const lru[] = { "", ", anonymous memory", ", page cache", ", unevictable" };

	say(&w->t, "pfn 0x%" PRIx64, r->first);
	if (r->last > r->first)
		say(&w->t, " to 0x%" PRIx64, r->last);
	if (r->p.state == MM_PAGE_PCP) {
		say(&w->t, " on a per-cpu list");
		return;
	}
	if (r->p.state == MM_PAGE_ISOLATED) {
		say(&w->t, " taken by compaction");
		return;
	}
	if (r->p.pid != MM_PID_UNKNOWN)
		say(&w->t, " of %s-%d", sg_capture_comm(w->cap, r->p.pid), r->p.pid);
	else
		say(&w->t, r->p.from_snapshot ? " in use since before the trace" : " in use");
	if (r->p.have_gfp) {
		say(&w->t, " (");
		say_flags(&w->t, w->cap->gfp_names, r->p.gfp);
		say(&w->t, ", event %" PRIu64 ")", r->p.since);
	}
	say(&w->t, "%s", r->p.lru < 4 ? lru[r->p.lru] : "");
}

#define HELD_SHOWN 3

/*
 * Is the range free?  If not, which pages stayed, and whose: what the kernel calls "PFNs busy".
 * Source: mm/page_isolation.c: test_pages_isolated(), mm/page_alloc.c: alloc_contig_range(), 6.1 to 7.3
 */
static void say_tested(struct words *w)
{
	uint64_t start = w->ev->v[SGF_test_pages_isolated_start_pfn], end = w->ev->v[SGF_test_pages_isolated_end_pfn];
	uint64_t fin = w->ev->v[SGF_test_pages_isolated_fin_pfn], at = start, nr = 0;
	unsigned int runs = 0, shown = 0;
	struct held_run r;

	who(w);
	say(&w->t, "looks whether pfn 0x%" PRIx64 " to 0x%" PRIx64 " (%" PRIu64 " pages) is free: ", start, end,
	    end > start ? end - start : 0);
	if (fin >= end) {
		say(&w->t, "all of it. The range is taken, or the memory goes offline.");
		return;
	}
	say(&w->t, "no, at pfn 0x%" PRIx64 " something is left, so alloc_contig_range() fails (PFNs busy), or memory offline"
	    " tries again.", fin);
	if (end > w->m->end_pfn)
		end = w->m->end_pfn;
	while (next_held(w->m, &at, end, &r)) {
		nr += r.last - r.first + 1;
		runs++;
	}
	if (!nr) {
		say(&w->t, " In the model no page of it is known to be in use.");
		return;
	}
	say(&w->t, " %" PRIu64 " page%s stayed: ", nr, nr == 1 ? "" : "s");
	for (at = start; shown < HELD_SHOWN && next_held(w->m, &at, end, &r); shown++) {
		if (shown)
			say(&w->t, "; ");
		say_hands(w, &r);
	}
	if (runs > shown)
		say(&w->t, "; and %u more", runs - shown);
	say(&w->t, ".");
}

static void explain_contig(struct words *w)
{
	const struct sg_event *ev = w->ev;
	uint64_t n;

	switch (ev->kind) {
	case SG_EV_test_pages_isolated:
		say_tested(w);
		break;
	case SG_EV_cma_alloc_start:
		/* 6.16 and later name the request beside what the area has */
		n = ev->v[SGF_cma_alloc_start_count] != SG_MISSING ? ev->v[SGF_cma_alloc_start_count] :
								      ev->v[SGF_cma_alloc_start_request_count];
		who(w);
		say(&w->t, "asks CMA area ");
		field(w, SGF_cma_alloc_start_name);
		say(&w->t, " for %" PRIu64 " pages in a row", n);
		if (ev->v[SGF_cma_alloc_start_available_count] != SG_MISSING)
			say(&w->t, "; %" PRIu64 " of its %" PRIu64 " aren't handed out", ev->v[SGF_cma_alloc_start_available_count],
			    ev->v[SGF_cma_alloc_start_total_count]);
		say(&w->t, ".");
		break;
	case SG_EV_cma_alloc:
	case SG_EV_cma_alloc_finish:
		n = ev->kind == SG_EV_cma_alloc ? ev->v[SGF_cma_alloc_pfn] : ev->v[SGF_cma_alloc_finish_pfn];
		who(w);
		if (n && n != UINT64_MAX && n != SG_MISSING) {
			say(&w->t, "gets %" PRIu64 " pages at ", ev->v[ev->kind == SG_EV_cma_alloc ? SGF_cma_alloc_count :
										      SGF_cma_alloc_finish_count]);
			where(w, n);
			say(&w->t, " from a CMA area.");
		} else {
			say(&w->t, "gets nothing from a CMA area");
			if (ev->kind == SG_EV_cma_alloc_finish && ev->v[SGF_cma_alloc_finish_errorno] != SG_MISSING)
				say(&w->t, " (error %" PRId64 ")", (int64_t)ev->v[SGF_cma_alloc_finish_errorno]);
			say(&w->t, ".");
		}
		break;
	case SG_EV_cma_alloc_busy_retry:
		who(w);
		say(&w->t, "found pages in use among the %" PRIu64 " at ", ev->v[SGF_cma_alloc_busy_retry_count]);
		where(w, ev->v[SGF_cma_alloc_busy_retry_pfn]);
		say(&w->t, ", and tries the next place in CMA area ");
		field(w, SGF_cma_alloc_busy_retry_name);
		say(&w->t, ".");
		break;
	case SG_EV_cma_release:
		who(w);
		say(&w->t, "gives %" PRIu64 " pages at ", ev->v[SGF_cma_release_count]);
		where(w, ev->v[SGF_cma_release_pfn]);
		say(&w->t, " back to a CMA area.");
		break;
	default:
		break;
	}
}

/* What a task does with its addresses. */
static void explain_address(struct words *w)
{
	switch (w->ev->kind) {
	case SG_EV_page_fault_user:
		who(w);
		say(&w->t, "faults at address ");
		field(w, SGF_page_fault_user_address);
		say(&w->t, ".");
		break;
	case SG_EV_sys_enter_mmap:
		who(w);
		say(&w->t, "maps ");
		field(w, SGF_sys_enter_mmap_len);
		say(&w->t, " bytes of memory.");
		break;
	case SG_EV_sys_exit_mmap:
		who(w);
		say(&w->t, "has them mapped at ");
		field(w, SGF_sys_exit_mmap_ret);
		say(&w->t, ", or was refused them when that is an error's number.");
		break;
	case SG_EV_sys_enter_munmap:
		who(w);
		say(&w->t, "unmaps ");
		field(w, SGF_sys_enter_munmap_len);
		say(&w->t, " bytes at ");
		field(w, SGF_sys_enter_munmap_addr);
		say(&w->t, ".");
		break;
	case SG_EV_sys_enter_madvise:
		who(w);
		say(&w->t, "tells by madvise, behavior ");
		field(w, SGF_sys_enter_madvise_behavior);
		say(&w->t, ", how it uses ");
		field(w, SGF_sys_enter_madvise_len_in);
		say(&w->t, " bytes at ");
		field(w, SGF_sys_enter_madvise_start);
		say(&w->t, ".");
		break;
	default:
		break;
	}
}

void mm_explain(const struct mm_machine *m, const struct sg_event *ev, char *buf, size_t size)
{
	struct words w = { { buf, size, 0 }, m, m->cap, ev };
	const char *sys = sg_kind_info(ev->kind)->system;

	if (size == 0)
		return;
	buf[0] = '\0';
	if (ev->missed > 0)
		say(&w.t, "[%" PRId64 " events lost before this] ", ev->missed);
	else if (ev->missed)
		say(&w.t, "[events lost before this] ");
	if (strcmp(sys, "kmem") == 0 || strcmp(sys, "pagemap") == 0)
		explain_kmem(&w);
	else if (strcmp(sys, "compaction") == 0)
		explain_compaction(&w);
	else if (strcmp(sys, "cma") == 0 || strcmp(sys, "page_isolation") == 0)
		explain_contig(&w);
	else if (strcmp(sys, "exceptions") == 0 || strcmp(sys, "syscalls") == 0)
		explain_address(&w);
	else
		explain_reclaim(&w);
	while (w.t.len && (buf[w.t.len - 1] == '\n' || buf[w.t.len - 1] == ' '))
		buf[--w.t.len] = '\0';
}
