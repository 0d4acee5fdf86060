// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names back to numbers.  The numbers are those that kernels 5.10 to 7.3 print the names for; the numbers of symbols
 * that moved between releases are those of 7.3, and names that only older ones have follow behind.  Nothing but the
 * tables made here gives them a meaning again, so that is no loss.  A name that no table has gets a number, or a bit,
 * of its own.
 */
#include "tt.h"

#include <stdlib.h>

#define OWN_BIT 40 /* the first bit for flags without a known one; the kernel's gfp bits stay below 32 */

static const struct {
	bool flags;
	const char *names; /* "NAME=VALUE ..." in hexadecimal, in the order in which a kernel looks */
} seed[TT_TABS] = {
	[TT_GFP] = { true, "GFP_TRANSHUGE=1c24ca GFP_TRANSHUGE_LIGHT=1c20ca GFP_HIGHUSER_MOVABLE=100cca GFP_HIGHUSER=100cc2 "
			   "GFP_USER=100cc0 GFP_KERNEL_ACCOUNT=400cc0 GFP_KERNEL=cc0 GFP_NOFS=c40 GFP_ATOMIC=820 GFP_NOIO=c00 "
			   "GFP_NOWAIT=2800 GFP_DMA=1 GFP_DMA32=4 __GFP_RECLAIM=c00 __GFP_DMA=1 __GFP_HIGHMEM=2 __GFP_DMA32=4 "
			   "__GFP_MOVABLE=8 __GFP_RECLAIMABLE=10 __GFP_HIGH=20 __GFP_IO=40 __GFP_FS=80 __GFP_ZERO=100 "
			   "__GFP_DIRECT_RECLAIM=400 __GFP_KSWAPD_RECLAIM=800 __GFP_WRITE=1000 __GFP_NOWARN=2000 "
			   "__GFP_RETRY_MAYFAIL=4000 __GFP_NOFAIL=8000 __GFP_NORETRY=10000 __GFP_MEMALLOC=20000 "
			   "__GFP_COMP=40000 __GFP_NOMEMALLOC=80000 __GFP_HARDWALL=100000 __GFP_THISNODE=200000 "
			   "__GFP_ACCOUNT=400000 __GFP_ZEROTAGS=800000" },
	[TT_ZONE] = { false, "DMA=0 DMA32=1 Normal=2 Movable=3" },
	[TT_MODE] = { false, "MIGRATE_ASYNC=0 MIGRATE_SYNC_LIGHT=1 MIGRATE_SYNC=2" },
	[TT_REASON] = { false, "compaction=0 memory_failure=1 memory_hotplug=2 syscall_or_cpuset=3 mempolicy_mbind=4 "
			       "numa_misplaced=5 contig_range=6 longterm_pin=7 demotion=8 damon=9 never_migrated=a" },
	[TT_COMPACT] = { false, "not_suitable_zone=0 skipped=1 deferred=2 no_suitable_page=3 continue=4 complete=5 "
				"partial_skipped=6 contended=7 success=8" },
	[TT_PRIO] = { false, "COMPACT_PRIO_SYNC_FULL=0 COMPACT_PRIO_SYNC_LIGHT=1 COMPACT_PRIO_ASYNC=2" },
	[TT_RESULT] = { false, "failed=1 withdrawn=2 progress=3" },
	[TT_LRU] = { false, "inactive_anon=0 active_anon=1 inactive_file=2 active_file=3 unevictable=4" },
	[TT_RECLAIM] = { true, "RECLAIM_WB_ANON=1 RECLAIM_WB_FILE=2 RECLAIM_WB_MIXED=10 RECLAIM_WB_SYNC=4 "
			       "RECLAIM_WB_ASYNC=8" },
	[TT_THROTTLE] = { true, "VMSCAN_THROTTLE_WRITEBACK=1 VMSCAN_THROTTLE_ISOLATED=2 VMSCAN_THROTTLE_NOPROGRESS=4 "
				"VMSCAN_THROTTLE_CONGESTED=8" },
	[TT_HOPELESS] = { false, "OTHER=0 KSWAPD=1 DIRECT=2 PCP=3" },
	[TT_KHUGE] = { false, "failed=0 succeeded=1 no_pte_table=2 page_pmd_mapped=3 exceed_none_pte=4 exceed_swap_pte=5 "
			      "exceed_shared_pte=6 pte_non_present=7 pte_uffd_wp=8 pte_mapped_hugepage=9 "
			      "lack_referenced_page=a page_null=b scan_aborted=c not_suitable_page_count=d "
			      "page_not_in_lru=e page_locked=f page_not_anon=10 page_lazyfree=11 page_compound=12 "
			      "no_process_for_page=13 vma_null=14 vma_check_failed=15 not_suitable_address_range=16 "
			      "could_not_delete_page_from_lru=17 alloc_huge_page_failed=18 ccgroup_charge_failed=19 "
			      "truncated=1a page_has_private=1b store_failed=1c copy_poisoned_page=1d page_filled=1e "
			      "page_dirty_or_writeback=1f pmd_null=20 pmd_none=21 no_writable_page=22 page_swap_cache=23" },
};

