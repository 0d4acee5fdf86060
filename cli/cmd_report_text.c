// SPDX-License-Identifier: GPL-2.0-only
/* The report for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd_report.h"

#define MAX_TASKS   20u
#define MAX_EXTFRAG 20u

/* A number with commas between its thousands: easier to compare by eye. */
static const char *group(uint64_t v, char buf[32])
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, v), out = 0;

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

/* The same, or "?" where it isn't known. */
static const char *group_known(uint64_t v, bool known, char buf[32])
{
	return known ? group(v, buf) : strcpy(buf, "?");
}

/* Of events that weren't recorded, the count is a dash. */
static const char *group_recorded(uint64_t v, bool recorded, char buf[32])
{
	return recorded ? group(v, buf) : strcpy(buf, "-");
}

static void put_wrapped(struct cmd_out *o, const char *label, const char *text)
{
	size_t len = strlen(text);

	cmd_printf(o, "  %-13s", label);
	while (len > 84) {
		size_t cut = 84;

		while (cut > 40 && text[cut] != ' ')
			cut--;
		if (text[cut] != ' ')
			break; /* no blank to break at: leave the rest whole */
		cmd_put(o, text, cut);
		cmd_puts(o, "\n               ");
		text += cut + 1;
		len -= cut + 1;
	}
	cmd_printf(o, "%s\n", text);
}

static void put_capture(struct cmd_out *o, const struct report *r)
{
	const struct sg_capture *cap = r->cap;
	bool readable = !sg_limits_find(&r->limits, SG_LIMIT_NOT_READABLE);
	char buf[32], nodes[48];

	snprintf(nodes, sizeof(nodes), "%u node%s%s", r->nr_nodes, r->nr_nodes == 1 ? "" : "s",
		 r->more_nodes ? " or more" : "");
	cmd_printf(o, "%s\n\n", cap->name);
	cmd_printf(o, "  %-13s%s\n", "kernel", cap->kernel);
	if (cap->scenario[0])
		put_wrapped(o, "shows", cap->scenario);
	cmd_printf(o, "  %-13s%u CPUs, %s, pages of %u bytes, %u bit, %s-endian\n",
		   "machine", cap->nr_cpus, r->nr_nodes ? nodes : "nodes unknown",
		   cap->page_size, cap->long_size * 8, cap->big_endian ? "big" : "little");
	if (cap->file_version)
		cmd_printf(o, "  %-13strace.dat version %d, compression %s, clock %s\n", "file", cap->file_version,
			   cap->compression, cap->clock[0] ? cap->clock : "unknown");
	else
		cmd_printf(o, "  %-13sa trace as text\n", "file");
	for (unsigned int i = 1; i < cap->nr_instances; i++)
		cmd_printf(o, "  %-13s%s\n", i == 1 ? "instances" : "", cap->instance[i]);
	cmd_printf(o, "  %-13s%s", "events", group(r->sums->events, buf));
	if (r->sums->events) {
		cmd_puts(o, " from ");
		cmd_put_time(o, cap, r->sums->first_ts);
		cmd_puts(o, " to ");
		cmd_put_time(o, cap, r->sums->last_ts);
		cmd_puts(o, cap->clock_is_ns ? " s" : "");
	}
	cmd_printf(o, "\n  %-13s%s%s\n", "lost events",
		   group_known(cap->lost_events, cap->lost_events || readable, buf),
		   !readable ? " (what can't be read isn't counted)" : cap->lost_unknown ? " and gaps of unknown size" : "");
	if (sg_limits_count(&r->limits))
		cmd_puts(o, "\n");
	cmd_limits_text(o, &r->limits);
}

/* Watermarks come from a snapshot; low and high are never 0 there in a zone that has pages. */
static const char *wmark(const struct mm_zone_info *z, uint64_t v, char buf[32])
{
	if (z->managed == 0 && z->wmark_high == 0)
		return strcpy(buf, "?");
	snprintf(buf, 32, "%" PRIu64, v);
	return buf;
}

