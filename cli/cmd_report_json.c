// SPDX-License-Identifier: GPL-2.0-only
/* The report as JSON: doc/json.md describes every key. */
#include <string.h>

#include "cmd_report.h"

static void machine(struct cmd_json *j, const struct report *r)
{
	uint64_t managed = 0, present = 0;
	struct mm_zone_info z;

	for (unsigned int i = 0; i < mm_nr_zones(r->m); i++) {
		mm_zone_get(r->m, i, &z);
		managed += z.managed;
		present += z.present;
	}
	cmd_json_object(j, "machine", false);
	cmd_json_uint(j, "cpus", r->cap->nr_cpus);
	if (r->nr_nodes)
		cmd_json_uint(j, "nodes", r->nr_nodes);
	else
		cmd_json_null(j, "nodes");
	cmd_json_uint(j, "page_size", r->cap->page_size);
	cmd_json_uint(j, "long_size", r->cap->long_size);
	cmd_json_bool(j, "big_endian", r->cap->big_endian);
	cmd_json_known(j, "pages_present", present, present > 0);
	cmd_json_known(j, "pages_managed", managed, managed > 0);
	cmd_json_end(j);
}

static void file(struct cmd_json *j, const struct sg_capture *cap)
{
	cmd_json_object(j, "file", false);
	cmd_json_uint(j, "version", (uint64_t)cap->file_version);
	cmd_json_str(j, "compression", cap->compression);
	cmd_json_str(j, "clock", cap->clock);
	cmd_json_bool(j, "clock_is_ns", cap->clock_is_ns);
	cmd_json_array(j, "instances", true);
	for (unsigned int i = 0; i < cap->nr_instances; i++)
		cmd_json_str(j, NULL, cap->instance[i]);
	cmd_json_end(j);
	cmd_json_end(j);
}

/* Events of one name may have several ids: the name stands once, with their sum. */
static uint64_t others_named(const struct sg_capture *cap, unsigned int first)
{
	uint64_t sum = 0;

	for (unsigned int i = first; i < cap->nr_other; i++)
		if (strcmp(cap->other[i].name, cap->other[first].name) == 0)
			sum += cap->other[i].count;
	return sum;
}

static bool named_before(const struct sg_capture *cap, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (strcmp(cap->other[i].name, cap->other[at].name) == 0)
			return true;
	return sg_kind_by_name(cap->other[at].name) != SG_EV_other;
}

static void events(struct cmd_json *j, const struct report *r)
{
	cmd_json_object(j, "events", false);
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++) {
		uint64_t n = r->sums->kind[k];

		/* a foreign event of the same name under another system */
		for (unsigned int i = 0; i < r->cap->nr_other; i++)
			if (strcmp(r->cap->other[i].name, sg_kind_info(k)->name) == 0)
				n += r->cap->other[i].count;
		if (n)
			cmd_json_uint(j, sg_kind_info(k)->name, n);
	}
	for (unsigned int i = 0; i < r->cap->nr_other; i++)
		if (!named_before(r->cap, i) && others_named(r->cap, i))
			cmd_json_uint(j, r->cap->other[i].name, others_named(r->cap, i));
	cmd_json_end(j);
}

static void tracepoints(struct cmd_json *j, const struct report *r)
{
	cmd_json_array(j, "tracepoints", false);
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++) {
		cmd_json_object(j, NULL, true);
		cmd_json_str(j, "system", sg_kind_info(k)->system);
		cmd_json_str(j, "name", sg_kind_info(k)->name);
		cmd_json_bool(j, "described", r->cap->present[k]);
		cmd_json_known(j, "count", r->sums->kind[k], report_has(r, k));
		cmd_json_end(j);
	}
	cmd_json_end(j);
}

static void tasks(struct cmd_json *j, const struct report *r)
{
	size_t nr;
	const struct mm_task_total *t = mm_totals_tasks(r->totals, &nr);
	bool extfrag = report_has(r, SG_EV_mm_page_alloc_extfrag), reclaim = report_has(r, SG_EV_mm_vmscan_direct_reclaim_begin),
	     compact = report_has(r, SG_EV_mm_compaction_begin);

	cmd_json_array(j, "tasks", false);
	for (size_t i = 0; i < nr; i++) {
		bool allocs = report_counts(r, SG_EV_mm_page_alloc, t[i].allocs + t[i].failed),
		     frees = report_counts(r, SG_EV_mm_page_free, t[i].frees);

		cmd_json_object(j, NULL, true);
		cmd_json_int(j, "pid", t[i].pid);
		cmd_json_str(j, "task", sg_capture_comm(r->cap, t[i].pid));
		cmd_json_known(j, "pages_allocated", t[i].pages_allocated, allocs);
		cmd_json_known(j, "pages_freed", t[i].pages_freed, frees);
		cmd_json_known(j, "allocations", t[i].allocs, allocs);
		cmd_json_known(j, "frees", t[i].frees, frees);
		cmd_json_known(j, "failed", t[i].failed, allocs);
		cmd_json_known(j, "extfrags", t[i].extfrags, extfrag);
		cmd_json_known(j, "direct_reclaims", t[i].direct_reclaims, reclaim);
		cmd_json_known(j, "compactions", t[i].compactions, compact);
		if (reclaim)
			cmd_json_time(j, "reclaim_time", r->cap, t[i].reclaim_ts);
		else
			cmd_json_null(j, "reclaim_time");
		if (compact)
			cmd_json_time(j, "compact_time", r->cap, t[i].compact_ts);
		else
			cmd_json_null(j, "compact_time");
		cmd_json_end(j);
	}
	cmd_json_end(j);
}

