// SPDX-License-Identifier: GPL-2.0-only
/* stormglass report: reads the whole capture once and sums it up. */
#include <getopt.h>
#include <string.h>

#include "cmd_report.h"
#include "machine/layout.h"

/* Nodes that zones lie on; or, where nothing tells where the nodes' memory lies, that events name. */
static unsigned int count_nodes(const struct mm_machine *m, const struct mm_layout *layout, bool *ret_more)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		struct mm_zone_info z, other;
		bool known = false;

		mm_zone_get(m, i, &z);
		for (unsigned int k = 0; k < i && !known; k++) {
			mm_zone_get(m, k, &other);
			known = other.node == z.node;
		}
		n += !known && z.node >= 0;
	}
	*ret_more = layout && layout->several_nodes;
	return layout && layout->nr_nodes > n ? layout->nr_nodes : n;
}

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

static int collect(struct cmd_source *src, struct mm_machine **m, struct mm_totals **totals,
		   struct sg_err *err)
{
	const struct sg_event *ev;
	int r = cmd_machine_new(src, m, err);

	if (r < 0)
		return r;
	*totals = mm_totals_new(src->cap);
	if (!*totals)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", src->path);
	while ((ev = cmd_next(src)) != NULL) {
		mm_skip(*m, src->number);
		mm_observe(*m, ev);
		mm_totals_add(*totals, ev);
	}
	return cmd_whole(src->path, *m, err);
}

static int show_report(const char *file, unsigned int dump, bool json)
{
	struct mm_machine *m = NULL;
	struct mm_totals *totals = NULL;
	struct cmd_source src;
	struct sg_err err = { 0 };
	struct cmd_out *o = NULL;
	struct report rp;
	int code, r = cmd_open_dump(file, dump, &src, &err);

	if (r == 0 && !src.cap->still)
		r = collect(&src, &m, &totals, &err);
	if (r == 0) {
		o = cmd_out_new();
		if (!o)
			r = sg_fail(&err, SG_E_NOMEM, "%s: out of memory", file);
	}
	if (r == 0 && src.cap->still) {
		r = report_stills(&src, o, json, &err);
	} else if (r == 0) {
		rp = (struct report){ .cap = src.cap, .m = m, .totals = totals, .sums = mm_totals_sums(totals) };
		rp.nr_nodes = count_nodes(m, src.layout, &rp.more_nodes);
		cmd_limits(&src, &rp.limits);
		if (json)
			report_json(o, &rp);
		else
			report_text(o, &rp);
		sg_limits_free(&rp.limits);
	}
	code = r < 0 ? cmd_fail(&err) : cmd_out_end(o, CMD_OK);
	mm_totals_free(totals);
	mm_machine_free(m);
	cmd_close(&src);
	return code;
}

int cmd_report(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "dump", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *file;
	unsigned int dump = 0;
	bool json = false;
	int o, r;

	while ((o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (o == 'j')
			json = true;
		else if (o != 'd')
			return cmd_common_option(cmd, o, argv[optind - 1]);
		else if (!cmd_read_dump(optarg, &dump))
			return cmd_usage(cmd, "--dump wants the number of a dump, from 1, not '%s'", optarg);
	}
	r = cmd_take_file(cmd, argc, argv, &file);
	return r != CMD_OK ? r : show_report(file, dump, json);
}
