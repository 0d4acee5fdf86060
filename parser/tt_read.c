// SPDX-License-Identifier: GPL-2.0-only
/*
 * A text trace as a capture.  It is read twice: first for the description (which events there are, CPUs, tasks,
 * names of flags and symbols, what the text tells of its kernel), then for the events, in the order of its lines.
 */
#include "tt.h"

#include <stdlib.h>

#define WINDOW (256u << 10)
#define LOOK   (64u << 10) /* bytes by which a text is told to be a trace */

struct task {
	int32_t pid;
	bool full; /* the name isn't cut to 8 bytes, as the latency format does */
	char comm[16];
};

struct tt_text {
	const struct tr_src *src;
	/* reading */
	uint64_t pos; /* of the next byte that is read into the window */
	char *buf;
	size_t at, n;
	bool eof;
	struct tt_shapes *shapes;
	struct tt_names names;
	struct tt_signs signs;
	int64_t *missed; /* by CPU, to be told with its next event */
	unsigned int page_shift;
	bool old_refill; /* percpu_refill= is made up of the order */
	/* found at the first reading */
	unsigned int nr_cpus, said_cpus, empty_cpus, late_cpus;
	bool flags, no_flags, time[TT_TIME_RELATIVE + 1], perf, tracefs, cmd, short_names, too_many_tasks;
	uint64_t lost_before, events, lines, no_lines, bad_fields, first_bad, first_bad_event, last_bad_event;
	bool seen[SG_KIND_COUNT];
	struct task *task; /* open addressing */
	unsigned int nr_tasks, room_tasks;
	int32_t last_pid;
	char *kernel;
	unsigned int nr_other;
	struct tr_span other[TT_MAX_OTHER];
	uint64_t event; /* number of the last one at the second reading */
};

/* ---- lines ------------------------------------------------------------------------ */

static void rewind_text(struct tt_text *t)
{
	t->pos = 0;
	t->at = t->n = 0;
	t->eof = false;
}

static void refill(struct tt_text *t)
{
	size_t got;

	memmove(t->buf, t->buf + t->at, t->n - t->at);
	t->n -= t->at;
	t->at = 0;
	got = tr_src_read(t->src, t->pos, t->buf + t->n, WINDOW - t->n);
	t->pos += got;
	t->n += got;
	t->eof = got == 0;
}

/* The next line without its newline; false at the end. @cut: the text ends in it. Longer ones than the window: its part. */
static bool next_line(struct tt_text *t, struct tr_span *line, bool *cut)
{
	*cut = false;
	for (;;) {
		char *nl = memchr(t->buf + t->at, '\n', t->n - t->at);

		if (nl) {
			*line = (struct tr_span){ t->buf + t->at, (size_t)(nl - t->buf) - t->at };
			t->at += line->n + 1;
			return true;
		}
		if (t->eof || t->n - t->at == WINDOW) {
			*line = (struct tr_span){ t->buf + t->at, t->n - t->at };
			*cut = true;
			t->at = t->n;
			return line->n > 0;
		}
		refill(t);
	}
}

/* ---- one line as an event --------------------------------------------------------- */

static unsigned int kind_of(struct tr_span name)
{
	char buf[64];

	if (name.n >= sizeof(buf))
		return SG_EV_other;
	memcpy(buf, name.s, name.n);
	buf[name.n] = '\0';
	if (strcmp(buf, "tracing_mark_write") == 0)
		return SG_EV_print;
	return sg_kind_by_name(buf);
}

/* Number of an event that isn't decoded, from 1; 0 when there are too many names. */
static unsigned int other_of(struct tt_text *t, struct tr_span name, bool learn)
{
	char *copy;

	for (unsigned int i = 0; i < t->nr_other; i++)
		if (t->other[i].n == name.n && memcmp(t->other[i].s, name.s, name.n) == 0)
			return i + 1;
	if (!learn || t->nr_other == TT_MAX_OTHER || name.n > 255)
		return 0;
	copy = sg_malloc(name.n + 1);
	if (!copy)
		return 0;
	memcpy(copy, name.s, name.n);
	t->other[t->nr_other++] = (struct tr_span){ copy, name.n };
	return t->nr_other;
}

