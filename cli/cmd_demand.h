/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command demand prints of faults on anonymous memory. */
#ifndef CMD_DEMAND_H
#define CMD_DEMAND_H

#include "cmd.h"
#include "demand/demand.h"

/** Where a fault was, or what is given up: of wants that have an address. */
void cmd_demand_put_address(struct cmd_out *o, const struct mm_demand *d, const struct mm_want *x);
void cmd_demand_json_address(struct cmd_json *j, const struct mm_demand *d, const struct mm_want *x);
/** What the captured machine's faults got, and why not more; nothing of a capture that doesn't tell. */
void cmd_demand_put_faults(struct cmd_out *o, const struct mm_demand *d);
void cmd_demand_json_faults(struct cmd_json *j, const struct mm_demand *d);

#endif
