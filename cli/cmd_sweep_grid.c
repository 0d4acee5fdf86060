// SPDX-License-Identifier: GPL-2.0-only
/* The grid of a sweep: templates of policies, written out. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_sweep.h"
#include "policy/choice.h"
#include "sg_mem.h"

#define MOST_PARTS 64u
#define SPEC_SIZE 4000u

/* ---- lists of texts ------------------------------------------------------------------------------ */

static int push(struct sweep_specs *s, const char *text, size_t len, struct sg_err *err)
{
	if (s->nr == SWEEP_MOST_SPECS)
		return sg_fail(err, SG_E_USAGE, "the grid has more than %u policies; take larger steps, or several sweeps",
			       SWEEP_MOST_SPECS);
	if (s->nr == s->room) {
		unsigned int room = s->room ? 2 * s->room : 16;
		char **more = sg_realloc(s->text, room * sizeof(*more));

		if (!more)
			return sg_fail(err, SG_E_NOMEM, "out of memory");
		s->text = more;
		s->room = room;
	}
	s->text[s->nr] = sg_printf("%.*s", (int)len, text);
	if (!s->text[s->nr])
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	s->nr++;
	return SG_OK;
}

int sweep_specs_add(struct sweep_specs *s, const char *text, struct sg_err *err)
{
	return push(s, text, strlen(text), err);
}

void sweep_specs_free(struct sweep_specs *s)
{
	for (unsigned int i = 0; i < s->nr; i++)
		free(s->text[i]);
	free(s->text);
	*s = (struct sweep_specs){ 0 };
}

/* ---- parts of a policy's text -------------------------------------------------------------------- */

/* The part "@key=...": where it begins and how long it is; "policy" is the first part. */
static const char *find_part(const char *spec, const char *key, size_t *ret_len)
{
	size_t len = strlen(key);

	if (strcmp(key, "policy") == 0) {
		*ret_len = strcspn(spec, ",");
		return spec;
	}
	for (const char *c = strchr(spec, ','); c; c = strchr(c + 1, ','))
		if (strncmp(c + 1, key, len) == 0 && c[1 + len] == '=') {
			*ret_len = strcspn(c + 1, ",");
			return c + 1;
		}
	return NULL;
}

const char *sweep_spec_value(const char *spec, const char *key, char *buf, size_t size)
{
	size_t len, skip = strcmp(key, "policy") == 0 ? 0 : strlen(key) + 1;
	const char *p = find_part(spec, key, &len);

	if (!p)
		return NULL;
	snprintf(buf, size, "%.*s", (int)(len - skip), p + skip);
	return buf;
}

void sweep_spec_without(const char *spec, const char *key, char *buf, size_t size)
{
	size_t len;
	const char *p = find_part(spec, key, &len);

	if (!p)
		snprintf(buf, size, "%s", spec);
	else if (p == spec)
		snprintf(buf, size, "%s", spec + len + (spec[len] == ','));
	else
		snprintf(buf, size, "%.*s%s", (int)(p - 1 - spec), spec, p + len);
}

/* ---- values of one part ------------------------------------------------------------------------------ */

struct axis {
	char key[64];              /* "": the part has no = */
	struct sweep_specs values;
};

static bool whole(const char *s, size_t len, int64_t *ret)
{
	char text[32], *end;

	if (len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, s, len);
	text[len] = 0;
	if (strspn(text + (*text == '-'), "0123456789") != len - (*text == '-') || text[len - 1] == '-')
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return !errno && !*end;
}

/* a..b or a..b:step; false when @s isn't one. */
static bool range_of(const char *s, size_t len, int64_t *a, int64_t *b, int64_t *step)
{
	const char *dots = memmem(s, len, "..", 2), *end = s + len, *colon;

	if (!dots || !whole(s, (size_t)(dots - s), a))
		return false;
	dots += 2;
	colon = memchr(dots, ':', (size_t)(end - dots));
	*step = 1;
	if (colon && !whole(colon + 1, (size_t)(end - colon - 1), step))
		return false;
	return whole(dots, (size_t)((colon ? colon : end) - dots), b);
}