static bool add(struct tt_tab *t, struct tr_span name, uint64_t value)
{
	struct sg_sym *more;

	if (t->t.nr == t->room) {
		more = sg_realloc(t->sym, (t->room ? t->room * 2 : 64) * sizeof(*more));
		if (!more)
			return false;
		t->sym = more;
		t->t.sym = more;
		t->room = t->room ? t->room * 2 : 64;
	}
	t->sym[t->t.nr].value = value;
	sg_clean(t->sym[t->t.nr].name, sizeof(t->sym[0].name), name.s, name.n);
	t->t.nr++;
	return true;
}

static struct sg_sym *find(struct tt_tab *t, struct tr_span name)
{
	for (unsigned int i = 0; i < t->t.nr; i++)
		if (tr_span_is(name, t->sym[i].name))
			return &t->sym[i];
	return NULL;
}

static bool fill(struct tt_tab *t, bool flags, const char *names)
{
	t->t.flags = flags;
	t->t.nr = 0;
	t->own = flags ? OWN_BIT : 0;
	for (const char *p = names; *p;) {
		size_t n = strcspn(p, "=");
		char *end;
		uint64_t v = strtoull(p + n + 1, &end, 16);

		if (!add(t, (struct tr_span){ p, n }, v))
			return false;
		if (!flags && v >= t->own)
			t->own = v + 1;
		p = end + strspn(end, " ");
	}
	return true;
}

bool tt_names_init(struct tt_names *n)
{
	memset(n, 0, sizeof(*n));
	n->learn = true;
	for (int i = 0; i < TT_TABS; i++)
		if (!fill(&n->tab[i], seed[i].flags, seed[i].names))
			return false;
	return true;
}

void tt_names_fini(struct tt_names *n)
{
	for (int i = 0; i < TT_TABS; i++)
		free(n->tab[i].sym);
}

static void set(struct tt_tab *t, const char *name, uint64_t value)
{
	struct sg_sym *s = find(t, (struct tr_span){ name, strlen(name) });

	if (s)
		s->value = value;
	else
		add(t, (struct tr_span){ name, strlen(name) }, value);
}

void tt_names_old_gfp(struct tt_names *n)
{
	set(&n->tab[TT_GFP], "GFP_ATOMIC", 0xa20);
	set(&n->tab[TT_GFP], "__GFP_ATOMIC", 0x200);
	set(&n->tab[TT_GFP], "GFP_NOWAIT", 0x800);
	memset(n->recent, 0, sizeof(n->recent));
}

void tt_names_zones(struct tt_names *n)
{
	struct tt_tab *t = &n->tab[TT_ZONE];
	bool high = find(t, (struct tr_span){ "HighMem", 7 }) != NULL;

	if (high) /* 32 bits: mm/mmzone.h, enum zone_type */
		fill(t, false, "DMA=0 Normal=1 HighMem=2 Movable=3");
}

