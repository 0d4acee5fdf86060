// SPDX-License-Identifier: GPL-2.0-only
/* Options that versions 6 and 7 share, and the arithmetic of time stamps. */
#include "tr_priv.h"

#include <stdlib.h>

#define MAX_SYNC (1u << 20) /* clock corrections of one file */

void tr_clock_name(char *dst, size_t size, const char *text)
{
	const char *open = strchr(text, '[');
	const char *s = open ? open + 1 : text;

	s += strspn(s, " \n");
	sg_clean(dst, size, s, strcspn(s, "] \n"));
}

/* "overrun: 3" and its like in the text of per_cpu/cpuN/stats. */
static uint64_t stat_value(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) == 0)
			return strtoull(line + n, NULL, 10);
	}
	return 0;
}

/*
 * The statistics of one CPU's ring buffer, as the text of per_cpu/cpuN/stats.  Those of other instances come behind
 * a line that names the instance.
 */
static void cpu_stat(struct tr_head *h, const char *text)
{
	uint64_t overrun = stat_value(text, "overrun: "), dropped = stat_value(text, "dropped events: ");
	uint64_t cpu = stat_value(text, "CPU: ");

	h->stat_lost += overrun + stat_value(text, "commit overrun: ") + dropped;
	if (strstr(text, "Buffer: "))
		h->stat_other = true;
	if (h->stat_other || !strstr(text, "CPU: ") || cpu >= TR_MAX_STREAMS)
		return;
	if (cpu >= h->nr_stat) {
		struct tr_cpu_stat *s = realloc(h->stat, (cpu + 1) * sizeof(*s));

		if (!s)
			return;
		memset(s + h->nr_stat, 0, (cpu + 1 - h->nr_stat) * sizeof(*s));
		h->stat = s;
		h->nr_stat = (unsigned int)cpu + 1;
	}
	h->stat[cpu] = (struct tr_cpu_stat){ true, overrun, dropped };
}

