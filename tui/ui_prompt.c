// SPDX-License-Identifier: GPL-2.0-only
/* The last row: typed text, messages, progress, hints; and the ':' commands. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ui_shell.h"

void ui_prompt_open(struct ui_shell *sh, enum ui_prompt_kind kind)
{
	sh->prompt = (struct ui_prompt){ .kind = kind };
}

void ui_prompt_fill(struct ui_shell *sh, const char *text)
{
	struct ui_prompt *p = &sh->prompt;

	snprintf(p->text, sizeof(p->text), "%s", text);
	p->len = strlen(p->text);
}

static void report(struct ui_model *md, int r, const struct sg_err *err)
{
	if (r < 0)
		ui_model_say(md, UI_MSG_WARN, "%.150s", err->text);
}

/* An empty text repeats the last one, as in less. */
static void cmd_search(struct ui_shell *sh, const char *text)
{
	struct sg_err err = { 0 };
	int r = text[0] ? ui_model_search(&sh->md, text, &err) : 0;

	report(&sh->md, r, &err);
	if (r == 0)
		ui_model_find(&sh->md, UI_FIND_TEXT, 1, 1, NULL);
}

static void accept(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;
	enum ui_prompt_kind kind = sh->prompt.kind;
	char text[UI_PROMPT_MAX], frame[UI_FMT_MAX];
	struct sg_err err = { 0 };
	int r;

	memcpy(text, sh->prompt.text, sizeof(text));
	sh->prompt.kind = UI_PROMPT_NONE;
	if (!text[0] && kind != UI_PROMPT_SEARCH && (kind < UI_PROMPT_SETTING || kind > UI_PROMPT_RENAME_RUN))
		return;
	switch (kind) {
	case UI_PROMPT_GOTO:
		r = ui_model_goto(md, text, &err);
		report(md, r, &err);
		break;
	case UI_PROMPT_FRAME:
		r = ui_model_frame_set(md, text, &err);
		report(md, r, &err);
		if (r == 0)
			ui_model_say(md, UI_MSG_INFO, "a frame is %s",
				     ui_model_frame_text(md, frame));
		break;
	case UI_PROMPT_SEARCH:
		cmd_search(sh, text);
		break;
	case UI_PROMPT_COMMAND:
		ui_command(sh, text);
		break;
	case UI_PROMPT_SAVE:
		ui_session_named(sh, text);
		break;
	case UI_PROMPT_MARK:
	case UI_PROMPT_EDIT_MARK:
		ui_mark_typed(sh, kind, text);
		break;
	default:
		ui_make_typed(sh, (int)kind, text);
		break;
	}
}

/* y does it, anything else doesn't. */
static void answer(struct ui_shell *sh, int key)
{
	enum ui_prompt_kind kind = sh->prompt.kind;
	bool yes = key == 'y' || key == 'Y';

	sh->prompt.kind = UI_PROMPT_NONE;
	if (kind == UI_PROMPT_OVERWRITE && yes)
		ui_session_save(sh, sh->prompt.text);
	else if (kind == UI_PROMPT_OVERWRITE)
		ui_model_say(&sh->md, UI_MSG_INFO, "not saved");
	else if (kind == UI_PROMPT_DELETE_RUN && yes)
		ui_make_delete(sh);
	else if (kind == UI_PROMPT_DELETE_RUN)
		ui_model_say(&sh->md, UI_MSG_INFO, "it stays");
	else if (yes)
		ui_marks_remove(&sh->md.run->marks, (size_t)sh->md.mark_sel);
}

/* Calls up what was searched for before; forwards to what was typed, which is gone then. */
static void recall(struct ui_shell *sh, int key)
{
	struct ui_prompt *p = &sh->prompt;
	const char *text;

	if (p->kind != UI_PROMPT_SEARCH)
		return;
	if (key == UI_KEY_DOWN)
		p->back -= p->back > 0;
	else if (ui_model_searched(&sh->md, p->back))
		p->back++;
	text = p->back ? ui_model_searched(&sh->md, p->back - 1) : "";
	ui_prompt_fill(sh, text ? text : "");
}

static void erase_last(struct ui_prompt *p)
{
	while (p->len > 0 && ((unsigned char)p->text[p->len - 1] & 0xc0) == 0x80)
		p->len--;
	if (p->len > 0)
		p->len--;
	p->text[p->len] = '\0';
}

