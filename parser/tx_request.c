// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which request got no page, as the kernel says it.
 *
 *	NAME: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL), nodemask=(null),cpuset=/,mems_allowed=0
 *	NAME: page allocation stalls for 10012ms, order:0, mode:0x14201ca(GFP_HIGHUSER_MOVABLE), nodemask=(null)
 *	NAME: vmalloc error: size 8192, page order 0, failed to allocate pages, mode:0xdc2(...), nodemask=...
 *	NAME invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), nodemask=0, order=0, oom_score_adj=0
 *	oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task=...
 *	CPU: 1 PID: 179 Comm: NAME Not tainted 6.12.5 #1
 *
 * Source: mm/page_alloc.c: warn_alloc(), mm/oom_kill.c: dump_header(), dump_oom_summary(), lib/dump_stack.c, 4.4 to 7.3
 */
#include <string.h>

#include "sg_err.h"
#include "tx_priv.h"

#define MORE_LINES 5    /* a wrapped line has so many at most */
#define REACH      1200 /* bytes of one request, wraps included */

static const struct {
	const char *text;
	enum sg_still_origin origin;
} anchors[] = {
	{ ": page allocation failure", SG_STILL_FAILURE },
	{ ": page allocation stalls for", SG_STILL_STALL },
	{ "failed to allocate pages, mode:", SG_STILL_FAILURE },
	{ " invoked oom-killer:", SG_STILL_OOM },
};

/* A mail program may break the line within the words that are looked for. */
static const char *wrapped(const struct tx_line *l, const char *text, const struct tx_text *behind)
{
	struct tx_text t = *behind;
	struct tx_line next;

	if (l->s == l->e || !tx_next_line(&t, &next) || next.fresh || next.s == next.e)
		return NULL;
	for (const char *cut = strchr(text, ' '); cut; cut = strchr(cut + 1, ' ')) {
		size_t n = (size_t)(cut - text);

		if ((size_t)(l->e - l->s) > n && memcmp(l->e - n, text, n) == 0 && tx_find(next.s, next.e, cut + 1) == next.s)
			return l->e - n;
	}
	return NULL;
}

enum sg_still_origin tx_request_line(const struct tx_line *l, const struct tx_text *behind, const char **at)
{
	for (size_t i = 0; i < sizeof(anchors) / sizeof(anchors[0]); i++) {
		const char *p = tx_find(l->s, l->e, anchors[i].text);

		if (!p)
			p = wrapped(l, anchors[i].text, behind);
		if (p) {
			*at = p;
			return anchors[i].origin;
		}
	}
	return SG_STILL_COUNT;
}

