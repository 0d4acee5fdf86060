/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the machine's memory lies and what zones it has, drawn from what events tell (sg_layout.h) and from what the
 * architecture's kernels do, for captures without zoneinfo.  Nothing is invented: a zone is named only when the
 * capture's formats and architecture, or an event, tell it; else there is one without a name.
 */
#ifndef MM_MACHINE_LAYOUT_H
#define MM_MACHINE_LAYOUT_H

#include "machine/room.h"

#include "mm.h"
#include "sg_layout.h"
#include "sg_limit.h"

/** A zone [@start, @end). */
struct mm_layout_zone {
	int node;         /* -1: several nodes' memory may lie in it */
	char name[16];    /* "" unknown */
	uint64_t start, end;
	bool open_end;    /* the end is the last page named, no border that anything tells */
	bool mixed;       /* it may be several of the kernel's zones in one: its lists aren't one zone's */
};

/** Pages [@start, @end) that are there, or may be. */
struct mm_extent {
	uint64_t start, end;
};

/** What follows.  Immutable. */
struct mm_layout {
	struct mm_layout_zone zone[MM_MAX_ZONES]; /* ascending; none when no event tells of any page */
	unsigned int nr_zones;
	struct mm_extent *range;  /* ascending; between them lies nothing that an event has named */
	unsigned int nr_ranges;
	uint64_t wild_events;    /* events of pages that were left out: far from all others, and few */
	uint64_t wild_pfn;       /* the first of them */
	uint64_t capped;         /* events of pages left out since memory lies in more places than can be followed */
	bool several_nodes;      /* events name several nodes, and not where each one's memory lies */
	unsigned int nr_nodes;   /* nodes that are known to be there */
	bool borders_guessed;    /* borders that the architecture doesn't fix */
};

/** NULL when memory runs out. */
struct mm_layout *mm_layout_new(const struct sg_layout *seen, const struct sg_capture *cap);
void mm_layout_free(struct mm_layout *l);
/** Would machines made from the two have the same zones?  Either may be NULL. */
bool mm_layout_equal(const struct mm_layout *a, const struct mm_layout *b);
/** Adds the limits of what was drawn from events; those of an earlier layout go.  @s may be NULL. */
void mm_layout_limits(const struct mm_layout *l, struct sg_limits *s);

/** Where the kernels of an architecture draw borders between zones. */
struct mm_arch_zones {
	bool known;
	bool from_zero;          /* memory begins at page 0 */
	unsigned int nr;
	struct {
		const char *name; /* "" unknown */
		uint64_t end;     /* UINT64_MAX: all the rest */
		bool guessed;     /* this end isn't fixed by the architecture */
	} zone[4];
};
/**
 * mm_arch_zones() - zones by address
 * @lowmem_last: i386: highest page that a request without __GFP_HIGHMEM got, 0 unknown
 */
void mm_arch_zones(const struct sg_capture *cap, uint64_t lowmem_last, struct mm_arch_zones *ret);
/** Bytes of a section of memory: memory begins and ends at multiples of it. */
uint64_t mm_arch_section(const struct sg_capture *cap);

#endif