void ui_prompt_key(struct ui_shell *sh, int key)
{
	struct ui_prompt *p = &sh->prompt;
	char utf8[4];
	int n;

	if (p->kind == UI_PROMPT_OVERWRITE || p->kind == UI_PROMPT_DELETE_MARK || p->kind == UI_PROMPT_DELETE_RUN) {
		answer(sh, key);
		return;
	}
	switch (key) {
	case UI_KEY_ENTER:
		accept(sh);
		return;
	case UI_KEY_UP:
	case UI_KEY_DOWN:
		recall(sh, key);
		return;
	case UI_KEY_ESC:
	case UI_KEY_CTRL_C:
		p->kind = UI_PROMPT_NONE;
		return;
	case UI_KEY_BACKSPACE:
	case UI_KEY_DELETE:
		if (p->len == 0)
			p->kind = UI_PROMPT_NONE;
		erase_last(p);
		return;
	case 'U' - '@':
		p->len = 0;
		p->text[0] = '\0';
		return;
	case 'W' - '@':
		while (p->len > 0 && p->text[p->len - 1] == ' ')
			erase_last(p);
		while (p->len > 0 && p->text[p->len - 1] != ' ')
			erase_last(p);
		return;
	case 'g': /* gg, as in vi and less */
		if (p->kind == UI_PROMPT_GOTO && p->len == 0) {
			p->kind = UI_PROMPT_NONE;
			ui_model_goto(&sh->md, "start", NULL);
			return;
		}
		break;
	default:
		break;
	}
	if (key < ' ' || key > 0x10ffff)
		return;
	n = ui_utf8_put(utf8, (uint32_t)key);
	if (p->len + (size_t)n >= sizeof(p->text))
		return;
	memcpy(p->text + p->len, utf8, (size_t)n);
	p->len += (size_t)n;
	p->text[p->len] = '\0';
}

/* ---- commands -------------------------------------------------------------- */

static void cmd_zone(struct ui_shell *sh, const char *arg)
{
	struct ui_model *md = &sh->md;
	uint64_t node = 0;
	const char *name = arg;
	size_t digits = strspn(arg, "0123456789");
	bool any_node = digits == 0;
	char num[24];

	if (digits > 0 && digits < sizeof(num)) {
		memcpy(num, arg, digits);
		num[digits] = '\0';
		ui_parse_num(num, &node);
		name = arg + digits + strspn(arg + digits, " ");
	}
	for (unsigned int i = 0; i < md->run->nr_zones; i++) {
		struct mm_zone_info zi;

		mm_zone_get(md->run->m, i, &zi);
		if ((any_node || (uint64_t)zi.node == node) &&
		    (!*name || strcasecmp(name, zi.name) == 0)) {
			ui_model_zone(md, i);
			return;
		}
	}
	ui_model_say(md, UI_MSG_WARN,
		     "no zone '%s': give a node, a zone's name, or both, as in 'zone 0 Normal'",
		     arg);
}

static void cmd_goto(struct ui_shell *sh, const char *arg)
{
	struct sg_err err = { 0 };

	report(&sh->md, ui_model_goto(&sh->md, arg, &err), &err);
}

static void cmd_frame(struct ui_shell *sh, const char *arg)
{
	struct sg_err err = { 0 };

	report(&sh->md, ui_model_frame_set(&sh->md, arg, &err), &err);
}

static void cmd_speed(struct ui_shell *sh, const char *arg)
{
	if (!ui_speed_parse(&sh->md, arg, sh->term->ops->now_us(sh->term)))
		ui_model_say(&sh->md, UI_MSG_WARN,
			     "'%s' is no speed: give a factor such as 0.01 or 10", arg);
}

static void cmd_page(struct ui_shell *sh, const char *arg)
{
	uint64_t pfn = 0;
	char *end;
	bool ok;

	if (strncmp(arg, "0x", 2) == 0) {
		pfn = strtoull(arg + 2, &end, 16);
		ok = *end == '\0' && end > arg + 2;
	} else {
		ok = ui_parse_num(arg, &pfn);
	}
	if (!ok || !ui_model_cursor(&sh->md, pfn)) {
		ui_model_say(&sh->md, UI_MSG_WARN,
			     "no page '%.60s': give a pfn of a zone, as 4711 or 0x1267", arg);
		return;
	}
	sh->md.block_open = true;
}

