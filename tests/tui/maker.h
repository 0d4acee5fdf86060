/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs as a test wants them: the seed says what becomes of one.  Each look at it takes it a quarter on; one run is made at a
 * time.  What is opened is the hand-made machine as a simulated run, of which each event comes a microsecond later.
 */
#ifndef MAKER_H
#define MAKER_H

#include "machine.h"

enum maker_seed {
	MAKER_WHOLE = 1,
	MAKER_STAYS = 2, /* at 43 %, until it is stopped */
	MAKER_DIES = 3,
	MAKER_FAILS = 4,
};

#define MAKER_RUNS 16

struct maker {
	struct ui_maker maker;
	struct mm_policy own;
	struct ui_made made[MAKER_RUNS];
	size_t nr;
	uint32_t last;
	unsigned int opened, released, started;
};

void maker_init(struct maker *mk);

#endif