/* Names of gfp bits (include/trace/events/mmflags.h, 4.4 to 7.3), and what those of several bits stand for. */
#define RECLAIM (SG_WANT_DIRECT_RECLAIM | SG_WANT_KSWAPD)
#define KERNEL  (RECLAIM | SG_WANT_IO | SG_WANT_FS)
#define USER    (KERNEL | SG_WANT_HARDWALL)
static const struct {
	const char *name;
	uint32_t want;
} gfp_names[] = {
	{ "GFP_TRANSHUGE", USER | SG_WANT_HIGHMEM | SG_WANT_MOVABLE | SG_WANT_COMP | SG_WANT_NOMEMALLOC },
	{ "GFP_TRANSHUGE_LIGHT", SG_WANT_IO | SG_WANT_FS | SG_WANT_HARDWALL | SG_WANT_HIGHMEM | SG_WANT_MOVABLE |
				 SG_WANT_COMP | SG_WANT_NOMEMALLOC },
	{ "GFP_HIGHUSER_MOVABLE", USER | SG_WANT_HIGHMEM | SG_WANT_MOVABLE },
	{ "GFP_HIGHUSER", USER | SG_WANT_HIGHMEM },
	{ "GFP_USER", USER },
	{ "GFP_KERNEL_ACCOUNT", KERNEL },
	{ "GFP_KERNEL", KERNEL },
	{ "GFP_TEMPORARY", KERNEL | SG_WANT_RECLAIMABLE },
	{ "GFP_NOFS", RECLAIM | SG_WANT_IO },
	{ "GFP_NOIO", RECLAIM },
	{ "GFP_ATOMIC", SG_WANT_HIGH | SG_WANT_ATOMIC | SG_WANT_KSWAPD },
	{ "GFP_NOWAIT", SG_WANT_KSWAPD },
	{ "GFP_DMA", SG_WANT_DMA },
	{ "GFP_DMA32", SG_WANT_DMA32 },
	{ "__GFP_RECLAIM", RECLAIM },
	{ "__GFP_DIRECT_RECLAIM", SG_WANT_DIRECT_RECLAIM },
	{ "__GFP_KSWAPD_RECLAIM", SG_WANT_KSWAPD },
	{ "__GFP_IO", SG_WANT_IO },
	{ "__GFP_FS", SG_WANT_FS },
	{ "__GFP_HIGH", SG_WANT_HIGH },
	{ "__GFP_ATOMIC", SG_WANT_ATOMIC },
	{ "__GFP_NORETRY", SG_WANT_NORETRY },
	{ "__GFP_RETRY_MAYFAIL", SG_WANT_RETRY_MAYFAIL },
	{ "__GFP_REPEAT", SG_WANT_RETRY_MAYFAIL },
	{ "__GFP_NOFAIL", SG_WANT_NOFAIL },
	{ "__GFP_THISNODE", SG_WANT_THISNODE },
	{ "__GFP_MEMALLOC", SG_WANT_MEMALLOC },
	{ "__GFP_NOMEMALLOC", SG_WANT_NOMEMALLOC },
	{ "__GFP_MOVABLE", SG_WANT_MOVABLE },
	{ "__GFP_RECLAIMABLE", SG_WANT_RECLAIMABLE },
	{ "__GFP_DMA", SG_WANT_DMA },
	{ "__GFP_DMA32", SG_WANT_DMA32 },
	{ "__GFP_HIGHMEM", SG_WANT_HIGHMEM },
	{ "__GFP_HARDWALL", SG_WANT_HARDWALL },
	{ "__GFP_COMP", SG_WANT_COMP },
};

static bool gfp_name(const char *s, size_t n, uint32_t *want)
{
	for (size_t i = 0; i < sizeof(gfp_names) / sizeof(gfp_names[0]); i++)
		if (strlen(gfp_names[i].name) == n && memcmp(gfp_names[i].name, s, n) == 0) {
			*want |= gfp_names[i].want;
			return true;
		}
	/* other bits say nothing about which pages will do: __GFP_ZERO, __GFP_NOWARN, __GFP_ACCOUNT, numbers left over */
	return n > 6 && memcmp(s, "__GFP_", 6) == 0;
}

bool tx_gfp(const char *s, size_t n, uint32_t *ret)
{
	const char *e = s + n;
	uint32_t want = 0;
	bool any = false;

	while (s < e) {
		const char *bar = memchr(s, '|', (size_t)(e - s));
		size_t len = (size_t)((bar ? bar : e) - s);

		if (gfp_name(s, len, &want))
			any = true;
		else if (!(len > 2 && s[0] == '0' && s[1] == 'x'))
			return false;
		s += len + (bar != NULL);
	}
	*ret = want;
	return any;
}

/* The text of a request in one piece: a line, and those that continue it, joined with blanks. */
static size_t join(char *dst, size_t room, const char *s, const struct tx_line *l, const struct tx_text *behind)
{
	struct tx_text t = *behind;
	size_t n = (size_t)(l->e - s) < room ? (size_t)(l->e - s) : room;
	static const char *const others[] = { "CPU:", "Hardware name", "Call Trace", "Mem-Info", "Workqueue", "Modules" };

	memcpy(dst, s, n);
	for (int i = 0; i < MORE_LINES; i++) {
		struct tx_line more;
		size_t len;

		if (!tx_next_line(&t, &more) || more.fresh || more.s == more.e)
			break;
		for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
			if (tx_find(more.s, more.e, others[k]) == more.s)
				return n;
		len = (size_t)(more.e - more.s);
		if (n + 1 + len > room)
			break;
		dst[n++] = ' ';
		memcpy(dst + n, more.s, len);
		n += len;
	}
	return n;
}

