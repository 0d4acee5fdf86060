// SPDX-License-Identifier: GPL-2.0-only
/* Pages that somebody holds on to. */
#include "sim/compact/compact.h"
#include <stdlib.h>

/* ---- pins ---------------------------------------------------------------------- */

static struct sim_pin *pin_slot(const struct sim_compact *c, uint32_t pfn)
{
	uint64_t i = (pfn * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	for (;; i++) {
		struct sim_pin *p = &c->pin[i & (c->pin_size - 1)];

		if (p->pfn == pfn || p->pfn == MM_NIL)
			return p;
	}
}

static bool pin_holds(const struct mm_sim *s, const struct sim_pin *p)
{
	struct page_ent e = mm_ent(s->m, p->pfn);

	return ent_state(&e) == PS_ALLOC && e.since == p->since;
}

/* Room for one more: pins whose pages are gone fall out. */
static bool pins_grow(struct mm_sim *s)
{
	struct sim_compact *c = s->compact;
	struct sim_pin *old = c->pin;
	uint64_t was = c->pin_size, size = was ? was * 2 : 64;
	struct sim_pin *next = malloc(size * sizeof(*next));

	if (!next)
		return false;
	for (uint64_t i = 0; i < size; i++)
		next[i].pfn = MM_NIL;
	c->pin = next;
	c->pin_size = size;
	c->nr_pins = 0;
	for (uint64_t i = 0; i < was; i++)
		if (old[i].pfn != MM_NIL && pin_holds(s, &old[i])) {
			*pin_slot(c, old[i].pfn) = old[i];
			c->nr_pins++;
		}
	free(old);
	return true;
}

void mm_sim_pin(struct mm_sim *s, uint64_t pfn, bool pinned)
{
	struct sim_compact *c = s->compact;
	struct page_ent e = mm_ent(s->m, pfn);
	struct sim_pin *p;

	if (pfn >= MM_MAX_PFN || ent_state(&e) != PS_ALLOC)
		return;
	if (pinned && c->nr_pins * 2 >= c->pin_size && !pins_grow(s)) {
		s->m->out_of_memory = true;
		return;
	}
	if (!c->pin)
		return;
	p = pin_slot(c, (uint32_t)pfn);
	if (p->pfn == MM_NIL) {
		if (!pinned)
			return;
		c->nr_pins++;
	}
	*p = (struct sim_pin){ .pfn = (uint32_t)pfn, .since = pinned ? e.since : ~e.since };
}

/** Does somebody hold on to the page at @pfn, so that it can't be moved? */
bool mm_sim_pinned(const struct mm_sim *s, uint64_t pfn)
{
	const struct sim_compact *c = s->compact;
	const struct sim_pin *p;

	if (c->nr_pins == 0)
		return false;
	p = pin_slot(c, (uint32_t)pfn);
	return p->pfn == (uint32_t)pfn && pin_holds(s, p);
}