/*
 * The event of a line. What its text doesn't hold makes it one that isn't decoded, "(unreadable)": a failed request
 * for memory must not come out of a line that is cut.
 */
static bool event_of(struct tt_text *t, const struct tt_line *l, bool cut, bool learn, struct sg_event *ev)
{
	bool good = true;

	ev->kind = (uint16_t)kind_of(l->name);
	ev->ts = l->ts;
	ev->pid = l->pid;
	ev->cpu = (uint16_t)l->cpu;
	ev->instance = 0;
	ev->common_flags = l->flags;
	ev->preempt = l->preempt;
	ev->missed = 0;
	ev->str = NULL;
	ev->str_len = 0;
	if (ev->kind != SG_EV_other) {
		/* tracefs has the function in the event's place */
		struct tr_span body = l->body;

		good = (!cut || ev->kind == SG_EV_print || body.n) &&
		       tt_fields(t->shapes, &t->names, &t->signs, body, t->page_shift, ev);
		if (!good)
			ev->kind = SG_EV_other;
	}
	if (ev->kind == SG_EV_other) {
		ev->str = NULL;
		ev->str_len = 0;
		ev->v[SGF_other_id] = other_of(t, good ? l->name : (struct tr_span){ "(unreadable)", 12 }, learn);
	}
	if (ev->kind == SG_EV_mm_page_alloc_zone_locked && t->old_refill)
		ev->v[SGF_mm_page_alloc_zone_locked_percpu_refill] = SG_MISSING;
	return good;
}

/* ---- the first reading ------------------------------------------------------------- */

static bool grow_tasks(struct tt_text *t)
{
	unsigned int room = t->room_tasks ? t->room_tasks * 2 : 256;
	struct task *more = sg_calloc(room, sizeof(*more));

	if (!more)
		return false;
	for (unsigned int i = 0; i < t->room_tasks; i++) {
		unsigned int k = (uint32_t)t->task[i].pid * 2654435761u & (room - 1);

		if (!t->task[i].pid)
			continue;
		while (more[k].pid)
			k = (k + 1) & (room - 1);
		more[k] = t->task[i];
	}
	free(t->task);
	t->task = more;
	t->room_tasks = room;
	return true;
}

static bool name_task(struct tt_text *t, const struct tt_line *l)
{
	unsigned int k;
	struct task *s;

	if (l->pid <= 0 || l->comm.n == 0 || tr_span_is(l->comm, "<...>"))
		return true;
	if (t->nr_tasks * 2 >= t->room_tasks) {
		if (t->nr_tasks >= TT_MAX_TASKS) {
			t->too_many_tasks = true;
			return true;
		}
		if (!grow_tasks(t))
			return false;
	}
	k = (uint32_t)l->pid * 2654435761u & (t->room_tasks - 1);
	while (t->task[k].pid && t->task[k].pid != l->pid)
		k = (k + 1) & (t->room_tasks - 1);
	s = &t->task[k];
	if (s->pid == l->pid && strlen(s->comm) == l->comm.n && memcmp(s->comm, l->comm.s, l->comm.n) == 0)
		return true;
	t->nr_tasks += s->pid == 0;
	s->pid = l->pid;
	memcpy(s->comm, l->comm.s, l->comm.n);
	s->comm[l->comm.n] = '\0';
	return true;
}

