/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy: the facts of one kernel, single ones switched if need be, and the settings that steer its rules.
 *
 * The rule functions (rules/, sim/) take the policy or its facts and ask them; where kernels differ, the
 * difference is one fact (facts.h) that the rule asks for.  Units: as the sysctl has them.
 */
#ifndef MM_POLICY_POLICY_H
#define MM_POLICY_POLICY_H

#include "policy/room.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/facts.h"
#include "sg_capture.h"
#include "sg_err.h"

/** Settings: id, key as written in a policy's options, default, least, most, what it is. */
#define MM_TUNABLE_LIST(X)                                                                                         \
	X(DEFRAG_MODE, "defrag_mode", 0, 0, 1, "fallbacks wait for reclaim and compaction to make blocks (vm.defrag_mode, 6.15)") \
	X(MIN_FREE_KBYTES, "min_free_kbytes", 0, 0, INT64_C(1) << 40, "sets the watermarks; 0: as the capture has them, else the kernel's formula") \
	X(WATERMARK_SCALE_FACTOR, "watermark_scale_factor", 10, 1, 3000, "distance between watermarks, 1/10,000 of the zone") \
	X(WATERMARK_BOOST_FACTOR, "watermark_boost_factor", 15000, 0, INT64_C(1) << 31, "how far a fallback raises the watermarks, 1/10,000 of high") \
	X(COMPACTION_PROACTIVENESS, "compaction_proactiveness", 20, 0, 100, "how hard kcompactd works unasked") \
	X(COMPACT_UNEVICTABLE, "compact_unevictable_allowed", 1, 0, 1, "compaction may move pages that reclaim may not take")  \
	X(EXTFRAG_THRESHOLD, "extfrag_threshold", 500, 0, 1000, "fragmentation index above which compaction is tried") \
	X(SWAPPINESS, "swappiness", 60, 0, 200, "anonymous pages against file pages in reclaim")                  \
	X(SWAP, "swap", 0, 0, 1, "a swap device with room is there")                                              \
	X(DEMOTION, "demotion", 0, 0, 1, "reclaim may demote to a lower memory tier")                             \
	X(NUMA_BALANCING, "numa_balancing", 0, 0, 3, "2: memory tiering, kswapd goes for the promo watermark (kernel.numa_balancing)") \
	X(LRU_GEN, "lru_gen", 1, 0, 1, "multi-generational LRU")                                                  \
	X(PERCPU_HIGH_FRACTION, "percpu_pagelist_high_fraction", 0, 0, INT64_C(1) << 31, "per-cpu lists hold at most this fraction of a zone") \
	X(SHUFFLE, "page_alloc.shuffle", 0, 0, 1, "frees of the highest order go to the head or the tail at random") \
	X(THP, "thp", 1, 0, 1, "huge pages for anonymous memory: per-cpu lists for the PMD order") \
	X(DIRECT_RECLAIM_CAP, "direct-reclaim-cap", 0, 0, INT64_C(1) << 40, "most pages that direct-reclaim=pipeline reclaims for a request, 0: no limit") \
	X(REPORT_CALL_US, "report-call-us", 50, 0, INT64_C(1) << 30, "what the host takes for a report of free pages, beside the pages: a guess") \
	X(REPORT_PAGE_NS, "report-page-ns", 50, 0, INT64_C(1) << 30, "what it takes for each page of a report: a guess") \
	X(ANON_PREFERRED, "anon-preferred", 64, 4, 2048, "KiB that anon-order=v1, simple, v2 and 3-step prefer; a power of two, else the next lower one")

enum mm_tunable {
#define X(id, key, def, least, most, text) MM_TUNE_##id,
	MM_TUNABLE_LIST(X)
#undef X
	MM_TUNE_COUNT
};

#define MM_MAX_OVERLAYS 16
#define MM_MAX_CHOICES 24

struct mm_hooks;
struct mm_hook_at;

/** From this question on a policy isn't asked any more: it failed there before, in the same run. */
struct mm_retire {
	uint64_t call;   /* of all that its hooks are asked, from 1; 0: it goes on to the end.  1: nor does it init */
	const char *why; /* how, for the run's own record: "hook claim, question 12: a bad memory access"; borrowed */
};

