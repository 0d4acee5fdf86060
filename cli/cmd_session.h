/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of stormglass session. */
#ifndef CMD_SESSION_H
#define CMD_SESSION_H

#include <stdbool.h>

/** What session export is asked for. */
struct cmd_export {
	const char *from, *to; /* positions as they were given, NULL for the start and the end */
	bool csv;
	bool any; /* something of the above was given */
};

/** Prints the events of the session @file; an exit code. */
int cmd_export(const char *file, const struct cmd_export *ex);

#endif