static void header(struct tt_text *t, const struct tt_line *l)
{
	switch (l->kind) {
	case TT_CPUS:
		if (l->cpu > t->said_cpus)
			t->said_cpus = l->cpu;
		break;
	case TT_BUFFER:
		if (l->cpu > t->said_cpus)
			t->said_cpus = l->cpu;
		t->lost_before += (uint64_t)l->lost;
		break;
	case TT_EMPTY:
		t->empty_cpus++;
		break;
	case TT_BEGIN:
		t->late_cpus++;
		break;
	case TT_KERNEL:
		if (!t->kernel)
			t->kernel = tr_clean_dup(l->body.s, strcspn(l->body.s, " \n\r\t") < l->body.n ?
								    strcspn(l->body.s, " \n\r\t") : l->body.n);
		break;
	default:
		break;
	}
}

static int first_reading(struct tr_capture *tc, struct tt_text *t)
{
	struct sg_event ev;
	struct tr_span line;
	struct tt_line l;
	bool cut;

	while (next_line(t, &line, &cut)) {
		t->lines++;
		tt_line(line.s, line.n, &l);
		switch (l.kind) {
		case TT_EVENT:
			break;
		case TT_NONE:
			t->no_lines += line.n > 0;
			continue;
		default:
			header(t, &l);
			if (l.cpu >= t->nr_cpus && l.kind == TT_LOST)
				t->nr_cpus = l.cpu + 1;
			continue;
		}
		t->events++;
		if (l.cpu >= t->nr_cpus)
			t->nr_cpus = l.cpu + 1;
		t->flags |= l.have_flags;
		t->no_flags |= !l.have_flags;
		t->perf |= l.perf;
		t->time[l.time] = true;
		if (!name_task(t, &l))
			return SG_E_NOMEM;
		if (!event_of(t, &l, cut, true, &ev)) {
			if (t->bad_fields++ == 0) {
				t->first_bad = t->lines;
				t->first_bad_event = t->events;
			}
			t->last_bad_event = t->events;
		}
		t->seen[ev.kind] = true;
	}
	return t->events ? SG_OK : tc->src.size ? SG_E_FORMAT : SG_E_TRUNCATED;
}

bool tt_is_trace(const struct tr_src *src)
{
	char *buf = sg_malloc(LOOK);
	size_t n = buf ? tr_src_read(src, 0, buf, LOOK) : 0;
	bool is = false;

	/* one line of a log may look like one: two in a row, one and a head, or one alone */
	for (size_t at = 0, events = 0, heads = 0; at < n && !is;) {
		const char *nl = memchr(buf + at, '\n', n - at);
		size_t len = nl ? (size_t)(nl - buf) - at : n - at;
		struct tt_line l;

		tt_line(buf + at, len, &l);
		if (memchr(buf + at, 0, len))
			break;
		events = l.kind == TT_EVENT ? events + 1 : l.kind == TT_NONE ? 0 : events;
		heads += l.kind > TT_EVENT;
		is = events >= 2 || (events && heads) || (events && at == 0 && len + 1 >= n && n < LOOK);
		at += len + 1;
	}
	free(buf);
	return is;
}

/* ---- the description ----------------------------------------------------------------- */

