/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program on a pseudo terminal whose output goes into a terminal emulator: type
 * keys, wait for what the screen shows, compare it with a golden file.  Waiting is
 * always for a state, with a deadline; never for a time.
 */
#ifndef VT_H
#define VT_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

struct vt {
	int rows, cols;
	int master, slave;     /* both stay open here, to read modes and late output */
	pid_t pid;
	VTerm *vterm;
	VTermScreen *screen;
	bool alt, cursor_visible;
	bool mouse;            /* clicks are sent to the program */
	struct termios before; /* modes when the program started */
	char *raw;             /* all that it wrote */
	size_t raw_len;
	int control;           /* job control: see vt_start_job() */
};

/** Starts @argv on a terminal; @env: "NAME=value" up to NULL, on top of a clean environment. */
void vt_start(struct vt *t, int rows, int cols, const char *const argv[], const char *const env[]);
/** As vt_start(), under a little shell to be suspended to: vt_wait_stop(), vt_continue(). */
void vt_start_job(struct vt *t, int rows, int cols, const char *const argv[],
		  const char *const env[]);
void vt_wait_stop(struct vt *t);
void vt_continue(struct vt *t);
/** Ends it if it still runs, and frees all. */
void vt_stop(struct vt *t);
/** Waits until it has ended and all its output is read; its wait status. */
int vt_wait_end(struct vt *t);

void vt_type(struct vt *t, const char *keys);
void vt_resize(struct vt *t, int rows, int cols);
/** Reads output until @text stands anywhere on the screen; fails the test after the deadline. */
void vt_wait(struct vt *t, const char *text);
/** True when @text is on the screen now. */
bool vt_shows(struct vt *t, const char *text);
/** The screen as text: rows that end with '|', and then each cell's role as a letter. Static. */
const char *vt_text(struct vt *t);
/**
 * Waits until the screen is what golden/@name.screen says; shows the difference
 * and fails after the deadline.  With UPDATE_GOLDEN in the environment the file is
 * written instead, once @text is on the screen and it has come to rest.
 */
void vt_golden(struct vt *t, const char *name, const char *text);

#endif
