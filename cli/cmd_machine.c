// SPDX-License-Identifier: GPL-2.0-only
/* What-if runs on another machine than the captured one. */
#include "cmd_machine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demand/scale.h"
#include "machine/state.h"
#include "sg_mem.h"
#include "time/image.h"

#define KPF_BUDDY (UINT64_C(1) << 10)
#define KPF_LRU (UINT64_C(1) << 5)
#define KPF_ANON (UINT64_C(1) << 12)
#define KPF_HEAD (UINT64_C(1) << 15)
#define KPF_TAIL (UINT64_C(1) << 16)
#define KPF_NOPAGE (UINT64_C(1) << 20)
#define CPUS_MOST 8192u

/* A snapshot as it would be of the other machine. */
struct other_snap {
	struct sg_snapshot snap;
	const struct sg_snapshot *from;
	const struct cmd_other *other;
};

struct cmd_other {
	struct sg_capture cap;
	struct mm_config cfg;
	struct other_snap snap[2];
	uint64_t old_end, end;   /* pfns: of the last zone, captured and now */
	uint64_t *held;          /* bitmap of pages that aren't the machine's any more; NULL: none */
	uint64_t nr_held, held_words;
	uint64_t *cache;         /* bitmap of page cache that could go */
	uint64_t nr_cache, cached[MM_MAX_ZONES]; /* of it, what went */
	uint64_t blocks[MM_MAX_ZONES][SG_MAX_MIGRATETYPES][SG_MAX_ORDERS]; /* free blocks that they were, by zone, list and order */
};

/* ---- read -------------------------------------------------------------------------------- */

static bool read_bytes(const char *s, int64_t *ret)
{
	unsigned int shift = 0;
	unsigned long long v;
	char *end;

	if ((*s != '+' && *s != '-') || s[1] < '0' || s[1] > '9')
		return false;
	errno = 0;
	v = strtoull(s + 1, &end, 10);
	if (*end)
		shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : *end == 'G' || *end == 'g' ? 30 : 64;
	if (errno || shift == 64 || (*end && end[1]) || v == 0 || v > (uint64_t)INT64_MAX >> shift)
		return false;
	*ret = (int64_t)(v << shift) * (*s == '-' ? -1 : 1);
	return true;
}

static bool read_number(const char *s, unsigned int most, unsigned int *ret)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = *s >= '0' && *s <= '9' ? strtoul(s, &end, 10) : 0;
	if (v < 1 || errno || *end || v > most)
		return false;
	*ret = (unsigned int)v;
	return true;
}

int cmd_machine_read(const struct cmd *cmd, const char *s, struct cmd_machine *ret)
{
	char part[80];

	for (size_t n; ; s += n + 1) {
		n = strcspn(s, ",");
		snprintf(part, sizeof(part), "%.*s", (int)(n < sizeof(part) ? n : sizeof(part) - 1), s);
		if (strncmp(part, "mem=", 4) == 0 ? !read_bytes(part + 4, &ret->bytes) :
		    strncmp(part, "cpus=", 5) != 0 || !read_number(part + 5, CPUS_MOST, &ret->cpus))
			return cmd_usage(cmd, "--machine wants mem=+SIZE or mem=-SIZE, and cpus=N, as in mem=+512M,cpus=4, not '%s'", part);
		if (!s[n])
			return CMD_OK;
	}
}

