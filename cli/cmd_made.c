// SPDX-License-Identifier: GPL-2.0-only
/* What a simulated run says of itself, and its events, in a session or a trace.dat. */
#include "cmd_made.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h> /* umask() */
#include <unistd.h>

#include "cmd_keyf.h"
#include "sg_mem.h"
#include "time/image.h"
#include "tw.h"

#define POLICY_SIZE 4000u
#define MOST_TOLD 48u

struct cmd_made {
	struct cmd_made_options how;
	/* the description, and what it points to */
	struct sg_capture cap;
	struct sg_simulated run;
	char policy[POLICY_SIZE], kernel[32], ended[320];
	const char *told[MOST_TOLD];
	/* a session */
	struct ss_writer *ss;
	/* a trace.dat: all events, since each CPU's lie together */
	struct sg_log *log;
	uint64_t ts; /* of the last event */
	uint16_t cpu;
	bool there; /* a file stood at the path, and may be replaced */
};

static void tell(struct cmd_made *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void tell(struct cmd_made *m, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (m->run.nr_told == MOST_TOLD)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text)
		sg_mem_fail();
	else
		m->told[m->run.nr_told++] = text;
}

/* ---- the description ------------------------------------------------------------------ */

/* Names of values and flags that the simulated kernel doesn't have of its own are the captured one's. */
static void take_names(struct sg_capture *cap, const struct sg_capture *from)
{
	for (unsigned int k = 0; k < SG_KIND_COUNT; k++)
		for (unsigned int s = 0; s < SG_SLOTS; s++)
			if (!cap->sym[k][s])
				cap->sym[k][s] = from->sym[k][s];
	cap->gfp_names = from->gfp_names;
}

static void describe(struct cmd_made *m, struct mm_sim *sim)
{
	static const char *const instance[] = { "" };
	const struct sg_capture *from = m->how.whatif->cap;
	const struct mm_machine *mm = mm_sim_machine(sim);
	struct sg_capture *cap = &m->cap;
	char note[400];

	mm_policy_print(m->how.policy, m->policy, sizeof(m->policy));
	mm_release_print(m->how.policy->release, m->kernel, sizeof(m->kernel));
	*cap = *mm_sim_capture(sim);
	cap->path = m->how.path;
	cap->name = from->name;
	cap->kernel = m->kernel;
	cap->machine = from->machine;
	cap->arch = from->arch;
	cap->scenario = from->scenario;
	cap->compression = "none";
	cap->clock = from->clock;
	cap->clock_is_ns = from->clock_is_ns;
	cap->long_size = from->long_size;
	cap->nr_orders = mm_nr_orders(mm);
	cap->pageblock_order = mm_pageblock_order(mm);
	cap->instance = instance;
	cap->nr_instances = 1;
	take_names(cap, from);
	m->run = (struct sg_simulated){ .capture = from->name, .asked = m->how.asked, .policy = m->policy, .seed = m->how.seed,
					.run = m->how.run, .runs = m->how.runs, .from = m->how.whatif->from, .ended = m->ended,
					.told = m->told };
	cap->simulated = &m->run;
	for (unsigned int i = 0; mm_policy_note(m->how.policy, i, note, sizeof(note)); i++)
		tell(m, "%s", note);
	for (unsigned int i = 0; i < m->how.whatif->nr_assumed; i++)
		tell(m, "%s", m->how.whatif->assumed[i]);
}

static void tell_start(struct cmd_made *m, const struct mm_sim_facts *f)
{
	if (f->pages_unknown)
		tell(m, "%" PRIu64 " pages of which nothing is known at the start are in use until somebody frees them",
		     f->pages_unknown);
	if (f->pcp_told || f->pcp_unplaced)
		tell(m, "%" PRIu64 " pages are on per-cpu lists at the start as later events show, %" PRIu64 " on nobody knows whose: on "
		     "CPU 0's", f->pcp_told, f->pcp_unplaced);
	if (f->free_unplaced)
		tell(m, "%" PRIu64 " free blocks had no known place in their lists", f->free_unplaced);
	if (f->blocks_foreseen || f->blocks_guessed)
		tell(m, "of %" PRIu64 " pageblocks only a later event told the type, of %" PRIu64 " nothing did", f->blocks_foreseen,
		     f->blocks_guessed);
	if (f->lru_pages)
		tell(m, "of %" PRIu64 " folios on the LRU, %" PRIu64 " are in the order in which the capture reclaims them, the others "
		     "in the seed's", f->lru_pages, f->lru_ordered);
}

