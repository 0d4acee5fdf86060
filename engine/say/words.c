// SPDX-License-Identifier: GPL-2.0-only
/* Words of decisions. */
#include "say/words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* key, the fact */
static const struct {
	const char *key, *text;
} missing[] = {
	{ "alloc_factor_unknown", "how often this per-cpu list was refilled in a row before (its alloc_factor)" },
	{ "asked_before_trace", "what kswapd had been asked for before the trace began" },
	{ "asker_unknown", "who asks, and so whether the minimum or the high watermark is to be kept" },
	{ "batch_count_unknown", "how many free pages were left over from the batch before" },
	{ "began_before_trace", "the request's first steps, which lie before the trace" },
	{ "block_from_snapshot", "how the block came together (it has been free since before the trace)" },
	{ "block_unknown", "the type or the use of a pageblock on the way, which no event has named yet" },
	{ "boost_shown_later", "the zone's watermark boost, of which an event tells only afterwards" },
	{ "cpus_missing", "what was taken and given back on CPUs that were not traced (a limit of the recording)" },
	{ "cached_position_unknown", "where the zone's scanners had stopped the last time" },
	{ "capture_unknown", "whether the compacting task has captured a block that one of its frees completed" },
	{ "cma_share_unknown", "whether CMA pageblocks held more than half of the free pages (each CPU keeps a part of both counts to itself)" },
	{ "contention_unknown", "whether a lock was contended or the task was to be killed (no event tells)" },
	{ "defer_state_unknown", "how often compaction of this zone had failed before the first event that tells" },
	{ "fallback_allowed_unknown", "whether the request may take from other types' blocks (ALLOC_NOFRAGMENT)" },
	{ "end_not_seen", "the end of the request (it lies behind the trace's)" },
	{ "events_lost", "events (some were lost while the request was under way)" },
	{ "failures_unknown", "how often kswapd had failed before the trace began" },
	{ "failures_not_traced", "whether kswapd has given the node up (this kernel has no event for its failures)" },
	{ "filtered", "pages whose events were filtered out (a limit of the recording)" },
	{ "free_blocks_taken_unknown", "which free blocks compaction has taken off the lists and not yet used" },
	{ "free_count_drift", "the kernel's count of free pages, of which each CPU keeps a part to itself (it may be off by more than the difference)" },
	{ "free_count_unknown", "how many pages were freed in a row before (the list's free_count)" },
	{ "free_in_flight", "whether a free by another CPU, whose event comes before it takes the lock, is the earlier one" },
	{ "free_lists_unknown", "the zone's free pages (no snapshot names them)" },
	{ "free_pages_unknown", "the zone's free pages (no snapshot names them)" },
	{ "free_type_unknown", "on which type's list a free block is, whose pageblock no event has named yet" },
	{ "gfp_names_missing", "the meaning of the gfp flags (the trace's formats don't name them)" },
	{ "highest_zone_unknown", "up to which zone the request may go, and so which reserve it must leave" },
	{ "init_pfn_unknown", "where the run that covers the whole zone had begun (compact_init_migrate_pfn)" },
	{ "kswapd_running_unknown", "whether kswapd was running at that moment" },
	{ "list_order_unknown", "which block is first on the free list (a snapshot counts what lies there since before the trace, without order)" },
	{ "list_rotated", "which block is first on the free list (a search by compaction has rotated it, and the trace doesn't tell how far)" },
	{ "list_shuffled", "which block is first on the free list (the kernel puts those of the highest order at either end by chance: page_alloc.shuffle)" },
	{ "zones_unknown", "which zone or node the page or the request is of (no snapshot has the zones, and no event tells their borders)" },
	{ "list_unknown", "what is on a free list that comes first (pages that may be on it, or joined with its blocks, are unknown)" },
	{ "lock_order_unknown", "which of two CPUs had the lock first (both were at the same lists)" },
	{ "lost_span", "what a CPU did whose events are lost here (a limit of the recording)" },
	{ "lru_state_unknown", "whether pages of the block are on the LRU list (they may wait in a per-cpu batch)" },
	{ "memcg_limit_unknown", "whether a limit of the task's cgroup refused the page after it was found (no event tells)" },
	{ "memory", "the machine's state (stormglass ran out of memory at an earlier event)" },
	{ "no_pages", "which pages (no event tells of any)" },
	{ "not_readable", "what the unreadable parts of the file say" },
	{ "one_task", "what other tasks took and gave back (only one task, or a few, were recorded)" },
	{ "page_not_on_lists", "the page (it isn't on the free lists that we know)" },
	{ "defrag_mode_unknown", "whether defrag_mode is on (no snapshot has the setting)" },
	{ "rules_unknown", "the kernel's rule (it is older than the ones that are known)" },
	{ "snapshot_window", "the pages (the event lies between the markers of a snapshot, while that was read)" },
	{ "snapshot_stale", "the pages (the snapshot that this was decided by doesn't fit the trace, as later events show)" },
	{ "nap_not_traced", "whether kswapd had gone to sleep for a moment before it was woken (no event tells)" },
	{ "neighbour_unknown", "whether a block's neighbour is free, and so whether the two are one (no event has touched it yet)" },
	{ "page_in_flight", "when pages reached their per-cpu list (tasks that freed them lost their CPU right after the event)" },
	{ "page_state_unknown", "whether pages on the way are free or in use (no event has touched them yet)" },
	{ "pcp_batch_unknown", "the batch of the per-cpu list (no snapshot has it)" },
	{ "pcp_high_unknown", "the per-cpu list's present limit (pcp->high), which the kernel tunes without an event" },
	{ "pcp_list_unknown", "the per-cpu list (pages on it have been there since before the trace)" },
	{ "pcp_lock_unknown", "whether the per-cpu list's lock was in other hands (then a request goes past the list and takes a single block)" },
	{ "pcp_off_unknown", "whether the zone's per-cpu lists are switched off (memory of some zone is going offline)" },
	{ "requested_node_unknown", "the node that a request is bound to" },
	{ "requests_not_traced", "what was asked of kswapd meanwhile (requests that find it awake leave no event)" },
	{ "round_end_not_traced", "when kswapd's round ended (this kernel has no event for it)" },
	{ "run_began_before", "the run's beginning, which lies before the trace" },
	{ "scanner_position_unknown", "where a scanner stands (part of its way leaves no event)" },
	{ "search_state_unknown", "at which order the search of the free lists began, and how far it may still look (no event tells)" },
	{ "several_nodes", "which pages belong to which node (several are named, and no snapshot tells)" },
	{ "skip_bits_unknown", "which pageblocks are marked to be skipped" },
	{ "too_many_steps", "the request has more steps than are kept" },
	{ "trace_ends", "the end (it lies behind the trace's)" },
	{ "watermark_boost_unknown", "how far the zone's watermarks are boosted at this moment" },
	{ "watermarks_unknown", "the zone's watermarks (no snapshot has them)" },
	{ "within_counter_error", "the kernel's count of free pages, of which each CPU keeps a part to itself (it may be off by more than the difference)" },
	{ "zone_unknown", "the zone (the event names one that no snapshot and no page has shown)" },
};

