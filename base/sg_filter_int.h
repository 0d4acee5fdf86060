/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the filter share: the compiled form. */
#ifndef SG_FILTER_INT_H
#define SG_FILTER_INT_H

#include "sg_filter.h"
#include "sg_regex.h"

#define FILTER_MAX_TEXT  4096u /* bytes of an expression */
#define FILTER_MAX_NODES 512u
#define FILTER_MAX_DEPTH 64u /* parentheses and negations within each other */
#define FILTER_MAX_WORD  256u /* bytes of one name or value */

enum filter_op {
	OP_NONE, /* a name alone: true when the value is there and not zero */
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_MATCH, /* =~ */
	OP_ANY, /* &: one of the bits */
	OP_ALL, /* has: all of the bits */
};

/** What is compared. */
enum filter_subject {
	SUBJ_EVENT,
	SUBJ_TASK,
	SUBJ_PID,
	SUBJ_CPU,
	SUBJ_TIME,
	SUBJ_NUMBER,
	SUBJ_INSTANCE,
	SUBJ_FIELD,
};

/** A number as written; @neg: minus @mag. */
struct filter_num {
	bool neg;
	uint64_t mag;
};

/** One comparison. */
struct filter_cmp {
	enum filter_subject subject;
	enum filter_op op;
	char name[FILTER_MAX_WORD];
	char text[FILTER_MAX_WORD]; /* the value as written, without quotes */
	struct filter_num num; /* PID, CPU, TIME, NUMBER */
	struct sg_regex re; /* OP_MATCH */
	bool kind_match[SG_KIND_COUNT]; /* EVENT: the answer for each kind but SG_EV_other */
	int8_t slot[SG_KIND_COUNT]; /* FIELD: slot of the field, -1 without */
	bool resolved[SG_KIND_COUNT]; /* FIELD: the value means something for this kind */
	struct filter_num value[SG_KIND_COUNT]; /* FIELD: the value for this kind */
};

enum filter_node_type { NODE_CMP, NODE_NOT, NODE_AND, NODE_OR };

struct filter_node {
	enum filter_node_type type;
	uint16_t a, b; /* nodes */
	struct filter_cmp *cmp; /* NODE_CMP, owned */
};

struct sg_filter {
	const struct sg_capture *cap;
	unsigned int nr_nodes;
	uint16_t root;
	struct filter_node node[FILTER_MAX_NODES];
};

/**
 * filter_cmp_bind() - give a comparison its meaning in this capture
 * @c:      with name, op and text
 * @quoted: the value was in quotes: text, not a number
 * Errors:  SG_E_USAGE, text without the column, which the caller adds; SG_E_NOMEM
 */
int filter_cmp_bind(struct filter_cmp *c, bool quoted, const struct sg_capture *cap,
		    struct sg_err *err);

/** True when one comparison holds. */
bool filter_cmp_holds(const struct filter_cmp *c, const struct sg_capture *cap,
		      const struct sg_event *ev, uint64_t number);

/** Name of a record of kind SG_EV_other from the capture, "" when it doesn't say. */
const char *filter_other_name(const struct sg_capture *cap, const struct sg_event *ev);

/** True for types whose value is a signed number. */
bool filter_is_signed(enum sg_type t);

/** Name of the value in a field that has names for values (not bits), NULL without. */
const char *filter_value_name(const struct sg_capture *cap, unsigned int kind, unsigned int slot,
			      uint64_t v);

#endif
