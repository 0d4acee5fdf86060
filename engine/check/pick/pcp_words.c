// SPDX-License-Identifier: GPL-2.0-only
/* A refill or a drain as a decision: verdict, numbers, and words for those who read them. */
#include <inttypes.h>
#include <stdio.h>

#include "check/pick/pcp.h"
#include "say/words.h"

bool mm_pcp_enough(const struct bulk *b, unsigned int want)
{
	if (b->moved && b->left > 0 && b->piece_left == (b->tuned.piece < b->left ? b->tuned.piece : b->left))
		return true; /* the rest of a piece can't be left, that of the pieces is */
	if (b->kind == MM_CHECK_DRAIN && b->by_free) /* until it is enough, or nothing is left */
		return (b->left <= 0 && !b->too_many) || (b->nr == b->count && want > 0);
	return b->nr == want || (b->kind == MM_CHECK_DRAIN && b->nr > want && b->nr - want < b->last);
}

/* Did the kernel take the pages that were expected, as far as is known? */
static bool right_pages(const struct bulk *b)
{
	return b->pages_equal && b->nr_passed == 0;
}

static void bulk_unit(const struct bulk *b, unsigned int n, char buf[32])
{
	/* a refill counts blocks, a drain pages */
	mm_text_count(buf, 32, n, b->kind == MM_CHECK_REFILL && b->order ? "block" : "page");
}

static void refill_reason(const struct mm_check *c, const struct bulk *b, const struct bulk_facts *f, const char *list,
			  unsigned int want, struct mm_text *t)
{
	char unit[32], batch[32];

	if (b->past_lists) {
		mm_text_add(t,
			    "Another CPU was emptying %s and held its lock: the request took one block straight from the zone's lists.",
			    list);
		return;
	}
	mm_text_add(t, "%s was empty", list);
	bulk_unit(b, want, unit);
	mm_text_count(batch, sizeof(batch), f->batch, "page");
	if (f->batch == 0)
		mm_text_add(t, ". How many it gets depends on its batch.");
	else if (b->order > 0)
		mm_text_add(t, ": it gets its batch of %s in blocks of order %u, that is %s%s.", batch, b->order, unit,
			    f->batch > 1 && f->batch >> b->order < 2 ? ", the least" : "");
	else if (!mm_has(mm_check_facts(c), PCP_AUTO))
		mm_text_add(t, ": it gets its batch of %s.", batch);
	else if (f->factor_lo == f->factor_hi)
		mm_text_add(t,
			    ": it gets its batch of %s, doubled alloc_factor times (%u: a refill adds one, a free halves it)%s:"
			    " %s.", batch, f->factor_lo,
			    want < (uint64_t)f->batch << f->factor_lo ? ", as far as pcp->high leaves room" : "", unit);
	else
		mm_text_add(t, ": it gets its batch of %s, doubled alloc_factor times (%u to %u: a refill adds one, a free halves"
			    " it).", batch, f->factor_lo, f->factor_hi);
	mm_text_add(t, " They come from the heads of the zone's lists, one after the other.");
}

static void drain_reason(const struct mm_check *c, const struct bulk *b, const struct bulk_facts *f, const char *list,
			 unsigned int want, const char *why_count, struct mm_text *t)
{
	char unit[32], batch[32], freed[32];

	bulk_unit(b, want, unit);
	mm_text_count(batch, sizeof(batch), f->batch, "page");
	mm_text_count(freed, sizeof(freed), f->freed_lo, "page");
	mm_text_add(t, "%s gives pages back", list);
	if (f->batch == 0)
		mm_text_add(t, ". How many depends on its batch.");
	else if (!b->by_free)
		mm_text_add(t, ". It isn't a free that finds them full: the kernel empties them, or trims them to their limit.");
	else if (!mm_has(mm_check_facts(c), PCP_AUTO))
		mm_text_add(t,
			    ": its batch of %s, doubled free_factor times (a drain adds one, an allocation halves it), as far as"
			    " pcp->high less the batch.", batch);
	else if (!why_count && want == 0)
		mm_text_add(t, ". By the rules nothing is due: no free here finds as many pages on them as pcp->high.");
	else if (!why_count && want > f->freed_hi && want > f->batch)
		mm_text_add(t,
			    ": after frees of higher orders in a row (free_high) all there are, at most 32 times its batch of %s:"
			    " %s.", batch, unit);
	else if (f->freed_lo != f->freed_hi)
		mm_text_add(t,
			    ": as many as were freed in a row (free_count), at least its batch of %s and at most pcp->high less"
			    " the batch. %s or more were freed.", batch, freed);
	else
		mm_text_add(t, ": as many as were freed in a row (free_count: %s), at least its batch of %s and at most pcp->high"
			    " less the batch%s%s.", freed, batch, why_count ? "" : ": ", why_count ? "" : unit);
	mm_text_add(t, " They leave at the tail of each list, all of one list before the next in turn.");
	if (b->in_flight) {
		mm_text_count(unit, sizeof(unit), b->in_flight, "page");
		mm_text_add(t, " %s had been taken before: handed out later, by a task without any event since.", unit);
	}
}