int cmd_scale_read(const struct cmd *cmd, const char *s, struct cmd_machine *ret)
{
	const char *eq = strrchr(s, '=');
	size_t n = eq ? (size_t)(eq - s) : 0;

	if (n == 0 || n >= sizeof(ret->scaled[0].task) || !read_number(eq + 1, MM_SCALE_MOST, &ret->scaled[ret->nr_scaled].times))
		return cmd_usage(cmd, "--scale wants a task and how many times, up to %u, as in dd=2, not '%s'", MM_SCALE_MOST, s);
	for (unsigned int i = 0; i < ret->nr_scaled; i++)
		if (strlen(ret->scaled[i].task) == n && memcmp(ret->scaled[i].task, s, n) == 0)
			return cmd_usage(cmd, "--scale names %s twice", ret->scaled[i].task);
	if (ret->nr_scaled == CMD_SCALE_MAX - 1)
		return cmd_usage(cmd, "--scale can be given for %d tasks at most", CMD_SCALE_MAX - 1);
	snprintf(ret->scaled[ret->nr_scaled++].task, sizeof(ret->scaled[0].task), "%.*s", (int)n, s);
	return CMD_OK;
}

/* ---- the machine --------------------------------------------------------------------------- */

/* Words on their way to whoever reads them. */
struct stream {
	const struct cmd_other *o;
	sg_pageflags_fn fn;
	void *arg;
	uint64_t next;
};

static uint64_t flags_of(const struct cmd_other *o, uint64_t pfn, uint64_t flags)
{
	if (pfn >= o->old_end)
		return pfn < o->end ? KPF_BUDDY : KPF_NOPAGE;
	return pfn / 64 < o->held_words && (o->held[pfn / 64] >> pfn % 64 & 1) ? 0 : flags;
}

static int pass_on(void *arg, uint64_t pfn, const uint64_t *flags, uint64_t n)
{
	struct stream *s = arg;
	uint64_t buf[512];

	for (uint64_t at = 0; at < n;) {
		uint64_t len = n - at < 512 ? n - at : 512;
		int r;

		for (uint64_t i = 0; i < len; i++)
			buf[i] = flags_of(s->o, pfn + at + i, flags[at + i]);
		r = s->fn(s->arg, pfn + at, buf, len);
		if (r)
			return r;
		at += len;
	}
	s->next = pfn + n;
	return 0;
}

static int pageflags(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg)
{
	const struct other_snap *os = snap->priv;
	struct stream s = { os->other, fn, arg, 0 };
	int r = os->from->pageflags(os->from, pass_on, &s);

	while (r == 0 && s.next < os->other->end) {
		uint64_t none[512], n = os->other->end - s.next < 512 ? os->other->end - s.next : 512;

		for (uint64_t i = 0; i < n; i++)
			none[i] = KPF_NOPAGE;
		r = pass_on(&s, s.next, none, n);
	}
	return r;
}

static unsigned int last_zone(const struct mm_machine *m)
{
	unsigned int last = 0;

	for (unsigned int i = 1; i < m->core.nr_zones; i++)
		if (m->core.zone[i].end > m->core.zone[last].end)
			last = i;
	return last;
}

/* The list that the free block at @pfn is on, as far as that is known. */
static unsigned int list_of(const struct mm_machine *m, uint64_t pfn, const struct page_ent *e)
{
	return ent_mt(e) < SG_MAX_MIGRATETYPES ? ent_mt(e) : mm_blk(m, pfn >> m->pb_order).mt;
}

/* Free blocks of @order, from the end of zone @zi down, as long as @pages are wanted and the zone keeps enough. */
static void hold_blocks(struct cmd_other *o, const struct mm_machine *m, unsigned int zi, unsigned int order, uint64_t pages,
			uint64_t *left)
{
	const struct zone_state *z = &m->core.zone[zi];
	uint64_t block = UINT64_C(1) << order, keep = 2 * z->wmark_high + z->managed / 64;

	for (uint64_t p = z->end / block * block; p >= z->start + block && o->nr_held + block <= pages && *left >= keep + block; p -= block) {
		uint64_t head = p - block;
		struct page_ent e = mm_ent(m, head);
		unsigned int mt;

		if (ent_state(&e) != PS_FREE || ent_order(&e) != order)
			continue;
		mt = list_of(m, head, &e);
		if (mt >= SG_MAX_MIGRATETYPES)
			continue;
		for (uint64_t k = head; k < p; k++)
			o->held[k / 64] |= UINT64_C(1) << k % 64;
		o->nr_held += block;
		o->blocks[zi][mt][order]++;
		*left -= block;
	}
}

