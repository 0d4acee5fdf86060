// SPDX-License-Identifier: GPL-2.0-only
/* Policies: a kernel's facts, its settings, and how both are written. */
#include "policy/policy.h"
#include "policy/choice.h"
#include "policy/overlay.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *key, *text;
	int64_t def, least, most;
} tunables[] = {
#define X(id, k, d, lo, hi, t) { k, t, d, lo, hi },
	MM_TUNABLE_LIST(X)
#undef X
};

const char *mm_tunable_key(enum mm_tunable t)
{
	return (unsigned int)t < MM_TUNE_COUNT ? tunables[t].key : NULL;
}

const char *mm_tunable_text(enum mm_tunable t)
{
	return (unsigned int)t < MM_TUNE_COUNT ? tunables[t].text : NULL;
}

int64_t mm_tunable_limit(enum mm_tunable t, enum mm_limit which)
{
	if ((unsigned int)t >= MM_TUNE_COUNT)
		return 0;
	return which == MM_LIMIT_LEAST ? tunables[t].least : which == MM_LIMIT_MOST ? tunables[t].most : tunables[t].def;
}

static void take_release(struct mm_policy *p, uint32_t release)
{
	p->release = release;
	p->facts = mm_facts_of(release);
	snprintf(p->name, sizeof(p->name), "linux-");
	mm_release_name(release, p->name + 6, sizeof(p->name) - 6);
}

void mm_policy_init(struct mm_policy *p, uint32_t release)
{
	memset(p, 0, sizeof(*p));
	take_release(p, release);
	for (unsigned int i = 0; i < MM_TUNE_COUNT; i++)
		p->tune[i] = tunables[i].def;
}

static const char *newest(const struct sg_snapshot *const *snap, unsigned int nr, const char *key)
{
	for (unsigned int i = nr; i-- > 0;) {
		const char *v = snap[i] ? sg_snapshot_get(snap[i], key) : NULL;

		if (v)
			return v;
	}
	return NULL;
}

static int64_t clamp(enum mm_tunable t, int64_t v)
{
	return v < tunables[t].least ? tunables[t].least : v > tunables[t].most ? tunables[t].most : v;
}

/* A number as /proc and /sys print it; "true" and "Y" are 1. */
static bool number(const char *v, int64_t *ret)
{
	char *end;
	long long n;

	if (!v)
		return false;
	if (strncmp(v, "true", 4) == 0 || *v == 'Y') {
		*ret = 1;
		return true;
	}
	if (strncmp(v, "false", 5) == 0 || *v == 'N') {
		*ret = 0;
		return true;
	}
	n = strtoll(v, &end, 0);
	*ret = n;
	return end != v;
}

static void take_setting(struct mm_policy *p, enum mm_tunable t, const struct sg_snapshot *const *snap, unsigned int nr,
			 const char *key)
{
	int64_t v;

	if (!number(newest(snap, nr, key), &v)) {
		p->untold |= 1u << t;
		return;
	}
	p->tune[t] = clamp(t, v);
}

