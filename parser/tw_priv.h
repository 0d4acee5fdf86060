/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts of the writer of trace.dat. */
#ifndef TW_PRIV_H
#define TW_PRIV_H

#include "ss_priv.h" /* growing bytes */
#include "tr_priv.h"
#include "tw.h"

#define TW_COMMON 8u /* bytes of the fields that all records start with */

/** What the events of one kind have in their slots. */
struct tw_seen {
	uint64_t events;
	struct tw_range {
		bool any;           /* a value that isn't missing */
		uint64_t most;      /* as an unsigned number */
		int64_t least, high; /* as a signed one */
	} slot[SG_SLOTS];
};

/** Where a slot lies in a record. */
struct tw_field {
	uint8_t slot, size;
	uint8_t str; /* enum tr_str_kind */
	uint16_t off;
};

/** How events of one kind are written. */
struct tw_event {
	const char *system;
	uint16_t id;
	const char *text; /* the format */
	size_t len;
	char *made;       /* the same when it was made here, else NULL */
	uint16_t size;    /* bytes without a text behind them */
	unsigned int nr;
	struct tw_field field[SG_SLOTS];
};

/** The formats of all kinds that occur.  0 or SG_E_NOMEM. */
int tw_formats(struct tw_event ev[SG_KIND_COUNT], const struct tw_seen seen[SG_KIND_COUNT], const struct sg_capture *cap,
	       const struct tr_capture *from, struct tw_told *told);
void tw_formats_free(struct tw_event ev[SG_KIND_COUNT]);

#endif
