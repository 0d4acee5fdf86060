// SPDX-License-Identifier: GPL-2.0-only
/* The report of dumps and snapshots: each one's request, zones, free lists, and why the request got no page. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd_report.h"
#include "rules/refusal.h"

#define TEXT_COLS 96
#define SAY       1200

/* Wrapped at blanks, @indent before each line. */
static void put_text(struct cmd_out *o, const char *indent, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		size_t cut = len > TEXT_COLS ? TEXT_COLS : len;

		while (cut < len && cut > 40 && text[cut] != ' ')
			cut--;
		if (cut < len && text[cut] != ' ') /* no blank to break at */
			cut = strcspn(text, " ");
		cmd_puts(o, indent);
		cmd_put(o, text, cut);
		cmd_puts(o, "\n");
		text += cut;
		len -= cut;
		while (*text == ' ') {
			text++;
			len--;
		}
	}
}

/* A number, or "?" when the text doesn't have it. */
static void put_maybe(struct cmd_out *o, int width, bool known, uint64_t v)
{
	if (known)
		cmd_printf(o, " %*" PRIu64, width, v);
	else
		cmd_printf(o, " %*s", width, "?");
}

static unsigned int orders_of(const struct sg_snapshot *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->nr_zones; i++)
		if (s->zone[i].nr_orders > n)
			n = s->zone[i].nr_orders;
	return n < SG_MAX_ORDERS ? n : SG_MAX_ORDERS;
}

static bool any(const struct sg_snapshot *s, uint32_t known)
{
	for (unsigned int i = 0; i < s->nr_zones; i++)
		if (s->zone[i].known & known)
			return true;
	return false;
}

static uint64_t free_of(const struct sg_zone_snap *z, bool *known)
{
	uint64_t sum = 0;

	*known = (z->known & SG_ZONE_NR_FREE) || z->have_free;
	for (unsigned int o = 0; o < SG_MAX_ORDERS; o++)
		sum += z->free[o] < UINT64_MAX >> 20 ? z->free[o] << o : 0;
	return z->known & SG_ZONE_NR_FREE ? z->nr_free : sum;
}

static void put_zones(struct cmd_out *o, const struct sg_snapshot *s)
{
	bool boost = any(s, SG_ZONE_BOOST), known;

	cmd_printf(o, "\n  zones (pages)\n  node zone         present    managed       free        min        low       high%s"
		      "  highatomic   free CMA   per-cpu\n", boost ? "      boost" : "");
	for (unsigned int i = 0; i < s->nr_zones; i++) {
		const struct sg_zone_snap *z = &s->zone[i];
		uint64_t nr = free_of(z, &known);

		cmd_printf(o, "  %4d %-8s", z->node, z->name);
		put_maybe(o, 11, z->known & SG_ZONE_SIZE, z->present);
		put_maybe(o, 10, z->known & SG_ZONE_SIZE, z->managed);
		put_maybe(o, 10, known, nr);
		put_maybe(o, 10, z->known & SG_ZONE_WMARKS, z->wmark_min);
		put_maybe(o, 10, z->known & SG_ZONE_WMARKS, z->wmark_low);
		put_maybe(o, 10, z->known & SG_ZONE_WMARKS, z->wmark_high);
		if (boost)
			put_maybe(o, 10, z->known & SG_ZONE_BOOST, z->wmark_boost);
		put_maybe(o, 11, z->known & (SG_ZONE_HIGHATOMIC | SG_ZONE_FREE_HIGHATOMIC),
			  z->known & SG_ZONE_HIGHATOMIC ? z->reserved_highatomic : z->free_highatomic);
		put_maybe(o, 10, z->known & SG_ZONE_FREE_CMA, z->free_cma);
		put_maybe(o, 9, z->known & SG_ZONE_PCP, z->nr_pcp_pages);
		cmd_puts(o, "\n");
	}
	if (boost)
		cmd_puts(o, "  (min, low and high hold the boost)\n");
	for (unsigned int i = 0, n = 0; i < s->nr_zones; i++) {
		const struct sg_zone_snap *z = &s->zone[i];

		if (z->nr_protection == 0)
			continue;
		if (n++ == 0) {
			cmd_puts(o, "\n  lowmem_reserve (pages kept from requests for each zone type)\n  node zone    ");
			for (unsigned int k = 0; k < z->nr_protection; k++)
				cmd_printf(o, "%10s", k < s->still->nr_zone_types ? s->still->zone_type[k] : "?");
			cmd_puts(o, "\n");
		}
		cmd_printf(o, "  %4d %-8s", z->node, z->name);
		for (unsigned int k = 0; k < z->nr_protection; k++)
			cmd_printf(o, "%10" PRIu64, z->protection[k]);
		cmd_puts(o, "\n");
	}
}

