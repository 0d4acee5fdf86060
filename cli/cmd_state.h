/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the state command. */
#ifndef CMD_STATE_H
#define CMD_STATE_H

#include "cmd.h"

/** Prints the whole machine as one JSON object; @last: time of the last event applied. */
void state_json(struct cmd_out *o, const struct sg_capture *cap, const struct sg_limits *l, const struct mm_machine *m,
		uint64_t last);

/** Free blocks of @order that lie on a list whose migratetype nothing tells. */
uint64_t state_untyped(const struct mm_zone_info *z, unsigned int order);

#endif
