// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages in flight while the per-cpu lists are drained.
 *
 * mm_page_alloc is written after the page left its list, mm_page_free before the page reaches it.  So a drain that is to
 * empty the lists may find less on them than the events before it tell.  Who was in between shows later: a drain that
 * left pages is held until then.
 * Source: mm/page_alloc.c: drain_pages_zone(), free_pages_prepare(), rmqueue_pcplist(), 6.1 to 7.3
 */
#include "check/pick/pcp.h"

void mm_pcp_drain_opens(struct pcp_check *s, unsigned int cpu)
{
	if (s->draining[cpu].listed)
		return;
	s->draining[cpu].listed = true;
	s->draining[s->nr_draining++].cpu = (uint16_t)cpu;
}

int mm_pcp_next_drain(struct pcp_check *s, uint32_t *i)
{
	while (*i < s->nr_draining) {
		unsigned int cpu = s->draining[*i].cpu;

		if (s->bulk[cpu].open && s->bulk[cpu].kind == MM_CHECK_DRAIN) {
			++*i;
			return (int)cpu;
		}
		s->draining[cpu].listed = false;
		s->draining[*i].cpu = s->draining[--s->nr_draining].cpu;
	}
	return -1;
}

/* Was the block at @pfn (entry @e) on the lists when drain @b began, as far as the machine knows? */
static bool is_left(const struct mm_machine *m, const struct bulk *b, uint64_t pfn, const struct page_ent *e)
{
	return ent_state(e) == PS_PCP && (e->st & PE_LINK) && e->x >> 2 == b->set_cpu && e->since < b->event &&
	       e->since >= b->from && mm_zone_index(m, pfn) == (int)b->zone;
}

bool mm_pcp_left_more(const struct mm_machine *m, const struct bulk *b, uint32_t limit)
{
	const struct pcp_state *p = b->set_cpu < m->nr_cpus ?
					    mm_cow_peek(&m->pcp, (uint64_t)b->zone * m->nr_cpus + b->set_cpu) : NULL;
	uint32_t n = 0;

	for (unsigned int l = 0; p && l < MM_NR_PINDEX; l++)
		for (uint32_t i = p->list[l].last; i != MM_NIL;) {
			struct page_ent e = mm_ent(m, i);

			n += e.since >= b->from && e.since < b->event ? 1u << ent_order(&e) : 0;
			if (n > limit)
				return true;
			i = e.b;
		}
	return false;
}

static void held_out(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, uint32_t i)
{
	struct held h = s->held[i];

	s->held[i] = s->held[--s->nr_held];
	s->nr_held_late -= h.nr_late;
	s->nr_held_passed -= h.b.nr_passed > 0;
	mm_pcp_report(c, m, &h.b, h.cpu, &h.f, h.b.tuned.want, h.b.tuned.why);
}

void mm_pcp_hold(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct bulk *b, unsigned int cpu,
		 const struct bulk_facts *f, bool few)
{
	struct held *h;

	if (s->nr_held == MAX_HELD)
		held_out(s, c, m, 0);
	h = &s->held[s->nr_held++];
	*h = (struct held){ .b = *b, .f = *f, .cpu = cpu, .few = few };
	s->nr_held_passed += b->nr_passed > 0;
	for (uint32_t i = 0; i < s->nr_late && h->nr_late < MAX_HELD_LATE; i++) {
		struct page_ent e = mm_ent(m, s->late[i].pfn);

		if (e.since == s->late[i].at && is_left(m, b, s->late[i].pfn, &e)) {
			h->late[h->nr_late] = (uint32_t)s->late[i].pfn;
			h->late_order[h->nr_late++] = (uint8_t)ent_order(&e);
		}
	}
	s->nr_held_late += h->nr_late;
	s->added_held++;
	if (s->held_until < b->event)
		s->held_until = b->event;
}

void mm_pcp_hold_end(struct pcp_check *s, struct mm_check *c)
{
	while (s->nr_held)
		held_out(s, c, NULL, s->nr_held - 1);
}

