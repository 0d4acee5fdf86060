/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choices: the policies of the documents, by name.  A choice is a question that kernels, or patches to them, answer in several
 * ways: storm=p2+p4.  A value sets facts, and where facts can't say it lays hooks over the kernel's rules.  document_NNN.c
 * has the choices of one document each.
 */
#ifndef MM_POLICY_CHOICE_H
#define MM_POLICY_CHOICE_H

#include "policy/room.h"

#include "policy/hooks.h"
#include "policy/policy.h"

/** One answer.  All texts are static. */
struct mm_choice_value {
	const char *key, *text;
	const enum mm_fact *on;       /* facts that it sets, MM_FACT_COUNT behind the last; NULL: none */
	const struct mm_hooks *hooks; /* NULL: facts say it all */
	bool part;                    /* may be joined with other parts by + */
	bool defrag;                  /* does nothing without defrag_mode=1 */
	/* it takes a number, best-effort=4096: what of, in plural, and its limits; NULL: none.  At most one value of a choice does */
	const char *number;
	int64_t least, most;
};

struct mm_choice {
	const char *key, *document;   /* "storm", "002" */
	const char *where, *text;     /* the kernel's functions; what is decided */
	const char *capture;          /* captures in which it shows */
	const struct mm_choice_value *value;
	unsigned int nr;
	const enum mm_fact *facts;    /* cleared before a value sets its own; NULL: none */
	bool setting;                 /* listed here, but a setting (MM_TUNABLE_LIST): values 0 and 1 */
	bool defrag;                  /* asked only by kernels that have defrag_mode */
	bool machine;                 /* a machine's as settings are: what the text doesn't name is as on the captured one */
	/** What else is to be said of the values @chosen, 1 << index: static text, NULL when there is no @i-th. */
	const char *(*remark)(const struct mm_policy *p, uint32_t chosen, unsigned int i);
};

/* Those of one document. */
extern const struct mm_choice mm_document_000[], mm_document_001[], mm_document_002[];
extern const unsigned int mm_document_000_nr, mm_document_001_nr, mm_document_002_nr;
extern const struct mm_choice mm_document_003[], mm_document_004[];
extern const unsigned int mm_document_003_nr, mm_document_004_nr;

/** The @i-th of all choices, NULL behind the last, which is at most number MM_MAX_CHOICES. */
const struct mm_choice *mm_choice(unsigned int i);
/** The choice with key [@s, +@n), -1 when there is none; settings that are listed aren't found. */
int mm_choice_find(const char *s, size_t n);

/**
 * mm_choice_own() - the value that a kernel with @facts is itself
 * Return: its index, or -1: it has no such question, or is like none of them
 */
int mm_choice_own(const struct mm_choice *c, struct mm_facts facts);

/**
 * mm_choice_parse() - [@s, +@n): one value, with its number if it takes one, or parts joined by +
 * @ret_number: the number, 0 when no value with one is chosen
 * Return: 0 and 1 << index in *@ret, or a sentence in @err that names the values there are
 */
int mm_choice_parse(const struct mm_choice *c, const char *s, size_t n, uint32_t *ret, int64_t *ret_number, struct sg_err *err);
/** The reverse.  Returns bytes without the NUL. */
size_t mm_choice_print(const struct mm_choice *c, uint32_t chosen, int64_t number, char *buf, size_t size);
/** A value as it is listed: "off", "best-effort=N"; returns @buf. */
const char *mm_choice_value_name(const struct mm_choice_value *v, char *buf, size_t size);

/** The facts that the values @chosen set and clear. */
void mm_choice_facts(const struct mm_choice *c, uint32_t chosen, struct mm_facts *facts);
/** Do they say of fact @x whether it holds?  If so, *@ret. */
bool mm_choice_says(const struct mm_choice *c, uint32_t chosen, enum mm_fact x, bool *ret);

#endif
