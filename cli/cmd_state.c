// SPDX-License-Identifier: GPL-2.0-only
/*
 * stormglass state: the machine at a position, as the kernel's own files print it
 * or byte by byte.  The layout of the texts is that of /proc/buddyinfo and
 * /proc/pagetypeinfo (mm/vmstat.c: frag_show_print(), pagetypeinfo_show*(), 6.1 to 7.3),
 * except that no count is cut off at 100000, and that free blocks and pageblocks
 * whose type nothing tells get a row and a column "Unknown" when there are any.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cmd_sgs.h"
#include "cmd_state.h"

/* A count as the kernel prints it, a question mark where it isn't known. */
static void put_count(struct cmd_out *o, uint64_t n, bool known)
{
	if (known)
		cmd_printf(o, "%6" PRIu64 " ", n);
	else
		cmd_printf(o, "%6s ", "?");
}

static void put_buddyinfo(struct cmd_out *o, const struct sg_limits *l, const struct mm_machine *m)
{
	struct mm_zone_info z;
	char node[12];

	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		mm_zone_get(m, i, &z);
		cmd_printf(o, "Node %s, zone %8s ", mm_node_text(z.node, node), z.name);
		for (unsigned int k = 0; k < z.nr_orders; k++)
			put_count(o, z.free[k], cmd_free_known(l, &z, mm_position(m)));
		cmd_puts(o, "\n");
	}
}

static unsigned int nr_types(const struct sg_capture *cap)
{
	return cap->nr_migratetypes < SG_MAX_MIGRATETYPES ? cap->nr_migratetypes
							  : SG_MAX_MIGRATETYPES;
}

static void put_type_row(struct cmd_out *o, const struct mm_zone_info *z, const char *type,
			 const uint64_t *nr, bool known)
{
	char node[12];

	cmd_printf(o, "Node %4s, zone %8s, type %12s ", mm_node_text(z->node, node), z->name, type);
	for (unsigned int k = 0; k < z->nr_orders; k++)
		put_count(o, nr[k], known);
	cmd_puts(o, "\n");
}

static void put_zone_types(struct cmd_out *o, const struct sg_capture *cap,
			   const struct mm_zone_info *z, bool known)
{
	uint64_t untyped[MM_MAX_ORDERS], any = 0;
	char buf[16];

	for (unsigned int t = 0; t < nr_types(cap); t++)
		put_type_row(o, z, cmd_mt_name(cap, t, buf), z->type_free[t], known);
	for (unsigned int k = 0; k < z->nr_orders; k++)
		any |= untyped[k] = state_untyped(z, k);
	if (any)
		put_type_row(o, z, "Unknown", untyped, known);
}

static void put_pagetypeinfo(struct cmd_out *o, const struct sg_capture *cap, const struct sg_limits *l,
			     const struct mm_machine *m)
{
	char node[12];
	uint64_t unknown = 0;
	struct mm_zone_info z;
	char buf[16];

	cmd_printf(o, "Page block order: %u\n", mm_pageblock_order(m));
	cmd_printf(o, "Pages per block:  %" PRIu64 "\n\n", UINT64_C(1) << mm_pageblock_order(m));
	cmd_printf(o, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned int k = 0; k < mm_nr_orders(m); k++)
		cmd_printf(o, "%6u ", k);
	cmd_puts(o, "\n");
	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		mm_zone_get(m, i, &z);
		put_zone_types(o, cap, &z, cmd_free_known(l, &z, mm_position(m)));
		unknown += z.unknown_blocks;
	}
	cmd_printf(o, "\n%-23s", "Number of blocks type ");
	for (unsigned int t = 0; t < nr_types(cap); t++)
		cmd_printf(o, "%12s ", cmd_mt_name(cap, t, buf));
	cmd_puts(o, unknown ? "     Unknown \n" : "\n");
	for (unsigned int i = 0; i < mm_nr_zones(m); i++) {
		mm_zone_get(m, i, &z);
		cmd_printf(o, "Node %s, zone %8s ", mm_node_text(z.node, node), z.name);
		for (unsigned int t = 0; t < nr_types(cap); t++)
			cmd_printf(o, "%12" PRIu64 " ", z.type_blocks[t]);
		if (unknown)
			cmd_printf(o, "%12" PRIu64 " ", z.unknown_blocks);
		cmd_puts(o, "\n");
	}
}

