/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small machines with a demand of their own, made up and always the same, for trying a policy out where there is no capture.
 * Of what a real machine does they tell nothing.
 */
#ifndef CMD_SMALL_H
#define CMD_SMALL_H

#include "cmd_whatif.h"

/** Name and what goes on there; NULL behind the last. */
const char *cmd_small_name(unsigned int i);
const char *cmd_small_text(unsigned int i);

struct cmd_small;
/** Machine number @i, 128 MiB under linux-7.3, as what runs start from.  NULL: out of memory */
struct cmd_small *cmd_small_new(unsigned int i, struct sg_err *err);
const struct cmd_whatif *cmd_small_whatif(const struct cmd_small *s);
void cmd_small_free(struct cmd_small *s);

#endif
