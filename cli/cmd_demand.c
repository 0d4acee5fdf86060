// SPDX-License-Identifier: GPL-2.0-only
/* stormglass demand: what the tasks of a capture asked for, as a simulated run is given it. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_demand.h"
#include "cmd_whatif.h"

#define MAX_SHOWN 20u /* tasks in the text form */

struct task {
	int32_t pid;
	uint64_t requests, pages, failed, frees, freed;
};

struct counts {
	uint64_t kind[MM_WANT_KINDS];
	uint64_t pages, freed, failed, interrupt, cached;
	uint64_t request[MM_MAX_ORDERS][SG_MAX_MIGRATETYPES], failed_of[MM_MAX_ORDERS];
	unsigned int nr_orders; /* with a request, and those below */
	struct task *task;
	size_t nr_tasks, cap_tasks;
};

/* ---- counting -------------------------------------------------------------------- */

/* Its place in the table, or where it is to go: the table is never full. */
static struct task *slot(struct task *table, size_t size, int32_t pid)
{
	size_t at = ((uint32_t)pid * 0x9e3779b1u) & (size - 1);

	while ((table[at].requests || table[at].frees) && table[at].pid != pid)
		at = (at + 1) & (size - 1);
	return &table[at];
}

static bool more_room(struct counts *c)
{
	size_t size = c->cap_tasks ? c->cap_tasks * 2 : 256;
	struct task *table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < c->cap_tasks; i++)
		if (c->task[i].requests || c->task[i].frees)
			*slot(table, size, c->task[i].pid) = c->task[i];
	free(c->task);
	c->task = table;
	c->cap_tasks = size;
	return true;
}

/* A fault asks for pages, too. */
static bool asks(const struct mm_want *w)
{
	return w->kind == MM_WANT_ALLOC || w->kind == MM_WANT_FAULT;
}

static bool count(struct counts *c, const struct mm_want *w)
{
	bool alloc = asks(w);
	uint64_t pages = UINT64_C(1) << w->order;
	struct task *t;

	c->kind[w->kind < MM_WANT_KINDS ? w->kind : 0]++;
	if (!alloc && w->kind != MM_WANT_FREE)
		return true;
	if (2 * (c->nr_tasks + 1) > c->cap_tasks && !more_room(c))
		return false;
	t = slot(c->task, c->cap_tasks, w->pid);
	c->nr_tasks += !t->requests && !t->frees;
	t->pid = w->pid;
	if (!alloc) {
		c->freed += pages;
		t->frees++;
		t->freed += pages;
		return true;
	}
	c->pages += pages;
	c->failed += (w->flags & MM_WANT_FAILED) != 0;
	c->interrupt += (w->flags & MM_WANT_INTERRUPT) != 0;
	c->cached += w->content != MM_NO_CONTENT;
	c->request[w->order][w->mt < SG_MAX_MIGRATETYPES ? w->mt : 0]++;
	c->failed_of[w->order] += (w->flags & MM_WANT_FAILED) != 0;
	c->nr_orders = w->order >= c->nr_orders ? w->order + 1u : c->nr_orders;
	t->requests++;
	t->pages += pages;
	t->failed += (w->flags & MM_WANT_FAILED) != 0;
	return true;
}

