/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Blocks that stand at unknown places of MOVABLE lists.
 *
 * A search by compaction turns a list, and often the trace doesn't tell how far.  What is put on the list then lies at
 * its head, in front of nobody knows what.  The first block that is picked from behind it shows how far the list was turned; but
 * when the list is turned again before that, the chunk stands somewhere within.  So many such chunks on so many blocks
 * make it more or less likely that the next pick is of one of them, whatever the model says.
 * Source: mm/compaction.c: move_freelist_head(), move_freelist_tail(), 6.1 to 7.3
 */
#ifndef MM_CHECK_PICK_LOOSE_H
#define MM_CHECK_PICK_LOOSE_H

#include "check/room.h"

#include "rules/rmqueue.h"
#include "machine/guesses.h"

#define MM_LOOSE_ONE (1u << 20)          /* certainty */
/* Of an answer: likelier than this to be wrong, it is none. */
#define MM_LOOSE_MOST (MM_LOOSE_ONE / MM_GUESS(LOOSE_ONE_IN))

struct mm_loose {
	struct {
		uint64_t chunks; /* that are thought to be on it still, times MM_LOOSE_ONE */
		uint32_t blocks; /* on it when that was counted */
		uint32_t turned; /* event of the search that turned it last */
		uint32_t head;   /* before the event that may turn it */
		bool open;       /* then: had something been put on it since it was turned by an unknown amount? */
	} list[MM_MAX_ZONES][MM_MAX_ORDERS];
};

/** @ev is about to be applied. */
void mm_loose_before(struct mm_loose *l, const struct mm_machine *m, const struct sg_event *ev);
/** @ev has been applied. */
void mm_loose_after(struct mm_loose *l, const struct mm_machine *m, const struct sg_event *ev);
/**
 * mm_loose_risk() - how likely is it that such a chunk comes before @p, the first block of a list of zone number @zone?
 * Chunks are as likely at each place, and leave the list as its other blocks do.  None is among the blocks that were put
 * on the list since it was turned last.
 * Return: in parts of MM_LOOSE_ONE
 */
uint32_t mm_loose_risk(struct mm_loose *l, const struct mm_machine *m, unsigned int zone, const struct mm_pick *p);

#endif
