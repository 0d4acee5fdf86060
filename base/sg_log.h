/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The event log: all decoded events of a capture in memory, packed (some 8 to
 * 20 bytes each), appended in time order and read forwards from any position.
 *
 * Event numbers start at 1; position N is "after event N", position 0 the start.
 */
#ifndef SG_LOG_H
#define SG_LOG_H

#include "sg_event.h"
#include "sg_layout.h"

struct sg_log;

/** New empty log, NULL when memory runs out. */
struct sg_log *sg_log_new(void);
void sg_log_free(struct sg_log *log);

/** Appends a copy of @ev.  0 or SG_E_NOMEM. */
int sg_log_append(struct sg_log *log, const struct sg_event *ev);

/** Number of events. */
uint64_t sg_log_count(const struct sg_log *log);
/** Bytes of memory in use. */
uint64_t sg_log_bytes(const struct sg_log *log);
/** Highest pfn seen in a SG_T_PFN slot that is not all ones, 0 without. */
uint64_t sg_log_max_pfn(const struct sg_log *log);
/** Highest order of a block that left the free lists, sg_event_order() of all events. */
unsigned int sg_log_max_order(const struct sg_log *log);
/** Where its events' pages lie; grows with the log. Borrowed. */
const struct sg_layout *sg_log_layout(const struct sg_log *log);

/**
 * Where full blocks of the log lie instead of in memory: a file that is mapped, so that what nobody
 * reads takes none.
 * @keep: stores @len bytes; returns an address where they stay readable and unchanged for as long as the log lives,
 *	  or NULL: then they stay in memory
 */
struct sg_log_store {
	const uint8_t *(*keep)(void *arg, const uint8_t *data, size_t len);
	void *arg;
};

/**
 * sg_log_set_store() - blocks go to @store once the log holds @memory bytes
 * What is in memory by then stays there.  @store is copied.
 */
void sg_log_set_store(struct sg_log *log, const struct sg_log_store *store, uint64_t memory);

/** Bytes that lie in the store. */
uint64_t sg_log_stored(const struct sg_log *log);

/** A block as it lies in memory or in the store: a byte string that stands alone. */
struct sg_log_block {
	const uint8_t *data;
	uint32_t len;
	uint32_t events;
};
#define SG_LOG_BLOCK_EVENTS 512u /* in every block but the last */
#define SG_LOG_BLOCK_BYTES (1u << 26) /* no block is longer: 512 events with their text */

/** Blocks of the log, the last one mostly not full. */
uint64_t sg_log_blocks(const struct sg_log *log);
/** Block @i (< sg_log_blocks()); its data moves when the log grows, unless the block is full. */
struct sg_log_block sg_log_block(const struct sg_log *log, uint64_t i);

/**
 * sg_log_add_block() - append a block that sg_log_block() once gave
 * Every byte is checked: a block that isn't whole or holds impossible values is refused.
 * @b: data borrowed for as long as the log lives
 * Return: 0, SG_E_FORMAT (the log is as it was), SG_E_NOMEM, or SG_E_RANGE when the log's last block isn't full
 */
int sg_log_add_block(struct sg_log *log, const struct sg_log_block *b);

/** Reads forwards.  Plain data; may be copied; stays valid while the log only grows. */
struct sg_cursor {
	const struct sg_log *log;
	uint64_t next;  /* number of the event that sg_log_next() returns, from 1 */
	uint64_t block;
	uint32_t off;
	uint64_t ts, pfn;
	uint16_t cpu;
	int32_t pid[8];
};

/** Places @c so that the next event is @number (1 .. count + 1). */
void sg_log_seek(const struct sg_log *log, struct sg_cursor *c, uint64_t number);
/** Reads the next event into @ev; ev->str points into the log.  False at the end. */
bool sg_log_next(struct sg_cursor *c, struct sg_event *ev);
/** Event @number (1 .. count) into @ev; @c is left behind it.  False outside. */
bool sg_log_get(const struct sg_log *log, struct sg_cursor *c, uint64_t number, struct sg_event *ev);
/** Number of the last event with ev->ts <= @ts, 0 when none. */
uint64_t sg_log_find_ts(const struct sg_log *log, uint64_t ts);

#endif