static void orders_and_types(struct cmd_json *j, const struct report *r)
{
	const struct mm_sums *s = r->sums;
	char buf[16];

	cmd_json_array(j, "orders", false);
	for (unsigned int k = 0; k < MM_MAX_ORDERS; k++) {
		if (k >= mm_nr_orders(r->m) && !(s->order_allocs[k] | s->order_frees[k] | s->order_failed[k]))
			continue;
		cmd_json_object(j, NULL, true);
		cmd_json_uint(j, "order", k);
		cmd_json_known(j, "allocations", s->order_allocs[k], report_counts(r, SG_EV_mm_page_alloc, s->order_allocs[k]));
		cmd_json_known(j, "frees", s->order_frees[k], report_counts(r, SG_EV_mm_page_free, s->order_frees[k]));
		cmd_json_known(j, "failed", s->order_failed[k], report_counts(r, SG_EV_mm_page_alloc, s->order_failed[k]));
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_array(j, "migratetypes", false);
	for (unsigned int t = 0; t < r->cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++) {
		bool known = report_counts(r, SG_EV_mm_page_alloc, s->mt_allocs[t]);

		cmd_json_object(j, NULL, true);
		cmd_json_str(j, "type", cmd_mt_name(r->cap, t, buf));
		cmd_json_known(j, "allocations", s->mt_allocs[t], known);
		cmd_json_known(j, "pages", s->mt_pages[t], known);
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_bool(j, "migratetypes_assumed", r->cap->migratetype_assumed);
}

static void extfrag(struct cmd_json *j, const struct report *r)
{
	size_t nr;
	const struct mm_extfrag_total *x = report_extfrag(r, &nr);
	char buf[16];

	cmd_json_array(j, "extfrag", false);
	for (size_t i = 0; i < nr; i++) {
		cmd_json_object(j, NULL, true);
		cmd_json_uint(j, "count", x[i].count);
		cmd_json_str(j, "alloc_type", cmd_mt_name(r->cap, x[i].alloc_mt, buf));
		cmd_json_uint(j, "alloc_order", x[i].alloc_order);
		cmd_json_str(j, "fallback_type", cmd_mt_name(r->cap, x[i].fallback_mt, buf));
		cmd_json_uint(j, "fallback_order", x[i].fallback_order);
		cmd_json_bool(j, "claimed", x[i].claimed);
		cmd_json_end(j);
	}
	cmd_json_end(j);
}

/* The counts of reclaim and compaction, as report_count_list() has them. */
static void counts(struct cmd_json *j, const struct report *r, const char *group)
{
	size_t nr;
	const struct report_count *c = report_count_list(&nr);

	cmd_json_object(j, group, false);
	for (size_t i = 0; i < nr; i++)
		if (strcmp(c[i].group, group) == 0)
			cmd_json_known(j, c[i].key, report_count_of(r, &c[i]), report_count_known(r, &c[i]));
	cmd_json_end(j);
}

void report_json(struct cmd_out *o, const struct report *r)
{
	struct cmd_json j;

	cmd_json_init(&j, o);
	cmd_json_object(&j, NULL, false);
	cmd_json_str(&j, "capture", r->cap->name);
	cmd_json_str(&j, "kernel", r->cap->kernel);
	cmd_json_str(&j, "scenario", r->cap->scenario);
	machine(&j, r);
	file(&j, r->cap);
	cmd_json_uint(&j, "events_total", r->sums->events);
	if (r->sums->events) {
		cmd_json_time(&j, "first_time", r->cap, r->sums->first_ts);
		cmd_json_time(&j, "last_time", r->cap, r->sums->last_ts);
	} else {
		cmd_json_null(&j, "first_time");
		cmd_json_null(&j, "last_time");
	}
	cmd_limits_json(&j, &r->limits);
	cmd_json_known(&j, "lost_events", r->cap->lost_events,
		       r->cap->lost_events || !sg_limits_find(&r->limits, SG_LIMIT_NOT_READABLE));
	cmd_json_bool(&j, "lost_unknown", r->cap->lost_unknown);
	events(&j, r);
	tracepoints(&j, r);
	tasks(&j, r);
	orders_and_types(&j, r);
	extfrag(&j, r);
	counts(&j, r, "reclaim");
	counts(&j, r, "compaction");
	cmd_json_zones(&j, "zones", r->cap, &r->limits, r->m);
	cmd_json_contradictions(&j, r->m);
	cmd_json_array(&j, "notes", false);
	for (unsigned int i = 0; i < r->cap->nr_notes; i++)
		cmd_json_str(&j, NULL, r->cap->note[i].text);
	cmd_json_end(&j);
	cmd_json_end(&j);
}
