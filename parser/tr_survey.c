// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a recording lacks, found out from what it holds: tasks, CPUs and events that were left out, and stretches of a
 * CPU that are lost.  What the file says itself comes first (the ring buffers' statistics, damaged parts, which formats
 * are there); where only the events can tell, enough of them must have passed.
 */
#include "tr_priv.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Guesses, of which no kernel knows: how much must have been seen before the absence of something means that it was
 * left out.  A whole recording of a quiet machine stays below.
 */
#define LEAST_OF_ONE_TASK   64u   /* events, all of one task */
#define LEAST_OF_SOME_TASKS 2000u /* events of few tasks, none of them the kernel's or trace-cmd's */
#define LEAST_ALLOCS_ABOVE  64u   /* allocations of higher orders and none of order 0 */
#define LEAST_FREES         40u   /* frees of pages of order 0 and not one allocation of order 0 */
#define LEAST_ALLOCS        2000u /* allocations of order 0 and none above, all of one type, or not a single free */
#define LEAST_FREES_ABOVE   20u   /* frees of higher orders and not one allocation of such */
#define LEAST_CPU_EVENTS    500u  /* events of each CPU that has some, and none of others */
#define LEAST_NS            500000000u  /* half a second: one task, no allocations, silent CPUs */
#define LEAST_LONG_NS       2000000000u /* few tasks */
#define MANY_CPUS           16u   /* on larger machines CPUs may sleep for long */
#define LEAST_MANY_CPUS_NS  5000000000u
#define LEAST_SYSTEMS       8u    /* systems that are nothing to us, more than half of them without an event: all formats are there */
#define LEAST_KINDS         3u    /* events of one system that occurred: it was switched on as a whole */

#define RECORD "Record with trace-cmd record "

static uint64_t span(const struct tr_survey *s)
{
	return s->last_ts > s->first_ts ? s->last_ts - s->first_ts : 0;
}

/* Did the recording last so long?  With a clock that doesn't count nanoseconds, nobody knows: the events decide. */
static bool lasted(const struct tr_capture *tc, uint64_t ns)
{
	return !tc->cap.clock_is_ns || strcmp(tc->cap.clock, "uptime") == 0 || span(&tc->survey) >= ns;
}

/* ---- while reading ----------------------------------------------------------- */

