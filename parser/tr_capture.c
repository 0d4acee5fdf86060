// SPDX-License-Identifier: GPL-2.0-only
/* Opening a capture and reading it in time order. */
#include "tr_priv.h"
#include "tr_sniff.h"
#include "tt.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void note_text(struct sg_note *n, const char *fmt, va_list ap)
{
	char raw[sizeof(n->text)];
	int len = vsnprintf(raw, sizeof(raw), fmt, ap);

	if (len < 0)
		len = 0;
	sg_clean(n->text, sizeof(n->text), raw, strnlen(raw, sizeof(raw)));
}

int tr_note(struct tr_capture *tc, const char *fmt, ...)
{
	va_list ap;
	int i;

	if (tc->cap.nr_notes == TR_MAX_NOTES) {
		strcpy(tc->note[TR_MAX_NOTES - 1].text, "(more notes than fit)");
		return -1;
	}
	i = (int)tc->cap.nr_notes;
	va_start(ap, fmt);
	note_text(&tc->note[i], fmt, ap);
	va_end(ap);
	tc->cap.nr_notes++;
	return i;
}

void tr_note_set(struct tr_capture *tc, int i, const char *fmt, ...)
{
	va_list ap;

	if (i < 0)
		return;
	va_start(ap, fmt);
	note_text(&tc->note[i], fmt, ap);
	va_end(ap);
}

char *tr_clean_dup(const char *s, size_t n)
{
	char *p = sg_malloc(n + 1);

	if (p)
		sg_clean(p, n + 1, s, n);
	return p;
}

/* Last component of a path, without slashes at its end. */
static char *base_name(const char *path)
{
	size_t n = strlen(path), start;

	while (n > 1 && path[n - 1] == '/')
		n--;
	for (start = n; start && path[start - 1] != '/'; start--)
		;
	return tr_clean_dup(path + start, n - start);
}

/* A directory: the trace file in it, in new memory. */
static int trace_in_dir(const char *dir, char **ret, struct sg_err *err)
{
	static const char *const names[] = { "trace.dat", "trace.dat.zst", "trace.dat.gz",  "trace.dat.xz",
					     "trace.txt", "trace.txt.zst", "trace.txt.gz",  "trace.txt.xz" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *p = sg_printf("%s/%s", dir, names[i]);

		if (!p)
			return sg_fail(err, SG_E_NOMEM, "%s: out of memory", dir);
		if (access(p, F_OK) == 0) {
			*ret = p;
			return SG_OK;
		}
		free(p);
		if (errno != ENOENT)
			return sg_fail(err, SG_E_IO, "%s: %s", dir, strerror(errno));
	}
	return sg_fail(err, SG_E_NOTFOUND,
		       "%s: the directory has no trace.dat (also .zst, .gz, .xz) and no trace.txt; name the trace file itself", dir);
}

/* Word @nr of "Linux host 7.3-cloud-amd64 x86_64": 2 is the release, 3 the machine; NULL when there is none. */
static char *uname_word(const char *uname, int nr)
{
	const char *p = uname;

	for (int i = 0; i < nr; i++) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	return *p ? tr_clean_dup(p, strcspn(p, " ")) : NULL;
}

/* The clock "uptime" counts USER_HZ ticks, 100 a second: kernel/trace/trace_clock.c: trace_clock_jiffies(), 6.1 to 7.3. */
#define TICK_NS 10000000u

static bool clock_is_ns(const char *clock)
{
	static const char *const ns[] = { "local",    "global", "perf",    "mono",
					  "mono_raw", "boot",   "tai",    "tsc2nsec" };

	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++)
		if (strcmp(clock, ns[i]) == 0)
			return true;
	return false;
}

