/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a capture says about itself, and the snapshots beside it: plain data that
 * the parser fills and everybody else reads.
 */
#ifndef SG_CAPTURE_H
#define SG_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sg_event.h"
#include "sg_limit.h"
#include "sg_still.h"

#define SG_MAX_MIGRATETYPES 8
#define SG_MAX_ZONE_TYPES 8
#define SG_MAX_ORDERS 16 /* free areas a kernel may have; MAX_PAGE_ORDER + 1 is 11 mostly */

/** Processor architecture of the traced machine, as uname tells it. */
enum sg_arch {
	SG_ARCH_UNKNOWN,
	SG_ARCH_X86_64,
	SG_ARCH_I386,
	SG_ARCH_ARM64,
	SG_ARCH_ARM,
	SG_ARCH_PPC64, /* either byte order */
	SG_ARCH_S390X,
	SG_ARCH_RISCV64,
	SG_ARCH_LOONGARCH64,
};

/** By the machine's name in uname ("x86_64", "aarch64"); SG_ARCH_UNKNOWN for others. */
enum sg_arch sg_arch_by_name(const char *machine);

/** One name of a value or of a set of bits, from a __print_symbolic or __print_flags table. */
struct sg_sym {
	uint64_t value;
	char name[40];
};

/** The names of one field. */
struct sg_symtab {
	bool flags; /* bits (first entry that is wholly set wins, as the kernel prints) or values */
	unsigned int nr;
	const struct sg_sym *sym; /* in the order of the format */
};

/**
 * Meaning of gfp bits in this capture, each 0 when the capture doesn't name it.
 * Derived from the names in the formats, never from a header.
 */
struct sg_gfp {
	uint64_t dma, highmem, dma32, movable, reclaimable, high, io, fs, zero, direct_reclaim,
		kswapd_reclaim, write, nowarn, retry_mayfail, nofail, noretry, memalloc, comp, nomemalloc,
		hardwall, thisnode, account, nolockdep;
};

/** A pid with its command, cleaned for the terminal. */
struct sg_task_name {
	int32_t pid;
	char comm[24];
};

/** Something said once about the capture ("no mm_page_pcpu_drain: ..."). */
struct sg_note {
	char text[240];
};

/**
 * What a simulated run says about itself: its events are what a kernel that runs @policy would have traced.
 * Plain data; texts are cleaned for the terminal.
 */
struct sg_simulated {
	const char *capture;   /* name of the capture whose demand was put to it */
	const char *asked;     /* the policy in the words in which it was asked for, "": the captured kernel's own */
	const char *policy;    /* all of it, as mm_policy_parse() takes it */
	uint64_t seed;
	uint32_t run, runs;    /* which one, from 1, of how many that differ in their seeds only */
	uint64_t from;         /* position of the capture where it starts */
	const char *ended;     /* "" at the end of the demand; else why before that */
	unsigned int nr_told;
	const char *const *told; /* what was assumed or filled in, and what became of the demand: a sentence each */
};

/**
 * Description of a capture.  Owned by the parser's handle, constant after the
 * open, except for @lost_events, @notes, @limits and @other, which grow while
 * events are read.  All strings are cleaned for the terminal.
 */
struct sg_capture {
	const char *path;        /* as given */
	const char *name;        /* last component, or the directory's for a capture directory */
	const char *kernel;      /* release, "unknown" when nothing says it */
	unsigned int kver[2];    /* major and minor, 0 0 when unknown */
	const char *machine;     /* uname's: "x86_64", "aarch64", "" when nothing says it; NULL counts as that */
	enum sg_arch arch;       /* what that means */
	const char *scenario;    /* meta.json's "shows", "" without */
	const struct sg_simulated *simulated; /* NULL: events of a real kernel */
	int file_version;        /* 6 or 7, 0: no trace.dat, but text */
	const char *compression; /* "none", "zstd", ... */
	const char *clock;       /* "local", "mono", ... "" when unknown */
	bool clock_is_ns;        /* false: ts counts something else (cycles, ticks) */
	unsigned int page_size;  /* of the traced machine, bytes; a limit says when it is assumed */
	/* what the print format of mm_page_alloc_extfrag shows, each 0 when it doesn't */
	unsigned int nr_orders;       /* free blocks are of orders below */
	unsigned int pageblock_order;
	unsigned int huge_order;      /* HUGETLB_PAGE_ORDER or HPAGE_PMD_ORDER */
	unsigned int nr_cpus;
	unsigned int long_size; /* bytes of a kernel long, 4 or 8 */
	bool big_endian;
	unsigned int nr_instances;
	const char *const *instance; /* names, instance 0 is "" */

	bool present[SG_KIND_COUNT];                       /* the capture's formats have this event */
	bool unsure[SG_KIND_COUNT]; /* but none occurred, and nothing tells that it was switched on (see below) */
	const struct sg_symtab *sym[SG_KIND_COUNT][SG_SLOTS]; /* NULL: no names */
	const struct sg_symtab *gfp_names;                 /* of any SG_T_GFP field, NULL without */
	struct sg_gfp gfp;
	unsigned int nr_migratetypes;
	char migratetype[SG_MAX_MIGRATETYPES][16]; /* by number: "Unmovable" ... */
	bool migratetype_assumed;                  /* no snapshot names them: the usual order */
	int mt_highatomic, mt_cma, mt_isolate;     /* numbers, -1 when the kernel has none */
	unsigned int nr_zone_types;
	char zone_type[SG_MAX_ZONE_TYPES][16]; /* by index: "DMA" ..., "" unknown */

