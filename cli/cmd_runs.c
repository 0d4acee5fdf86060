// SPDX-License-Identifier: GPL-2.0-only
/* What struct ui_maker asks for: the list of runs, the queue, and the processes that make them. */
#include "cmd_runs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xxhash.h>

#include "cmd_plugin.h"
#include "cmd_runs_priv.h"
#include "cmd_store.h"
#include "sg_mem.h"

#define POLICY_SIZE 4000u

/* ---- the list ---------------------------------------------------------------------------- */

struct item *cmd_runs_by_id(const struct cmd_runs *rs, uint32_t id)
{
	for (size_t i = 0; i < rs->nr; i++)
		if (rs->item[i]->made.id == id)
			return rs->item[i];
	return NULL;
}

struct item *cmd_runs_by_stem(const struct cmd_runs *rs, const char *stem)
{
	for (size_t i = 0; i < rs->nr; i++)
		if (strcmp(rs->item[i]->stem, stem) == 0)
			return rs->item[i];
	return NULL;
}

struct item *cmd_runs_item(struct cmd_runs *rs, const char *stem, const struct ui_recipe *how, enum ui_made_state state)
{
	struct item **more = rs->nr < MOST_RUNS ? sg_realloc(rs->item, (rs->nr + 1) * sizeof(struct item *)) : NULL, *it;

	if (!more)
		return NULL;
	rs->item = more;
	it = sg_calloc(1, sizeof(*it));
	if (!it)
		return NULL;
	it->made = (struct ui_made){ .id = ++rs->last_id, .how = *how, .state = state };
	memcpy(it->stem, stem, sizeof(it->stem));
	rs->item[rs->nr++] = it;
	return it;
}

void cmd_runs_found(void *arg, const char *stem, const struct cmd_runs_about *a)
{
	struct cmd_runs *rs = arg;
	struct item *it = cmd_runs_by_stem(rs, stem);

	if (!it)
		it = cmd_runs_item(rs, stem, &a->how, a->state);
	if (!it || it->pid)
		return;
	it->made.state = a->state;
	it->made.events = a->events;
	it->made.milli = 1000;
	it->made.older = a->program[0] != rs->key.program[0] || a->program[1] != rs->key.program[1];
	snprintf(it->made.why, sizeof(it->made.why), "%s", a->why);
}

static char *passing_dir(void)
{
	const char *base = getenv("TMPDIR");
	char *dir = sg_printf("%s/stormglass-XXXXXX", base && base[0] == '/' ? base : "/var/tmp");

	if (dir && !mkdtemp(dir)) {
		free(dir);
		dir = NULL;
	}
	return dir;
}

/* Where runs are kept, and which are. */
void cmd_runs_look(struct cmd_runs *rs)
{
	bool known;

	if (rs->looked)
		return;
	rs->looked = true;
	known = strcmp(rs->file, "-") != 0 && cmd_cache_key(rs->file, &rs->key);
	if (known && !rs->opt.no_cache)
		rs->dir = cmd_cache_dir();
	if (!rs->dir) {
		rs->dir = passing_dir();
		rs->passing = rs->dir != NULL;
	}
	rs->maker.keeps = rs->dir && !rs->passing;
	if (rs->maker.keeps)
		cmd_runs_list(rs->dir, &rs->key, cmd_runs_found, rs);
}

static size_t runs_count(void *arg)
{
	struct cmd_runs *rs = arg;

	cmd_runs_look(rs);
	return rs->nr;
}

static const struct ui_made *runs_get(void *arg, size_t i)
{
	struct cmd_runs *rs = arg;

	return i < rs->nr ? &rs->item[i]->made : NULL;
}

/* ---- making -------------------------------------------------------------------------------- */

static int runs_policy(void *arg, const char *spec, struct mm_policy *ret, struct sg_err *err)
{
	struct cmd_runs *rs = arg;

	return cmd_whatif_policy(&rs->w, spec, ret, err);
}

/*
 * A policy out of a file is another one when the file is: its bytes count.  What a .c includes isn't looked at.
 * @files: a hash; 0 without files
 */