/* The largest free blocks first, those of the last zone before others. */
static void hold(struct cmd_other *o, const struct mm_machine *m, uint64_t pages)
{
	uint64_t left[MM_MAX_ZONES];

	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		left[i] = m->core.zone[i].nr_pages[PS_FREE] + m->core.zone[i].nr_pages[PS_FREET];
	for (unsigned int order = m->nr_orders; order-- > 0;)
		for (unsigned int i = m->core.nr_zones; i-- > 0;)
			hold_blocks(o, m, i, order, pages, &left[i]);
}

/* Single pages of files on the LRU, by the snapshot. */
static int find_cache(void *arg, uint64_t pfn, const uint64_t *flags, uint64_t n)
{
	struct cmd_other *o = arg;

	for (uint64_t i = 0; i < n && (pfn + i) / 64 < o->held_words; i++)
		if ((flags[i] & KPF_LRU) && !(flags[i] & (KPF_ANON | KPF_HEAD | KPF_TAIL)))
			o->cache[(pfn + i) / 64] |= UINT64_C(1) << (pfn + i) % 64;
	return 0;
}

/* What more is wanted is page cache that a smaller machine wouldn't have had: no later event names it.  From the last zone down. */
static int hold_cache(struct cmd_other *o, const struct cmd_whatif *w, uint64_t pages, struct sg_err *err)
{
	const struct sg_snapshot *snap = w->cfg->seed[w->cfg->nr_seeds - 1].snap;
	const struct mm_machine *m = w->start;
	int r;

	o->cache = sg_calloc(o->held_words, sizeof(*o->cache));
	if (!o->cache)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	r = snap->pageflags(snap, find_cache, o);
	if (r < 0)
		return sg_fail(err, r, "%s: its pages' flags can't be read", w->file);
	for (uint32_t i = 1; i < w->demand->nr_handles; i++) {
		uint64_t pfn = w->demand->first_pfn[i];

		for (uint64_t k = pfn; pfn != UINT32_MAX && k < pfn + (UINT64_C(1) << w->demand->first_order[i]) && k / 64 < o->held_words; k++)
			o->cache[k / 64] &= ~(UINT64_C(1) << k % 64);
	}
	for (unsigned int zi = m->core.nr_zones; zi-- > 0;) {
		const struct zone_state *z = &m->core.zone[zi];
		uint64_t most = z->managed / 2; /* some of the zone is left */

		for (uint64_t p = z->end; p-- > z->start && o->nr_held < pages && most > 0;) {
			struct page_ent e;

			if (!(o->cache[p / 64] >> p % 64 & 1))
				continue;
			e = mm_ent(m, p);
			if (ent_state(&e) != PS_ALLOC)
				continue;
			o->held[p / 64] |= UINT64_C(1) << p % 64;
			o->nr_held++;
			o->nr_cache++;
			o->cached[zi]++;
			most--;
		}
	}
	return SG_OK;
}

static void take_from(uint64_t *from, uint64_t n)
{
	*from -= n < *from ? n : *from;
}

