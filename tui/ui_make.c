// SPDX-License-Identifier: GPL-2.0-only
/* The policies that there are, the one that is being put together, and what a run of it would be. */
#include "ui_make.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/choice.h"
#include "ui_model.h"
#include "ui_spec.h"

#define MOST_SERIES 64u

const struct ui_maker *ui_make_maker(const struct ui_model *md)
{
	return md->home->src->maker;
}

static const char *release_name(uint32_t release, char buf[static 40])
{
	char text[32];

	mm_release_name(release, text, sizeof(text));
	snprintf(buf, 40, "linux-%s", text);
	return buf;
}

static uint32_t release_of(unsigned int i)
{
	uint32_t series[MOST_SERIES];
	unsigned int nr = mm_release_series(series, MOST_SERIES);

	/* the newest first: it is what people ask for */
	return i < nr && i < MOST_SERIES ? series[(nr < MOST_SERIES ? nr : MOST_SERIES) - 1 - i] : 0;
}

/* Does the policy's text begin with a file? */
static bool from_file(const char *spec)
{
	return strncmp(spec, "own", 3) != 0 && strncmp(spec, "linux-", 6) != 0;
}

/* The kernel that lies beneath. */
static void beneath(const struct ui_make *mk, char *buf, size_t size)
{
	if (!from_file(mk->how.spec))
		ui_spec_base(mk->how.spec, buf, size);
	else if (!ui_spec_get(mk->how.spec, "base", buf, size))
		snprintf(buf, size, "own");
}

/* ---- what a row says -------------------------------------------------------------- */

void ui_row_key(const struct ui_make *mk, const struct ui_row *row, char *buf, size_t size)
{
	const struct mm_choice *c;
	char name[40];

	buf[0] = '\0';
	switch ((enum ui_row_kind)row->kind) {
	case UI_ROW_HEAD:
		break;
	case UI_ROW_OWN:
		snprintf(buf, size, "own");
		break;
	case UI_ROW_KERNEL:
		snprintf(buf, size, "%s", release_name(release_of(row->a), name));
		break;
	case UI_ROW_FILE:
		if (from_file(mk->how.spec))
			ui_spec_base(mk->how.spec, buf, size);
		else
			snprintf(buf, size, "FILE");
		break;
	case UI_ROW_VALUE:
		c = mm_choice(row->a);
		snprintf(buf, size, "%s=%s", c->key, c->value[row->b].key);
		break;
	case UI_ROW_SETTING:
		snprintf(buf, size, "%s=%lld", mm_tunable_key((enum mm_tunable)row->a), (long long)mk->policy.tune[row->a]);
		break;
	case UI_ROW_FACT:
		snprintf(buf, size, "%s=%d", mm_fact_key((enum mm_fact)row->a), mm_facts_has(mk->policy.facts, (enum mm_fact)row->a));
		break;
	case UI_ROW_SEED:
		snprintf(buf, size, "seed %" PRIu64, mk->how.seed);
		break;
	case UI_ROW_ASSUME:
		snprintf(buf, size, "assume %s", mk->how.assume ? "on" : "off");
		break;
	case UI_ROW_NAME:
		snprintf(buf, size, "name %s", mk->how.name[0] ? mk->how.name : "-");
		break;
	case UI_ROW_TEXT:
		snprintf(buf, size, "policy as text");
		break;
	}
}

