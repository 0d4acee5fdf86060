// SPDX-License-Identifier: GPL-2.0-only
/* The machine as JSON: doc/json.md describes every key. */
#include <string.h>

#include "cmd_state.h"

uint64_t state_untyped(const struct mm_zone_info *z, unsigned int order)
{
	uint64_t typed = 0;

	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		typed += z->type_free[t][order];
	return z->free[order] > typed ? z->free[order] - typed : 0;
}

#define MAX_LISTED 64u /* blocks of a free list that are named */

static unsigned int nr_types(const struct sg_capture *cap)
{
	return cap->nr_migratetypes < SG_MAX_MIGRATETYPES ? cap->nr_migratetypes
							  : SG_MAX_MIGRATETYPES;
}

static void zone_types(struct cmd_json *j, const struct sg_capture *cap,
		       const struct mm_zone_info *z, bool known)
{
	uint64_t untyped[MM_MAX_ORDERS];
	bool typed = !(z->lacks & MM_ZONE_NO_TYPES);
	char buf[16];

	cmd_json_object(j, "types", false);
	for (unsigned int t = 0; t < nr_types(cap); t++) {
		cmd_json_object(j, cmd_mt_name(cap, t, buf), true);
		cmd_json_known(j, "blocks", z->type_blocks[t], typed);
		cmd_json_uints_known(j, "free", z->type_free[t], z->nr_orders, known && typed);
		cmd_json_end(j);
	}
	for (unsigned int k = 0; k < z->nr_orders; k++)
		untyped[k] = state_untyped(z, k);
	cmd_json_object(j, "Unknown", true);
	cmd_json_known(j, "blocks", z->unknown_blocks, typed);
	cmd_json_uints_known(j, "free", untyped, z->nr_orders, known);
	cmd_json_end(j);
	cmd_json_end(j);
}

static void zone_indices(struct cmd_json *j, const struct mm_zone_info *z, bool known)
{
	if (!known) {
		cmd_json_uints_known(j, "fragmentation_index", NULL, z->nr_orders, false);
		cmd_json_uints_known(j, "unusable_index", NULL, z->nr_orders, false);
		return;
	}
	cmd_json_array(j, "fragmentation_index", true);
	for (unsigned int k = 0; k < z->nr_orders; k++)
		cmd_json_milli(j, NULL, mm_fragmentation_index(z, k));
	cmd_json_end(j);
	cmd_json_array(j, "unusable_index", true);
	for (unsigned int k = 0; k < z->nr_orders; k++)
		cmd_json_milli(j, NULL, mm_unusable_index(z, k));
	cmd_json_end(j);
}

