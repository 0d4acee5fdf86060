// SPDX-License-Identifier: GPL-2.0-only
/* What the trace of a simulated run says of itself, as a capture of the same kernel would: events, flags, symbols, tasks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/alloc/alloc.h"
#include "sim/compact/compact.h"
#include "sim/emit.h"

/* Source: include/linux/gfp_types.h, 6.1 to 7.3, x86-64 */
static const struct sg_gfp gfp_made = {
	.dma = 0x1, .highmem = 0x2, .dma32 = 0x4, .movable = 0x8, .reclaimable = 0x10, .high = 0x20, .io = 0x40, .fs = 0x80,
	.zero = 0x100, .direct_reclaim = 0x400, .kswapd_reclaim = 0x800, .write = 0x1000, .nowarn = 0x2000,
	.retry_mayfail = 0x4000, .nofail = 0x8000, .noretry = 0x10000, .memalloc = 0x20000, .comp = 0x40000,
	.nomemalloc = 0x80000, .hardwall = 0x100000, .thisnode = 0x200000, .account = 0x400000,
};

/* Source: include/trace/events/mmflags.h: COMPACTION_STATUS, 6.1 to 7.3 */
static const struct sg_sym status_syms[] = {
	{ MM_COMPACT_SKIPPED, "skipped" }, { MM_COMPACT_DEFERRED, "deferred" }, { MM_COMPACT_CONTINUE, "continue" },
	{ MM_COMPACT_SUCCESS, "success" }, { MM_COMPACT_PARTIAL_SKIPPED, "partial_skipped" },
	{ MM_COMPACT_COMPLETE, "complete" }, { MM_COMPACT_NO_SUITABLE_PAGE, "no_suitable_page" },
	{ MM_COMPACT_NOT_SUITABLE_ZONE, "not_suitable_zone" }, { MM_COMPACT_CONTENDED, "contended" },
};
static const struct sg_symtab status_table = { .nr = sizeof(status_syms) / sizeof(status_syms[0]), .sym = status_syms };

static void symbols(struct sg_capture *cap)
{
	cap->sym[SG_EV_mm_compaction_end][SGF_mm_compaction_end_status] = &status_table;
	cap->sym[SG_EV_mm_compaction_finished][SGF_mm_compaction_finished_ret] = &status_table;
	cap->sym[SG_EV_mm_compaction_suitable][SGF_mm_compaction_suitable_ret] = &status_table;
}

/* Kernels that don't have @kind.  Source: include/trace/events/ of 6.1 to 7.3 */
static bool later(const struct mm_sim *s, unsigned int kind)
{
	switch (kind) {
	case SG_EV_mm_compaction_fast_isolate_freepages:
		return !mm_sim_since(s, MM_SINCE(6, 5));
	case SG_EV_mm_vmscan_kswapd_clear_hopeless:
	case SG_EV_mm_vmscan_kswapd_reclaim_fail:
		return !mm_sim_since(s, MM_SINCE(7, 0));
	case SG_EV_mm_vmscan_balance_pgdat_begin:
	case SG_EV_mm_vmscan_balance_pgdat_end:
		return !mm_sim_since(s, MM_SINCE(7, 2));
	default:
		return false;
	}
}

#define FIRST_PID 4194304 /* the kernel's own threads, where no capture names them: above every pid that a kernel gives out */