void ui_row_text(const struct ui_model *md, const struct ui_row *row, char *buf, size_t size)
{
	static const char *const heads[] = {
		[UI_HEAD_RUN] = "this run",
		[UI_HEAD_KERNELS] = "kernels: whose rules lie beneath",
		[UI_HEAD_SETTINGS] = "settings: those that aren't changed are the capture's",
		[UI_HEAD_FACTS] = "single facts of kernels, switched",
	};
	const struct mm_policy *own = ui_make_maker(md)->own;
	const struct mm_choice *c;

	buf[0] = '\0';
	switch ((enum ui_row_kind)row->kind) {
	case UI_ROW_HEAD:
		c = row->a >= UI_HEAD_COUNT ? mm_choice((unsigned int)row->a - UI_HEAD_COUNT) : NULL;
		if (c)
			snprintf(buf, size, "%s: %s (document %s)", c->key, c->text, c->document);
		else
			snprintf(buf, size, "%s", heads[row->a]);
		break;
	case UI_ROW_OWN:
		snprintf(buf, size, "the rules of the captured kernel, %s%s", own->name, own->guess ? " as a guess" : "");
		break;
	case UI_ROW_KERNEL:
		snprintf(buf, size, "%s", release_of(row->a) == own->release ? "the captured kernel's release" : "");
		break;
	case UI_ROW_FILE:
		snprintf(buf, size, "a policy of your own out of a file, .c or .so");
		break;
	case UI_ROW_VALUE:
		snprintf(buf, size, "%s", mm_choice(row->a)->value[row->b].text);
		break;
	case UI_ROW_SETTING:
		snprintf(buf, size, "%lld to %lld, capture: %s%lld%s  %s",
			 (long long)mm_tunable_limit((enum mm_tunable)row->a, MM_LIMIT_LEAST),
			 (long long)mm_tunable_limit((enum mm_tunable)row->a, MM_LIMIT_MOST),
			 mm_policy_told(own, (enum mm_tunable)row->a) ? "" : "not told, ", (long long)own->tune[row->a],
			 mm_policy_told(own, (enum mm_tunable)row->a) ? "" : " guessed", mm_tunable_text((enum mm_tunable)row->a));
		break;
	case UI_ROW_FACT:
		snprintf(buf, size, "%s", mm_fact_text((enum mm_fact)row->a));
		break;
	case UI_ROW_SEED:
		snprintf(buf, size, "what chance decides: the same seed gives the same run");
		break;
	case UI_ROW_ASSUME:
		snprintf(buf, size, "take what a recording with gaps sees for all there is (--assume)");
		break;
	case UI_ROW_NAME:
		snprintf(buf, size, "a name for the run in the list");
		break;
	case UI_ROW_TEXT:
		snprintf(buf, size, "type all of it as --policy takes it");
		break;
	}
}

bool ui_row_more(const struct ui_model *md, const struct ui_row *row, unsigned int i, char *buf, size_t size)
{
	const struct mm_choice *c = row->kind == UI_ROW_VALUE ? mm_choice(row->a) : NULL;

	if (i == 0) {
		ui_row_text(md, row, buf, size);
		return buf[0] != '\0';
	}
	if (c && i == 1) {
		if (ui_row_own(&md->make, row))
			snprintf(buf, size, "The kernel beneath does so by itself.");
		else
			snprintf(buf, size, "To be seen in %s", c->capture);
		return true;
	}
	if (c && i == 2) {
		snprintf(buf, size, "%s", c->where);
		return true;
	}
	if (row->kind == UI_ROW_FACT && i == 1) {
		snprintf(buf, size, "%s", mm_fact_where((enum mm_fact)row->a));
		return true;
	}
	return false;
}

bool ui_row_chosen(const struct ui_make *mk, const struct ui_row *row)
{
	char base[UI_MADE_SPEC], name[UI_MADE_SPEC];
	const struct mm_choice *c;

	switch ((enum ui_row_kind)row->kind) {
	case UI_ROW_OWN:
	case UI_ROW_KERNEL:
		beneath(mk, base, sizeof(base));
		ui_row_key(mk, row, name, sizeof(name));
		return strcmp(base, name) == 0;
	case UI_ROW_FILE:
		return from_file(mk->how.spec);
	case UI_ROW_VALUE:
		c = mm_choice(row->a);
		return ui_spec_has(mk->how.spec, c->key, c->value[row->b].key);
	case UI_ROW_SETTING:
		return ui_spec_get(mk->how.spec, mm_tunable_key((enum mm_tunable)row->a), base, sizeof(base));
	case UI_ROW_FACT:
		return ui_spec_get(mk->how.spec, mm_fact_key((enum mm_fact)row->a), base, sizeof(base));
	case UI_ROW_ASSUME:
		return mk->how.assume;
	case UI_ROW_NAME:
		return mk->how.name[0];
	default:
		return false;
	}
}