static char letter(const struct sg_capture *cap, unsigned int t)
{
	static const struct {
		const char *name;
		char letter;
	} names[] = { { "Unmovable", 'U' }, { "Movable", 'M' }, { "Reclaimable", 'E' },
		      { "HighAtomic", 'H' }, { "CMA", 'C' }, { "Isolate", 'I' } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i].name, cap->migratetype[t]) == 0)
			return names[i].letter;
	return '?';
}

static void put_lists(struct cmd_out *o, const struct sg_capture *cap, const struct sg_snapshot *s)
{
	unsigned int nr = orders_of(s);

	if (nr == 0) {
		cmd_puts(o, "\n  free blocks: not in the text\n");
		return;
	}
	cmd_puts(o, "\n  free blocks by order, and the lists that have some (U unmovable, M movable, E reclaimable, H highatomic, "
		    "C CMA, I isolate)\n  node zone    ");
	for (unsigned int k = 0; k < nr; k++)
		cmd_printf(o, "%9u", k);
	cmd_puts(o, "\n");
	for (unsigned int i = 0; i < s->nr_zones; i++) {
		const struct sg_zone_snap *z = &s->zone[i];

		cmd_printf(o, "  %4d %-8s", z->node, z->name);
		for (unsigned int k = 0; k < nr; k++)
			put_maybe(o, 8, z->have_free && k < z->nr_orders, z->free[k]);
		cmd_puts(o, "\n");
		if (!(z->known & SG_ZONE_TYPES_AT))
			continue;
		cmd_puts(o, "               ");
		for (unsigned int k = 0; k < nr; k++) {
			char text[SG_MAX_MIGRATETYPES + 1];
			unsigned int n = 0;

			for (unsigned int t = 0; t < cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++)
				if (z->types_at[k] >> t & 1)
					text[n++] = letter(cap, t);
			text[n] = '\0';
			cmd_printf(o, " %8s", text);
		}
		cmd_puts(o, "\n");
	}
}

static void info_of(const struct sg_zone_snap *z, struct mm_zone_info *zi)
{
	memset(zi, 0, sizeof(*zi));
	for (unsigned int k = 0; k < sizeof(zi->free) / sizeof(zi->free[0]) && k < SG_MAX_ORDERS; k++)
		zi->free[k] = z->free[k];
	zi->nr_orders = z->nr_orders < MM_MAX_ORDERS ? z->nr_orders : MM_MAX_ORDERS;
}

static void put_milli(struct cmd_out *o, int v)
{
	char text[16];

	snprintf(text, sizeof(text), "%s%d.%03d", v < 0 ? "-" : "", v < 0 ? -v / 1000 : v / 1000, v < 0 ? -v % 1000 : v % 1000);
	cmd_printf(o, " %8s", text);
}