/* Had task @pid an event since the drain began? */
static bool was_seen(const struct bulk *b, int32_t pid)
{
	if ((pid == b->pid && !b->arriving) || b->many_seen)
		return true;
	for (unsigned int i = 0; i < b->nr_seen; i++)
		if (b->seen[i] == pid)
			return true;
	return false;
}

/* A block of @order wasn't on the lists when drain @b began. */
static void was_away(struct bulk *b, unsigned int order)
{
	uint32_t n = 1u << order;

	b->in_flight += n;
	b->count -= n < b->count ? n : b->count;
	if (!b->by_free)
		b->tuned.want -= n < b->tuned.want ? n : b->tuned.want;
}

/*
 * Which page does @ev name that a drain may have passed by?
 * Return: false when it names none
 */
static bool names(const struct mm_machine *m, const struct sg_event *ev, uint64_t *pfn, unsigned int *order)
{
	switch (ev->kind) {
	case SG_EV_mm_page_alloc:
		*pfn = ev->v[SGF_mm_page_alloc_pfn];
		*order = (unsigned int)ev->v[SGF_mm_page_alloc_order];
		break;
	case SG_EV_mm_page_free:
		*pfn = ev->v[SGF_mm_page_free_pfn];
		*order = (unsigned int)ev->v[SGF_mm_page_free_order];
		break;
	case SG_EV_mm_page_free_batched:
		*pfn = ev->v[SGF_mm_page_free_batched_pfn];
		*order = 0;
		break;
	case SG_EV_mm_page_pcpu_drain:
		*pfn = ev->v[SGF_mm_page_pcpu_drain_pfn];
		*order = (unsigned int)ev->v[SGF_mm_page_pcpu_drain_order];
		break;
	case SG_EV_mm_page_alloc_zone_locked:
		*pfn = ev->v[SGF_mm_page_alloc_zone_locked_pfn];
		*order = (unsigned int)ev->v[SGF_mm_page_alloc_zone_locked_order];
		break;
	case SG_EV_mm_page_alloc_extfrag:
		*pfn = ev->v[SGF_mm_page_alloc_extfrag_pfn];
		*order = (unsigned int)ev->v[SGF_mm_page_alloc_extfrag_fallback_order];
		break;
	default:
		return false;
	}
	return *order < m->nr_orders;
}

/*
 * Is the block at @passed, which drain @b passed by, accounted for by @ev, the first event since that names a page of it?  It is
 * when a task that was silent since the drain began hands it out, or when it reaches its list only now.
 */
static bool accounted(struct bulk *b, const struct mm_machine *m, const struct sg_event *ev, uint64_t passed)
{
	struct page_ent e = mm_ent(m, passed);

	if (in_irq(ev))
		return false;
	if (ev->kind == SG_EV_mm_page_alloc && ev->v[SGF_mm_page_alloc_pfn] == passed && !was_seen(b, ev->pid)) {
		was_away(b, (unsigned int)ev->v[SGF_mm_page_alloc_order]);
		return true;
	}
	if (ev->kind != SG_EV_mm_page_free_batched || ent_state(&e) != PS_PCP)
		return false;
	was_away(b, ent_order(&e));
	return true;
}

/* @ev may tell of pages that drain @b passed by.  Return: true when one of them is there without an excuse */
static bool watch_passed(struct bulk *b, const struct mm_machine *m, const struct sg_event *ev, uint64_t pfn, unsigned int order)
{
	for (unsigned int i = 0; i < b->nr_passed; i++) {
		if (b->passed[i] >> order != pfn >> order)
			continue;
		if (!accounted(b, m, ev, b->passed[i]))
			return true;
		b->passed[i] = b->passed[--b->nr_passed];
		return false;
	}
	return false;
}

