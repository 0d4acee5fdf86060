// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that got no page: mm_page_alloc without a pfn.  Zone by zone the rules say what the request found there; when all of
 * them refuse it, it had to fail.  Where a request got a page, its zone's watermark had to allow that.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "check/hooks.h"
#include "check/reclaim.h"
#include "observe/observer.h"
#include "observe/observe.h"
#include "rules/gfp.h"
#include "rules/nopage.h"
#include "say/words.h"

#define REASON_SIZE 2048u
static const char rule[] = "mm/page_alloc.c: get_page_from_freelist()";

/* One failed request. */
struct failure {
	struct rec_state *s;
	struct mm_check *c;
	const struct mm_machine *m;
	struct mm_last_walk_in walk;
	struct mm_nopage_in in;
	struct mm_nopage_zone zone[MM_MAX_ZONES];
	unsigned int nr;
	int64_t boost_most[MM_MAX_ZONES];
	uint64_t since;           /* the last event of its task, when that is the CPU's last one; 0: it may have looked long ago */
	struct mm_nopage_tried tried;
	int nearest;              /* of @zone, -1 none */
	enum mm_known gives;
	const char *missing;
};

/* ---- what the request may do ---------------------------------------------------------- */

/* A policy's say for a request that can't wait. */
static unsigned int ask_next(void *arg, unsigned int flags, unsigned int was)
{
	struct failure *f = arg;
	struct mm_slow_in in = {
		.facts = f->walk.facts, .order = f->walk.order, .migratetype = f->walk.mt, .pageblock_order = f->m->pb_order,
		.direct_reclaim = f->walk.gfp & MM_GFP_DIRECT_RECLAIM, .io = f->walk.gfp & MM_GFP_IO,
		.noretry = f->walk.gfp & MM_GFP_NORETRY, .retry_mayfail = f->walk.gfp & MM_GFP_RETRY_MAYFAIL,
		.nofail = f->walk.gfp & MM_GFP_NOFAIL, .thisnode = f->walk.gfp & MM_GFP_THISNODE,
		.defrag_mode = f->walk.defrag_mode,
	};
	struct mm_ask_next q = { .flags = flags, .at = MM_NEXT_NOWAIT, .loops = 0 };

	return mm_check_ask_next(f->c, &in, &q, was);
}

/* PF_MEMALLOC, as far as events show it: kswapd always, others inside reclaim and direct compaction. */
static bool memalloc(const struct rec_state *s, const struct mm_machine *m, const struct sg_event *ev)
{
	for (unsigned int i = 0; i < m->obs->nr_ctx; i++) {
		const struct task_ctx *c = &m->obs->ctx[i];

		if (c->pid == ev->pid)
			return c->in_reclaim || (c->in_compact && c->zone >= 0 && c->kind == 0);
	}
	for (unsigned int n = 0; n < s->nr_ks; n++)
		if (s->ks[n].pid == ev->pid && ev->pid != 0)
			return true;
	return strncmp(sg_capture_comm(m->cap, ev->pid), "kswapd", 6) == 0;
}

/*
 * The request looked at the lists at some time since the last event of its task on the CPU, and a free's event comes before the free
 * takes the lock: when it is the last one of its CPU, the page may not have reached its list.
 */
static bool late(const void *arg, uint32_t at)
{
	const struct failure *f = arg;

	if (f->since && at > f->since)
		return true;
	for (unsigned int cpu = 0; cpu < f->s->nr_cpus; cpu++)
		if (f->s->cpu[cpu].event == at)
			return true;
	return false;
}

/* ---- the verdict -------------------------------------------------------------------------- */

/* A sure page is nearer than a perhaps. */
static int rank(enum mm_known k)
{
	return k == MM_KNOWN_YES ? 2 : k == MM_KNOWN_MAYBE ? 1 : 0;
}

static bool nearer(const struct mm_nopage_zone *a, const struct mm_nopage_zone *b)
{
	return a->gives != b->gives ? rank(a->gives) > rank(b->gives) : a->why != b->why ? a->why > b->why : a->margin > b->margin;
}