/** Plain data, copied freely. */
struct mm_policy {
	uint32_t release;      /* MM_RELEASE() ...; what it brings may be switched in @facts */
	struct mm_facts facts;
	bool guess;            /* the captured kernel is newer than all facts, older than those that are whole, or unknown */
	char name[24];         /* "linux-6.12": the shortest name for the release's facts */
	uint32_t named;        /* settings, 1 << enum mm_tunable, that the policy's text names */
	uint32_t untold;       /* settings, 1 << enum mm_tunable, of a captured machine that no snapshot tells: the default is a guess */
	int64_t tune[MM_TUNE_COUNT];
	/* of choice.h: 1 << value; 0: none named.  Their facts are in @facts, their hooks lie beneath others */
	uint16_t choice[MM_MAX_CHOICES];
	int64_t number[MM_MAX_CHOICES]; /* of a chosen value that takes one, else 0 */
	/* policies that lie over the kernel's rules, the lowest first: mm_policy_add() */
	unsigned int nr_overlays;
	const struct mm_hooks *overlay[MM_MAX_OVERLAYS];
	struct mm_retire retire[MM_MAX_OVERLAYS]; /* of each */
	struct mm_hook_at *at; /* where a run notes which hook it asks, borrowed; NULL: nowhere */
	char plugin[96];       /* names of those that came out of files, joined by +; a text alone doesn't bring their hooks */
	uint16_t plugged;      /* 1 << index of those that did */
};

/** Does anything tell the setting @t of the captured machine? */
static inline bool mm_policy_told(const struct mm_policy *p, enum mm_tunable t)
{
	return !(p->untold >> t & 1);
}

/** Do hooks of @p come only where a run is made, or is one left out? */
static inline bool mm_policy_changed(const struct mm_policy *p)
{
	bool yes = p->plugged != 0;

	for (unsigned int i = 0; i < MM_MAX_OVERLAYS; i++)
		yes |= p->retire[i].call != 0;
	return yes;
}

/** Does the policy's text name the setting @t? */
static inline bool mm_policy_names(const struct mm_policy *p, enum mm_tunable t)
{
	return p->named >> t & 1;
}

/** Key, one line of text and limits of a setting; static text. */
const char *mm_tunable_key(enum mm_tunable t);
const char *mm_tunable_text(enum mm_tunable t);
enum mm_limit { MM_LIMIT_DEFAULT, MM_LIMIT_LEAST, MM_LIMIT_MOST };
int64_t mm_tunable_limit(enum mm_tunable t, enum mm_limit which);

/** The facts of a release and the default settings. */
void mm_policy_init(struct mm_policy *p, uint32_t release);

/**
 * The policy that the captured kernel ran with: facts by its release, settings from the newest of @snap[0 .. @nr).  Of a
 * simulated run, the one that it says it ran under.
 */
void mm_policy_of_capture(struct mm_policy *p, const struct sg_capture *cap, const struct sg_snapshot *const *snap,
			  unsigned int nr);

/** Settings that @p doesn't name become those of @own, the captured machine's, as far as @p's kernel has them. */
void mm_policy_under(struct mm_policy *p, const struct mm_policy *own);

/**
 * mm_policy_choose() - value @v of choice @i (choice.h), which @p doesn't name yet, with its facts and hooks
 * @number: for a value that takes one, else 0
 * Return: 0, or one sentence in @err: its hooks don't fit
 */
int mm_policy_choose(struct mm_policy *p, unsigned int i, unsigned int v, int64_t number, struct sg_err *err);
/** Choice @i of @p is taken back: its facts are the kernel's own again, its hooks gone. */
void mm_policy_unchoose(struct mm_policy *p, unsigned int i);
/**
 * mm_policy_machine() - choices that are a machine's (free page reporting), and that @p doesn't name, become @own's
 * Return: 0, or one sentence in @err: their hooks don't fit
 */
int mm_policy_machine(struct mm_policy *p, const struct mm_policy *own, struct sg_err *err);

/** Is memory tiering on: NUMA_BALANCING_MEMORY_TIERING, 6.1 to 7.3? */
bool mm_policy_tiering(const struct mm_policy *p);

/**
 * mm_policy_parse() - "linux-6.18,defrag_mode=1,storm=p2+p4": a release, then choices (choice.h), facts (0 or 1) and settings
 * in any order; "plugin=NAME" only names what came out of a file
 * @p: untouched on failure; holds the hooks of what was chosen
 * Return: 0, or SG_E_USAGE-like code and one sentence in @err naming the part that isn't known and what is
 */
int mm_policy_parse(const char *spec, struct mm_policy *p, struct sg_err *err);

/**
 * The reverse: release, choices, facts that are switched beyond those, settings that aren't at their default: the name that a
 * run under the policy has.  Returns bytes without the NUL.
 */
size_t mm_policy_print(const struct mm_policy *p, char *buf, size_t size);

/**
 * mm_policy_note() - what of the policy makes no difference, or should be known of it
 * @i: 0, 1, ... until it returns 0
 * Return: bytes without the NUL of one sentence without a full stop
 */
size_t mm_policy_note(const struct mm_policy *p, unsigned int i, char *buf, size_t size);

#endif