static int by_pages(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages > y->pages ? -1 : 1;
	if (x->freed != y->freed)
		return x->freed > y->freed ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* All wants; then the tasks stand in a row, those with most pages first. */
static int count_all(struct counts *c, const struct mm_demand *d, struct sg_err *err)
{
	size_t nr = 0;

	for (size_t i = 0; i < d->nr_wants; i++)
		if (!count(c, &d->want[i]))
			return sg_fail(err, SG_E_NOMEM, "out of memory for the tasks");
	for (size_t i = 0; i < c->cap_tasks; i++)
		if (c->task[i].requests || c->task[i].frees)
			c->task[nr++] = c->task[i];
	if (nr)
		qsort(c->task, nr, sizeof(*c->task), by_pages);
	return SG_OK;
}

/* ---- words ---------------------------------------------------------------------------- */

static const struct {
	uint32_t bit;
	const char *name;
} gfp_names[] = {
	{ MM_GFP_DIRECT_RECLAIM, "direct_reclaim" }, { MM_GFP_KSWAPD_RECLAIM, "kswapd_reclaim" }, { MM_GFP_IO, "io" },
	{ MM_GFP_FS, "fs" }, { MM_GFP_HIGH, "high" }, { MM_GFP_NORETRY, "noretry" }, { MM_GFP_RETRY_MAYFAIL, "retry_mayfail" },
	{ MM_GFP_NOFAIL, "nofail" }, { MM_GFP_THISNODE, "thisnode" }, { MM_GFP_MEMALLOC, "memalloc" },
	{ MM_GFP_NOMEMALLOC, "nomemalloc" }, { MM_GFP_COLD, "cold" }, { MM_GFP_MOVABLE, "movable" }, { MM_GFP_CMA_OK, "cma" },
	{ MM_GFP_COMP, "comp" },
}, flag_names[] = {
	{ MM_WANT_FILE, "file" }, { MM_WANT_ACTIVE, "active" }, { MM_WANT_UNEVICTABLE, "unevictable" },
	{ MM_WANT_INTERRUPT, "interrupt" }, { MM_WANT_FAILED, "failed" }, { MM_WANT_BATCH, "batch" }, { MM_WANT_SHRUNK, "shrunk" },
	{ MM_WANT_BOUND, "bound" },
};
/* A bit that means something else for a move. */
static const char *flag_name(size_t i, unsigned int kind)
{
	return kind == MM_WANT_MOVE && flag_names[i].bit == MM_WANT_MISPLACED ? "misplaced" : flag_names[i].name;
}
#define NR_GFP (sizeof(gfp_names) / sizeof(gfp_names[0]))
#define NR_FLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

#define NR_COSTS 9
/* What a cost rests on: how many were seen; 0: it isn't known. */
struct cost {
	const char *key, *text;
	uint64_t ns, of;
};

static void costs_of(const struct mm_demand *d, struct cost ret[NR_COSTS])
{
	const struct mm_demand_costs *c = &d->costs;
	const struct cost all[NR_COSTS] = {
		{ "kswapd_page", "kswapd reclaims a page", c->kswapd_page, c->kswapd_pages },
		{ "kswapd_scan", "kswapd looks at a page", c->kswapd_scan, c->kswapd_pages },
		{ "direct_page", "a task reclaims a page", c->direct_page, c->direct_pages },
		{ "direct_scan", "a task looks at a page", c->direct_scan, c->direct_pages },
		{ "swap_page", "a page is written to swap", c->swap_page, d->swap.written },
		{ "demote_page", "a page is copied to a lower tier", c->demote_page, d->left.demoted },
		{ "compact_move", "compaction moves a page", c->compact_move, c->moved_pages },
		{ "compact_scan", "compaction looks at a page frame", c->compact_scan, c->moved_pages },
		{ "round", "a round of the slow path", c->round, c->rounds },
	};

	memcpy(ret, all, sizeof(all));
}

/* ---- text ------------------------------------------------------------------------------- */

static void put_orders(struct cmd_out *o, const struct cmd_whatif *w, const struct counts *c)
{
	char buf[16];

	cmd_puts(o, "\nrequests by order and migratetype\n  order");
	for (unsigned int t = 0; t < 3; t++)
		cmd_printf(o, " %12s", cmd_mt_name(w->cap, t, buf));
	cmd_puts(o, "       failed\n");
	for (unsigned int k = 0; k < c->nr_orders; k++) {
		cmd_printf(o, "  %5u", k);
		for (unsigned int t = 0; t < 3; t++)
			cmd_printf(o, " %12" PRIu64, c->request[k][t]);
		cmd_printf(o, " %12" PRIu64 "\n", c->failed_of[k]);
	}
}

static void put_tasks(struct cmd_out *o, const struct cmd_whatif *w, const struct counts *c)
{
	char name[64];

	cmd_printf(o, "\n%-28s %10s %10s %8s %10s %10s\n", "task", "requests", "pages", "failed", "frees", "pages");
	for (size_t i = 0; i < c->nr_tasks && i < MAX_SHOWN; i++) {
		const struct task *t = &c->task[i];
		const char *comm = sg_capture_comm(w->cap, t->pid);
		char clean[40];

		sg_clean(clean, sizeof(clean), comm, strlen(comm));
		snprintf(name, sizeof(name), "%s-%" PRId32, clean, t->pid);
		cmd_printf(o, "%-28s %10" PRIu64 " %10" PRIu64 " %8" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", name, t->requests, t->pages,
			   t->failed, t->frees, t->freed);
	}
	if (c->nr_tasks > MAX_SHOWN)
		cmd_printf(o, "  and %zu more\n", c->nr_tasks - MAX_SHOWN);
}

static void put_left(struct cmd_out *o, const struct mm_demand_left *l)
{
	cmd_puts(o, "\nleft out, since it was the kernel's own work or its consequence\n");
	cmd_printf(o, "  %12" PRIu64 " allocations and %" PRIu64 " frees by reclaim and compaction\n", l->own_allocs, l->own_frees);
	cmd_printf(o, "  %12" PRIu64 " requests made by reclaim to swap out\n", l->swap_requests);
	cmd_printf(o, "  %12" PRIu64 " folios moved, which are followed; %" PRIu64 " were lost on the way\n", l->migrated, l->unpaired);
	cmd_printf(o, "  %12" PRIu64 " pages demoted to a lower tier\n", l->demoted);
	cmd_printf(o, "  %12" PRIu64 " frees of pages that nobody was seen to take\n", l->unknown_frees);
	cmd_printf(o, "  %12" PRIu64 " requests stalled; they count from their first stall on\n", l->stalls);
}

/* What swap-out asked for by itself, which a run asks for as well. */
static void put_swap(struct cmd_out *o, const struct cmd_whatif *w, const struct mm_swap_rule *r)
{
	char buf[16];

	if (!r->written)
		return;
	cmd_printf(o, "\n%" PRIu64 " pages were written to swap, which asked for\n", r->written);
	for (unsigned int i = 0; i < r->nr; i++) {
		const struct mm_swap_need *n = &r->need[i];

		cmd_printf(o, "  %12" PRIu64 " pages of order %u, %s, one for %.1f pages written; %" PRIu64 " times there was none%s\n", n->got,
			   n->order, cmd_mt_name(w->cap, n->mt, buf), (double)n->every / 65536, n->failed,
			   !n->failed ? "" : n->stops ? ", and nothing was written" : ", and the page was written without");
	}
	if (r->others)
		cmd_printf(o, "  %12" PRIu64 " others, too few to tell how often they are needed\n", r->others);
}

/* Of a machine with several nodes. */
static void put_nodes(struct cmd_out *o, const struct mm_demand *d)
{
	bool any = false;

	for (unsigned int i = 0; i < d->nr_cpus; i++) {
		if (d->cpu_node[i] < 0)
			continue;
		cmd_printf(o, any ? ", %u on node %d" : "\nnodes, as far as it tells where pages came from\n  CPU %u is on node %d", i,
			   d->cpu_node[i]);
		any = true;
	}
	if (!any)
		return;
	cmd_printf(o, "\n  %12" PRIu64 " requests were for another node than their CPU's\n", d->left.placed);
	cmd_printf(o, "  %12" PRIu64 " requests of tasks that took their pages from one node alone, also when it was short\n", d->left.bound);
	cmd_printf(o, "  %12" PRIu64 " folios were moved to another node because of a task\n", d->left.moves);
}

static void put_text(struct cmd_out *o, const struct cmd_whatif *w, const struct counts *c)
{
	const struct mm_demand *d = w->demand;
	struct cost cost[NR_COSTS];
	char name[200];

	sg_clean(name, sizeof(name), w->cap->name, strlen(w->cap->name));
	cmd_printf(o, "demand of %s from event:%" PRIu64 " on, %.3f s\n\n", name, d->from, (double)(d->ts_last - d->ts_first) / 1e9);
	for (unsigned int k = 0; k < (d->has_faults ? MM_WANT_KINDS : MM_WANT_FAULT); k++) {
		cmd_printf(o, "  %-10s %12" PRIu64, mm_want_key((enum mm_want_kind)k), c->kind[k]);
		if (k == MM_WANT_ALLOC)
			cmd_printf(o, "  %" PRIu64 " pages, %" PRIu64 " failed, %" PRIu64 " in interrupts, %" PRIu64 " for pages of files", c->pages,
				   c->failed, c->interrupt, c->cached);
		if (k == MM_WANT_FREE)
			cmd_printf(o, "  %" PRIu64 " pages", c->freed);
		cmd_puts(o, "\n");
	}
	put_orders(o, w, c);
	put_tasks(o, w, c);
	put_left(o, &d->left);
	put_nodes(o, d);
	put_swap(o, w, &d->swap);
	cmd_demand_put_faults(o, d);
	cmd_puts(o, "\nwhat the kernel's work cost\n");
	costs_of(d, cost);
	for (unsigned int i = 0; i < NR_COSTS; i++)
		if (cost[i].ns)
			cmd_printf(o, "  %8" PRIu64 " ns  %s (%" PRIu64 " seen)\n", cost[i].ns, cost[i].text, cost[i].of);
		else
			cmd_printf(o, "         ?     %s: too few were seen\n", cost[i].text);
	for (unsigned int i = 0; i < w->nr_assumed; i++)
		cmd_printf(o, "%s%s\n", i ? "  " : "\nassumed\n  ", w->assumed[i]);
}

/* One want a line. */
static void list_text(struct cmd_out *o, const struct cmd_whatif *w, const struct mm_want *x)
{
	const char *comm = sg_capture_comm(w->cap, x->pid);
	const struct mm_content *f = x->content < w->demand->nr_contents ? &w->demand->content[x->content] : NULL;
	char clean[40], buf[16];

	sg_clean(clean, sizeof(clean), comm, strlen(comm));
	cmd_put_time(o, w->cap, x->ts);
	cmd_printf(o, "  cpu %u  %s-%" PRId32 "  %s", x->cpu, clean, x->pid, mm_want_key((enum mm_want_kind)x->kind));
	if (x->kind == MM_WANT_MARK) {
		char text[200] = "";

		if (x->handle < w->demand->nr_marks)
			sg_clean(text, sizeof(text), w->demand->mark[x->handle], strlen(w->demand->mark[x->handle]));
		cmd_printf(o, "  %s\n", text);
		return;
	}
	if (x->handle)
		cmd_printf(o, "  #%" PRIu32, x->handle);
	if (asks(x) || x->kind == MM_WANT_FREE || x->kind == MM_WANT_MOVE)
		cmd_printf(o, " order %u", x->order);
	if ((x->kind == MM_WANT_FREE || x->kind == MM_WANT_MOVE) && x->offset)
		cmd_printf(o, " page %" PRIu32, x->offset);
	if (asks(x))
		cmd_printf(o, " %s", cmd_mt_name(w->cap, x->mt, buf));
	for (size_t i = 0; asks(x) && i < NR_GFP; i++)
		if (x->gfp & gfp_names[i].bit)
			cmd_printf(o, " %s", gfp_names[i].name);
	if (x->fault)
		cmd_demand_put_address(o, w->demand, x);
	if (x->node >= 0)
		cmd_printf(o, " node %d", x->node);
	for (size_t i = 0; i < NR_FLAGS; i++)
		if (x->flags & flag_names[i].bit)
			cmd_printf(o, " %s", flag_name(i, x->kind));
	if (x->content != MM_NO_CONTENT && f)
		cmd_printf(o, " device 0x%" PRIx64 " inode %" PRIu64 " page %" PRIu64, f->dev, f->ino, f->index);
	cmd_printf(o, "  after %" PRIu64 " ns\n", x->think);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static void json_names(struct cmd_json *j, const char *key, uint32_t bits, bool gfp, unsigned int kind)
{
	cmd_json_array(j, key, true);
	for (size_t i = 0; i < (gfp ? NR_GFP : NR_FLAGS); i++)
		if (bits & (gfp ? gfp_names[i].bit : flag_names[i].bit))
			cmd_json_str(j, NULL, gfp ? gfp_names[i].name : flag_name(i, kind));
	cmd_json_end(j);
}

static void list_json(struct cmd_json *j, const struct cmd_whatif *w, const struct mm_want *x)
{
	char buf[16];

	cmd_json_object(j, NULL, true);
	cmd_json_time(j, "time", w->cap, x->ts);
	cmd_json_uint(j, "think", x->think);
	cmd_json_uint(j, "cpu", x->cpu);
	cmd_json_int(j, "pid", x->pid);
	cmd_json_str(j, "kind", mm_want_key((enum mm_want_kind)x->kind));
	if (x->kind == MM_WANT_MARK) {
		cmd_json_str(j, "text", x->handle < w->demand->nr_marks ? w->demand->mark[x->handle] : "");
		cmd_json_end(j);
		return;
	}
	cmd_json_uint(j, "handle", x->handle);
	if (asks(x) || x->kind == MM_WANT_FREE || x->kind == MM_WANT_MOVE)
		cmd_json_uint(j, "order", x->order);
	if (x->node >= 0)
		cmd_json_int(j, "node", x->node);
	if (x->kind == MM_WANT_FREE || x->kind == MM_WANT_MOVE)
		cmd_json_uint(j, "offset", x->offset);
	if (asks(x)) {
		cmd_json_str(j, "migratetype", cmd_mt_name(w->cap, x->mt, buf));
		json_names(j, "gfp", x->gfp, true, x->kind);
	}
	cmd_demand_json_address(j, w->demand, x);
	json_names(j, "flags", x->flags, false, x->kind);
	if (x->content != MM_NO_CONTENT && x->content < w->demand->nr_contents) {
		const struct mm_content *f = &w->demand->content[x->content];

		cmd_json_uint(j, "device", f->dev);
		cmd_json_uint(j, "inode", f->ino);
		cmd_json_uint(j, "index", f->index);
	}
	cmd_json_end(j);
}

static void json_requests(struct cmd_json *j, const struct cmd_whatif *w, const struct counts *c)
{
	char buf[16];

	cmd_json_object(j, "requests", false);
	cmd_json_uint(j, "pages", c->pages);
	cmd_json_uint(j, "failed", c->failed);
	cmd_json_uint(j, "interrupt", c->interrupt);
	cmd_json_uint(j, "file", c->cached);
	cmd_json_object(j, "by_migratetype", false);
	for (unsigned int t = 0; t < 3; t++) {
		uint64_t by_order[MM_MAX_ORDERS];

		for (unsigned int k = 0; k < c->nr_orders; k++)
			by_order[k] = c->request[k][t];
		cmd_json_uints(j, cmd_mt_name(w->cap, t, buf), by_order, c->nr_orders);
	}
	cmd_json_end(j);
	cmd_json_uints(j, "failed_by_order", c->failed_of, c->nr_orders);
	cmd_json_end(j);
	cmd_json_uint(j, "pages_freed", c->freed);
}

static void put_json(struct cmd_json *j, const struct cmd_whatif *w, const struct counts *c, bool list)
{
	const struct mm_demand *d = w->demand;
	const struct mm_demand_left *l = &d->left;
	struct cost cost[NR_COSTS];

	cmd_json_object(j, NULL, false);
	cmd_json_str(j, "capture", w->cap->name);
	cmd_json_uint(j, "from", d->from);
	cmd_json_time(j, "first_time", w->cap, d->ts_first);
	cmd_json_time(j, "last_time", w->cap, d->ts_last);
	cmd_json_object(j, "kinds", true);
	for (unsigned int k = 0; k < MM_WANT_KINDS; k++)
		cmd_json_uint(j, mm_want_key((enum mm_want_kind)k), c->kind[k]);
	cmd_json_end(j);
	json_requests(j, w, c);
	cmd_json_array(j, "tasks", false);
	for (size_t i = 0; i < c->nr_tasks; i++) {
		const struct task *t = &c->task[i];

		cmd_json_object(j, NULL, true);
		cmd_json_int(j, "pid", t->pid);
		cmd_json_str(j, "task", sg_capture_comm(w->cap, t->pid));
		cmd_json_uint(j, "requests", t->requests);
		cmd_json_uint(j, "pages", t->pages);
		cmd_json_uint(j, "failed", t->failed);
		cmd_json_uint(j, "frees", t->frees);
		cmd_json_uint(j, "pages_freed", t->freed);
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_object(j, "left_out", true);
	cmd_json_uint(j, "own_allocs", l->own_allocs);
	cmd_json_uint(j, "own_frees", l->own_frees);
	cmd_json_uint(j, "swap_requests", l->swap_requests);
	cmd_json_uint(j, "migrated", l->migrated);
	cmd_json_uint(j, "unpaired", l->unpaired);
	cmd_json_uint(j, "demoted", l->demoted);
	cmd_json_uint(j, "unknown_frees", l->unknown_frees);
	cmd_json_uint(j, "stalls", l->stalls);
	cmd_json_end(j);
	cmd_json_object(j, "nodes", false);
	cmd_json_array(j, "of_cpus", true);
	for (unsigned int i = 0; i < d->nr_cpus; i++)
		cmd_json_int(j, NULL, d->cpu_node[i]);
	cmd_json_end(j);
	cmd_json_uint(j, "placed", l->placed);
	cmd_json_uint(j, "bound", l->bound);
	cmd_json_uint(j, "moves", l->moves);
	cmd_json_end(j);
	cmd_demand_json_faults(j, d);
	cmd_json_object(j, "swap", false);
	cmd_json_uint(j, "written", d->swap.written);
	cmd_json_uint(j, "others", d->swap.others);
	cmd_json_array(j, "needs", false);
	for (unsigned int i = 0; i < d->swap.nr; i++) {
		const struct mm_swap_need *n = &d->swap.need[i];
		char buf[16];

		cmd_json_object(j, NULL, true);
		cmd_json_uint(j, "order", n->order);
		cmd_json_str(j, "migratetype", cmd_mt_name(w->cap, n->mt, buf));
		json_names(j, "gfp", n->gfp, true, 0);
		cmd_json_uint(j, "got", n->got);
		cmd_json_uint(j, "failed", n->failed);
		cmd_json_bool(j, "stops", n->stops);
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_end(j);
	costs_of(d, cost);
	cmd_json_object(j, "costs", false);
	for (unsigned int i = 0; i < NR_COSTS; i++) {
		cmd_json_object(j, cost[i].key, true);
		cmd_json_known(j, "ns", cost[i].ns, cost[i].ns != 0);
		cmd_json_uint(j, "seen", cost[i].of);
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_json_array(j, "assumed", false);
	for (unsigned int i = 0; i < w->nr_assumed; i++)
		cmd_json_str(j, NULL, w->assumed[i]);
	cmd_json_end(j);
	if (list) {
		cmd_json_array(j, "wants", false);
		for (size_t i = 0; i < d->nr_wants && !cmd_out_gone(j->out); i++)
			list_json(j, w, &d->want[i]);
		cmd_json_end(j);
	}
	cmd_json_end(j);
	cmd_puts(j->out, "\n");
}

static int demand(const char *file, bool assume, bool json, bool list, struct cmd_out *o, struct sg_err *err)
{
	struct cmd_whatif_options how = { .assume = assume };
	struct counts c = { 0 };
	struct cmd_whatif w;
	struct cmd_json j;
	int r = cmd_whatif_open(file, &how, &w, err);

	if (r == SG_OK)
		r = count_all(&c, w.demand, err);
	if (r == SG_OK && json) {
		cmd_json_init(&j, o);
		put_json(&j, &w, &c, list);
	} else if (r == SG_OK && list) {
		for (size_t i = 0; i < w.demand->nr_wants && !cmd_out_gone(o); i++)
			list_text(o, &w, &w.demand->want[i]);
	} else if (r == SG_OK) {
		put_text(o, &w, &c);
	}
	free(c.task);
	cmd_whatif_close(&w);
	return r;
}

int cmd_demand(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "list", no_argument, NULL, 'l' },    { "assume", no_argument, NULL, 'a' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 },
	};
	bool json = false, list = false, assume = false;
	struct sg_err err = { 0 };
	struct cmd_out *out;
	const char *file;
	int o, r;

	while ((o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (o == 'j')
			json = true;
		else if (o == 'l')
			list = true;
		else if (o == 'a')
			assume = true;
		else
			return cmd_common_option(cmd, o, argv[optind - 1]);
	}
	r = cmd_take_file(cmd, argc, argv, &file);
	if (r != CMD_OK)
		return r;
	out = cmd_out_new();
	if (!out)
		return CMD_FAILED;
	r = demand(file, assume, json, list, out, &err) < 0 ? cmd_fail(&err) : CMD_OK;
	return cmd_out_end(out, r);
}
