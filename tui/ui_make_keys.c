// SPDX-License-Identifier: GPL-2.0-only
/* Keys and prompts of the panel of policies. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui_make_priv.h"
#include "ui_shell.h"
#include "ui_spec.h"

static const struct ui_row *selected(const struct ui_make *mk)
{
	return (unsigned int)mk->sel < mk->nr && mk->row[mk->sel].kind != UI_ROW_HEAD ? &mk->row[mk->sel] : NULL;
}

void ui_make_overlay(struct ui_model *md, enum ui_overlay o)
{
	md->playing = false;
	md->overlay = o;
	md->overlay_scroll = 0;
}

/* Why there are no runs; NULL: there are. */
const char *ui_make_no_runs(const struct ui_model *md)
{
	const struct ui_maker *maker = ui_make_maker(md);

	return !maker ? "runs can't be made here" : maker->cannot;
}

void ui_make_open_policy(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;

	if (ui_make_no_runs(md)) {
		ui_model_say(md, UI_MSG_WARN, "%s", ui_make_no_runs(md));
		return;
	}
	if (!md->make.how.spec[0])
		ui_make_reset(md);
	md->make.filter[0] = '\0';
	if (strcmp(md->make.how.spec, "own") == 0)
		md->make.sel = 0; /* nothing is chosen yet: from the top */
	ui_make_filter(md);
	ui_make_overlay(md, UI_OVERLAY_POLICY);
}

/* Keys of both panels that belong to the program; false for others. */
bool ui_make_program_key(struct ui_shell *sh, int key)
{
	switch (key == UI_KEY_ESC || key == UI_KEY_ENTER || (key >= ' ' && key != UI_KEY_F1) ? UI_ACT_NONE : ui_keys_action(key)) {
	case UI_ACT_REDRAW:
		sh->term->ops->invalidate(sh->term);
		return true;
	case UI_ACT_SUSPEND:
		sh->term->ops->suspend(sh->term);
		ui_shell_key(sh, UI_KEY_RESUMED);
		return true;
	case UI_ACT_HELP:
		ui_make_overlay(&sh->md, UI_OVERLAY_HELP);
		return true;
	default:
		return false;
	}
}

/* ---- p ----------------------------------------------------------------------------------- */

static void move(struct ui_make *mk, int by)
{
	int step = by < 0 ? -1 : 1, to = mk->sel;

	for (int n = by < 0 ? -by : by; n > 0; n--) {
		int next = to + step;

		while (next >= 0 && next < (int)mk->nr && mk->row[next].kind == UI_ROW_HEAD)
			next += step;
		if (next < 0 || next >= (int)mk->nr)
			break;
		to = next;
	}
	mk->sel = to;
}

/* The prompt for a row that wants a text. */
static void ask(struct ui_shell *sh, const struct ui_row *row)
{
	struct ui_make *mk = &sh->md.make;
	char text[UI_MADE_SPEC] = "";

	switch ((enum ui_row_kind)row->kind) {
	case UI_ROW_SETTING:
		ui_prompt_open(sh, UI_PROMPT_SETTING);
		snprintf(text, sizeof(text), "%lld", (long long)mk->policy.tune[row->a]);
		break;
	case UI_ROW_SEED:
		ui_prompt_open(sh, UI_PROMPT_SEED);
		snprintf(text, sizeof(text), "%" PRIu64, mk->how.seed);
		break;
	case UI_ROW_NAME:
		ui_prompt_open(sh, UI_PROMPT_RUN_NAME);
		snprintf(text, sizeof(text), "%s", mk->how.name);
		break;
	case UI_ROW_FILE:
		ui_prompt_open(sh, UI_PROMPT_POLICY_FILE);
		snprintf(text, sizeof(text), "./");
		break;
	case UI_ROW_TEXT:
		ui_prompt_open(sh, UI_PROMPT_POLICY);
		snprintf(text, sizeof(text), "%s", mk->how.spec);
		break;
	default:
		return;
	}
	ui_prompt_fill(sh, text);
}

static void choose(struct ui_shell *sh)
{
	const struct ui_row *row = selected(&sh->md.make);

	if (row && !ui_make_choose(&sh->md, row))
		ask(sh, row);
}

static void enter(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	struct ui_make with;

	if (ui_make_enter_asks(md)) {
		choose(sh);
		return;
	}
	ui_make_enter(md, &with);
	if (with.fits)
		ui_make_start(sh, &with.how);
	else
		ui_model_say(md, UI_MSG_WARN, "%s", with.error);
}

/* Without the row's word in the policy. */
static void drop(struct ui_model *md, const struct ui_row *row)
{
	struct ui_make *mk = &md->make;

	if (row->kind == UI_ROW_SETTING)
		ui_spec_set(mk->how.spec, mm_tunable_key((enum mm_tunable)row->a), NULL);
	else if (row->kind == UI_ROW_FACT)
		ui_spec_set(mk->how.spec, mm_fact_key((enum mm_fact)row->a), NULL);
	else if (ui_row_chosen(mk, row))
		ui_make_choose(md, row);
	ui_make_read(md);
}