static int by_pid(const void *a, const void *b)
{
	const struct sg_task_name *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* The pid of the task called @name, 0 when the capture has none. */
static int32_t pid_of(const struct sg_capture *from, const char *name)
{
	for (unsigned int i = 0; from && i < from->nr_tasks; i++)
		if (strcmp(from->task[i].comm, name) == 0)
			return from->task[i].pid;
	return 0;
}

/* One thread: of the pid that the capture has for it, else of one of its own. */
static int32_t thread(struct mm_sim *s, const struct sg_capture *from, const char *name, unsigned int *nr)
{
	int32_t pid = pid_of(from, name);

	if (pid)
		return pid;
	pid = FIRST_PID + (int32_t)*nr;
	s->task[s->cap.nr_tasks].pid = pid;
	snprintf(s->task[s->cap.nr_tasks].comm, sizeof(s->task[0].comm), "%s", name);
	s->cap.nr_tasks++;
	++*nr;
	return pid;
}

/**
 * mm_sim_describe() - tasks, flags and events of the run's description
 * @from: the capture that the run starts from, NULL: none
 */
int mm_sim_describe(struct mm_sim *s, const struct sg_capture *from)
{
	struct sg_capture *cap = &s->cap;
	unsigned int nr_from = from ? from->nr_tasks : 0, nr = 0;
	char name[24];

	s->pcp_snap = calloc((size_t)s->m->core.nr_zones * s->m->nr_cpus, sizeof(*s->pcp_snap));
	s->task = calloc(nr_from + 2 * MM_SIM_MAX_NODES + s->m->nr_cpus, sizeof(*s->task));
	s->kworker = calloc(s->m->nr_cpus, sizeof(*s->kworker));
	s->told_zone = calloc(s->m->core.nr_zones, sizeof(*s->told_zone));
	if (!s->task || !s->kworker || !s->pcp_snap || !s->told_zone)
		return SG_E_NOMEM;
	if (nr_from)
		memcpy(s->task, from->task, nr_from * sizeof(*s->task));
	cap->nr_tasks = nr_from;
	for (int n = 0; n < MM_SIM_MAX_NODES; n++) {
		if (!s->m->core.node[n].present)
			continue;
		s->kswapd_cpu[n] = (uint16_t)((unsigned int)n % s->m->nr_cpus);
		snprintf(name, sizeof(name), "kswapd%d", n);
		s->kswapd[n] = thread(s, from, name, &nr);
		snprintf(name, sizeof(name), "kcompactd%d", n);
		s->kcompactd[n] = thread(s, from, name, &nr);
	}
	for (unsigned int c = 0; c < s->m->nr_cpus; c++) {
		snprintf(name, sizeof(name), "kworker/%u:0", c);
		s->kworker[c] = thread(s, from, name, &nr);
	}
	qsort(s->task, cap->nr_tasks, sizeof(*s->task), by_pid);
	cap->task = s->task;
	cap->gfp = from && from->gfp.direct_reclaim ? from->gfp : gfp_made;
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		cap->present[k] = !later(s, k);
	symbols(cap);
	return SG_OK;
}

void mm_sim_describe_fini(struct mm_sim *s)
{
	free(s->task);
	free(s->kworker);
	free(s->pcp_snap);
	free(s->told_zone);
}

const struct sg_snapshot *mm_sim_snapshot(struct mm_sim *s)
{
	unsigned int nr = s->m->nr_cpus, nr_kv = 0;

	for (unsigned int zi = 0; zi < s->m->core.nr_zones; zi++) {
		struct sg_zone_snap *zs = &s->told_zone[zi];
		uint64_t boost = (uint64_t)s->alloc->zone[zi].boost;

		*zs = s->zsnap[zi];
		/* as zoneinfo has them, with the boost in them */
		zs->wmark_boost = boost;
		zs->wmark_min += boost;
		zs->wmark_low += boost;
		zs->wmark_high += boost;
		zs->wmark_promo += boost;
		zs->nr_protection = s->cap.nr_zone_types;
		for (unsigned int t = 0; t < s->cap.nr_zone_types; t++)
			zs->protection[t] = (uint64_t)s->alloc->zone[zi].reserve[t];
		zs->nr_pcp = nr;
		zs->pcp = &s->pcp_snap[(size_t)zi * nr];
		for (unsigned int c = 0; c < nr; c++) {
			const struct mm_pcp_tune *t = &s->alloc->pcp[zi * nr + c].tune;
			const struct pcp_state *p = mm_cow_peek(&s->m->pcp, (uint64_t)zi * nr + c);

			zs->pcp[c] = (struct sg_pcp_snap){ .count = p ? p->count : 0, .high = (uint32_t)t->high,
							   .batch = (uint32_t)t->batch, .high_min = (uint32_t)t->high_min,
							   .high_max = (uint32_t)t->high_max };
		}
	}
	for (unsigned int i = 0; i < MM_SIM_STATS; i++) {
		/* a count of 0 would say that no zone was ever compacted */
		if (s->compacted && (i == MM_SIM_COMPACT_MIGRATE_SCANNED || i == MM_SIM_COMPACT_FREE_SCANNED))
			continue;
		snprintf(s->kv[nr_kv].key, sizeof(s->kv[nr_kv].key), "vmstat.%s", mm_sim_stat_key((enum mm_sim_stat)i));
		snprintf(s->kv[nr_kv].value, sizeof(s->kv[nr_kv].value), "%llu", (unsigned long long)s->stat[i]);
		nr_kv++;
	}
	s->told = s->snap;
	s->told.zone = s->told_zone;
	s->told.kv = s->kv;
	s->told.nr_kv = nr_kv;
	return &s->told;
}

const struct sg_capture *mm_sim_capture(const struct mm_sim *s)
{
	return &s->cap;
}

struct sim_who mm_sim_kworker(const struct mm_sim *s, unsigned int cpu)
{
	return (struct sim_who){ s->kworker[cpu], (uint16_t)cpu };
}

struct sim_who mm_sim_kswapd_who(const struct mm_sim *s, int node)
{
	return (struct sim_who){ s->kswapd[node], s->kswapd_cpu[node] };
}

struct sim_who mm_sim_kcompactd_who(const struct mm_sim *s, int node)
{
	return (struct sim_who){ s->kcompactd[node], s->kcompactd_cpu[node] };
}

void mm_sim_thread_cpu(struct mm_sim *s, enum mm_thread which, int node, uint16_t cpu)
{
	if (node < 0 || node >= MM_MAX_NODES || cpu >= s->m->nr_cpus)
		return;
	/* it may be in the middle of its work */
	if (which == MM_THREAD_KSWAPD)
		s->kswapd_cpu[node] = s->reclaim->ks[node].sc.cpu = cpu;
	else
		s->kcompactd_cpu[node] = s->compact->kcompactd[node].cc.cpu = cpu;
}
