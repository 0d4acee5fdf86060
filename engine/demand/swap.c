// SPDX-License-Identifier: GPL-2.0-only
/*
 * The requests of swap-out, learned: which kinds there are, how many pages are written for one that is had, and whether a page
 * is written nevertheless where one isn't.
 * Source: mm/swapfile.c: swap_cluster_populate(); drivers/block/zram/zram_drv.c: zram_write_page(); mm/zsmalloc.c, 7.3
 */
#include "demand/take.h"

/* The kind that is like it; NULL: there are too many. */
static struct mm_swap_need *need_of(struct mm_swap_rule *r, const struct mm_want *as)
{
	for (unsigned int i = 0; i < r->nr; i++) {
		struct mm_swap_need *n = &r->need[i];

		if (n->gfp == as->gfp && n->order == as->order && n->mt == as->mt && n->zone_type == as->zone_type)
			return n;
	}
	if (r->nr == MM_SWAP_NEEDS) {
		r->others++;
		return NULL;
	}
	r->need[r->nr] = (struct mm_swap_need){ .gfp = as->gfp, .again = as->gfp, .order = as->order, .mt = as->mt,
						.zone_type = as->zone_type };
	return &r->need[r->nr++];
}

/* The same once more, in another way, right behind a failure. */
static bool asks_again(const struct mm_swap_need *n, const struct mm_want *as)
{
	return n->order == as->order && n->mt == as->mt && n->zone_type == as->zone_type && n->gfp != as->gfp &&
	       (n->again == n->gfp || n->again == as->gfp);
}

void mm_take_swap(struct take *t, struct take_task *w, const struct mm_want *as, bool failed)
{
	struct mm_swap_rule *r = &t->d->swap;
	struct mm_swap_need *n = w->swap_last ? &r->need[w->swap_last - 1] : NULL;
	unsigned int bit;

	if (n && asks_again(n, as)) {
		n->again = as->gfp;
		if (!failed) {
			n->got++;
			n->failed--;
			w->swap_open &= (uint8_t)~(1u << (w->swap_last - 1));
		}
		w->swap_last = 0;
		return;
	}
	w->swap_last = 0;
	n = need_of(r, as);
	if (!n)
		return;
	bit = 1u << (n - r->need);
	/* nothing was written since it failed: it is asked for the next page */
	n->stopped += (w->swap_open & bit) != 0;
	w->swap_open &= (uint8_t)~bit;
	if (!failed) {
		n->got++;
		return;
	}
	n->failed++;
	w->swap_open |= (uint8_t)bit;
	w->swap_last = (uint8_t)(n - r->need + 1);
}

void mm_take_written(struct take *t, const struct sg_event *ev, struct take_task *w)
{
	struct mm_swap_rule *r = &t->d->swap;
	bool wrote = ev->kind == SG_EV_mm_vmscan_write_folio;

	if (!wrote && ev->kind != SG_EV_mm_vmscan_lru_shrink_inactive)
		return;
	/* RECLAIM_WB_ANON; file pages aren't swapped */
	r->written += wrote && (ev->v[SGF_mm_vmscan_write_folio_reclaim_flags] & 1);
	for (unsigned int i = 0; i < r->nr; i++) {
		bool open = w->swap_open >> i & 1;

		r->need[i].went_on += open && wrote;
		r->need[i].stopped += open && !wrote;
	}
	w->swap_open = w->swap_last = 0;
}

void mm_take_swap_end(struct take *t)
{
	struct mm_swap_rule *r = &t->d->swap;
	unsigned int nr = 0;

	for (unsigned int i = 0; i < r->nr; i++) {
		struct mm_swap_need n = r->need[i];

		/* how often one is needed that was never had can't be told; without swap what reclaim asks for is something else */
		if (!n.got || !r->written) {
			r->others += n.failed + n.got;
			continue;
		}
		n.stops = n.stopped > n.went_on;
		n.every = (r->written << 16) / n.got;
		r->need[nr++] = n;
	}
	r->nr = nr;
}