/* What follows @key up to one of @stop. */
static bool value(const char *s, const char *e, const char *key, const char *stop, struct tx_word *w)
{
	const char *p = tx_find(s, e, key);

	if (!p)
		return false;
	p += strlen(key);
	while (p < e && *p == ' ')
		p++;
	w->s = p;
	while (p < e && !strchr(stop, *p))
		p++;
	w->n = (size_t)(p - w->s);
	return w->n > 0;
}

/* "0-1,4", "(null)": the nodes of a list.  A comma ends it unless a number follows. */
static void nodes(const char *s, const char *e, const char *key, struct sg_nodes *ret)
{
	const char *p = tx_find(s, e, key);
	struct sg_nodes n = { .known = true };

	if (!p)
		return;
	p += strlen(key);
	while (p < e && *p == ' ')
		p++;
	if (e - p >= 6 && memcmp(p, "(null)", 6) == 0) {
		n.all = true;
		*ret = n;
		return;
	}
	for (bool any = false;; any = true) {
		uint64_t from, to;

		if (!tx_digits(&p, e, &from)) {
			if (any)
				*ret = n; /* "0," with something else behind it */
			return;
		}
		to = from;
		if (p + 1 < e && *p == '-' && p[1] >= '0' && p[1] <= '9') {
			p++;
			tx_digits(&p, e, &to);
		}
		for (; from <= to && from < SG_MAX_NODES; from++)
			n.bit[from / 64] |= UINT64_C(1) << (from % 64);
		if (p + 1 >= e || *p != ',' || p[1] < '0' || p[1] > '9')
			break;
		p++;
	}
	*ret = n;
}

/* Nodes as sets; a caller that wraps between two words leaves a blank. */
static void constraints(struct sg_request *r, const char *s, const char *e)
{
	struct tx_word w;

	nodes(s, e, "nodemask=", &r->nodemask);
	nodes(s, e, "mems_allowed=", &r->mems_allowed);
	if (value(s, e, "cpuset=", ", ", &w))
		sg_clean(r->cpuset, sizeof(r->cpuset), w.s, w.n);
	if (value(s, e, "constraint=", ", ", &w))
		sg_clean(r->constraint, sizeof(r->constraint), w.s, w.n);
}

static void mode(struct sg_request *r, const char *s, const char *e, const char *key)
{
	const char *p = tx_find(s, e, key), *open, *close;
	char joined[sizeof(r->mode)];
	size_t n = 0;

	if (!p)
		return;
	p += strlen(key);
	while (p < e && *p == ' ')
		p++;
	open = p;
	if (e - p > 2 && p[0] == '0' && p[1] == 'x') {
		r->have_bits = true;
		for (p += 2; p < e; p++) {
			int d = *p >= '0' && *p <= '9' ? *p - '0' : *p >= 'a' && *p <= 'f' ? *p - 'a' + 10 : -1;

			if (d < 0)
				break;
			r->bits = r->bits << 4 | (unsigned int)d;
		}
	}
	sg_clean(r->mode, sizeof(r->mode), open, (size_t)(p - open));
	if (p >= e || *p != '(')
		return;
	close = memchr(p, ')', (size_t)(e - p));
	if (!close)
		return; /* the names break off: which ones are missing isn't known */
	for (p++; p < close && n < sizeof(joined); p++)
		if (*p != ' ') /* a wrap between two names */
			joined[n++] = *p;
	if (n == sizeof(joined))
		return;
	sg_clean(r->mode, sizeof(r->mode), joined, n);
	r->have_want = tx_gfp(joined, n, &r->want);
}

