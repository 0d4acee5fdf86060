// SPDX-License-Identifier: GPL-2.0-only
/* Partings in words. */
#include <stdio.h>

#include "index/part.h"
#include "say/words.h"

const char *mm_part_key(enum mm_part_kind k)
{
	static const char *const key[] = {
#define X(id, key, text) key,
		MM_PART_LIST(X)
#undef X
	};

	return key[k];
}

const char *mm_part_text(enum mm_part_kind k)
{
	static const char *const words[] = {
#define X(id, key, text) text,
		MM_PART_LIST(X)
#undef X
	};

	return words[k];
}

/* mm/page_alloc.c: pcp_allowed_order(), 6.1 to 7.3, but for huge pages, which may come from the free lists as well */
#define PCP_ORDER 3

static const char *type_name(const struct sg_capture *cap, unsigned int mt)
{
	return mt < cap->nr_migratetypes && cap->migratetype[mt][0] ? cap->migratetype[mt] : "unknown";
}

const char *mm_part_say(const struct mm_part_ask *a, const struct sg_capture *cap, const char *zone, char *buf, size_t size)
{
	struct mm_text t = { buf, size, 0 };

	buf[0] = '\0';
	if (!a->got)
		mm_text_add(&t, "no page");
	else if (zone)
		mm_text_add(&t, "a page of %s", zone);
	else
		mm_text_add(&t, "a page");
	if (a->fall_mt != MM_MT_UNKNOWN)
		mm_text_add(&t, ", %s a %s block of order %u", a->claimed ? "claimed" : "stole from", type_name(cap, a->fall_mt), a->fall_order);
	if (a->did & MM_DID_RECLAIM)
		mm_text_add(&t, ", reclaimed");
	if (a->did & MM_DID_COMPACT)
		mm_text_add(&t, "%s compacted", a->did & MM_DID_RECLAIM ? " and" : ",");
	if (a->ns && cap->clock_is_ns)
		mm_text_add(&t, " for %llu.%03llu ms", (unsigned long long)(a->ns / 1000000), (unsigned long long)(a->ns / 1000 % 1000));
	if (a->did & MM_DID_WAKE_KSWAPD)
		mm_text_add(&t, ", woke kswapd");
	if (a->did & MM_DID_WAKE_KCOMPACTD)
		mm_text_add(&t, ", woke kcompactd");
	if (a->did & MM_DID_KILL)
		mm_text_add(&t, ", had a task killed");
	if (!a->did && a->fall_mt == MM_MT_UNKNOWN && a->got)
		mm_text_add(&t, !a->listed ? " at once, off the free lists" :
				a->tells != a->event || a->order <= PCP_ORDER ? " at once, from its CPU's list" : " at once");
	if (a->listed && a->got && a->tells != a->event)
		mm_text_add(&t, " (event %llu)", (unsigned long long)a->tells);
	return buf;
}

const char *mm_part_kinds(const struct mm_parting *x, char *buf, size_t size)
{
	struct mm_text t = { buf, size, 0 };

	buf[0] = '\0';
	for (unsigned int k = 0; k < MM_PART_COUNT; k++)
		if (x->kinds >> k & 1)
			mm_text_add(&t, "%s%s", t.len ? " " : "", mm_part_key((enum mm_part_kind)k));
	return buf;
}
