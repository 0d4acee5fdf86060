// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the print format of mm_page_alloc_extfrag shows of the kernel's sizes.  pageblock_order is a macro there,
 * so the format has its definition:
 *	(21 - 12)                                                        HUGETLB_PAGE_ORDER, up to 5.17
 *	(((unsigned int)((21 - 12))) < ((unsigned int)(10)) ? ... : ...)  the lesser one of that and MAX_PAGE_ORDER
 *	pageblock_order                                                  a variable, set at boot (ppc64): nothing
 * HUGETLB_PAGE_ORDER is a shift minus PAGE_SHIFT in all architectures.
 * Source: include/linux/pageblock-flags.h, include/trace/events/kmem.h, 5.10 to 7.3
 */
#include "tr_priv.h"

#define LEAST_SHIFT 12u /* 4 KiB */
#define MOST_SHIFT  18u

static struct tr_span trim(struct tr_span s)
{
	while (s.n && strchr(" \t\n", s.s[0])) {
		s.s++;
		s.n--;
	}
	while (s.n && strchr(" \t\n", s.s[s.n - 1]))
		s.n--;
	return s;
}

/* Where the first of @chars outside of all brackets is, @s.n when nowhere; @last: the last one. */
static size_t find(struct tr_span s, const char *chars, bool last)
{
	size_t at = s.n;
	int depth = 0;
	char quote = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.s[i];

		if (quote) {
			i += c == '\\';
			if (c == quote)
				quote = 0;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (strchr("([{", c)) {
			depth++;
		} else if (strchr(")]}", c)) {
			depth--;
		} else if (depth == 0 && strchr(chars, c)) {
			at = i;
			if (!last)
				break;
		}
	}
	return at;
}

static struct tr_span before(struct tr_span s, size_t at)
{
	return (struct tr_span){ s.s, at };
}

static struct tr_span behind(struct tr_span s, size_t at)
{
	return at < s.n ? (struct tr_span){ s.s + at + 1, s.n - at - 1 } : (struct tr_span){ s.s + s.n, 0 };
}

/* Without the brackets around all of it, and without a cast of all of it: "((unsigned int)(10))" is "10". */
static struct tr_span bare(struct tr_span s)
{
	for (s = trim(s); s.n >= 2 && s.s[0] == '('; s = trim(s)) {
		size_t i = 0;
		int depth = 0;

		do
			depth += s.s[i] == '(' ? 1 : s.s[i] == ')' ? -1 : 0;
		while (depth && ++i < s.n);
		if (i + 1 == s.n)
			s = (struct tr_span){ s.s + 1, s.n - 2 };
		else if (i == 13 && memcmp(s.s, "(unsigned int)", 14) == 0 && find(behind(s, i), "+-*/<>?", false) == s.n - 14)
			s = behind(s, i);
		else
			break;
	}
	return s;
}

static bool order(struct tr_span s, unsigned int *ret)
{
	uint64_t v;

	if (!tr_expr_eval(s, &v) || v == 0 || v >= SG_MAX_ORDERS)
		return false;
	*ret = (unsigned int)v;
	return true;
}

/* "... - 14": PAGE_SHIFT, 0 when the expression has no such form. */
static unsigned int page_shift(struct tr_span s)
{
	uint64_t v;

	s = bare(s);
	s = bare(behind(s, find(s, "-", true)));
	return tr_expr_eval(s, &v) && v >= LEAST_SHIFT && v <= MOST_SHIFT ? (unsigned int)v : 0;
}

void tr_orders_take(struct tr_capture *tc, struct tr_span print)
{
	struct sg_capture *cap = &tc->cap;
	struct tr_span arg = { print.s, 0 }, rest = print, cond;
	unsigned int huge = 0, most = 0;
	bool next = false;

	while (rest.n && !next) {
		next = arg.n >= 14 && memcmp(arg.s + arg.n - 14, "fallback_order", 14) == 0;
		arg = trim(before(rest, find(rest, ",", false)));
		rest = behind(rest, find(rest, ",", false));
	}
	if (!next)
		return;
	arg = bare(arg);
	cond = bare(before(arg, find(arg, "?", false)));
	if (find(arg, "?", false) < arg.n) {
		struct tr_span less = before(cond, find(cond, "<", false)), more = behind(cond, find(cond, "<", false));

		if (!order(less, &huge) || !order(more, &most))
			return;
		tc->page_shift = page_shift(less);
		cap->huge_order = huge;
		cap->nr_orders = most + 1;
		cap->pageblock_order = huge < most ? huge : most;
		return;
	}
	if (!order(arg, &cap->pageblock_order))
		return;
	tc->page_shift = page_shift(arg);
	if (tc->page_shift)
		cap->huge_order = cap->pageblock_order;
	else
		cap->nr_orders = cap->pageblock_order + 1; /* a kernel without huge pages: MAX_PAGE_ORDER */
}