bool ui_row_own(const struct ui_make *mk, const struct ui_row *row)
{
	return row->kind == UI_ROW_VALUE && mm_choice_own(mm_choice(row->a), mk->base.facts) == (int)row->b &&
	       !mm_choice(row->a)->setting;
}

/* ---- the policy -------------------------------------------------------------------- */

void ui_make_read(struct ui_model *md)
{
	const struct ui_maker *maker = ui_make_maker(md);
	struct ui_make *mk = &md->make;
	struct sg_err err = { 0 };
	char base[UI_MADE_SPEC];

	mk->nr_notes = 0;
	mk->error[0] = '\0';
	mk->fits = maker->policy(maker->arg, mk->how.spec, &mk->policy, &err) >= 0;
	beneath(mk, base, sizeof(base));
	maker->policy(maker->arg, base, &mk->base, NULL);
	if (!mk->fits) {
		snprintf(mk->error, sizeof(mk->error), "%.390s", err.text);
		return;
	}
	while (mk->nr_notes < UI_MAKE_NOTES &&
	       mm_policy_note(&mk->policy, mk->nr_notes, mk->note[mk->nr_notes], sizeof(mk->note[0])))
		mk->nr_notes++;
	/* a setting that is as it was is easily overlooked */
	for (unsigned int t = 0; t < MM_TUNE_COUNT && mk->nr_notes < UI_MAKE_NOTES; t++)
		if (ui_spec_get(mk->how.spec, mm_tunable_key((enum mm_tunable)t), base, sizeof(base)) &&
		    mk->policy.tune[t] == maker->own->tune[t] && mm_policy_told(maker->own, (enum mm_tunable)t))
			snprintf(mk->note[mk->nr_notes++], sizeof(mk->note[0]), "%s=%lld is what the capture ran with: no difference",
				 mm_tunable_key((enum mm_tunable)t), (long long)mk->policy.tune[t]);
}

void ui_make_reset(struct ui_model *md)
{
	struct ui_make *mk = &md->make;

	mk->how = (struct ui_recipe){ .spec = "own", .seed = 1 };
	mk->policy = mk->base = *ui_make_maker(md)->own;
	ui_make_read(md);
}

static bool is_part(void *arg, const char *value, size_t len)
{
	const struct mm_choice *c = arg;

	for (unsigned int v = 0; v < c->nr; v++)
		if (strlen(c->value[v].key) == len && memcmp(c->value[v].key, value, len) == 0)
			return c->value[v].part;
	return false;
}

/* On or off, of what has two values: the other one than now; and no word of it when that is the one it had. */
static bool flip(struct ui_make *mk, const char *key, int64_t now, int64_t by_itself)
{
	char value[24];

	snprintf(value, sizeof(value), "%d", now == 0);
	return ui_spec_set(mk->how.spec, key, (now == 0) == (by_itself != 0) ? NULL : value);
}