static int by_pid(const void *a, const void *b)
{
	const struct sg_task_name *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int describe_tasks(struct tr_capture *tc, struct tt_text *t)
{
	unsigned int nr = 0;

	tc->task = sg_calloc((size_t)t->nr_tasks + 1, sizeof(*tc->task));
	if (!tc->task)
		return SG_E_NOMEM;
	for (unsigned int i = 0; i < t->room_tasks; i++)
		if (t->task[i].pid) {
			tc->task[nr].pid = t->task[i].pid;
			sg_clean(tc->task[nr].comm, sizeof(tc->task[nr].comm), t->task[i].comm,
				 strlen(t->task[i].comm));
			nr++;
		}
	qsort(tc->task, nr, sizeof(*tc->task), by_pid);
	tc->cap.task = tc->task;
	tc->cap.nr_tasks = nr;
	return SG_OK;
}

/*
 * A text has no list of the events that were recorded. Of kmem those that occur count, which occur in every trace;
 * the rarer ones of other systems count when one of their system occurs and the kernel has them.
 */
static void describe_present(struct tr_capture *tc, const struct tt_text *t)
{
	static const unsigned int since_7_2[] = {
		SG_EV_mm_vmscan_balance_pgdat_begin, SG_EV_mm_vmscan_balance_pgdat_end, SG_EV_mm_vmscan_kswapd_reclaim_fail,
		SG_EV_mm_vmscan_kswapd_clear_hopeless, SG_EV_mm_khugepaged_scan, SG_EV_mm_vmscan_reclaim_pages,
	};
	static const unsigned int not_in_5_10[] = {
		SG_EV_mm_vmscan_write_folio, SG_EV_mm_vmscan_throttled,
		SG_EV_mm_migrate_pages_start, SG_EV_mm_khugepaged_collapse_file, SG_EV_mm_vmscan_reclaim_pages,
		SG_EV_mm_khugepaged_scan_file,
	};

	for (unsigned int k = 1; k < SG_KIND_COUNT; k++) {
		const struct sg_kind_info *ki = sg_kind_info(k);
		bool is = t->seen[k];

		for (unsigned int o = 1; o < SG_KIND_COUNT && !is && strcmp(ki->system, "kmem") != 0; o++)
			is = t->seen[o] && strcmp(sg_kind_info(o)->system, ki->system) == 0;
		for (size_t i = 0; i < sizeof(since_7_2) / sizeof(since_7_2[0]); i++)
			is &= since_7_2[i] != k || t->signs.memcg || t->seen[k];
		for (size_t i = 0; i < sizeof(not_in_5_10) / sizeof(not_in_5_10[0]); i++)
			is &= not_in_5_10[i] != k || !t->signs.decimal || t->seen[k];
		if (k == SG_EV_mm_compaction_fast_isolate_freepages && !t->seen[k])
			is &= !t->signs.isolate && !t->signs.decimal; /* 6.1 doesn't have it yet */
		tc->cap.present[k] = is;
	}
}

static int describe_names(struct tr_capture *tc, struct tt_text *t)
{
	struct sg_capture *cap = &tc->cap;

	tc->symtab = sg_calloc(1, sizeof(*tc->symtab));
	if (!tc->symtab)
		return SG_E_NOMEM;
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		for (unsigned int s = 0; s < sg_kind_info(k)->nr_fields; s++) {
			int tab = tt_tab_of(k, s);

			if (tab >= 0 && cap->present[k])
				cap->sym[k][s] = &t->names.tab[tab].t;
		}
	cap->gfp_names = &t->names.tab[TT_GFP].t;
	tr_gfp_meaning(cap);
	for (unsigned int i = 0; i < t->names.tab[TT_ZONE].t.nr; i++) {
		const struct sg_sym *z = &t->names.tab[TT_ZONE].sym[i];

		if (z->value >= SG_MAX_ZONE_TYPES)
			continue;
		memcpy(cap->zone_type[z->value], z->name, sizeof(cap->zone_type[0]) - 1);
		if (z->value >= cap->nr_zone_types)
			cap->nr_zone_types = (unsigned int)z->value + 1;
	}
	return SG_OK;
}

static int describe_other(struct tr_capture *tc, const struct tt_text *t)
{
	tc->cap_other = t->nr_other + 1;
	tc->other = sg_calloc(tc->cap_other, sizeof(*tc->other));
	if (!tc->other)
		return SG_E_NOMEM;
	for (unsigned int i = 0; i < t->nr_other; i++) {
		tc->other[i].id = (int)i + 1;
		sg_clean(tc->other[i].name, sizeof(tc->other[i].name), t->other[i].s, t->other[i].n);
	}
	tc->other[t->nr_other].id = 0;
	strcpy(tc->other[t->nr_other].name, "(further events)");
	tc->cap.other = tc->other;
	tc->cap.nr_other = t->nr_other + 1;
	return SG_OK;
}

/* The release that the shapes of the events allow, for the choice of rules; 0 when there is no sign. */
static void guess_release(struct sg_capture *cap, const struct tt_signs *s)
{
	static const struct {
		unsigned int major, minor;
	} last[] = { { 5, 10 }, { 6, 7 }, { 6, 17 }, { 7, 1 } };
	int i = s->decimal ? 0 : s->isolate || s->old_nowait ? 1 : s->writable ? 2 : s->no_memcg && !s->memcg ? 3 : -1;

	if (i >= 0) {
		cap->kver[0] = last[i].major;
		cap->kver[1] = last[i].minor;
	}
}

static int describe(struct tr_capture *tc, struct tt_text *t)
{
	struct tr_head *h = &tc->head;
	int r;

	h->page_size = 4096;
	h->long_size = 8;
	strcpy(h->comp_name, "none");
	if (tr_head_instance(h, "") < 0)
		return SG_E_NOMEM;
	h->have_cpucount = true;
	h->cpucount = t->said_cpus > t->nr_cpus ? t->said_cpus : t->nr_cpus;
	if (t->time[TT_TIME_TICKS] && !t->time[TT_TIME_US] && !t->time[TT_TIME_NS])
		strcpy(h->clock, "counter");
	h->stat_lost = t->lost_before;
	if (t->signs.isolate || t->signs.decimal || t->signs.old_nowait)
		tt_names_old_gfp(&t->names);
	tt_names_zones(&t->names);
	t->names.learn = false;
	/* before 5.19 the event has no such field, and its print format puts order == 0 there */
	t->old_refill = t->signs.decimal || (t->signs.refill_0 >= 8 && t->signs.refill_1 == 0);
	tc->kernel = t->kernel;
	t->kernel = NULL;
	describe_present(tc, t);
	r = describe_tasks(tc, t);
	if (r == SG_OK)
		r = describe_names(tc, t);
	if (r == SG_OK)
		r = describe_other(tc, t);
	guess_release(&tc->cap, &t->signs);
	tc->cap.pageblock_order = t->signs.pageblock_order;
	tc->cap.long_size = 8;
	tc->bytes_total = tc->src.size;
	return r;
}

int tt_open(struct tr_capture *tc, struct sg_err *err)
{
	struct tt_text *t = sg_calloc(1, sizeof(*t));
	int r = SG_E_NOMEM;

	tc->text = t;
	if (t) {
		t->src = &tc->src;
		t->page_shift = 12;
		t->buf = sg_malloc(WINDOW);
		t->shapes = tt_shapes_new();
		if (t->buf && t->shapes && tt_names_init(&t->names))
			r = first_reading(tc, t);
	}
	if (r == SG_OK)
		r = describe(tc, t);
	if (r == SG_OK) {
		t->missed = sg_calloc(tc->head.cpucount, sizeof(*t->missed));
		if (!t->missed)
			r = SG_E_NOMEM;
		rewind_text(t);
	}
	if (r == SG_E_NOMEM)
		return sg_fail(err, r, "%s: out of memory", tc->src.path);
	if (r < 0)
		return sg_fail(err, r, "%s: no line of it is an event of a trace", tc->src.path);
	return SG_OK;
}

void tt_limits(struct tr_capture *tc)
{
	struct tt_text *t = tc->text;
	struct sg_limits *l = &tc->cap.limits;
	unsigned int shift = 0;
	bool lat;

	while ((1u << shift) < tc->cap.page_size && shift < 30)
		shift++;
	t->page_shift = shift;
	lat = t->no_flags && !t->flags;
	sg_limits_add(l, SG_LIMIT_TEXT_LOSSY, 1, SG_LIMIT_END,
		      "give the trace.dat itself (trace-cmd record; of a buffer in tracefs: trace-cmd extract)",
		      "read from text, which has lost%s%s%s%s%s: events are taken in the order of the lines",
		      t->time[TT_TIME_US] ? " the nanoseconds of times," : t->time[TT_TIME_RELATIVE] ? " absolute times," : "",
		      t->signs.raw ? "" : " the raw bits of gfp flags (put together from their names),",
		      lat ? " what was an interrupt (no column of flags: trace-cmd report -l prints it)," : "",
		      tc->kernel ? "" : " the kernel's release,",
		      " which events were switched on (those that occur count)");
	if (t->perf)
		tr_note(tc, "this is the text of perf script: its CPUs' buffers are merged by it");
	if (t->late_cpus)
		tr_note(tc, "%u CPU%s buffer%s began later than the others, as the text says: what they did before is missing",
			t->late_cpus, t->late_cpus == 1 ? "'s" : "s'", t->late_cpus == 1 ? "" : "s");
	if (t->no_lines)
		tr_note(tc, "%llu of %llu lines are no events of a trace and are left out",
			(unsigned long long)t->no_lines, (unsigned long long)t->lines);
	if (t->too_many_tasks)
		sg_limits_add(l, SG_LIMIT_CAP_HIT, 1, SG_LIMIT_END, "",
			      "more than %u tasks: the names of the further ones aren't kept", TT_MAX_TASKS / 2);
	if (t->names.full)
		sg_limits_add(l, SG_LIMIT_CAP_HIT, 1, SG_LIMIT_END, "",
			      "a field has more names than %u: events with further ones are unreadable", TT_MAX_NAMES);
	if (t->bad_fields)
		sg_limits_add(l, SG_LIMIT_DAMAGED, t->first_bad_event, t->last_bad_event,
			      "copy the text again, whole, without wrapped or cut lines",
			      "the fields of %llu events can't be read from their lines (the first is line %llu): what they "
			      "changed is missing",
			      (unsigned long long)t->bad_fields, (unsigned long long)t->first_bad);
	if (t->signs.memcg && t->signs.no_memcg)
		tr_note(tc, "the lines are those of two kernels");
}

void tt_close(struct tt_text *t)
{
	if (!t)
		return;
	for (unsigned int i = 0; i < t->nr_other; i++)
		free((void *)t->other[i].s);
	tt_names_fini(&t->names);
	tt_shapes_free(t->shapes);
	free(t->missed);
	free(t->task);
	free(t->kernel);
	free(t->buf);
	free(t);
}

/* ---- the second reading ----------------------------------------------------------------- */

static void add_missed(struct tr_capture *tc, struct tt_text *t, const struct tt_line *l)
{
	int64_t *m;

	if (l->cpu >= tc->head.cpucount) /* the file has grown since */
		return;
	m = &t->missed[l->cpu];
	*m = *m < 0 || l->lost < 0 || *m > INT64_MAX - l->lost ? -1 : *m + l->lost;
}

size_t tt_read(struct tr_capture *tc, struct sg_event *ev, size_t max)
{
	struct tt_text *t = tc->text;
	struct tr_span line;
	struct tt_line l;
	size_t n = 0;
	bool cut;

	while (n < max && next_line(t, &line, &cut)) {
		tt_line(line.s, line.n, &l);
		if (l.kind == TT_LOST)
			add_missed(tc, t, &l);
		if (l.kind != TT_EVENT)
			continue;
		event_of(t, &l, cut, false, &ev[n]);
		if (ev[n].str) { /* the window moves on */
			ev[n].str = tr_arena_copy(&tc->arena, ev[n].str, ev[n].str_len);
			ev[n].str_len = ev[n].str ? ev[n].str_len : 0;
		}
		tc->seen[ev[n].kind]++;
		if (ev[n].kind == SG_EV_other) {
			uint64_t id = ev[n].v[SGF_other_id];

			tc->other[id ? id - 1 : t->nr_other].count++;
		}
		if (l.cpu < tc->head.cpucount && t->missed[l.cpu]) {
			ev[n].missed = t->missed[l.cpu];
			t->missed[l.cpu] = 0;
			tr_count_lost(tc, ev[n].missed);
		}
		n++;
	}
	atomic_store_explicit(&tc->bytes_read, t->pos - (t->n - t->at), memory_order_relaxed);
	return n;
}