void mm_policy_of_capture(struct mm_policy *p, const struct sg_capture *cap, const struct sg_snapshot *const *snap,
			  unsigned int nr)
{
	static const struct {
		enum mm_tunable t;
		const char *key;
	} from[] = {
		{ MM_TUNE_MIN_FREE_KBYTES, "sysctl.vm.min_free_kbytes" },
		{ MM_TUNE_WATERMARK_SCALE_FACTOR, "sysctl.vm.watermark_scale_factor" },
		{ MM_TUNE_WATERMARK_BOOST_FACTOR, "sysctl.vm.watermark_boost_factor" },
		{ MM_TUNE_COMPACTION_PROACTIVENESS, "sysctl.vm.compaction_proactiveness" },
		{ MM_TUNE_COMPACT_UNEVICTABLE, "sysctl.vm.compact_unevictable_allowed" },
		{ MM_TUNE_EXTFRAG_THRESHOLD, "sysctl.vm.extfrag_threshold" },
		{ MM_TUNE_SWAPPINESS, "sysctl.vm.swappiness" },
		{ MM_TUNE_PERCPU_HIGH_FRACTION, "sysctl.vm.percpu_pagelist_high_fraction" },
		{ MM_TUNE_DEMOTION, "numa.demotion_enabled" },
		{ MM_TUNE_NUMA_BALANCING, "sysctl.kernel.numa_balancing" },
	};
	uint32_t release = mm_release_of(cap), known = release;
	int64_t v;

	/* a simulated run says itself what it ran under */
	if (cap->simulated && mm_policy_parse(cap->simulated->policy, p, NULL) == 0)
		return;
	if (known > MM_NEWEST_RELEASE)
		known = MM_NEWEST_RELEASE;
	if (known < MM_OLDEST_RELEASE)
		known = MM_NEWEST(5, 10);
	mm_policy_init(p, known);
	p->guess = known != release || release < MM_OLDEST_WHOLE || cap->kver[0] == 0;
	for (unsigned int i = 0; i < sizeof(from) / sizeof(from[0]); i++)
		take_setting(p, from[i].t, snap, nr, from[i].key);
	if (mm_has(p->facts, DEFRAG))
		take_setting(p, MM_TUNE_DEFRAG_MODE, snap, nr, "sysctl.vm.defrag_mode");
	/* bit 0 is the main switch; a kernel that has it not shows no such file */
	if (number(newest(snap, nr, "lru_gen.enabled"), &v))
		p->tune[MM_TUNE_LRU_GEN] = v & 1;
	else if (newest(snap, nr, "vmstat.nr_free_pages"))
		p->tune[MM_TUNE_LRU_GEN] = 0;
	if (number(newest(snap, nr, "meminfo.SwapTotal"), &v))
		p->tune[MM_TUNE_SWAP] = v > 0;
	/*
	 * Candidates for promotion are counted with memory tiering alone.
	 * Source: kernel/sched/fair.c: should_numa_migrate_memory(), 6.1 to 7.3
	 */
	if ((p->untold >> MM_TUNE_NUMA_BALANCING & 1) && number(newest(snap, nr, "vmstat.pgpromote_candidate"), &v) && v > 0) {
		p->tune[MM_TUNE_NUMA_BALANCING] = 2;
		p->untold &= ~(1u << MM_TUNE_NUMA_BALANCING);
	}
	/* counters of huge pages are there in kernels that are built with them */
	if (newest(snap, nr, "vmstat.nr_free_pages") && !newest(snap, nr, "vmstat.thp_fault_alloc"))
		p->tune[MM_TUNE_THP] = 0;
}

/* "linux-6.12", "linux-6.12.29", "linux-7.3-rc" */
static int parse_release(const char *s, size_t n, struct mm_policy *p, struct sg_err *err)
{
	uint32_t r = n > 6 && memcmp(s, "linux-", 6) == 0 ? mm_release_parse(s + 6, n - 6) : 0;

	if (!mm_release_known(r))
		return sg_fail(err, SG_E_USAGE,
			       "'%.*s' is no known policy: linux-5.10 to linux-7.3, as in linux-6.18, linux-6.12.29, linux-7.3-rc",
			       (int)(n < 60 ? n : 60), s);
	mm_policy_init(p, r);
	p->guess = r < MM_OLDEST_WHOLE;
	return 0;
}

/* The number behind a key, within its limits. */
static int parse_number(const char *key, const char *s, size_t n, int64_t least, int64_t most, int64_t *ret, struct sg_err *err)
{
	char value[32], *end;
	long long v;

	snprintf(value, sizeof(value), "%.*s", (int)(n < sizeof(value) ? n : sizeof(value) - 1), s);
	v = strtoll(value, &end, 10);
	if (end == value || *end || n >= sizeof(value) || v < least || v > most)
		return sg_fail(err, SG_E_USAGE, "%s=%s: a number from %lld to %lld is needed", key, value, (long long)least,
			       (long long)most);
	*ret = v;
	return 0;
}

/* What the text says, before it is put together. */
struct text {
	struct mm_policy p;
	struct mm_facts said; /* facts that it names */
};

/* storm=p2+p4 */
static int parse_choice(unsigned int i, const char *value, size_t n, struct mm_policy *p, struct sg_err *err)
{
	const struct mm_choice *c = mm_choice(i);
	char had[80];
	int64_t number;
	uint32_t v;
	int r = mm_choice_parse(c, value, n, &v, &number, err);

	if (r < 0)
		return r;
	if (p->choice[i]) {
		mm_choice_print(c, p->choice[i], p->number[i], had, sizeof(had));
		return sg_fail(err, SG_E_USAGE, "%s=%.*s: %s is there already, as %s=%s", c->key, (int)(n < 60 ? n : 60), value,
			       c->key, c->key, had);
	}
	p->choice[i] = (uint16_t)v;
	p->number[i] = number;
	return 0;
}