/* What had to be filled in, and what became of the demand, as far as the run lived to tell. */
static void tell_end(struct cmd_made *m, const struct cmd_child_result *res)
{
	const struct mm_run_told *t = &res->told;

	snprintf(m->ended, sizeof(m->ended), "%s", res->why);
	for (unsigned int i = 0; i < res->blame.nr; i++) {
		char text[400];

		cmd_blame_say(&res->blame, i, m->how.whatif->demand->ts_first, text, sizeof(text));
		tell(m, "%s", text);
	}
	for (unsigned int i = 0; i < res->asked.nr_wrong; i++)
		tell(m, "%s", res->asked.wrong[i]);
	if (res->asked.more_wrong)
		tell(m, "%" PRIu32 " more hooks answered wrongly", res->asked.more_wrong);
	tell_start(m, &t->start);
	if (t->costs.direct_page)
		tell(m, "a page scanned costs kswapd %" PRIu64 " ns and a task %" PRIu64 ", a page moved %" PRIu64 ", a page frame "
		     "looked at %" PRIu64 ", a round of the slow path %" PRIu64 "%s", t->costs.kswapd_page, t->costs.direct_page,
		     t->costs.compact_move, t->costs.compact_scan, t->costs.round, t->costs_guessed ?
		     "; some of these are defaults, since the capture has too few" : ", as the capture has them");
	if (t->requests)
		tell(m, "%" PRIu64 " requests, %" PRIu64 " failed", t->requests, t->failed);
	if (t->hits || t->refaults)
		tell(m, "%" PRIu64 " pages of files weren't read again, since they were still there, and %" PRIu64 " were", t->hits,
		     t->refaults);
	if (t->huge_split || t->huge_saved)
		tell(m, "%" PRIu64 " requests for large folios failed and were made page by page, %" PRIu64 " pages weren't asked for, "
		     "since the folio was had", t->huge_split, t->huge_saved);
	if (t->frees_of_gone)
		tell(m, "%" PRIu64 " pages were reclaimed before their owner freed them", t->frees_of_gone);
	if (t->livelocks)
		tell(m, "%" PRIu64 " requests would have spun for ever and were let go", t->livelocks);
	if (t->ooms)
		tell(m, "%" PRIu64 " times a task would have been killed for memory", t->ooms);
	if (t->reports)
		tell(m, "%" PRIu64 " free pages were reported to the host in %" PRIu64 " reports, and %" PRIu64 " used again; %" PRIu64
		     " requests failed while a block that would have done was away for a report", t->reported, t->reports,
		     t->reported_used, t->reported_failed);
}

/* ---- begin --------------------------------------------------------------------------------- */

/* The image of the start; fails only for want of memory. */
static int start_image(struct cmd_made *m, struct mm_sim *sim, const struct sg_snapshot *snap, struct cmd_image *im,
		       struct sg_err *err)
{
	struct mm_config cfg = { .cap = &m->cap, .nr_seeds = 1, .seed = { { .snap = snap } } };
	struct mm_machine *obs = mm_sim_observed(sim, &cfg, err);
	int r = obs ? mm_image_save(obs, cmd_image_add, im) : err->code < 0 ? err->code : SG_E_NOMEM;

	mm_machine_free(obs);
	return r < 0 && !err->code ? sg_fail(err, r, "out of memory for the start of the run") : r;
}

static int begin_session(struct cmd_made *m, struct mm_sim *sim, struct sg_err *err)
{
	const struct sg_snapshot *snap = mm_sim_snapshot_pages(sim);
	struct cmd_image im = { 0 };
	int r = start_image(m, sim, snap, &im, err);

	if (r == SG_OK)
		r = ss_create(m->how.path, &m->cap, &snap, 1, &m->ss, err);
	if (r == SG_OK)
		r = ss_put_start(m->ss, im.data, im.len, err);
	free(im.data);
	return r;
}