int tt_tab_of(unsigned int kind, unsigned int slot)
{
	const struct sg_field *f = &sg_kind_info(kind)->field[slot];

	switch (f->type) {
	case SG_T_GFP:
		return TT_GFP;
	case SG_T_ZONE:
		return TT_ZONE;
	case SG_T_FLAGS:
		return kind == SG_EV_mm_vmscan_throttled ? TT_THROTTLE : TT_RECLAIM;
	case SG_T_SYM:
		break;
	default:
		return -1;
	}
	switch (kind) {
	case SG_EV_mm_migrate_pages:
		return slot == SGF_mm_migrate_pages_mode ? TT_MODE : TT_REASON;
	case SG_EV_mm_migrate_pages_start:
		return slot == SGF_mm_migrate_pages_start_mode ? TT_MODE : TT_REASON;
	case SG_EV_compact_retry:
		return slot == SGF_compact_retry_priority ? TT_PRIO : TT_RESULT;
	case SG_EV_mm_vmscan_lru_isolate:
		return TT_LRU;
	case SG_EV_mm_vmscan_kswapd_clear_hopeless:
		return TT_HOPELESS;
	case SG_EV_mm_compaction_suitable:
	case SG_EV_mm_compaction_finished:
	case SG_EV_mm_compaction_end:
		return TT_COMPACT;
	default:
		return TT_KHUGE;
	}
}

static bool plain_number(struct tr_span s, uint64_t *ret)
{
	uint64_t v = 0;
	bool hex = s.n > 2 && s.s[0] == '0' && (s.s[1] == 'x' || s.s[1] == 'X');
	size_t i = hex ? 2 : 0, minus = 0;

	if (!hex && s.n > 1 && s.s[0] == '-')
		i = minus = 1;
	if (i == s.n || s.n - i > 20)
		return false;
	for (; i < s.n; i++) {
		char c = s.s[i];
		unsigned int d = c >= '0' && c <= '9' ? (unsigned int)(c - '0') :
				 c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 :
				 c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10 : 99;

		if (d >= (hex ? 16u : 10u))
			return false;
		v = v * (hex ? 16 : 10) + d;
	}
	*ret = minus ? 0 - v : v;
	return true;
}

static bool is_name(struct tr_span s)
{
	if (s.n == 0 || s.n >= sizeof(((struct sg_sym *)0)->name))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.s[i] >= 'a' && s.s[i] <= 'z') || (s.s[i] >= 'A' && s.s[i] <= 'Z') || s.s[i] == '_' ||
		      (s.s[i] >= '0' && s.s[i] <= '9')))
			return false;
	return s.s[0] < '0' || s.s[0] > '9';
}

static bool one(struct tt_names *n, struct tt_tab *t, struct tr_span s, uint64_t *ret)
{
	const struct sg_sym *sym;

	if (plain_number(s, ret))
		return true;
	if (!is_name(s))
		return false;
	sym = find(t, s);
	if (sym) {
		*ret = sym->value;
		return true;
	}
	if (!n->learn)
		return false;
	if (t->t.nr >= TT_MAX_NAMES || (t->t.flags && t->own > 63)) {
		n->full = true;
		return false;
	}
	*ret = t->t.flags ? UINT64_C(1) << t->own : t->own;
	if (!add(t, s, *ret))
		return false;
	t->own++;
	return true;
}

bool tt_value(struct tt_names *n, enum tt_tab_id tab, struct tr_span text, uint64_t *ret)
{
	struct tt_tab *t = &n->tab[tab];
	uint32_t hash = 2166136261u ^ (uint32_t)tab;
	uint64_t all = 0;
	size_t slot;

	if (!t->t.flags)
		return one(n, t, text, ret);
	for (size_t i = 0; i < text.n; i++)
		hash = (hash ^ (uint8_t)text.s[i]) * 16777619u;
	slot = hash % (sizeof(n->recent) / sizeof(n->recent[0]));
	if (text.n && n->recent[slot].len == text.n && n->recent[slot].hash == hash &&
	    memcmp(n->recent[slot].text, text.s, text.n) == 0) {
		*ret = n->recent[slot].value;
		return true;
	}
	if (!tr_span_is(text, "none"))
		for (const char *p = text.s, *end = text.s + text.n; p <= end;) {
			const char *bar = memchr(p, '|', (size_t)(end - p));
			struct tr_span part = { p, (size_t)((bar ? bar : end) - p) };
			uint64_t v;

			if (!one(n, t, part, &v))
				return false;
			all |= v;
			p += part.n + 1;
		}
	if (text.n < sizeof(n->recent[0].text)) {
		n->recent[slot].len = (uint32_t)text.n;
		n->recent[slot].hash = hash;
		n->recent[slot].value = all;
		memcpy(n->recent[slot].text, text.s, text.n);
	}
	*ret = all;
	return true;
}