static void put_indexes(struct cmd_out *o, const struct sg_snapshot *s)
{
	unsigned int nr = orders_of(s);
	struct mm_zone_info zi;

	for (int which = 0; which < 2 && nr; which++) {
		cmd_puts(o, which ? "\n  unusable free space index by order (share of the free pages in smaller blocks)\n"
				  : "\n  fragmentation index by order (-1: a block is there; 0: lack of memory; 1: fragmentation)\n");
		for (unsigned int i = 0; i < s->nr_zones; i++) {
			const struct sg_zone_snap *z = &s->zone[i];

			cmd_printf(o, "  %4d %-8s", z->node, z->name);
			info_of(z, &zi);
			for (unsigned int k = 0; k < nr; k++)
				if (!z->have_free || k >= sizeof(zi.free) / sizeof(zi.free[0]))
					cmd_printf(o, " %8s", "?");
				else
					put_milli(o, which ? mm_unusable_index(&zi, k) : mm_fragmentation_index(&zi, k));
			cmd_puts(o, "\n");
		}
	}
}

static void put_blocks(struct cmd_out *o, const struct sg_capture *cap, const struct sg_snapshot *s)
{
	bool have = false;
	char buf[16];

	for (unsigned int i = 0; i < s->nr_zones; i++)
		have |= s->zone[i].have_types;
	if (!have)
		return;
	cmd_puts(o, "\n  pageblocks by migratetype\n  node zone    ");
	for (unsigned int t = 0; t < cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++)
		cmd_printf(o, "%13s", cmd_mt_name(cap, t, buf));
	cmd_puts(o, "\n");
	for (unsigned int i = 0; i < s->nr_zones; i++) {
		cmd_printf(o, "  %4d %-8s", s->zone[i].node, s->zone[i].name);
		for (unsigned int t = 0; t < cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++)
			put_maybe(o, 12, s->zone[i].have_types, s->zone[i].type_blocks[t]);
		cmd_puts(o, "\n");
	}
}

static void report_still_text(struct cmd_out *o, const struct sg_capture *cap, const struct sg_snapshot *s)
{
	char say[SAY];

	mm_still_say(cap, s, cap->still_no, say, sizeof(say));
	cmd_printf(o, "\n%s\n\n", say);
	cmd_printf(o, "  kernel %s, pages of %u bytes%s\n", cap->kernel, cap->page_size,
		   s->still->page_size ? "" : " (assumed)");
	if (s->still->have_request) {
		mm_refusal_say_request(cap, s, say, sizeof(say));
		cmd_puts(o, "\n");
		put_text(o, "  ", say);
		mm_refusal_say_all(cap, s, say, sizeof(say));
		cmd_puts(o, "\n");
		put_text(o, "  ", say);
		for (unsigned int i = 0; i < s->nr_zones; i++) {
			mm_refusal_say_zone(cap, s, i, say, sizeof(say));
			put_text(o, "    ", say);
		}
	}
	if (s->nr_zones) {
		put_zones(o, s);
		put_lists(o, cap, s);
		put_indexes(o, s);
		put_blocks(o, cap, s);
	}
	for (unsigned int i = 0; i < sg_limits_count(&cap->limits); i++) {
		const struct sg_limit *l = sg_limits_at(&cap->limits, i);

		if (i == 0)
			cmd_puts(o, "\n  what the figures rest on\n");
		snprintf(say, sizeof(say), "%s: %s%s%s", sg_limit_key(l->id), l->text, l->remedy[0] ? "; " : "", l->remedy);
		put_text(o, "    ", say);
	}
}

/* ---- JSON ----------------------------------------------------------------- */

static void maybe(struct cmd_json *j, const char *key, bool known, uint64_t v)
{
	if (known)
		cmd_json_uint(j, key, v);
	else
		cmd_json_null(j, key);
}

static void maybe_str(struct cmd_json *j, const char *key, const char *s)
{
	if (s[0])
		cmd_json_str(j, key, s);
	else
		cmd_json_null(j, key);
}

