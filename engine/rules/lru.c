// SPDX-License-Identifier: GPL-2.0-only
/* Which pages reclaim looks at: the classic lists' balance, the multi-gen LRU's feedback loop, slabs. */
#include "rules/lru.h"

uint64_t mm_sqrt(uint64_t v)
{
	uint64_t r = 0;

	for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= v)
			r += bit;
	return r;
}

bool mm_inactive_is_low(uint64_t inactive, uint64_t active, unsigned int page_shift)
{
	uint64_t gib = page_shift < 30 ? (inactive + active) >> (30 - page_shift) : inactive + active;
	uint64_t ratio = gib ? mm_sqrt(10 * gib) : 1;

	return inactive * ratio < active;
}

const char *mm_scan_balance_name(enum mm_scan_balance b)
{
	static const char *const name[] = { "anon and file equally", "by what they cost", "anon only", "file only" };

	return (unsigned int)b <= MM_SCAN_FILE ? name[b] : "?";
}

uint64_t mm_scan_pressure(uint64_t anon_cost, uint64_t file_cost, unsigned int swappiness, uint64_t *fraction)
{
	uint64_t sum = anon_cost + file_cost;
	uint64_t anon = sum + anon_cost, file = sum + file_cost;

	/* each type counts with at least a third of the pressure: the sum of both costs is in its own */
	sum = anon + file;
	fraction[MM_ANON] = swappiness * (sum + 1) / (anon + 1);
	fraction[MM_FILE] = (MM_MAX_SWAPPINESS - swappiness) * (sum + 1) / (file + 1);
	return fraction[MM_ANON] + fraction[MM_FILE];
}

/* Which lists may lose their stale active pages. */
static unsigned int deactivate(const struct mm_scan_in *in)
{
	unsigned int r = 0;

	if (in->force_deactivate)
		return MM_DEACTIVATE_ANON | MM_DEACTIVATE_FILE;
	if (in->anon_refaulted || mm_inactive_is_low(in->size[MM_INACTIVE_ANON],
						     in->size[MM_ACTIVE_ANON], in->page_shift))
		r |= MM_DEACTIVATE_ANON;
	if (in->file_refaulted || mm_inactive_is_low(in->size[MM_INACTIVE_FILE],
						     in->size[MM_ACTIVE_FILE], in->page_shift))
		r |= MM_DEACTIVATE_FILE;
	return r;
}

static enum mm_scan_balance balance_of(const struct mm_scan_in *in, const struct mm_scan_out *out)
{
	if (!in->may_swap || !in->can_reclaim_anon)
		return MM_SCAN_FILE;
	if (in->priority == 0 && in->swappiness)
		return MM_SCAN_EQUAL;
	if (out->file_is_tiny)
		return MM_SCAN_ANON;
	if (out->cache_trim_mode)
		return MM_SCAN_FILE;
	return MM_SCAN_FRACT;
}

void mm_scan_count(const struct mm_scan_in *in, struct mm_scan_out *out)
{
	uint64_t file = in->size[MM_INACTIVE_FILE] + in->size[MM_ACTIVE_FILE];

	*out = (struct mm_scan_out){ .may_deactivate = deactivate(in) };
	out->cache_trim_mode = in->size[MM_INACTIVE_FILE] >> in->priority &&
			       !(out->may_deactivate & MM_DEACTIVATE_FILE) && !in->no_cache_trim_mode;
	out->file_is_tiny = file + in->free <= in->high && !(out->may_deactivate & MM_DEACTIVATE_ANON) &&
			    in->size[MM_INACTIVE_ANON] >> in->priority;
	out->balance = balance_of(in, out);
	if (out->balance == MM_SCAN_FRACT)
		out->denominator = mm_scan_pressure(in->anon_cost, in->file_cost, in->swappiness, out->fraction);
	for (unsigned int l = 0; l < MM_LRU_LISTS; l++) {
		unsigned int type = l >= MM_INACTIVE_FILE ? MM_FILE : MM_ANON;
		uint64_t scan = in->eligible[l] >> in->priority;

		if (out->balance == MM_SCAN_FRACT)
			scan = out->denominator ? scan * out->fraction[type] / out->denominator : 0;
		else if ((out->balance == MM_SCAN_FILE && type != MM_FILE) ||
			 (out->balance == MM_SCAN_ANON && type != MM_ANON))
			scan = 0;
		out->nr[l] = scan;
	}
}