/* CMA areas of zone @i, as far as events have named their pageblocks. */
static void put_cma(struct cmd_out *o, const struct report *r, unsigned int i)
{
	unsigned int pb = mm_pageblock_order(r->m), shown = 0, type = (unsigned int)r->cap->mt_cma;
	uint64_t free = 0, from = 0;
	struct mm_block_info b;
	struct mm_zone_info z;
	bool in = false;
	char buf[3][32];

	mm_zone_get(r->m, i, &z);
	if (r->cap->mt_cma < 0 || !z.type_blocks[type])
		return;
	for (unsigned int k = 0; k < z.nr_orders; k++)
		free += z.type_free[type][k] << k;
	cmd_printf(o, "  CMA in zone %s of node %d: %s pageblocks (%s pages), %s pages of them free", z.name, z.node,
		   group(z.type_blocks[type], buf[0]), group(z.type_blocks[type] << pb, buf[1]), group(free, buf[2]));
	for (uint64_t k = z.start_pfn >> pb; k <= (z.end_pfn + (1ull << pb) - 1) >> pb; k++) {
		bool cma = false;

		if (k << pb < z.end_pfn) {
			mm_block_get(r->m, k, &b);
			cma = b.migratetype == type;
		}
		if (cma && !in)
			from = k << pb;
		if (!cma && in)
			cmd_printf(o, "%s0x%" PRIx64 " to 0x%" PRIx64, shown++ ? ", " : "; known: pfn ", from, k << pb);
		in = cma;
	}
	cmd_puts(o, "\n");
}

static void put_zones(struct cmd_out *o, const struct report *r)
{
	bool hidden = sg_limits_hiding(&r->limits, mm_position(r->m)) >= 0 || sg_limits_find(&r->limits, SG_LIMIT_NO_PAGES);
	unsigned int unknown = 0;
	struct mm_zone_info z;
	char buf[9][32], node[12];

	if (!sg_limits_count(&r->limits))
		cmd_puts(o, "\n");
	if (mm_nr_zones(r->m) == 0) {
		cmd_puts(o, "no zone is known: no event tells of any page\n");
		return;
	}
	cmd_puts(o, "zones after the last event (pages)\n");
	cmd_puts(o, "  node zone            span      managed         free      per-cpu    "
		    "allocated      unknown"
		    "   min/low/high\n");
	for (unsigned int i = 0; i < mm_nr_zones(r->m); i++) {
		mm_zone_get(r->m, i, &z);
		cmd_printf(o,
			   "  %4s %-8s %11s %12s %12s %12s %12s %12s   %s/%s/%s%s\n",
			   mm_node_text(z.node, node), z.name, group(z.span, buf[0]),
			   group_known(z.managed, z.managed > 0, buf[1]), group_known(z.nr_free, !hidden, buf[2]),
			   group_known(z.nr_pcp, !hidden, buf[3]), group(z.nr_alloc + z.nr_isolated, buf[4]),
			   group(z.nr_unknown, buf[5]), wmark(&z, z.wmark_min, buf[6]), wmark(&z, z.wmark_low, buf[7]),
			   wmark(&z, z.wmark_high, buf[8]),
			   z.mixed ? "  (borders not known)" : z.deduced ? "  (borders deduced)" : "");
	}
	cmd_puts(o, "\nfree blocks by order after the last event\n  node zone     ");
	for (unsigned int k = 0; k < mm_nr_orders(r->m); k++)
		cmd_printf(o, "%8u", k);
	cmd_puts(o, "\n");
	for (unsigned int i = 0; i < mm_nr_zones(r->m); i++) {
		bool known;

		mm_zone_get(r->m, i, &z);
		known = cmd_free_known(&r->limits, &z, mm_position(r->m));
		unknown += !known;
		cmd_printf(o, "  %4s %-8s ", mm_node_text(z.node, node), z.name);
		for (unsigned int k = 0; k < z.nr_orders; k++)
			if (known)
				cmd_printf(o, "%8" PRIu64, z.free[k]);
			else
				cmd_printf(o, "%8s", "?");
		cmd_puts(o, "\n");
	}
	if (unknown)
		cmd_puts(o, "  (?: pages that are unknown may be free; --json has the blocks that events told of)\n");
	for (unsigned int i = 0; i < mm_nr_zones(r->m); i++)
		put_cma(o, r, i);
}

