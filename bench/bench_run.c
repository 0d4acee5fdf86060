// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-run [--policy POLICY] [--seed N] [--runs N] [--marked] CAPTURE...: how quick simulated runs are, and what came of them beside what
 * the capture has: counts between the markers snapshot-begin-done and snapshot-end.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "index/decide.h"
#include "machine/layout.h"
#include "machine/state.h"
#include "run/run.h"
#include "tr.h"

#define BATCH 512

struct counts {
	bool from, to, any_mark;
	uint64_t reclaims, direct, kswapd, extfrag, runs, success, moved, thp, failed, allocs, frees, refills, wakes, frames;
	uint64_t order[MM_MAX_ORDERS];
	int32_t kswapd_pid;
	const struct sg_capture *cap;
};

static void count(struct counts *c, const struct sg_event *ev)
{
	if (ev->kind == SG_EV_print && ev->str_len >= 19 && memcmp(ev->str, "snapshot-begin-done", 19) == 0)
		c->from = true;
	if (ev->kind == SG_EV_print && ev->str_len >= 12 && memcmp(ev->str, "snapshot-end", 12) == 0)
		c->to = true;
	if (!c->from || c->to)
		return;
	switch (ev->kind) {
	case SG_EV_mm_vmscan_direct_reclaim_begin:
		c->reclaims++;
		break;
	case SG_EV_mm_vmscan_lru_shrink_inactive: {
		const char *comm = sg_capture_comm(c->cap, ev->pid);

		*(comm && strncmp(comm, "kswapd", 6) == 0 ? &c->kswapd : &c->direct) += ev->v[SGF_mm_vmscan_lru_shrink_inactive_nr_reclaimed];
		break;
	}
	case SG_EV_mm_page_alloc_extfrag:
		c->extfrag++;
		break;
	case SG_EV_mm_compaction_begin:
		c->runs++;
		break;
	case SG_EV_mm_compaction_end:
		c->success += ev->v[SGF_mm_compaction_end_status] == MM_COMPACT_SUCCESS;
		break;
	case SG_EV_mm_compaction_migratepages:
		c->moved += ev->v[SGF_mm_compaction_migratepages_nr_migrated];
		break;
	case SG_EV_mm_compaction_isolate_migratepages:
		c->frames += ev->v[SGF_mm_compaction_isolate_migratepages_nr_scanned];
		break;
	case SG_EV_mm_page_alloc:
		c->allocs++;
		c->failed += ev->v[SGF_mm_page_alloc_pfn] == 0 || ev->v[SGF_mm_page_alloc_pfn] >= MM_MAX_PFN;
		c->thp += ev->v[SGF_mm_page_alloc_order] == 9 && ev->v[SGF_mm_page_alloc_pfn] && ev->v[SGF_mm_page_alloc_pfn] < MM_MAX_PFN;
		break;
	case SG_EV_mm_page_free:
		c->frees++;
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		c->refills++;
		break;
	case SG_EV_mm_vmscan_kswapd_wake:
		c->wakes++;
		break;
	default:
		break;
	}
}

static void print(const char *name, const struct counts *c, const struct mm_machine *m)
{
	printf("%-10s reclaims %5" PRIu64 "  direct %6" PRIu64 "  kswapd %6" PRIu64 "/%-4" PRIu64 "  extfrag %6" PRIu64 "  runs %4" PRIu64 " ok %4" PRIu64
	       "  moved %6" PRIu64 " of %8" PRIu64 "  thp %4" PRIu64 "  failed %5" PRIu64 "  allocs %6" PRIu64 "  frees %6" PRIu64
	       "  locked %6" PRIu64 "\n           free",
	       name, c->reclaims, c->direct, c->kswapd, c->wakes, c->extfrag, c->runs, c->success, c->moved, c->frames, c->thp, c->failed,
	       c->allocs, c->frees, c->refills);
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		struct mm_zone_info z;
		uint64_t sum[MM_MAX_ORDERS] = { 0 };

		mm_zone_get(m, i, &z);
		printf(" %s%d", z.name, z.node);
		for (unsigned int o = 0; o < mm_nr_orders(m); o++) {
			for (unsigned int t = 0; t < MM_NR_MT; t++)
				sum[o] += m->core.zone[i].list[o][t].nr_linked + m->core.zone[i].list[o][t].nr_unplaced;
			printf(" %" PRIu64, sum[o]);
		}
		printf(" types");
		for (unsigned int t = 0; t < 4; t++)
			printf(" %" PRIu64, (uint64_t)m->core.zone[i].type_blocks[t]);
		printf("; ");
	}
	printf("\n");
}

