// SPDX-License-Identifier: GPL-2.0-only
/* Why a request got no page, in sentences. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules/refusal.h"

/** Text that grows; what doesn't fit is cut. */
struct text {
	char *s;
	size_t n, size;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (t->n + 1 >= t->size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(t->s + t->n, t->size - t->n, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->n += (size_t)n < t->size - t->n ? (size_t)n : t->size - t->n - 1;
}

/* "12,345" */
static const char *num(char buf[32], int64_t v)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRId64, v < 0 ? -v : v), out = 0;

	if (v < 0)
		buf[out++] = '-';
	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

static void size_of(struct text *t, const struct sg_capture *cap, unsigned int order)
{
	uint64_t kb = ((uint64_t)cap->page_size >> 10) << (order < 32 ? order : 32);

	if (kb >= 1024 && kb % 1024 == 0)
		add(t, "%" PRIu64 " MiB", kb >> 10);
	else
		add(t, "%" PRIu64 " KiB", kb);
}

static const char *type_name(const struct sg_capture *cap, unsigned int t)
{
	return t < cap->nr_migratetypes && cap->migratetype[t][0] ? cap->migratetype[t] : "?";
}

static void types(struct text *t, const struct sg_capture *cap, uint8_t bits)
{
	const char *sep = "";

	for (unsigned int i = 0; i < SG_MAX_MIGRATETYPES; i++)
		if (bits >> i & 1) {
			add(t, "%s%s", sep, type_name(cap, i));
			sep = ", ";
		}
}

/* "node 0", "nodes 0-1,4" */
static void nodes(struct text *t, const struct sg_nodes *n)
{
	const char *sep = "";
	unsigned int nr = 0;

	for (unsigned int i = 0; i < SG_MAX_NODES; i++)
		nr += n->bit[i / 64] >> (i % 64) & 1;
	add(t, nr == 1 ? "node " : nr ? "nodes " : "no node");

	for (unsigned int i = 0; i < SG_MAX_NODES; i++) {
		unsigned int to = i;

		if (!(n->bit[i / 64] >> (i % 64) & 1))
			continue;
		while (to + 1 < SG_MAX_NODES && (n->bit[(to + 1) / 64] >> ((to + 1) % 64) & 1))
			to++;
		add(t, to > i ? "%s%u-%u" : "%s%u", sep, i, to);
		sep = ",";
		i = to;
	}
}

void mm_still_say(const struct sg_capture *cap, const struct sg_snapshot *snap, unsigned int no, char *buf, size_t size)
{
	const struct sg_still *st = snap->still;
	struct text t = { buf, 0, size };

	buf[0] = '\0';
	add(&t, "dump %u of %u: %s", no + 1, cap->nr_stills, sg_still_text(st->origin));
	if (st->origin == SG_STILL_DIRECTORY && strcmp(snap->name, ".") != 0)
		add(&t, ", %s", snap->name);
	if (st->have_time)
		add(&t, ", at %" PRIu64 ".%06" PRIu64 " s", st->time_ns / 1000000000, st->time_ns / 1000 % 1000000);
	if (st->when[0])
		add(&t, ", %s", st->when);
	if (st->line)
		add(&t, ", line %u", st->line);
}

static const char *wants_type(uint32_t want)
{
	return want & SG_WANT_MOVABLE ? "Movable" : want & SG_WANT_RECLAIMABLE ? "Reclaimable" : "Unmovable";
}

void mm_refusal_say_request(const struct sg_capture *cap, const struct sg_snapshot *snap, char *buf, size_t size)
{
	const struct sg_request *r = snap->still ? &snap->still->request : NULL;
	struct text t = { buf, 0, size };
	struct mm_refusal_may may;

	buf[0] = '\0';
	if (!r || !snap->still->have_request) {
		add(&t, "No request is named here.");
		return;
	}
	add(&t, "%s", r->task[0] ? r->task : "a task");
	if (r->pid >= 0)
		add(&t, "-%" PRId32, r->pid);
	if (r->order < 0) {
		add(&t, " wanted pages of an order that the text doesn't say");
	} else {
		add(&t, " wanted order %d (", r->order);
		if (r->order == 0)
			add(&t, "one page, ");
		else
			add(&t, "%" PRIu64 " pages in a row, ", UINT64_C(1) << r->order);
		size_of(&t, cap, (unsigned int)r->order);
		add(&t, ")");
	}
	if (!r->have_want) {
		add(&t, ", mode %s: its names aren't in the text, and what the bits mean differs between kernels.",
		    r->mode[0] ? r->mode : "unknown");
		return;
	}
	mm_refusal_may(cap, r, &may);
	add(&t, ", %s, %s: ", wants_type(r->want), r->mode);
	if (r->want & SG_WANT_DIRECT_RECLAIM)
		add(&t, "it may wait%s%s", r->order > 0 ? ", reclaim and compact" : " and reclaim",
		    r->want & SG_WANT_NORETRY	    ? ", but not retry" :
		    r->want & SG_WANT_RETRY_MAYFAIL ? ", retries, and may fail" :
						      "");
	else
		add(&t, "it may not wait: no reclaim and no compaction of its own%s",
		    r->want & SG_WANT_HIGH ? ", but a part of the reserve below min" : "");
	if (may.flags & MM_ALLOC_NO_WATERMARKS)
		add(&t, "; watermarks don't hold for it");
	add(&t, "; zones up to %s", may.zone);
	if (r->nodemask.known && !r->nodemask.all) {
		add(&t, ", ");
		nodes(&t, &r->nodemask);
		add(&t, " of its memory policy");
	}
	if (r->mems_allowed.known) {
		add(&t, ", ");
		nodes(&t, &r->mems_allowed);
		add(&t, " of its cpuset");
	}
	if (r->want & SG_WANT_THISNODE)
		add(&t, ", one node only (which isn't in the text)");
	add(&t, ".");
	if (r->victim[0])
		add(&t, " Killed for it: %s.", r->victim);
}

static void say_watermark(struct text *t, const struct sg_zone_snap *z, const struct mm_refusal *f,
			  const struct mm_refusal_may *may)
{
	char a[32], b[32];
	const char *sep = " (";

	add(t, "%s pages are free, %s of them count", num(a, f->free), num(b, f->usable < 0 ? 0 : f->usable));
	if (f->order_pages) {
		add(t, "%sless %s for its order", sep, num(a, f->order_pages));
		sep = ", ";
	}
	if (f->highatomic) {
		add(t, "%sless %s %s highatomic blocks", sep, num(a, f->highatomic),
		    f->highatomic_whole ? "reserved in" : "free in");
		sep = ", ";
	}
	if (f->cma) {
		add(t, "%sless %s in CMA", sep, num(a, f->cma));
		sep = ", ";
	}
	if (sep[0] == ',')
		add(t, ")");
	if (may->flags & MM_ALLOC_NO_WATERMARKS) {
		add(t, "; watermarks don't hold for it");
		return;
	}
	add(t, "; there must be more than %s: min %s", num(a, f->need), num(b, f->mark));
	if (f->boost > 0)
		add(t, " (%s of it boost)", num(a, f->boost));
	if (f->lowered)
		add(t, ", lowered by %s for this request", num(a, f->lowered));
	if (f->reserve)
		add(t, ", and %s of lowmem_reserve against requests for %s", num(a, f->reserve),
		    may->zone[0] ? may->zone : "higher zones");
	if (!f->reserve_known && z->nr_protection == 0)
		add(t, "; lowmem_reserve isn't in the text");
	if (f->usable > f->need)
		add(t, ": %s more than needed", num(a, f->usable - f->need));
	else
		add(t, ": %s short", num(a, f->need - f->usable + 1));
}

void mm_refusal_say_zone(const struct sg_capture *cap, const struct sg_snapshot *snap, unsigned int i, char *buf,
			 size_t size)
{
	const struct sg_request *r = &snap->still->request;
	const struct sg_zone_snap *z = &snap->zone[i];
	struct text t = { buf, 0, size };
	struct mm_refusal_may may;
	struct mm_refusal f;

	buf[0] = '\0';
	mm_refusal_may(cap, r, &may);
	mm_refusal_zone(cap, snap, i, &may, &f);
	add(&t, "node %d %s: %s. ", z->node, z->name, mm_refusal_word(f.why));
	switch (f.why) {
	case MM_REFUSAL_ZONE_TYPE:
		add(&t, "Its mode allows zones up to %s.", may.zone);
		break;
	case MM_REFUSAL_NODE:
		if (r->nodemask.known && !sg_nodes_has(&r->nodemask, z->node)) {
			add(&t, "Its memory policy allows ");
			nodes(&t, &r->nodemask);
		} else {
			add(&t, "Its cpuset allows ");
			nodes(&t, &r->mems_allowed);
		}
		add(&t, ".");
		break;
	case MM_REFUSAL_EMPTY:
		add(&t, "The zone has no managed pages.");
		break;
	case MM_REFUSAL_UNKNOWN:
		if (!(z->known & SG_ZONE_WMARKS))
			add(&t, "Its watermarks aren't in the text.");
		else if (!z->have_free)
			add(&t, "Its free lists aren't in the text.");
		else if (!may.known)
			add(&t, "What the request may use isn't known: the mode is a number only.");
		else if (f.blocks && !f.types_known)
			add(&t, "On whose lists its %" PRIu64 " free blocks of order %d and above are, isn't in the text.",
			    f.blocks, r->order);
		else
			add(&t, "What it keeps back from requests for %s isn't in the text.", may.zone);
		break;
	case MM_REFUSAL_WATERMARK:
		say_watermark(&t, z, &f, &may);
		add(&t, ".");
		if ((z->known & SG_ZONE_RECLAIMABLE) && z->all_unreclaimable)
			add(&t, " Reclaim had given up on the node (all_unreclaimable).");
		break;
	case MM_REFUSAL_LISTS:
		say_watermark(&t, z, &f, &may);
		add(&t, ". But its %" PRIu64 " free block%s of order %d and above %s on lists that the request may not use: ",
		    f.blocks, f.blocks == 1 ? "" : "s", r->order, f.blocks == 1 ? "is" : "are");
		types(&t, cap, f.their_types);
		if (f.largest >= 0)
			add(&t, "; the largest that it may take is of order %d", f.largest);
		add(&t, ".");
		break;
	case MM_REFUSAL_FRAGMENTED:
		say_watermark(&t, z, &f, &may);
		if (f.largest_any < 0)
			add(&t, ". But its free lists are empty.");
		else
			add(&t, ". But the largest free block is of order %d: none of order %d or above (fragmentation index "
			    "%s0.%03d).",
			    f.largest_any, r->order, f.index < 0 ? "-" : "", f.index < 0 ? -f.index % 1000 : f.index % 1000);
		break;
	case MM_REFUSAL_PASSES:
	case MM_REFUSAL_COUNT:
		say_watermark(&t, z, &f, &may);
		if (r->order > 0)
			add(&t, ", and a free block of order %d is on a list that it may use", f.largest);
		add(&t, ". Pages were freed between the failure and the printing, or it is held off by what isn't printed.");
		break;
	}
}

void mm_refusal_say_all(const struct sg_capture *cap, const struct sg_snapshot *snap, char *buf, size_t size)
{
	const struct sg_still *st = snap->still;
	struct text t = { buf, 0, size };
	struct mm_refusal_may may;
	struct mm_refusal f;
	enum mm_refusal_why why;
	int at;

	buf[0] = '\0';
	if (!st || !st->have_request) {
		add(&t, "No request is named here: this is what the zones had.");
		return;
	}
	if (st->origin == SG_STILL_OOM_MEMCG) {
		add(&t, "The limit of a memory cgroup was reached: no zone refused the page, and the kernel prints none.");
		return;
	}
	why = mm_refusal_nearest(cap, snap, &at);
	if (at < 0) {
		add(&t, "Nothing is known of the zones.");
		return;
	}
	mm_refusal_may(cap, &st->request, &may);
	mm_refusal_zone(cap, snap, (unsigned int)at, &may, &f);
	switch (why) {
	case MM_REFUSAL_WATERMARK:
		add(&t, "Too little free memory: every zone that it may use is below what the watermark asks for. The nearest is "
		    "node %d %s.", snap->zone[at].node, snap->zone[at].name);
		if (st->request.have_want && !(st->request.want & SG_WANT_DIRECT_RECLAIM))
			add(&t, " The request may not wait, so that only kswapd could have freed pages before it.");
		break;
	case MM_REFUSAL_LISTS:
		add(&t, "There are free blocks large enough, but only on lists that it may not use (");
		types(&t, cap, f.their_types);
		add(&t, "): node %d %s.", snap->zone[at].node, snap->zone[at].name);
		break;
	case MM_REFUSAL_FRAGMENTED:
		add(&t, "Fragmentation: node %d %s has enough free pages, but no free block of order %d.",
		    snap->zone[at].node, snap->zone[at].name, st->request.order);
		if (st->request.have_want && !(st->request.want & SG_WANT_DIRECT_RECLAIM))
			add(&t, " The request may not wait, so that nothing could be compacted for it.");
		break;
	case MM_REFUSAL_PASSES:
		add(&t, "When this was printed the request would have passed in node %d %s: the memory came too late.",
		    snap->zone[at].node, snap->zone[at].name);
		break;
	case MM_REFUSAL_ZONE_TYPE:
	case MM_REFUSAL_NODE:
	case MM_REFUSAL_EMPTY:
		add(&t, "None of the zones that are listed may serve it.");
		break;
	case MM_REFUSAL_UNKNOWN:
	case MM_REFUSAL_COUNT:
		add(&t, "Why it failed can't be told from this text.");
		break;
	}
}