static void json_nodes(struct cmd_json *j, const char *key, const struct sg_nodes *n)
{
	if (!n->known) {
		cmd_json_null(j, key);
		return;
	}
	if (n->all) {
		cmd_json_str(j, key, "all");
		return;
	}
	cmd_json_array(j, key, true);
	for (unsigned int i = 0; i < SG_MAX_NODES; i++)
		if (n->bit[i / 64] >> (i % 64) & 1)
			cmd_json_uint(j, NULL, i);
	cmd_json_end(j);
}

static void json_request(struct cmd_json *j, const struct sg_capture *cap, const struct sg_snapshot *s)
{
	const struct sg_request *r = &s->still->request;
	struct mm_refusal_may may;
	char say[SAY];
	int at = -1;
	enum mm_refusal_why why;

	if (!s->still->have_request) {
		cmd_json_null(j, "request");
		return;
	}
	mm_refusal_may(cap, r, &may);
	cmd_json_object(j, "request", false);
	maybe_str(j, "task", r->task);
	if (r->pid >= 0)
		cmd_json_int(j, "pid", r->pid);
	else
		cmd_json_null(j, "pid");
	maybe(j, "order", r->order >= 0, r->order >= 0 ? (uint64_t)r->order : 0);
	maybe_str(j, "mode", r->mode);
	maybe(j, "mode_bits", r->have_bits, r->bits);
	if (r->have_want)
		cmd_json_str(j, "migratetype", r->want & SG_WANT_MOVABLE ? "Movable" :
					       r->want & SG_WANT_RECLAIMABLE ? "Reclaimable" : "Unmovable");
	else
		cmd_json_null(j, "migratetype");
	if (r->have_want)
		cmd_json_bool(j, "may_wait", r->want & SG_WANT_DIRECT_RECLAIM);
	else
		cmd_json_null(j, "may_wait");
	maybe_str(j, "highest_zone", may.zone);
	json_nodes(j, "nodemask", &r->nodemask);
	json_nodes(j, "mems_allowed", &r->mems_allowed);
	maybe_str(j, "cpuset", r->cpuset);
	maybe_str(j, "constraint", r->constraint);
	maybe_str(j, "killed", r->victim);
	why = mm_refusal_nearest(cap, s, &at);
	if (s->still->origin == SG_STILL_OOM_MEMCG)
		cmd_json_str(j, "reason", "memcg");
	else
		cmd_json_str(j, "reason", mm_refusal_key(why));
	mm_refusal_say_request(cap, s, say, sizeof(say));
	cmd_json_str(j, "text", say);
	mm_refusal_say_all(cap, s, say, sizeof(say));
	cmd_json_str(j, "reason_text", say);
	cmd_json_end(j);
}

static void json_types(struct cmd_json *j, const char *key, const struct sg_capture *cap, uint8_t bits)
{
	char buf[16];

	cmd_json_array(j, key, true);
	for (unsigned int t = 0; t < cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++)
		if (bits >> t & 1)
			cmd_json_str(j, NULL, cmd_mt_name(cap, t, buf));
	cmd_json_end(j);
}

static void json_refusal(struct cmd_json *j, const struct sg_capture *cap, const struct sg_snapshot *s, unsigned int i)
{
	struct mm_refusal_may may;
	struct mm_refusal f;
	char say[SAY];
	bool counted;

	if (!s->still->have_request) {
		cmd_json_null(j, "refusal");
		return;
	}
	mm_refusal_may(cap, &s->still->request, &may);
	mm_refusal_zone(cap, s, i, &may, &f);
	mm_refusal_say_zone(cap, s, i, say, sizeof(say));
	counted = (s->zone[i].known & SG_ZONE_WMARKS) && s->still->request.order >= 0 &&
		  ((s->zone[i].known & SG_ZONE_NR_FREE) || s->zone[i].have_free) && !(may.flags & MM_ALLOC_NO_WATERMARKS);
	cmd_json_object(j, "refusal", false);
	cmd_json_str(j, "reason", mm_refusal_key(f.why));
	cmd_json_str(j, "text", say);
	if (counted) {
		cmd_json_int(j, "usable", f.usable);
		cmd_json_int(j, "needed_above", f.need);
		cmd_json_int(j, "less_order", f.order_pages);
		cmd_json_int(j, "less_highatomic", f.highatomic);
		cmd_json_int(j, "less_cma", f.cma);
		cmd_json_int(j, "mark", f.mark);
		cmd_json_int(j, "lowered", f.lowered);
		maybe(j, "lowmem_reserve", f.reserve_known, (uint64_t)f.reserve);
	}
	if (s->zone[i].have_free) {
		cmd_json_uint(j, "blocks_large_enough", f.blocks);
		if (f.types_known) {
			json_types(j, "on_lists", cap, f.their_types);
			if (f.largest >= 0)
				cmd_json_int(j, "largest_usable_order", f.largest);
			else
				cmd_json_null(j, "largest_usable_order");
		}
	}
	cmd_json_end(j);
}

