// SPDX-License-Identifier: GPL-2.0-only
/* stormglass check: the rules' answers against the kernel's; stormglass decisions: each one with its numbers. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cmd_sgs.h"
#include "cmd_trust.h"
#include "check/check.h"
#include "say/words.h"

static const char *const verdict_name[] = {
	[MM_UNDECIDED] = "undecided",
	[MM_EQUAL] = "equal",
	[MM_DIFFERS] = "differs",
};

/* What is printed of each decision. */
struct lister {
	struct cmd_out *o;
	struct cmd_json *j; /* NULL: text */
	const struct sg_capture *cap;
	const struct mm_policy *policy; /* NULL: the captured kernel's own */
	int kind;       /* -1: all */
	uint64_t nr;    /* printed so far */
	bool all;       /* also those that agree */
	uint64_t from, to;
};

/* One line under a heading.  Names in it come from the capture: a terminal must not obey them. */
static void put_line(struct cmd_out *o, const char *heading, const char *text)
{
	char clean[1024];

	if (!text || !*text)
		return;
	sg_clean(clean, sizeof(clean), text, strlen(text));
	cmd_printf(o, "    %-8s %s\n", heading, clean);
}

static void put_numbers(struct lister *l, const struct mm_decision *d)
{
	char line[1024] = "", value[400];
	struct mm_text t = { line, sizeof(line), 0 };

	for (unsigned int i = 0; i < d->nr_numbers; i++)
		mm_text_add(&t, "%s%s %s", i ? ", " : "", d->number[i].name,
			    mm_number_text(l->cap, d->number[i].name, d->number[i].value, value, sizeof(value)));
	put_line(l->o, "numbers:", line);
}

static void list_text(struct lister *l, const struct mm_decision *d)
{
	const char *comm = sg_capture_comm(l->cap, d->pid);
	char task[64], missing[256];

	sg_clean(task, sizeof(task), comm, strlen(comm));
	cmd_put_uint(l->o, d->event);
	cmd_puts(l->o, "  ");
	cmd_put_time(l->o, l->cap, d->ts);
	cmd_printf(l->o, "  %s-%" PRId32 "  %s  %s\n", task, d->pid, mm_check_key(d->kind), verdict_name[d->verdict]);
	put_line(l->o, "kernel:", d->kernel);
	put_line(l->o, "rules:", d->ours);
	if (d->verdict == MM_UNDECIDED) {
		snprintf(missing, sizeof(missing), "%s (%s)", mm_missing_text(d->why), d->why);
		put_line(l->o, "missing:", missing);
	}
	put_line(l->o, "why:", d->reason);
	put_line(l->o, "rule:", d->rule);
	put_numbers(l, d);
}

static void list_json(struct lister *l, const struct mm_decision *d)
{
	cmd_json_object(l->j, NULL, true);
	cmd_json_uint(l->j, "event", d->event);
	cmd_json_time(l->j, "time", l->cap, d->ts);
	cmd_json_str(l->j, "task", sg_capture_comm(l->cap, d->pid));
	cmd_json_int(l->j, "pid", d->pid);
	cmd_json_str(l->j, "kind", mm_check_key(d->kind));
	cmd_json_str(l->j, "verdict", verdict_name[d->verdict]);
	if (d->verdict == MM_UNDECIDED)
		cmd_json_str(l->j, "missing", d->why);
	cmd_json_str(l->j, "rule", d->rule);
	cmd_json_str(l->j, "rules", d->ours ? d->ours : "");
	cmd_json_str(l->j, "kernel", d->kernel ? d->kernel : "");
	cmd_json_str(l->j, "reason", d->reason ? d->reason : "");
	cmd_json_object(l->j, "numbers", true);
	for (unsigned int i = 0; i < d->nr_numbers; i++)
		cmd_json_int(l->j, d->number[i].name, d->number[i].value);
	cmd_json_end(l->j);
	cmd_json_end(l->j);
}

static void on_decision(void *arg, const struct mm_decision *d)
{
	struct lister *l = arg;

	if ((l->kind >= 0 && d->kind != (enum mm_check_kind)l->kind) || (!l->all && d->verdict != MM_DIFFERS) ||
	    d->event < l->from || d->event > l->to || cmd_out_gone(l->o))
		return;
	l->nr++;
	if (l->j)
		list_json(l, d);
	else
		list_text(l, d);
}

