// SPDX-License-Identifier: GPL-2.0-only
/* Policies: the known kernels, their settings, and how both are written. */
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	unsigned int major, minor;
	const char *name;
} known[] = {
	[MM_RULES_6_1] = { 6, 1, "linux-6.1" },	   [MM_RULES_6_12] = { 6, 12, "linux-6.12" },
	[MM_RULES_6_18] = { 6, 18, "linux-6.18" }, [MM_RULES_7_2] = { 7, 2, "linux-7.2" },
	[MM_RULES_7_3] = { 7, 3, "linux-7.3" },
};

static const struct {
	const char *key, *text;
	int64_t def, least, most;
} tunables[] = {
#define X(id, k, d, lo, hi, t) { k, t, d, lo, hi },
	MM_TUNABLE_LIST(X)
#undef X
};

const char *mm_policy_rules_name(enum mm_rules rules)
{
	return (unsigned int)rules < MM_RULES_COUNT ? known[rules].name : NULL;
}

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

void mm_policy_init(struct mm_policy *p, enum mm_rules rules)
{
	memset(p, 0, sizeof(*p));
	p->rules = (unsigned int)rules < MM_RULES_COUNT ? rules : MM_RULES_7_3;
	/* came with a stable release of 7.3, which is the one that people run */
	p->promoted_counts = p->rules >= MM_RULES_7_3;
	for (unsigned int i = 0; i < MM_TUNE_COUNT; i++)
		p->tune[i] = tunables[i].def;
}

/* The newest known kernel that isn't newer than the capture's; exact ones are no guess. */
static enum mm_rules rules_for(const struct sg_capture *cap, bool *guess)
{
	enum mm_rules r = cap->kver[0] ? MM_RULES_6_1 : MM_RULES_7_3;

	for (unsigned int i = 0; i < MM_RULES_COUNT; i++)
		if (cap->kver[0] > known[i].major || (cap->kver[0] == known[i].major && cap->kver[1] >= known[i].minor))
			r = (enum mm_rules)i;
	*guess = cap->kver[0] != known[r].major || cap->kver[1] != known[r].minor;
	return r;
}

/* Third number of a release ("7.3.4-1-amd64": 4), 0 without. */
static unsigned int sublevel(const char *release)
{
	unsigned int n = 0, dots = 0;

	for (; release && *release && dots < 2; release++) {
		if (*release == '.')
			dots++;
		else if (*release < '0' || *release > '9')
			return 0;
	}
	for (; release && *release >= '0' && *release <= '9' && n < 10000; release++)
		n = n * 10 + (unsigned int)(*release - '0');
	return n;
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
		{ MM_TUNE_EXTFRAG_THRESHOLD, "sysctl.vm.extfrag_threshold" },
		{ MM_TUNE_SWAPPINESS, "sysctl.vm.swappiness" },
		{ MM_TUNE_PERCPU_HIGH_FRACTION, "sysctl.vm.percpu_pagelist_high_fraction" },
		{ MM_TUNE_DEMOTION, "numa.demotion_enabled" },
		{ MM_TUNE_NUMA_BALANCING, "sysctl.kernel.numa_balancing" },
	};
	int64_t v;
	bool guess;

	mm_policy_init(p, rules_for(cap, &guess));
	p->guess = guess;
	p->promoted_counts = p->rules >= MM_RULES_7_3 &&
			     (cap->kver[0] != 7 || cap->kver[1] != 3 || sublevel(cap->kernel) >= 4);
	for (unsigned int i = 0; i < sizeof(from) / sizeof(from[0]); i++)
		take_setting(p, from[i].t, snap, nr, from[i].key);
	if (p->rules >= MM_RULES_6_18)
		take_setting(p, MM_TUNE_DEFRAG_MODE, snap, nr, "sysctl.vm.defrag_mode");
	/* bit 0 is the main switch; a kernel that has it not shows no such file */
	if (number(newest(snap, nr, "lru_gen.enabled"), &v))
		p->tune[MM_TUNE_LRU_GEN] = v & 1;
	else if (newest(snap, nr, "vmstat.nr_free_pages"))
		p->tune[MM_TUNE_LRU_GEN] = 0;
	if (number(newest(snap, nr, "meminfo.SwapTotal"), &v))
		p->tune[MM_TUNE_SWAP] = v > 0;
	/* counters of huge pages are there in kernels that are built with them */
	if (newest(snap, nr, "vmstat.nr_free_pages") && !newest(snap, nr, "vmstat.thp_fault_alloc"))
		p->tune[MM_TUNE_THP] = 0;
}

