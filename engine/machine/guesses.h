/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guesses: numbers that no kernel has.  A trace leaves things open, and here stands from where on one answer is taken
 * rather than the other.  doc/guesses.md has what each earns, over all captures, and how much it matters what its
 * value is; bench/guesses.py measures that.
 *
 * Limits of memory (how many tasks are followed, how many batches) are no guesses: they stand where they are used.
 */
#ifndef MM_MACHINE_GUESSES_H
#define MM_MACHINE_GUESSES_H

#include "machine/room.h"

/** X(name, value, a value that switches it off, what is assumed) */
#define MM_GUESS_LIST(X)                                                                                                 \
	/* observe/buddy.c */                                                                                            \
	X(OVERTAKEN, 8, 16383,                                                                                           \
	  "A free block that stands first in the model and is passed over so many times by picks stands last in the kernel") \
	X(MISSED, 3, 16383,                                                                                              \
	  "A free block is gone without an event when larger ones were split so many times although it would have done") \
	X(EMPTIED, 256, 0,                                                                                               \
	  "Both halves of a block were taken one after the other: a list of up to so many blocks was empty then")        \
	/* observe/take.c */                                                                                             \
	X(LOCKED_RUN, 1024, 1,                                                                                           \
	  "A page freed to a per-cpu list is taken from the buddy lists: up to so many frees right before it also found the list locked") \
	/* observe/observe.c */                                                                                          \
	X(STALE_EARLY_EVENTS, 4096, 0,                                                                                   \
	  "A snapshot is weighed after so many events ...")                                                              \
	X(STALE_EARLY_ONE_IN, 2, 1,                                                                                      \
	  "... and dropped when more than one in so many showed a page that it has wrong")                               \
	X(STALE_EVENTS, 32768, 0,                                                                                        \
	  "It is weighed once more after so many events ...")                                                            \
	X(STALE_ONE_IN, 10, 1,                                                                                           \
	  "... and dropped when more than one in so many showed a page that it has wrong")                               \
	/* check/pick/ */                                                                                                \
	X(LOOSE_ONE_IN, 20, 1,                                                                                           \
	  "An answer is none when, as far as lists turned by an unknown amount tell, it is wrong more than once in so many times") \
	X(STRAYS, 2, 1 << 20,                                                                                            \
	  "So many pages that may have come to a list behind others leave open in which order a drain takes them")       \
	/* check/compact/ */                                                                                             \
	X(LIKELY_TIMES, 3, 1 << 20,                                                                                      \
	  "A search that may look at so many times the blocks that the ones before it needed finds one (e to the -3 is one in twenty)") \
	X(SAMPLE, 8, 512,                                                                                                \
	  "Whether a pageblock of unknown type is Movable is judged by every so-many-th page")                           \
	/* check/kswapd_asked.c */                                                                                       \
	X(RESERVES_KEPT, 4096, 0,                                                                                        \
	  "Reserves and highatomic pages are looked up again after so many events")                                      \
	/* machine/seed_trust.c */                                                                                       \
	X(GROSS_PERCENT, 25, 1 << 20,                                                                                    \
	  "Files of one snapshot that differ by more percent than this are not of the same moment of the same machine")  \
	/* run/: simulated runs */                                                                                       \
	X(IDLE_US, 10000, 1 << 30,                                                                                       \
	  "Of a longer gap, in microseconds, between two events of a CPU the rest was idle: others may use it")          \
	X(SLICE_US, 3000, 1 << 30,                                                                                       \
	  "Whoever takes turns on a CPU runs for about so many microseconds at a time")                                  \
	X(CROWD_MS, 100, 0,                                                                                              \
	  "Tasks that are seen on a CPU within so many milliseconds want it at the same time")                           \
	/* demand/demand.c */                                                                                            \
	X(ALONE_US, 100000, 1 << 30,                                                                                     \
	  "A kernel thread that has a CPU for longer than so many microseconds, without an event of others there, keeps nobody waiting") \
	/* demand/costs.c */                                                                                             \
	X(PACE_PAGES, 1024, 1 << 30,                                                                                     \
	  "What compaction takes at a time is told by so many pages that it moves then")                                 \
	/* demand/nodes.c */                                                                                             \
	X(WAITED_US, 1000, 1 << 30,                                                                                      \
	  "A kswapd that was seen to work within so many microseconds is awake: kernels before 7.2 don't say when it is through") \
	X(BOUND_GRANTS, 16, 1 << 30,                                                                                     \
	  "A task that took so many pages from a short node while others had room may take them from nowhere else")      \
	/* machine/layout.c: where memory lies when no snapshot tells */                                                 \
	X(CLUSTER_GAP, 32, 1,                                                                                            \
	  "Sections of 128 MiB that events name belong together when at most so many lie between them")                  \
	X(CLUSTER_FEW, 4, 0,                                                                                             \
	  "Fewer events than this far away from all others name no memory, but a wild pfn")                              \
	X(CLUSTER_NEAR, 1 << 20, 0,                                                                                      \
	  "... far away: by more pages than this")                                                                       \
	X(HOLE, 1 << 24, 1 << 30,                                                                                        \
	  "More pages than this without an event, and more than all others together, are a hole")                        \
	/* sim/alloc/slowpath.c */                                                                                       \
	X(LIVELOCK_ROUNDS, 4096, 1 << 30,                                                                                \
	  "A simulated request spins for ever after so many rounds without a page in which nothing of the machine changed") \
	/* sim/report.c */                                                                                               \
	X(REPORT_HELPS_MS, 1000, 0,                                                                                      \
	  "A page reported to the host and used again within so many milliseconds was reported in vain")

#ifdef MM_GUESSES_VARY
/* A build for bench/guesses.py: each is a variable, which the environment sets (MM_GUESS_OVERTAKEN=4). */
enum {
#define X(name, value, off, text) MM_GUESS_NR_##name,
	MM_GUESS_LIST(X)
#undef X
	MM_GUESS_COUNT
};
extern unsigned int mm_guess[MM_GUESS_COUNT];
#define MM_GUESS(name) mm_guess[MM_GUESS_NR_##name]
#else
enum {
#define X(name, value, off, text) MM_GUESS_##name = value,
	MM_GUESS_LIST(X)
#undef X
};
/** The value of the guess @name. */
#define MM_GUESS(name) ((unsigned int)MM_GUESS_##name)
#endif

#endif
