/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conformance: before each traced outcome is applied, the engine's rules say what
 * they would have done, and the answer is held against the kernel's.
 *
 * A checker is one file with one struct mm_checker: it sees every event twice,
 * before and after the observed machine applies it, keeps what state it needs of
 * its own, and reports decisions.  check/check.c knows all checkers by name.
 */
#ifndef MM_CHECK_CHECK_H
#define MM_CHECK_CHECK_H

#include "check/room.h"

#include "mm.h"
#include "policy/overlay.h"
#include "policy/policy.h"
#include "say/decision.h"

/** Sums of one kind. */
struct mm_check_sum {
	uint64_t total, decidable, equal;
	unsigned int nr_why;
	struct {
		const char *why; /* static text */
		uint64_t count;
	} undecided[32];
};

struct mm_check;

/**
 * mm_check_new() - a check over one observed run
 * @m:    the machine that the run drives; borrowed
 * @fn:   receives every decision, NULL when only sums are wanted (then no texts are made)
 */
struct mm_check *mm_check_new(const struct mm_machine *m, const struct mm_config *cfg, mm_decision_fn fn, void *arg,
			      struct sg_err *err);
/** The same with rules and settings of @policy instead of the captured kernel's own; NULL: those. */
struct mm_check *mm_check_new_under(const struct mm_machine *m, const struct mm_config *cfg, const struct mm_policy *policy,
				    mm_decision_fn fn, void *arg, struct sg_err *err);
void mm_check_free(struct mm_check *c);
/**
 * mm_check_copy() - a second check that stands where @c stands and goes its own way from there
 * @m:     the machine that it drives: a copy of @c's at the same position (mm_machine_copy()); borrowed
 * @bytes: if not NULL, the memory of the copy is added
 * Return: NULL when memory runs out.  Nobody listens to the copy: see mm_check_listen()
 */
struct mm_check *mm_check_copy(const struct mm_check *c, const struct mm_machine *m, uint64_t *bytes);
/** From now on @fn receives the decisions; NULL: nobody does.  @texts: are ours, kernel and reason wanted? */
void mm_check_listen(struct mm_check *c, mm_decision_fn fn, void *arg, bool texts);
/** Applies @ev to @m (which must be the machine of mm_check_new()), checked before and after. */
void mm_check_observe(struct mm_check *c, struct mm_machine *m, const struct sg_event *ev);
/** At the end of the run: what is still open becomes undecided. */
void mm_check_finish(struct mm_check *c);
/**
 * mm_check_out_of_memory() - the event by which memory had run out: what is settled from there on is undecided
 * Return: 0 when it hasn't
 */
uint64_t mm_check_out_of_memory(const struct mm_check *c);
const struct mm_check_sum *mm_check_get(const struct mm_check *c, enum mm_check_kind kind);
const char *mm_check_key(enum mm_check_kind kind);
const char *mm_check_text(enum mm_check_kind kind);
/** The policies over the kernel's rules (struct mm_policy: overlay), and what they answered wrongly; NULL: there are none. */
const struct mm_overlays *mm_check_overlays(const struct mm_check *c);
/** Name of the kernel whose rules are followed ("linux-7.3"), and whether it is a guess for an unknown kernel. */
const char *mm_check_rules(const struct mm_check *c, bool *ret_guess);

/* ---- for checkers ---------------------------------------------------------- */

/** One file of rules that checks some kinds. */
struct mm_checker {
	const char *name;
	size_t state_size; /* zeroed memory handed to each hook */
	void (*init)(void *state, struct mm_check *c);
	/* the machine is still as it was before the event */
	void (*before)(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
	/* the event has been applied */
	void (*after)(void *state, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev);
	/*
	 * Is an event of @kind of interest at all, to before() and to after()?  Asked once for each kind.  NULL: all are.  The
	 * first event of a run comes to everybody.
	 */
	bool (*wants)(unsigned int kind, bool after);
	void (*finish)(void *state, struct mm_check *c);
	void (*fini)(void *state); /* frees what the state holds */
	/*
	 * @to is byte for byte @from: replaces what the state points to by copies of its own.  Adds their bytes
	 * to *@bytes.  False when memory runs out; then fini(@to) must be possible.  NULL: it points to nothing
	 * of its own.
	 */
	bool (*copy)(void *to, const void *from, uint64_t *bytes);
};

struct mm_facts mm_check_facts(const struct mm_check *c);
/** Rules and settings of the captured kernel, as its snapshots tell them.  Borrowed from @c. */
const struct mm_policy *mm_check_policy(const struct mm_check *c);
const struct mm_config *mm_check_config(const struct mm_check *c);
/** Those who have a say in @hook, to be asked about the event at hand; NULL: nobody has. */
struct mm_overlays *mm_check_asks(const struct mm_check *c, enum mm_hook hook);
/** Does anybody read the texts?  If not, don't make them. */
bool mm_check_wants_text(const struct mm_check *c);
/** Hands out one decision and counts it. */
void mm_check_report(struct mm_check *c, const struct mm_decision *d);
/**
 * A setting of the captured machine: the newest snapshot's value of @key ("sysctl.vm.defrag_mode",
 * "vmstat.nr_free_pages", ...) as a number, @otherwise when it isn't there.
 */
int64_t mm_check_setting(const struct mm_check *c, const char *key, int64_t otherwise);

/** CPUs of the machine that are followed: what checkers keep by CPU has so many. */
unsigned int mm_check_cpus(const struct mm_check *c);
/** The kernel's pfn of a page, for words. */
uint64_t mm_check_pfn(const struct mm_check *c, uint64_t pfn);
/** Zones of the machine. */
unsigned int mm_check_zones(const struct mm_check *c);
/**
 * mm_check_copied() - for the copy hook: *@to becomes a copy of @from's @len bytes
 * Adds them to *@bytes.  False when memory runs out: then *@to is NULL.
 */
bool mm_check_copied(void **to, const void *from, size_t len, uint64_t *bytes);

struct mm_loose;
/** How sure the order of the MOVABLE lists is: check/pick/loose.h.  Owned by @c. */
struct mm_loose *mm_check_loose(struct mm_check *c);

extern const struct mm_checker mm_checker_alloc;   /* pick, fallback, merge */
extern const struct mm_checker mm_checker_pcp;     /* refill, drain */
extern const struct mm_checker mm_checker_compact; /* compact_check, scanner */
extern const struct mm_checker mm_checker_reclaim; /* kswapd, slow_path */

#endif
