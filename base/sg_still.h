/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A still: what is known of a machine at one moment when there are no events.  It comes from text that
 * people post (a Mem-Info dump of a failed allocation or of the OOM killer, files of /proc) or from a
 * directory of snapshots.  Its zones are a snapshot's (struct sg_snapshot); here is what only a still has:
 * the request that got no page, and where the numbers come from.
 */
#ifndef SG_STILL_H
#define SG_STILL_H

#include <stdbool.h>
#include <stdint.h>

#include "sg_limit.h"

/** Where a still comes from: id, key for JSON, text for people. */
#define SG_STILL_LIST(X)                                                                        \
	X(PROC, "proc", "files of /proc")                                                       \
	X(FAILURE, "allocation_failure", "a page allocation that failed")                       \
	X(STALL, "allocation_stall", "a page allocation that stalled")                          \
	X(OOM, "oom_killer", "the OOM killer")                                                  \
	X(OOM_MEMCG, "oom_killer_memcg", "the OOM killer of a memory cgroup")                   \
	X(MEMINFO, "mem_info", "a Mem-Info dump without a request")                             \
	X(DIRECTORY, "directory", "a directory of snapshots")

enum sg_still_origin {
#define X(id, key, text) SG_STILL_##id,
	SG_STILL_LIST(X)
#undef X
	SG_STILL_COUNT
};
const char *sg_still_key(enum sg_still_origin o);
const char *sg_still_text(enum sg_still_origin o);

/** What a request allows and wants, by the names that the kernel prints. */
enum sg_want {
	SG_WANT_DIRECT_RECLAIM = 1u << 0,
	SG_WANT_KSWAPD = 1u << 1,
	SG_WANT_IO = 1u << 2,
	SG_WANT_FS = 1u << 3,
	SG_WANT_HIGH = 1u << 4,
	SG_WANT_ATOMIC = 1u << 5, /* __GFP_ATOMIC, up to 6.2 */
	SG_WANT_NORETRY = 1u << 6,
	SG_WANT_RETRY_MAYFAIL = 1u << 7,
	SG_WANT_NOFAIL = 1u << 8,
	SG_WANT_THISNODE = 1u << 9,
	SG_WANT_MEMALLOC = 1u << 10,
	SG_WANT_NOMEMALLOC = 1u << 11,
	SG_WANT_MOVABLE = 1u << 12,
	SG_WANT_RECLAIMABLE = 1u << 13,
	SG_WANT_DMA = 1u << 14,
	SG_WANT_DMA32 = 1u << 15,
	SG_WANT_HIGHMEM = 1u << 16,
	SG_WANT_HARDWALL = 1u << 17,
	SG_WANT_COMP = 1u << 18,
};

#define SG_MAX_NODES 1024u

/** A set of nodes. */
struct sg_nodes {
	bool known; /* the text says which */
	bool all;   /* (null): no node is left out */
	uint64_t bit[SG_MAX_NODES / 64];
};

static inline bool sg_nodes_has(const struct sg_nodes *n, int node)
{
	return n->all || (node >= 0 && (unsigned int)node < SG_MAX_NODES && (n->bit[node / 64] >> (node % 64) & 1));
}

/** A request for pages that wasn't served.  Texts are cleaned for the terminal. */
struct sg_request {
	char task[32]; /* "" when the text doesn't say */
	int32_t pid;   /* -1 unknown */
	int order;     /* -1 unknown */
	bool have_bits;
	uint64_t bits; /* the mode as a number: its meaning differs between kernels */
	bool have_want; /* the mode was printed by name, so that @want holds */
	uint32_t want;  /* enum sg_want */
	char mode[200]; /* as printed: "GFP_KERNEL|__GFP_COMP", "0x4020" */
	struct sg_nodes nodemask;     /* of the memory policy or the caller */
	struct sg_nodes mems_allowed; /* of the task's cpuset */
	char cpuset[64];
	char constraint[32]; /* of the OOM killer: "CONSTRAINT_NONE"; "" unknown */
	char victim[64];     /* who was killed: "name (pid 123)"; "" unknown */
};

/** What belongs to one still.  Owned by the snapshot that points to it. */
struct sg_still {
	enum sg_still_origin origin;
	bool have_request;
	struct sg_request request;
	bool have_time;
	uint64_t time_ns;   /* of the kernel's log, since boot */
	char when[48];      /* the date that stood before the line; "" without */
	char kernel[64];    /* release; "" unknown */
	unsigned int kver[2];
	unsigned int page_size; /* bytes; 0 unknown */
	unsigned int nr_migratetypes; /* 0: the usual ones */
	char migratetype[8][16];
	unsigned int nr_zone_types; /* 0 unknown */
	char zone_type[8][16];
	unsigned int line; /* of the text where it begins, from 1; 0 none */
	struct sg_limits limits;
};

#endif
