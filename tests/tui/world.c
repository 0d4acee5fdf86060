// SPDX-License-Identifier: GPL-2.0-only
/* Runs of the screens without a terminal, and what was seen in them. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "ui_term.h"
#include "world.h"

void world_shot(void *arg, const struct ui_grid *g)
{
	struct shot *s = arg;
	const char *ev;
	uint64_t n = 0;
	size_t at = 0;

	s->nr++;
	for (int row = 0; row < g->rows; row++) {
		size_t start = at;

		for (int col = 0; col < g->cols && at + 8 < sizeof(s->text); col++)
			if (g->cell[row * g->cols + col].width)
				at += (size_t)ui_utf8_put(s->text + at, g->cell[row * g->cols + col].ch);
		s->text[at++] = '\n';
		s->text[at] = '\0';
		if (row == g->rows - 1 && s->all_len + (at - start) + 1 < sizeof(s->all)) {
			memcpy(s->all + s->all_len, s->text + start, at - start);
			s->all_len += at - start;
			s->all[s->all_len] = '\0';
		}
	}
	ev = strstr(s->text, "event ");
	for (ev = ev ? ev + 6 : ""; (*ev >= '0' && *ev <= '9') || *ev == ','; ev++)
		n = *ev == ',' ? n : n * 10 + (uint64_t)(*ev - '0');
	if (s->nr_events < 4096 && (s->nr_events == 0 || s->event[s->nr_events - 1] != n))
		s->event[s->nr_events++] = n;
}

struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	machine_init(&w->m);
	keep_init(&w->k, w->m.log);
	w->m.src.saver = &w->k.saver;
	return w;
}

struct world *world_reopen(struct world *old)
{
	struct world *w = world_new();

	assert_true(old->k.saved);
	w->m.src.session = &old->k.session;
	return w;
}

void world_free(struct world *w)
{
	keep_fini(&w->k);
	machine_fini(&w->m);
	free(w);
}

int world_run(struct world *w, const char *script)
{
	struct ui_term *t;
	int r;

	memset(&w->s, 0, sizeof(w->s));
	assert_int_equal(ui_term_null_open(40, 120, script, world_shot, &w->s, &t), 0);
	r = ui_run_on(&w->m.src, &w->opt, t, &w->err);
	t->ops->close(t);
	return r;
}

void world_shows(const struct world *w, const char *text)
{
	if (!strstr(w->s.text, text))
		fail_msg("no '%s' but\n%s", text, w->s.all + (w->s.all_len > 700 ? w->s.all_len - 700 : 0));
}

void world_said(const struct world *w, const char *text)
{
	if (!strstr(w->s.all, text))
		fail_msg("'%s' was never said, but\n%s", text, w->s.all);
}