static void sink(void *arg, const struct sg_event *ev)
{
	count(arg, ev);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int one_run(const struct mm_demand *d, const struct mm_ahead *a, const struct mm_machine *start, const struct mm_policy *p,
		   uint64_t seed, bool marked, const struct sg_capture *cap, struct sg_err *err)
{
	struct counts c = { .cap = cap, .from = true };
	struct mm_run_cfg cfg = { .policy = *p, .seed = seed, .hints_marked = marked, .emit = sink, .arg = &c };
	double t = seconds(), ready;
	struct mm_run *r = mm_run_new(d, a, start, &cfg, err);
	struct mm_run_told told;
	char name[32];

	if (!r)
		return -1;
	c.cap = mm_sim_capture(mm_run_sim(r));
	ready = seconds() - t;
	t = seconds();
	if (mm_run_go(r, err) < 0)
		return -1;
	t = seconds() - t;
	mm_run_told(r, &told);
	snprintf(name, sizeof(name), "seed %" PRIu64 "%s", seed, marked ? " m" : "");
	print(name, &c, mm_sim_machine(mm_run_sim(r)));
	printf("           done %" PRIu64 " in %.2f s of the run; ready after %.2f s, %.2f s, %.2f million wants/s; hits %" PRIu64 " refaults %" PRIu64 " split %" PRIu64 " saved %" PRIu64
	       " gone %" PRIu64 " moves %" PRIu64 " there %" PRIu64 " refused %" PRIu64 " livelocks %" PRIu64 " ooms %" PRIu64 " failed %" PRIu64 "; costs demote %" PRIu64 " kswapd %" PRIu64 " direct %" PRIu64 " move %"
	       PRIu64 " scan %" PRIu64 " round %" PRIu64 "\n", told.done, (double)told.ns / 1e9, ready, t, (double)d->nr_wants / t / 1e6, told.hits, told.refaults, told.huge_split,
	       told.huge_saved, told.frees_of_gone, told.moves, told.moves_there, told.moves_refused, told.livelocks, told.ooms, told.failed, told.costs.demote_page, told.costs.kswapd_page, told.costs.direct_page,
	       told.costs.compact_move, told.costs.compact_scan, told.costs.round);
	mm_run_free(r);
	return 0;
}

static int one(const char *file, const char *spec, uint64_t seed, unsigned int runs, bool marked)
{
	struct sg_err err = { 0 };
	struct tr_capture *tc = NULL;
	struct sg_log *log = sg_log_new();
	struct mm_config cfg = { 0 };
	const struct sg_snapshot *snap[2] = { NULL };
	struct sg_event ev[BATCH];
	struct counts c = { 0 };
	struct mm_machine *m = NULL, *start = NULL;
	struct mm_demand *d = NULL;
	struct mm_ahead *a = NULL;
	struct mm_policy p;
	struct sg_cursor cur;
	uint64_t from = 0;
	size_t n;
	int r = -1;

	if (!log || tr_open(file, 0, &tc, &err) < 0)
		goto out;
	while ((n = tr_read(tc, ev, BATCH)) > 0)
		for (size_t i = 0; i < n; i++)
			if (sg_log_append(log, &ev[i]) < 0)
				goto out;
	cfg.cap = c.cap = tr_info(tc);
	snap[0] = tr_snapshot(tc, "before");
	snap[1] = tr_snapshot(tc, "in-start");
	if (snap[0])
		cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = snap[0] };
	if (snap[1])
		cfg.seed[cfg.nr_seeds++] = (struct mm_seed){ .snap = snap[1], .marker = "snapshot-begin",
							     .marker_end = "snapshot-begin-done" };
	cfg.max_order_hint = sg_log_max_order(log);
	m = mm_machine_new(&cfg, &err);
	if (!m)
		goto out;
	sg_log_seek(log, &cur, 1);
	for (uint64_t i = 1; sg_log_next(&cur, &ev[0]); i++) {
		mm_observe(m, &ev[0]);
		count(&c, &ev[0]);
		if (ev[0].kind == SG_EV_print && ev[0].str_len >= 19 && memcmp(ev[0].str, "snapshot-begin-done", 19) == 0) {
			from = i;
			start = mm_machine_copy(m);
		}
	}
	printf("%s\n", file);
	print("observed", &c, m);
	if (!start)
		goto out;
	mm_policy_of_capture(&p, cfg.cap, snap, 2);
	if (spec && mm_policy_parse(spec, &p, &err) < 0)
		goto out;
	if (mm_demand_take(log, cfg.cap, from, start, &d, &err) < 0 || mm_ahead_scan(log, cfg.cap, from, &a, &err) < 0)
		goto out;
	printf("demand     %zu wants, %u handles, %u contents, own %" PRIu64 "/%" PRIu64 " swap %" PRIu64 " migrated %" PRIu64 " unpaired %" PRIu64
	       " unknown frees %" PRIu64 " stalls %" PRIu64
	       "; demoted %" PRIu64 " moves %" PRIu64 " placed %" PRIu64 " bound %" PRIu64 "\n", d->nr_wants, d->nr_handles, d->nr_contents, d->left.own_allocs,
	       d->left.own_frees, d->left.swap_requests, d->left.migrated, d->left.unpaired, d->left.unknown_frees, d->left.stalls, d->left.demoted, d->left.moves, d->left.placed, d->left.bound);
	for (unsigned int i = 0; i < d->swap.nr; i++)
		printf("           swap-out asks for order %u type %u gfp %x, again %x: got %" PRIu64 " failed %" PRIu64 ", stopped %" PRIu64
		       " went on %" PRIu64 "; one in %.1f of %" PRIu64 " pages written\n", d->swap.need[i].order, d->swap.need[i].mt,
		       d->swap.need[i].gfp, d->swap.need[i].again, d->swap.need[i].got, d->swap.need[i].failed, d->swap.need[i].stopped,
		       d->swap.need[i].went_on, (double)d->swap.need[i].every / 65536, d->swap.written);
	r = 0;
	for (unsigned int i = 0; r == 0 && i < runs; i++)
		r = one_run(d, a, start, &p, seed + i, marked, cfg.cap, &err);
out:
	if (r < 0)
		fprintf(stderr, "%s: %s\n", file, err.text[0] ? err.text : "no run can be made of it");
	mm_ahead_free(a);
	mm_demand_free(d);
	mm_machine_free(start);
	mm_machine_free(m);
	tr_close(tc);
	sg_log_free(log);
	return r;
}

int main(int argc, char **argv)
{
	const char *spec = NULL;
	uint64_t seed = 1;
	unsigned int runs = 1;
	bool marked = false;
	int r = argc < 2;

	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--policy") == 0 && i + 1 < argc)
			spec = argv[++i];
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc)
			runs = (unsigned int)strtoul(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--marked") == 0)
			marked = true;
		else
			r |= one(argv[i], spec, seed, runs, marked) < 0;
	return r;
}
