// SPDX-License-Identifier: GPL-2.0-only
/* The facts of each release, and how releases are read and written. */
#include "policy/facts.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *key, *where, *text;
	uint32_t since, until;
} facts[] = {
#define X(id, key, since, until, where, text) { key, where, text, since, until },
	MM_FACT_LIST(X)
#undef X
};

static const struct {
	enum mm_fact fact;
	uint32_t since;
} stable[] = {
#define X(id, major, minor, sub) { MM_FACT_##id, MM_RELEASE(major, minor, sub) },
	MM_FACT_STABLE_LIST(X)
#undef X
};

#define LAST_RC	  0xfeu
#define SERIES(r) ((r) >> 16)
#define SUB(r)	  ((r) >> 8 & 0xff)
#define RC(r)	  ((r) & 0xff) /* 0xff: a release */

struct mm_facts mm_facts_of(uint32_t release)
{
	struct mm_facts f = { { 0, 0 } };

	if (release > MM_NEWEST_RELEASE)
		release = MM_NEWEST_RELEASE;
	for (unsigned int i = 0; i < MM_FACT_COUNT; i++)
		mm_facts_set(&f, (enum mm_fact)i, release >= facts[i].since && release < facts[i].until);
	for (unsigned int i = 0; i < sizeof(stable) / sizeof(stable[0]); i++)
		if (SERIES(release) == SERIES(stable[i].since) && release >= stable[i].since)
			mm_facts_set(&f, stable[i].fact, true);
	return f;
}

void mm_facts_set(struct mm_facts *f, enum mm_fact x, bool on)
{
	uint64_t bit = UINT64_C(1) << (x & 63);

	f->word[x >> 6] = on ? f->word[x >> 6] | bit : f->word[x >> 6] & ~bit;
}

bool mm_facts_equal(struct mm_facts a, struct mm_facts b)
{
	return a.word[0] == b.word[0] && a.word[1] == b.word[1];
}

const char *mm_fact_key(enum mm_fact x)
{
	return (unsigned int)x < MM_FACT_COUNT ? facts[x].key : NULL;
}

const char *mm_fact_where(enum mm_fact x)
{
	return (unsigned int)x < MM_FACT_COUNT ? facts[x].where : NULL;
}

const char *mm_fact_text(enum mm_fact x)
{
	return (unsigned int)x < MM_FACT_COUNT ? facts[x].text : NULL;
}

void mm_fact_dates(enum mm_fact x, uint32_t *ret_since, uint32_t *ret_until)
{
	*ret_since = (unsigned int)x < MM_FACT_COUNT ? facts[x].since : MM_ALWAYS;
	*ret_until = (unsigned int)x < MM_FACT_COUNT ? facts[x].until : MM_ALWAYS;
}

unsigned int mm_fact_stable(enum mm_fact x, uint32_t *ret, unsigned int room)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < sizeof(stable) / sizeof(stable[0]); i++) {
		if (stable[i].fact != x)
			continue;
		if (n < room)
			ret[n] = stable[i].since;
		n++;
	}
	return n;
}

enum mm_fact mm_fact_find(const char *s, size_t n)
{
	unsigned int i = 0;

	while (i < MM_FACT_COUNT && (strlen(facts[i].key) != n || memcmp(facts[i].key, s, n) != 0))
		i++;
	return (enum mm_fact)i;
}

/* A number of at most three digits that fits; *@s moves behind it. */
static bool number(const char **s, const char *end, unsigned int *ret)
{
	const char *from = *s;

	for (*ret = 0; *s < end && **s >= '0' && **s <= '9' && *s - from < 3; ++*s)
		*ret = *ret * 10 + (unsigned int)(**s - '0');
	return *s > from && !(*s < end && **s >= '0' && **s <= '9');
}

/* Stable series go beyond 255 at times; all of those are the last one here. */
static uint32_t stable_release(unsigned int major, unsigned int minor, unsigned int sub)
{
	return MM_RELEASE(major, minor, sub < 0xff ? sub : 0xff);
}

static bool series(const char **s, const char *end, unsigned int *major, unsigned int *minor)
{
	return number(s, end, major) && *s < end && *(*s)++ == '.' && number(s, end, minor) && *major > 0 && *major < 0x80 &&
	       *minor < 0x100;
}

static bool starts(const char *s, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - s) >= n && memcmp(s, with, n) == 0;
}