static void json_zone(struct cmd_json *j, const struct sg_capture *cap, const struct sg_snapshot *s, unsigned int i)
{
	const struct sg_zone_snap *z = &s->zone[i];
	unsigned int nr = z->nr_orders < SG_MAX_ORDERS ? z->nr_orders : SG_MAX_ORDERS;
	struct mm_zone_info zi;
	bool known;
	uint64_t nr_free = free_of(z, &known);
	char buf[16];

	cmd_json_object(j, NULL, false);
	cmd_json_int(j, "node", z->node);
	cmd_json_str(j, "name", z->name);
	maybe(j, "start_pfn", z->spanned != 0, z->start_pfn);
	maybe(j, "end_pfn", z->spanned != 0, z->start_pfn + z->spanned);
	maybe(j, "present", z->known & SG_ZONE_SIZE, z->present);
	maybe(j, "managed", z->known & SG_ZONE_SIZE, z->managed);
	maybe(j, "free_pages", known, nr_free);
	maybe(j, "min", z->known & SG_ZONE_WMARKS, z->wmark_min);
	maybe(j, "low", z->known & SG_ZONE_WMARKS, z->wmark_low);
	maybe(j, "high", z->known & SG_ZONE_WMARKS, z->wmark_high);
	maybe(j, "boost", z->known & SG_ZONE_BOOST, z->wmark_boost);
	maybe(j, "reserved_highatomic", z->known & SG_ZONE_HIGHATOMIC, z->reserved_highatomic);
	maybe(j, "free_highatomic", z->known & SG_ZONE_FREE_HIGHATOMIC, z->free_highatomic);
	maybe(j, "free_cma", z->known & SG_ZONE_FREE_CMA, z->free_cma);
	maybe(j, "pcp_pages", z->known & SG_ZONE_PCP, z->nr_pcp_pages);
	if (z->known & SG_ZONE_RECLAIMABLE)
		cmd_json_bool(j, "all_unreclaimable", z->all_unreclaimable);
	else
		cmd_json_null(j, "all_unreclaimable");
	if (z->nr_protection)
		cmd_json_uints(j, "lowmem_reserve", z->protection, z->nr_protection);
	else
		cmd_json_null(j, "lowmem_reserve");
	if (z->have_free) {
		cmd_json_uints(j, "free", z->free, nr);
		info_of(z, &zi);
		cmd_json_array(j, "fragmentation_index", true);
		for (unsigned int k = 0; k < nr && k < sizeof(zi.free) / sizeof(zi.free[0]); k++)
			cmd_json_milli(j, NULL, mm_fragmentation_index(&zi, k));
		cmd_json_end(j);
		cmd_json_array(j, "unusable_index", true);
		for (unsigned int k = 0; k < nr && k < sizeof(zi.free) / sizeof(zi.free[0]); k++)
			cmd_json_milli(j, NULL, mm_unusable_index(&zi, k));
		cmd_json_end(j);
	} else {
		cmd_json_null(j, "free");
		cmd_json_null(j, "fragmentation_index");
		cmd_json_null(j, "unusable_index");
	}
	if (z->have_free && (z->known & SG_ZONE_TYPES_AT)) {
		cmd_json_array(j, "lists", false);
		for (unsigned int k = 0; k < nr; k++)
			json_types(j, NULL, cap, z->types_at[k]);
		cmd_json_end(j);
	} else {
		cmd_json_null(j, "lists");
	}
	if (z->have_types) {
		cmd_json_object(j, "types", false);
		for (unsigned int t = 0; t < cap->nr_migratetypes && t < SG_MAX_MIGRATETYPES; t++) {
			cmd_json_object(j, cmd_mt_name(cap, t, buf), true);
			cmd_json_uint(j, "blocks", z->type_blocks[t]);
			cmd_json_uints(j, "free", z->type_free[t], nr);
			cmd_json_end(j);
		}
		cmd_json_end(j);
	} else {
		cmd_json_null(j, "types");
	}
	json_refusal(j, cap, s, i);
	cmd_json_end(j);
}