int cmd_made_begin(const struct cmd_made_options *how, struct mm_sim *sim, struct cmd_made **ret, struct sg_err *err)
{
	struct cmd_made *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", how->path);
	m->how = *how;
	m->there = access(how->path, F_OK) == 0;
	describe(m, sim);
	if (how->dat) {
		m->log = sg_log_new();
		r = m->log ? SG_OK : sg_fail(err, SG_E_NOMEM, "%s: out of memory", how->path);
	} else {
		r = begin_session(m, sim, err);
	}
	if (r < 0) {
		cmd_made_abort(m);
		return r;
	}
	*ret = m;
	return SG_OK;
}

static void made_free(struct cmd_made *m)
{
	for (unsigned int i = 0; i < m->run.nr_told; i++)
		free((char *)(uintptr_t)m->told[i]);
	sg_log_free(m->log);
	free(m);
}

void cmd_made_abort(struct cmd_made *m)
{
	if (!m)
		return;
	ss_abort(m->ss, false);
	made_free(m);
}

/*
 * Two CPUs of a simulated machine may do something in the same nanosecond, one because of what the other did.  Whoever
 * reads a trace puts the lower CPU first then, so the later event comes a nanosecond later.
 */
int cmd_made_event(void *made, const struct sg_event *event, struct sg_err *err)
{
	struct cmd_made *m = made;
	struct sg_event ev = *event;
	int r;

	if (ev.ts < m->ts)
		ev.ts = m->ts;
	if (ev.ts == m->ts && ev.cpu < m->cpu)
		ev.ts++;
	m->ts = ev.ts;
	m->cpu = ev.cpu;
	if (m->ss)
		return ss_append(m->ss, &ev, err);
	r = sg_log_append(m->log, &ev);
	return r < 0 ? sg_fail(err, r, "%s: out of memory for the events", m->how.path) : SG_OK;
}

/* ---- end ------------------------------------------------------------------------------------ */

static int end_session(struct cmd_made *m, struct sg_err *err)
{
	const struct ss_run run = { "simulated", m->policy };
	int r = ss_put_runs(m->ss, &run, 1, err);

	if (r < 0) {
		ss_abort(m->ss, false);
		m->ss = NULL;
		return r;
	}
	r = ss_finish(m->ss, false, err);
	m->ss = NULL;
	return r;
}

/* Onto the disk, and under its name, which nobody has taken meanwhile unless it may be replaced. */
static int put_in_place(const char *temp, int fd, const char *path, bool replace, struct sg_err *err)
{
	int r = fsync(fd) < 0 && errno != EINVAL ? errno : 0;

	if (r == 0)
		r = replace ? (rename(temp, path) < 0 ? errno : 0) : (link(temp, path) < 0 ? errno : 0);
	if (r == 0 && !replace)
		unlink(temp);
	if (r == EPERM && !replace) /* a file system without links */
		r = access(path, F_OK) == 0 ? EEXIST : rename(temp, path) < 0 ? errno : 0;
	return r == 0 ? SG_OK : sg_fail(err, SG_E_IO, "%s: cannot put the trace in place: %s", path, strerror(r));
}

static int end_trace(struct cmd_made *m, struct sg_err *err)
{
	struct tr_capture *formats = cmd_feed_source(m->how.whatif->feed)->tc;
	char *temp = sg_printf("%s.part-XXXXXX", m->how.path);
	struct tw_told told;
	mode_t mask = umask(0);
	int fd, r;

	umask(mask);
	if (!temp)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", m->how.path);
	fd = mkstemp(temp);
	if (fd < 0) {
		r = sg_fail(err, SG_E_IO, "%s: cannot write the trace: %s", m->how.path, strerror(errno));
		free(temp);
		return r;
	}
	r = fchmod(fd, 0666 & ~mask) < 0 ? sg_fail(err, SG_E_IO, "%s: %s", temp, strerror(errno)) : SG_OK;
	if (r == SG_OK)
		r = tw_write(fd, m->how.path, &m->cap, m->log, formats, &told, err);
	if (r == SG_OK)
		r = put_in_place(temp, fd, m->how.path, m->there, err);
	if (r < 0)
		unlink(temp);
	close(fd);
	free(temp);
	return r;
}

int cmd_made_end(struct cmd_made *m, const struct cmd_child_result *res, struct sg_err *err)
{
	int r;

	tell_end(m, res);
	r = m->ss ? end_session(m, err) : end_trace(m, err);
	made_free(m);
	return r;
}