static void cmd_kind(struct ui_shell *sh, const char *arg)
{
	char keys[160] = "all";

	if (ui_decide_kind(&sh->md, arg))
		return;
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++)
		snprintf(keys + strlen(keys), sizeof(keys) - strlen(keys), ", %s", mm_check_key((enum mm_check_kind)k));
	ui_model_say(&sh->md, UI_MSG_WARN, "no kind of decisions '%.40s': %s", arg, keys);
}

static void cmd_quit(struct ui_shell *sh, const char *arg)
{
	(void)arg;
	ui_session_quit(sh);
}

static void cmd_write(struct ui_shell *sh, const char *arg)
{
	if (*arg && sh->md.run->src->saver && !sh->ses.save)
		ui_session_named(sh, arg);
	else
		ui_session_ask(sh);
}

static void cmd_bookmark(struct ui_shell *sh, const char *arg)
{
	if (*arg)
		ui_mark_typed(sh, UI_PROMPT_MARK, arg);
	else
		ui_mark_list(sh);
}

static void cmd_help(struct ui_shell *sh, const char *arg)
{
	(void)arg;
	sh->md.overlay = UI_OVERLAY_HELP;
	sh->md.overlay_scroll = 0;
}

static void cmd_info(struct ui_shell *sh, const char *arg)
{
	(void)arg;
	sh->md.overlay = UI_OVERLAY_INFO;
	sh->md.overlay_scroll = 0;
}

static void cmd_parting(struct ui_shell *sh, const char *arg)
{
	if (!ui_beside_kind(&sh->md, arg))
		ui_model_say(&sh->md, UI_MSG_WARN, "there are partings of the kinds outcome, kill, stall, fallback, order, zone, wake, alone, or all");
}

void ui_command(struct ui_shell *sh, const char *line)
{
	static const struct {
		const char *name;
		bool needs_arg;
		void (*run)(struct ui_shell *sh, const char *arg);
	} commands[] = {
		{ "goto", true, cmd_goto },   { "frame", true, cmd_frame },
		{ "speed", true, cmd_speed }, { "zone", true, cmd_zone },
		{ "page", true, cmd_page },   { "search", true, cmd_search },
		{ "quit", false, cmd_quit },  { "help", false, cmd_help },
		{ "info", false, cmd_info },  { "write", false, cmd_write },
		{ "bookmark", false, cmd_bookmark }, { "kind", true, cmd_kind },
		{ "parting", true, cmd_parting },
	};
	size_t len;
	const char *arg;

	line += strspn(line, " ");
	len = strcspn(line, " ");
	arg = line + len + strspn(line + len, " ");
	for (size_t i = 0; len > 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		/* any beginning of a name will do: q, g, fr */
		if (strncmp(line, commands[i].name, len) != 0 || len > strlen(commands[i].name))
			continue;
		if (commands[i].needs_arg && !*arg) {
			ui_model_say(&sh->md, UI_MSG_WARN,
				     "%s what? For example: goto time:7.25, frame 10ms, speed 0.1, "
				     "zone 0 Normal, page 4711, kind scanner",
				     commands[i].name);
			return;
		}
		commands[i].run(sh, arg);
		return;
	}
	if ((*line >= '0' && *line <= '9') || strchr(line, ':')) {
		cmd_goto(sh, line);
		return;
	}
	ui_model_say(&sh->md, UI_MSG_WARN,
		     "no command '%.60s': goto, frame, speed, zone, page, search, bookmark, kind, "
		     "write, info, help, quit",
		     line);
}

/* ---- the row --------------------------------------------------------------- */