/* What the header says, in sg_capture's words. */
static int fill_info(struct tr_capture *tc, struct sg_err *err)
{
	static const char *const usual[] = { "Unmovable",  "Movable", "Reclaimable",
					     "HighAtomic", "CMA",     "Isolate" };
	struct sg_capture *cap = &tc->cap;
	struct tr_head *h = &tc->head;

	cap->file_version = h->version;
	cap->compression = h->comp_name;
	cap->clock = h->clock;
	if (!h->clock[0])
		memcpy(h->clock, h->inst[0].clock, sizeof(h->clock));
	/* old files name a clock only when it isn't the usual one, which counts nanoseconds */
	if (strcmp(h->clock, "uptime") == 0 && !h->tc.mult) {
		h->tc.mult = TICK_NS;
		h->tc.shift = 0;
		h->tc.ticks = true;
		if (h->nr_where > h->nr_inst)
			sg_limits_add(&cap->limits, SG_LIMIT_CLOCK_COARSE, 1, SG_LIMIT_END,
				      "record with another clock, such as trace-cmd record -C mono",
				      "the clock 'uptime' counts ticks of 10 ms: the order of events of different CPUs within a tick isn't known");
	}
	cap->clock_is_ns = h->tc.mult || !h->clock[0] || clock_is_ns(h->clock);
	cap->page_size = h->page_size; /* for now: tr_page_size() */
	cap->big_endian = h->big_endian;
	cap->nr_cpus = h->have_cpucount ? h->cpucount : 0;
	for (unsigned int i = 0; i < h->nr_where; i++)
		if (h->where[i].cpu >= cap->nr_cpus)
			cap->nr_cpus = h->where[i].cpu + 1;
	tc->inst_name = sg_calloc(h->nr_inst, sizeof(*tc->inst_name));
	if (!tc->kernel)
		tc->kernel = uname_word(h->uname, 2);
	tc->machine = uname_word(h->uname, 3);
	if (!tc->inst_name)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", tc->src.path);
	for (unsigned int i = 0; i < h->nr_inst; i++) {
		char *clean = tr_clean_dup(h->inst[i].name, strlen(h->inst[i].name));

		if (!clean)
			return sg_fail(err, SG_E_NOMEM, "%s: out of memory", tc->src.path);
		free(h->inst[i].name);
		tc->inst_name[i] = h->inst[i].name = clean;
	}
	cap->nr_instances = h->nr_inst;
	cap->instance = tc->inst_name;
	cap->note = tc->note;
	cap->nr_migratetypes = 6;
	for (unsigned int i = 0; i < 6; i++)
		strcpy(cap->migratetype[i], usual[i]);
	cap->migratetype_assumed = true;
	cap->mt_highatomic = 3;
	cap->mt_cma = 4;
	cap->mt_isolate = 5;
	return SG_OK;
}

/* Data that lies behind the end of the file, or is claimed twice, is left out. */
static void clip(struct tr_capture *tc)
{
	struct tr_head *h = &tc->head;
	uint64_t left = tc->src.size;
	unsigned int cut = 0, n = 0;
	uint64_t missing = 0;

	for (unsigned int i = 0; i < h->nr_where; i++) {
		struct tr_where w = h->where[i];
		uint64_t had = w.size;

		if (w.off >= tc->src.size)
			w.size = 0;
		else if (w.size > tc->src.size - w.off)
			w.size = tc->src.size - w.off;
		if (w.size > left)
			w.size = left;
		left -= w.size;
		if (w.size < had) {
			cut++;
			missing += had - w.size;
			w.cut = true;
			tc->cut_cpus += w.size == 0;
		}
		if (w.size)
			h->where[n++] = w;
	}
	h->nr_where = n;
	if (cut)
		tr_note(tc,
			"the file is cut (or its table of buffers is damaged): %llu bytes of trace "
			"data of %u CPU%s are missing",
			(unsigned long long)missing, cut, cut == 1 ? "" : "s");
	if (cut)
		tc->cap.lost_unknown = true;
}

static bool has_memory_events(const struct sg_capture *cap)
{
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		if (k != SG_EV_print && cap->present[k])
			return true;
	return false;
}