void cmd_json_zones(struct cmd_json *j, const char *key, const struct sg_capture *cap, const struct sg_limits *l,
		    const struct mm_machine *m)
{
	bool hidden = sg_limits_hiding(l, mm_position(m)) >= 0;
	struct mm_zone_info z;

	cmd_json_array(j, key, false);
	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		bool known, marks, seen;

		mm_zone_get(m, i, &z);
		known = cmd_free_known(l, &z, mm_position(m));
		seen = !hidden && (z.list_known || !sg_limits_touch(l, SG_LIMIT_NO_PAGES, 0));
		marks = (z.managed || z.wmark_high) && !(z.lacks & MM_ZONE_NO_WMARKS);
		cmd_json_object(j, NULL, false);
		if (z.node < 0)
			cmd_json_null(j, "node");
		else
			cmd_json_int(j, "node", z.node);
		if (strcmp(z.name, "?") == 0)
			cmd_json_null(j, "name");
		else
			cmd_json_str(j, "name", z.name);
		if (z.unplaced) {
			cmd_json_null(j, "start_pfn");
			cmd_json_null(j, "end_pfn");
		} else {
			cmd_json_uint(j, "start_pfn", z.start_pfn);
			cmd_json_uint(j, "end_pfn", z.end_pfn);
		}
		cmd_json_bool(j, "deduced", z.deduced);
		cmd_json_bool(j, "mixed", z.mixed);
		cmd_json_bool(j, "free_known", known);
		cmd_json_known(j, "present", z.present, z.present > 0 && !(z.lacks & MM_ZONE_NO_SIZE));
		cmd_json_known(j, "managed", z.managed, z.managed > 0 && !(z.lacks & MM_ZONE_NO_SIZE));
		cmd_json_object(j, "watermarks", true);
		cmd_json_known(j, "min", z.wmark_min, marks);
		cmd_json_known(j, "low", z.wmark_low, marks);
		cmd_json_known(j, "high", z.wmark_high, marks);
		cmd_json_known(j, "promo", z.wmark_promo, marks && (z.wmark_promo || !(z.lacks & MM_ZONE_NO_PAGES)));
		cmd_json_end(j);
		cmd_json_object(j, "pages", true);
		cmd_json_known(j, "free", z.nr_free, seen && !(z.lacks & MM_ZONE_NO_FREE));
		cmd_json_known(j, "pcp", z.nr_pcp, seen && !(z.lacks & MM_ZONE_NO_PCP));
		cmd_json_known(j, "allocated", z.nr_alloc, !(z.lacks & (MM_ZONE_NO_SIZE | MM_ZONE_NO_FREE)));
		cmd_json_known(j, "isolated", z.nr_isolated, !(z.lacks & MM_ZONE_NO_PAGES));
		cmd_json_uint(j, "unknown", z.nr_unknown);
		cmd_json_end(j);
		cmd_json_uints_known(j, "free", z.free, z.nr_orders, known);
		cmd_json_uints(j, "free_seen", z.free, z.nr_orders);
		zone_types(j, cap, &z, known);
		cmd_json_uints(j, "folios", z.folios, z.nr_orders);
		zone_indices(j, &z, known);
		cmd_json_end(j);
	}
	cmd_json_end(j);
}

void cmd_json_contradictions(struct cmd_json *j, const struct mm_machine *m)
{
	cmd_json_object(j, "contradictions", false);
	for (unsigned int c = 0; c < MM_CONTRA_COUNT; c++)
		cmd_json_uint(j, mm_contra_key((enum mm_contra)c),
			      mm_contra_count(m, (enum mm_contra)c));
	cmd_json_end(j);
}

static void nodes(struct cmd_json *j, const struct mm_machine *m)
{
	cmd_json_array(j, "nodes", false);
	for (int n = 0; n < 16; n++) {
		struct mm_node_info ni;

		mm_node_get(m, n, &ni);
		if (!ni.present)
			continue;
		cmd_json_object(j, NULL, true);
		cmd_json_int(j, "node", n);
		cmd_json_bool(j, "kswapd_awake", ni.kswapd_awake);
		cmd_json_uint(j, "kswapd_order", ni.kswapd_order);
		cmd_json_uint(j, "kswapd_failures", ni.kswapd_failures);
		cmd_json_bool(j, "kcompactd_awake", ni.kcompactd_awake);
		cmd_json_uint(j, "kcompactd_order", ni.kcompactd_order);
		cmd_json_uint(j, "direct_reclaim_tasks", ni.nr_direct_reclaim);
		cmd_json_uint(j, "direct_compact_tasks", ni.nr_direct_compact);
		cmd_json_bool(j, "compacting", ni.compacting);
		if (ni.migrate_pfn || ni.free_pfn) {
			cmd_json_uint(j, "migrate_pfn", ni.migrate_pfn);
			cmd_json_uint(j, "free_pfn", ni.free_pfn);
		} else {
			cmd_json_null(j, "migrate_pfn");
			cmd_json_null(j, "free_pfn");
		}
		cmd_json_end(j);
	}
	cmd_json_end(j);
}