/* @part of @of in per cent, a dash of nothing. */
static const char *percent(char buf[16], uint64_t part, uint64_t of)
{
	if (of == 0)
		return "-";
	snprintf(buf, 16, "%.3f%%", 100.0 * (double)part / (double)of);
	return buf;
}

#define RULES_SIZE 4000 /* every fact and every setting with its largest value take less */

/* What is followed: the name of a kernel, of an asked policy its facts and settings as well. */
static const char *rules_name(const struct lister *l, const struct mm_check *c, char buf[RULES_SIZE], bool *ret_guess)
{
	const char *name = mm_check_rules(c, ret_guess);

	if (!l->policy)
		return name;
	mm_policy_print(l->policy, buf, RULES_SIZE);
	return buf;
}

static void put_rules(const struct lister *l, const struct mm_check *c)
{
	const char *kernel = mm_check_config(c)->cap->kernel;
	char clean[160], name[RULES_SIZE];
	bool guess;

	sg_clean(clean, sizeof(clean), kernel, strlen(kernel));
	cmd_puts(l->o, "rules of ");
	cmd_puts(l->o, rules_name(l, c, name, &guess));
	if (l->policy)
		cmd_printf(l->o, ": asked for, whatever the capture's kernel %s follows", clean[0] ? clean : "(unnamed)");
	else if (guess && strcmp(kernel, "unknown") == 0)
		cmd_puts(l->o, ": a guess, nothing tells of which kernel the capture is");
	else if (guess)
		cmd_printf(l->o, mm_check_policy(c)->release < MM_OLDEST_WHOLE ?
					 ": a guess, as far as they are known of kernels older than 6.1; the capture's is %s" :
					 ": a guess, the capture's kernel %s is none of those that are known",
			   clean[0] ? clean : "(unnamed)");
	cmd_puts(l->o, "\n\n");
}

/* @said: the limits stand above the list already. */
static void sums_text(const struct lister *l, const struct mm_check *c, const struct sg_limits *limits, bool said)
{
	struct cmd_out *o = l->o;
	char a[16], b[16];

	put_rules(l, c);
	if (!said)
		cmd_limits_text(o, limits);
	cmd_printf(o, "%-14s %10s %10s %8s %10s %9s\n", "kind", "total", "decidable", "", "equal", "");
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		const struct mm_check_sum *s = mm_check_get(c, k);

		if (l->kind >= 0 && k != (unsigned int)l->kind)
			continue;
		cmd_printf(o, "%-14s %10" PRIu64 " %10" PRIu64 " %8s %10" PRIu64 " %9s\n", mm_check_key(k), s->total,
			   s->decidable, percent(a, s->decidable, s->total), s->equal,
			   percent(b, s->equal, s->decidable));
		for (unsigned int i = 0; i < s->nr_why; i++)
			cmd_printf(o, "%14s %10" PRIu64 " undecided: %s\n", "", s->undecided[i].count, s->undecided[i].why);
	}
}

/* The missing facts that the table names, each in words. */
static void put_missing(const struct lister *l, const struct mm_check *c)
{
	const char *shown[MM_CHECK_COUNT * sizeof(((struct mm_check_sum *)0)->undecided) /
			  sizeof(((struct mm_check_sum *)0)->undecided[0])];
	unsigned int nr = 0;

	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		const struct mm_check_sum *s = mm_check_get(c, k);

		for (unsigned int i = 0; i < s->nr_why && (l->kind < 0 || k == (unsigned int)l->kind); i++) {
			const char *why = s->undecided[i].why;
			unsigned int same = 0;

			while (same < nr && strcmp(shown[same], why) != 0)
				same++;
			if (same < nr)
				continue;
			cmd_puts(l->o, nr ? "" : "\nundecided, because the trace doesn't tell\n");
			cmd_printf(l->o, "  %-24s %s\n", why, mm_missing_text(why));
			shown[nr++] = why;
		}
	}
}

static void rules_json(const struct lister *l, const struct mm_check *c)
{
	char name[RULES_SIZE];
	bool guess;

	cmd_json_str(l->j, "rules", rules_name(l, c, name, &guess));
	cmd_json_bool(l->j, "rules_guessed", guess);
}