static void bulk_words(const struct mm_check *c, const struct mm_machine *m, const struct bulk *b, unsigned int cpu,
		       const struct bulk_facts *f, unsigned int want, const char *why_count, char *ours, size_t ours_size,
		       char *kernel, size_t kernel_size, struct mm_text *reason)
{
	const struct sg_capture *cap = mm_check_config(c)->cap;
	const char *type = b->mt < cap->nr_migratetypes ? cap->migratetype[b->mt] : "";
	char list[128], unit[32], zone[32] = "";

	if (m) /* at the end of the trace there is none to ask */
		snprintf(zone, sizeof(zone), " in zone %s", m->core.zone[b->zone].name);
	if (b->kind == MM_CHECK_DRAIN)
		snprintf(list, sizeof(list), "CPU %u's set of lists%s", b->set_cpu, zone);
	else
		snprintf(list, sizeof(list), "CPU %u's list of %s %s of order %u%s", cpu, type, b->order ? "blocks" : "pages",
			 b->order, zone);
	bulk_unit(b, want, unit);
	if (b->sure && !right_pages(b) && b->wrong_ours == 0) /* no free block has that pfn */
		snprintf(ours, ours_size, "%s%s where the kernel has one", why_count ? "" : unit,
			 why_count ? "the model's lists have no page" : ", but the model's lists have none");
	else if (b->sure && !right_pages(b))
		snprintf(ours, ours_size, "%s%spfn 0x%" PRIx64 " where the kernel has another", why_count ? "" : unit,
			 why_count ? "" : ", among them ", mm_check_pfn(c, b->wrong_ours));
	else if (b->sure && !why_count)
		snprintf(ours, ours_size, "%s%s%s%s", want == 0 && b->kind == MM_CHECK_DRAIN ? "no drain" : unit,
			 b->kind == MM_CHECK_DRAIN && b->nr > want && mm_pcp_enough(b,
										    want) ? " and the rest of the last block" : "",
			 want == 0 ? "" : mm_pcp_enough(b, want) ? ", each the one that the kernel " :
						   ", the kernel's as far as both go",
			 want == 0 || !mm_pcp_enough(b, want) ? "" : b->kind == MM_CHECK_DRAIN ? "gave back" : "took");
	bulk_unit(b, b->nr, unit);
	if (right_pages(b) || !b->sure)
		snprintf(kernel, kernel_size, "%s, the first pfn 0x%" PRIx64, unit, mm_check_pfn(c, b->first_pfn));
	else
		snprintf(kernel, kernel_size, "%s, the first pfn 0x%" PRIx64 ", and pfn 0x%" PRIx64 " instead of ours", unit,
			 mm_check_pfn(c, b->first_pfn), mm_check_pfn(c, b->wrong_kernel));
	if (b->kind == MM_CHECK_REFILL)
		refill_reason(c, b, f, list, want, reason);
	else
		drain_reason(c, b, f, list, want, why_count, reason);
}

void mm_pcp_report(struct mm_check *c, const struct mm_machine *m, const struct bulk *b, unsigned int cpu,
		   const struct bulk_facts *f, unsigned int want, const char *why_count)
{
	char ours[160], kernel[160], reason[480];
	struct mm_text text = { reason, sizeof(reason), 0 };
	struct mm_decision d = {
		.kind = b->kind, .event = b->event, .ts = b->ts, .pid = b->pid,
		.rule = b->kind == MM_CHECK_DRAIN ? "mm/page_alloc.c: nr_pcp_free(), free_pcppages_bulk()" :
			b->past_lists ? "mm/page_alloc.c: rmqueue_buddy(), as the per-cpu lists are locked" :
			!mm_has(mm_check_facts(c), PCP_AUTO) ? "mm/page_alloc.c: __rmqueue_pcplist(), rmqueue_bulk()" :
							       "mm/page_alloc.c: nr_pcp_alloc(), rmqueue_bulk()",
		.ours = ours, .kernel = kernel, .reason = reason, .nr_numbers = 6,
		.number = { { "order", b->order }, { "migratetype", b->mt }, { "count", b->nr }, { "predicted", want },
			    { "batch", f->batch } },
	};

	ours[0] = kernel[0] = reason[0] = '\0';
	if (b->kind == MM_CHECK_REFILL && mm_has(mm_check_facts(c), PCP_AUTO)) {
		d.number[5].name = "alloc_factor";
		d.number[5].value = f->factor_lo;
	} else if (!mm_has(mm_check_facts(c), PCP_AUTO)) {
		d.nr_numbers = 5; /* a refill is one batch, a drain has a factor, which the trace doesn't show */
	} else {
		d.number[5].name = "free_count";
		d.number[5].value = f->freed_lo;
	}
	if (b->in_flight) {
		d.number[d.nr_numbers].name = "in_flight";
		d.number[d.nr_numbers++].value = b->in_flight;
	}
	if (b->sure && !right_pages(b))
		d.verdict = MM_DIFFERS;
	else if (!b->sure || why_count)
		d.verdict = MM_UNDECIDED;
	else
		d.verdict = mm_pcp_enough(b, want) ? MM_EQUAL : MM_DIFFERS;
	d.why = !b->sure ? b->why : why_count;
	if (mm_check_wants_text(c))
		bulk_words(c, m, b, cpu, f, want, why_count, ours, sizeof(ours), kernel, sizeof(kernel), &text);
	mm_check_report(c, &d);
}