/* The counts of zone @zi as they would be. */
static void count(const struct cmd_other *o, const struct mm_machine *m, unsigned int zi, struct sg_zone_snap *zs)
{
	unsigned int top = m->nr_orders - 1;

	take_from(&zs->managed, o->cached[zi]);
	for (unsigned int t = 0; t < SG_MAX_MIGRATETYPES; t++)
		for (unsigned int k = 0; k <= top; k++) {
			uint64_t n = o->blocks[zi][t][k];

			take_from(&zs->managed, n << k);
			take_from(&zs->nr_free, n << k);
			take_from(&zs->free[k], n);
			take_from(&zs->type_free[t][k], n);
		}
	if (o->end == o->old_end || zs->start_pfn + zs->spanned != o->old_end)
		return;
	for (uint64_t p = o->old_end; p < o->end;) {
		unsigned int order = 0;

		while (order < top && !(p & ((UINT64_C(2) << order) - 1)) && p + (UINT64_C(2) << order) <= o->end)
			order++;
		zs->free[order]++;
		zs->type_free[MM_MT_MOVABLE][order]++;
		p += UINT64_C(1) << order;
	}
	zs->type_blocks[MM_MT_MOVABLE] += (o->end - 1) / (UINT64_C(1) << m->pb_order) - (o->old_end - 1) / (UINT64_C(1) << m->pb_order);
	zs->spanned += o->end - o->old_end;
	zs->present += o->end - o->old_end;
	zs->managed += o->end - o->old_end;
	zs->nr_free += o->end - o->old_end;
}

static int copy_snapshot(struct cmd_other *o, unsigned int i, const struct mm_machine *m, struct sg_err *err)
{
	const struct sg_snapshot *from = o->cfg.seed[i].snap;
	struct other_snap *os = &o->snap[i];

	os->snap = *from;
	os->from = from;
	os->other = o;
	os->snap.zone = sg_calloc(from->nr_zones + 1, sizeof(*os->snap.zone));
	if (!os->snap.zone)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	memcpy(os->snap.zone, from->zone, from->nr_zones * sizeof(*from->zone));
	for (unsigned int k = 0; k < from->nr_zones; k++)
		for (unsigned int z = 0; z < m->core.nr_zones; z++)
			if (m->core.zone[z].node == from->zone[k].node && strcmp(m->core.zone[z].name, from->zone[k].name) == 0)
				count(o, m, z, &os->snap.zone[k]);
	os->snap.pageflags = pageflags;
	os->snap.priv = os;
	if (os->snap.nr_pfns < o->end)
		os->snap.nr_pfns = o->end;
	o->cfg.seed[i].snap = &os->snap;
	return SG_OK;
}

/* @w's start anew, on a machine made from @o. */
static int start_again(struct cmd_whatif *w, struct cmd_other *o, struct sg_err *err)
{
	struct mm_machine *m = mm_machine_new(&o->cfg, err);
	struct sg_cursor c;
	struct sg_event ev;

	if (!m)
		return err->code < 0 ? err->code : SG_E_NOMEM;
	sg_log_seek(w->log, &c, 1);
	for (uint64_t n = 1; n <= w->from && sg_log_next(&c, &ev); n++) {
		mm_skip(m, n);
		mm_observe(m, &ev);
	}
	mm_machine_free(w->start);
	w->start = m;
	return cmd_whole(w->file, m, err);
}

