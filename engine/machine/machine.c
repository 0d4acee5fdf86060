// SPDX-License-Identifier: GPL-2.0-only
/* The machine's life: made from a configuration, freed. */
#include "policy/policy.h"
#include "machine/state.h"

#include <stdlib.h>
#include <string.h>

#include "sg_mem.h"

static int build_seeds(struct mm_machine *m, struct sg_err *err)
{
	struct mm_seed_span span[MM_MAX_ZONES];
	int r;

	for (unsigned int i = 0; i < m->core.nr_zones; i++)
		span[i] = (struct mm_seed_span){ m->core.zone[i].start, m->core.zone[i].end };
	r = mm_seed_blank(span, m->core.nr_zones, &m->seed, err);
	if (r == SG_OK)
		m->seed_blank = mm_seed_get(m->seed);
	/* of a damaged snapshot, what was whole is used */
	for (unsigned int i = 0; r != SG_E_NOMEM && i < m->cfg.nr_seeds; i++)
		if (m->cfg.seed[i].snap && m->cfg.seed[i].snap->have_pageflags &&
		    m->core.nr_zones && !m->core.zone[0].deduced)
			r = mm_seed_new(m->cfg.seed[i].snap, span, m->core.nr_zones, m->nr_orders - 1, m->map,
					&m->seed_map[i], err);
	for (unsigned int i = 0; r != SG_E_NOMEM && i < m->cfg.nr_seeds; i++)
		if (m->cfg.seed[i].snap && !mm_seed_trusted(m, i, &m->seed_types[i])) {
			mm_seed_put(m->seed_map[i]);
			m->seed_map[i] = NULL;
		}
	return r == SG_E_NOMEM ? r : SG_OK;
}

/* CPUs whose lists and last events are followed. */
static unsigned int cpus_of(const struct mm_config *cfg)
{
	unsigned int nr = cfg->cap->nr_cpus;

	if (nr > MM_MAX_BASE_CPUS) {
		if (cfg->limits)
			sg_limits_add(cfg->limits, SG_LIMIT_CAP_HIT, 0, 0, NULL,
				      "the machine has %u CPUs, and %d are followed: per-cpu lists of the others aren't known, and what depends on them is undecided",
				      nr, MM_MAX_BASE_CPUS);
		nr = MM_MAX_BASE_CPUS;
	}
	return nr ? nr : 1;
}

/* A kernel whose rules aren't known is followed by those of another one. */
static void guessed_rules(const struct mm_config *cfg)
{
	struct mm_policy p;

	mm_policy_of_capture(&p, cfg->cap, NULL, 0);
	if (!cfg->limits || !p.guess)
		return;
	if (cfg->cap->kver[0] == 0)
		sg_limits_add(cfg->limits, SG_LIMIT_RULES_GUESSED, 1, SG_LIMIT_END,
			      "Record with trace-cmd record, which stores the kernel's release",
			      "Nothing tells of which kernel the capture is: the rules of %s are followed",
			      p.name);
	else if (mm_release_of(cfg->cap) < MM_OLDEST_WHOLE)
		sg_limits_add(cfg->limits, SG_LIMIT_RULES_GUESSED, 1, SG_LIMIT_END, NULL,
			      "The capture's kernel %s is older than 6.1: the rules of %s are followed as far as they are known, so what is "
			      "said of its decisions, and what follows from them, is a guess",
			      cfg->cap->kernel, p.name);
	else
		sg_limits_add(cfg->limits, SG_LIMIT_RULES_GUESSED, 1, SG_LIMIT_END, NULL,
			      "The capture's kernel %s is none of those whose rules are known: those of %s are followed, so what is "
			      "said of its decisions, and what follows from them, is a guess",
			      cfg->cap->kernel, p.name);
}

static void no_snapshot(struct sg_limits *l)
{
	sg_limits_add(l, SG_LIMIT_NO_SNAPSHOT, 1, SG_LIMIT_END,
		      "Put a snapshot beside the trace: in-start/ with its markers, or before/ (samples/README.md says what is in it)",
		      "No snapshot lies beside the trace: every page is unknown until an event tells of it, and so are the free lists, "
		      "the watermarks and the settings");
}

/* Those of the policy that the run was under, which may be switched. */
static struct mm_facts simulated_facts(const struct sg_capture *cap)
{
	struct mm_policy p;

	mm_policy_of_capture(&p, cap, NULL, 0);
	return p.facts;
}

struct mm_machine *mm_machine_make(const struct mm_config *cfg, struct sg_err *err)
{
	struct mm_machine *m = calloc(1, sizeof(*m));

