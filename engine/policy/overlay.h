/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policies above the kernel's rules in one run: their states, what their hooks answered wrongly, and how they are asked.
 *
 * struct mm_policy names the overlays, lowest first; it is plain data.  A run (struct mm_sim, struct mm_check) has one struct
 * mm_overlays of its own, or none.  Answers are judged by rules/ask.h, which knows the machine.
 */
#ifndef MM_POLICY_OVERLAY_H
#define MM_POLICY_OVERLAY_H

#include "policy/room.h"

#include "policy/hooks.h"
#include "policy/policy.h"
#include "sg_err.h"

#define mm_unlikely(x) __builtin_expect(!!(x), 0)

/** All hooks, in the order of struct mm_hooks. */
#define MM_HOOK_LIST(X)                                                                                                \
	X(FLAGS, flags) X(PICK, pick) X(FALLBACK, fallback) X(CLAIM, claim) X(PLACE, place) X(REFILL, refill)          \
	X(DRAIN, drain) X(WATERMARK, watermark) X(BOOST, boost) X(GOAL, goal) X(NEXT, next) X(BALANCE, balance)        \
	X(KSWAPD_WAKE, kswapd_wake) X(KSWAPD_ROUND, kswapd_round) X(KSWAPD_DEAD, kswapd_dead)                          \
	X(KSWAPD_COUNT, kswapd_count) X(SUITABLE, suitable) X(FINISHED, finished) X(DEFER, defer) X(SOURCE, source)    \
	X(TARGET, target) X(FOLIO_MOVE, folio_move) X(FOLIO_ORDER, folio_order) X(REPORT, report)                      \
	X(LRU_BALANCE, lru_balance) X(RECLAIM, reclaim)                                                              \
	X(REPORT_COME, report_come) X(REPORT_GONE, report_gone) X(REPORTER, reporter) X(FOLIO_TARGET, folio_target)

enum mm_hook {
#define X(id, member) MM_HOOK_##id,
	MM_HOOK_LIST(X)
#undef X
	MM_HOOK_COUNT
};
/** "pick" ..., "init" of MM_HOOK_COUNT; static text. */
const char *mm_hook_name(enum mm_hook hook);

/** Wrong answers of one hook of one policy. */
struct mm_hook_fault {
	uint64_t count;
	/* of the first: where, what was wrong with it (static text), and the number that was */
	uint64_t position;
	const char *what;
	int64_t value;
};

/**
 * Which hook is asked just now, for whoever watches the run from another process and wants to know what it crashed in.
 * @call goes on counting, so that a hook that takes long can be told from many.
 */
struct mm_hook_at {
	volatile uint32_t inside; /* the hook hasn't answered yet */
	volatile uint32_t layer, hook; /* of enum mm_hook; MM_HOOK_COUNT: it fills in its state */
	volatile uint64_t call, position, now;
};

struct mm_layer {
	struct mm_hooks h; /* of an older plug-in, what it doesn't know is NULL */
	void *state;
	uint64_t calls, until; /* questions so far; the one from which on it isn't asked any more */
	const char *why;
	bool retired;
	uint64_t asked[MM_HOOK_COUNT], changed[MM_HOOK_COUNT]; /* changed: other answers than those beneath, wrong ones not counted */
	struct mm_hook_fault fault[MM_HOOK_COUNT];
};

struct mm_overlays {
	unsigned int nr;
	uint64_t asked;    /* 1 << enum mm_hook: some policy has it */
	struct mm_eye eye; /* filled in by whoever owns the run */
	void *scratch;     /* the state that a hook gets while eye.what_if */
	struct mm_hook_at *at;
	void (*retired)(void *arg, const struct mm_layer *l); /* told when a layer isn't asked for the first time */
	void *retired_arg;
	struct mm_layer layer[MM_MAX_OVERLAYS]; /* the lowest first */
};

/**
 * mm_policy_add() - lays a policy over @p
 * @hooks: borrowed as long as @p or a run under it is there
 * Return: 0, or one sentence in @err: another ABI, a revision or hooks that this program doesn't know, too large a state, no
 * name, too many policies
 */
int mm_policy_add(struct mm_policy *p, const struct mm_hooks *hooks, struct sg_err *err);

/** The overlays of a run under @p.  Return: 0 and *@ret, which is NULL when @p has none; or SG_E_NOMEM */
int mm_overlays_new(const struct mm_policy *p, struct mm_overlays **ret, struct sg_err *err);
/** Once the eye is filled in: the states begin. */
void mm_overlays_begin(struct mm_overlays *o);
/**
 * A second run goes on from where @o stands: states and faults are copied, the eye is still the first run's.  NULL: no
 * memory.
 */
struct mm_overlays *mm_overlays_copy(const struct mm_overlays *o);
void mm_overlays_free(struct mm_overlays *o);
/** Bytes that a copy takes. */
uint64_t mm_overlays_bytes(const struct mm_overlays *o);

/** Does some policy above the kernel's rules have @hook?  @o may be NULL. */
static inline bool mm_overlays_have(const struct mm_overlays *o, enum mm_hook hook)
{
	return mm_unlikely(o) && o->asked >> hook & 1;
}

/** @l isn't asked any more: the first time, whoever listens is told.  Return: false */
bool mm_layer_gone(struct mm_overlays *o, struct mm_layer *l);
/** Before a hook of @l is asked.  Return: is it? */
static inline bool mm_layer_enter(struct mm_overlays *o, struct mm_layer *l, enum mm_hook hook)
{
	if (mm_unlikely(l->calls + 1 >= l->until))
		return mm_layer_gone(o, l);
	l->calls++;
	l->asked[hook]++;
	if (o->at) {
		o->at->layer = (uint32_t)(l - o->layer);
		o->at->hook = hook;
		o->at->call = l->calls;
		o->at->position = o->eye.position;
		o->at->now = o->eye.now;
		o->at->inside = 1;
	}
	return true;
}
/** It has answered. */
static inline void mm_layer_leave(struct mm_overlays *o)
{
	if (o->at)
		o->at->inside = 0;
}

/** The state that a hook of @l gets now. */
void *mm_layer_state(struct mm_overlays *o, struct mm_layer *l);
/** An answer of @l is wrong.  @what: static text, as in "the block is not free" */
void mm_layer_wrong(struct mm_overlays *o, struct mm_layer *l, enum mm_hook hook, const char *what, int64_t value);

/** Wrong answers of all policies together.  @o may be NULL. */
uint64_t mm_overlays_faults(const struct mm_overlays *o);
/**
 * mm_overlays_fault() - one hook of one policy that answered wrongly
 * @i: 0, 1, ... until it returns false
 * @ret_policy, @ret_hook: their names
 */
bool mm_overlays_fault(const struct mm_overlays *o, unsigned int i, const char **ret_policy, const char **ret_hook,
		       struct mm_hook_fault *ret);
/** The same as a sentence.  Return: bytes without the NUL, 0 when there is no such one */
size_t mm_overlays_say(const struct mm_overlays *o, unsigned int i, char *buf, size_t size);

#endif