static int parse_rules(const char *s, size_t n, struct mm_policy *p, struct sg_err *err)
{
	char all[120] = "";

	for (unsigned int i = 0; i < MM_RULES_COUNT; i++)
		if (strlen(known[i].name) == n && memcmp(known[i].name, s, n) == 0) {
			mm_policy_init(p, (enum mm_rules)i);
			return 0;
		}
	for (unsigned int i = 0; i < MM_RULES_COUNT; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "", known[i].name);
	return sg_fail(err, SG_E_USAGE, "'%.*s' is no known policy: %s", (int)(n < 60 ? n : 60), s, all);
}

static int parse_tunable(const char *s, size_t n, struct mm_policy *p, struct sg_err *err)
{
	const char *eq = memchr(s, '=', n);
	size_t klen = eq ? (size_t)(eq - s) : n;
	unsigned int t = 0;
	char value[32], *end;
	long long v;

	while (t < MM_TUNE_COUNT && (strlen(tunables[t].key) != klen || memcmp(tunables[t].key, s, klen) != 0))
		t++;
	if (t == MM_TUNE_COUNT)
		return sg_fail(err, SG_E_USAGE, "'%.*s' is no setting of a policy; 'stormglass policies' lists them",
			       (int)(klen < 60 ? klen : 60), s);
	if (!eq)
		return sg_fail(err, SG_E_USAGE, "the setting '%s' needs a value: %s=%lld", tunables[t].key, tunables[t].key,
			       (long long)tunables[t].def);
	n -= klen + 1;
	snprintf(value, sizeof(value), "%.*s", (int)(n < sizeof(value) ? n : sizeof(value) - 1), eq + 1);
	v = strtoll(value, &end, 10);
	if (end == value || *end || n >= sizeof(value) || v < tunables[t].least || v > tunables[t].most)
		return sg_fail(err, SG_E_USAGE, "%s=%s: a number from %lld to %lld is needed", tunables[t].key, value,
			       (long long)tunables[t].least, (long long)tunables[t].most);
	if (t == MM_TUNE_DEFRAG_MODE && v && p->rules < MM_RULES_6_18)
		return sg_fail(err, SG_E_USAGE, "%s has no defrag_mode, which came with 6.15: take linux-6.18 or later",
			       known[p->rules].name);
	p->tune[t] = v;
	return 0;
}

bool mm_policy_tiering(const struct mm_policy *p)
{
	return p->tune[MM_TUNE_NUMA_BALANCING] & 2;
}

int mm_policy_parse(const char *spec, struct mm_policy *p, struct sg_err *err)
{
	struct mm_policy new;
	size_t n = strcspn(spec, ",");
	int r = parse_rules(spec, n, &new, err);

	while (r == 0 && spec[n]) {
		spec += n + 1;
		n = strcspn(spec, ",");
		r = parse_tunable(spec, n, &new, err);
	}
	if (r == 0)
		*p = new;
	return r;
}

size_t mm_policy_print(const struct mm_policy *p, char *buf, size_t size)
{
	size_t n = 0;

	if (size == 0)
		return 0;
	for (int i = -1; i < MM_TUNE_COUNT; i++) {
		int w;

		if (i >= 0 && p->tune[i] == tunables[i].def)
			continue;
		if (i < 0)
			w = snprintf(buf, size, "%s", mm_policy_rules_name(p->rules) ? mm_policy_rules_name(p->rules) : "?");
		else
			w = snprintf(buf + n, size - n, ",%s=%lld", tunables[i].key, (long long)p->tune[i]);
		n += (size_t)w < size - n ? (size_t)w : size - n - 1;
	}
	return n;
}
