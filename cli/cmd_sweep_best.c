// SPDX-License-Identifier: GPL-2.0-only
/* The settings with the least cost, capture by capture and over all, and what they lose elsewhere. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd_sweep_show.h"
#include "sg_mem.h"

struct best {
	const struct show *s;
	const struct show_point **sorted; /* by capture, then cost */
	unsigned int *first, *nr;         /* of each capture */
	const char **winner;              /* policies that are best somewhere, each once */
	unsigned int nr_winners;
	const char *over_all;             /* the least sum over all captures; NULL: none ran on all of them */
	double sum;
};

static int by_cost(const void *a, const void *b)
{
	const struct show_point *x = *(const struct show_point *const *)a, *y = *(const struct show_point *const *)b;

	if (x->capture != y->capture)
		return x->capture < y->capture ? -1 : 1;
	if (x->span.mid != y->span.mid)
		return x->span.mid < y->span.mid ? -1 : 1;
	if (x->span.high != y->span.high)
		return x->span.high < y->span.high ? -1 : 1;
	return strlen(x->spec) != strlen(y->spec) ? strlen(x->spec) < strlen(y->spec) ? -1 : 1 : strcmp(x->spec, y->spec); /* less to set */
}

static const struct show_point *find(const struct best *b, unsigned int capture, const char *spec)
{
	for (unsigned int i = 0; i < b->nr[capture]; i++)
		if (strcmp(b->sorted[b->first[capture] + i]->spec, spec) == 0)
			return b->sorted[b->first[capture] + i];
	return NULL;
}

static void find_winners(struct best *b)
{
	for (unsigned int c = 0; c < b->s->nr_captures; c++) {
		const char *spec = b->nr[c] ? b->sorted[b->first[c]]->spec : NULL;
		bool had = !spec;

		for (unsigned int i = 0; i < b->nr_winners; i++)
			had |= strcmp(b->winner[i], spec) == 0;
		if (!had)
			b->winner[b->nr_winners++] = spec;
	}
}

/* A policy's medians over all captures. */
static int by_spec(const void *a, const void *b)
{
	const struct show_point *x = *(const struct show_point *const *)a, *y = *(const struct show_point *const *)b;

	return strcmp(x->spec, y->spec);
}

static bool find_over_all(struct best *b, unsigned int nr)
{
	const struct show_point **p = sg_malloc((nr + 1) * sizeof(*p));

	if (!p)
		return false;
	memcpy(p, b->sorted, nr * sizeof(*p));
	qsort(p, nr, sizeof(*p), by_spec);
	for (unsigned int i = 0, n; i < nr; i += n) {
		double sum = p[i]->span.mid;

		for (n = 1; i + n < nr && strcmp(p[i]->spec, p[i + n]->spec) == 0; n++)
			sum += p[i + n]->span.mid;
		if (n == b->s->nr_captures && (!b->over_all || sum < b->sum)) {
			b->over_all = p[i]->spec;
			b->sum = sum;
		}
	}
	free(p);
	return true;
}

static enum show_verdict held(const struct best *b, const struct show_point *p, const struct show_point *against)
{
	const struct show_capture *c = &b->s->capture[p->capture];