/* Threads that run whatever is traced; names as the kernel gives them. */
static bool of_kernel(const struct tr_capture *tc, int32_t pid)
{
	static const char *const names[] = { "kworker/",   "ksoftirqd/", "kswapd",	   "kcompactd", "rcu_",	 "rcuc/",
					     "migration/", "khugepaged", "trace-cmd", "jbd2/",     "kthreadd", "cpuhp/" };
	const char *comm;

	if (pid == 0)
		return true;
	comm = sg_capture_comm(&tc->cap, pid);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(comm, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void add_task(struct tr_capture *tc, int32_t pid)
{
	struct tr_survey *s = &tc->survey;

	for (unsigned int i = 0; i < s->nr_tasks; i++)
		if (s->task[i].pid == pid) {
			s->task[i].events++;
			return;
		}
	if (s->nr_tasks == TR_SURVEY_TASKS || of_kernel(tc, pid)) {
		/* a kernel thread alone may have been selected, too */
		s->any_task |= s->nr_tasks > 0;
		if (s->nr_tasks == TR_SURVEY_TASKS)
			return;
	} else if (s->nr_tasks && of_kernel(tc, s->task[0].pid)) {
		s->any_task = true;
	}
	s->task[s->nr_tasks++] = (struct tr_survey_task){ pid, 1 };
}

static void add_cpu(struct tr_survey *s, unsigned int cpu)
{
	if (cpu / 64 >= s->nr_cpu_bits) {
		unsigned int n = cpu / 64 + 1;
		uint64_t *p = realloc(s->cpu, n * sizeof(*p));

		if (!p)
			return; /* which CPUs are there is not known then: cpus_missing() looks */
		memset(p + s->nr_cpu_bits, 0, (n - s->nr_cpu_bits) * sizeof(*p));
		s->cpu = p;
		s->nr_cpu_bits = n;
	}
	s->cpu[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

void tr_survey_add(struct tr_capture *tc, const struct sg_event *ev, size_t nr)
{
	static const char marker[] = "snapshot-begin";
	struct tr_survey *s = &tc->survey;
	unsigned int cpu = UINT32_MAX;

	if (nr && s->nr == 0)
		s->first_ts = ev[0].ts;
	if (nr && ev[nr - 1].ts > s->last_ts)
		s->last_ts = ev[nr - 1].ts;
	for (size_t i = 0; i < nr; i++) {
		const struct sg_event *e = &ev[i];
		unsigned int above;

		s->nr++;
		if (e->cpu != cpu) {
			cpu = e->cpu;
			add_cpu(s, cpu);
		}
		if (!s->any_task && e->kind != SG_EV_print)
			add_task(tc, e->pid);
		if (e->missed && s->gaps++ == 0)
			s->first_gap = s->nr;
		if (e->kind == SG_EV_mm_page_alloc) {
			above = e->v[SGF_mm_page_alloc_order] > 0;
			s->allocs[above]++;
			if (e->v[SGF_mm_page_alloc_migratetype] < SG_MAX_MIGRATETYPES)
				s->alloc_mt[e->v[SGF_mm_page_alloc_migratetype]]++;
		} else if (e->kind == SG_EV_mm_page_free) {
			above = e->v[SGF_mm_page_free_order] > 0;
			s->frees[above]++;
		} else if (e->kind == SG_EV_print && e->str && e->str_len >= sizeof(marker) - 1 &&
			   memcmp(e->str, marker, sizeof(marker) - 1) == 0) {
			s->marker = true;
		}
	}
}

static unsigned int types_of(const struct tr_survey *s, unsigned int *last)
{
	unsigned int n = 0;

	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		if (s->alloc_mt[t]) {
			n++;
			*last = t;
		}
	return n;
}

static unsigned int silent_cpus(const struct tr_capture *tc, unsigned int *online)
{
	const struct tr_survey *s = &tc->survey;
	unsigned int seen = 0, nr = tc->cap.nr_cpus;

	for (unsigned int i = 0; i < s->nr_cpu_bits; i++)
		seen += (unsigned int)__builtin_popcountll(s->cpu[i]);
	/* a snapshot lists the CPUs that are online */
	for (unsigned int i = 0; i < tc->nr_snaps; i++)
		for (unsigned int z = 0; z < tc->snap[i].nr_zones; z++)
			if (tc->snap[i].zone[z].nr_pcp && tc->snap[i].zone[z].nr_pcp < nr)
				nr = tc->snap[i].zone[z].nr_pcp;
	*online = seen;
	return seen && seen < nr ? nr - seen : 0;
}

bool tr_settled(const struct tr_capture *tc)
{
	const struct tr_survey *s = &tc->survey;
	unsigned int t, seen;

	if (s->whole || tc->ended || tc->cap.still || (tc->flags & TR_PLAIN))
		return true;
	return s->any_task && s->allocs[0] && s->allocs[1] && s->frees[0] && types_of(s, &t) > 1 &&
	       silent_cpus(tc, &seen) == 0 && (s->marker || !tr_snapshot(tc, "in-start"));
}

bool tr_surveyed(const struct tr_capture *tc)
{
	return tc->survey.whole;
}

void tr_know_limits(struct tr_capture *tc, const struct sg_limits *l)
{
	sg_limits_merge(&tc->cap.limits, l);
	tc->survey.whole = true;
}

/* ---- stretches of one CPU ------------------------------------------------------- */

static const char larger[] = "A larger buffer (trace-cmd record -b KIB), fewer events, or trace-cmd record, which reads the "
			     "buffers while it records";

#define CPU_NAME 200u

static const char *cpu_name(const struct tr_capture *tc, const struct tr_stream *st, char buf[CPU_NAME])
{
	const char *inst = tc->cap.instance[st->inst];

	snprintf(buf, CPU_NAME, "CPU %u%s%.150s%s", st->cpu, *inst ? " (trace buffer " : "", inst, *inst ? ")" : "");
	return buf;
}

void tr_survey_stream_ends(struct tr_capture *tc, const struct tr_stream *st, uint64_t number)
{
	const struct tr_cpu_stat *stat = st->inst == 0 && st->cpu < tc->head.nr_stat ? &tc->head.stat[st->cpu] : NULL;
	uint64_t dropped = stat ? stat->dropped : 0;
	char name[CPU_NAME];

	if (!dropped && !st->cut && !st->missed)
		return;
	/* nobody goes on behind its last record, and so there is nothing that it could be missing from */
	if (tc->nr_heap == 0)
		return;
	if (dropped && !st->cut && !st->missed)
		tr_count_lost(tc, (int64_t)(dropped > INT64_MAX / 4 ? INT64_MAX / 4 : dropped));
	else if (!st->missed)
		tr_count_lost(tc, -1);
	tc->owed = st->cut || st->missed || tc->owed < 0 || dropped > INT64_MAX / 4 ? -1 : tc->owed + (int64_t)dropped;
	if (tc->survey.whole)
		return;
	if (dropped && !st->cut)
		sg_limits_add(&tc->cap.limits, SG_LIMIT_LOST_SPAN, number + 1, SG_LIMIT_END, larger,
			      "%s: its buffer was full, and %llu events were dropped: what it did after its last record is not seen",
			      cpu_name(tc, st, name), (unsigned long long)dropped);
	else
		sg_limits_add(&tc->cap.limits, SG_LIMIT_LOST_SPAN, number + 1, SG_LIMIT_END, "Copy the file again, whole",
			      "%s: its data breaks off in the file (cut, or damaged): what it did after its last readable record "
			      "is not seen",
			      cpu_name(tc, st, name));
}

static void begin_limit(struct tr_capture *tc, const struct tr_stream *st, uint64_t to)
{
	char name[CPU_NAME];

	sg_limits_add(&tc->cap.limits, SG_LIMIT_LOST_SPAN, 1, to, larger,
		      "%s: its oldest events were overwritten: what it did up to its first record is not seen",
		      cpu_name(tc, st, name));
}

/* A limit whose end wasn't known yet ends at @to; without an event before that, there is none. */
static void end_limit(struct sg_limits *l, const char *text, uint64_t to)
{
	for (unsigned int i = 0; i < l->nr; i++)
		if (l->l[i].id == SG_LIMIT_LOST_SPAN && l->l[i].from == 1 && strcmp(l->l[i].text, text) == 0)
			l->l[i].to = to;
}

void tr_survey_stream_begins(struct tr_capture *tc, struct tr_stream *st, uint64_t number)
{
	char text[sizeof(((struct sg_limit *)0)->text)], name[CPU_NAME];

	st->first_lost = false;
	if (tc->survey.whole)
		return;
	/* the text in the form in which the set keeps it */
	snprintf(text, sizeof(text), "%s: its oldest events were overwritten: what it did up to its first record is not seen",
		 cpu_name(tc, st, name));
	end_limit(&tc->cap.limits, text, number - 1);
}

/* ---- at the open ---------------------------------------------------------------- */

static void cut_cpus(struct tr_capture *tc)
{
	if (tc->cut_cpus)
		sg_limits_add(&tc->cap.limits, SG_LIMIT_LOST_SPAN, 1, SG_LIMIT_END, "Copy the file again, whole",
			      "The data of %u CPU%s lies behind the end of the file: nothing of what %s did is seen", tc->cut_cpus,
			      tc->cut_cpus == 1 ? "" : "s", tc->cut_cpus == 1 ? "it" : "they");
}

/* Streams of which the first record tells that earlier ones were lost, while others begin before it. */
static void lost_begins(struct tr_capture *tc)
{
	uint64_t first = tc->nr_heap ? tc->stream[tc->heap[0]].ts : 0;

	for (unsigned int i = 0; i < tc->nr_heap; i++) {
		struct tr_stream *st = &tc->stream[tc->heap[i]];

		if (!st->missed || st->ts <= first)
			continue;
		st->first_lost = true;
		if (!tc->survey.whole)
			begin_limit(tc, st, SG_LIMIT_END);
	}
}

void tr_survey_open(struct tr_capture *tc)
{
	if (!tc->survey.whole)
		cut_cpus(tc);
	lost_begins(tc);
}

/* ---- at the end ------------------------------------------------------------------ */

static void one_task(struct tr_capture *tc)
{
	struct tr_survey *s = &tc->survey;
	uint64_t events = 0;
	char names[160] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < s->nr_tasks; i++)
		events += s->task[i].events;
	if (s->any_task || s->nr_tasks == 0 || (tc->flags & TR_PLAIN))
		return;
	if (s->nr_tasks == 1) {
		if (events >= LEAST_OF_ONE_TASK)
			sg_limits_add(&tc->cap.limits, SG_LIMIT_ONE_TASK, 1, SG_LIMIT_END, RECORD "without -P and -F",
				      "All %llu events are of one task, %s-%d: the others' were not recorded, so what they took and "
				      "gave back is not seen: lists and free pages are unknown",
				      (unsigned long long)events, sg_capture_comm(&tc->cap, s->task[0].pid), s->task[0].pid);
		return;
	}
	if (events < LEAST_OF_SOME_TASKS || !lasted(tc, LEAST_LONG_NS))
		return;
	for (unsigned int i = 0; i < s->nr_tasks && i < 3 && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s-%d", i ? ", " : "",
					sg_capture_comm(&tc->cap, s->task[i].pid), s->task[i].pid);
	sg_limits_add(&tc->cap.limits, SG_LIMIT_ONE_TASK, 1, SG_LIMIT_END, RECORD "without -P and -F",
		      "All %llu events are of %u tasks (%s%s), none of the idle task, a kernel thread or trace-cmd: others' were "
		      "not recorded, so what they took and gave back is not seen: lists and free pages are unknown",
		      (unsigned long long)events, s->nr_tasks, names, s->nr_tasks > 3 ? ", ..." : "");
}

/* Allocations, or frees, of which some were filtered out. */
static void filtered(struct tr_capture *tc)
{
	static const char whole[] = RECORD "without a filter (-f) on the kmem events";
	const struct tr_survey *s = &tc->survey;
	const struct sg_capture *cap = &tc->cap;
	unsigned long long a0 = s->allocs[0], a1 = s->allocs[1], f0 = s->frees[0], f1 = s->frees[1];
	bool records_alloc = sg_capture_records(cap, SG_EV_mm_page_alloc), records_free = sg_capture_records(cap, SG_EV_mm_page_free);
	struct sg_limits *l = &tc->cap.limits;
	unsigned int t = 0;

	if (records_alloc && a0 + a1 == 0 && f0 >= LEAST_FREES && lasted(tc, LEAST_NS))
		sg_limits_add(l, SG_LIMIT_FILTERED, 1, SG_LIMIT_END, whole,
			      "Not one allocation beside %llu frees of order 0, and yet mm_page_alloc was switched on: allocations were "
			      "filtered out, so what left the free lists is not seen: lists and free pages are unknown",
			      f0);
	else if (records_alloc && a0 == 0 && (a1 >= LEAST_ALLOCS_ABOVE || (f0 >= LEAST_FREES && lasted(tc, LEAST_NS))))
		sg_limits_add(l, SG_LIMIT_FILTERED, 1, SG_LIMIT_END, whole,
			      "Not one allocation of order 0 beside %llu of higher orders and %llu frees of order 0: they were "
			      "filtered out, so what left the free lists is not seen: lists and free pages are unknown",
			      a1, f0);
	else if (records_alloc && a1 == 0 && f1 >= LEAST_FREES_ABOVE && a0 >= LEAST_ALLOCS && lasted(tc, LEAST_NS))
		sg_limits_add(l, SG_LIMIT_FILTERED, 1, SG_LIMIT_END, whole,
			      "Not one allocation above order 0 beside %llu of order 0 and %llu frees of higher orders: they were "
			      "filtered out, so what left the free lists is not seen: lists and free pages are unknown",
			      a0, f1);
	if (records_free && f0 == 0 && a0 >= LEAST_ALLOCS && lasted(tc, LEAST_NS))
		sg_limits_add(l, SG_LIMIT_FILTERED, 1, SG_LIMIT_END, whole,
			      "Not one free of order 0 beside %llu allocations of order 0 and %llu frees of higher orders: they were "
			      "filtered out, so what came back to the free lists is not seen: lists and free pages are unknown",
			      a0, f1);
	if (records_alloc && a0 + a1 >= LEAST_ALLOCS && types_of(s, &t) == 1 && lasted(tc, LEAST_NS))
		sg_limits_add(l, SG_LIMIT_FILTERED, 1, SG_LIMIT_END, whole,
			      "All %llu allocations are of one migratetype (%s): others were filtered out, so what left the free "
			      "lists is not seen: lists and free pages are unknown",
			      a0 + a1, cap->migratetype[t]);
}

/* "0, 2-5, 7 and more" of the CPUs without an event. */
static void silent_names(const struct tr_capture *tc, char *buf, size_t size)
{
	const struct tr_survey *s = &tc->survey;
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned int i = 0, from = UINT32_MAX; i <= tc->cap.nr_cpus; i++) {
		bool silent = i < tc->cap.nr_cpus && !(i / 64 < s->nr_cpu_bits && s->cpu[i / 64] >> i % 64 & 1);

		if (silent && from == UINT32_MAX)
			from = i;
		if (silent || from == UINT32_MAX)
			continue;
		if (len + 32 > size) {
			snprintf(buf + len, size - len, " ...");
			return;
		}
		len += (size_t)(from + 1 == i ? snprintf(buf + len, size - len, "%s%u", len ? ", " : "", from)
					      : snprintf(buf + len, size - len, "%s%u-%u", len ? ", " : "", from, i - 1));
		from = UINT32_MAX;
	}
}

static void cpus_missing(struct tr_capture *tc)
{
	const struct tr_survey *s = &tc->survey;
	unsigned int seen, silent = silent_cpus(tc, &seen);
	char names[120];

	if (!silent || (tc->flags & TR_PLAIN) || s->nr / seen < LEAST_CPU_EVENTS ||
	    !lasted(tc, tc->cap.nr_cpus > MANY_CPUS ? LEAST_MANY_CPUS_NS : LEAST_NS))
		return;
	silent_names(tc, names, sizeof(names));
	sg_limits_add(&tc->cap.limits, SG_LIMIT_CPUS_MISSING, 1, SG_LIMIT_END, RECORD "without -M (tracing_cpumask)",
		      "CPU%s %s of %u without a single record beside %llu events of %s: not traced, so what was taken and given "
		      "back there is not seen: lists and free pages are unknown",
		      silent == 1 ? "" : "s", names, tc->cap.nr_cpus, (unsigned long long)s->nr, seen == 1 ? "one other" : "the others");
}

/*
 * trace-cmd record stores the formats of the events that it switches on; extract and restore store those of all.
 * In such a file an event that doesn't occur may not have been switched on: only where others of its system occur
 * was the whole system.
 */
static void unsure_kinds(struct tr_capture *tc)
{
	unsigned int nr = 0, silent = 0, *kinds = calloc(tc->nr_systems + 1, sizeof(*kinds));
	bool *named = calloc(tc->nr_systems + 1, sizeof(*named)), *ours = calloc(tc->nr_systems + 1, sizeof(*ours));

	if (!kinds || !named || !ours)
		goto out;
	for (unsigned int i = 1; i < tc->nr_desc; i++) {
		const struct tr_desc *d = &tc->desc[i];

		named[d->system] = true;
		ours[d->system] |= d->kind != SG_EV_other;
		kinds[d->system] += d->kind == SG_EV_other ? tc->other[d->other].count > 0 : tc->seen[d->kind] > 0;
	}
	for (unsigned int i = 0; i < tc->nr_systems; i++)
		if (named[i] && !ours[i]) {
			nr++;
			silent += kinds[i] == 0;
		}
	if (nr >= LEAST_SYSTEMS && silent > nr / 2)
		for (unsigned int i = 1; i < tc->nr_desc; i++) {
			const struct tr_desc *d = &tc->desc[i];

			if (d->kind != SG_EV_other && d->kind != SG_EV_print && tc->seen[d->kind] == 0 &&
			    kinds[d->system] < LEAST_KINDS)
				tc->cap.unsure[d->kind] = true;
		}
out:
	free(ours);
	free(kinds);
	free(named);
}

static void unmarked(struct tr_capture *tc)
{
	if (!tr_snapshot(tc, "in-start") || tc->survey.marker)
		return;
	sg_limits_add(&tc->cap.limits, SG_LIMIT_SNAPSHOT_UNMARKED, 1, SG_LIMIT_END,
		      "Write \"snapshot-begin\" into /sys/kernel/tracing/trace_marker just before the snapshot is read and "
		      "\"snapshot-begin-done\" just after it (samples/README.md)",
		      "The snapshot in-start/ can't be placed: the trace has no marker snapshot-begin%s.  Its zones and settings "
		      "are used, its free pages and lists are not",
		      tc->seen[SG_EV_print] ? "" : " (nor any other)");
}

static void lost_events(struct tr_capture *tc)
{
	const struct tr_survey *s = &tc->survey;

	if (!s->gaps)
		return;
	sg_limits_add(&tc->cap.limits, SG_LIMIT_LOST_EVENTS, s->first_gap, SG_LIMIT_END, larger,
		      "Events are missing at %llu place%s, the first before event %llu: what was free is unknown from there on until "
		      "events tell",
		      (unsigned long long)s->gaps, s->gaps == 1 ? "" : "s", (unsigned long long)s->first_gap);
}

static void damaged(struct tr_capture *tc)
{
	uint64_t n = tc->bad_pages;

	for (unsigned int g = 0; g < TR_GAPS; g++)
		n += tc->damaged[g];
	if (n)
		sg_limits_add(&tc->cap.limits, SG_LIMIT_DAMAGED, 1, SG_LIMIT_END, "Copy the file again, whole",
			      "The file is damaged or cut at %llu place%s (the notes tell which): events are lost there",
			      (unsigned long long)n, n == 1 ? "" : "s");
}

void tr_survey_end(struct tr_capture *tc)
{
	/* a still has no events that could be missing */
	if (tc->survey.whole || tc->cap.still)
		return;
	unsure_kinds(tc);
	tr_not_recorded(tc);
	one_task(tc);
	filtered(tc);
	cpus_missing(tc);
	unmarked(tc);
	lost_events(tc);
	damaged(tc);
	tc->survey.whole = true;
}