/* Events without which something isn't known, and the option that records them. */
static const struct {
	unsigned int kind;
	const char *option, *cost;
} need[] = {
	{ SG_EV_mm_page_alloc, "kmem", "allocations are not seen: who owns a page stays unknown" },
	{ SG_EV_mm_page_free, "kmem", "frees are not seen: pages stay allocated in the model" },
	{ SG_EV_mm_page_alloc_zone_locked, "kmem",
	  "pages leaving the buddy lists are not seen: free lists are guessed from allocations" },
	{ SG_EV_mm_page_pcpu_drain, "kmem", "per-cpu lists cannot be told from the buddy lists" },
	{ SG_EV_mm_page_alloc_extfrag, "kmem", "fallbacks are not seen: the types of pageblocks drift" },
	{ SG_EV_mm_compaction_isolate_freepages, "compaction", "the target pages of compaction are not seen" },
	{ SG_EV_mm_compaction_begin, "compaction", "compaction runs are not seen" },
	{ SG_EV_mm_vmscan_direct_reclaim_begin, "vmscan", "frees by direct reclaim cannot be told from the task's own" },
	{ SG_EV_mm_lru_insertion, "pagemap", "anonymous and file pages cannot be told apart" },
};

void tr_not_recorded(struct tr_capture *tc)
{
	const struct sg_capture *cap = &tc->cap;
	char remedy[120];

	if (!has_memory_events(cap)) {
		if (!tc->head.unreadable)
			sg_limits_add(&tc->cap.limits, SG_LIMIT_NOT_RECORDED, 1, SG_LIMIT_END,
				      "Record with trace-cmd record -e kmem -e compaction -e vmscan -e pagemap -e migrate",
				      "None of the memory events (kmem, compaction, vmscan, ...) are in this capture");
		return;
	}
	for (size_t i = 0; i < sizeof(need) / sizeof(need[0]); i++) {
		unsigned int kind = need[i].kind;
		const char *name = sg_kind_info(kind)->name;

		snprintf(remedy, sizeof(remedy), "Record with trace-cmd record -e %s (or -e %s:%s)", need[i].option,
			 need[i].option, name);
		if (!cap->present[kind])
			sg_limits_add(&tc->cap.limits, SG_LIMIT_NOT_RECORDED, 1, SG_LIMIT_END, remedy, "%s %s: %s",
				      tc->head.no_formats ? "The formats can't be read, so no" : "No", name, need[i].cost);
		else if (cap->unsure[kind])
			sg_limits_add(&tc->cap.limits, SG_LIMIT_NOT_RECORDED, 1, SG_LIMIT_END, remedy,
				      "No %s occurs, and nothing tells that it was switched on (the file has the formats of all "
				      "events): %s",
				      name, need[i].cost);
	}
}

static void open_limits(struct tr_capture *tc)
{
	if (tc->head.latency)
		sg_limits_add(&tc->cap.limits, SG_LIMIT_NOT_READABLE, 1, SG_LIMIT_END, "Record without a latency tracer",
			      "The file holds the text of a latency tracer, which is not read");
	if (tc->head.no_formats) {
		tc->cap.lost_unknown = true;
		sg_limits_add(&tc->cap.limits, SG_LIMIT_NOT_READABLE, 1, SG_LIMIT_END,
			      tc->head.no_sizes ? "Record with trace-cmd record --compression none, or a later trace-cmd" :
						  "Copy the file again, whole",
			      tc->head.no_sizes ?
				      "The formats of the events can't be read: its packed parts unpack to 0 bytes by their sizes, as "
				      "trace-cmd up to 3.3.1 writes them on big-endian machines.  Nothing is known of the events in it, not even "
				      "how many there are" :
				      "The formats of the events can't be read (the notes tell why), so the events can't either: nothing "
				      "is known of them");
	} else if (tc->head.unreadable) {
		sg_limits_add(&tc->cap.limits, SG_LIMIT_NOT_READABLE, 1, SG_LIMIT_END, "Copy the file again, whole",
			      "Parts of the file can't be read (the notes tell which): what isn't there may only be unreadable");
	}
	tr_not_recorded(tc);
}

