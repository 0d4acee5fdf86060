// SPDX-License-Identifier: GPL-2.0-only
/* Opens a capture for runs on a machine that decides for itself. */
#include "cmd_whatif.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd_machine.h"
#include "cmd_plugin.h"
#include "machine/state.h"
#include "policy/choice.h"
#include "sg_mem.h"
#include "time/image.h"

/* Events read at a time. */
#define SLICE 100000u
#define POLICY_SIZE 4000u /* more than a policy with all of its settings takes */

void cmd_whatif_assume(struct cmd_whatif *w, const char *fmt, ...)
{
	char text[sizeof(w->assumed[0])];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (unsigned int i = 0; i < w->nr_assumed; i++)
		if (strcmp(w->assumed[i], text) == 0)
			return;
	if (w->nr_assumed < sizeof(w->assumed) / sizeof(w->assumed[0]))
		memcpy(w->assumed[w->nr_assumed++], text, sizeof(text));
}

static bool starts(const struct sg_event *ev, const char *text)
{
	size_t len = strlen(text);

	return ev->str && ev->str_len >= len && memcmp(ev->str, text, len) == 0;
}

/* Where runs start and figures end. */
static void find_window(struct cmd_whatif *w)
{
	struct sg_cursor c;
	struct sg_event ev;

	w->to = sg_log_count(w->log);
	sg_log_seek(w->log, &c, 1);
	for (uint64_t n = 1; sg_log_next(&c, &ev); n++) {
		if (ev.kind != SG_EV_print)
			continue;
		if (!w->marked_from && starts(&ev, "snapshot-begin-done")) {
			w->from = n;
			w->marked_from = true;
		} else if (w->marked_from && !w->marked_to && starts(&ev, "snapshot-end")) {
			w->to = n - 1;
			w->marked_to = true;
		}
	}
}

/* Limits with which a run's figures still stand for the machine: they are said, and nobody has to agree to them. */
static bool harmless(enum sg_limit_id id)
{
	return id == SG_LIMIT_NOT_RECORDED || id == SG_LIMIT_RULES_GUESSED || id == SG_LIMIT_SHUFFLED ||
	       id == SG_LIMIT_PAGE_SIZE_ASSUMED;
}

/* What the recording lacks.  Without @assume the first of it is the reason why there is no run. */
static int weigh(struct cmd_whatif *w, bool assume, struct sg_err *err)
{
	const struct sg_limit *first = NULL;
	unsigned int nr = 0;
	char more[80] = "";

	if (!sg_capture_records(w->cap, SG_EV_mm_page_alloc) || !sg_capture_records(w->cap, SG_EV_mm_page_free))
		return sg_fail(err, SG_E_UNSUPPORTED, "%s: it doesn't have the events mm_page_alloc and mm_page_free, so nobody "
			       "knows what its tasks asked for; record them (samples/README.md)", w->file);
	for (unsigned int i = 0; i < sg_limits_count(&w->limits); i++) {
		const struct sg_limit *l = sg_limits_at(&w->limits, i);

		cmd_whatif_assume(w, "%s", l->text);
		if (harmless(l->id))
			continue;
		if (!first)
			first = l;
		nr++;
	}
	if (!w->cap->clock_is_ns)
		cmd_whatif_assume(w, "the capture's clock doesn't count nanoseconds; its units are taken as such");
	if (assume || (!first && w->cap->clock_is_ns))
		return SG_OK;
	if (!first)
		return sg_fail(err, SG_E_UNSUPPORTED, "%s: its clock doesn't count nanoseconds; --assume takes its units as such",
			       w->file);
	if (nr > 1)
		snprintf(more, sizeof(more), " (and %u more: stormglass report lists them)", nr - 1);
	return sg_fail(err, SG_E_UNSUPPORTED, "%s: %s: %.200s%s; with --assume the run takes what it sees for all there is",
		       w->file, sg_limit_word(first->id), first->text, more);
}