bool mm_scan_rest(uint64_t *nr, const uint64_t *target)
{
	uint64_t file = nr[MM_INACTIVE_FILE] + nr[MM_ACTIVE_FILE], anon = nr[MM_INACTIVE_ANON] + nr[MM_ACTIVE_ANON];
	unsigned int less, more;
	uint64_t percent;

	if (!file || !anon)
		return false;
	less = file > anon ? MM_INACTIVE_ANON : MM_INACTIVE_FILE;
	more = file > anon ? MM_INACTIVE_FILE : MM_INACTIVE_ANON;
	/* the share of the smaller type that was not scanned is left out of the larger one, too */
	percent = (file > anon ? anon : file) * 100 / (target[less] + target[less + 1] + 1);
	nr[less] = nr[less + 1] = 0;
	for (unsigned int l = more; l <= more + 1; l++) {
		uint64_t done = target[l] - nr[l], want = target[l] * (100 - percent) / 100;

		nr[l] = want > done ? want - done : 0;
	}
	return true;
}

void mm_scan_cost_add(struct mm_scan_cost *c, struct mm_facts facts, bool file, uint64_t io, uint64_t rotated,
		      uint64_t mm_lru_size)
{
	uint64_t cost = mm_has(facts, COST_ROTATED) ? io * MM_SWAP_CLUSTER_MAX + rotated : io;

	c->cost[file] += cost;
	if (c->cost[MM_ANON] + c->cost[MM_FILE] > mm_lru_size / 4) {
		c->cost[MM_ANON] /= 2;
		c->cost[MM_FILE] /= 2;
	}
}

void mm_scan_cost_look(struct mm_scan_cost *c, const uint64_t *rotated, const uint64_t *io, uint64_t mm_lru_size)
{
	for (unsigned int t = MM_ANON; t <= MM_FILE; t++) {
		c->cost[t] += (io[t] - c->last_io[t]) * MM_SWAP_CLUSTER_MAX + (rotated[t] - c->last_rotated[t]);
		c->last_rotated[t] = rotated[t];
		c->last_io[t] = io[t];
	}
	while (c->cost[MM_ANON] + c->cost[MM_FILE] > mm_lru_size / 4) {
		c->cost[MM_ANON] /= 2;
		c->cost[MM_FILE] /= 2;
	}
}

bool mm_reclaim_compaction(unsigned int order, int priority, bool compaction_allowed)
{
	return compaction_allowed && order && (order > 3 || priority < MM_DEF_PRIORITY - 2);
}

static int highest_bit(uint64_t v)
{
	int n = 0;

	for (; v; v >>= 1)
		n++;
	return n;
}

int mm_initial_priority(struct mm_facts facts, int priority, uint64_t nr_to_reclaim, uint64_t inactive)
{
	int p, floor = mm_has(facts, GEN_PRIORITY_FLOOR) ? MM_DEF_PRIORITY / 2 : 0;

	if (!mm_has(facts, GEN_NODE) || priority != MM_DEF_PRIORITY || nr_to_reclaim < MM_LRU_BATCH)
		return priority;
	if (!mm_has(facts, GEN_PRIORITY_ALL))
		inactive /= MM_MAX_GENS;
	p = highest_bit(inactive) - 1 - highest_bit(nr_to_reclaim - 1);
	if (p < floor)
		return floor;
	return p < MM_DEF_PRIORITY ? p : MM_DEF_PRIORITY;
}

/* ---- the multi-gen LRU's feedback loop -------------------------------------------- */

bool mm_ctrl_prefers(const struct mm_ctrl_pos *sp, const struct mm_ctrl_pos *pv)
{
	return pv->refaulted < MM_LRU_BATCH ||
	       pv->refaulted * (sp->total + MM_LRU_BATCH) * sp->gain <= (sp->refaulted + 1) * pv->total * pv->gain;
}

void mm_gen_ctrl_carry(struct mm_gen_ctrl *c)
{
	for (unsigned int t = 0; t < MM_MAX_TIERS; t++) {
		c->avg_refaulted[t] = (c->avg_refaulted[t] + c->refaulted[t]) / 2;
		c->avg_total[t] = (c->avg_total[t] + c->protected[t] + c->evicted[t]) / 2;
		c->refaulted[t] = c->protected[t] = c->evicted[t] = 0;
	}
}

/* Smallest n with 2^n >= v. */
static unsigned int log2_up(unsigned int v)
{
	unsigned int n = 0;

	while ((1u << n) < v)
		n++;
	return n;
}

unsigned int mm_gen_tier(struct mm_facts facts, unsigned int refs, bool workingset)
{
	if (!mm_has(facts, GEN_REFS))
		return log2_up(refs + workingset + 1);
	return workingset ? MM_MAX_TIERS - 1 : log2_up(refs ? refs : 1);
}