const char *mm_missing_text(const char *why)
{
	for (size_t i = 0; why && i < sizeof(missing) / sizeof(missing[0]); i++)
		if (strcmp(missing[i].key, why) == 0)
			return missing[i].text;
	return "a fact that isn't in the trace";
}

enum form { NUMBER, PFN, ZONE_TYPE, MIGRATETYPE, GFP, ORDER };

static const struct {
	const char *name, *about;
	enum form form;
} numbers[] = {
	{ "alloc_factor", "the batch is doubled so often", NUMBER },
	{ "asked_order", "largest order asked for, by the events", ORDER },
	{ "asked_order_perhaps", "the same with requests that may have passed without an event", ORDER },
	{ "asked_zone", "highest zone asked for, by the events", ZONE_TYPE },
	{ "asked_zone_perhaps", "the same with requests that may have passed without an event", ZONE_TYPE },
	{ "batch", "batch of the per-cpu list, pages", NUMBER },
	{ "block_alike", "pages of the last pageblock tried for a claim that are alike", NUMBER },
	{ "block_free", "free pages of the last pageblock tried for a claim", NUMBER },
	{ "block_order", "order of the free block that we have there", ORDER },
	{ "boost", "pages that fallbacks have added to the mark", NUMBER },
	{ "claims_tried", "blocks looked at for a claim", NUMBER },
	{ "compact_gap", "pages after which the order is dropped: enough for compaction to work with", NUMBER },
	{ "considered", "tries that were put off since the last failure", NUMBER },
	{ "count", "what the kernel moved", NUMBER },
	{ "disagrees_at_step", "the first step that differs, from 1", NUMBER },
	{ "end_pfn", "end of the range, first pfn behind it", PFN },
	{ "failures", "rounds without a page reclaimed, in a row; 16 make the node hopeless", NUMBER },
	{ "fallback_migratetype", "type of the list that the kernel took from", MIGRATETYPE },
	{ "fallback_order", "order of the block that the kernel took from", ORDER },
	{ "first_event", "event with which the request's first step began", NUMBER },
	{ "found_order", "order of the free block that ends the run", ORDER },
	{ "fragindex", "fragmentation index in thousandths: -1000 a block is free, towards 0 too little memory, towards 1000 fragmented", NUMBER },
	{ "free", "free pages of the zone that decides", NUMBER },
	{ "free_count", "pages freed in a row; an allocation halves it", NUMBER },
	{ "free_in_blocks", "free pages in whole pageblocks, of the zone that decides", NUMBER },
	{ "free_least", "free pages of the zone, at least", NUMBER },
	{ "free_most", "free pages of the zone, at most", NUMBER },
	{ "free_pfn", "where the free scanner stands", PFN },
	{ "from_order", "order of the block that the page is split from", ORDER },
	{ "gap", "pages that compaction wants to work with, beyond the watermark", NUMBER },
	{ "gfp", "flags of the request", GFP },
	{ "half", "pages that are half of a pageblock", NUMBER },
	{ "highest_zone", "highest zone that the request may use", ZONE_TYPE },
	{ "in_flight", "pages counted that had been taken before: their event came later", NUMBER },
	{ "kernel_end_pfn", "the kernel's end of the range", PFN },
	{ "kernel_free_pfn", "where the kernel's free scanner stands", PFN },
	{ "kernel_migrate_pfn", "where the kernel's migrate scanner stands", PFN },
	{ "kernel_min_pfn", "the kernel's lowest pfn for the search", PFN },
	{ "kernel_nr_taken", "pages that the kernel took", NUMBER },
	{ "kernel_start_pfn", "the kernel's start of the range", PFN },
	{ "list_blocks", "blocks on the list that the page comes from", NUMBER },
	{ "low_mark", "score at which proactive compaction ends, per cent", NUMBER },
	{ "lowered", "pages by which the mark is lowered for this request (__GFP_HIGH, no waiting)", NUMBER },
	{ "margin", "pages that may be taken before the mark is reached; at most 0: none", NUMBER },
	{ "mark", "pages that are needed", NUMBER },
	{ "mark_least", "pages that must be free, at least", NUMBER },
	{ "mark_most", "pages that must be free, at most", NUMBER },
	{ "migrate_pfn", "where the migrate scanner stands", PFN },
	{ "migratetype", "migratetype in question", MIGRATETYPE },
	{ "min_pfn", "lowest pfn that the search takes", PFN },
	{ "need", "pages that must stay: mark and boost, less what it is lowered by, and the reserve", NUMBER },
	{ "needed", "pages that it must have more of than this", NUMBER },
	{ "node", "the zone's node", NUMBER },
	{ "nofragment", "1: fallbacks into blocks below pageblock order are held off (ALLOC_NOFRAGMENT)", NUMBER },
	{ "nr_taken", "pages taken", NUMBER },
	{ "order", "order in question", ORDER },
	{ "order_failed", "compaction of orders below this one isn't put off", ORDER },
	{ "own_blocks", "blocks on its own lists that are large enough", NUMBER },
	{ "predicted", "what the rules move", NUMBER },
	{ "reclaimed", "pages reclaimed", NUMBER },
	{ "refused_by", "0 the watermark, 1 no block is large enough, 2 the lists, 3 nothing: it has a page", NUMBER },
	{ "reserve", "pages kept from requests for higher zones (lowmem_reserve)", NUMBER },
	{ "score", "fragmentation score of the zone, per cent of its free memory outside of huge blocks", NUMBER },
	{ "shift", "tries are put off until 2^shift of them", NUMBER },
	{ "start_pfn", "first pfn of the range", PFN },
	{ "steps", "reclaims, compactions and retry checks of the request, its end counted", NUMBER },
	{ "usable", "free pages, less what the request can't use", NUMBER },
	{ "zone", "the zone that decides", ZONE_TYPE },
	{ "zone_type", "the zone", ZONE_TYPE },
};

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].name, name) == 0)
			return (int)i;
	return -1;
}