static int read_all(struct cmd_whatif *w, struct sg_err *err)
{
	int r;

	do {
		r = cmd_feed_more(w->feed, SLICE);
	} while (r > 0);
	if (r == 0)
		return cmd_whole(w->file, NULL, err);
	cmd_whole(w->file, NULL, err);
	return err->code < 0 ? err->code : sg_fail(err, r, "%s: can't be read to its end", w->file);
}

/* The observed machine at @w->from. */
static int observe(struct cmd_whatif *w, struct sg_err *err)
{
	struct sg_cursor c;
	struct sg_event ev;

	w->start = mm_start_new(w->cfg, err);
	if (!w->start)
		return err->code < 0 ? err->code : SG_E_NOMEM;
	sg_log_seek(w->log, &c, 1);
	for (uint64_t n = 1; n <= w->from && sg_log_next(&c, &ev); n++) {
		mm_skip(w->start, n);
		mm_observe(w->start, &ev);
	}
	return cmd_whole(w->file, w->start, err);
}

/* KPF_BUDDY and KPF_UPTODATE: a free block that was reported to the host.  Source: include/linux/page-flags.h: PG_reported, 5.7 to 7.3 */
#define KPF_REPORTED (1ull << 10 | 1ull << 3)

static int any_reported(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr)
{
	bool *any = arg;

	(void)pfn;
	for (size_t i = 0; i < nr && !*any; i++)
		*any = (flags[i] & KPF_REPORTED) == KPF_REPORTED;
	return *any;
}

/*
 * The captured machine reports its free memory to a host: no event says so, but marked blocks do, or what the trace proves.
 * @proved: the trace does, or a snapshot that the observed machine has taken up
 */
static void own_reporting(struct cmd_whatif *w, bool proved)
{
	struct cmd_source *src = cmd_feed_source(w->feed);
	const struct sg_snapshot *end = !proved && src->tc ? tr_snapshot_end(src->tc) : NULL;
	int i = mm_choice_find("reporting", strlen("reporting"));
	const struct mm_choice *c = i < 0 ? NULL : mm_choice((unsigned int)i);

	if (end && end->have_pageflags)
		end->pageflags(end, any_reported, &proved);
	for (unsigned int v = 0; c && proved && !w->own.choice[i] && v < c->nr; v++)
		if (strcmp(c->value[v].key, "mainline") == 0)
			mm_policy_choose(&w->own, (unsigned int)i, v, 0, NULL);
}

static int take_demand(struct cmd_whatif *w, struct sg_err *err)
{
	struct mm_machine *m = mm_machine_copy(w->start);
	int r;

	if (!m)
		return sg_fail(err, SG_E_NOMEM, "%s: out of memory", w->file);
	r = mm_demand_take(w->log, w->cap, w->from, m, &w->demand, err);
	if (r == 0)
		r = mm_ahead_scan(w->log, w->cap, w->from, &w->ahead, err);
	if (r == 0)
		r = cmd_whole(w->file, m, err);
	own_reporting(w, m->core.reporting);
	mm_machine_free(m);
	return r;
}

static void own_policy(struct cmd_whatif *w)
{
	const struct sg_snapshot *snap[2] = { NULL };
	char kernel[80];

	for (unsigned int i = 0; i < w->cfg->nr_seeds; i++)
		snap[i] = w->cfg->seed[i].snap;
	mm_policy_of_capture(&w->own, w->cap, snap, w->cfg->nr_seeds);
	sg_clean(kernel, sizeof(kernel), w->cap->kernel, strlen(w->cap->kernel));
	if (w->own.guess)
		cmd_whatif_assume(w, "its kernel (%s) follows the rules of %s", kernel, w->own.name);
	if (!w->marked_from)
		cmd_whatif_assume(w, "the run starts at the first event, since no marker snapshot-begin-done tells where the "
				     "state is known");
}