uint32_t mm_release_parse(const char *s, size_t n)
{
	const char *end = s + n;
	unsigned int major, minor, x;

	if (!series(&s, end, &major, &minor))
		return 0;
	if (s == end)
		return MM_NEWEST(major, minor);
	if (starts(s, end, "-rc")) {
		s += 3;
		if (s == end)
			return MM_RELEASE_RC(major, minor, LAST_RC);
		return number(&s, end, &x) && s == end && x > 0 && x < LAST_RC ? MM_RELEASE_RC(major, minor, x) : 0;
	}
	if (*s++ != '.' || !number(&s, end, &x) || s != end)
		return 0;
	return stable_release(major, minor, x);
}

uint32_t mm_release_read(const char *s)
{
	const char *end = s + strlen(s);
	unsigned int major, minor, sub = 0, rc = 0;
	bool have_sub = false;

	if (!series(&s, end, &major, &minor))
		return 0;
	if (s < end && *s == '.') {
		s++;
		if (!number(&s, end, &sub))
			return MM_NEWEST(major, minor);
		have_sub = true;
	}
	if (starts(s, end, "-rc")) {
		s += 3;
		return MM_RELEASE_RC(major, minor, number(&s, end, &rc) && rc > 0 && rc < LAST_RC ? rc : LAST_RC);
	}
	if (!have_sub)
		return s < end ? MM_RELEASE_RC(major, minor, LAST_RC) : MM_RELEASE(major, minor, 0);
	if (sub == 0 && s + 1 < end && *s == '-' && s[1] >= '0' && s[1] <= '9')
		return MM_NEWEST(major, minor);
	return stable_release(major, minor, sub);
}

static size_t fits(size_t size, int would)
{
	return would < 0 || size == 0 ? 0 : (size_t)would < size ? (size_t)would : size - 1;
}

size_t mm_release_print(uint32_t release, char *buf, size_t size)
{
	unsigned int major = release >> 24, minor = release >> 16 & 0xff;

	if (RC(release) == LAST_RC)
		return fits(size, snprintf(buf, size, "%u.%u-rc", major, minor));
	if (RC(release) != 0xff)
		return fits(size, snprintf(buf, size, RC(release) ? "%u.%u-rc%u" : "%u.%u", major, minor, RC(release)));
	if (SUB(release) == 0xff)
		return fits(size, snprintf(buf, size, "%u.%u", major, minor));
	return fits(size, snprintf(buf, size, "%u.%u.%u", major, minor, SUB(release)));
}

size_t mm_release_name(uint32_t release, char *buf, size_t size)
{
	uint32_t base = release & 0xffff0000u;
	struct mm_facts own = mm_facts_of(release);

	if (mm_facts_equal(own, mm_facts_of(base | 0xffffu)))
		release = base | 0xffffu;
	else if (RC(release) != 0xff && mm_facts_equal(own, mm_facts_of(base | LAST_RC)))
		release = base | LAST_RC;
	return mm_release_print(release, buf, size);
}

/* First and last minor of each major. */
static const struct {
	unsigned int major, first, last;
} majors[] = { { 5, 10, 19 }, { 6, 0, 19 }, { 7, 0, 3 } };

unsigned int mm_release_series(uint32_t *ret, unsigned int room)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < sizeof(majors) / sizeof(majors[0]); i++)
		for (unsigned int minor = majors[i].first; minor <= majors[i].last; minor++) {
			uint32_t last = MM_NEWEST(majors[i].major, minor), rc = MM_RELEASE_RC(majors[i].major, minor, LAST_RC);

			if (last == MM_NEWEST_RELEASE && !mm_facts_equal(mm_facts_of(rc), mm_facts_of(last))) {
				if (n < room)
					ret[n] = rc;
				n++;
			}
			if (n < room)
				ret[n] = last;
			n++;
		}
	return n;
}

bool mm_release_known(uint32_t release)
{
	for (unsigned int i = 0; i < sizeof(majors) / sizeof(majors[0]); i++)
		if (release >> 24 == majors[i].major)
			return (release >> 16 & 0xff) >= majors[i].first && (release >> 16 & 0xff) <= majors[i].last;
	return false;
}

uint32_t mm_release_of(const struct sg_capture *cap)
{
	uint32_t r = cap->kernel ? mm_release_read(cap->kernel) : 0;

	if (cap->kver[0] == 0)
		return MM_NEWEST_RELEASE;
	/* the two numbers are the parser's, and where they are all that is known, the newest of the series is meant */
	if (cap->kver[0] >= 0x80 || cap->kver[1] >= 0x100)
		return MM_ALWAYS - 1;
	return SERIES(r) == (cap->kver[0] << 8 | cap->kver[1]) ? r : MM_NEWEST(cap->kver[0], cap->kver[1]);
}