static void one_list(struct cmd_json *j, const struct sg_capture *cap, const struct mm_machine *m,
		     unsigned int zone, const struct mm_zone_info *z, unsigned int order,
		     unsigned int mt)
{
	uint64_t pfn[MAX_LISTED], unplaced = 0;
	size_t nr = mm_free_list(m, zone, order, mt, pfn, MAX_LISTED, &unplaced);
	char buf[16];

	cmd_json_object(j, NULL, true);
	if (z->node < 0)
		cmd_json_null(j, "node");
	else
		cmd_json_int(j, "node", z->node);
	cmd_json_str(j, "zone", z->name);
	cmd_json_uint(j, "order", order);
	cmd_json_str(j, "type", cmd_mt_name(cap, mt, buf));
	cmd_json_uint(j, "blocks", z->type_free[mt][order]);
	cmd_json_uint(j, "unplaced", unplaced);
	cmd_json_uints(j, "head", pfn, nr);
	cmd_json_end(j);
}

static void free_lists(struct cmd_json *j, const struct sg_capture *cap, const struct mm_machine *m)
{
	cmd_json_array(j, "free_lists", false);
	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		struct mm_zone_info z;

		mm_zone_get(m, i, &z);
		for (unsigned int k = 0; k < z.nr_orders; k++)
			for (unsigned int t = 0; t < nr_types(cap); t++)
				if (z.type_free[t][k])
					one_list(j, cap, m, i, &z, k, t);
	}
	cmd_json_end(j);
}

static void one_block(struct cmd_json *j, const struct sg_capture *cap, uint64_t block,
		      const struct mm_block_info *b, unsigned int order)
{
	char buf[16];

	cmd_json_object(j, NULL, true);
	cmd_json_uint(j, "pfn", block << order);
	cmd_json_str(j, "type", cmd_mt_name(cap, b->migratetype, buf));
	cmd_json_uint(j, "free", b->nr_free);
	cmd_json_uint(j, "pcp", b->nr_pcp);
	cmd_json_uint(j, "allocated", b->nr_alloc);
	cmd_json_uint(j, "isolated", b->nr_isolated);
	cmd_json_uint(j, "unknown", b->nr_unknown);
	cmd_json_uint(j, "foreign", b->nr_foreign);
	cmd_json_uint(j, "changed", b->changed);
	cmd_json_end(j);
}

/* Pageblocks of which something is known: a terabyte that nothing touched stays unlisted. */
static void blocks(struct cmd_json *j, const struct sg_capture *cap, const struct mm_machine *m)
{
	unsigned int order = mm_pageblock_order(m);
	uint64_t end = (mm_end_pfn(m) + (UINT64_C(1) << order) - 1) >> order;

	cmd_json_array(j, "pageblocks", false);
	for (uint64_t i = 0; i < end && !cmd_out_gone(j->out); i++) {
		struct mm_block_info b;
		uint64_t next = mm_next_pfn(m, i << order) >> order;

		if (next > i && mm_has_holes(m))
			i = next;
		if (i >= end)
			break;
		mm_block_get(m, i, &b);
		if (b.nr_free || b.nr_pcp || b.nr_alloc || b.nr_isolated ||
		    b.migratetype != MM_MT_UNKNOWN)
			one_block(j, cap, i, &b, order);
	}
	cmd_json_end(j);
}

void state_json(struct cmd_out *o, const struct sg_capture *cap, const struct sg_limits *l, const struct mm_machine *m,
		uint64_t last)
{
	struct cmd_json j;

	cmd_json_init(&j, o);
	cmd_json_object(&j, NULL, false);
	cmd_json_str(&j, "capture", cap->name);
	cmd_json_str(&j, "kernel", cap->kernel);
	cmd_json_str(&j, "clock", cap->clock);
	cmd_json_uint(&j, "position", mm_position(m));
	if (mm_position(m) > 0)
		cmd_json_time(&j, "time", cap, last);
	else
		cmd_json_null(&j, "time");
	cmd_json_uint(&j, "page_size", cap->page_size);
	cmd_json_uint(&j, "pageblock_order", mm_pageblock_order(m));
	cmd_json_uint(&j, "end_pfn", mm_end_pfn(m));
	cmd_limits_json(&j, l);
	cmd_json_zones(&j, "zones", cap, l, m);
	nodes(&j, m);
	cmd_json_contradictions(&j, m);
	free_lists(&j, cap, m);
	blocks(&j, cap, m);
	cmd_json_end(&j);
}