void tr_end_notes(struct tr_capture *tc)
{
	static const unsigned int busy[] = { SG_EV_mm_page_alloc, SG_EV_mm_page_free,
					     SG_EV_mm_page_alloc_zone_locked };
	uint64_t total = 0;
	bool any = has_memory_events(&tc->cap); /* else the limit is there already */
	bool first = !tc->survey.whole;

	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		total += tc->seen[k];
	/*
	 * the kernel's own counters also know what was lost at the end, where no record could
	 * say it
	 */
	if (tc->head.stat_lost > tc->cap.lost_events) {
		tr_note(tc,
			"the kernel counted %llu lost events, %llu of them %s",
			(unsigned long long)tc->head.stat_lost,
			(unsigned long long)(tc->head.stat_lost - tc->cap.lost_events),
			tc->cap.lost_unknown ? "in gaps of unknown size or after the last record" :
					       "without a place in the trace");
		tc->cap.lost_events = tc->head.stat_lost;
	}
	if (first)
		tr_survey_end(tc);
	if (total == 0) {
		if (!tc->head.no_formats)
			tr_note(tc, "the capture holds no events at all");
		return;
	}
	if (!first)
		return;
	if (any && total == tc->seen[SG_EV_other] + tc->seen[SG_EV_print]) {
		sg_limits_drop(&tc->cap.limits, SG_LIMIT_NOT_RECORDED); /* each of them on its own */
		sg_limits_add(&tc->cap.limits, SG_LIMIT_NOT_RECORDED, 1, SG_LIMIT_END,
			      "Record with trace-cmd record -e kmem -e compaction -e vmscan -e pagemap -e migrate",
			      "None of the %llu events is a memory event", (unsigned long long)total);
		return;
	}
	if (total < 10000) /* a short capture of a quiet machine proves nothing */
		return;
	for (size_t i = 0; i < sizeof(busy) / sizeof(busy[0]); i++)
		if (sg_capture_records(&tc->cap, busy[i]) && tc->seen[busy[i]] == 0 &&
		    tc->seen[SG_EV_mm_page_alloc] + tc->seen[SG_EV_mm_page_free] > 0 &&
		    !sg_limits_find(&tc->cap.limits, SG_LIMIT_FILTERED)) {
			tc->cap.unsure[busy[i]] = true;
			sg_limits_add(&tc->cap.limits, SG_LIMIT_NOT_RECORDED, 1, SG_LIMIT_END, "Record with trace-cmd record -e kmem",
				      "No %s was recorded, although its format is there: was it switched on?",
				      sg_kind_info(busy[i])->name);
		}
}

static int streams_new(struct tr_capture *tc, struct sg_err *err)
{
	unsigned int nr = tc->head.nr_where;

	tc->stream = sg_calloc(nr ? nr : 1, sizeof(*tc->stream));
	tc->heap = sg_calloc(nr ? nr : 1, sizeof(*tc->heap));
	if (!tc->stream || !tc->heap)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", tc->src.path);
	tc->nr_streams = nr;
	for (unsigned int i = 0; i < nr; i++) {
		const struct tr_where *w = &tc->head.where[i];
		struct tr_stream *s = &tc->stream[i];

		/* trace-cmd applies a guest's clock corrections to the top buffer only */
		s->sync = tc->head.tc.nr_sync && w->inst == 0;
		s->plain_ts = !s->sync && !tc->head.tc.mult;
		s->simple = s->plain_ts && !tc->head.swap && !tc->head.big_endian;
		s->cpu = (uint16_t)w->cpu;
		s->inst = (uint8_t)w->inst;
		s->cut = w->cut;
		s->page_size = tc->head.inst[w->inst].page_size;
		s->idx = i;
		tc->bytes_total += w->size;
	}
	return SG_OK;
}