static bool draw_job(const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	char a[UI_FMT_MAX], b[UI_FMT_MAX];

	switch (md->run->job.kind) {
	case UI_JOB_SEEK:
		if (md->run->target > md->run->total)
			ui_textf(g, r, 0, 1, ui_style(UI_ROLE_PROGRESS),
				 "reading on to get there, now at event %s (Esc stops)",
				 ui_fmt_num(a, md->run->pos));
		else
			ui_textf(g, r, 0, 1, ui_style(UI_ROLE_PROGRESS),
				 "going to event %s, now at %s (Esc stops)",
				 ui_fmt_num(a, md->run->target), ui_fmt_num(b, md->run->pos));
		return true;
	case UI_JOB_FIND:
		if (ui_find_decides(md->run->job.find)) {
			ui_textf(g, r, 0, 1, ui_style(UI_ROLE_PROGRESS),
				 "checking the decisions, at event %s of %s (Esc stops)",
				 ui_fmt_num(a, md->run->dec.progress.events), ui_fmt_num(b, md->run->total));
			return true;
		}
		ui_textf(g, r, 0, 1, ui_style(UI_ROLE_PROGRESS),
			 "searching, at event %s of %s (Esc stops)", ui_fmt_num(a, md->run->job.at),
			 ui_fmt_num(b, md->run->total));
		return true;
	case UI_JOB_WAIT:
		ui_text(g, r, 0, 1, ui_style(UI_ROLE_PROGRESS),
			"reading on to know where that is (Esc stops)");
		return true;
	default:
		return false;
	}
}

static void draw_prompt(struct ui_shell *sh, const struct ui_rect *r)
{
	static const char *const names[] = {
		"", "go to: ", "frame (1000, 10ms): ", "/", ":", "save session as: ", "replace ",
		"bookmark (name, note): ", "bookmark (name, note): ", "delete bookmark ",
		[UI_PROMPT_SETTING] = "value (nothing: the capture's): ", [UI_PROMPT_SEED] = "seed: ",
		[UI_PROMPT_RUN_NAME] = "name of the run: ", [UI_PROMPT_POLICY_FILE] = "file of the policy, .c or .so: ",
		[UI_PROMPT_POLICY] = "--policy ", [UI_PROMPT_RENAME_RUN] = "name of the run: ", [UI_PROMPT_DELETE_RUN] = "delete run ",
	};
	int col = ui_text(&sh->grid, r, 0, 0, ui_style(UI_ROLE_KEY), names[sh->prompt.kind]);
	const char *text = sh->prompt.text;
	const char *ask = sh->prompt.kind == UI_PROMPT_OVERWRITE || sh->prompt.kind == UI_PROMPT_DELETE_MARK ||
					  sh->prompt.kind == UI_PROMPT_DELETE_RUN
				  ? "? (y or n) "
				  : "";
	uint32_t cp;

	/* a long text shows its end */
	while (*text && ui_width(text) > r->cols - col - 1 - ui_width(ask))
		text = ui_utf8_get(text, &cp);
	col = ui_text(&sh->grid, r, 0, col, ui_style(UI_ROLE_STRONG), text);
	col = ui_text(&sh->grid, r, 0, col, ui_style(UI_ROLE_KEY), ask);
	sh->grid.cursor_row = r->row;
	sh->grid.cursor_col = col < r->cols ? col : r->cols - 1;
}

/* One that is too long for the row takes those above it as well. */
static void draw_message(struct ui_shell *sh, const struct ui_rect *r)
{
	const struct ui_model *md = &sh->md;
	struct ui_style st = ui_style(md->message_kind == UI_MSG_WARN ? UI_ROLE_WARN : UI_ROLE_GOOD);
	struct ui_rect in = { r->row, 1, 1, r->cols - 1 };
	int rows = ui_wrap(&sh->grid, &in, 0, 0, 0, 0, st, md->message);

	if (rows > r->row / 2)
		rows = r->row / 2;
	if (rows <= 1) {
		ui_text(&sh->grid, r, 0, 1, st, md->message);
		return;
	}
	in = (struct ui_rect){ r->row - rows + 1, 1, rows, r->cols - 1 };
	for (int i = 0; i < rows - 1; i++)
		ui_fill(&sh->grid, &(struct ui_rect){ in.row + i, 0, 1, sh->grid.cols }, 0, 0, sh->grid.cols,
			ui_style(UI_ROLE_TEXT), ' ');
	ui_wrap(&sh->grid, &in, 0, 0, rows, 0, st, md->message);
}

