// SPDX-License-Identifier: GPL-2.0-only
/* Bookmarks by hand: letters, the prompt, the keys of their list. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui_shell.h"

static void go_to(struct ui_model *md, size_t i)
{
	md->run->before_jump = md->run->pos;
	md->playing = false;
	ui_model_seek(md, md->run->marks.m[i].pos);
}

static void go_back(struct ui_model *md)
{
	uint64_t back = md->run->before_jump;

	md->run->before_jump = md->run->pos;
	md->playing = false;
	ui_model_seek(md, back);
}

void ui_mark_letter(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;
	char kind = sh->wait_letter, name[2] = "";
	struct sg_err err = { 0 };
	int i;

	sh->wait_letter = 0;
	if (key == UI_KEY_ESC)
		return;
	if (key == UI_KEY_ENTER || key == '\n') {
		if (kind == 'm')
			ui_prompt_open(sh, UI_PROMPT_MARK);
		else
			ui_mark_list(sh);
		return;
	}
	if (kind == '\'' && key == '\'') {
		go_back(md);
		return;
	}
	if (key < 'a' || key > 'z') {
		ui_model_say(md, UI_MSG_WARN, "bookmarks are the letters a to z; m and Enter asks for a longer name");
		return;
	}
	name[0] = (char)key;
	if (kind == 'm') {
		i = ui_marks_set(&md->run->marks, name, md->run->pos, NULL, &err);
		if (i < 0)
			ui_model_say(md, UI_MSG_WARN, "%s", err.text);
		else
			ui_model_say(md, UI_MSG_INFO, "bookmark %c is event %" PRIu64, key, md->run->pos);
		return;
	}
	i = ui_marks_find(&md->run->marks, name);
	if (i < 0)
		ui_model_say(md, UI_MSG_WARN, "bookmark %c is not set: m%c sets it", key, key);
	else
		go_to(md, (size_t)i);
}

void ui_mark_typed(struct ui_shell *sh, enum ui_prompt_kind kind, const char *text)
{
	struct ui_model *md = &sh->md;
	char name[UI_PROMPT_MAX];
	const char *note;
	struct sg_err err = { 0 };
	size_t len;
	int r;

	text += strspn(text, " ");
	len = strcspn(text, " ");
	note = text + len + strspn(text + len, " ");
	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	if (kind == UI_PROMPT_EDIT_MARK)
		r = ui_marks_edit(&md->run->marks, (size_t)md->mark_sel, name, note, &err);
	else
		r = ui_marks_set(&md->run->marks, name, md->run->pos, *note ? note : NULL, &err);
	if (r < 0)
		ui_model_say(md, UI_MSG_WARN, "%s", err.text);
	else if (kind == UI_PROMPT_MARK)
		ui_model_say(md, UI_MSG_INFO, "bookmark %s is event %" PRIu64, name, md->run->pos);
	if (kind == UI_PROMPT_MARK && r >= 0)
		md->mark_sel = r;
}

void ui_mark_list(struct ui_shell *sh)
{
	struct ui_model *md = &sh->md;

	md->overlay = UI_OVERLAY_MARKS;
	md->overlay_scroll = 0;
	md->mark_sel = 0;
	for (size_t i = 1; i < md->run->marks.nr && md->run->marks.m[i].pos <= md->run->pos; i++)
		md->mark_sel = (int)i;
}

static void edit(struct ui_shell *sh, const struct sg_bookmark *m)
{
	char text[UI_PROMPT_MAX];
	int n = snprintf(text, sizeof(text), "%s %s", m->name, m->note);

	if (n < 0 || (size_t)n >= sizeof(text)) {
		ui_model_say(&sh->md, UI_MSG_WARN, "this note is too long to be edited on one line");
		return;
	}
	for (char *s = text; *s; s++) /* a note of several lines becomes one */
		if ((unsigned char)*s < ' ')
			*s = ' ';
	ui_prompt_open(sh, UI_PROMPT_EDIT_MARK);
	ui_prompt_fill(sh, text);
}

static void move(struct ui_model *md, int64_t by)
{
	int64_t to = md->mark_sel + by, last = (int64_t)md->run->marks.nr - 1;

	md->mark_sel = (int)(to > last ? last : to);
	if (md->mark_sel < 0)
		md->mark_sel = 0;
}

void ui_mark_key(struct ui_shell *sh, int key)
{
	struct ui_model *md = &sh->md;
	bool any = (size_t)md->mark_sel < md->run->marks.nr;

	switch (key) {
	case 'e':
		if (any)
			edit(sh, &md->run->marks.m[md->mark_sel]);
		return;
	case 'd':
	case UI_KEY_DELETE:
		if (any) {
			ui_prompt_open(sh, UI_PROMPT_DELETE_MARK);
			ui_prompt_fill(sh, md->run->marks.m[md->mark_sel].name);
		}
		return;
	case 'a':
		ui_prompt_open(sh, UI_PROMPT_MARK);
		return;
	default:
		break;
	}
	switch (ui_keys_action(key)) {
	case UI_ACT_UP:
		move(md, -1);
		break;
	case UI_ACT_DOWN:
		move(md, 1);
		break;
	case UI_ACT_FRAME_BACK:
		move(md, -10);
		break;
	case UI_ACT_FRAME_FWD:
		move(md, 10);
		break;
	case UI_ACT_START:
		md->mark_sel = 0;
		break;
	case UI_ACT_END:
		move(md, INT32_MAX);
		break;
	case UI_ACT_ENTER:
		md->overlay = UI_OVERLAY_NONE;
		if (any)
			go_to(md, (size_t)md->mark_sel);
		break;
	case UI_ACT_STOP:
	case UI_ACT_QUIT:
	case UI_ACT_MARK_LIST:
		md->overlay = UI_OVERLAY_NONE;
		break;
	case UI_ACT_SAVE:
		ui_session_ask(sh);
		break;
	case UI_ACT_REDRAW:
		sh->term->ops->invalidate(sh->term);
		break;
	case UI_ACT_SUSPEND:
		sh->term->ops->suspend(sh->term);
		ui_shell_key(sh, UI_KEY_RESUMED);
		break;
	default:
		ui_model_say(md, UI_MSG_INFO, "Enter goes there, a adds, e edits, d deletes, Esc closes");
		break;
	}
}
