// SPDX-License-Identifier: GPL-2.0-only
/* Policies: written and read, and taken from what a capture says of its kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/choice.h"
#include "policy/overlay.h"
#include "policy/policy.h"

static void parse(void **state)
{
	static const struct {
		const char *spec, *name;
		uint32_t release;
	} t[] = {
		{ "linux-5.10", "linux-5.10", MM_NEWEST(5, 10) }, { "linux-6.1", "linux-6.1", MM_NEWEST(6, 1) },
		{ "linux-6.16.12", "linux-6.16", MM_RELEASE(6, 16, 12) }, { "linux-6.12.28", "linux-6.12.28", MM_RELEASE(6, 12, 28) },
		{ "linux-6.12.300", "linux-6.12", MM_NEWEST(6, 12) }, { "linux-7.3-rc", "linux-7.3-rc", MM_RELEASE_RC(7, 3, 254) },
		{ "linux-7.3-rc2", "linux-7.3-rc", MM_RELEASE_RC(7, 3, 2) }, { "linux-7.3.3", "linux-7.3-rc", MM_RELEASE(7, 3, 3) },
		{ "linux-7.3.4", "linux-7.3", MM_RELEASE(7, 3, 4) }, { "linux-7.3", "linux-7.3", MM_NEWEST(7, 3) },
	};
	struct mm_policy p;
	struct sg_err err = { 0 };
	char buf[200];

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(mm_policy_parse(t[i].spec, &p, &err), 0);
		assert_int_equal(p.release, t[i].release);
		if (strcmp(t[i].spec, "linux-7.3.3") == 0)
			assert_string_equal(p.name, "linux-7.3.3");
		else
			assert_string_equal(p.name, t[i].name);
		assert_true(mm_facts_equal(p.facts, mm_facts_of(t[i].release)));
		/* what is printed is read as the same facts */
		mm_policy_print(&p, buf, sizeof(buf));
		assert_int_equal(mm_policy_parse(buf, &p, &err), 0);
		assert_true(mm_facts_equal(p.facts, mm_facts_of(t[i].release)));
	}
	assert_int_equal(mm_policy_parse("linux-7.2,defrag_mode=1,swap=1", &p, &err), 0);
	assert_int_equal(p.tune[MM_TUNE_DEFRAG_MODE], 1);
	assert_int_equal(p.tune[MM_TUNE_SWAP], 1);
	assert_int_equal(p.tune[MM_TUNE_SWAPPINESS], 60);
	assert_int_equal(mm_policy_print(&p, buf, sizeof(buf)), strlen("linux-7.2,defrag_mode=1,swap=1"));
	assert_string_equal(buf, "linux-7.2,defrag_mode=1,swap=1");
	/* a buffer that is too small holds what fits */
	assert_int_equal(mm_policy_print(&p, buf, 12), 11);
	assert_string_equal(buf, "linux-7.2,d");
	assert_int_equal(mm_policy_print(&p, buf, 1), 0);
}

/* A fact is switched off and on by its name, alone. */
static void switched(void **state)
{
	struct mm_policy p;
	struct sg_err err = { 0 };
	struct mm_facts f;
	char buf[200];

	(void)state;
	assert_int_equal(mm_policy_parse("linux-7.3,promote=0,swap=1", &p, &err), 0);
	assert_false(mm_has(p.facts, PROMOTE));
	f = mm_facts_of(MM_NEWEST(7, 3));
	assert_true(mm_has(f, PROMOTE));
	mm_facts_set(&f, MM_FACT_PROMOTE, false);
	assert_true(mm_facts_equal(f, p.facts));
	mm_policy_print(&p, buf, sizeof(buf));
	assert_string_equal(buf, "linux-7.3,promote=0,swap=1");
	/* a fact that an older kernel has not; the last word counts, and what a kernel has anyhow isn't printed */
	assert_int_equal(mm_policy_parse("linux-6.12,defrag_mode=1,promote=0,promote=1,defrag=1,claim-steal=1", &p, &err), 0);
	assert_true(mm_has(p.facts, PROMOTE) && mm_has(p.facts, DEFRAG) && !mm_has(p.facts, GAP_CAPPED));
	mm_policy_print(&p, buf, sizeof(buf));
	assert_string_equal(buf, "linux-6.12,defrag=1,promote=1,defrag_mode=1");
	for (unsigned int i = 0; i < MM_FACT_COUNT; i++) {
		snprintf(buf, sizeof(buf), "linux-6.9,%s=1", mm_fact_key((enum mm_fact)i));
		assert_int_equal(mm_policy_parse(buf, &p, &err), 0);
		assert_true(mm_facts_has(p.facts, (enum mm_fact)i));
		buf[strlen(buf) - 1] = '0';
		assert_int_equal(mm_policy_parse(buf, &p, &err), 0);
		assert_false(mm_facts_has(p.facts, (enum mm_fact)i));
	}
}