static int other_machine(struct cmd_whatif *w, const struct cmd_machine *how, int64_t *ret_pages, struct sg_err *err)
{
	const struct mm_machine *m = w->start;
	struct cmd_other *o = calloc(1, sizeof(*o));
	int64_t pages = how->bytes / (int64_t)w->cap->page_size;
	int r = SG_OK;

	if (!o)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	w->other = o;
	if (m->map || w->cfg->start || w->cfg->layout || !w->cfg->nr_seeds)
		return sg_fail(err, SG_E_UNSUPPORTED, "%s: --machine needs a capture with a snapshot of a machine whose memory lies in one piece",
			       w->file);
	o->cap = *w->cap;
	if (how->cpus > o->cap.nr_cpus)
		o->cap.nr_cpus = how->cpus;
	o->cfg = *w->cfg;
	o->cfg.cap = &o->cap;
	o->cfg.limits = NULL;
	o->old_end = o->end = m->core.zone[last_zone(m)].end;
	for (unsigned int i = 0; pages && i < w->cfg->nr_seeds; i++)
		if (!w->cfg->seed[i].snap || !w->cfg->seed[i].snap->have_pageflags)
			return sg_fail(err, SG_E_UNSUPPORTED, "%s: --machine mem= needs a snapshot of its pages' flags", w->file);
	if (pages > 0) {
		if (pages > (int64_t)(MM_MAX_PFN - o->end))
			return sg_fail(err, SG_E_RANGE, "%s: so much memory is more than can be followed", w->file);
		o->end += (uint64_t)pages;
	} else if (pages < 0) {
		o->held_words = o->end / 64 + 1;
		o->held = sg_calloc(o->held_words, sizeof(*o->held));
		if (!o->held)
			return sg_fail(err, SG_E_NOMEM, "out of memory");
		hold(o, m, (uint64_t)-pages);
		if (o->nr_held < (uint64_t)-pages) {
			r = hold_cache(o, w, (uint64_t)-pages, err);
			if (r < 0)
				return r;
		}
		if (o->nr_held < (uint64_t)-pages)
			return sg_fail(err, SG_E_RANGE, "%s: no more than %" PRIu64 " MiB can be taken away: so much is free at the start "
				       "beyond twice the high watermarks, or page cache that no later event names", w->file,
				       o->nr_held * w->cap->page_size >> 20);
	}
	for (unsigned int i = 0; r == SG_OK && i < o->cfg.nr_seeds; i++)
		if (o->cfg.seed[i].snap)
			r = copy_snapshot(o, i, m, err);
	*ret_pages = pages < 0 ? -(int64_t)o->nr_held : pages;
	return r < 0 ? r : start_again(w, o, err);
}

void cmd_other_free(struct cmd_other *o)
{
	if (!o)
		return;
	for (unsigned int i = 0; i < 2; i++)
		free(o->snap[i].snap.zone);
	free(o->held);
	free(o->cache);
	free(o);
}

/* ---- the demand ------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

/* Tasks of that name, or the one of that pid, that want anything; ascending.  *ret to be freed */
static int pids_of(const struct cmd_whatif *w, const char *task, int32_t **ret, uint32_t *ret_nr, struct sg_err *err)
{
	char *end;
	long number = strtol(task, &end, 10);
	int32_t *pid = sg_malloc((w->cap->nr_tasks + 2) * sizeof(*pid));
	uint32_t nr = 0, kept = 0;

	if (!pid)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	for (uint32_t i = 0; i < w->cap->nr_tasks; i++)
		if (strcmp(w->cap->task[i].comm, task) == 0)
			pid[nr++] = w->cap->task[i].pid;
	if (nr == 0 && *task && !*end && number > 0 && number <= INT32_MAX)
		pid[nr++] = (int32_t)number;
	qsort(pid, nr, sizeof(*pid), by_number);
	for (uint32_t i = 0; i < nr; i++)
		if (!kept || pid[kept - 1] != pid[i])
			pid[kept++] = pid[i];
	nr = 0;
	for (size_t i = 0; i < w->demand->nr_wants && kept; i++)
		nr += w->demand->want[i].pid && bsearch(&w->demand->want[i].pid, pid, kept, sizeof(*pid), by_number) != NULL;
	if (nr == 0) {
		char clean[80];

		free(pid);
		sg_clean(clean, sizeof(clean), task, strlen(task));
		return sg_fail(err, SG_E_USAGE, "%s: no task '%s' wants anything there; stormglass demand lists those that do", w->file, clean);
	}
	*ret = pid;
	*ret_nr = kept;
	return SG_OK;
}

/* The sentence comes before all others. */
static void tell_first(struct cmd_whatif *w, const char *text)
{
	const unsigned int most = sizeof(w->assumed) / sizeof(w->assumed[0]);

	if (w->nr_assumed == most)
		w->nr_assumed--;
	memmove(w->assumed[1], w->assumed[0], w->nr_assumed * sizeof(w->assumed[0]));
	snprintf(w->assumed[0], sizeof(w->assumed[0]), "%s", text);
	w->nr_assumed++;
}