static void put_events(struct cmd_out *o, const struct report *r)
{
	char name[96];

	cmd_puts(o, "\nevents\n");
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++) {
		if (!r->sums->kind[k])
			continue;
		snprintf(name, sizeof(name), "%s:%s", sg_kind_info(k)->system,
			 sg_kind_info(k)->name);
		cmd_printf(o, "  %-48s %12" PRIu64 "\n", name, r->sums->kind[k]);
	}
	for (unsigned int i = 0; i < r->cap->nr_other; i++)
		if (r->cap->other[i].count)
			cmd_printf(o, "  %-48s %12" PRIu64 "  (not decoded)\n",
				   r->cap->other[i].name, r->cap->other[i].count);
}

static void put_demand(struct cmd_out *o, const struct report *r)
{
	const struct mm_sums *s = r->sums;
	char buf[3][32];

	cmd_puts(o, "\nrequests by order\n  order    allocations          frees         failed\n");
	for (unsigned int k = 0; k < MM_MAX_ORDERS; k++)
		if (s->order_allocs[k] | s->order_frees[k] | s->order_failed[k])
			cmd_printf(o, "  %5u %14s %14s %14s\n", k,
				   group_recorded(s->order_allocs[k], report_counts(r, SG_EV_mm_page_alloc, s->order_allocs[k]),
						  buf[0]),
				   group_recorded(s->order_frees[k], report_counts(r, SG_EV_mm_page_free, s->order_frees[k]),
						  buf[1]),
				   group_recorded(s->order_failed[k], report_counts(r, SG_EV_mm_page_alloc, s->order_failed[k]),
						  buf[2]));
	cmd_printf(o, "\nrequests by migratetype%s\n  type            allocations          pages\n",
		   r->cap->migratetype_assumed ? " (usual names assumed: no snapshot tells them)"
					       : "");
	for (unsigned int t = 0; t < r->cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++)
		if (s->mt_allocs[t])
			cmd_printf(o, "  %-12s %14s %14s\n", cmd_mt_name(r->cap, t, buf[2]),
				   group(s->mt_allocs[t], buf[0]), group(s->mt_pages[t], buf[1]));
}

static void put_task_time(struct cmd_out *o, const struct sg_capture *cap, uint64_t ts, bool recorded)
{
	if (!recorded)
		cmd_printf(o, " %13s", "-");
	else if (cap->clock_is_ns)
		cmd_printf(o, " %9" PRIu64 ".%03" PRIu64, ts / 1000000000u, ts / 1000000u % 1000);
	else
		cmd_printf(o, " %13" PRIu64, ts);
}