static void sums_json(struct cmd_json *j, const struct mm_check *c)
{
	cmd_json_object(j, "kinds", false);
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		const struct mm_check_sum *s = mm_check_get(c, k);

		cmd_json_object(j, mm_check_key(k), true);
		cmd_json_uint(j, "total", s->total);
		cmd_json_uint(j, "decidable", s->decidable);
		cmd_json_uint(j, "equal", s->equal);
		cmd_json_object(j, "undecided", true);
		for (unsigned int i = 0; i < s->nr_why; i++)
			cmd_json_uint(j, s->undecided[i].why, s->undecided[i].count);
		cmd_json_end(j);
		cmd_json_end(j);
	}
	cmd_json_end(j);
}

/* Limits that showed only while the decisions were listed. */
static void put_later(struct cmd_out *o, const struct sg_limits *first, const struct sg_limits *all)
{
	struct sg_limits later = { 0 };

	for (unsigned int i = 0; i < sg_limits_count(all); i++) {
		const struct sg_limit *x = sg_limits_at(all, i);
		bool known = false;

		for (unsigned int k = 0; k < sg_limits_count(first) && !known; k++)
			known = sg_limits_at(first, k)->id == x->id && strcmp(sg_limits_at(first, k)->text, x->text) == 0;
		if (!known)
			sg_limits_add(&later, x->id, x->from, x->to, x->remedy, "%s", x->text);
	}
	cmd_limits_text(o, &later);
	sg_limits_free(&later);
}

/* @decisions: list every decision and no sums. */
static int run_check(const char *file, bool json, bool list, bool decisions, struct lister *l, struct sg_err *err)
{
	const struct sg_event *ev;
	struct mm_machine *m = NULL;
	struct mm_check *c = NULL;
	struct cmd_trust trust = { 0 };
	struct sg_limits first = { 0 }, all = { 0 }; /* known before the first event, and at the end */
	struct cmd_source src;
	struct cmd_json j;
	int r = cmd_open(file, &src, err);

	if (r == 0)
		r = cmd_wants_events(&src, err);
	if (r == 0)
		r = cmd_machine_new(&src, &m, err);
	l->cap = src.cap;
	l->j = json ? &j : NULL;
	if (r == 0) {
		c = mm_check_new_under(m, &src.cfg, l->policy, list ? on_decision : NULL, l, err);
		r = c ? 0 : SG_E_NOMEM;
	}
	if (r == 0) {
		cmd_limits(&src, &first);
		if (json) {
			cmd_json_init(&j, l->o);
			cmd_json_object(&j, NULL, false);
			rules_json(l, c);
			if (list)
				cmd_json_array(&j, decisions ? "decisions" : "disagreements", false);
		}
		if (decisions && !json)
			put_rules(l, c);
		if (list && !json)
			cmd_limits_text(l->o, &first);
		/* to the end also with --to: what an earlier event began may be settled much later */
		while ((ev = cmd_next(&src)) != NULL && !cmd_out_gone(l->o)) {
			mm_skip(m, src.number);
			cmd_trust_event(&trust, c, ev, src.number);
			mm_check_observe(c, m, ev);
		}
		mm_check_finish(c);
		if (list && !json && l->nr == 0)
			cmd_puts(l->o, decisions ? "no decisions\n" : "no disagreements\n");
		if (list && !json && !decisions)
			cmd_puts(l->o, "\n");
		cmd_limits(&src, &all);
		if (list && !json)
			put_later(l->o, &first, &all);
		if (json) {
			if (list)
				cmd_json_end(&j);
			cmd_limits_json(&j, &all);
			if (!decisions) {
				sums_json(&j, c);
				cmd_trust_json(&trust, &j, c, m);
			}
			cmd_json_end(&j);
			cmd_puts(l->o, "\n");
		} else if (!decisions) {
			sums_text(l, c, &all, list);
			put_missing(l, c);
			cmd_trust_text(&trust, l->o, c, m, l->kind);
		}
		r = cmd_whole(file, m, err);
	}
	sg_limits_free(&first);
	sg_limits_free(&all);
	mm_check_free(c);
	mm_machine_free(m);
	cmd_close(&src);
	return r;
}

static int kind_by_key(const char *key)
{
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++)
		if (strcmp(mm_check_key(k), key) == 0)
			return (int)k;
	return -1;
}

static int kind_usage(const struct cmd *cmd, const char *arg)
{
	char keys[160];
	size_t n = 0;

	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++)
		n += (size_t)snprintf(keys + n, sizeof(keys) - n, "%s%s", k ? ", " : "", mm_check_key(k));
	return cmd_usage(cmd, "'%s' is no kind of decision; there are %s", arg, keys);
}

static int finish(struct lister *l, int r, const struct sg_err *err)
{
	int code = r < 0 ? cmd_fail(err) : CMD_OK;

	return cmd_out_end(l->o, code);
}