int cmd_whatif_open(const char *file, const struct cmd_whatif_options *opt, struct cmd_whatif *w, struct sg_err *err)
{
	struct cmd_feed_options how = { .memory = cmd_feed_memory() };
	struct cmd_feed *feed;
	int r;

	memset(w, 0, sizeof(*w));
	r = cmd_feed_open(file, &how, &feed, err);
	return r < 0 ? r : cmd_whatif_take(file, feed, opt, w, err);
}

int cmd_whatif_take(const char *file, struct cmd_feed *feed, const struct cmd_whatif_options *opt, struct cmd_whatif *w,
		    struct sg_err *err)
{
	int r;

	memset(w, 0, sizeof(*w));
	w->file = file;
	w->feed = feed;
	r = cmd_wants_events(cmd_feed_source(w->feed), err);
	if (r == 0)
		r = read_all(w, err);
	if (r < 0)
		return r;
	w->cap = cmd_feed_capture(w->feed);
	w->log = cmd_feed_log(w->feed);
	w->cfg = cmd_feed_config(w->feed);
	if (sg_log_count(w->log) == 0)
		return sg_fail(err, SG_E_UNSUPPORTED, "%s: there are no events in it", file);
	find_window(w);
	if (!opt->no_machine)
		r = observe(w, err);
	if (r < 0)
		return r;
	sg_limits_merge(&w->limits, &w->cap->limits);
	if (w->cfg->limits)
		sg_limits_merge(&w->limits, w->cfg->limits);
	own_policy(w);
	r = weigh(w, opt->assume, err);
	if (r == 0 && !opt->no_machine)
		r = take_demand(w, err);
	return r == 0 && opt->machine ? cmd_machine_apply(w, opt->machine, err) : r;
}

/* Does @spec have a part "@key=..."? */
static bool names(const char *spec, const char *key)
{
	size_t len = strlen(key);

	for (const char *c = strchr(spec, ','); c; c = strchr(c + 1, ','))
		if (strncmp(c + 1, key, len) == 0 && c[1 + len] == '=')
			return true;
	return false;
}

/* All of the captured kernel's policy, with what is behind "own". */
static int own_with(const struct cmd_whatif *w, const char *more, struct mm_policy *ret, struct sg_err *err)
{
	/* any kernel has what is asked of it if the newest has, or it is said when the capture is open */
	char own[POLICY_SIZE] = "linux-7.3", *spec;
	int r;

	if (w) {
		struct mm_policy p = w->own;
		const struct mm_choice *c;

		for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++)
			if (p.choice[i] && names(more, c->key))
				mm_policy_unchoose(&p, i);
		mm_policy_print(&p, own, sizeof(own));
	}
	spec = sg_printf("%s%s", own, more);
	if (!spec)
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	r = mm_policy_parse(spec, ret, err);
	free(spec);
	return r;
}

/*
 * Another order rule needs addresses: which orders fit where a fault is.  It may be chosen where it makes no difference: where it is
 * the captured kernel's own, or asks for single pages and nobody got more.
 */
static int replays_faults(const struct cmd_whatif *w, const struct mm_policy *p, struct sg_err *err)
{
	int i = mm_choice_find("anon-order", strlen("anon-order")), own;
	const struct mm_choice *c = i >= 0 ? mm_choice((unsigned int)i) : NULL;
	char value[40];

	if (!c || !w || !w->demand || w->demand->has_faults || !p->choice[i])
		return SG_OK;
	own = mm_choice_own(c, w->own.facts);
	mm_choice_print(c, p->choice[i], 0, value, sizeof(value));
	if ((own >= 0 && p->choice[i] == 1u << own) || (strcmp(value, "0") == 0 && !mm_demand_mthp(w->demand)))
		return SG_OK;
	return sg_fail(err, SG_E_UNSUPPORTED, "%s: anon-order=%s can't be replayed, since the capture doesn't tell where its page faults were; "
		       "record exceptions:page_fault_user, syscalls:sys_enter_mmap, sys_exit_mmap, sys_enter_munmap and sys_enter_madvise",
		       w->file, value);
}