/* All zones that the request may use. */
static void walk_zones(struct failure *f)
{
	bool refuses[MM_MAX_NODES] = { false }, any = false;

	f->nr = 0;
	f->nearest = -1;
	f->gives = MM_KNOWN_NO;
	f->missing = NULL;
	f->in.flags = mm_last_walk(&f->walk);
	for (unsigned int i = 0; i < f->m->core.nr_zones; i++) {
		const struct zone_state *z = &f->m->core.zone[i];
		struct mm_nopage_zone *r = &f->zone[f->nr];

		if (z->zone_type < 0 || (unsigned int)z->zone_type > f->in.zone_type || !z->managed)
			continue;
		mm_nopage_zone(&f->in, i, r);
		if (f->nearest < 0 || nearer(r, &f->zone[f->nearest]))
			f->nearest = (int)f->nr;
		if (r->gives == MM_KNOWN_YES)
			f->gives = MM_KNOWN_YES;
		else if (r->gives == MM_KNOWN_MAYBE && f->gives == MM_KNOWN_NO) {
			f->gives = MM_KNOWN_MAYBE;
			f->missing = r->missing;
		}
		f->nr++;
	}
	/* where one node refuses, the request may have been for that one alone: no event tells */
	for (unsigned int n = 0; n < f->m->nodes_end && n < MM_MAX_NODES; n++) {
		unsigned int zones = 0;

		refuses[n] = true;
		for (unsigned int i = 0; i < f->nr; i++)
			if (f->m->core.zone[f->zone[i].zone].node == (int)n) {
				refuses[n] &= f->zone[i].gives != MM_KNOWN_YES;
				zones++;
			}
		any |= zones && refuses[n];
	}
	if (f->gives == MM_KNOWN_YES && any) {
		f->gives = MM_KNOWN_MAYBE;
		f->missing = "requested_node_unknown";
	}
	if (f->nr == 0) {
		f->gives = MM_KNOWN_MAYBE;
		f->missing = "zone_unknown";
	}
}

static void decide(struct failure *f, const struct sg_event *ev)
{
	const struct sg_gfp *g = &f->m->cap->gfp;

	walk_zones(f);
	if (!f->s->defrag_known && mm_has(f->walk.facts, DEFRAG)) { /* does it decide? */
		enum mm_known other;

		f->walk.defrag_mode = !f->walk.defrag_mode;
		walk_zones(f);
		other = f->gives;
		f->walk.defrag_mode = !f->walk.defrag_mode;
		walk_zones(f);
		if (f->gives != other) {
			f->gives = MM_KNOWN_MAYBE;
			f->missing = "defrag_mode_unknown";
		}
	}
	if (f->gives == MM_KNOWN_YES && (ev->v[SGF_mm_page_alloc_gfp_flags] & g->account)) {
		f->gives = MM_KNOWN_MAYBE;
		f->missing = "memcg_limit_unknown";
	}
	if (!g->direct_reclaim) {
		f->gives = MM_KNOWN_MAYBE;
		f->missing = "gfp_names_missing";
	}
}

/* ---- the report ------------------------------------------------------------------------------ */

static void fill_numbers(const struct failure *f, const struct sg_event *ev, struct mm_decision *d)
{
	const struct mm_nopage_zone *z;

	mm_rec_number(d, "order", (int64_t)f->walk.order);
	mm_rec_number(d, "migratetype", (int64_t)f->walk.mt);
	mm_rec_number(d, "gfp", (int64_t)ev->v[SGF_mm_page_alloc_gfp_flags]);
	mm_rec_number(d, "nofragment", (f->in.flags & MM_ALLOC_NOFRAGMENT) != 0);
	if (f->nearest < 0)
		return;
	z = &f->zone[f->nearest];
	mm_rec_number(d, "node", f->m->core.zone[z->zone].node);
	mm_rec_number(d, "zone_type", f->m->core.zone[z->zone].zone_type);
	mm_rec_number(d, "refused_by", (int64_t)z->why);
	mm_rec_number(d, "free", z->free);
	mm_rec_number(d, "usable", z->margin + z->need);
	mm_rec_number(d, "mark", z->mark);
	mm_rec_number(d, "boost", z->boost);
	mm_rec_number(d, "lowered", z->lowered);
	mm_rec_number(d, "reserve", z->reserve);
	mm_rec_number(d, "need", z->need);
	mm_rec_number(d, "margin", z->margin);
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES && z->why != MM_NOPAGE_WATERMARK; t++)
		if (z->list[t].use == MM_USE_OWN) {
			mm_rec_number(d, "own_blocks", (int64_t)z->list[t].blocks);
			break;
		}
}