/* plugin=mine+yours: the names alone, as a run under them prints them */
static int parse_plugin(const char *value, size_t n, struct mm_policy *p, struct sg_err *err)
{
	size_t good = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+");

	if (n == 0 || good < n || n >= sizeof(p->plugin))
		return sg_fail(err, SG_E_USAGE, "plugin=%.*s: that is no policy's name", (int)(n < 60 ? n : 60), value);
	memcpy(p->plugin, value, n);
	p->plugin[n] = 0;
	return 0;
}

/* One choice, fact or setting. */
static int parse_part(const char *s, size_t n, struct text *text, struct sg_err *err)
{
	struct mm_policy *p = &text->p;
	const char *eq = memchr(s, '=', n), *key;
	size_t klen = eq ? (size_t)(eq - s) : n;
	enum mm_fact fact = mm_fact_find(s, klen);
	int r, choice = mm_choice_find(s, klen);
	unsigned int t = 0;
	int64_t v = 0, def;

	if (eq && klen == 6 && memcmp(s, "plugin", 6) == 0)
		return parse_plugin(eq + 1, n - klen - 1, p, err);
	if (choice >= 0 && eq)
		return parse_choice((unsigned int)choice, eq + 1, n - klen - 1, p, err);
	if (choice >= 0)
		return sg_fail(err, SG_E_USAGE, "'%.*s' needs a value: %.*s=%s", (int)klen, s, (int)klen, s,
			       mm_choice((unsigned int)choice)->value[0].key);
	while (t < MM_TUNE_COUNT && (strlen(tunables[t].key) != klen || memcmp(tunables[t].key, s, klen) != 0))
		t++;
	if (t == MM_TUNE_COUNT && fact == MM_FACT_COUNT)
		return sg_fail(err, SG_E_USAGE,
			       "'%.*s' is no choice, no fact and no setting of a policy; 'stormglass policies' lists them", (int)(klen < 60 ? klen : 60), s);
	key = fact < MM_FACT_COUNT ? mm_fact_key(fact) : tunables[t].key;
	def = fact < MM_FACT_COUNT ? !mm_facts_has(p->facts, fact) : tunables[t].def;
	if (!eq)
		return sg_fail(err, SG_E_USAGE, "%s '%s' needs a value: %s=%lld", fact < MM_FACT_COUNT ? "the fact" : "the setting",
			       key, key, (long long)def);
	if (fact < MM_FACT_COUNT) {
		r = parse_number(key, eq + 1, n - klen - 1, 0, 1, &v, err);
		if (r == 0) {
			mm_facts_set(&p->facts, fact, v);
			mm_facts_set(&text->said, fact, true);
		}
		return r;
	}
	r = parse_number(key, eq + 1, n - klen - 1, tunables[t].least, tunables[t].most, &v, err);
	if (r == 0) {
		p->tune[t] = v;
		p->named |= 1u << t;
	}
	return r;
}

/* What is chosen sets its facts, unless the text says otherwise, and lays its hooks. */
static int choose(struct text *text, struct sg_err *err)
{
	const struct mm_choice *c;
	int r = 0;

	for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++) {
		uint32_t v = text->p.choice[i];

		for (unsigned int k = 0; v && k < MM_FACT_COUNT; k++) {
			enum mm_fact x = (enum mm_fact)k;
			char value[80];
			bool on;

			if (!mm_facts_has(text->said, x) || !mm_choice_says(c, v, x, &on) ||
			    mm_facts_has(text->p.facts, x) == on)
				continue;
			mm_choice_print(c, v, text->p.number[i], value, sizeof(value));
			return sg_fail(err, SG_E_USAGE, "%s=%d contradicts %s=%s, which says %s=%d: leave one of them out",
				       mm_fact_key(x), !on, c->key, value, mm_fact_key(x), on);
		}
		mm_choice_facts(c, v, &text->p.facts);
		for (unsigned int k = 0; k < c->nr && r == 0; k++)
			if ((v >> k & 1) && c->value[k].hooks)
				r = mm_policy_add(&text->p, c->value[k].hooks, err);
	}
	return r;
}

