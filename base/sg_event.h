/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trace vocabulary that parser, engine and tui share: kinds of events and
 * the decoded event itself.  Plain data, no behaviour.
 *
 * The list of events with their fields is base/sg_event_list.h; a new event is
 * one entry there.  Slots are named SGF_<event>_<field>:
 *
 *	uint64_t pfn = ev->v[SGF_mm_page_alloc_pfn];
 */
#ifndef SG_EVENT_H
#define SG_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Kinds of decoded events.  SG_EV_other is any record that the list does not know. */
enum sg_kind {
	SG_EV_other,
#define SG_EV(sys, name) SG_EV_##name,
#define SG_F(ev, field, type, names)
#define SG_EV_END
#include "sg_event_list.h"
	SG_KIND_COUNT
};

/** What a slot holds; decides how it is stored, printed and filtered. */
enum sg_type {
	SG_T_NONE,
	SG_T_PFN,     /* page frame number; all ones or 0 on a failed allocation */
	SG_T_UINT,    /* unsigned number */
	SG_T_INT,     /* signed number, sign-extended to 64 bits */
	SG_T_HEX,     /* address or opaque bits */
	SG_T_ORDER,   /* log2 of a number of pages, unsigned */
	SG_T_GFP,     /* gfp flags; names from the capture's formats */
	SG_T_MT,      /* migratetype number */
	SG_T_NID,     /* NUMA node, signed */
	SG_T_ZONE,    /* zone index (enum zone_type), signed */
	SG_T_BOOL,
	SG_T_SYM,     /* number with names in the capture's formats */
	SG_T_FLAGS,   /* bits with names in the capture's formats */
	SG_T_STR,     /* text: ev->str (at most one per event); the slot holds its length */
};

/* Slot numbers of each event: SGF_<event>_<field>, from 0 in the order of the list. */
#define SG_EV(sys, name) enum sgf_##name {
#define SG_F(ev, field, type, names) SGF_##ev##_##field,
#define SG_EV_END };
#include "sg_event_list.h"
enum sgf_other { SGF_other_id };

/** No event has more fields than this (checked by a test). */
#define SG_SLOTS 14

/** Value of a slot whose field the capture's format does not have. */
#define SG_MISSING UINT64_MAX

/** One decoded record.  Slots beyond sg_kind_info(kind)->nr_fields are undefined. */
struct sg_event {
	uint64_t ts;          /* in the capture clock's unit (ns unless info->clock_unit says otherwise) */
	int32_t pid;          /* common_pid; 0 is the idle task */
	uint16_t kind;        /* enum sg_kind */
	uint16_t cpu;
	uint8_t instance;     /* index of the trace buffer instance, 0 = top */
	uint8_t common_flags; /* irq, softirq, need-resched bits of the record */
	uint8_t preempt;      /* common_preempt_count */
	int64_t missed;       /* records lost just before this one: 0 none, < 0 an unknown number */
	const char *str;      /* text of the SG_T_STR slot, not terminated; borrowed until the next event is read */
	uint32_t str_len;     /* bytes */
	uint64_t v[SG_SLOTS];
};

/** One field of a kind. */
struct sg_field {
	const char *name;     /* stable name in our JSON and filters */
	const char *aliases;  /* names in kernel formats, '|' between them, first match wins */
	enum sg_type type;
};

/** Static description of a kind. */
struct sg_kind_info {
	const char *system;
	const char *name;
	unsigned int nr_fields;
	struct sg_field field[SG_SLOTS];
};

/** Description of @kind (< SG_KIND_COUNT); never NULL, static. */
const struct sg_kind_info *sg_kind_info(unsigned int kind);

/** Is slot @slot of @kind the order of a block that leaves the free lists? */
static inline bool sg_is_block_order(unsigned int kind, unsigned int slot)
{
	return (kind == SG_EV_mm_page_alloc_zone_locked && slot == SGF_mm_page_alloc_zone_locked_order) ||
	       (kind == SG_EV_mm_page_alloc_extfrag && slot == SGF_mm_page_alloc_extfrag_fallback_order);
}

/** The order of the block that leaves the free lists with @ev; 0 when none does, or no kernel has such an order. */
static inline unsigned int sg_event_order(const struct sg_event *ev)
{
	uint64_t v = ev->kind == SG_EV_mm_page_alloc_zone_locked ? ev->v[SGF_mm_page_alloc_zone_locked_order] :
		     ev->kind == SG_EV_mm_page_alloc_extfrag ? ev->v[SGF_mm_page_alloc_extfrag_fallback_order] : 0;

	return v < 16 ? (unsigned int)v : 0;
}

/** Kind by event name (without its system), SG_EV_other when unknown. */
enum sg_kind sg_kind_by_name(const char *name);

#endif