static void type_filter(struct ui_model *md, int key)
{
	struct ui_make *mk = &md->make;
	size_t len = strlen(mk->filter);
	char utf8[4];
	int n;

	if (key == UI_KEY_BACKSPACE) {
		while (len > 0 && ((unsigned char)mk->filter[len - 1] & 0xc0) == 0x80)
			len--;
		mk->filter[len ? len - 1 : 0] = '\0';
	} else {
		n = ui_utf8_put(utf8, (uint32_t)key);
		if (len + (size_t)n >= sizeof(mk->filter))
			return;
		memcpy(mk->filter + len, utf8, (size_t)n);
		mk->filter[len + (size_t)n] = '\0';
	}
	ui_make_filter(md);
	ui_make_best(md);
}

void ui_make_policy_key(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;
	struct ui_make *mk = &md->make;

	switch (key) {
	case UI_KEY_ESC:
	case UI_KEY_CTRL_C:
		if (!mk->filter[0])
			ui_make_overlay(md, UI_OVERLAY_NONE);
		mk->filter[0] = '\0';
		ui_make_filter(md);
		return;
	case UI_KEY_ENTER:
	case '\n':
		enter(sh);
		return;
	case ' ':
		choose(sh);
		return;
	case UI_KEY_TAB:
	case UI_KEY_BACKTAB:
		ui_make_open_list(sh);
		return;
	case UI_KEY_UP:
		move(mk, -1);
		return;
	case UI_KEY_DOWN:
		move(mk, 1);
		return;
	case UI_KEY_PGUP:
		move(mk, -10);
		return;
	case UI_KEY_PGDN:
		move(mk, 10);
		return;
	case UI_KEY_HOME:
		move(mk, -(int)mk->nr);
		return;
	case UI_KEY_END:
		move(mk, (int)mk->nr);
		return;
	case UI_KEY_DELETE:
		if (selected(mk))
			drop(md, selected(mk));
		return;
	case 'U' - '@':
		mk->filter[0] = '\0';
		ui_make_filter(md);
		return;
	case 'R' - '@':
		ui_make_reset(md);
		return;
	default:
		break;
	}
	if (key == UI_KEY_BACKSPACE || (key > ' ' && key <= 0x10ffff))
		type_filter(md, key);
	else if (!ui_make_program_key(sh, key) && key != UI_KEY_OTHER)
		ui_model_say(md, UI_MSG_INFO, "letters search; Space chooses, Enter makes the run, Esc closes");
}

/* ---- prompts ------------------------------------------------------------------------------- */

static void typed_setting(struct ui_model *md, const char *text)
{
	struct ui_make *mk = &md->make;
	const struct ui_row *row = selected(mk);
	struct ui_recipe before = mk->how;
	char why[sizeof(mk->error)];

	if (!row || row->kind != UI_ROW_SETTING)
		return;
	if (ui_spec_set(mk->how.spec, mm_tunable_key((enum mm_tunable)row->a), text[0] ? text : NULL)) {
		ui_make_read(md);
		if (mk->fits)
			return;
	}
	memcpy(why, mk->error, sizeof(why));
	mk->how = before;
	ui_make_read(md);
	ui_model_say(md, UI_MSG_WARN, "%s", why);
}

static void typed_policy(struct ui_model *md, const char *text, bool whole)
{
	struct ui_make *mk = &md->make;

	if (strlen(text) >= sizeof(mk->how.spec) || (!whole && !ui_spec_set_base(mk->how.spec, text))) {
		ui_model_say(md, UI_MSG_WARN, "this is too long for a policy");
		return;
	}
	if (whole)
		snprintf(mk->how.spec, sizeof(mk->how.spec), "%s", text[0] ? text : "own");
	ui_make_read(md);
}

void ui_make_typed(struct ui_shell *sh, int kind, const char *text)
{
	struct ui_model *md = &sh->md;
	struct ui_make *mk = &md->make;
	uint64_t seed;

	switch ((enum ui_prompt_kind)kind) {
	case UI_PROMPT_SETTING:
		typed_setting(md, text);
		break;
	case UI_PROMPT_SEED:
		if (ui_parse_num(text, &seed))
			mk->how.seed = seed;
		else
			ui_model_say(md, UI_MSG_WARN, "a seed is a whole number, not '%.40s'", text);
		break;
	case UI_PROMPT_RUN_NAME:
		snprintf(mk->how.name, sizeof(mk->how.name), "%.*s", UI_MADE_NAME - 1, text);
		break;
	case UI_PROMPT_POLICY_FILE:
		typed_policy(md, text[0] ? text : "own", false);
		break;
	case UI_PROMPT_POLICY:
		typed_policy(md, text, true);
		break;
	case UI_PROMPT_RENAME_RUN:
		ui_make_named(md, text);
		break;
	default:
		break;
	}
	ui_make_filter(md);
}