static void fill_texts(const struct failure *f, char *ours, size_t size, char *reason)
{
	struct mm_text t = { reason, REASON_SIZE, 0 };
	const struct zone_state *z = f->nearest < 0 ? NULL : &f->m->core.zone[f->zone[f->nearest].zone];
	char node[12];

	mm_nopage_say_request(&f->walk, f->in.flags, &f->tried, &t);
	for (unsigned int i = 0; i < f->nr; i++)
		mm_nopage_say_zone(&f->in, &f->zone[i], &t);
	if (f->gives == MM_KNOWN_NO)
		snprintf(ours, size, "no page");
	else if (f->gives == MM_KNOWN_YES && z)
		snprintf(ours, size, "a page of node %s %s", mm_node_text(z->node, node), z->name);
}

static void failed(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
		   unsigned int order)
{
	uint64_t bits = ev->v[SGF_mm_page_alloc_gfp_flags];
	uint64_t mt = ev->v[SGF_mm_page_alloc_migratetype];
	struct rec_cpu cpu = mm_rec_cpu_of(s, ev);
	struct failure f = {
		.s = s, .c = c, .m = m,
		.walk = { .facts = mm_check_facts(c), .gfp = mm_gfp_meaning(m->cap, bits), .order = order,
			  .mt = mt < MM_NR_PCPTYPES ? (unsigned int)mt : mm_gfp_migratetype(m, bits), .defrag_mode = s->defrag_mode,
			  .memalloc = memalloc(s, m, ev), .in_interrupt = (ev->common_flags & MM_IN_INTERRUPT) != 0 },
	};
	char ours[64] = "", kernel[] = "no page", reason[REASON_SIZE] = "";
	struct mm_decision d = { .kind = MM_CHECK_FAILURE, .event = mm_position(m) + 1, .ts = ev->ts, .pid = ev->pid, .ours = ours,
				 .kernel = kernel, .reason = reason, .rule = rule };

	if (mm_check_asks(c, MM_HOOK_NEXT)) {
		f.walk.next = ask_next;
		f.walk.arg = &f;
	}
	f.in = (struct mm_nopage_in){
		.m = m, .zone = mm_rec_zones(s, c, m), .facts = f.walk.facts, .order = order, .mt = f.walk.mt,
		.zone_type = mm_gfp_zone_type(m, bits), .cpu = ev->cpu, .pending = m->obs->nr_pending > 0,
		.late = late, .arg = &f,
	};
	f.since = cpu.pid == ev->pid ? cpu.event : 0;
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		f.boost_most[i] = mm_rec_boost_most(s, i);
	f.in.boost_most = f.boost_most;
	mm_rec_slow_tried(s, ev->pid, &f.tried);
	if (f.walk.mt >= MM_NR_PCPTYPES) {
		f.gives = MM_KNOWN_MAYBE;
		f.missing = "gfp_names_missing";
		f.nearest = -1;
	} else {
		decide(&f, ev);
	}
	d.verdict = f.gives == MM_KNOWN_NO ? MM_EQUAL : f.gives == MM_KNOWN_YES ? MM_DIFFERS : MM_UNDECIDED;
	d.why = f.missing ? f.missing : "list_unknown";
	fill_numbers(&f, ev, &d);
	if (mm_check_wants_text(c))
		fill_texts(&f, ours, sizeof(ours), reason);
	mm_check_report(c, &d);
}

void mm_rec_failure_before(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	uint64_t pfn, order;

	if (ev->kind != SG_EV_mm_page_alloc)
		return;
	pfn = ev->v[SGF_mm_page_alloc_pfn];
	order = ev->v[SGF_mm_page_alloc_order];
	if ((pfn == 0 || pfn >= MM_MAX_PFN) && order < m->nr_orders)
		failed(s, c, m, ev, (unsigned int)order);
}
