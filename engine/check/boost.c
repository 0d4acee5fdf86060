// SPDX-License-Identifier: GPL-2.0-only
/*
 * Watermark boosts, followed: raised by fallbacks that try to claim a pageblock, told by the wake-ups that they
 * cause, worked off by kswapd's rounds (check/kswapd.c).
 */
#include "check/hooks.h"
#include "check/reclaim.h"
#include "rules/rmqueue.h"

/*
 * A wake-up for nobody's request tells that the zone was just boosted.  The boost's own event comes when the
 * pageblock has been moved, so that another CPU's wake-up may come first: then it is held open.
 * Source: mm/page_alloc.c: rmqueue(), ZONE_BOOSTED_WATERMARK, 6.1 to 7.3
 */
bool mm_rec_boost_seen(struct rec_state *s, const struct mm_machine *m, int node, int zid)
{
	const struct mm_wmark_zone *z = s->zone;
	bool early = false;

	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (z[i].node == node && z[i].type == zid && s->boost[i] == 0) {
			s->boost[i] = mm_wmark_boost(&z[i], 0, s->boost_factor, INT64_C(1) << m->pb_order);
			s->boost_early[i] = early = true;
			s->filled = 0;
		}
	return early;
}

/* Was the boost of a wake-up held open really underway? */
static void settle_early(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev,
			 unsigned int zone, bool shown)
{
	bool known = mm_rec_marks_known(s, c, m, m->core.zone[zone].node);
	struct mm_decision d = { .rule = "mm/page_alloc.c: rmqueue() wakes kswapd for a boosted zone",
				 .verdict = shown || !known ? MM_UNDECIDED : MM_DIFFERS,
				 .why = shown ? "boost_shown_later" : "watermarks_unknown",
				 .ours = shown || !known ? "" : "leaves kswapd asleep", .kernel = "wakes kswapd",
				 .reason = !known ? "A request that finds the zone's watermarks boosted wakes kswapd. How far a fallback"
						    " boosts them follows from the high watermark." :
					   shown ? "A fallback boosted the zone's watermarks: the event that tells of it comes after"
						   " the wake-up." :
						   "A request that finds the zone's watermarks boosted wakes kswapd. No fallback in the"
						   " trace has boosted them." };

	s->boost_early[zone] = false;
	mm_rec_number(&d, "zone", m->core.zone[zone].zone_type);
	mm_rec_say(c, m, ev, &d);
}

/* By the end of the round that it caused, a boost has shown itself. */
void mm_rec_boost_settle(struct rec_state *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		if (s->boost_early[i])
			settle_early(s, c, m, ev, i, false);
}

/* A movable request tries to claim from blocks of at least half the pageblock order only. */
static bool claim_was_tried(const struct mm_machine *m, const struct zone_state *z)
{
	for (unsigned int o = 0; o < m->pb_order && o < m->nr_orders; o++) {
		if (!mm_claim_tried(m->pb_order, o, MM_MT_MOVABLE))
			continue;
		for (unsigned int t = 0; t < MM_NR_PCPTYPES; t++)
			if (t != MM_MT_MOVABLE && (z->list[o][t].nr_linked || z->list[o][t].nr_unplaced))
				return true;
	}
	return false;
}

/* Orders of which a fallback may have looked at a block for a claim before it took one: each look boosts. */
static unsigned int most_tries(const struct mm_machine *m, const struct zone_state *z, unsigned int mt)
{
	unsigned int n = 0;

	for (unsigned int o = 0; o < m->pb_order && o < m->nr_orders; o++)
		for (unsigned int t = 0; t < MM_NR_PCPTYPES; t++)
			if (t != mt && mm_claim_tried(m->pb_order, o, mt) && (z->list[o][t].nr_linked || z->list[o][t].nr_unplaced)) {
				n++;
				break;
			}
	return n ? n : 1;
}

/* @tries more looks at most. */
static void boost_most(struct rec_state *s, const struct mm_machine *m, unsigned int i, unsigned int tries)
{
	const struct mm_wmark_zone *z = &s->zone[i];

	for (unsigned int n = 0; n < tries; n++) {
		s->boost_most[i] = mm_wmark_boost(z, s->boost_most[i], s->boost_factor, INT64_C(1) << m->pb_order);
		s->boost_new[i] = mm_wmark_boost(z, s->boost_new[i], s->boost_factor, INT64_C(1) << m->pb_order);
	}
}

int64_t mm_rec_boost_most(const struct rec_state *s, unsigned int zone)
{
	return s->boost_most[zone] > s->boost[zone] ? s->boost_most[zone] : s->boost[zone];
}

void mm_rec_boost_round(struct rec_state *s, const struct mm_machine *m, int node, int zid, bool ends)
{
	for (unsigned int i = 0; i < m->core.nr_zones; i++) {
		if (m->core.zone[i].node != node || m->core.zone[i].zone_type > zid)
			continue;
		/* where events don't tell it, the round may not have ended yet */
		if (ends && s->ends_traced)
			s->boost_most[i] = s->boost_new[i];
		if (!ends)
			s->boost_new[i] = 0;
	}
}

/*
 * A fallback that tries to claim a pageblock boosts the zone's watermarks.
 * Source: mm/page_alloc.c: boost_watermark() in try_to_claim_block() (6.12 and later) and
 * steal_suitable_fallback() (6.1); whole blocks don't.
 */
void mm_rec_boost_extfrag(struct rec_state *s, struct mm_check *c, const struct mm_machine *m,
			  const struct sg_event *ev)
{
	const struct mm_wmark_zone *z;
	int i = mm_zone_index(m, ev->v[SGF_mm_page_alloc_extfrag_pfn]);
	uint64_t order = ev->v[SGF_mm_page_alloc_extfrag_fallback_order];

	if (i < 0 || order >= m->pb_order)
		return;
	if (!ev->v[SGF_mm_page_alloc_extfrag_change_ownership] &&
	    !mm_claim_tried(m->pb_order, (unsigned int)order, (unsigned int)ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype]) &&
	    !claim_was_tried(m, &m->core.zone[i]))
		return;
	z = mm_rec_zones(s, c, m);
	boost_most(s, m, (unsigned int)i,
		   most_tries(m, &m->core.zone[i], (unsigned int)ev->v[SGF_mm_page_alloc_extfrag_alloc_migratetype]));
	if (s->boost_early[i]) {
		settle_early(s, c, m, ev, (unsigned int)i, true);
		return; /* counted at the wake-up */
	}
	s->boost[i] = mm_check_ask_boost(c, (unsigned int)i, &z[i], s->boost_factor, INT64_C(1) << m->pb_order, s->boost[i],
					 mm_wmark_boost(&z[i], s->boost[i], s->boost_factor, INT64_C(1) << m->pb_order));
	s->filled = 0;
}