static uint64_t files_of(const char *spec)
{
	XXH3_state_t *h = cmd_plugin_named(spec) ? XXH3_createState() : NULL;
	uint64_t hash = 0;

	if (!h)
		return 0;
	XXH3_64bits_reset(h);
	for (const char *s = spec; *s;) {
		size_t len = strcspn(s, ",");
		char *path = sg_printf("%.*s", (int)len, s), buf[4096];
		int fd = path && !strchr(path, '=') ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
		ssize_t n;

		while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
			XXH3_64bits_update(h, buf, (size_t)n);
		if (fd >= 0)
			close(fd);
		free(path);
		s += len + (s[len] == ',');
	}
	hash = XXH3_64bits_digest(h);
	XXH3_freeState(h);
	return hash;
}

int cmd_runs_stem_of(struct cmd_runs *rs, const struct ui_recipe *how, char ret[static CMD_RUNS_STEM], struct sg_err *err)
{
	char policy[POLICY_SIZE + UI_MADE_SPEC];
	struct mm_policy p;
	size_t n;
	int r = cmd_whatif_policy(&rs->w, how->spec, &p, err);

	if (r < 0)
		return r;
	n = mm_policy_print(&p, policy, sizeof(policy));
	if (cmd_plugin_named(how->spec) && n < sizeof(policy)) /* as typed: in their order, and with what they contain */
		snprintf(policy + n, sizeof(policy) - n, " %s %016" PRIx64, how->spec, files_of(how->spec));
	cmd_runs_stem(&rs->key, policy, how, ret);
	return SG_OK;
}

static int runs_start(void *arg, const struct ui_recipe *how, uint32_t *ret_id, struct sg_err *err)
{
	struct cmd_runs *rs = arg;
	char stem[CMD_RUNS_STEM];
	struct item *it;
	int r;

	if (rs->maker.cannot)
		return sg_fail(err, SG_E_UNSUPPORTED, "%s", rs->maker.cannot);
	cmd_runs_look(rs);
	if (!rs->dir)
		return sg_fail(err, SG_E_IO, "there is no directory for runs: neither the cache's nor $TMPDIR can be written");
	r = cmd_runs_stem_of(rs, how, stem, err);
	if (r < 0)
		return r;
	it = cmd_runs_by_stem(rs, stem);
	if (it && (it->made.state == UI_MADE_WHOLE || ui_made_comes(it->made.state))) {
		*ret_id = it->made.id;
		return 1;
	}
	if (!it)
		it = cmd_runs_item(rs, stem, how, UI_MADE_WAITING);
	if (!it)
		return sg_fail(err, SG_E_NOMEM, rs->nr < MOST_RUNS ? "out of memory for a run" : "there are too many runs: delete some");
	cmd_runs_forget(rs->dir, stem);
	if (how->name[0])
		snprintf(it->made.how.name, sizeof(it->made.how.name), "%s", how->name);
	it->made.state = UI_MADE_WAITING;
	it->made.milli = 0;
	it->made.events = 0;
	it->made.older = it->stopped = false;
	it->made.why[0] = '\0';
	*ret_id = it->made.id;
	return SG_OK;
}

static void begin(struct cmd_runs *rs, struct item *it)
{
	const struct cmd_runs_job job = { .file = rs->file, .feed = rs->feed, .how = &it->made.how, .dir = rs->dir, .stem = it->stem,
					  .cache = !rs->passing, .program = { rs->key.program[0], rs->key.program[1] } };
	struct sg_err err = { 0 };
	pid_t pid = cmd_runs_fork(&job, &it->seen, &err);

	if (pid < 0) {
		it->made.state = UI_MADE_FAILED;
		snprintf(it->made.why, sizeof(it->made.why), "%.300s", err.text);
		return;
	}
	it->pid = pid;
	it->made.state = UI_MADE_PREPARING;
}