bool mm_number_is_pfn(const char *name)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].name, name) == 0)
			return numbers[i].form == PFN;
	return false;
}

const char *mm_number_about(const char *name)
{
	int i = number_of(name);

	return i < 0 ? "" : numbers[i].about;
}

static void gfp_text(const struct sg_capture *cap, int64_t value, char *buf, size_t size)
{
	struct sg_event ev = { .kind = SG_EV_mm_page_alloc };

	ev.v[SGF_mm_page_alloc_gfp_flags] = (uint64_t)value;
	mm_event_field(cap, &ev, SGF_mm_page_alloc_gfp_flags, buf, size);
}

char *mm_number_text(const struct sg_capture *cap, const char *name, int64_t value, char *buf, size_t size)
{
	int i = number_of(name);

	switch (i < 0 ? NUMBER : numbers[i].form) {
	case PFN:
		if (value == -1)
			snprintf(buf, size, "none");
		else
			snprintf(buf, size, "0x%" PRIx64, (uint64_t)value);
		break;
	case ZONE_TYPE:
		if (value >= 0 && value < SG_MAX_ZONE_TYPES && (uint64_t)value < cap->nr_zone_types && cap->zone_type[value][0])
			snprintf(buf, size, "%" PRId64 " (%s)", value, cap->zone_type[value]);
		else
			snprintf(buf, size, "%" PRId64, value);
		break;
	case MIGRATETYPE:
		if (value >= 0 && value < SG_MAX_MIGRATETYPES && (uint64_t)value < cap->nr_migratetypes)
			snprintf(buf, size, "%" PRId64 " (%s)", value, cap->migratetype[value]);
		else
			snprintf(buf, size, "%" PRId64, value);
		break;
	case GFP:
		gfp_text(cap, value, buf, size);
		break;
	case ORDER:
		if (value >= 0 && value < MM_MAX_ORDERS)
			snprintf(buf, size, "%" PRId64 " (%u page%s)", value, 1u << value, value ? "s" : "");
		else if (value == -1)
			snprintf(buf, size, "-1 (%s)", strcmp(name, "order") == 0 ? "the whole zone" : "none");
		else
			snprintf(buf, size, "%" PRId64, value);
		break;
	default:
		snprintf(buf, size, "%" PRId64, value);
	}
	return buf;
}

void mm_text_add(struct mm_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->len + 1 >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < t->size - t->len ? (size_t)n : t->size - t->len - 1;
}

char *mm_text_count(char *buf, size_t size, int64_t n, const char *one)
{
	snprintf(buf, size, "%" PRId64 " %s%s", n, one, n == 1 ? "" : "s");
	return buf;
}