/* Settings that the facts leave no room for; facts may come behind the setting that needs them. */
static int contradiction(const struct mm_policy *p, struct sg_err *err)
{
	if (p->tune[MM_TUNE_DEFRAG_MODE] && !mm_has(p->facts, DEFRAG))
		return sg_fail(err, SG_E_USAGE, "%s has no defrag_mode, which came with 6.15: take linux-6.15 or later, or add defrag=1",
			       p->name);
	return 0;
}

void mm_policy_under(struct mm_policy *p, const struct mm_policy *own)
{
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++) {
		if (p->named >> t & 1)
			continue;
		p->tune[t] = own->tune[t];
		p->untold = (p->untold & ~(1u << t)) | (own->untold & 1u << t);
	}
	if (!mm_has(p->facts, DEFRAG))
		p->tune[MM_TUNE_DEFRAG_MODE] = 0;
}

/* The hooks of what is chosen, the lowest first; others that lie above them stay. */
static int lay_hooks(struct mm_policy *p, const struct mm_choice *c, uint32_t chosen, struct sg_err *err)
{
	int r = 0;

	for (unsigned int v = 0; v < c->nr && r == 0; v++)
		if ((chosen >> v & 1) && c->value[v].hooks)
			r = mm_policy_add(p, c->value[v].hooks, err);
	return r;
}

int mm_policy_choose(struct mm_policy *p, unsigned int i, unsigned int v, int64_t number, struct sg_err *err)
{
	const struct mm_choice *c = mm_choice(i);
	int r = lay_hooks(p, c, 1u << v, err);

	if (r < 0)
		return r;
	p->choice[i] = (uint16_t)(1u << v);
	p->number[i] = number;
	mm_choice_facts(c, 1u << v, &p->facts);
	return 0;
}

void mm_policy_unchoose(struct mm_policy *p, unsigned int i)
{
	const struct mm_choice *c = mm_choice(i);
	struct mm_facts kernel = mm_facts_of(p->release);
	uint16_t plugged = 0;
	unsigned int nr = 0;
	bool on;

	for (unsigned int x = 0; x < MM_FACT_COUNT; x++)
		if (mm_choice_says(c, p->choice[i], (enum mm_fact)x, &on))
			mm_facts_set(&p->facts, (enum mm_fact)x, mm_facts_has(kernel, (enum mm_fact)x));
	for (unsigned int k = 0; k < p->nr_overlays; k++) {
		bool its = false;

		for (unsigned int v = 0; v < c->nr; v++)
			its |= (p->choice[i] >> v & 1) && c->value[v].hooks == p->overlay[k];
		if (its)
			continue;
		plugged |= (uint16_t)((p->plugged >> k & 1) << nr);
		p->overlay[nr] = p->overlay[k];
		p->retire[nr++] = p->retire[k];
	}
	while (p->nr_overlays > nr) {
		p->overlay[--p->nr_overlays] = NULL;
		p->retire[p->nr_overlays] = (struct mm_retire){ 0 };
	}
	p->plugged = plugged;
	p->choice[i] = 0;
	p->number[i] = 0;
}

int mm_policy_machine(struct mm_policy *p, const struct mm_policy *own, struct sg_err *err)
{
	const struct mm_choice *c;
	int r = 0;

	for (unsigned int i = 0; (c = mm_choice(i)) != NULL && r == 0; i++) {
		if (!c->machine || p->choice[i] || !own->choice[i])
			continue;
		r = lay_hooks(p, c, own->choice[i], err);
		p->choice[i] = own->choice[i];
		p->number[i] = own->number[i];
		mm_choice_facts(c, own->choice[i], &p->facts);
	}
	return r;
}

bool mm_policy_tiering(const struct mm_policy *p)
{
	return p->tune[MM_TUNE_NUMA_BALANCING] & 2;
}

int mm_policy_parse(const char *spec, struct mm_policy *p, struct sg_err *err)
{
	struct text text = { .said = { { 0, 0 } } };
	size_t n = strcspn(spec, ",");
	int r = parse_release(spec, n, &text.p, err);

	while (r == 0 && spec[n]) {
		spec += n + 1;
		n = strcspn(spec, ",");
		r = parse_part(spec, n, &text, err);
	}
	if (r == 0)
		r = choose(&text, err);
	if (r == 0)
		r = contradiction(&text.p, err);
	if (r == 0)
		*p = text.p;
	return r;
}