static int by_offset(const void *a, const void *b)
{
	const struct tr_where *x = a, *y = b;

	return x->off < y->off ? -1 : x->off > y->off;
}

/*
 * The size that a compressed buffer has in the table leaves out some of the sizes within it; the
 * number of its pieces says where it ends.  So it may reach up to what comes next.
 */
static void extend_compressed(struct tr_capture *tc)
{
	struct tr_head *h = &tc->head;

	if (h->nr_where)
		qsort(h->where, h->nr_where, sizeof(*h->where), by_offset);
	for (unsigned int i = 0; i < h->nr_where; i++) {
		struct tr_where *w = &h->where[i];
		uint64_t next = i + 1 < h->nr_where ? w[1].off : tc->src.size;

		if (h->inst[w->inst].compressed && next > w->off + w->size)
			w->size = next - w->off;
	}
}

/* Instances in order, and CPUs in order within them, as ties of the merge want it. */
static int by_place(const void *a, const void *b)
{
	const struct tr_where *x = a, *y = b;

	if (x->inst != y->inst)
		return x->inst < y->inst ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static int open_all(struct tr_capture *tc, const char *path, struct sg_err *err)
{
	struct sg_capture *cap = &tc->cap;
	enum tr_file_kind kind;
	bool stills = false;
	unsigned int version[2];
	char *file = NULL;
	struct stat st;
	int r;

	if (!tr_src_is_stdin(path) && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		r = trace_in_dir(path, &file, err);
		if (r < 0 && r != SG_E_NOTFOUND)
			return r;
		tc->dir = sg_strdup(path);
		stills = r == SG_E_NOTFOUND;
	}
	if (!stills) {
		r = tr_src_open(file ? file : path, &tc->src, err);
		free(file);
		if (r < 0)
			return r;
	}
	tc->path_clean = tr_clean_dup(path, strlen(path));
	tc->name_clean = base_name(tr_src_is_stdin(path) ? "standard input" : path);
	if (!tc->path_clean || !tc->name_clean)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	cap->path = tc->path_clean;
	cap->name = tc->name_clean;
	cap->kernel = "unknown";
	cap->scenario = "";
	if (stills) {
		tr_meta_read(tc);
		return tr_still_dir(tc, path, err);
	}
	kind = tr_sniff(&tc->src);
	if (!tc->dir && kind == TR_FILE_TEXT) {
		r = tr_still_text(tc, err);
		if (r != 0)
			return r < 0 ? r : SG_OK;
	}
	r = kind == TR_FILE_TRACE_TEXT ? tt_open(tc, err) : tr_head_read(tc, &tc->head, err);
	if (r == SG_OK)
		r = fill_info(tc, err);
	if (r == SG_OK && !tc->text)
		r = tr_describe(tc, err);
	if (r < 0)
		return r;
	if (tc->dir) {
		tr_meta_read(tc);
		if (!(tc->flags & TR_NO_SNAPSHOTS))
			tr_snaps_read(tc);
	}
	if (tc->kernel)
		cap->kernel = tc->kernel;
	cap->machine = tc->machine ? tc->machine : "";
	cap->arch = sg_arch_by_name(cap->machine);
	/* a text without the release has set what its lines tell of it */
	if (sscanf(cap->kernel, "%u.%u", &version[0], &version[1]) == 2)
		memcpy(cap->kver, version, sizeof(version));
	else if (!tc->text)
		cap->kver[0] = cap->kver[1] = 0;
	tr_page_size(tc);
	if (tc->text) {
		tt_limits(tc);
		open_limits(tc);
		return SG_OK;
	}
	clip(tc);
	extend_compressed(tc);
	if (tc->head.nr_where)
		qsort(tc->head.where, tc->head.nr_where, sizeof(*tc->head.where), by_place);
	open_limits(tc);
	tc->open_notes = cap->nr_notes;
	tc->open_lost_unknown = cap->lost_unknown;
	if (tc->flags & TR_PLAIN)
		return tr_plain_open(tc, err);
	return streams_new(tc, err);
}

int tr_rewind(struct tr_capture *tc, struct sg_err *err)
{
	int r;

	tr_feeder_stop(&tc->feeder);
	free(tc->stream);
	free(tc->heap);
	tc->stream = NULL;
	tc->heap = NULL;
	tc->nr_streams = tc->nr_heap = 0;
	tc->bytes_total = 0;
	atomic_store(&tc->bytes_read, 0);
	tc->started = tc->ended = false;
	tr_arena_reset(&tc->arena);
	memset(tc->seen, 0, sizeof(tc->seen));
	memset(tc->damaged, 0, sizeof(tc->damaged));
	memset(tc->gap_note, 0, sizeof(tc->gap_note));
	tc->page_note = 0;
	tc->bad_pages = 0;
	tc->owed = 0;
	for (unsigned int i = 0; i < tc->cap.nr_other; i++)
		tc->other[i].count = 0;
	tc->cap.nr_notes = tc->open_notes;
	tc->cap.lost_events = 0;
	tc->cap.lost_unknown = tc->open_lost_unknown;
	/* what a part of the events has told so far, all of them will tell again */
	if (!tc->survey.whole) {
		free(tc->survey.cpu);
		tc->survey = (struct tr_survey){ 0 };
		sg_limits_drop(&tc->cap.limits, SG_LIMIT_LOST_SPAN);
	}
	r = streams_new(tc, err);
	if (r < 0)
		tc->ended = true;
	return r;
}

int tr_open(const char *path, unsigned int flags, struct tr_capture **ret, struct sg_err *err)
{
	struct tr_capture *tc = sg_calloc(1, sizeof(*tc));
	int r;

	if (!tc)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", path);
	tc->src.fd = -1;
	tc->flags = flags;
	r = open_all(tc, path, err);
	if (r < 0) {
		tr_close(tc);
		return r;
	}
	*ret = tc;
	return SG_OK;
}

void tr_close(struct tr_capture *tc)
{
	if (!tc)
		return;
	tr_feeder_stop(&tc->feeder);
	tr_plain_close(tc->plain);
	tr_snaps_free(tc);
	tr_stills_free(tc);
	tt_close(tc->text);
	for (unsigned int i = 0; i < tc->nr_symtab; i++)
		free((void *)tc->symtab[i].sym);
	free(tc->symtab);
	free(tc->desc);
	free(tc->other);
	free(tc->task);
	free(tc->stream);
	free(tc->heap);
	free(tc->inst_name);
	sg_limits_free(&tc->cap.limits);
	free(tc->survey.cpu);
	free(tc->path_clean);
	free(tc->name_clean);
	free(tc->kernel);
	free(tc->machine);
	free(tc->scenario);
	free(tc->dir);
	tr_arena_free(&tc->arena);
	tr_head_free(&tc->head);
	tr_src_close(&tc->src);
	free(tc);
}

const struct sg_capture *tr_info(const struct tr_capture *tc)
{
	return &tc->cap;
}

const struct sg_snapshot *tr_snapshot(const struct tr_capture *tc, const char *name)
{
	for (unsigned int i = 0; i < tc->nr_snaps; i++)
		if (strcmp(tc->snap[i].name, name) == 0)
			return &tc->snap[i];
	return NULL;
}

unsigned int tr_progress(const struct tr_capture *tc)
{
	uint64_t done = atomic_load_explicit(&((struct tr_capture *)tc)->bytes_read,
					     memory_order_relaxed);

	if (tc->ended || tc->bytes_total == 0)
		return tc->ended ? 1000 : 0;
	return done >= tc->bytes_total ? 999 : (unsigned int)(done * 1000 / tc->bytes_total);
}