	return show_verdict(&p->span, &against->span, c->own ? &c->own->span : NULL, c->observed);
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static void put_clean(const char *text)
{
	char clean[600];

	sg_clean(clean, sizeof(clean), text, strlen(text));
	fputs(clean, stdout);
}

static void put_capture(const struct best *b, unsigned int c, unsigned int top)
{
	const struct show_capture *cap = &b->s->capture[c];
	const struct show_point *best = b->nr[c] ? b->sorted[b->first[c]] : NULL;
	unsigned int more = 0;
	char a[80], range[120];

	put_clean(cap->name);
	printf(": observed %s", show_value_text(b->s, cap->observed, a, sizeof(a)));
	if (cap->own)
		printf("; the captured kernel's own runs %s", show_span_text(b->s, &cap->own->span, range, sizeof(range)));
	printf("\n");
	if (!best) {
		printf("  no run tells this cost\n");
		return;
	}
	for (unsigned int i = 0; i < b->nr[c]; i++) {
		const struct show_point *p = b->sorted[b->first[c] + i];
		enum show_verdict v = held(b, p, best);
		bool as_good = v != SHOW_MORE;

		if (i >= top) {
			more += as_good;
			continue;
		}
		printf("  %3u  %28s  ", i + 1, show_span_text(b->s, &p->span, range, sizeof(range)));
		put_clean(p->spec);
		if (i == 0 && cap->own && p != cap->own)
			printf("; against own: %s", show_verdict_text(held(b, p, cap->own), MM_MORE_IS_WORSE));
		else if (i)
			printf("; against the first: %s", show_verdict_text(v, MM_MORE_IS_WORSE));
		printf("\n");
	}
	if (b->nr[c] > top)
		printf("       %u more, of which %u can't be told from the first\n", b->nr[c] - top, more);
}

static void put_winner(const struct best *b, const char *spec)
{
	char at[120], lost[60];

	printf("  ");
	put_clean(spec);
	printf("\n");
	for (unsigned int c = 0; c < b->s->nr_captures; c++) {
		const struct show_point *p = find(b, c, spec), *best = b->nr[c] ? b->sorted[b->first[c]] : NULL;

		printf("    ");
		put_clean(b->s->capture[c].name);
		if (!p || !best) {
			printf(": it has no run that tells\n");
			continue;
		}
		printf(": %s", show_span_text(b->s, &p->span, at, sizeof(at)));
		if (p == best) {
			printf(", the least\n");
			continue;
		}
		printf(", %s above the least", show_value_text(b->s, p->span.mid - best->span.mid, lost, sizeof(lost)));
		if (best->span.mid > 0)
			printf(" (%.0f %%)", 100 * (p->span.mid - best->span.mid) / best->span.mid);
		printf("; %s\n", show_verdict_text(held(b, p, best), MM_MORE_IS_WORSE));
	}
}

static void put_text(const struct best *b, unsigned int top)
{
	char a[80];

	printf("cost: ");
	put_clean(b->s->what);
	printf("; the least first\n\n");
	for (unsigned int c = 0; c < b->s->nr_captures; c++)
		put_capture(b, c, top);
	if (b->s->nr_captures < 2)
		return;
	printf("\nwhat the best of each capture cost on all of them\n");
	for (unsigned int i = 0; i < b->nr_winners; i++)
		put_winner(b, b->winner[i]);
	if (!b->over_all) {
		printf("no policy has runs on all captures that tell this cost\n");
		return;
	}
	printf("the least sum over all captures, %s:\n", show_value_text(b->s, b->sum, a, sizeof(a)));
	put_winner(b, b->over_all);
}

/* ---- JSON ------------------------------------------------------------------------------------------------- */

static json_t *point_json(const struct best *b, const struct show_point *p, const struct show_point *best)
{
	const struct show_capture *c = &b->s->capture[p->capture];
	json_t *o = json_object();

	json_object_set_new(o, "spec", json_string(p->spec));
	show_span_json(o, &p->span);
	json_object_set_new(o, "against_best", p == best ? json_null() : json_string(show_verdict_text(held(b, p, best), MM_MORE_IS_WORSE)));
	json_object_set_new(o, "against_own", !c->own || p == c->own ? json_null() :
			    json_string(show_verdict_text(held(b, p, c->own), MM_MORE_IS_WORSE)));
	return o;
}

static json_t *winner_json(const struct best *b, const char *spec)
{
	json_t *o = json_object(), *on = json_array();

	json_object_set_new(o, "spec", json_string(spec));
	for (unsigned int c = 0; c < b->s->nr_captures; c++) {
		const struct show_point *p = find(b, c, spec), *best = b->nr[c] ? b->sorted[b->first[c]] : NULL;
		json_t *one = p && best ? point_json(b, p, best) : json_object();

		json_object_set_new(one, "capture", json_string(b->s->capture[c].name));
		json_object_set_new(one, "loses", p && best ? json_real(p->span.mid - best->span.mid) : json_null());
		json_array_append_new(on, one);
	}
	json_object_set_new(o, "captures", on);
	return o;
}

static void put_json(const struct best *b, json_t *to)
{
	json_t *captures = json_array(), *winners = json_array();

	for (unsigned int c = 0; c < b->s->nr_captures; c++) {
		const struct show_capture *cap = &b->s->capture[c];
		json_t *o = json_object(), *points = json_array();

		json_object_set_new(o, "capture", json_string(cap->name));
		json_object_set_new(o, "observed", isnan(cap->observed) ? json_null() : json_real(cap->observed));
		for (unsigned int i = 0; i < b->nr[c]; i++)
			json_array_append_new(points, point_json(b, b->sorted[b->first[c] + i], b->sorted[b->first[c]]));
		json_object_set_new(o, "points", points);
		json_array_append_new(captures, o);
	}
	for (unsigned int i = 0; i < b->nr_winners; i++)
		json_array_append_new(winners, winner_json(b, b->winner[i]));
	json_object_set_new(to, "captures", captures);
	json_object_set_new(to, "winners", winners);
	json_object_set_new(to, "over_all", b->over_all ? winner_json(b, b->over_all) : json_null());
}

int show_best(const struct show *s, unsigned int top, json_t *to, struct sg_err *err)
{
	struct best b = { .s = s, .sorted = sg_malloc((s->nr_points + 1) * sizeof(*b.sorted)), .first = sg_calloc(s->nr_captures, sizeof(*b.first)),
			  .nr = sg_calloc(s->nr_captures, sizeof(*b.nr)), .winner = sg_calloc(s->nr_captures, sizeof(*b.winner)) };
	bool ok = b.sorted && b.first && b.nr && b.winner;
	unsigned int nr = 0;

	for (unsigned int i = 0; ok && i < s->nr_points; i++)
		if (s->point[i].span.nr)
			b.sorted[nr++] = &s->point[i];
	if (ok && nr)
		qsort(b.sorted, nr, sizeof(*b.sorted), by_cost);
	for (unsigned int i = 0; ok && i < nr; i++) {
		unsigned int c = b.sorted[i]->capture;

		if (!b.nr[c]++)
			b.first[c] = i;
	}
	if (ok)
		find_winners(&b);
	ok = ok && find_over_all(&b, nr);
	if (ok && to)
		put_json(&b, to);
	else if (ok)
		put_text(&b, top);
	free(b.sorted);
	free(b.first);
	free(b.nr);
	free(b.winner);
	return ok ? SG_OK : sg_fail(err, SG_E_NOMEM, "out of memory");
}