	if (m) {
		m->nr_cpus = cpus_of(cfg);
		m->nr_base = m->nr_cpus;
		/* what no zone and no CPU uses is never touched, so it takes no memory */
		m->core.zone = calloc(MM_MAX_ZONES, sizeof(*m->core.zone));
	}
	if (!m || !m->core.zone || !(m->pool = mm_pool_new())) {
		if (m)
			free(m->core.zone);
		free(m);
		sg_fail(err, SG_E_NOMEM, "out of memory");
		return NULL;
	}
	m->cfg = *cfg;
	m->cap = cfg->cap;
	/* of a capture that doesn't say its kernel the newest ones */
	m->facts = cfg->cap->simulated ? simulated_facts(cfg->cap) : mm_facts_of(mm_release_of(cfg->cap));
	mm_orders_init(m, cfg);
	m->hygiene = mm_has(m->facts, HYGIENE);
	m->shuffled = sg_limits_find(&cfg->cap->limits, SG_LIMIT_SHUFFLED) != NULL;
	if (mm_zones_init(m, err) < 0 || build_seeds(m, err) < 0 ||
	    mm_cow_init(&m->pages, sizeof(struct page_ent), m->end_pfn, false, m->pool) < 0 ||
	    mm_cow_init(&m->blocks, sizeof(struct block_ent), (m->end_pfn >> m->pb_order) + 1, false, m->pool) < 0 ||
	    mm_cow_init(&m->pcp, sizeof(struct pcp_state), (uint64_t)m->core.nr_zones * m->nr_cpus, true, m->pool) < 0) {
		if (err && !err->code)
			sg_fail(err, SG_E_NOMEM, "out of memory for the machine");
		mm_machine_free(m);
		return NULL;
	}
	for (unsigned int i = cfg->nr_seeds; i-- > 0;)
		if (cfg->seed[i].snap && cfg->seed[i].marker)
			mm_zones_size(m, cfg->seed[i].snap);
	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		if (cfg->seed[i].snap && !cfg->seed[i].marker)
			mm_seed_apply(m, i);
	guessed_rules(cfg);
	if (cfg->limits && cfg->nr_seeds == 0)
		no_snapshot(cfg->limits);
	/* a first snapshot was taken some time before the trace began: until the next one it may be stale */
	for (unsigned int i = 0; i < cfg->nr_seeds; i++)
		if (cfg->seed[i].snap && cfg->seed[i].marker)
			m->core.in_snapshot = true;
	return m;
}

/**
 * mm_machine_copy() - a second machine in the same state, sharing with @src what neither has changed since
 * Return: NULL when memory runs out
 */
struct mm_machine *mm_machine_copy(const struct mm_machine *src)
{
	struct mm_machine *m = malloc(sizeof(*m));

	if (!m)
		return NULL;
	*m = *src;
	m->copy = true;
	m->observing = false;
	m->placer = NULL;
	m->core.zone = malloc((m->core.nr_zones + 1) * sizeof(*m->core.zone));
	m->obs = src->obs ? malloc(src->obs_bytes) : NULL;
	if (!m->core.zone || (src->obs && !m->obs)) {
		free(m->core.zone);
		free(m->obs);
		free(m);
		return NULL;
	}
	memcpy(m->core.zone, src->core.zone, m->core.nr_zones * sizeof(*m->core.zone));
	if (src->obs)
		memcpy(m->obs, src->obs, src->obs_bytes);
	mm_pool_get(m->pool);
	mm_map_get(m->map);
	memset(&m->pages, 0, sizeof(m->pages));
	memset(&m->blocks, 0, sizeof(m->blocks));
	memset(&m->pcp, 0, sizeof(m->pcp));
	if (m->seed)
		mm_seed_get(m->seed);
	if (m->seed_blank)
		mm_seed_get(m->seed_blank);
	for (unsigned int i = 0; i < 2; i++)
		if (m->seed_map[i])
			mm_seed_get(m->seed_map[i]);
	if (mm_cow_share(&m->pages, &src->pages) < 0 || mm_cow_share(&m->blocks, &src->blocks) < 0 ||
	    mm_cow_share(&m->pcp, &src->pcp) < 0) {
		mm_machine_free(m);
		return NULL;
	}
	return m;
}

void mm_forget(struct mm_machine *m)
{
	struct mm_core *c = &m->core;

	mm_cow_clear(&m->pages);
	mm_cow_clear(&m->blocks);
	mm_cow_clear(&m->pcp);
	mm_seed_put(m->seed);
	m->seed = mm_seed_get(m->seed_blank);
	if (c->nr_zones)
		mm_seed_stretch(m->seed, c->zone[c->nr_zones - 1].end);
	for (unsigned int i = 0; i < c->nr_zones; i++) {
		struct zone_state *z = &c->zone[i];

		mm_lists_clear(z);
		z->list_known = z->have_type_blocks = false;
		memset(z->complete, 0, sizeof(z->complete));
		memset(z->nr_pages, 0, sizeof(z->nr_pages));
		z->nr_pages[PS_UNKNOWN] = z->end - z->start;
		memset(z->type_blocks, 0, sizeof(z->type_blocks));
		memset(z->folios, 0, sizeof(z->folios));
	}
	for (unsigned int i = 0; i < MM_MAX_NODES; i++)
		c->node[i] = (struct mm_node_info){ .present = c->node[i].present };
	c->in_snapshot = false;
	c->seed_lost = 0;
	m->nr_changes = m->total_changes = 0;
	m->nr_block_changes = m->total_block_changes = 0;
}

void mm_machine_free(struct mm_machine *m)
{
	if (!m)
		return;
	mm_cow_fini(&m->pages);
	mm_cow_fini(&m->blocks);
	mm_cow_fini(&m->pcp);
	mm_seed_put(m->seed);
	mm_seed_put(m->seed_blank);
	for (unsigned int i = 0; i < 2; i++)
		mm_seed_put(m->seed_map[i]);
	mm_pool_put(m->pool);
	mm_map_put(m->map);
	free(m->core.zone);
	free(m->obs);
	free(m);
}

void mm_node_get(const struct mm_machine *m, int node, struct mm_node_info *ret)
{
	*ret = (struct mm_node_info){ 0 };
	if (node >= 0 && node < MM_MAX_NODES)
		*ret = m->core.node[node];
	if (m->map) {
		ret->migrate_pfn = ret->migrate_pfn ? mm_out(m, ret->migrate_pfn) : 0;
		ret->free_pfn = ret->free_pfn ? mm_edge_out(m, ret->free_pfn) : 0;
	}
}