static void order(struct sg_request *r, const char *s, const char *e, const char *key)
{
	struct tx_word w;
	uint64_t v;

	if (value(s, e, key, ", ", &w) && tx_number(&w, &v) && v < 64)
		r->order = (int)v;
}

void tx_request_read(struct sg_request *r, enum sg_still_origin o, const struct tx_line *l, const char *at,
		     const struct tx_text *behind)
{
	char text[REACH];
	size_t n = join(text, sizeof(text), at, l, behind);
	const char *e = text + n, *name = l->s;

	*r = (struct sg_request){ .pid = -1, .order = -1 };
	if (o == SG_STILL_OOM) {
		order(r, text, e, "order=");
		mode(r, text, e, "gfp_mask=");
	} else if (at[0] == ':') {
		order(r, text, e, "order:");
		mode(r, text, e, "mode:");
	} else { /* vmalloc: the order stands before the words looked for */
		order(r, l->s, at, "order ");
		mode(r, text, e, "mode:");
		at = memchr(l->s, ':', (size_t)(at - l->s));
	}
	constraints(r, text, e);
	if (at)
		sg_clean(r->task, sizeof(r->task), name, (size_t)(at - name));
}

/* "5.10.0-8-amd64" behind "Not tainted" or "Tainted: G    W": the first word that is a version. */
static void release(struct sg_still *st, const char *s, const char *e)
{
	const char *p = tx_find(s, e, "ainted");

	if (!p)
		return;
	for (p += strlen("ainted"); p < e;) {
		const char *w;

		while (p < e && *p == ' ')
			p++;
		for (w = p; p < e && *p != ' ';)
			p++;
		if (p > w && w[0] >= '1' && w[0] <= '9' && memchr(w, '.', (size_t)(p - w))) {
			const char *q = w;
			uint64_t major = 0, minor = 0;

			if (!tx_digits(&q, p, &major) || q >= p || *q++ != '.' || !tx_digits(&q, p, &minor) ||
			    major > 1000 || minor > 1000)
				continue;
			sg_clean(st->kernel, sizeof(st->kernel), w, (size_t)(p - w));
			st->kver[0] = (unsigned int)major;
			st->kver[1] = (unsigned int)minor;
			return;
		}
	}
}

bool tx_request_more(struct sg_still *st, const struct tx_line *l, const struct tx_text *behind)
{
	struct sg_request *r = &st->request;
	char text[REACH];
	const char *e;
	struct tx_word w;
	uint64_t v;

	if (tx_find(l->s, l->e, "CPU:") == l->s) {
		e = text + join(text, sizeof(text), l->s, l, behind);
		if (!tx_find(text, e, "PID:") || !tx_find(text, e, "Comm:"))
			return false;
		if (value(text, e, "PID:", " ", &w) && tx_number(&w, &v) && v <= INT32_MAX && r->pid < 0)
			r->pid = (int32_t)v;
		if (!st->kernel[0])
			release(st, text, e);
		return true;
	}
	if (!st->have_request)
		return false;
	if (tx_find(l->s, l->e, "oom-kill:constraint=") == l->s) {
		e = text + join(text, sizeof(text), l->s, l, behind);
		constraints(r, text, e);
		return true;
	}
	if (tx_find(l->s, l->e, " cpuset=") && tx_find(l->s, l->e, " mems_allowed=")) {
		constraints(r, l->s, l->e); /* up to 4.19, a line of its own */
		return true;
	}
	if (tx_find(l->s, l->e, "Killed process ")) {
		const char *p = tx_find(l->s, l->e, "Killed process ") + strlen("Killed process ");

		if (!r->victim[0]) {
			const char *stop = memchr(p, ')', (size_t)(l->e - p));

			sg_clean(r->victim, sizeof(r->victim), p, (size_t)((stop ? stop + 1 : l->e) - p));
		}
		return true;
	}
	return false;
}
