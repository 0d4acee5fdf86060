/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, sizes and times as text for people, and back. */
#ifndef UI_FMT_H
#define UI_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for any of the texts below. */
#define UI_FMT_MAX 48
/** Room for what is searched for, with its NUL. */
#define UI_TEXT_MAX 160

/** "381,204".  All functions that write return @buf. */
char *ui_fmt_num(char buf[static UI_FMT_MAX], uint64_t n);
/** At most @width (>= 3) columns: "12345", "123k", "12M". */
char *ui_fmt_short(char buf[static UI_FMT_MAX], uint64_t n, int width);
/** Bytes: "512 B", "4 KiB", "1.0 GiB". */
char *ui_fmt_size(char buf[static UI_FMT_MAX], uint64_t bytes);
/** A time stamp: "7.412083 s" when @is_ns, else "7412083 ticks". */
char *ui_fmt_ts(char buf[static UI_FMT_MAX], uint64_t ts, bool is_ns);
/** A stretch of time: "12 µs", "3.2 s"; "12 ticks" unless @is_ns. */
char *ui_fmt_span(char buf[static UI_FMT_MAX], uint64_t ts, bool is_ns);
/** Minutes of wall clock: "0:12", "1:02:03". */
char *ui_fmt_clock(char buf[static UI_FMT_MAX], uint64_t seconds);
/** Thousandths with sign: "-1.000", "0.831". */
char *ui_fmt_milli(char buf[static UI_FMT_MAX], int milli);

/** All of @s as a number without sign; ',' may group digits.  False for anything else. */
bool ui_parse_num(const char *s, uint64_t *ret);

#endif
