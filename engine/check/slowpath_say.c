// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps of a stalled request in words.  Some take hundreds, nearly all of them alike: rounds that repeat are told
 * once, with how often they came.
 */
#include <stdio.h>
#include <string.h>

#include "check/reclaim.h"
#include "say/words.h"

#define LONGEST_ROUND 4u /* steps: reclaim, its retry check, compaction, its retry check */
#define ONE_STEP      80u

/* Steps [first, first + steps * times): a round that comes so often; a single step comes once. */
struct rounds {
	unsigned int first, steps, times;
};

/* Is @b what @a was a round before?  Pages reclaimed may differ, and a counter may have gone on by @by. */
static bool alike(const struct mm_step *a, const struct mm_step *b, int by)
{
	return a->kind == b->kind && a->order == b->order && a->prio == b->prio && a->ret == b->ret && a->max == b->max &&
	       b->loops == a->loops + by;
}

/* How often the round of @steps steps at @first comes in a row. */
static unsigned int count_rounds(const struct mm_step *step, unsigned int first, unsigned int nr, unsigned int steps)
{
	unsigned int same = 0;
	int by[LONGEST_ROUND];

	if (nr - first < 2 * steps)
		return 1;
	for (unsigned int i = 0; i < steps; i++)
		by[i] = step[first + steps + i].loops == step[first + i].loops ? 0 : 1;
	while (first + steps + same < nr && alike(&step[first + same], &step[first + steps + same], by[same % steps]))
		same++;
	return 1 + same / steps;
}

/* The shortest round at @first that comes again, else the one step. */
static struct rounds next_rounds(const struct mm_step *step, unsigned int first, unsigned int nr)
{
	for (unsigned int steps = 1; steps <= LONGEST_ROUND; steps++) {
		unsigned int times = count_rounds(step, first, nr, steps);

		if (times > 1)
			return (struct rounds){ first, steps, times };
	}
	return (struct rounds){ first, 1, 1 };
}

/* "3", or "1 to 16" over the rounds. */
static const char *span(char buf[24], int from, int to)
{
	snprintf(buf, 24, from == to ? "%d" : "%d to %d", from, to);
	return buf;
}

static void say_step(const struct mm_step *step, const struct rounds *r, unsigned int at, struct mm_text *t)
{
	const struct mm_step *a = &step[r->first + at], *z = a + (r->times - 1) * r->steps;
	uint64_t pages = 0;
	char of[24];

	switch (a->kind) {
	case MM_STEP_COMPACT:
		mm_text_add(t, "compaction for order %d (%s)", a->order, a->prio == MM_PRIO_ASYNC ? "asynchronous" :
			    a->prio == MM_PRIO_LIGHT ? "light synchronous" : "full synchronous");
		break;
	case MM_STEP_RECLAIM:
		for (const struct mm_step *s = a; s <= z; s += r->steps)
			pages += s->nr;
		mm_text_add(t, "reclaim for order %d: %llu page%s%s", a->order, (unsigned long long)pages, pages == 1 ? "" : "s",
			    r->times > 1 ? " in all" : "");
		break;
	case MM_STEP_RETRY_ZONE:
		mm_text_add(t, "retry reclaim? %s (%s round%s in vain)", a->ret ? "yes" : "no", span(of, a->loops, z->loops),
			    a->loops == 1 && z == a ? "" : "s");
		break;
	case MM_STEP_COMPACT_RETRY:
		mm_text_add(t, "retry compaction? %s (%s of %d)", a->ret ? "yes" : "no", span(of, a->loops, z->loops), a->max);
		break;
	case MM_STEP_PAGE:
		mm_text_add(t, "a page");
		break;
	case MM_STEP_FAIL:
		mm_text_add(t, "no page");
		break;
	default:
		mm_text_add(t, "%s", mm_step_name(a->kind));
	}
}

static void say_rounds(const struct mm_step *step, const struct rounds *r, struct mm_text *t)
{
	if (r->times > 1)
		mm_text_add(t, "%u times [", r->times);
	for (unsigned int i = 0; i < r->steps; i++) {
		mm_text_add(t, i ? "; " : "");
		say_step(step, r, i, t);
	}
	if (r->times > 1)
		mm_text_add(t, "]");
}

void mm_slow_say(const struct mm_step *step, unsigned int from, unsigned int nr, uint64_t first_event, char *buf,
		 size_t size)
{
	struct mm_text t = { buf, size, 0 };
	unsigned int i = from;

	buf[0] = '\0';
	while (i < nr) {
		struct rounds r = next_rounds(step, i, nr);
		unsigned int behind = i + r.steps * r.times;

		/* room for these, and for the words below when more follow */
		if (t.len + ONE_STEP * r.steps + (behind < nr ? 3 * ONE_STEP : 0) >= size)
			break;
		mm_text_add(&t, i > from ? "; " : "");
		say_rounds(step, &r, &t);
		i = behind;
	}
	if (i == nr)
		return;
	if (nr - i > 1)
		mm_text_add(&t, "; %u more steps, among the task's events from number %llu on", nr - i - 1,
			    (unsigned long long)first_event);
	mm_text_add(&t, "; at last ");
	say_step(step, &(struct rounds){ nr - 1, 1, 1 }, 0, &t);
}
