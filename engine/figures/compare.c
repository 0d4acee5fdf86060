// SPDX-License-Identifier: GPL-2.0-only
/* Ensembles and verdicts. */
#include "figures/compare.h"

#include <stdlib.h>

#include "sg_mem.h"

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

struct mm_range mm_range_of(const int64_t *v, unsigned int nr)
{
	struct mm_range ret = { MM_FIGURE_UNKNOWN, MM_FIGURE_UNKNOWN, MM_FIGURE_UNKNOWN };
	int64_t *known = sg_malloc((nr + 1) * sizeof(*known));
	unsigned int n = 0;

	for (unsigned int i = 0; known && i < nr; i++)
		if (v[i] != MM_FIGURE_UNKNOWN)
			known[n++] = v[i];
	if (n) {
		qsort(known, n, sizeof(*known), by_value);
		ret = (struct mm_range){ known[0], known[(n - 1) / 2] + (known[n / 2] - known[(n - 1) / 2]) / 2, known[n - 1] };
	}
	free(known);
	return ret;
}

const char *mm_effect_key(enum mm_effect v)
{
	static const char *const key[] = {
#define X(id, k) [MM_EFFECT_##id] = k,
		MM_EFFECT_LIST(X)
#undef X
	};

	return key[v];
}

int64_t mm_error(int64_t observed, const struct mm_range *own)
{
	return observed == MM_FIGURE_UNKNOWN || own->mid == MM_FIGURE_UNKNOWN ? MM_FIGURE_UNKNOWN : own->mid - observed;
}

/* How far @v lies outside of @r. */
static int64_t outside(int64_t v, const struct mm_range *r)
{
	return v < r->low ? r->low - v : v > r->high ? v - r->high : 0;
}

enum mm_effect mm_effect(enum mm_more more, int64_t observed, const struct mm_range *own, const struct mm_range *policy)
{
	int64_t by;

	if (own->mid == MM_FIGURE_UNKNOWN || policy->mid == MM_FIGURE_UNKNOWN)
		return MM_EFFECT_CANT_TELL;
	if (own->low == policy->low && own->mid == policy->mid && own->high == policy->high)
		return MM_EFFECT_SAME;
	if (observed == MM_FIGURE_UNKNOWN)
		return MM_EFFECT_CANT_TELL;
	by = policy->mid - own->mid;
	if (outside(observed, own) > (by < 0 ? -by : by))
		return MM_EFFECT_CANT_TELL;
	if (policy->low <= own->high && own->low <= policy->high)
		return MM_EFFECT_SAME;
	if (more == MM_MORE_IS_NEITHER)
		return by > 0 ? MM_EFFECT_MORE : MM_EFFECT_LESS;
	return (by > 0) == (more == MM_MORE_IS_BETTER) ? MM_EFFECT_BETTER : MM_EFFECT_WORSE;
}

const char *mm_doubt_text(enum mm_doubt d)
{
	static const char *const text[] = {
#define X(id, t) [MM_DOUBT_##id] = t,
		MM_DOUBT_LIST(X)
#undef X
	};

	return text[d];
}

static enum mm_effect of_policies(enum mm_more more, const struct mm_two *t)
{
	int64_t by = t->b.mid - t->a.mid, size = by < 0 ? -by : by;

	if (outside(t->observed, &t->own) > size)
		return MM_EFFECT_CANT_TELL;
	if (size <= t->own.high - t->own.low || (t->b.low <= t->a.high && t->a.low <= t->b.high))
		return MM_EFFECT_SAME;
	return more == MM_MORE_IS_NEITHER ? by > 0 ? MM_EFFECT_MORE : MM_EFFECT_LESS :
	       (by > 0) == (more == MM_MORE_IS_BETTER) ? MM_EFFECT_BETTER : MM_EFFECT_WORSE;
}

enum mm_effect mm_effect_of_two(enum mm_more more, const struct mm_two *t, enum mm_doubt *ret_why)
{
	enum mm_effect e;

	*ret_why = MM_DOUBT_NONE;
	if (t->a.mid == MM_FIGURE_UNKNOWN || t->b.mid == MM_FIGURE_UNKNOWN)
		*ret_why = MM_DOUBT_NOT_TOLD;
	else if (t->a.low == t->b.low && t->a.mid == t->b.mid && t->a.high == t->b.high)
		return MM_EFFECT_SAME;
	else if (t->captures)
		*ret_why = MM_DOUBT_TWO_CAPTURES;
	else if (t->own.mid == MM_FIGURE_UNKNOWN)
		*ret_why = MM_DOUBT_NO_OWN;
	else if (t->observed == MM_FIGURE_UNKNOWN)
		*ret_why = MM_DOUBT_NO_OBSERVATION;
	if (*ret_why)
		return MM_EFFECT_CANT_TELL;
	e = t->a_own ? mm_effect(more, t->observed, &t->own, &t->b) : of_policies(more, t);
	if (e == MM_EFFECT_CANT_TELL)
		*ret_why = MM_DOUBT_MODEL_MISSES;
	return e;
}