static struct mm_ctrl_pos tiers(const struct mm_gen_ctrl *c, unsigned int first, unsigned int last, unsigned int gain)
{
	struct mm_ctrl_pos p = { .gain = gain };

	for (unsigned int t = first; t <= last; t++) {
		p.refaulted += c->avg_refaulted[t] + c->refaulted[t];
		p.total += c->avg_total[t] + c->protected[t] + c->evicted[t];
	}
	return p;
}

unsigned int mm_gen_last_tier(struct mm_facts facts, const struct mm_gen_ctrl *ctrl,
			      unsigned int type, unsigned int swappiness)
{
	unsigned int gain[2] = { swappiness, MM_MAX_SWAPPINESS - swappiness };
	bool newer = mm_has(facts, GEN_REFS);
	struct mm_ctrl_pos sp = tiers(&ctrl[type], 0, 0, newer ? 2 : 1);
	unsigned int own = newer ? 3 : 2, t;

	if (!newer && swappiness) {
		sp = tiers(&ctrl[!type], 0, 0, gain[!type]);
		own = gain[type];
	}
	for (t = 1; t < MM_MAX_TIERS; t++) {
		struct mm_ctrl_pos pv = tiers(&ctrl[type], t, t, own);

		if (!mm_ctrl_prefers(&sp, &pv))
			break;
	}
	return t - 1;
}

unsigned int mm_gen_type(struct mm_facts facts, const struct mm_gen_in *in, bool *ret_compared)
{
	unsigned int last = mm_has(facts, GEN_REFS) ? MM_MAX_TIERS - 1 : 0;
	struct mm_ctrl_pos anon, file;

	*ret_compared = false;
	if (mm_has(facts, GEN_REFS)) {
		if (in->swappiness <= 1)
			return MM_FILE;
		if (in->swappiness >= MM_MAX_SWAPPINESS)
			return MM_ANON;
	} else {
		if (!in->swappiness)
			return MM_FILE;
		if (in->min_seq[MM_ANON] < in->min_seq[MM_FILE])
			return MM_ANON;
		if (in->swappiness == 1)
			return MM_FILE;
		if (in->swappiness == MM_MAX_SWAPPINESS)
			return MM_ANON;
		if (mm_has(facts, GEN_NO_IO) && !in->may_io)
			return MM_FILE;
		*ret_compared = true;
	}
	anon = tiers(&in->ctrl[MM_ANON], 0, last, in->swappiness);
	file = tiers(&in->ctrl[MM_FILE], 0, last, MM_MAX_SWAPPINESS - in->swappiness);
	return mm_ctrl_prefers(&anon, &file) ? MM_FILE : MM_ANON;
}

bool mm_gen_should_age(struct mm_facts facts, const struct mm_gen_age *in)
{
	uint64_t oldest = mm_gen_oldest(facts, in->min_seq, in->anon);

	if (oldest + MM_MIN_GENS > in->max_seq)
		return true;
	if (mm_has(facts, GEN_SCAN_LOOP) && in->priority == MM_DEF_PRIORITY)
		return false;
	if (oldest + MM_MIN_GENS < in->max_seq)
		return false;
	if (mm_has(facts, GEN_REFS))
		return true;
	return in->young * MM_MIN_GENS > in->total || in->old * (MM_MIN_GENS + 2) < in->total;
}

/* ---- slabs -------------------------------------------------------------------------- */

uint64_t mm_slab_total(const struct mm_slab_scan *in, int priority, uint64_t *ret_delta)
{
	uint64_t delta = in->seeks ? (in->freeable >> priority) * 4 / in->seeks : in->freeable / 2;
	uint64_t total = (in->deferred >> priority) + delta;

	*ret_delta = delta;
	return total < 2 * in->freeable ? total : 2 * in->freeable;
}

uint64_t mm_slab_batches(const struct mm_slab_scan *in, uint64_t total)
{
	uint64_t batch = in->batch ? in->batch : 128, scanned = 0;

	while (total && (total >= batch || total >= in->freeable)) {
		uint64_t n = total < batch ? total : batch;

		scanned += n;
		total -= n;
	}
	return scanned;
}

uint64_t mm_slab_defer(const struct mm_slab_scan *in, uint64_t delta, uint64_t scanned)
{
	uint64_t work = in->deferred + delta, next = work > scanned ? work - scanned : 0;

	return next < 2 * in->freeable ? next : 2 * in->freeable;
}