static void put_tasks(struct cmd_out *o, const struct report *r)
{
	size_t nr, shown;
	const struct mm_task_total *t = mm_totals_tasks(r->totals, &nr);
	bool extfrag = report_has(r, SG_EV_mm_page_alloc_extfrag), reclaim = report_has(r, SG_EV_mm_vmscan_direct_reclaim_begin),
	     compact = report_has(r, SG_EV_mm_compaction_begin);
	char buf[32];

	if (nr == 0)
		return;
	shown = nr < MAX_TASKS ? nr : MAX_TASKS;
	cmd_printf(o, "\ntasks by pages allocated (%zu of %zu; times %s)\n", shown, nr,
		   r->cap->clock_is_ns ? "in seconds" : "in units of the clock");
	cmd_puts(o, "  task                        pages in      pages out    failed   extfrag   "
		    "reclaims  in reclaim"
		    "  compactions in compaction\n");
	for (size_t i = 0; i < shown; i++) {
		bool allocs = report_counts(r, SG_EV_mm_page_alloc, t[i].allocs + t[i].failed),
		     frees = report_counts(r, SG_EV_mm_page_free, t[i].frees);
		char name[48];

		snprintf(name, sizeof(name), "%s-%d", sg_capture_comm(r->cap, t[i].pid), t[i].pid);
		cmd_printf(o, "  %-22s %13s", name, group_recorded(t[i].pages_allocated, allocs, buf));
		cmd_printf(o, " %14s", group_recorded(t[i].pages_freed, frees, buf));
		cmd_printf(o, " %9s", group_recorded(t[i].failed, allocs, buf));
		cmd_printf(o, " %9s", group_recorded(t[i].extfrags, extfrag, buf));
		cmd_printf(o, " %10s", group_recorded(t[i].direct_reclaims, reclaim, buf));
		put_task_time(o, r->cap, t[i].reclaim_ts, reclaim);
		cmd_printf(o, " %10s", group_recorded(t[i].compactions, compact, buf));
		put_task_time(o, r->cap, t[i].compact_ts, compact);
		cmd_puts(o, "\n");
	}
}

static void put_extfrag(struct cmd_out *o, const struct report *r)
{
	size_t nr;
	const struct mm_extfrag_total *x = report_extfrag(r, &nr);
	char a[16], b[16];

	if (nr == 0)
		return;
	cmd_puts(o, "\nfallbacks to another migratetype (extfrag)\n"
		    "      count  wanted        order  taken from    order  pageblock\n");
	for (size_t i = 0; i < nr && i < MAX_EXTFRAG; i++)
		cmd_printf(o, "  %9" PRIu64 "  %-12s %6u  %-12s %6u  %s\n", x[i].count,
			   cmd_mt_name(r->cap, x[i].alloc_mt, a), x[i].alloc_order,
			   cmd_mt_name(r->cap, x[i].fallback_mt, b), x[i].fallback_order,
			   x[i].claimed ? "claimed" : "left");
	if (nr > MAX_EXTFRAG)
		cmd_printf(o, "  ... %zu more combinations (--json has all)\n", nr - MAX_EXTFRAG);
}

static void put_counts(struct cmd_out *o, const struct report *r)
{
	size_t nr;
	const struct report_count *c = report_count_list(&nr);
	char buf[32];

	for (size_t i = 0; i < nr; i++) {
		if (i == 0 || strcmp(c[i].group, c[i - 1].group) != 0)
			cmd_printf(o, "\n%s\n", c[i].group);
		cmd_printf(o, "  %-30s %14s\n", c[i].text,
			   report_count_known(r, &c[i]) ? group(report_count_of(r, &c[i]), buf) : "not recorded");
	}
}

static void put_trust(struct cmd_out *o, const struct report *r)
{
	uint64_t all = 0;

	cmd_puts(o, "\ncontradictions between model and trace (counted and repaired)\n");
	for (unsigned int c = 0; c < MM_CONTRA_COUNT; c++) {
		uint64_t n = mm_contra_count(r->m, (enum mm_contra)c);

		all += n;
		if (n)
			cmd_printf(o, "  %-18s %10" PRIu64 "  %s\n",
				   mm_contra_key((enum mm_contra)c), n,
				   mm_contra_text((enum mm_contra)c));
	}
	if (all == 0)
		cmd_puts(o, "  none\n");
	if (r->cap->nr_notes)
		cmd_puts(o, "\nnotes\n");
	for (unsigned int i = 0; i < r->cap->nr_notes; i++)
		cmd_printf(o, "  %s\n", r->cap->note[i].text);
}

void report_text(struct cmd_out *o, const struct report *r)
{
	put_capture(o, r);
	put_zones(o, r);
	put_events(o, r);
	put_demand(o, r);
	put_tasks(o, r);
	put_extfrag(o, r);
	put_counts(o, r);
	put_trust(o, r);
}