static int add_range(struct axis *x, int64_t a, int64_t b, int64_t step, struct sg_err *err)
{
	char text[32];
	int r = SG_OK;

	if (a > b || step <= 0)
		return sg_fail(err, SG_E_USAGE, "%s=%" PRId64 "..%" PRId64 ":%" PRId64 ": a range goes upwards, by steps of 1 or more",
			       x->key, a, b, step);
	if ((uint64_t)(b - a) / (uint64_t)step >= SWEEP_MOST_SPECS)
		return sg_fail(err, SG_E_USAGE, "%s=%" PRId64 "..%" PRId64 " has more than %u values; a..b:STEP leaves some out", x->key, a, b,
			       SWEEP_MOST_SPECS);
	for (int64_t v = a; r == SG_OK; v += step) {
		snprintf(text, sizeof(text), "%" PRId64, v);
		r = sweep_specs_add(&x->values, text, err);
		if (b - v < step)
			break;
	}
	return r;
}

static int add_choice(struct axis *x, struct sg_err *err)
{
	int c = mm_choice_find(x->key, strlen(x->key)), r = SG_OK;

	if (c < 0)
		return sg_fail(err, SG_E_USAGE, "%s=*: * stands for all values of a choice (stormglass policies lists them); a setting has "
			       "a range: %s=1..10", x->key, x->key);
	for (unsigned int i = 0; i < mm_choice((unsigned int)c)->nr && r == SG_OK; i++)
		r = sweep_specs_add(&x->values, mm_choice((unsigned int)c)->value[i].key, err);
	return r;
}

static int add_value(struct axis *x, const char *s, size_t len, struct sg_err *err)
{
	int64_t a, b, step;
	char text[32];

	if (len == 0)
		return sg_fail(err, SG_E_USAGE, "'%s' has an empty value", x->key);
	if (x->key[0] && len == 1 && *s == '*')
		return add_choice(x, err);
	if (x->key[0] && range_of(s, len, &a, &b, &step))
		return add_range(x, a, b, step, err);
	if (x->key[0] && whole(s, len, &a)) {
		snprintf(text, sizeof(text), "%" PRId64, a);
		return sweep_specs_add(&x->values, text, err);
	}
	return push(&x->values, s, len, err);
}

/* "key=VALUES", or a list of policies without a key. */
static int read_part(struct axis *x, const char *s, size_t len, struct sg_err *err)
{
	const char *eq = memchr(s, '=', len), *end = s + len;
	int r = SG_OK;

	memset(x, 0, sizeof(*x));
	if (eq) {
		if ((size_t)(eq - s) >= sizeof(x->key) || eq == s)
			return sg_fail(err, SG_E_USAGE, "'%.*s' has no key that a policy may have", (int)(len < 60 ? len : 60), s);
		memcpy(x->key, s, (size_t)(eq - s));
		s = eq + 1;
	}
	for (;;) {
		const char *bar = memchr(s, '|', (size_t)(end - s));

		r = add_value(x, s, (size_t)((bar ? bar : end) - s), err);
		if (r < 0 || !bar)
			return r;
		s = bar + 1;
	}
}

/* ---- the product of all parts ------------------------------------------------------------------------ */

struct grid {
	struct axis axis[MOST_PARTS];
	unsigned int nr;
};

static void clear(struct grid *g)
{
	for (unsigned int i = 0; i < g->nr; i++)
		sweep_specs_free(&g->axis[i].values);
	g->nr = 0;
}

static int add_part(struct grid *g, const char *s, size_t len, struct sg_err *err)
{
	int r;

	if (g->nr == MOST_PARTS)
		return sg_fail(err, SG_E_USAGE, "a policy has at most %u parts", MOST_PARTS);
	r = read_part(&g->axis[g->nr++], s, len, err);
	for (unsigned int i = 0; r == SG_OK && i + 1 < g->nr; i++)
		if (g->axis[g->nr - 1].key[0] && strcmp(g->axis[i].key, g->axis[g->nr - 1].key) == 0)
			r = sg_fail(err, SG_E_USAGE, "%s is named twice; a list has all values in one place: %s=a|b", g->axis[i].key,
				    g->axis[i].key);
	return r;
}