static int run(struct lister *l, const char *file, bool json, bool list, bool decisions)
{
	struct sg_err err = { 0 };
	int r;

	l->o = cmd_out_new();
	if (!l->o) {
		sg_fail(&err, SG_E_NOMEM, "out of memory");
		return cmd_fail(&err);
	}
	r = run_check(file, json, list, decisions, l, &err);
	return finish(l, r, &err);
}

int cmd_check(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "list", no_argument, NULL, 'l' },
		{ "kind", required_argument, NULL, 'k' }, { "policy", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 },
	};
	struct mm_policy policy;
	struct sg_err err = { 0 };
	struct lister l = { .kind = -1, .to = UINT64_MAX };
	bool json = false, list = false;
	const char *file;
	int opt, code;

	while ((opt = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (opt == 'j')
			json = true;
		else if (opt == 'l')
			list = true;
		else if (opt == 'k') {
			l.kind = kind_by_key(optarg);
			if (l.kind < 0)
				return kind_usage(cmd, optarg);
		} else if (opt == 'p') {
			if (mm_policy_parse(optarg, &policy, &err) < 0)
				return cmd_usage(cmd, "%s", err.text);
			cmd_policy_notes(&policy);
			l.policy = &policy;
		} else
			return cmd_common_option(cmd, opt, argv[optind - 1]);
	}
	code = cmd_take_file(cmd, argc, argv, &file);
	return code != CMD_OK ? code : run(&l, file, json, list, false);
}

/* A position as it was typed, and the event that it names. */
struct named_pos {
	const char *text; /* NULL: none was typed, and @event stays */
	uint64_t event;
};

/* Reads the capture once to find where both positions lie; 0 or a negative code. */
static int resolve(const char *file, struct named_pos *from, struct named_pos *to, struct sg_err *err)
{
	struct named_pos *named[2] = { from, to };
	struct sg_pos_scan scan[2] = { 0 };
	const struct sg_event *ev;
	struct cmd_source src;
	int r = cmd_open(file, &src, err);

	if (r == 0)
		r = cmd_wants_events(&src, err);
	for (int i = 0; i < 2; i++) {
		if (r == 0 && named[i]->text)
			r = cmd_read_pos(&src, named[i]->text, &scan[i].pos, err);
		else
			scan[i].done = true;
	}
	/* to the end also when both are found: an error says how many events there are */
	while (r == 0 && (ev = cmd_next(&src)) != NULL)
		for (int i = 0; i < 2; i++)
			if (named[i]->text)
				cmd_feed_pos(&src, &scan[i], ev);
	for (int i = 0; i < 2; i++)
		if (r == 0 && named[i]->text)
			r = sg_pos_found(&scan[i], &named[i]->event, err);
	if (r == 0)
		r = cmd_range(from->event, to->event, err);
	cmd_close(&src);
	return r;
}

int cmd_decisions(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' }, { "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' }, { "kind", required_argument, NULL, 'k' },
		{ "policy", required_argument, NULL, 'p' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 },
	};
	struct mm_policy policy;
	struct lister l = { .kind = -1, .all = true, .to = UINT64_MAX };
	struct named_pos from = { NULL, 0 }, to = { NULL, UINT64_MAX };
	struct sg_err err = { 0 };
	const char *file;
	bool json = false;
	int opt, code;

	while ((opt = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (opt == 'j')
			json = true;
		else if (opt == 'f' || opt == 't') {
			if (!cmd_is_pos(optarg, &err))
				return cmd_usage(cmd, "%s", err.text);
			*(opt == 'f' ? &from.text : &to.text) = optarg;
		} else if (opt == 'k') {
			l.kind = kind_by_key(optarg);
			if (l.kind < 0)
				return kind_usage(cmd, optarg);
		} else if (opt == 'p') {
			if (mm_policy_parse(optarg, &policy, &err) < 0)
				return cmd_usage(cmd, "%s", err.text);
			cmd_policy_notes(&policy);
			l.policy = &policy;
		} else
			return cmd_common_option(cmd, opt, argv[optind - 1]);
	}
	code = cmd_take_file(cmd, argc, argv, &file);
	if (code != CMD_OK)
		return code;
	if ((from.text || to.text) && resolve(file, &from, &to, &err) < 0)
		return cmd_fail(&err);
	l.from = from.event;
	l.to = to.event;
	return run(&l, file, json, true, true);
}