bool ui_make_choose(struct ui_model *md, const struct ui_row *row)
{
	struct ui_make *mk = &md->make;
	struct ui_recipe before = mk->how;
	const struct mm_choice *c;
	char name[40], base[UI_MADE_SPEC];
	bool ok = true;

	switch ((enum ui_row_kind)row->kind) {
	case UI_ROW_OWN:
	case UI_ROW_KERNEL:
		snprintf(name, sizeof(name), "own");
		if (row->kind == UI_ROW_KERNEL && !ui_row_chosen(mk, row))
			release_name(release_of(row->a), name);
		ok = from_file(mk->how.spec) ? ui_spec_set(mk->how.spec, "base", strcmp(name, "own") ? name : NULL)
					     : ui_spec_set_base(mk->how.spec, name);
		break;
	case UI_ROW_VALUE:
		c = mm_choice(row->a);
		ok = ui_spec_toggle(mk->how.spec, c->key, c->value[row->b].key, c->value[row->b].part, is_part,
				    (void *)(uintptr_t)c);
		break;
	case UI_ROW_SETTING:
		if (mm_tunable_limit((enum mm_tunable)row->a, MM_LIMIT_LEAST) != 0 ||
		    mm_tunable_limit((enum mm_tunable)row->a, MM_LIMIT_MOST) != 1)
			return false;
		ok = flip(mk, mm_tunable_key((enum mm_tunable)row->a), mk->policy.tune[row->a], mk->base.tune[row->a]);
		break;
	case UI_ROW_FACT:
		ok = flip(mk, mm_fact_key((enum mm_fact)row->a), mm_facts_has(mk->policy.facts, (enum mm_fact)row->a),
			  mm_facts_has(mk->base.facts, (enum mm_fact)row->a));
		break;
	case UI_ROW_ASSUME:
		mk->how.assume = !mk->how.assume;
		break;
	case UI_ROW_FILE:
		if (!ui_row_chosen(mk, row))
			return false;
		beneath(mk, base, sizeof(base));
		ok = ui_spec_set(mk->how.spec, "base", NULL) && ui_spec_set_base(mk->how.spec, base);
		break;
	default:
		return false;
	}
	if (!ok) {
		mk->how = before;
		ui_model_say(md, UI_MSG_WARN, "the policy's text is too long for more");
	}
	ui_make_read(md);
	return true;
}

/* ---- the list -------------------------------------------------------------------------- */

/* Is what is searched for somewhere in the row, or in its heading? */
static bool passes(const struct ui_model *md, const struct ui_row *row, const struct ui_row *head)
{
	char text[UI_ROW_TEXT_MAX * 2 + 80];
	size_t n;

	ui_row_key(&md->make, row, text, 80);
	n = strlen(text);
	text[n++] = ' ';
	ui_row_text(md, row, text + n, UI_ROW_TEXT_MAX);
	n += strlen(text + n);
	text[n++] = ' ';
	ui_row_text(md, head, text + n, UI_ROW_TEXT_MAX);
	return strcasestr(text, md->make.filter) != NULL;
}

static void put(struct ui_model *md, struct ui_row *head, bool *headed, struct ui_row row)
{
	struct ui_make *mk = &md->make;

	mk->of++;
	if (!passes(md, &row, head))
		return;
	if (!*headed && mk->nr + 1 < UI_MAKE_ROWS)
		mk->row[mk->nr++] = *head;
	*headed = true;
	if (mk->nr < UI_MAKE_ROWS)
		mk->row[mk->nr++] = row;
}

static void all_rows(struct ui_model *md)
{
	const struct mm_choice *c;
	struct ui_row head = { .kind = UI_ROW_HEAD, .a = UI_HEAD_RUN };
	bool headed = false;

	put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_OWN });
	put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_FILE });
	put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_TEXT });
	put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_SEED });
	put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_NAME });
	put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_ASSUME });
	for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++) {
		if (c->setting) /* among the settings */
			continue;
		head.a = (uint16_t)(UI_HEAD_COUNT + i);
		headed = false;
		for (unsigned int v = 0; v < c->nr; v++)
			put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_VALUE, .a = (uint16_t)i, .b = (uint16_t)v });
	}
	head.a = UI_HEAD_SETTINGS;
	headed = false;
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++)
		put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_SETTING, .a = (uint16_t)t });
	head.a = UI_HEAD_KERNELS;
	headed = false;
	for (unsigned int i = 0; release_of(i); i++)
		put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_KERNEL, .a = (uint16_t)i });
	head.a = UI_HEAD_FACTS;
	headed = false;
	for (unsigned int x = 0; x < MM_FACT_COUNT; x++)
		put(md, &head, &headed, (struct ui_row){ .kind = UI_ROW_FACT, .a = (uint16_t)x });
}