	bool still;              /* no events, only stills (sg_still.h): how many, and which one is open, from 0 */
	unsigned int nr_stills, still_no;

	unsigned int nr_tasks;
	const struct sg_task_name *task; /* ascending pid */

	uint64_t lost_events;    /* known number lost so far */
	bool lost_unknown;       /* and some gaps of unknown size */
	unsigned int nr_notes;
	const struct sg_note *note;
	struct sg_limits limits; /* of the recording, its file and its snapshots */
	unsigned int nr_other; /* events that the list does not know */
	const struct sg_other {
		int id;
		char name[48];
		uint64_t count;
	} *other;
};

/** Command of @pid, "<...>" when the capture does not say. Never NULL; borrowed from @cap. */
const char *sg_capture_comm(const struct sg_capture *cap, int32_t pid);

/**
 * sg_capture_records() - are the events of @kind in this recording?
 * Only then do none of them mean that none happened.  A file with the formats of all events (trace-cmd extract and
 * restore write such files) doesn't tell which were switched on: there what occurs tells it, once all is read.
 */
bool sg_capture_records(const struct sg_capture *cap, unsigned int kind);

/** What of a zone the text tells (struct sg_zone_snap: known). */
enum sg_zone_known {
	SG_ZONE_WMARKS = 1u << 0,   /* min, low, high */
	SG_ZONE_BOOST = 1u << 1,    /* wmark_boost; kernels before 5.0 have none */
	SG_ZONE_SIZE = 1u << 2,     /* present, managed */
	SG_ZONE_NR_FREE = 1u << 3,
	SG_ZONE_HIGHATOMIC = 1u << 4, /* reserved_highatomic */
	SG_ZONE_FREE_HIGHATOMIC = 1u << 5,
	SG_ZONE_FREE_CMA = 1u << 6,
	SG_ZONE_PCP = 1u << 7,      /* nr_pcp_pages */
	SG_ZONE_TYPES_AT = 1u << 8, /* types_at */
	SG_ZONE_RECLAIMABLE = 1u << 9, /* all_unreclaimable */
};

/** One zone in a snapshot.  Pages, unless said otherwise. */
struct sg_zone_snap {
	int node;
	char name[16];
	uint64_t start_pfn, spanned, present, managed, cma;
	uint64_t wmark_min, wmark_low, wmark_high, wmark_promo, wmark_boost;
	uint64_t protection[SG_MAX_ZONE_TYPES];
	unsigned int nr_protection;
	bool have_free;                     /* buddyinfo was there */
	unsigned int nr_orders;
	uint64_t free[SG_MAX_ORDERS];       /* blocks by order */
	bool have_types;                    /* pagetypeinfo was there */
	uint64_t type_free[SG_MAX_MIGRATETYPES][SG_MAX_ORDERS];
	uint64_t type_blocks[SG_MAX_MIGRATETYPES]; /* pageblocks by migratetype */
	uint32_t known;                     /* enum sg_zone_known: which of the following and of those above the text told */
	uint64_t nr_free;                   /* as the zone counts them; its lists may have been read later */
	uint64_t reserved_highatomic, free_highatomic, free_cma, nr_pcp_pages;
	uint8_t types_at[SG_MAX_ORDERS];    /* bit t: the list of migratetype t has blocks of this order */
	bool all_unreclaimable;             /* of the node, "all_unreclaimable? yes" */
	unsigned int nr_pcp;                /* CPUs listed below */
	struct sg_pcp_snap {
		uint32_t count, high, batch, high_min, high_max;
	} *pcp;
};

/** name and value of one line of vmstat, sysctl, ...; cleaned text. */
struct sg_kv {
	char key[48];
	char value[80];
};

/**
 * sg_pageflags_fn - receives /proc/kpageflags in ascending pieces
 * @pfn:   first page of the piece
 * @flags: @nr words as the kernel wrote them (bit 10 BUDDY, 20 NOPAGE, 5 LRU, 12 ANON, ...)
 * Return: 0 to go on, anything else stops and is handed to the caller
 */
typedef int (*sg_pageflags_fn)(void *arg, uint64_t pfn, const uint64_t *flags, size_t nr);

/** One snapshot folder, owned by the parser's handle. */
struct sg_snapshot {
	const char *name; /* "before", "in-start" */
	unsigned int pageblock_order; /* 0 when unknown */
	unsigned int nr_zones;
	struct sg_zone_snap *zone; /* only zones with pages, in the order of zoneinfo */
	unsigned int nr_kv;
	struct sg_kv *kv; /* "vmstat.nr_free_pages", "sysctl.vm.defrag_mode", "lru_gen.enabled", "thp.enabled", ... */
	struct sg_still *still; /* NULL for the snapshots beside a trace */
	bool have_pageflags;
	uint64_t nr_pfns; /* words in kpageflags */
	/** Streams kpageflags; 0, what @fn returned, or a negative sg_code. */
	int (*pageflags)(const struct sg_snapshot *snap, sg_pageflags_fn fn, void *arg);
	void *priv;
};

/** Value of @key in a snapshot, NULL when absent. Borrowed. */
const char *sg_snapshot_get(const struct sg_snapshot *snap, const char *key);

#endif