/* The same for all drains; what is held and settled by it is handed out. */
static void all_watch_passed(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	unsigned int order;
	uint32_t at = 0;
	uint64_t pfn;

	if (!names(m, ev, &pfn, &order))
		return;
	for (int i; s->nr_drains && (i = mm_pcp_next_drain(s, &at)) >= 0;)
		if (s->bulk[i].nr_passed && watch_passed(&s->bulk[i], m, ev, pfn, order))
			s->bulk[i].pages_equal = false;
	for (uint32_t i = 0; i < s->nr_paused; i++)
		if (watch_passed(&s->paused[i], m, ev, pfn, order))
			s->paused[i].pages_equal = false;
	for (uint32_t i = 0; s->nr_held_passed && i < s->nr_held;) {
		struct bulk *b = &s->held[i].b;
		bool was = b->nr_passed > 0;
		bool bad = was && watch_passed(b, m, ev, pfn, order);

		s->nr_held_passed -= was && b->nr_passed == 0;
		if (bad || (was && b->nr_passed == 0 && (!s->held[i].few || mm_pcp_enough(b, b->tuned.want))))
			held_out(s, c, m, i);
		else
			i++;
	}
}

/*
 * Is @ev one of those that say nothing of its task's own doings, or of what it did before?  The page that a compaction was for has
 * been taken when its zone's deferral is reset, and has its own event only then.
 * Source: mm/page_alloc.c: __alloc_pages_direct_compact(), 6.1 to 7.3
 */
static bool arrives(const struct pcp_check *s, const struct sg_event *ev)
{
	return (ev->pid && s->arriving[ev->cpu] == ev->pid) || ev->kind == SG_EV_mm_compaction_defer_reset;
}

/*
 * A task that was silent since the drain began and hands out a page that was on the lists before had taken it before: the
 * drain couldn't find it.  @e: entry of the page that @ev hands out, NULL for other events
 */
static void watch(const struct pcp_check *s, struct bulk *b, const struct mm_machine *m, const struct sg_event *ev,
		  const struct page_ent *e)
{
	if (was_seen(b, ev->pid) || arrives(s, ev))
		return;
	if (b->nr_seen < MAX_SEEN)
		b->seen[b->nr_seen++] = ev->pid;
	else
		b->many_seen = true;
	if (e && is_left(m, b, ev->v[SGF_mm_page_alloc_pfn], e) && !mm_pcp_came_late(s, ev->v[SGF_mm_page_alloc_pfn], e))
		was_away(b, ent_order(e));
}

/*
 * The event before the machine applies it names the block of @order at @pfn, in which a page lies that drain @h left and whose
 * task had no event between its free and the drain's end: it was on its way.  Where to, the lists or straight to the zone,
 * doesn't matter: the drain didn't find it.
 */
static bool watch_late(struct pcp_check *s, struct held *h, uint64_t pfn, unsigned int order)
{
	bool any = false;

	for (unsigned int i = 0; i < h->nr_late;) {
		unsigned int o = h->late_order[i] > order ? h->late_order[i] : order;

		if (h->late[i] >> o != pfn >> o) {
			i++;
			continue;
		}
		was_away(&h->b, h->late_order[i]);
		h->nr_late--;
		s->nr_held_late--;
		h->late[i] = h->late[h->nr_late];
		h->late_order[i] = h->late_order[h->nr_late];
		any = true;
	}
	return any;
}

/* The same for all that are held; those that are settled by it are handed out. */
static void all_watch_late(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	unsigned int order;
	uint64_t pfn;

	if (!names(m, ev, &pfn, &order))
		return;
	for (uint32_t i = 0; i < s->nr_held;) {
		struct held *h = &s->held[i];

		if (h->nr_late && watch_late(s, h, pfn, order))
			h->late_at = mm_position(m) + 1;
		if (h->late_at == mm_position(m) + 1 && !h->b.nr_passed && mm_pcp_enough(&h->b, h->b.tuned.want))
			held_out(s, c, m, i);
		else
			i++;
	}
}

/* Hands out what is held and settled: all pages are accounted for, or the last one that was left has shown itself. */
static void held_settle(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, uint64_t pfn,
			const struct page_ent *e)
{
	for (uint32_t i = 0; i < s->nr_held;) {
		struct held *h = &s->held[i];
		bool last = is_left(m, &h->b, pfn, e) && !mm_pcp_left_more(m, &h->b, 1u << ent_order(e));

		if (h->few && !h->b.nr_passed && (last || mm_pcp_enough(&h->b, h->b.tuned.want)))
			held_out(s, c, m, i);
		else
			i++;
	}
}