void ui_make_filter(struct ui_model *md)
{
	struct ui_make *mk = &md->make;
	struct ui_row was = (unsigned int)mk->sel < mk->nr ? mk->row[mk->sel] : (struct ui_row){ 0 };

	mk->nr = mk->of = 0;
	all_rows(md);
	mk->sel = 0;
	for (unsigned int i = mk->nr; i-- > 0;)
		if (mk->row[i].kind == was.kind && mk->row[i].a == was.a && mk->row[i].b == was.b && was.kind != UI_ROW_HEAD)
			mk->sel = (int)i;
	if (mk->nr > 1 && mk->row[mk->sel].kind == UI_ROW_HEAD)
		mk->sel++;
}

void ui_make_best(struct ui_model *md)
{
	struct ui_make *mk = &md->make;
	unsigned int best = 3;

	for (unsigned int i = 0; i < mk->nr && mk->filter[0]; i++) {
		char key[80];
		const char *at;
		unsigned int is;

		if (mk->row[i].kind == UI_ROW_HEAD)
			continue;
		ui_row_key(mk, &mk->row[i], key, sizeof(key));
		at = strcasestr(key, mk->filter);
		is = at == key ? 0 : at ? 1 : 2;
		if (is < best) {
			best = is;
			mk->sel = (int)i;
		}
	}
}

/* ---- Enter --------------------------------------------------------------------------------- */

bool ui_make_enter_asks(const struct ui_model *md)
{
	const struct ui_make *mk = &md->make;
	const struct ui_row *row = (unsigned int)mk->sel < mk->nr ? &mk->row[mk->sel] : NULL;

	if (!row)
		return false;
	switch ((enum ui_row_kind)row->kind) {
	case UI_ROW_SEED:
	case UI_ROW_NAME:
	case UI_ROW_ASSUME:
	case UI_ROW_TEXT:
		return true;
	case UI_ROW_FILE:
		return !ui_row_chosen(mk, row);
	case UI_ROW_SETTING:
		return !ui_row_chosen(mk, row) && (mm_tunable_limit((enum mm_tunable)row->a, MM_LIMIT_LEAST) != 0 ||
						   mm_tunable_limit((enum mm_tunable)row->a, MM_LIMIT_MOST) != 1);
	default:
		return false;
	}
}

void ui_make_enter(const struct ui_model *md, struct ui_make *ret)
{
	const struct ui_make *mk = &md->make;
	struct ui_model with;

	*ret = *mk;
	if (strcmp(mk->how.spec, "own") != 0 || (unsigned int)mk->sel >= mk->nr || ui_make_enter_asks(md))
		return;
	with = *md;
	ui_make_choose(&with, &mk->row[mk->sel]);
	*ret = with.make;
}

void ui_made_text(const struct ui_made *m, char *buf, size_t size)
{
	switch (m->state) {
	case UI_MADE_NOT:
		snprintf(buf, size, "not made");
		break;
	case UI_MADE_WAITING:
		snprintf(buf, size, "waits");
		break;
	case UI_MADE_PREPARING:
		snprintf(buf, size, "takes demand");
		break;
	case UI_MADE_RUNNING:
		snprintf(buf, size, "running %u %%", m->milli / 10);
		break;
	case UI_MADE_WHOLE:
		snprintf(buf, size, "whole");
		break;
	case UI_MADE_CUT:
		snprintf(buf, size, "cut off");
		break;
	case UI_MADE_DIED:
		snprintf(buf, size, "died");
		break;
	case UI_MADE_FAILED:
		snprintf(buf, size, "failed");
		break;
	}
}
