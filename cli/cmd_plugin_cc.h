/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy in C made a shared object, by the machine's compiler. */
#ifndef CMD_PLUGIN_CC_H
#define CMD_PLUGIN_CC_H

#include <stdbool.h>
#include <stddef.h>

#include "sg_err.h"

/**
 * cmd_plugin_cc() - compiles @path with $CC, or cc
 * What the compiler says goes to standard error, under a line that says whose words these are.
 * Return: the shared object, whose file is gone already, to be closed; or < 0 and the sentence, which has the first error
 */
int cmd_plugin_cc(const char *path, struct sg_err *err);
/** The terminal is somebody's screen: the compiler's words aren't printed. */
void cmd_plugin_cc_quiet(bool quiet);
/** The folder that has stormglass/policy.h.  Return: 0, or < 0 and the sentence */
int cmd_plugin_include(char *buf, size_t size, struct sg_err *err);

#endif
