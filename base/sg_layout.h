/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the events of a capture tell of where the machine's memory lies: which sections of it have pages that events
 * name, which nodes there are, where zones begin and end.  Only collected here; engine/machine/layout.h in the engine draws the
 * conclusions.  Costs by what is touched, never by how large a pfn is.
 */
#ifndef SG_LAYOUT_H
#define SG_LAYOUT_H

#include <stddef.h>

#include "sg_event.h"

/** Memory is looked at in sections of so many pages (2^15: 128 MiB of 4 KiB pages, as SPARSEMEM has on x86-64). */
#define SG_SECTION_BITS 15
#define SG_SECTION (1ull << SG_SECTION_BITS)
/** No machine has page frames from here on: the physical address space of all architectures is smaller. */
#define SG_PFN_BITS 52
#define SG_PFN_END (1ull << SG_PFN_BITS)

/** A section that events of pages name. */
struct sg_section {
	uint64_t nr;          /* pfn >> SG_SECTION_BITS */
	uint64_t first, last; /* lowest and highest page named */
	uint64_t one;         /* the first pfn that an event named */
	uint32_t events;
	bool several;         /* and another event another one */
};

/** A zone's own borders, as mm_compaction_begin tells them. */
struct sg_zone_seen {
	uint64_t start, end;
	int nid, idx; /* node and zone index, as mm_compaction_finished of the same run tells them; -1 unknown */
};

/** The highest page that a request with some gfp flags got. */
struct sg_gfp_seen {
	uint64_t gfp, last;
};

#define SG_LAYOUT_MAX_SECTIONS (1u << 20) /* 32 million GiB of 4 KiB pages touched everywhere; more are counted only */
#define SG_LAYOUT_MAX_ZONES 512u
#define SG_LAYOUT_MAX_GFP 128u
#define SG_LAYOUT_MAX_NODES 1024u
#define SG_LAYOUT_RUNS 64u

struct sg_layout {
	struct sg_section *section; /* in the order of their first event */
	uint32_t nr_sections, room, last;
	uint32_t *hash;             /* index in section + 1, 0 free */
	uint32_t hash_size;
	uint64_t refused;           /* events of pages beyond SG_PFN_END, or of sections beyond the room */
	uint64_t refused_pfn;       /* the first of these */
	struct sg_zone_seen zone[SG_LAYOUT_MAX_ZONES];
	uint32_t nr_zones;
	struct sg_gfp_seen gfp[SG_LAYOUT_MAX_GFP];
	uint32_t nr_gfp, last_gfp;
	bool gfp_full;
	uint64_t node[SG_LAYOUT_MAX_NODES / 64]; /* a bit for each node that an event names */
	struct {
		int32_t pid;
		int32_t zone; /* index of the zone that it compacts, -1 none */
	} run[SG_LAYOUT_RUNS];
	uint32_t next_run;
	bool out_of_memory;
};

/** The part of an event that matters here. */
struct sg_layout_fact {
	uint8_t what; /* enum sg_fact */
	uint8_t order;
	int32_t pid;
	uint64_t a, b;
};
enum sg_fact { SG_FACT_NONE, SG_FACT_PAGE, SG_FACT_REQUEST, SG_FACT_NODE, SG_FACT_ZONE, SG_FACT_ZONE_NAME, SG_FACT_ZONE_END };

/** What @ev tells; false: nothing. */
bool sg_layout_fact(const struct sg_event *ev, struct sg_layout_fact *ret);
/** Takes over a fact.  A zeroed struct is the empty layout. */
void sg_layout_put(struct sg_layout *l, const struct sg_layout_fact *f);
/** Both in one. */
void sg_layout_add(struct sg_layout *l, const struct sg_event *ev);
/** Frees what @l holds, and empties it. */
void sg_layout_fini(struct sg_layout *l);

/** Number of nodes that events name. */
unsigned int sg_layout_nodes(const struct sg_layout *l);
/** Highest node that an event names, -1 without. */
int sg_layout_last_node(const struct sg_layout *l);
/** About how many events name pages of [@start, @end): sections that lie in it in part count by their part. */
uint64_t sg_layout_events(const struct sg_layout *l, uint64_t start, uint64_t end);

#endif
