// SPDX-License-Identifier: GPL-2.0-only
/* The list of bookmarks: few enough to be searched one by one. */
#include "ui_marks.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

int ui_marks_find(const struct ui_marks *ms, const char *name)
{
	for (size_t i = 0; i < ms->nr; i++)
		if (strcmp(ms->m[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int check_name(const char *name, struct sg_err *err)
{
	if (sg_bookmark_name_ok(name))
		return SG_OK;
	return sg_fail(err, SG_E_USAGE, "'%.40s' can't be a bookmark's name: one word, at most %d bytes", name,
		       SG_BOOKMARK_NAME);
}

static char *copy_note(const char *note)
{
	size_t len = strlen(note);
	char *to;

	if (len > UI_NOTE_MAX)
		for (len = UI_NOTE_MAX; len > 0 && ((unsigned char)note[len] & 0xc0) == 0x80;)
			len--;
	to = sg_malloc(len + 1);
	if (to) {
		memcpy(to, note, len);
		to[len] = '\0';
	}
	return to;
}

/* Takes over both texts.  Equal positions stay in the order in which they came. */
static int insert(struct ui_marks *ms, char *name, char *note, uint64_t pos)
{
	size_t at = ms->nr;

	while (at > 0 && ms->m[at - 1].pos > pos)
		at--;
	memmove(ms->m + at + 1, ms->m + at, (ms->nr - at) * sizeof(*ms->m));
	ms->m[at] = (struct sg_bookmark){ .pos = pos, .name = name, .note = note };
	ms->nr++;
	ms->changes++;
	return (int)at;
}

static struct sg_bookmark take(struct ui_marks *ms, size_t i)
{
	struct sg_bookmark m = ms->m[i];

	memmove(ms->m + i, ms->m + i + 1, (ms->nr - i - 1) * sizeof(*ms->m));
	ms->nr--;
	ms->changes++;
	return m;
}

static void release(struct sg_bookmark *m)
{
	free((void *)(uintptr_t)m->name);
	free((void *)(uintptr_t)m->note);
}

int ui_marks_set(struct ui_marks *ms, const char *name, uint64_t pos, const char *note, struct sg_err *err)
{
	int old = ui_marks_find(ms, name), r = check_name(name, err);
	struct sg_bookmark was = { 0 };
	char *n, *text;

	if (r < 0)
		return r;
	if (old < 0 && ms->nr >= UI_MARKS_MAX)
		return sg_fail(err, SG_E_RANGE, "%u bookmarks are the most: delete some", UI_MARKS_MAX);
	if (ms->nr == ms->cap) {
		size_t cap = ms->cap ? ms->cap * 2 : 16;
		struct sg_bookmark *m = sg_realloc(ms->m, cap * sizeof(*m));

		if (!m)
			return sg_fail(err, SG_E_NOMEM, "out of memory for the bookmark");
		ms->m = m;
		ms->cap = cap;
	}
	n = sg_strdup(name);
	text = copy_note(note ? note : old >= 0 ? ms->m[old].note : "");
	if (!n || !text) {
		free(n);
		free(text);
		return sg_fail(err, SG_E_NOMEM, "out of memory for the bookmark");
	}
	if (old >= 0) {
		was = take(ms, (size_t)old);
		release(&was);
	}
	return insert(ms, n, text, pos);
}

void ui_marks_remove(struct ui_marks *ms, size_t i)
{
	struct sg_bookmark m;

	if (i >= ms->nr)
		return;
	m = take(ms, i);
	release(&m);
}

int ui_marks_edit(struct ui_marks *ms, size_t i, const char *name, const char *note, struct sg_err *err)
{
	int other = ui_marks_find(ms, name), r = check_name(name, err);
	char *n, *text;

	if (r < 0)
		return r;
	if (i >= ms->nr)
		return sg_fail(err, SG_E_NOTFOUND, "there is no bookmark to change");
	if (other >= 0 && (size_t)other != i)
		return sg_fail(err, SG_E_USAGE, "there is a bookmark %.40s already: take another name", name);
	n = sg_strdup(name);
	text = copy_note(note);
	if (!n || !text) {
		free(n);
		free(text);
		return sg_fail(err, SG_E_NOMEM, "out of memory for the bookmark");
	}
	release(&ms->m[i]);
	ms->m[i].name = n;
	ms->m[i].note = text;
	ms->changes++;
	return SG_OK;
}

void ui_marks_fini(struct ui_marks *ms)
{
	for (size_t i = 0; i < ms->nr; i++)
		release(&ms->m[i]);
	free(ms->m);
	*ms = (struct ui_marks){ 0 };
}