static void report_still_json(struct cmd_json *j, const struct sg_capture *cap, const struct sg_snapshot *s)
{
	const struct sg_still *st = s->still;

	cmd_json_object(j, NULL, false);
	cmd_json_uint(j, "number", cap->still_no + 1);
	cmd_json_str(j, "origin", sg_still_key(st->origin));
	maybe_str(j, "directory", st->origin == SG_STILL_DIRECTORY ? s->name : "");
	maybe(j, "line", st->line != 0, st->line);
	if (st->have_time)
		cmd_json_time(j, "time", cap, st->time_ns);
	else
		cmd_json_null(j, "time");
	maybe_str(j, "date", st->when);
	if (strcmp(cap->kernel, "unknown") != 0)
		cmd_json_str(j, "kernel", cap->kernel);
	else
		cmd_json_null(j, "kernel");
	maybe(j, "page_size", st->page_size != 0, st->page_size);
	maybe(j, "pageblock_order", s->pageblock_order != 0, s->pageblock_order);
	json_request(j, cap, s);
	cmd_json_array(j, "zones", false);
	for (unsigned int i = 0; i < s->nr_zones; i++)
		json_zone(j, cap, s, i);
	cmd_json_end(j);
	cmd_json_array(j, "limits", false);
	for (unsigned int i = 0; i < sg_limits_count(&cap->limits); i++) {
		const struct sg_limit *l = sg_limits_at(&cap->limits, i);

		cmd_json_object(j, NULL, false);
		cmd_json_str(j, "key", sg_limit_key(l->id));
		cmd_json_str(j, "text", l->text);
		maybe_str(j, "remedy", l->remedy);
		cmd_json_null(j, "from");
		cmd_json_null(j, "to");
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_end(j);
}

int report_stills(struct cmd_source *src, struct cmd_out *o, bool json, struct sg_err *err)
{
	unsigned int nr = src->cap->nr_stills, first = src->dump ? src->dump - 1 : 0, last = src->dump ? src->dump : nr;
	struct cmd_json j;
	int r = SG_OK;

	cmd_json_init(&j, o);
	if (json) {
		cmd_json_object(&j, NULL, false);
		cmd_json_str(&j, "capture", src->cap->name);
		cmd_json_bool(&j, "still", true);
		cmd_json_uint(&j, "dumps_total", nr);
		cmd_json_array(&j, "dumps", false);
	} else {
		cmd_printf(o, "%s: %u %s, no events\n", src->cap->name, nr, nr == 1 ? "dump" : "dumps");
	}
	for (unsigned int i = first; r == SG_OK && i < last && !cmd_out_gone(o); i++) {
		r = tr_still_select(src->tc, i, err);
		if (r < 0)
			break;
		if (json)
			report_still_json(&j, src->cap, tr_still(src->tc));
		else
			report_still_text(o, src->cap, tr_still(src->tc));
	}
	if (json) {
		cmd_json_end(&j);
		cmd_json_end(&j);
	}
	return r;
}