/* The letter of a whole block of @nr pages, 0 when its pages differ. */
static char whole_block(const struct mm_block_info *b, uint64_t nr)
{
	return b->nr_none == nr       ? mm_page_letter(MM_PAGE_NONE)
	       : b->nr_unknown == nr  ? mm_page_letter(MM_PAGE_UNKNOWN)
	       : b->nr_free == nr     ? mm_page_letter(MM_PAGE_FREE)
	       : b->nr_alloc == nr    ? mm_page_letter(MM_PAGE_ALLOC)
	       : b->nr_isolated == nr ? mm_page_letter(MM_PAGE_ISOLATED)
				      : 0;
}

static void put_pages(struct cmd_out *o, const struct mm_machine *m)
{
	uint64_t end = mm_end_pfn(m), nr = UINT64_C(1) << mm_pageblock_order(m);
	bool holes = mm_has_holes(m);

	/* with holes much larger than the memory, their letters would fill a disk: only what zones span, and where that is */
	for (uint64_t pfn = 0, last = UINT64_MAX; pfn < end && !cmd_out_gone(o);) {
		uint64_t next = holes ? mm_next_pfn(m, pfn) : pfn, stop;

		if (next >= end)
			break;
		if (holes && (next != pfn || last == UINT64_MAX))
			fprintf(stderr, "stormglass: the letters from offset %" PRIu64 " on are those of pfn %" PRIu64 " and the following\n",
				last == UINT64_MAX ? 0 : last, next);
		if (last == UINT64_MAX)
			last = 0;
		pfn = next;
		stop = (pfn | (nr - 1)) + 1 < end ? (pfn | (nr - 1)) + 1 : end;
		last += stop - pfn;
		struct mm_block_info b;
		struct mm_page_info p;
		char c;

		mm_block_get(m, pfn >> mm_pageblock_order(m), &b);
		c = whole_block(&b, nr);
		if (c) {
			cmd_put_fill(o, c, stop - pfn);
			pfn = stop;
			continue;
		}
		for (; pfn < stop; pfn++) {
			mm_page_get(m, pfn, &p);
			c = mm_page_letter(p.state);
			cmd_put(o, &c, 1);
		}
	}
}

/* Applies events up to the position.  @last: time of the last one, when there is one. */
static int run_to(struct cmd_source *src, struct mm_machine *m, const struct sg_pos *pos,
		  uint64_t *last, struct sg_err *err)
{
	struct sg_pos_scan scan = { .pos = *pos };
	const struct sg_event *ev;
	uint64_t found;

	if (pos->kind == SG_POS_EVENT && pos->n == 0)
		return SG_OK;
	while (!scan.done && (ev = cmd_next(src)) != NULL) {
		cmd_feed_pos(src, &scan, ev);
		if (pos->kind == SG_POS_EVENT && src->number > pos->n)
			break; /* the position lies in a gap */
		if (pos->kind == SG_POS_TIME && scan.done)
			break; /* this one is later already */
		mm_skip(m, src->number);
		mm_observe(m, ev);
		*last = ev->ts;
	}
	return sg_pos_found(&scan, &found, err);
}

enum format { BUDDYINFO, PAGETYPEINFO, PAGES, JSON, NR_FORMATS };
static const char *const format_name[NR_FORMATS] = { "buddyinfo", "pagetypeinfo", "pages", "json" };