static int by_time(const void *a, const void *b)
{
	const struct tr_sync *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

static bool sync_array(struct tr_cur *c, struct tr_sync_cpu *sc, size_t field)
{
	for (unsigned int i = 0; i < sc->nr; i++)
		if (!tr_cur_u64(c, (uint64_t *)((char *)&sc->s[i] + field)))
			return false;
	return true;
}

/*
 * u64 peer, u32 flags, u32 CPUs; for each CPU u32 count, times, offsets, scalings; then, in newer
 * files, the fractions of each CPU.
 */
static void time_shift(struct tr_clock *tc, struct tr_cur *c)
{
	uint32_t flags, cpus, nr;
	uint64_t peer, all = 0;

	if (tc->sync || !tr_cur_u64(c, &peer) || !tr_cur_u32(c, &flags) || !tr_cur_u32(c, &cpus) ||
	    cpus > TR_MAX_STREAMS)
		return;
	tc->sync = sg_calloc(cpus ? cpus : 1, sizeof(*tc->sync));
	if (!tc->sync)
		return;
	tc->interpolate = flags & 1;
	for (uint32_t i = 0; i < cpus; i++) {
		struct tr_sync_cpu *sc = &tc->sync[i];

		if (!tr_cur_u32(c, &nr) || (all += nr) > MAX_SYNC || nr > tr_cur_left(c) / 24)
			return;
		sc->s = sg_calloc(nr ? nr : 1, sizeof(*sc->s));
		if (!sc->s)
			return;
		sc->nr = nr;
		tc->nr_sync = i + 1;
		if (!sync_array(c, sc, offsetof(struct tr_sync, time)) ||
		    !sync_array(c, sc, offsetof(struct tr_sync, offset)) ||
		    !sync_array(c, sc, offsetof(struct tr_sync, scaling)))
			return;
	}
	for (uint32_t i = 0; i < cpus && tr_cur_left(c); i++)
		if (!sync_array(c, &tc->sync[i], offsetof(struct tr_sync, fraction)))
			break;
	for (uint32_t i = 0; i < cpus; i++) {
		struct tr_sync_cpu *sc = &tc->sync[i];
		unsigned int n = 0;

		qsort(sc->s, sc->nr, sizeof(*sc->s), by_time);
		for (unsigned int k = 0; k < sc->nr; k++)
			if (k == 0 || sc->s[k].time != sc->s[k - 1].time)
				sc->s[n++] = sc->s[k];
		sc->nr = n;
	}
}

void tr_head_option(struct tr_head *h, unsigned int id, struct tr_cur *c)
{
	uint64_t len = tr_cur_left(c);
	char *text;

	switch (id) {
	case TR_OPT_TIME_SHIFT:
		time_shift(&h->tc, c);
		return;
	case TR_OPT_TSC2NSEC: /* the offset that follows isn't applied by trace-cmd either */
		if (!tr_cur_u32(c, &h->tc.mult) || !tr_cur_u32(c, &h->tc.shift) || len < 16 ||
		    h->tc.shift > 63)
			h->tc.mult = 0;
		return;
	case TR_OPT_CPUCOUNT:
		h->have_cpucount = tr_cur_u32(c, &h->cpucount);
		return;
	case TR_OPT_DATE:
	case TR_OPT_OFFSET:
	case TR_OPT_CPUSTAT:
	case TR_OPT_TRACECLOCK:
	case TR_OPT_UNAME:
		break;
	default:
		return;
	}
	text = tr_cur_dup(c, len);
	if (!text)
		return;
	switch (id) {
	case TR_OPT_DATE: /* microseconds */
		h->tc.offset += (uint64_t)strtoll(text, NULL, 0) * 1000;
		break;
	case TR_OPT_OFFSET:
		h->tc.offset += (uint64_t)strtoll(text, NULL, 0);
		break;
	case TR_OPT_CPUSTAT:
		cpu_stat(h, text);
		break;
	case TR_OPT_TRACECLOCK:
		if (strchr(text, '['))
			tr_clock_name(h->clock, sizeof(h->clock), text);
		break;
	case TR_OPT_UNAME:
		sg_clean(h->uname, sizeof(h->uname), text, len);
		break;
	}
	free(text);
}

/* (a * mul) >> shift without losing the upper bits of the product. */
static uint64_t mul_shift(uint64_t a, uint32_t mul, uint32_t shift)
{
	return (uint64_t)(((unsigned __int128)a * mul) >> shift);
}

static uint64_t correct(uint64_t ts, bool interpolate, const struct tr_sync *lo,
			const struct tr_sync *hi)
{
	uint64_t shift = lo->offset;

	if (interpolate && hi->time != lo->time) {
		int64_t delta = (int64_t)(hi->time - lo->time);
		int64_t num = (int64_t)((ts - lo->time) * (hi->offset - lo->offset) +
					(uint64_t)(delta / 2));

		if (delta != -1)
			shift += (uint64_t)(num / delta);
	}
	return (lo->fraction < 64 ? (ts * lo->scaling) >> lo->fraction : 0) + shift;
}

static uint64_t sync_ts(const struct tr_clock *tc, uint64_t ts, unsigned int cpu)
{
	const struct tr_sync_cpu *sc;
	unsigned int lo, hi;

	if (cpu >= tc->nr_sync || tc->sync[cpu].nr == 0)
		return ts;
	sc = &tc->sync[cpu];
	if (sc->nr == 1)
		return ts + sc->s[0].offset;
	/* the last correction that isn't later than ts, but not the very last one */
	lo = 0;
	hi = sc->nr - 1;
	while (hi - lo > 1) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (sc->s[mid].time <= ts)
			lo = mid;
		else
			hi = mid;
	}
	return correct(ts, tc->interpolate, &sc->s[lo], &sc->s[lo + 1]);
}

uint64_t tr_ts_convert(const struct tr_clock *tc, uint64_t ts, unsigned int cpu, bool sync)
{
	if (sync)
		ts = sync_ts(tc, ts, cpu);
	if (tc->mult)
		ts = mul_shift(ts, tc->mult, tc->shift);
	return ts + tc->offset;
}