/* Parts with a key stand in the order of their keys behind those without one: one policy, one text. */
static int by_key(const void *a, const void *b)
{
	const struct axis *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static unsigned int unnamed(const struct grid *g)
{
	unsigned int n = 0;

	while (n < g->nr && !g->axis[n].key[0])
		n++;
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One policy of the grid. */
static int add_spec(const struct grid *g, const unsigned int *at, struct sweep_specs *ret, struct sg_err *err)
{
	char spec[SPEC_SIZE];
	struct mm_policy p;
	size_t n = 0;
	int r;

	for (unsigned int i = 0; i < g->nr; i++) {
		const struct axis *x = &g->axis[i];
		int len = snprintf(spec + n, sizeof(spec) - n, "%s%s%s%s", i ? "," : "", x->key, x->key[0] ? "=" : "", x->values.text[at[i]]);

		n += (size_t)len;
		if (n >= sizeof(spec))
			return sg_fail(err, SG_E_USAGE, "a policy of more than %u letters", SPEC_SIZE);
	}
	r = cmd_whatif_policy(NULL, spec, &p, err);
	return r < 0 ? r : sweep_specs_add(ret, spec, err);
}

static int product(const struct grid *g, struct sweep_specs *ret, struct sg_err *err)
{
	unsigned int at[MOST_PARTS] = { 0 }, i;
	int r;

	do {
		r = add_spec(g, at, ret, err);
		for (i = g->nr; i-- > 0;) {
			if (++at[i] < g->axis[i].values.nr)
				break;
			at[i] = 0;
		}
	} while (r == SG_OK && i < g->nr);
	return r;
}

/* Those that are there twice go, the first stays. */
static int unique(struct sweep_specs *s, struct sg_err *err)
{
	char **sorted = sg_malloc((s->nr + 1) * sizeof(*sorted));
	bool *twice = sg_calloc(s->nr + 1, 1);
	unsigned int n = 0, kept = 0;

	if (!sorted || !twice) {
		free(sorted);
		free(twice);
		return sg_fail(err, SG_E_NOMEM, "out of memory");
	}
	for (unsigned int i = 0; i < s->nr; i++)
		sorted[i] = s->text[i];
	qsort(sorted, s->nr, sizeof(*sorted), by_text);
	for (unsigned int i = 0; i < s->nr; i++)
		if (n == 0 || strcmp(sorted[n - 1], sorted[i]) != 0)
			sorted[n++] = sorted[i];
	for (unsigned int i = 0; i < s->nr; i++) {
		char **at = bsearch(&s->text[i], sorted, n, sizeof(*sorted), by_text);

		if (twice[at - sorted]) {
			free(s->text[i]);
			continue;
		}
		twice[at - sorted] = true;
		sorted[at - sorted] = s->text[i]; /* the copy that stays */
		s->text[kept++] = s->text[i];
	}
	s->nr = kept;
	free(sorted);
	free(twice);
	return SG_OK;
}

int sweep_grid_expand(const char *const *policy, unsigned int nr, const char *const *tunable, unsigned int nr_tunables,
		      struct sweep_specs *ret, struct sg_err *err)
{
	struct grid *g = sg_calloc(1, sizeof(*g));
	int r = g ? SG_OK : sg_fail(err, SG_E_NOMEM, "out of memory");

	for (unsigned int i = 0; i < nr && r == SG_OK; i++) {
		for (const char *s = policy[i];; s++) {
			size_t len = strcspn(s, ",");

			r = add_part(g, s, len, err);
			s += len;
			if (r < 0 || !*s)
				break;
		}
		for (unsigned int t = 0; t < nr_tunables && r == SG_OK; t++)
			r = strchr(tunable[t], '=') && !strchr(tunable[t], ',') ? add_part(g, tunable[t], strlen(tunable[t]), err) :
			    sg_fail(err, SG_E_USAGE, "'%.80s' is no setting with values; as in watermark_scale_factor=10..500:50", tunable[t]);
		if (r == SG_OK) {
			unsigned int n = unnamed(g);

			qsort(g->axis + n, g->nr - n, sizeof(g->axis[0]), by_key);
			r = product(g, ret, err);
		}
		clear(g);
	}
	if (g)
		clear(g);
	free(g);
	return r == SG_OK ? unique(ret, err) : r;
}
