/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same demand on another machine: more or less memory, other CPUs, tasks that want several times as much.  No capture shows
 * that; how far it is from what was captured is said wherever the run is.
 */
#ifndef CMD_MACHINE_H
#define CMD_MACHINE_H

#include "cmd_whatif.h"

#define CMD_SCALE_MAX 16

struct cmd_machine {
	int64_t bytes;      /* more, or less, than captured */
	unsigned int cpus;  /* 0: as captured */
	unsigned int nr_scaled;
	struct {
		char task[64]; /* its name, or its pid */
		unsigned int times;
	} scaled[CMD_SCALE_MAX];
};

/** All of @s as mem=+512M,cpus=4; CMD_OK, or CMD_USAGE after a line. */
int cmd_machine_read(const struct cmd *cmd, const char *s, struct cmd_machine *ret);
/** All of @s as TASK=2; another task each time. */
int cmd_scale_read(const struct cmd *cmd, const char *s, struct cmd_machine *ret);

/**
 * cmd_machine_apply() - @w's start and demand become those of another machine
 * Memory is added behind the last zone, free; taken away of it are blocks that are free at the start.
 * Return: 0, or < 0 and the sentence
 */
int cmd_machine_apply(struct cmd_whatif *w, const struct cmd_machine *m, struct sg_err *err);
void cmd_other_free(struct cmd_other *o);

#endif
