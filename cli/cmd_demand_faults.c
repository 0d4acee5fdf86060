// SPDX-License-Identifier: GPL-2.0-only
/* Faults on anonymous memory, as the command demand prints them. */
#include "cmd_demand.h"

#include <inttypes.h>

void cmd_demand_put_address(struct cmd_out *o, const struct mm_demand *d, const struct mm_want *x)
{
	const struct mm_fault *f = &d->fault[x->fault];
	unsigned int shift = d->page_shift;

	if (x->kind == MM_WANT_FAULT)
		cmd_printf(o, " at 0x%" PRIx64 " in [0x%" PRIx64 ", 0x%" PRIx64 ")", f->page << shift, f->start << shift, f->end << shift);
	else if (x->kind == MM_WANT_UNMAP)
		cmd_printf(o, " [0x%" PRIx64 ", 0x%" PRIx64 ")", f->start << shift, f->end << shift);
	else
		cmd_printf(o, " at 0x%" PRIx64, (f->base + x->offset) << shift);
}

void cmd_demand_json_address(struct cmd_json *j, const struct mm_demand *d, const struct mm_want *x)
{
	const struct mm_fault *f = x->fault ? &d->fault[x->fault] : NULL;
	unsigned int shift = d->page_shift;

	if (f && x->kind != MM_WANT_UNMAP)
		cmd_json_uint(j, "address", (x->kind == MM_WANT_FAULT ? f->page : f->base + x->offset) << shift);
	if (f && x->kind != MM_WANT_FREE) {
		cmd_json_uint(j, x->kind == MM_WANT_FAULT ? "mapping_start" : "start", f->start << shift);
		cmd_json_uint(j, x->kind == MM_WANT_FAULT ? "mapping_end" : "end", f->end << shift);
	}
}

/* ---- in sum ---------------------------------------------------------------------------------- */

static unsigned int highest_order(const struct mm_anon_told *a)
{
	unsigned int o = MM_MAX_ORDERS - 1;

	while (o && !a->order[o])
		o--;
	return o;
}

void cmd_demand_put_faults(struct cmd_out *o, const struct mm_demand *d)
{
	const struct mm_anon_told *a = &d->anon;

	if (!d->has_faults)
		return;
	cmd_puts(o, "\nfaults on anonymous memory whose mapping is known, between the snapshots\n");
	cmd_printf(o, "  %12" PRIu64 " faults; %" PRIu64 " elsewhere and %" PRIu64 " that only read aren't followed\n", a->faults,
		   d->left.elsewhere, d->left.reads);
	for (unsigned int k = 0; k <= highest_order(a); k++)
		if (a->order[k])
			cmd_printf(o, "  %12" PRIu64 " folios of order %u\n", a->order[k], k);
	cmd_printf(o, "  %12" PRIu64 " got less than 64 KiB, since these don't lie in the mapping\n", a->bounds);
	cmd_printf(o, "  %12" PRIu64 " since some of their pages were there already\n", a->present);
	cmd_printf(o, "  %12" PRIu64 " since there was no page\n", a->no_page);
	cmd_printf(o, "  %12" PRIu64 " since the kernel asked for less\n", a->rule);
	cmd_printf(o, "  %12" PRIu64 " requests above order 0 found no page\n", a->refused);
	if (d->of_ruled)
		cmd_printf(o, "  %12" PRIu64 " asked for the orders that alloc_anon_folio() gives by the settings, of %" PRIu64 "\n",
			   d->as_ruled, d->of_ruled);
}

void cmd_demand_json_faults(struct cmd_json *j, const struct mm_demand *d)
{
	const struct mm_anon_told *a = &d->anon;

	if (!d->has_faults) {
		cmd_json_null(j, "faults");
		return;
	}
	cmd_json_object(j, "faults", false);
	cmd_json_uint(j, "faults", a->faults);
	cmd_json_uint(j, "elsewhere", d->left.elsewhere);
	cmd_json_uint(j, "reads", d->left.reads);
	cmd_json_uints(j, "by_order", a->order, highest_order(a) + 1);
	cmd_json_uint(j, "short_bounds", a->bounds);
	cmd_json_uint(j, "short_present", a->present);
	cmd_json_uint(j, "short_no_page", a->no_page);
	cmd_json_uint(j, "short_rule", a->rule);
	cmd_json_uint(j, "refused", a->refused);
	cmd_json_uint(j, "as_ruled", d->as_ruled);
	cmd_json_uint(j, "of_ruled", d->of_ruled);
	cmd_json_end(j);
}
