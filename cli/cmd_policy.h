/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy tried out: what it changes on small machines and on captures. */
#ifndef CMD_POLICY_H
#define CMD_POLICY_H

#include "cmd_compare.h"

struct cmd_policy_try {
	const char *spec;      /* a policy with files in it; what lies beneath is what it is held against */
	char **capture;        /* beside the small machines */
	unsigned int nr_captures, runs;
	struct cmd_bounds bounds;
};

/** Runs it and what lies beneath over everything, and prints what it changed.  Return: the exit code */
int cmd_policy_try(const struct cmd *cmd, const struct cmd_policy_try *t);

#endif