static int scale(struct cmd_whatif *w, const struct cmd_machine *how, unsigned int i, struct sg_err *err)
{
	struct mm_scale_told told;
	uint64_t before = w->demand->nr_wants;
	char text[480], task[80];
	uint32_t nr = 0;
	int32_t *pid = NULL;
	int r = pids_of(w, how->scaled[i].task, &pid, &nr, err);

	if (r == SG_OK)
		r = mm_demand_scale(w->demand, pid, nr, how->scaled[i].times, &told, err);
	free(pid);
	if (r < 0)
		return r;
	sg_clean(task, sizeof(task), how->scaled[i].task, strlen(how->scaled[i].task));
	snprintf(text, sizeof(text), "extrapolated: %s wants everything %u times, in tasks, blocks and files of their own: %" PRIu64 " of %" PRIu64
		 " wants are copies, %.1f %% more than captured, for %" PRIu64 " pages", task, how->scaled[i].times, told.copies, told.wants,
		 100.0 * (double)told.copies / (double)before, told.pages);
	tell_first(w, text);
	return SG_OK;
}

static uint64_t managed(const struct mm_machine *m)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		n += m->core.zone[i].managed;
	return n;
}

static int memory_and_cpus(struct cmd_whatif *w, const struct cmd_machine *how, struct sg_err *err)
{
	uint64_t had = managed(w->start), moved = 0;
	unsigned int cpus = w->demand->nr_cpus;
	char text[480], gone[220];
	int64_t pages = 0;
	int r = other_machine(w, how, &pages, err);

	if (r == SG_OK && how->cpus && how->cpus != cpus)
		r = mm_demand_cpus(w->demand, how->cpus, &moved, err);
	if (r < 0)
		return r;
	if (how->cpus && how->cpus != cpus) {
		snprintf(text, sizeof(text), "extrapolated: %u CPU%s, where %u were captured: %" PRIu64 " of %zu wants are on another CPU than captured%s",
			 how->cpus, how->cpus == 1 ? "" : "s", cpus, moved, w->demand->nr_wants, how->cpus < cpus ? "; per-cpu lists of the CPUs that are left idle keep what "
			 "they had at the start" : ", and tasks that shared one no longer wait for each other");
		tell_first(w, text);
	}
	if (pages) {
		snprintf(gone, sizeof(gone), "of which %" PRIu64 " MiB were free at the start, and %" PRIu64 " MiB page cache that no later event names; "
			 "what is gone counts as held where it lay",
			 (w->other->nr_held - w->other->nr_cache) * w->cap->page_size >> 20, w->other->nr_cache * w->cap->page_size >> 20);
		w->other_memory = true;
		w->own.named |= 1u << MM_TUNE_MIN_FREE_KBYTES;
		snprintf(text, sizeof(text), "extrapolated: %" PRId64 " MiB of memory %s than the %" PRIu64 " MiB captured (%+.1f %%), %s; "
			 "min_free_kbytes is as captured, the other marks follow from it and the zones' sizes",
			 (pages < 0 ? -pages : pages) * (int64_t)w->cap->page_size >> 20, pages < 0 ? "less" : "more",
			 had * w->cap->page_size >> 20, 100.0 * (double)pages / (double)had,
			 pages < 0 ? gone : "all of it free at the start, behind the last zone");
		tell_first(w, text);
	}
	return SG_OK;
}

int cmd_machine_apply(struct cmd_whatif *w, const struct cmd_machine *how, struct sg_err *err)
{
	int r = SG_OK;

	for (unsigned int i = 0; r == SG_OK && i < how->nr_scaled; i++)
		r = scale(w, how, i, err);
	if (r == SG_OK && (how->bytes || how->cpus))
		r = memory_and_cpus(w, how, err);
	w->extrapolated = how->nr_scaled || how->bytes || how->cpus;
	return r;
}