/* What the form has no room for: limits, and of which zones the counts aren't known. */
static void say_unknown(const struct sg_limits *l, const struct mm_machine *m, enum format format)
{
	struct mm_zone_info z;

	/* pages of which nothing is known have a letter of their own: only what is wrong in the others is said */
	if (format == JSON || (format == PAGES && sg_limits_hiding(l, mm_position(m)) < 0))
		return;
	cmd_limits_say(l, mm_position(m));
	for (unsigned int i = 0; i < mm_nr_zones(m) && format != PAGES; i++) {
		char pages[64] = "";

		mm_zone_get(m, i, &z);
		if (cmd_free_known(l, &z, mm_position(m)))
			continue;
		if (z.nr_unknown)
			snprintf(pages, sizeof(pages), ": of %" PRIu64 " of its pages nothing is known", z.nr_unknown);
		fprintf(stderr, "stormglass: node %d zone %s: how many blocks are free isn't known (?)%s\n", z.node, z.name, pages);
	}
}

static int print_state(const struct cmd_source *src, const struct mm_machine *m, enum format format,
		       uint64_t last)
{
	struct cmd_out *o = cmd_out_new();
	struct sg_limits l;
	struct sg_err err;

	if (!o) {
		sg_fail(&err, SG_E_NOMEM, "out of memory");
		return cmd_fail(&err);
	}
	cmd_limits(src, &l);
	say_unknown(&l, m, format);
	switch (format) {
	case BUDDYINFO:
		put_buddyinfo(o, &l, m);
		break;
	case PAGETYPEINFO:
		put_pagetypeinfo(o, src->cap, &l, m);
		break;
	case PAGES:
		put_pages(o, m);
		break;
	case JSON:
	case NR_FORMATS:
		state_json(o, src->cap, &l, m, last);
		break;
	}
	sg_limits_free(&l);
	return cmd_out_end(o, CMD_OK);
}

static int show_state(const char *file, unsigned int dump, const char *at, enum format format)
{
	struct mm_machine *m = NULL;
	struct cmd_source src;
	struct sg_err err = { 0 };
	struct sg_pos pos;
	uint64_t last = 0;
	int r, code;

	r = cmd_open_dump(file, dump, &src, &err);
	if (r == 0)
		r = cmd_read_pos(&src, at, &pos, &err);
	if (r == 0)
		r = cmd_machine_new(&src, &m, &err);
	if (r == 0)
		r = run_to(&src, m, &pos, &last, &err);
	if (r == 0)
		r = cmd_whole(file, m, &err);
	code = r < 0 ? cmd_fail(&err) : print_state(&src, m, format, last);
	mm_machine_free(m);
	cmd_close(&src);
	return code;
}

int cmd_state(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "at", required_argument, NULL, 'a' },
		{ "format", required_argument, NULL, 'f' },
		{ "dump", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *file, *at = NULL, *format = NULL;
	unsigned int f = 0, dump = 0;
	struct sg_err err;
	int o, r;

	while ((o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (o == 'a')
			at = optarg;
		else if (o == 'f')
			format = optarg;
		else if (o == 'd' && cmd_read_dump(optarg, &dump))
			continue;
		else if (o == 'd')
			return cmd_usage(cmd, "--dump wants the number of a dump, from 1, not '%s'", optarg);
		else
			return cmd_common_option(cmd, o, argv[optind - 1]);
	}
	r = cmd_take_file(cmd, argc, argv, &file);
	if (r != CMD_OK)
		return r;
	if (!at)
		return cmd_usage(
			cmd,
			"at which position? Give --at event:N, N%%, time:SECONDS, mark:TEXT, bookmark:NAME or end");
	if (!format)
		return cmd_usage(
			cmd, "in which form? Give --format buddyinfo, pagetypeinfo, pages or json");
	while (f < NR_FORMATS && strcmp(format, format_name[f]) != 0)
		f++;
	if (f == NR_FORMATS)
		return cmd_usage(cmd,
				 "--format wants buddyinfo, pagetypeinfo, pages or json, not '%s'",
				 format);
	if (!cmd_is_pos(at, &err))
		return cmd_usage(cmd, "%s", err.text);
	return show_state(file, dump, at, (enum format)f);
}
