// SPDX-License-Identifier: GPL-2.0-only
/* Why a request got no page, in sentences. */
#include "rules/nopage.h"

#include <inttypes.h>
#include <stdio.h>

#include "say/words.h"

static const char *type_name(const struct sg_capture *cap, unsigned int t)
{
	return t < cap->nr_migratetypes && cap->migratetype[t][0] ? cap->migratetype[t] : "unknown type";
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- the request ------------------------------------------------------------------- */

static void say_tried(const struct mm_nopage_tried *tried, struct mm_text *t)
{
	if (!tried->reclaims && !tried->compactions) {
		mm_text_add(t, tried->known ? " Nothing was tried for it." : "");
		return;
	}
	mm_text_add(t, " It");
	if (tried->reclaims)
		mm_text_add(t, " reclaimed %u time%s (%" PRIu64 " page%s)", tried->reclaims, plural(tried->reclaims), tried->reclaimed,
			    plural(tried->reclaimed));
	if (tried->compactions)
		mm_text_add(t, "%s compacted %u time%s", tried->reclaims ? " and" : "", tried->compactions,
			    plural(tried->compactions));
	mm_text_add(t, tried->known ? " before." : " before, as far as the trace tells.");
}

void mm_nopage_say_request(const struct mm_last_walk_in *rq, unsigned int flags, const struct mm_nopage_tried *tried,
			   struct mm_text *t)
{
	bool waits = rq->gfp & MM_GFP_DIRECT_RECLAIM, held = flags & MM_ALLOC_NOFRAGMENT;

	if (!waits)
		mm_text_add(t, "It can't wait for reclaim.");
	else if (rq->memalloc)
		mm_text_add(t, "It comes out of reclaim or compaction (PF_MEMALLOC), which doesn't call itself.");
	else if (rq->gfp & MM_GFP_NORETRY)
		mm_text_add(t, "It isn't to be retried (__GFP_NORETRY).");
	else if (rq->order > MM_COSTLY_ORDER && !(rq->gfp & MM_GFP_RETRY_MAYFAIL))
		mm_text_add(t, "Above order %u requests aren't retried.", (unsigned int)MM_COSTLY_ORDER);
	else
		mm_text_add(t, "It may wait for reclaim.");
	if (flags & MM_ALLOC_NO_WATERMARKS)
		mm_text_add(t, " The reserves are open to it: no watermark holds.");
	else if (rq->memalloc && !rq->in_interrupt)
		mm_text_add(t, " __GFP_NOMEMALLOC denies it the reserves%s.", held ? ", which would have dropped ALLOC_NOFRAGMENT" : "");
	if (held)
		mm_text_add(t, " ALLOC_NOFRAGMENT (defrag_mode) is still set%s.",
			    !waits && mm_has(rq->facts, DEFRAG_ATOMIC) && !(rq->gfp & MM_GFP_KSWAPD_RECLAIM) ?
				    ": only who may wake kswapd is let off" : "");
	say_tried(tried, t);
}

/* ---- the zones ------------------------------------------------------------------------ */

/* "(min 1000, boost 20, 510 less for this request, reserve 30)" */
static void say_need(const struct mm_nopage_in *in, const struct mm_nopage_zone *z, struct mm_text *t)
{
	unsigned int which = in->flags & MM_ALLOC_WMARK_MASK;

	mm_text_add(t, "%s %" PRId64, which == MM_ALLOC_WMARK_HIGH ? "high" : which == MM_ALLOC_WMARK_LOW ? "low" : "min", z->mark);
	if (z->boost)
		mm_text_add(t, " and a boost of %" PRId64, z->boost);
	if (z->lowered)
		mm_text_add(t, ", %" PRId64 " less for this request", z->lowered);
	if (z->reserve)
		mm_text_add(t, ", a lowmem reserve of %" PRId64, z->reserve);
}

static void say_watermark(const struct mm_nopage_in *in, const struct mm_nopage_zone *z, struct mm_text *t)
{
	int64_t usable = z->margin + z->need;

	mm_text_add(t, " %" PRId64 " page%s free", z->free, z->free == 1 ? "" : "s");
	if (z->order_pages)
		mm_text_add(t, ", less %" PRId64 " for its order", z->order_pages);
	if (z->highatomic)
		mm_text_add(t, ", less %" PRId64 " of the highatomic reserve", z->highatomic);
	if (z->cma)
		mm_text_add(t, ", less %" PRId64 " in CMA", z->cma);
	if (usable != z->free)
		mm_text_add(t, ": %" PRId64, usable);
	if (z->no_watermarks) {
		mm_text_add(t, ".");
		return;
	}
	if (z->margin > 0)
		mm_text_add(t, ", %" PRId64 " more than must stay (", z->margin);
	else
		mm_text_add(t, ", %" PRId64 " too few above what must stay (", 1 - z->margin);
	say_need(in, z, t);
	mm_text_add(t, ").");
}

/* "Movable 16900 pages, largest order 6" of each list that isn't the request's own */
static void say_others(const struct mm_nopage_in *in, const struct mm_nopage_zone *z, enum mm_nopage_use use, const char *intro,
		       struct mm_text *t)
{
	const char *sep = intro;

	for (unsigned int i = 0; i < SG_MAX_MIGRATETYPES && i < in->m->cap->nr_migratetypes; i++) {
		if (z->list[i].use != use || !z->list[i].pages)
			continue;
		mm_text_add(t, "%s%s %" PRIu64 " page%s, largest order %d", sep, type_name(in->m->cap, i), z->list[i].pages,
			    plural(z->list[i].pages), z->list[i].largest);
		sep = "; ";
	}
	if (sep != intro)
		mm_text_add(t, ".");
}

static void say_lists(const struct mm_nopage_in *in, const struct mm_nopage_zone *z, struct mm_text *t)
{
	const struct sg_capture *cap = in->m->cap;
	const char *type = type_name(cap, in->mt);
	char whole[96];

	if (in->mt < SG_MAX_MIGRATETYPES && z->list[in->mt].pages && !z->list[in->mt].blocks)
		mm_text_add(t, " Its own lists (%s) have %" PRIu64 " page%s, largest order %d.", type, z->list[in->mt].pages,
			    plural(z->list[in->mt].pages), z->list[in->mt].largest);
	else if (in->mt < SG_MAX_MIGRATETYPES && z->list[in->mt].blocks)
		mm_text_add(t, " Its own lists (%s) have %" PRIu64 " block%s for it.", type, z->list[in->mt].blocks,
			    plural(z->list[in->mt].blocks));
	else
		mm_text_add(t, " Its own lists (%s) are empty.", type);
	snprintf(whole, sizeof(whole), " Of others only whole pageblocks, order %u, would do (ALLOC_NOFRAGMENT): ", in->m->pb_order);
	say_others(in, z, MM_USE_BLOCKS, whole, t);
	say_others(in, z, MM_USE_ANY, " To fall back on: ", t);
	say_others(in, z, MM_USE_RESERVE, " In reserve for it: ", t);
	say_others(in, z, MM_USE_NEVER, " Not for it: ", t);
	if (z->unnamed)
		mm_text_add(t, " On lists that no event has named yet: %" PRIu64 " block%s.", z->unnamed, plural(z->unnamed));
	if (z->pcp < 0)
		mm_text_add(t, " Per-cpu lists have no such blocks.");
	else if (z->pcp == 0 && z->pcp_others == 0)
		mm_text_add(t, " The per-cpu lists for it are empty.");
	else
		mm_text_add(t, " CPU %u's list for it has %" PRId64 "%s, those of others %" PRId64 "%s.", in->cpu, z->pcp,
			    z->pcp ? "" : " (it may use no other)", z->pcp_others, z->pcp_others ? " that it can't see" : "");
}

void mm_nopage_say_zone(const struct mm_nopage_in *in, const struct mm_nopage_zone *z, struct mm_text *t)
{
	const struct zone_state *zs = &in->m->core.zone[z->zone];
	char node[12];

	mm_text_add(t, " Node %s %s, %s%s:", mm_node_text(zs->node, node), zs->name,
		    z->gives == MM_KNOWN_MAYBE ? "perhaps " : "", mm_nopage_word(z->why));
	say_watermark(in, z, t);
	/* below the mark the lists make no difference */
	if (z->why != MM_NOPAGE_WATERMARK || z->gives == MM_KNOWN_MAYBE)
		say_lists(in, z, t);
	if (z->gives == MM_KNOWN_MAYBE && z->missing)
		mm_text_add(t, " Not known: %s.", mm_missing_text(z->missing));
}