/* Was the page at @pfn known to wait for the second half of its batch?  Then nobody counted it. */
static bool waits(const struct pcp_check *s, uint64_t pfn)
{
	for (uint32_t i = 0; i < s->nr_rest; i++)
		if (mm_pcp_was_waiting(&s->rest[i], pfn))
			return true;
	for (unsigned int i = 0; i < s->nr_cpus; i++)
		if (mm_pcp_was_waiting(&s->frees[i], pfn))
			return true;
	return false;
}

void mm_pcp_arriving(struct pcp_check *s, const struct mm_machine *m, const struct sg_event *ev)
{
	int32_t *task = &s->arriving[ev->cpu];
	struct page_ent e;

	if (in_irq(ev) || (ev->kind == SG_EV_mm_page_pcpu_drain && *task == ev->pid))
		return;
	*task = 0;
	if (ev->kind != SG_EV_mm_page_free || s->frees[ev->cpu].task.pid == ev->pid || ev->v[SGF_mm_page_free_order] > 1)
		return;
	e = mm_ent(m, ev->v[SGF_mm_page_free_pfn]);
	if (ent_state(&e) == PS_ALLOC && !(e.st & PE_LRU))
		*task = ev->pid;
}

void mm_pcp_watch(struct pcp_check *s, struct mm_check *c, const struct mm_machine *m, const struct sg_event *ev)
{
	bool alloc = ev->kind == SG_EV_mm_page_alloc, second = ev->kind == SG_EV_mm_page_free_batched;
	uint64_t pfn = alloc  ? ev->v[SGF_mm_page_alloc_pfn] :
		       second ? ev->v[SGF_mm_page_free_batched_pfn] :
				ev->v[SGF_mm_page_pcpu_drain_pfn];
	struct page_ent e = { 0 };
	bool maybe_left, nothing_new;
	uint32_t at = 0;

	if (alloc || second || ev->kind == SG_EV_mm_page_pcpu_drain)
		e = mm_ent(m, pfn);
	if (s->nr_held_passed || s->nr_drains || s->nr_paused)
		all_watch_passed(s, c, m, ev);
	if (s->nr_held_late)
		all_watch_late(s, c, m, ev);
	maybe_left = ent_state(&e) == PS_PCP && e.since < s->held_until;
	nothing_new = (in_irq(ev) || (s->watched[ev->cpu].pid == ev->pid && s->watched[ev->cpu].nr == s->added_held)) &&
		      !(maybe_left && second);
	for (uint32_t i = 0; !nothing_new && i < s->nr_held; i++) {
		struct held *h = &s->held[i];
		bool late = h->late_at == mm_position(m) + 1;

		/* the second half of a batch, in which its pages go to the lists, comes only now; was it counted? */
		if (!late && second && is_left(m, &h->b, pfn, &e) && !mm_pcp_came_late(s, pfn, &e) && !waits(s, pfn)) {
			was_away(&h->b, ent_order(&e));
			late = true;
		}
		if (!in_irq(ev))
			watch(s, &h->b, m, ev, alloc && !late ? &e : NULL);
	}
	for (uint32_t i = 0; !in_irq(ev) && i < s->nr_paused; i++)
		watch(s, &s->paused[i], m, ev, alloc ? &e : NULL);
	for (int i; !in_irq(ev) && s->nr_drains && (i = mm_pcp_next_drain(s, &at)) >= 0;)
		if (i != ev->cpu)
			watch(s, &s->bulk[i], m, ev, alloc ? &e : NULL);
	if (!in_irq(ev) && !arrives(s, ev)) {
		s->watched[ev->cpu].pid = ev->pid;
		s->watched[ev->cpu].nr = s->added_held;
	}
	if (s->nr_held && maybe_left)
		held_settle(s, c, m, pfn, &e);
}

/* ---- frees whose task was switched out ----------------------------------- */