/* Its process has ended: what it said last, or that it said nothing. */
static void ended(struct cmd_runs *rs, struct item *it, int status)
{
	enum ui_made_state state = (enum ui_made_state)it->seen->state;
	struct ui_made *m = &it->made;

	it->pid = 0;
	m->events = it->seen->events;
	m->milli = it->seen->milli;
	if (!ui_made_comes(state)) {
		m->state = state;
		sg_clean(m->why, sizeof(m->why), it->seen->why, strnlen(it->seen->why, sizeof(it->seen->why) - 1));
	} else if (it->stopped) {
		m->state = UI_MADE_NOT;
		snprintf(m->why, sizeof(m->why), "it was stopped before it began");
	} else {
		m->state = UI_MADE_FAILED;
		snprintf(m->why, sizeof(m->why), "its process was ended by %s %d", WIFSIGNALED(status) ? "signal" : "code",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	}
	if (!ui_made_opens(m->state))
		cmd_runs_forget(rs->dir, it->stem);
	cmd_runs_seen_free(it->seen);
	it->seen = NULL;
}

/* True when there is something new to be seen of it. */
static bool follow(struct cmd_runs *rs, struct item *it)
{
	struct ui_made *m = &it->made;
	enum ui_made_state state;
	unsigned int milli;
	bool news;
	int status;

	if (waitpid(it->pid, &status, WNOHANG) == it->pid) {
		ended(rs, it, status);
		return true;
	}
	state = (enum ui_made_state)it->seen->state;
	milli = it->seen->milli;
	if (!ui_made_comes(state)) /* all but gone */
		state = UI_MADE_RUNNING;
	news = state != m->state || milli / 10 != m->milli / 10;
	m->state = state;
	m->milli = milli;
	m->events = it->seen->events;
	return news;
}

static unsigned int most_at_once(const struct cmd_runs *rs)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (rs->opt.at_once)
		return rs->opt.at_once;
	return cpus >= 8 ? 4 : cpus >= 4 ? (unsigned int)cpus / 2 : 1;
}

static bool runs_poll(void *arg)
{
	struct cmd_runs *rs = arg;
	unsigned int going = 0;
	bool news = false;

	for (size_t i = 0; i < rs->nr; i++) {
		if (rs->item[i]->pid)
			news |= follow(rs, rs->item[i]);
		going += rs->item[i]->pid != 0;
	}
	/* a process that is made while the file is read would read on where this one does */
	for (size_t i = 0; i < rs->nr && going < most_at_once(rs) && cmd_feed_whole(rs->feed); i++)
		if (rs->item[i]->made.state == UI_MADE_WAITING) {
			begin(rs, rs->item[i]);
			going++;
			news = true;
		}
	return news;
}

/* ---- what is done with them --------------------------------------------------------------------- */

static void runs_stop(void *arg, uint32_t id)
{
	struct item *it = cmd_runs_by_id(arg, id);

	if (!it || !ui_made_comes(it->made.state))
		return;
	it->stopped = true;
	if (!it->pid) {
		it->made.state = UI_MADE_NOT;
		snprintf(it->made.why, sizeof(it->made.why), "it was stopped before it began");
	} else {
		/* what is being prepared has nothing yet that could be kept */
		kill(it->pid, it->seen->state == UI_MADE_PREPARING ? SIGKILL : SIGTERM);
	}
}

static int put_about(struct cmd_runs *rs, const struct item *it, struct sg_err *err)
{
	struct cmd_runs_about a = { 0 };
	char *path = cmd_runs_path(rs->dir, it->stem, ".run");
	struct stat st;

	a.how = it->made.how;
	a.state = it->made.state;
	a.events = it->made.events;
	a.when = path && stat(path, &st) == 0 ? (uint64_t)st.st_mtim.tv_sec : 0;
	/* of an older one it isn't known which; none is like that */
	a.program[0] = it->made.older ? 0 : rs->key.program[0];
	a.program[1] = it->made.older ? 0 : rs->key.program[1];
	memcpy(a.why, it->made.why, sizeof(a.why));
	free(path);
	return cmd_runs_put(rs->dir, it->stem, &a, err);
}

static int runs_rename(void *arg, uint32_t id, const char *name, struct sg_err *err)
{
	struct cmd_runs *rs = arg;
	struct item *it = cmd_runs_by_id(rs, id);

	if (!it)
		return sg_fail(err, SG_E_NOTFOUND, "there is no such run");
	if (it->pid)
		return sg_fail(err, SG_E_UNSUPPORTED, "it is being made: it can be named when it is there");
	sg_clean(it->made.how.name, sizeof(it->made.how.name), name, strlen(name));
	return ui_made_opens(it->made.state) ? put_about(rs, it, err) : SG_OK;
}