/* Keys and what they do here, in turns; as many as there is room for. */
static void draw_hints(const struct ui_model *md, struct ui_grid *g, const struct ui_rect *r)
{
	static const char *const main_view[] = {
		"h/l", "event", "H/L", "frame", "e/E", "decision", "d/D", "differs", "space", "play", "/", "search", "n/N", "match",
		"g", "go to", "[ ]", "zone", "Enter", "pages", "z/Z", "zoom", "v", "figures", "t", "letters", "i", "about", "q", "leave", NULL,
	};
	static const char *const text[] = { "Down/Up", "scroll", "PgDn/PgUp", "ten lines", "Esc", "close", NULL };
	static const char *const marks[] = { "Enter", "go there", "a", "add", "e", "edit", "d", "delete", "Esc", "close", NULL };
	static const char *const decision[] = {
		"e/E", "decision", "d/D", "differs", "K", "kind", "h/l", "event", "Down/Up", "scroll", "Esc", "close", NULL,
	};
	static const char *const beside[] = {
		"a/A", "parting", "(", "first", ")", "most", "Tab", "panel", "C", "step by", "s", "lead", "h/l", "event", "H/L", "frame",
		"e/E", "decision", "space", "play", "v", "figures", "[ ]", "zone", "c", "one run", "q", "leave", NULL,
	};
	static const char *const policy[] = {
		"letters", "search", "Space", "choose", "Enter", "make the run", "Delete", "as it was", "^R", "afresh", "Tab", "runs", "Esc", "close", NULL,
	};
	static const char *const runs[] = {
		"Enter", "open", "c", "side by side", "s", "stop", "n", "name", "d", "delete", "e", "make one like it", "Tab", "another", "`", "capture and back", "Esc", "close", NULL,
	};
	static const char *const *const hints[UI_OVERLAY_COUNT] = {
		[UI_OVERLAY_NONE] = main_view, [UI_OVERLAY_HELP] = text, [UI_OVERLAY_INFO] = text,
		[UI_OVERLAY_MARKS] = marks, [UI_OVERLAY_DECISION] = decision,
		[UI_OVERLAY_POLICY] = policy, [UI_OVERLAY_RUNS] = runs,
	};
	int col = 1;

	for (const char *const *h = md->beside.on && md->overlay == UI_OVERLAY_NONE ? beside : hints[md->overlay]; *h; h += 2) {
		if (col + ui_width(h[0]) + ui_width(h[1]) + 2 > r->cols - 8)
			break;
		col = ui_text(g, r, 0, col, ui_style(UI_ROLE_KEY), h[0]) + 1;
		col = ui_text(g, r, 0, col, ui_style(UI_ROLE_DIM), h[1]) + 2;
	}
}

void ui_status_draw(struct ui_shell *sh, const struct ui_rect *r)
{
	struct ui_model *md = &sh->md;
	struct ui_rect left = *r;
	bool legend = false;
	int col;

	if (sh->prompt.kind != UI_PROMPT_NONE) {
		draw_prompt(sh, r);
		return;
	}
	left.cols = r->cols - 8;
	col = ui_text(&sh->grid, r, 0, r->cols - 7, ui_style(UI_ROLE_KEY), "?") + 1;
	ui_text(&sh->grid, r, 0, col, ui_style(UI_ROLE_DIM), "help");
	if (sh->have_count || sh->wait_letter) {
		if (sh->wait_letter)
			ui_textf(&sh->grid, &left, 0, 1, ui_style(UI_ROLE_KEY), "%c and a letter",
				 sh->wait_letter);
		else
			ui_textf(&sh->grid, &left, 0, 1, ui_style(UI_ROLE_KEY), "%" PRIu64,
				 sh->count);
		return;
	}
	if (!md->film.on && draw_job(md, &sh->grid, &left))
		return;
	if (md->message_fresh) {
		draw_message(sh, &left);
		return;
	}
	if (md->film.on) {
		ui_film_draw(sh, &left);
		return;
	}
	for (unsigned int i = 0; i < sh->lay.nr; i++)
		legend |= sh->lay.place[i].view == UI_VIEW_LEGEND;
	if (legend || md->overlay != UI_OVERLAY_NONE || md->block_open || md->beside.on)
		draw_hints(md, &sh->grid, &left);
	else /* no row of its own for it */
		ui_v_legend.draw(NULL, md, &sh->grid, &left);
}
