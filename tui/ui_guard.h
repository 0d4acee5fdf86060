/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold however the process ends: the terminal is restored before it
 * dies by a signal, and what libraries write to descriptors 1 and 2 while the
 * screen is up does not reach it but comes out afterwards.
 *
 * One screen per process, so the state is static: signal handlers need it.
 */
#ifndef UI_GUARD_H
#define UI_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

/**
 * Takes over: catches descriptors 1 and 2, and handles signals.
 * @fd:       the terminal
 * @saved:    its modes to go back to
 * @restore:  what to send to it first, @len bytes; copied, at most 256 are used
 */
void ui_guard_enter(int fd, const struct termios *saved, const char *restore, size_t len);
/** Undoes it all (the terminal as well) and prints what was caught. */
void ui_guard_leave(void);

/** Gives the terminal back for a while: modes and restore text, signals stay handled. */
void ui_guard_pause(void);
void ui_guard_resume(void);

/**
 * Whether SIGTERM, SIGHUP, SIGINT and SIGQUIT wait: the first of them only wakes the
 * reader of keys, for which the terminal is gone then (ui_guard_take()), and what is
 * being written can be completed before ui_guard_end().  A second one, or ten
 * seconds, end the process at once.
 */
void ui_guard_defer(bool on);
/** Ends the process by the signal that has waited; returns when there was none. */
void ui_guard_end(void);

/** A line about where the program is, printed if it crashes. Copied. */
void ui_guard_where(const char *text);

/** Becomes readable when the size changed or the process goes on after a stop. */
int ui_guard_fd(void);
/** Takes what has happened since the last call; SIGTSTP asks to be suspended. True when it is to end. */
bool ui_guard_take(bool *ret_resized, bool *ret_resumed, bool *ret_stop);

#endif