/* ---- choices --------------------------------------------------------------------------- */

/* What is chosen sets its facts, lays its hooks, and is printed as it was written. */
static void choices(void **state)
{
	static const struct {
		const char *spec, *same; /* facts are those of @same */
		unsigned int hooks;
	} t[] = {
		{ "linux-6.18,storm=p2", "linux-6.18,source-without-cma=1,source-whole-blocks=1", 0 },
		{ "linux-6.18,storm=p2+p4,defrag_mode=1",
		  "linux-6.18,source-without-cma=1,source-whole-blocks=1,promote=1,capture-order=1", 0 },
		{ "linux-6.18,storm=p1+p3", "linux-6.18", 0 },
		{ "linux-7.3,storm=p4", "linux-7.3,source-without-cma=0,source-whole-blocks=0,promote-counts=0", 0 },
		{ "linux-7.3,storm=none",
		  "linux-7.3,source-without-cma=0,source-whole-blocks=0,capture-order=0,promote=0,promote-counts=0", 0 },
		{ "linux-7.3,storm=all", "linux-7.3,promote-counts=0", 0 }, { "linux-7.3,storm=7.3-rc", "linux-7.3,promote-counts=0", 0 },
		{ "linux-7.2,storm=7.3", "linux-7.2,promote-counts=1", 0 }, { "linux-7.2,storm=all-requests", "linux-7.2,promote-counts=1", 1 },
		{ "linux-6.12,hopeless=7.x", "linux-6.12,hopeless-balanced=1,hopeless-free=1,boost-no-failure=1", 0 },
		{ "linux-7.3,hopeless=6.12", "linux-7.3,hopeless-balanced=0,hopeless-free=0,boost-no-failure=0", 0 },
		{ "linux-7.3,hopeless=6.18", "linux-7.3,hopeless-balanced=0,boost-no-failure=0", 0 },
		{ "linux-7.3,hopeless=patch-2024", "linux-7.3,hopeless-balanced=0,hopeless-free=0,boost-no-failure=0", 1 },
		{ "linux-7.3,compact-gap=uncapped", "linux-7.3,gap-capped=0", 0 },
		{ "linux-7.3,kswapd-handover=suitable,direct-reclaim=pipeline,kcompactd-mark=rounded", "linux-7.3", 3 },
		{ "linux-7.3,kswapd-handover=gap,direct-reclaim=static-gap,kcompactd-mark=exact", "linux-7.3", 0 },
		{ "linux-7.3,reporting=best-effort=4096", "linux-7.3", 1 }, { "linux-7.3,freelist=shuffle,reporting=boundary", "linux-7.3", 2 },
		{ "linux-7.3,storm=none,promote=0,swap=1", "linux-7.3,storm=none", 0 },
		{ "linux-7.3,storm=none,claim-steal=0,swappiness=3", "linux-7.3,storm=none,claim-steal=0", 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_policy p, q;
		struct sg_err err = { 0 };
		char buf[300];

		if (mm_policy_parse(t[i].spec, &p, &err) != 0 || mm_policy_parse(t[i].same, &q, &err) != 0)
			fail_msg("%s: %s", t[i].spec, err.text);
		if (!mm_facts_equal(p.facts, q.facts) || p.nr_overlays != t[i].hooks)
			fail_msg("%s: not the facts of %s, or %u hooks", t[i].spec, t[i].same, p.nr_overlays);
		mm_policy_print(&p, buf, sizeof(buf));
		if (strcmp(t[i].spec, "linux-7.3,storm=none,promote=0,swap=1") == 0)
			assert_string_equal(buf, "linux-7.3,storm=none,swap=1");
		else
			assert_string_equal(buf, t[i].spec);
		assert_int_equal(mm_policy_parse(buf, &q, &err), 0);
		assert_true(mm_facts_equal(p.facts, q.facts) && memcmp(p.choice, q.choice, sizeof(p.choice)) == 0);
		assert_memory_equal(p.overlay, q.overlay, sizeof(p.overlay));
	}
}

/* What a machine does is taken over where nothing is said of it; a choice that is taken back leaves no trace. */
static void machines(void **state)
{
	struct mm_policy own, p, plain;
	struct sg_err err = { 0 };
	int i = mm_choice_find("reporting", 9), storm = mm_choice_find("storm", 5);
	char buf[100];

	(void)state;
	assert_int_equal(mm_policy_parse("linux-6.18,storm=p2,reporting=best-effort=12", &own, &err), 0);
	assert_int_equal(mm_policy_parse("linux-7.3", &p, &err), 0);
	plain = p;
	assert_int_equal(mm_policy_machine(&p, &own, &err), 0);
	mm_policy_print(&p, buf, sizeof(buf));
	assert_string_equal(buf, "linux-7.3,reporting=best-effort=12");
	assert_int_equal(p.nr_overlays, 1);
	mm_policy_unchoose(&p, (unsigned int)i);
	assert_memory_equal(&p, &plain, sizeof(p));
	assert_int_equal(mm_policy_parse("linux-7.3,reporting=off", &p, &err), 0);
	assert_int_equal(mm_policy_machine(&p, &own, &err), 0);
	assert_int_equal(p.nr_overlays, 0);
	mm_policy_unchoose(&own, (unsigned int)storm);
	assert_true(mm_facts_equal(own.facts, mm_facts_of(own.release)));
	assert_int_equal(own.nr_overlays, 1);
	assert_int_equal(mm_policy_choose(&own, (unsigned int)storm, 0, 0, &err), 0);
	mm_policy_print(&own, buf, sizeof(buf));
	assert_string_equal(buf, "linux-6.18,storm=none,reporting=best-effort=12");
}

/* Which settings a text names. */
static void named(void **state)
{
	struct mm_policy p;
	struct sg_err err = { 0 };

	(void)state;
	assert_int_equal(mm_policy_parse("linux-7.3,swappiness=60,storm=p2,claim-steal=1,swap=0", &p, &err), 0);
	assert_int_equal(p.named, 1u << MM_TUNE_SWAPPINESS | 1u << MM_TUNE_SWAP);
}

/* What isn't named is as on the captured machine; defrag_mode only where the kernel has it. */
static void under(void **state)
{
	struct mm_policy own, p;
	struct sg_err err = { 0 };

	(void)state;
	assert_int_equal(mm_policy_parse("linux-7.3,swappiness=7,defrag_mode=1,swap=1", &own, &err), 0);
	own.untold = 1u << MM_TUNE_DEMOTION | 1u << MM_TUNE_SWAPPINESS;
	assert_int_equal(mm_policy_parse("linux-6.18,swappiness=60", &p, &err), 0);
	mm_policy_under(&p, &own);
	assert_int_equal(p.tune[MM_TUNE_SWAPPINESS], 60);
	assert_int_equal(p.tune[MM_TUNE_DEFRAG_MODE], 1);
	assert_int_equal(p.tune[MM_TUNE_SWAP], 1);
	assert_int_equal(p.untold, 1u << MM_TUNE_DEMOTION);
	assert_int_equal(mm_policy_parse("linux-6.12,swap=0", &p, &err), 0);
	mm_policy_under(&p, &own);
	assert_int_equal(p.tune[MM_TUNE_DEFRAG_MODE], 0);
	assert_int_equal(p.tune[MM_TUNE_SWAP], 0);
	assert_int_equal(p.tune[MM_TUNE_SWAPPINESS], 7);
}

/* What makes no difference is said, in the order of the choices. */
static void notes(void **state)
{
	static const struct {
		const char *spec, *note[3];
	} t[] = {
		{ "linux-6.18,defrag_mode=1,storm=p2+p4", { NULL } },
		{ "linux-6.18,storm=p4", { "storm=p4 does nothing while defrag_mode=0", NULL } },
		{ "linux-6.18,storm=all",
		  { "while defrag_mode=0 nobody waits for blocks: of storm's patches only p2 makes a difference, for whole pageblocks and CMA" } },
		{ "linux-6.12,storm=p2+p4", { "storm=p4 does nothing: linux-6.12 has no defrag_mode", NULL } },
		{ "linux-6.18,defrag_mode=1,storm=none", { "storm=none changes nothing: linux-6.18 does so by itself", NULL } },
		{ "linux-7.3-rc,defrag_mode=1,storm=all", { "storm=all changes nothing: linux-7.3-rc does so by itself", NULL } },
		{ "linux-7.3,defrag_mode=1,storm=7.3", { "storm=7.3 changes nothing: linux-7.3 does so by itself", NULL } },
		{ "linux-7.3,defrag_mode=1,storm=p1+p3+p2",
		  { "patch 1 of storm annotates locks: there is nothing to model",
		    "patch 3 of storm prepares patch 4 without changing what the kernel does: there is nothing to model", NULL } },
		{ "linux-7.3,compact-gap=capped,hopeless=7.x",
		  { "compact-gap=capped changes nothing: linux-7.3 does so by itself",
		    "hopeless=7.x changes nothing: linux-7.3 does so by itself", NULL } },
		{ "linux-7.3,kcompactd-mark=rounded", { "kcompactd-mark=rounded does nothing while defrag_mode=0", NULL } },
		{ "linux-6.12,kcompactd-mark=rounded", { "kcompactd-mark=rounded does nothing: linux-6.12 has no defrag_mode", NULL } },
		{ "linux-6.12,kswapd-handover=suitable,hopeless=patch-2024", { NULL } },
		{ "linux-7.3,direct-reclaim=static-gap", { "direct-reclaim=static-gap changes nothing: linux-7.3 does so by itself", NULL } },
		{ "linux-7.3,direct-reclaim=pipeline,direct-reclaim-cap=9", { NULL } },
		{ "linux-7.3,direct-reclaim-cap=9", { "direct-reclaim-cap does nothing without direct-reclaim=pipeline", NULL } },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_policy p;
		struct sg_err err = { 0 };
		char buf[200];

		assert_int_equal(mm_policy_parse(t[i].spec, &p, &err), 0);
		for (unsigned int k = 0; k < 3; k++) {
			size_t n = mm_policy_note(&p, k, buf, sizeof(buf));

			assert_int_equal(n, strlen(buf));
			assert_string_equal(buf, t[i].note[k] ? t[i].note[k] : "");
			if (!t[i].note[k])
				break;
		}
	}
}

/* Each choice can be taken, alone and with each other one; what is a kernel's own changes none of its facts. */
static void listed(void **state)
{
	const struct mm_choice *c;
	uint32_t series[64];
	unsigned int nr = mm_release_series(series, 64), i, found = 0;

	(void)state;
	for (i = 0; (c = mm_choice(i)) != NULL; i++) {
		assert_int_equal(mm_choice_find(c->key, strlen(c->key)), c->setting ? -1 : (int)i);
		assert_true(mm_fact_find(c->key, strlen(c->key)) == MM_FACT_COUNT);
		assert_true(c->nr <= 16 && strlen(c->document) == 3 && c->text[0] && c->where[0] && c->capture[0]);
		for (unsigned int k = 0; k < nr; k++) {
			struct mm_facts kernel = mm_facts_of(series[k]), with = kernel;
			int own = mm_choice_own(c, kernel);

			if (own >= 0)
				mm_choice_facts(c, 1u << own, &with);
			assert_true(mm_facts_equal(kernel, with));
		}
		for (unsigned int v = 0; v < c->nr; v++) {
			struct mm_policy p;
			struct sg_err err = { 0 };
			char spec[100];

			snprintf(spec, sizeof(spec), c->value[v].number ? "linux-7.3,%s=%s=%d" : "linux-7.3,%s=%s", c->key, c->value[v].key,
				 (int)c->value[v].least);
			assert_int_equal(mm_policy_parse(spec, &p, &err), 0);
			found++;
		}
	}
	assert_true(i <= MM_MAX_CHOICES && i == 13 && found == 48);
}

/* The own value of each kernel. */
static void own(void **state)
{
	static const struct {
		const char *key;
		uint32_t release;
		const char *value;
	} t[] = {
		{ "storm", MM_NEWEST(6, 12), "none" }, { "storm", MM_NEWEST(6, 18), "none" }, { "storm", MM_NEWEST(7, 1), "none" },
		{ "storm", MM_NEWEST(7, 2), "7.3-rc" }, { "storm", MM_RELEASE_RC(7, 3, 7), "7.3-rc" }, { "storm", MM_NEWEST(7, 3), "7.3" },
		{ "hopeless", MM_NEWEST(6, 12), "6.12" }, { "hopeless", MM_NEWEST(6, 17), "6.12" }, { "hopeless", MM_NEWEST(6, 18), "6.18" },
		{ "hopeless", MM_NEWEST(6, 19), NULL }, { "hopeless", MM_NEWEST(7, 0), "7.x" }, { "hopeless", MM_NEWEST(7, 3), "7.x" },
		{ "compact-gap", MM_NEWEST(7, 1), "uncapped" }, { "compact-gap", MM_NEWEST(7, 2), "capped" },
		{ "kswapd-handover", MM_NEWEST(6, 1), "gap" }, { "direct-reclaim", MM_NEWEST(6, 1), "static-gap" },
		{ "kcompactd-mark", MM_NEWEST(6, 12), NULL }, { "kcompactd-mark", MM_NEWEST(6, 18), "exact" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct mm_choice *c = mm_choice((unsigned int)mm_choice_find(t[i].key, strlen(t[i].key)));
		int v = mm_choice_own(c, mm_facts_of(t[i].release));

		if (v < 0 ? t[i].value != NULL : !t[i].value || strcmp(c->value[v].key, t[i].value) != 0)
			fail_msg("row %u: %s=%s", i, t[i].key, v < 0 ? "nothing" : c->value[v].key);
	}
}

/* Each is refused with a sentence that names the part, and leaves the policy alone. */
static void refused(void **state)
{
	static const struct {
		const char *spec, *names;
	} t[] = {
		{ "linux-7.3,reporting=best-effort", "how many remembered blocks?  reporting=best-effort=N, with N from 1 to 65536" },
		{ "linux-7.3,reporting=best-effort=0", "from 1 to 65536, not '0'" },
		{ "linux-7.3,reporting=best-effort=65537", "not '65537'" }, { "linux-7.3,reporting=best-effort=-1", "not '-1'" },
		{ "linux-7.3,reporting=best-effort=x", "not 'x'" }, { "linux-7.3,reporting=best-effort=", "not ''" },
		{ "linux-7.3,reporting=best-effort=4=4", "not '4=4'" }, { "linux-7.3,reporting=best-effort=99999999999999999999", "remembered blocks" },
		{ "linux-7.3,reporting=off=4", "off takes no number" }, { "linux-7.3,storm=p2=1", "p2 takes no number" },
		{ "linux-7.3,reporting=off+mainline", "can't be joined" }, { "linux-7.3,reporting=on", "off, mainline, boundary, best-effort=N" },
		{ "linux-7.3,reporting=off,reporting=best-effort=3", "as reporting=off" },
		{ "linux-5.4", "linux-5.4" }, { "linux-7.4", "linux-5.10 to linux-7.3" }, { "linux-5.20", "linux-5.20" },
		{ "linux-6.20.1", "linux-6.20.1" }, { "linux-8.0", "linux-8.0" }, { "", "linux-6.18" }, { "linux-", "linux-" },
		{ "linux-6", "linux-6" }, { "linux-6.", "linux-6." }, { "linux-.1", "linux-.1" }, { "linux-6.1.", "linux-6.1." },
		{ "linux-6.1.x", "6.1.x" }, { "linux-6.1.2.3", "6.1.2.3" }, { "linux-6.12-rc0", "-rc0" }, { "linux-6.12-rc999", "-rc999" },
		{ "linux-6.12-rcx", "-rcx" }, { "linux-6.12.1-rc1", "-rc1" }, { "linux-0.1", "linux-0.1" }, { "linux-06.1x", "06.1x" },
		{ "linux-4294967302.1", "4294967302.1" }, { "Linux-6.1", "Linux-6.1" }, { " linux-6.1", "linux-5.10" },
		{ "linux-7.3,", "''" }, { "linux-7.3,swapiness=3", "swapiness" },
		{ "linux-7.3,swap", "swap=0" }, { "linux-7.3,swap=2", "swap=2" }, { "linux-7.3,swap=", "0 to 1" },
		{ "linux-7.3,swap=1x", "1x" }, { "linux-7.3,swappiness=-1", "0 to 200" },
		{ "linux-6.1,defrag_mode=1", "linux-6.15" }, { "linux-7.3,defrag=0,defrag_mode=1", "defrag=1" },
		{ "linux-7.3,swap=1,,", "''" }, { "linux-7.3,promote", "promote=0" }, { "linux-6.1,promote", "promote=1" },
		{ "linux-7.3,promote=2", "0 to 1" }, { "linux-7.3,promote=", "0 to 1" }, { "linux-7.3,promote=yes", "promote=yes" },
		{ "linux-7.3,=1", "''" }, { "linux-7.3,Promote=1", "Promote" }, { "linux-7.3,promote =1", "'promote '" },
		{ "linux-7.3,storm", "storm=none" }, { "linux-7.3,storm=", "none, all, 7.3-rc, 7.3, all-requests, or a sum of p1, p2, p3, p4" },
		{ "linux-7.3,storm=p5", "'p5' is no value of storm" }, { "linux-7.3,storm=p2+", "'' is no value of storm" },
		{ "linux-7.3,storm=p2+p2", "p2 is there twice" }, { "linux-7.3,storm=p2+all", "storm=p2+all" },
		{ "linux-7.3,storm=none+all", "can't be joined" }, { "linux-7.3,hopeless=6.13", "6.12, 6.18, 7.x, patch-2024" },
		{ "linux-7.3,hopeless=7.x,hopeless=6.12", "hopeless is there already, as hopeless=7.x" },
		{ "linux-7.3,storm=p2,storm=p4", "as storm=p2" }, { "linux-7.3,storm=p2,promote=1", "storm=p2, which says promote=0" },
		{ "linux-7.3,gap-capped=0,compact-gap=capped", "gap-capped=0 contradicts compact-gap=capped" },
		{ "linux-6.12,defrag_mode=1,storm=p4", "linux-6.12 has no defrag_mode" },
		{ "linux-7.3,direct-reclaim=pipeline,cap", "'cap'" }, { "linux-7.3,kswapd-handover=both", "gap, suitable" },
		{ "linux-7.3,swappiness=99999999999999999999999999999999999999999", "0 to 200" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_policy p, before;
		struct sg_err err = { 0 };

		memset(&p, 0x5a, sizeof(p));
		before = p;
		if (mm_policy_parse(t[i].spec, &p, &err) != SG_E_USAGE)
			fail_msg("'%s' is taken", t[i].spec);
		if (!strstr(err.text, t[i].names) || strchr(err.text, '\n'))
			fail_msg("'%s': %s", t[i].spec, err.text);
		assert_memory_equal(&p, &before, sizeof(p));
	}
}

static void limits(void **state)
{
	(void)state;
	for (unsigned int t = 0; t < MM_TUNE_COUNT; t++) {
		int64_t def = mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_DEFAULT);

		assert_non_null(mm_tunable_key((enum mm_tunable)t));
		assert_non_null(mm_tunable_text((enum mm_tunable)t));
		assert_true(def >= mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_LEAST));
		assert_true(def <= mm_tunable_limit((enum mm_tunable)t, MM_LIMIT_MOST));
	}
	assert_null(mm_tunable_key(MM_TUNE_COUNT));
}

static struct mm_policy policy_of(unsigned int major, unsigned int minor, const char *release)
{
	struct sg_capture cap = { .kver = { major, minor }, .kernel = release };
	struct mm_policy p;

	mm_policy_of_capture(&p, &cap, NULL, 0);
	return p;
}

/* Each release has its own facts; guessed is what is beyond them. */
static void kernels(void **state)
{
	static const struct {
		unsigned int major, minor;
		const char *release, *name;
		bool guess;
	} t[] = {
		{ 6, 1, "6.1.0-50-amd64", "linux-6.1", false }, { 6, 1, "6.1.20", "linux-6.1.20", false },
		{ 6, 6, "6.6.1", "linux-6.6.1", false }, { 6, 8, "6.8.0-31-generic", "linux-6.8", false },
		{ 6, 12, "6.12.107+deb13-cloud-amd64", "linux-6.12", false }, { 6, 12, "6.12.5", "linux-6.12.5", false },
		{ 6, 15, "6.15.0", "linux-6.15", false }, { 6, 16, "6.16.0-rc3+", "linux-6.16", false },
		{ 6, 17, "6.17", "linux-6.17", false }, { 7, 0, "7.0.3", "linux-7.0", false },
		{ 7, 3, "7.3-cloud-amd64", "linux-7.3-rc", false }, { 7, 3, "7.3.0-rc7", "linux-7.3-rc", false },
		{ 7, 3, "7.3.4-1-amd64", "linux-7.3", false }, { 7, 3, "7.3.77", "linux-7.3", false }, { 7, 3, "", "linux-7.3", false },
		{ 7, 4, "7.4.1", "linux-7.3", true }, { 8, 0, "8.0", "linux-7.3", true }, { 300, 0, "300.0", "linux-7.3", true },
		{ 7, 300, "7.300", "linux-7.3", true }, { 5, 15, "5.15.0", "linux-5.15.0", true }, { 5, 10, "5.10.0-32", "linux-5.10", true },
		{ 5, 4, "5.4", "linux-5.10", true }, { 0, 0, "unknown", "linux-7.3", true }, { 0, 0, NULL, "linux-7.3", true },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mm_policy p = policy_of(t[i].major, t[i].minor, t[i].release);

		if (strcmp(p.name, t[i].name) != 0 || p.guess != t[i].guess)
			fail_msg("%s: %s%s", t[i].release ? t[i].release : "nothing", p.name, p.guess ? ", a guess" : "");
	}
	assert_false(mm_has(policy_of(7, 3, "7.3-cloud-amd64").facts, PROMOTE_COUNTS));
	assert_true(mm_has(policy_of(7, 3, "7.3.4-1-amd64").facts, PROMOTE_COUNTS));
}

/* Settings come from the newest snapshot that has them; what is out of bounds is cut to them. */
static void settings(void **state)
{
	struct sg_kv old[] = { { "lru_gen.enabled", "0x0007" }, { "meminfo.SwapTotal", "0 kB" },
			       { "sysctl.vm.swappiness", "10" }, { "sysctl.vm.watermark_scale_factor", "50" } };
	struct sg_kv new[] = { { "lru_gen.enabled", "0x0000" }, { "numa.demotion_enabled", "true" },
			       { "sysctl.vm.compaction_proactiveness", "900" }, { "sysctl.vm.defrag_mode", "1" },
			       { "sysctl.vm.swappiness", "17" }, { "sysctl.kernel.numa_balancing", "2" } };
	struct sg_snapshot a = { .nr_kv = 4, .kv = old }, b = { .nr_kv = 6, .kv = new };
	const struct sg_snapshot *snap[2] = { &a, &b };
	struct sg_capture cap = { .kver = { 7, 2 }, .kernel = "7.2.13" };
	struct mm_policy p;

	(void)state;
	mm_policy_of_capture(&p, &cap, snap, 2);
	assert_int_equal(p.tune[MM_TUNE_LRU_GEN], 0);
	assert_int_equal(p.tune[MM_TUNE_SWAP], 0);
	assert_int_equal(p.tune[MM_TUNE_DEMOTION], 1);
	assert_int_equal(p.tune[MM_TUNE_SWAPPINESS], 17);
	assert_int_equal(p.tune[MM_TUNE_WATERMARK_SCALE_FACTOR], 50);
	assert_int_equal(p.tune[MM_TUNE_COMPACTION_PROACTIVENESS], 100);
	assert_int_equal(p.tune[MM_TUNE_DEFRAG_MODE], 1);
	assert_true(mm_policy_tiering(&p));
	cap.kver[0] = 6;
	cap.kver[1] = 12; /* whatever the snapshot says: 6.12 has no defrag_mode */
	cap.kernel = "6.12.20";
	mm_policy_of_capture(&p, &cap, snap, 2);
	assert_int_equal(p.tune[MM_TUNE_DEFRAG_MODE], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse), cmocka_unit_test(switched), cmocka_unit_test(choices), cmocka_unit_test(machines), cmocka_unit_test(named), cmocka_unit_test(under),
		cmocka_unit_test(notes), cmocka_unit_test(listed), cmocka_unit_test(own), cmocka_unit_test(refused), cmocka_unit_test(limits), cmocka_unit_test(kernels),
		cmocka_unit_test(settings),
	};

	return cmocka_run_group_tests_name("policies", tests, NULL, NULL);
}
