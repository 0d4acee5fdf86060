// SPDX-License-Identifier: GPL-2.0-only
/* Figures of two runs side by side: counted while nobody types, and what one does to those of the other. */
#include <string.h>

#include "ui_beside.h"
#include "ui_model_priv.h"

#define COUNT_CHUNK 300

/* What the screens were opened with, where it is neither of both: the capture that says how far the model is off. */
static const struct ui_run *third(const struct ui_model *md)
{
	const struct ui_run *h = md->home;

	return h != md->run && h != md->other && h->loaded && !h->cap->still ? h : NULL;
}

/* The next one to be counted, 3: none. */
static unsigned int uncounted(const struct ui_model *md)
{
	const struct ui_beside *b = &md->beside;

	for (unsigned int i = 0; i < 3 && !b->count_failed; i++)
		if ((i < 2 || third(md)) && !(b->count[i] && mm_count_values(b->count[i])))
			return i;
	return 3;
}

static void count_one(struct ui_model *md, unsigned int i, const struct ui_clock *clock)
{
	struct ui_beside *b = &md->beside;
	const struct ui_run *run = i < 2 ? ui_beside_run(md, i) : third(md);
	uint64_t start = ui_clock_us(clock);

	if (!b->count[i])
		b->count[i] = mm_count_new(&run->cfg, run->src->log);
	while (b->count[i] && mm_count_work(b->count[i], COUNT_CHUNK) && ui_clock_us(clock) - start < UI_SLICE_US)
		;
	b->count_failed = !b->count[i] || mm_count_failed(b->count[i]);
}

bool ui_beside_count_pending(const struct ui_model *md)
{
	return !md->beside.count_failed && (uncounted(md) < 3 || ui_ensemble_pending(&md->beside.more, md));
}

void ui_beside_count_slice(struct ui_model *md, const struct ui_clock *clock)
{
	if (uncounted(md) < 3)
		count_one(md, uncounted(md), clock);
	else if (!md->beside.count_failed)
		ui_ensemble_work(&md->beside.more, md, clock);
}

bool ui_beside_counted(const struct ui_model *md, unsigned int *ret_progress)
{
	const struct ui_beside *b = &md->beside;
	unsigned int sum = 0, nr = third(md) ? 3 : 2;

	for (unsigned int i = 0; i < nr; i++)
		sum += b->count[i] ? mm_count_progress(b->count[i]) : 0;
	*ret_progress = sum / nr;
	return uncounted(md) == 3 && !b->count_failed;
}

bool ui_beside_is_own(const struct sg_capture *cap)
{
	const struct sg_simulated *s = cap->simulated;

	return s && (!*s->asked || strcmp(s->asked, "own") == 0);
}

/* Values of one figure in several runs. */
struct values {
	int64_t v[UI_ENSEMBLE_MOST + 3];
	unsigned int nr;
};

static void add_value(struct values *x, int64_t v)
{
	if (x->nr < UI_ENSEMBLE_MOST + 3)
		x->v[x->nr++] = v;
}

bool ui_beside_figure(const struct ui_model *md, unsigned int fig, struct ui_beside_figure *ret)
{
	const struct ui_beside *b = &md->beside;
	const struct ui_run *run[3] = { ui_beside_run(md, 0), ui_beside_run(md, 1), third(md) };
	const struct mm_figure_values *v[3] = { mm_count_values(b->count[0]), mm_count_values(b->count[1]),
						run[2] ? mm_count_values(b->count[2]) : NULL };
	const int64_t no = MM_FIGURE_UNKNOWN;
	struct values own = { .nr = 0 }, of[2] = { { .nr = 0 }, { .nr = 0 } };
	struct mm_two t = { .observed = no };
	struct mm_figure_info info;

	ret->a = v[0]->v[fig];
	ret->b = v[1]->v[fig];
	if ((ret->a == no && ret->b == no) || (ret->a == 0 && ret->b == 0))
		return false;
	for (unsigned int i = 0; i < 3; i++) {
		if (v[i] && ui_beside_is_own(run[i]->cap))
			add_value(&own, v[i]->v[fig]);
		else if (v[i] && !run[i]->cap->simulated)
			t.observed = v[i]->v[fig];
	}
	for (unsigned int k = 0; k < 2; k++)
		add_value(&of[k], v[k]->v[fig]);
	for (unsigned int i = 0; i < b->more.nr; i++) {
		if (b->more.counted[i].own)
			add_value(&own, b->more.counted[i].v.v[fig]);
		for (unsigned int k = 0; k < 2; k++)
			if (b->more.counted[i].of[k])
				add_value(&of[k], b->more.counted[i].v.v[fig]);
	}
	t.own = mm_range_of(own.v, own.nr);
	t.a = mm_range_of(of[0].v, of[0].nr);
	t.b = mm_range_of(of[1].v, of[1].nr);
	t.captures = !run[0]->cap->simulated && !run[1]->cap->simulated;
	t.a_own = !run[0]->cap->simulated || ui_beside_is_own(run[0]->cap);
	mm_figure_info(fig, run[0]->cap, &info);
	ret->effect = mm_effect_of_two(info.more, &t, &ret->why);
	ret->own = own.nr;
	ret->of[0] = of[0].nr;
	ret->of[1] = of[1].nr;
	return true;
}
