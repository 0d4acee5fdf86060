/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a kernel that runs the policy would trace: each event with its fields, in the kernel's order, from the CPU and task
 * that would have it.
 *
 * Nothing is made unless somebody receives it (mm_sim_emit()): ask mm_sim_traced() first, it is one branch.
 */
#ifndef MM_SIM_EMIT_H
#define MM_SIM_EMIT_H

#include "sim/room.h"

#include "sim/priv.h"

/** Does anybody receive events? */
static inline bool mm_sim_traced(const struct mm_sim *s)
{
	return __builtin_expect(s->emit != NULL, 0);
}

/** Events and fields come with releases, whatever rules a policy switches: does the traced kernel have what came with @since? */
static inline bool mm_sim_since(const struct mm_sim *s, uint32_t since)
{
	return s->policy.release >= since;
}

/** Slot @f of an event of kind @ev. */
#define SIM_F(ev, f, value) [SGF_##ev##_##f] = (uint64_t)(value)
/** Emits @ev with its fields: SIM_EMIT(s, mm_page_free, SIM_F(mm_page_free, pfn, pfn), ...).  Others are missing. */
#define SIM_EMIT(s, ev, ...)                                                                              \
	do {                                                                                              \
		if (mm_sim_traced(s))                                                                        \
			mm_sim_emit_event(s, SG_EV_##ev, (const uint64_t[SG_SLOTS]){ __VA_ARGS__ });               \
	} while (0)

void mm_sim_emit_event(struct mm_sim *s, enum sg_kind kind, const uint64_t *v);

/** Who runs: the task whose events come now, and its CPU. */
struct sim_who {
	int32_t pid;
	uint16_t cpu;
};
/** Lets another task run; returns the one that did. */
static inline struct sim_who mm_sim_switch(struct mm_sim *s, struct sim_who to)
{
	struct sim_who was = { s->on_pid, s->on_cpu };

	s->on_pid = to.pid;
	s->on_cpu = to.cpu;
	return was;
}

/* The threads of the kernel: describe.c */
struct sim_who mm_sim_kworker(const struct mm_sim *s, unsigned int cpu);
struct sim_who mm_sim_kswapd_who(const struct mm_sim *s, int node);
struct sim_who mm_sim_kcompactd_who(const struct mm_sim *s, int node);

/** A request's flags as the kernel has them: the meanings of @gfp, and what gives the migratetype and the zone. */
uint64_t mm_sim_gfp_bits(const struct mm_sim *s, const struct mm_request *rq);

/** Source: mm/page_alloc.c: trace_mm_page_alloc() in __alloc_frozen_pages_noprof() (7.x), __alloc_pages() (6.x); @pfn UINT64_MAX: it failed */
void mm_sim_emit_alloc(struct mm_sim *s, const struct mm_request *rq, uint64_t pfn);
/** Source: mm/page_alloc.c: __rmqueue_smallest(), 6.1 to 7.3 */
void mm_sim_emit_locked(struct mm_sim *s, uint64_t pfn, unsigned int order, unsigned int mt);
/** Source: mm/page_alloc.c: __rmqueue_fallback() (6.1), __rmqueue_claim(), __rmqueue_steal() (6.12 to 7.3) */
void mm_sim_emit_extfrag(struct mm_sim *s, uint64_t pfn, unsigned int order, unsigned int from_order, unsigned int mt,
			 unsigned int from_mt);

/** Flags of pages that reclaim writes or looks at.  Source: include/trace/events/vmscan.h: trace_shrink_flags(), 6.1 to 7.3 */
static inline unsigned int mm_sim_shrink_flags(bool file)
{
	return (file ? 2u : 1u) | 8u; /* RECLAIM_WB_FILE, _ANON, _ASYNC */
}
/** A page's struct page, as x86-64 without KASLR has it. */
static inline uint64_t mm_sim_page_address(uint64_t pfn)
{
	return UINT64_C(0xffffea0000000000) + pfn * 64;
}
/** The folio at @pfn has come onto the LRU.  Source: mm/swap.c: mm_lru_add() (6.x), mm/folio.c (7.3) */
void mm_sim_emit_inserted(struct mm_sim *s, uint64_t pfn);

#endif