static void end_now(struct cmd_runs *rs, struct item *it)
{
	int status;

	if (!it->pid)
		return;
	kill(it->pid, SIGKILL);
	while (waitpid(it->pid, &status, 0) < 0 && errno == EINTR)
		;
	it->pid = 0;
	cmd_runs_seen_free(it->seen);
	it->seen = NULL;
	cmd_runs_forget(rs->dir, it->stem);
}

static int runs_remove(void *arg, uint32_t id, struct sg_err *err)
{
	struct cmd_runs *rs = arg;
	struct item *it = cmd_runs_by_id(rs, id);
	size_t at = 0;

	if (!it)
		return sg_fail(err, SG_E_NOTFOUND, "there is no such run");
	end_now(rs, it);
	if (rs->dir)
		cmd_runs_forget(rs->dir, it->stem);
	while (rs->item[at] != it)
		at++;
	memmove(&rs->item[at], &rs->item[at + 1], (rs->nr - at - 1) * sizeof(struct item *));
	rs->nr--;
	free(it);
	return SG_OK;
}

/* ---- life ------------------------------------------------------------------------------------------------ */

static void why_not(struct cmd_runs *rs)
{
	const struct sg_capture *cap = cmd_feed_capture(rs->feed);

	if (cap->still)
		snprintf(rs->cannot, sizeof(rs->cannot), "a dump has no events, so nobody knows what tasks would ask for: runs need a trace");
	else if (cap->simulated)
		snprintf(rs->cannot, sizeof(rs->cannot), "this is a simulated run, and what its tasks asked for isn't in it: open %.100s, the "
			 "capture that it was made from, for further runs", cap->simulated->capture);
	else if (!sg_capture_records(cap, SG_EV_mm_page_alloc) || !sg_capture_records(cap, SG_EV_mm_page_free))
		snprintf(rs->cannot, sizeof(rs->cannot), "this recording doesn't have the events mm_page_alloc and mm_page_free, so nobody "
			 "knows what its tasks asked for (samples/README.md)");
	if (rs->cannot[0])
		rs->maker.cannot = rs->cannot;
}

struct cmd_runs *cmd_runs_new(const char *file, struct cmd_feed *feed, const struct cmd_runs_options *opt)
{
	const struct mm_config *cfg = cmd_feed_config(feed);
	const struct sg_snapshot *snap[sizeof(cfg->seed) / sizeof(cfg->seed[0])] = { NULL };
	struct cmd_runs *rs = sg_calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->file = file;
	rs->feed = feed;
	rs->opt = *opt;
	rs->w.cap = cmd_feed_capture(feed);
	rs->w.cfg = cfg;
	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		snap[i] = cfg->seed[i].snap;
	mm_policy_of_capture(&rs->w.own, rs->w.cap, snap, cfg->nr_seeds);
	rs->maker = (struct ui_maker){ .arg = rs, .own = &rs->w.own, .policy = runs_policy, .start = runs_start, .poll = runs_poll,
				       .count = runs_count, .get = runs_get, .stop = runs_stop, .rename = runs_rename,
				       .remove = runs_remove, .open = cmd_runs_open };
	why_not(rs);
	return rs;
}

static void remove_passing(struct cmd_runs *rs)
{
	for (size_t i = 0; i < rs->nr; i++)
		cmd_runs_forget(rs->dir, rs->item[i]->stem);
	rmdir(rs->dir);
}

void cmd_runs_free(struct cmd_runs *rs)
{
	if (!rs)
		return;
	for (size_t i = 0; i < rs->nr; i++)
		end_now(rs, rs->item[i]);
	if (rs->passing)
		remove_passing(rs);
	for (size_t i = 0; i < rs->nr; i++)
		free(rs->item[i]);
	free(rs->item);
	free(rs->dir);
	free(rs);
}

const struct ui_maker *cmd_runs_maker(const struct cmd_runs *rs)
{
	return &rs->maker;
}
