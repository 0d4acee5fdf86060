// SPDX-License-Identifier: GPL-2.0-only
/* Text for numbers.  No locale: the same on every machine. */
#include "ui_fmt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *ui_fmt_num(char buf[static UI_FMT_MAX], uint64_t n)
{
	char raw[24];
	int len = snprintf(raw, sizeof(raw), "%" PRIu64, n), out = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = raw[i];
	}
	buf[out] = '\0';
	return buf;
}

char *ui_fmt_short(char buf[static UI_FMT_MAX], uint64_t n, int width)
{
	static const char unit[] = " kMGTPE";

	if (snprintf(buf, UI_FMT_MAX, "%" PRIu64, n) <= width)
		return buf;
	for (int u = 1; u <= 6; u++) {
		n /= 1000;
		if (snprintf(buf, UI_FMT_MAX, "%" PRIu64 "%c", n, unit[u]) <= width)
			break;
	}
	return buf;
}

char *ui_fmt_size(char buf[static UI_FMT_MAX], uint64_t bytes)
{
	static const char *const unit[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned int u = 0;
	uint64_t rest = 0;

	while (bytes >= 1024 && u < 6) {
		rest = bytes & 1023;
		bytes >>= 10;
		u++;
	}
	if (rest || (u >= 3 && bytes < 10))
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 ".%" PRIu64 " %s", bytes, rest * 10 / 1024,
			 unit[u]);
	else
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 " %s", bytes, unit[u]);
	return buf;
}

char *ui_fmt_ts(char buf[static UI_FMT_MAX], uint64_t ts, bool is_ns)
{
	if (is_ns)
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 ".%06" PRIu64 " s", ts / 1000000000,
			 ts % 1000000000 / 1000);
	else
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 " ticks", ts);
	return buf;
}

char *ui_fmt_span(char buf[static UI_FMT_MAX], uint64_t ts, bool is_ns)
{
	if (!is_ns)
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 " ticks", ts);
	else if (ts < 10000)
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 ".%" PRIu64 " \xc2\xb5s", ts / 1000,
			 ts % 1000 / 100);
	else if (ts < 1000000)
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 " \xc2\xb5s", ts / 1000);
	else if (ts < 1000000000)
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 ".%" PRIu64 " ms", ts / 1000000,
			 ts % 1000000 / 100000);
	else
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 ".%02" PRIu64 " s", ts / 1000000000,
			 ts % 1000000000 / 10000000);
	return buf;
}

char *ui_fmt_clock(char buf[static UI_FMT_MAX], uint64_t seconds)
{
	if (seconds >= 3600)
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, seconds / 3600, seconds / 60 % 60,
			 seconds % 60);
	else
		snprintf(buf, UI_FMT_MAX, "%" PRIu64 ":%02" PRIu64, seconds / 60, seconds % 60);
	return buf;
}

char *ui_fmt_milli(char buf[static UI_FMT_MAX], int milli)
{
	int abs = milli < 0 ? -milli : milli;

	snprintf(buf, UI_FMT_MAX, "%s%d.%03d", milli < 0 ? "-" : "", abs / 1000, abs % 1000);
	return buf;
}

bool ui_parse_num(const char *s, uint64_t *ret)
{
	uint64_t n = 0;
	bool any = false;

	for (; *s; s++) {
		if (*s == ',' && any)
			continue;
		if (*s < '0' || *s > '9')
			return false;
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s - '0'), &n))
			return false;
		any = true;
	}
	if (any)
		*ret = n;
	return any;
}