void mm_pcp_late(struct pcp_check *s, uint64_t pfn, uint32_t at, int32_t pid)
{
	if (s->nr_late == MAX_LATE) { /* the oldest makes room: it counts as arrived at once, as without this */
		for (uint32_t i = 1; i < MAX_LATE; i++)
			s->late[i - 1] = s->late[i];
		s->nr_late--;
	}
	s->added_late++;
	s->stray[s->next_stray++ % MAX_STRAY] = (struct late){ .pfn = pfn, .at = at, .pid = pid };
	s->late[s->nr_late++] = (struct late){ .pfn = pfn, .at = at, .pid = pid };
}

uint32_t mm_pcp_strays(const struct pcp_check *s, const struct mm_machine *m, const struct bulk *b)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < MAX_STRAY && i < s->next_stray; i++) {
		struct page_ent e;

		if (s->stray[i].at < b->from)
			continue;
		e = mm_ent(m, s->stray[i].pfn);
		n += e.since == s->stray[i].at && ent_state(&e) == PS_PCP && (e.st & PE_LINK) && e.x >> 2 == b->set_cpu &&
		     mm_zone_of(m, s->stray[i].pfn) == (int)b->zone;
	}
	return n;
}

void mm_pcp_arrived(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m, uint64_t pfn, uint32_t at)
{
	struct page_ent e = mm_ent(m, pfn);
	int zone = mm_zone_index(m, pfn);
	const struct mm_tuning *t;

	if (zone < 0 || ent_state(&e) != PS_PCP || !(e.st & PE_LINK) || e.since != at)
		return;
	t = mm_pcp_tuning_of(s, c, m, (unsigned int)zone, e.x >> 2);
	if (!t || at >= t->emptied || mm_pcp_came_late(s, pfn, &e))
		return; /* counted anyway */
	for (uint32_t i = 0; s->nr_come == MAX_LATE && i < s->nr_come;) {
		struct page_ent o = mm_ent(m, s->come[i].pfn);

		if (ent_state(&o) != PS_PCP || o.since != s->come[i].at)
			s->come[i] = s->come[--s->nr_come];
		else
			i++;
	}
	if (s->nr_come == MAX_LATE)
		s->come[0] = s->come[--s->nr_come];
	s->come[s->nr_come++] = (struct late){ .pfn = pfn, .at = at, .came = (uint32_t)mm_position(m) };
}

void mm_pcp_late_arrive(struct pcp_check *s, const struct mm_check *c, const struct mm_machine *m, unsigned int cpu,
			int32_t pid)
{
	if (s->arrived[cpu].pid == pid && s->arrived[cpu].nr == s->added_late)
		return;
	s->arrived[cpu].pid = pid;
	s->arrived[cpu].nr = s->added_late;
	for (uint32_t i = 0; i < s->nr_late;)
		if (s->late[i].pid == pid) {
			struct late l = s->late[i];

			s->nr_late--;
			for (uint32_t k = i; k < s->nr_late; k++)
				s->late[k] = s->late[k + 1];
			mm_pcp_arrived(s, c, m, l.pfn, l.at);
		} else {
			i++;
		}
}

bool mm_pcp_came_late(const struct pcp_check *s, uint64_t pfn, const struct page_ent *e)
{
	for (uint32_t i = 0; i < s->nr_come; i++)
		if (s->come[i].pfn == pfn && s->come[i].at == e->since)
			return true;
	return false;
}

uint32_t mm_pcp_come(const struct pcp_check *s, const struct mm_machine *m, unsigned int zone, unsigned int cpu, uint32_t since)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->nr_come; i++) {
		struct page_ent e = mm_ent(m, s->come[i].pfn);

		n += ent_state(&e) == PS_PCP && (e.st & PE_LINK) && e.since == s->come[i].at && e.since < since &&
				     s->come[i].came + 1 >= since && e.x >> 2 == cpu &&
				     mm_zone_index(m, s->come[i].pfn) == (int)zone ?
			     1u << ent_order(&e) : 0;
	}
	return n;
}
