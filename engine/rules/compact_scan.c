// SPDX-License-Identifier: GPL-2.0-only
/* Rules of compaction's scanners: pageblocks that suit, and what one scan takes. */
#include "rules/compact_scan.h"

static bool is_movable(const struct mm_compact_who *w, unsigned int mt)
{
	return mt == MM_MT_MOVABLE || (w->mt_cma >= 0 && mt == (unsigned int)w->mt_cma);
}

enum mm_answer mm_source_type(const struct mm_compact_who *w, unsigned int block_mt)
{
	bool cma = w->mt_cma >= 0 && block_mt == (unsigned int)w->mt_cma;
	bool yes;

	if (!w->direct)
		return MM_YES;
	if (mm_has(w->facts, SOURCE_CMA) && cma && !w->cma_ok)
		return MM_NO;
	if (!w->async)
		return MM_YES;
	if (block_mt == MM_MT_UNKNOWN)
		return MM_MAYBE;
	if (w->mt == MM_MT_MOVABLE || (mm_has(w->facts, SOURCE_WHOLE) && w->order >= (int)w->pb_order))
		yes = is_movable(w, block_mt);
	else
		yes = block_mt == w->mt;
	return yes ? MM_YES : MM_NO;
}

enum mm_answer mm_target_type(const struct mm_compact_who *w, unsigned int block_mt)
{
	if (w->ignore_suitable)
		return MM_YES;
	if (block_mt == MM_MT_UNKNOWN)
		return MM_MAYBE;
	return is_movable(w, block_mt) ? MM_YES : MM_NO;
}

unsigned int mm_target_limit(const struct mm_compact_who *w)
{
	return mm_has(w->facts, FOLIO_TARGETS) && w->order > 0 ? (unsigned int)w->order : w->pb_order;
}

bool mm_folio_too_large(const struct mm_compact_who *w, unsigned int order)
{
	return !mm_has(w->facts, FOLIO_TARGETS) || (w->order != -1 && (int)order >= w->order) || order >= w->pb_order;
}

bool mm_migrate_scan(const struct mm_compact_who *w, struct mm_migrate_scan *sc)
{
	/* asynchronous direct compaction gives up a block of the wanted order at its first page that stays */
	bool gives_up = w->direct && w->async;
	uint64_t span = w->order > 0 ? UINT64_C(1) << w->order : 1;
	uint64_t next = (sc->start / span + 1) * span, low;
	unsigned int skip_counts = mm_has(w->facts, SKIPPED_COUNTS);

	sc->taken = sc->scanned = 0;
	for (low = sc->start; low < sc->end; low++) {
		struct mm_look p;
		uint64_t more;

		if (gives_up && low >= next) {
			if (sc->taken)
				break;
			next = (low / span + 1) * span;
		}
		sc->scanned++;
		p = sc->look(sc->arg, low);
		more = (UINT64_C(1) << p.order) - 1;
		if (p.kind == MM_LOOK_UNKNOWN) {
			sc->low = low;
			return false;
		}
		if (p.kind == MM_LOOK_FREE) {
			low += more;
			sc->scanned += more * skip_counts;
			continue;
		}
		if (p.order > 0 && !p.whole && mm_folio_too_large(w, p.order)) {
			low += more;
			sc->scanned += more * skip_counts;
		} else if (p.lru) {
			low += more;
			sc->scanned += more;
			sc->taken += more + 1;
			if (sc->take)
				sc->take(sc->arg, low - more, p.order);
			if (sc->taken >= MM_COMPACT_CLUSTER_MAX && !sc->finish_pageblock) {
				low++;
				break;
			}
			continue;
		}
		if (!gives_up)
			continue;
		if (sc->taken && sc->drop)
			sc->drop(sc->arg);
		sc->taken = 0;
		if (low < next) {
			low = next - 1;
			next += span;
		}
	}
	sc->low = low < sc->end ? low : sc->end;
	return true;
}

bool mm_free_scan(const struct mm_compact_who *w, struct mm_free_scan *sc)
{
	uint64_t p, stride = sc->strict || sc->stride == 0 ? 1 : sc->stride;
	bool known = true;

	sc->taken = sc->scanned = 0;
	for (p = sc->start; p < sc->end; p += stride) {
		struct mm_look l = sc->look(sc->arg, p);
		uint64_t more = (UINT64_C(1) << l.order) - 1;
		enum mm_answer got;

		sc->scanned++;
		if (l.kind == MM_LOOK_UNKNOWN) {
			known = false;
			break;
		}
		if (l.kind != MM_LOOK_FREE) {
			if (l.order > 0 && (!mm_has(w->facts, SKIP_INSIDE) || p + more < sc->end)) {
				p += more;
				sc->scanned += !mm_has(w->facts, SKIPPED_COUNTS) ? 0 : more;
			}
			if (sc->strict)
				break;
			continue;
		}
		got = sc->take(sc->arg, p, l.order);
		if (got != MM_YES) {
			known = got == MM_NO;
			break;
		}
		sc->scanned += more;
		sc->taken += more + 1;
		p += more;
		if (!sc->strict && sc->migrate <= sc->have + sc->taken) {
			p++;
			break;
		}
	}
	sc->low = p < sc->end ? p : sc->end;
	if (sc->strict && sc->low < sc->end)
		sc->taken = 0;
	return known;
}