static int policy_of(const struct cmd_whatif *w, const char *spec, struct mm_policy *ret, struct sg_err *err)
{
	bool own = strncmp(spec, "own", 3) == 0 && (!spec[3] || spec[3] == ',');
	struct mm_policy p;
	int r = own ? own_with(w, spec + 3, &p, err) : mm_policy_parse(spec, &p, err);

	if (r < 0)
		return r;
	for (unsigned int t = 0; w && t < MM_TUNE_COUNT; t++) {
		if (names(spec, mm_tunable_key((enum mm_tunable)t)))
			continue;
		if (t == MM_TUNE_DEFRAG_MODE && !mm_facts_has(p.facts, MM_FACT_DEFRAG))
			continue;
		p.tune[t] = w->own.tune[t];
		p.untold |= w->own.untold & 1u << t;
	}
	if (w && w->other_memory) /* its marks are worked out, they aren't the captured ones */
		p.named |= 1u << MM_TUNE_MIN_FREE_KBYTES;
	r = w ? mm_policy_machine(&p, &w->own, err) : SG_OK;
	if (r == SG_OK)
		r = replays_faults(w, &p, err);
	if (r == SG_OK)
		*ret = p;
	return r;
}

int cmd_whatif_policy(const struct cmd_whatif *w, const char *spec, struct mm_policy *ret, struct sg_err *err)
{
	struct cmd_plugins files;
	struct mm_policy p;
	char *rest;
	int r;

	if (!cmd_plugin_named(spec))
		return policy_of(w, spec, ret, err);
	r = cmd_plugin_split(spec, &files, &rest, err);
	if (r < 0)
		return r;
	r = policy_of(w, rest, &p, err);
	free(rest);
	if (r == 0)
		r = cmd_plugin_add(&files, &p, err);
	if (r == 0)
		*ret = p;
	return r;
}

void cmd_whatif_close(struct cmd_whatif *w)
{
	mm_demand_free(w->demand);
	mm_ahead_free(w->ahead);
	mm_machine_free(w->start);
	cmd_other_free(w->other);
	sg_limits_free(&w->limits);
	cmd_feed_close(w->feed);
}

/* ---- bounds ------------------------------------------------------------------ */

uint64_t cmd_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int cmd_read_time(const struct cmd *cmd, const char *s, struct cmd_bounds *ret)
{
	uint64_t ns;

	if (!sg_time_read(s, true, &ns) || ns == 0)
		return cmd_usage(cmd, "--time wants seconds, more than 0, not '%s'", s);
	ret->ns = ns;
	return CMD_OK;
}

int cmd_read_memory(const struct cmd *cmd, const char *s, struct cmd_bounds *ret)
{
	unsigned int shift = 0;
	unsigned long long v;
	char *end;

	errno = 0;
	v = s[0] >= '0' && s[0] <= '9' ? strtoull(s, &end, 10) : 0;
	if (v && *end) {
		shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : *end == 'G' || *end == 'g' ? 30 : 64;
		if (end[1])
			shift = 64;
	}
	if (v == 0 || errno || shift == 64 || v > UINT64_MAX >> shift)
		return cmd_usage(cmd, "--memory wants a size such as 512M or 4G, not '%s'", s);
	ret->bytes = (uint64_t)v << shift;
	return CMD_OK;
}

int cmd_read_whole(const struct cmd *cmd, const char *option, const char *s, uint64_t least, uint64_t most, uint64_t *ret)
{
	unsigned long long v;
	char *end = NULL;

	errno = 0;
	v = s[0] >= '0' && s[0] <= '9' ? strtoull(s, &end, 10) : 0;
	if (!end || *end || errno || v < least || v > most)
		return cmd_usage(cmd, "%s wants a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'", option, least, most, s);
	*ret = v;
	return CMD_OK;
}
