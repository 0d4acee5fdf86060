// SPDX-License-Identifier: GPL-2.0-only
/* Static descriptions of the event kinds, made from sg_event_list.h. */
#include "sg_event.h"

#include <string.h>

static const struct sg_field other_field = { "id", "common_type", SG_T_UINT };

#define SG_EV(sys, name) static const struct sg_field fields_##name[] = {
#define SG_F(ev, field, type, names) { #field, names, type },
#define SG_EV_END };
#include "sg_event_list.h"

#define SG_EV(sys, name)                                                                     \
	_Static_assert(sizeof(fields_##name) / sizeof(fields_##name[0]) <= SG_SLOTS,         \
		       #name " has more fields than SG_SLOTS");
#define SG_F(ev, field, type, names)
#define SG_EV_END
#include "sg_event_list.h"

static struct sg_kind_info kinds[SG_KIND_COUNT];

static void fill(unsigned int kind, const char *sys, const char *name, const struct sg_field *f,
		 unsigned int nr)
{
	kinds[kind].system = sys;
	kinds[kind].name = name;
	kinds[kind].nr_fields = nr;
	memcpy(kinds[kind].field, f, nr * sizeof(*f));
}

/* Runs before main(); the table is constant from then on. */
__attribute__((constructor)) static void fill_kinds(void)
{
	fill(SG_EV_other, "", "other", &other_field, 1);
#define SG_EV(sys, name)                                                                     \
	fill(SG_EV_##name, #sys, #name, fields_##name,                                       \
	     sizeof(fields_##name) / sizeof(fields_##name[0]));
#define SG_F(ev, field, type, names)
#define SG_EV_END
#include "sg_event_list.h"
}

const struct sg_kind_info *sg_kind_info(unsigned int kind)
{
	return &kinds[kind < SG_KIND_COUNT ? kind : SG_EV_other];
}

enum sg_kind sg_kind_by_name(const char *name)
{
	for (unsigned int k = 1; k < SG_KIND_COUNT; k++)
		if (strcmp(kinds[k].name, name) == 0)
			return k;
	return SG_EV_other;
}
