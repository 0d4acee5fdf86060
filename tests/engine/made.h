/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of engine/ share: a made machine of one small zone, or of any
 * zones, and senders of events that drive it.
 */
#ifndef MADE_H
#define MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "machine/state.h"

#define U 0u /* Unmovable, Movable, Reclaimable */
#define M 1u
#define R 2u
#define NOT_OWNED 0
#define OWNED 1

#define START 0x4000ull /* first pfn of the small zone */
#define BLOCK 512ull    /* pages of a pageblock */
#define NR_BLOCKS 16u
#define END (START + NR_BLOCKS * BLOCK)
#define B(i) (START + (i) * BLOCK) /* first pfn of pageblock i of the zone */

#define KPF_LRU (1ull << 5)
#define KPF_BUDDY (1ull << 10)
#define KPF_ANON (1ull << 12)
#define KPF_NOPAGE (1ull << 20)

/** A made capture with its machine. */
struct made {
	struct sg_capture cap;
	struct sg_zone_snap zone[4];
	struct sg_snapshot snap;
	uint64_t flags[END]; /* words of the made /proc/kpageflags */
	struct mm_config cfg;
	struct mm_machine *m;
	struct sg_log *log;  /* NULL, or where the events sent go as well */
	/* of the events sent from now on */
	uint16_t cpu;
	int32_t pid;
	uint8_t common_flags, preempt;
	int64_t missed; /* of the next event only */
	uint64_t ts;
};

/** What the machine knows at the start. */
enum made_start {
	MADE_BLIND, /* the zone's borders */
	MADE_USED,  /* a snapshot in which all pages are in use */
	MADE_FLAGS, /* a snapshot of made->flags as the caller filled them in before */
};

/** Capture, snapshot and configuration, for a kernel; no machine yet.  @mk need not be zeroed. */
void made_capture(struct made *mk, unsigned int major, unsigned int minor);
/** The same with a machine; aborts the test when it can't be made. */
void made_init(struct made *mk, unsigned int major, unsigned int minor, enum made_start start);
void made_fini(struct made *mk);

/** An event of @kind with all its slots missing, from the sender's cpu and task. */
struct sg_event made_event(struct made *mk, enum sg_kind kind);
/** Applies it to the machine, if there is one, and appends it to the log, if there is one. */
void made_send(struct made *mk, const struct sg_event *ev);

void send_alloc(struct made *mk, uint64_t pfn, unsigned int order, unsigned int mt);
void send_free(struct made *mk, uint64_t pfn, unsigned int order);
void send_batched(struct made *mk, uint64_t pfn);
void send_locked(struct made *mk, uint64_t pfn, unsigned int order, unsigned int mt, bool refill);
void send_drain(struct made *mk, uint64_t pfn, unsigned int order, unsigned int mt);
/** A request of @order and type @mt takes from a block of order @forder and type @fmt. */
void send_extfrag(struct made *mk, uint64_t pfn, unsigned int order, unsigned int forder, unsigned int mt,
		  unsigned int fmt, unsigned int owned);
void send_lru(struct made *mk, uint64_t pfn, unsigned int lru);
void send_mark(struct made *mk, const char *text);
/** Any event with up to four fields. */
void send_any(struct made *mk, enum sg_kind kind, uint64_t v0, uint64_t v1, uint64_t v2, uint64_t v3);

/** Task 77 compacts all of the zone for a block of order 9 with these flags, the scanners at @migrate and @free. */
void send_compaction(struct made *mk, uint64_t gfp, uint64_t migrate, uint64_t free);

/** The free list of zone 0 is @n blocks at these pfns, head first, and no unplaced ones. */
void check_list(const struct made *mk, unsigned int order, unsigned int mt, size_t n, ...);
/** The per-cpu list of zone 0 is @n blocks at these pfns, head first. */
void check_pcp(const struct made *mk, unsigned int cpu, unsigned int order, unsigned int mt, size_t n, ...);
void check_state(const struct made *mk, uint64_t pfn, enum mm_page_state state, unsigned int order);
/** mm_audit() finds nothing, the per-cpu lists are whole, and @nr contradictions have been counted. */
void check_sound(const struct made *mk, uint64_t nr);
/** Free lists, counts and per-cpu lists are whole, whatever the events were; else a message and failure. */
void check_whole(const struct mm_machine *m);
uint64_t contradictions(const struct mm_machine *m);

/** Random numbers from a seed (splitmix64), the same everywhere. */
static inline uint64_t rnd(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

#endif