/* A text of *@n bytes has grown by what snprintf() said; what doesn't fit is cut. */
static void grown(size_t size, size_t *n, int would)
{
	*n += (size_t)would < size - *n ? (size_t)would : size - *n - 1;
}

size_t mm_policy_print(const struct mm_policy *p, char *buf, size_t size)
{
	struct mm_facts own = mm_facts_of(p->release);
	const struct mm_choice *c;
	size_t n = 0;

	if (size == 0)
		return 0;
	grown(size, &n, snprintf(buf, size, "%s", p->name));
	for (unsigned int i = 0; (c = mm_choice(i)) != NULL; i++) {
		char value[80];

		if (!p->choice[i])
			continue;
		mm_choice_print(c, p->choice[i], p->number[i], value, sizeof(value));
		grown(size, &n, snprintf(buf + n, size - n, ",%s=%s", c->key, value));
		mm_choice_facts(c, p->choice[i], &own);
	}
	for (unsigned int i = 0; i < MM_FACT_COUNT; i++)
		if (mm_facts_has(p->facts, (enum mm_fact)i) != mm_facts_has(own, (enum mm_fact)i))
			grown(size, &n, snprintf(buf + n, size - n, ",%s=%d", mm_fact_key((enum mm_fact)i),
						    mm_facts_has(p->facts, (enum mm_fact)i)));
	for (unsigned int i = 0; i < MM_TUNE_COUNT; i++)
		if (p->tune[i] != tunables[i].def)
			grown(size, &n, snprintf(buf + n, size - n, ",%s=%lld", tunables[i].key, (long long)p->tune[i]));
	if (p->plugin[0])
		grown(size, &n, snprintf(buf + n, size - n, ",plugin=%s", p->plugin));
	return n;
}

/* Notes are counted down to the one that is wanted. */
struct notes {
	unsigned int left;
	char *buf;
	size_t size, n; /* n: bytes of the note once it came */
};

static bool note(struct notes *to, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Return: was it the one? */
static bool note(struct notes *to, const char *fmt, ...)
{
	va_list ap;
	int would;

	if (to->left--)
		return false;
	va_start(ap, fmt);
	would = vsnprintf(to->buf, to->size, fmt, ap);
	va_end(ap);
	to->n = (size_t)would < to->size ? (size_t)would : to->size - 1;
	return true;
}

static bool note_choice(const struct mm_policy *p, unsigned int i, struct notes *to)
{
	const struct mm_choice *c = mm_choice(i);
	uint32_t chosen = p->choice[i];
	struct mm_facts kernel = mm_facts_of(p->release), with = kernel;
	bool hooks = false;
	const char *text;
	char value[80];

	for (unsigned int v = 0; v < c->nr; v++)
		hooks |= (chosen >> v & 1) && c->value[v].hooks;
	mm_choice_facts(c, chosen, &with);
	mm_choice_print(c, chosen, p->number[i], value, sizeof(value));
	if (chosen && !hooks && !c->machine && mm_facts_equal(with, kernel) &&
	    note(to, "%s=%s changes nothing: %s does so by itself", c->key, value, p->name))
		return true;
	for (unsigned int v = 0; v < c->nr; v++) {
		if (!(chosen >> v & 1) || !c->value[v].defrag || p->tune[MM_TUNE_DEFRAG_MODE])
			continue;
		if (mm_has(p->facts, DEFRAG) ?
			    note(to, "%s=%s does nothing while defrag_mode=0", c->key, c->value[v].key) :
			    note(to, "%s=%s does nothing: %s has no defrag_mode", c->key, c->value[v].key, p->name))
			return true;
	}
	for (unsigned int k = 0; c->remark && (text = c->remark(p, chosen, k)) != NULL; k++)
		if (note(to, "%s", text))
			return true;
	return false;
}

size_t mm_policy_note(const struct mm_policy *p, unsigned int i, char *buf, size_t size)
{
	struct notes to = { .left = i, .buf = buf, .size = size };

	if (size == 0)
		return 0;
	buf[0] = 0;
	if (p->plugin[0] && !p->plugged &&
	    note(&to, "what came out of a file (%s) isn't here: the rules beneath it answer instead", p->plugin))
		return to.n;
	for (unsigned int k = 0; mm_choice(k) != NULL; k++)
		if (note_choice(p, k, &to))
			return to.n;
	return 0;
}
