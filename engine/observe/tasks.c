// SPDX-License-Identifier: GPL-2.0-only
/* Tasks in the middle of reclaim or compaction. */
#include "observe/observe.h"

/**
 * mm_ctx() - the reclaim or compaction that task @pid is in, NULL when in none
 * @create: make one; the oldest gives way when there are too many (their ends were lost)
 */
struct task_ctx *mm_ctx(struct mm_machine *m, int32_t pid, bool create)
{
	struct task_ctx *c;

	for (unsigned int i = 0; i < m->obs->nr_ctx; i++)
		if (m->obs->ctx[i].pid == pid)
			return &m->obs->ctx[i];
	if (!create)
		return NULL;
	if (m->obs->nr_ctx == MM_MAX_CTX)
		mm_ctx_gone(m, &m->obs->ctx[0]);
	c = &m->obs->ctx[m->obs->nr_ctx++];
	*c = (struct task_ctx){ .pid = pid, .order = -1, .request = -1, .zone = -1 };
	return c;
}

void mm_ctx_gone(struct mm_machine *m, struct task_ctx *c)
{
	unsigned int i = (unsigned int)(c - m->obs->ctx);

	for (; i + 1 < m->obs->nr_ctx; i++)
		m->obs->ctx[i] = m->obs->ctx[i + 1];
	m->obs->nr_ctx--;
}

/** Reclaims and compacts no more: nothing is remembered of it. */
void mm_ctx_release(struct mm_machine *m, struct task_ctx *c)
{
	if (!c->in_reclaim && !c->in_compact)
		mm_ctx_gone(m, c);
}

/** The task of @c got (or was refused) a page: a direct compaction of its own is over. */
void mm_ctx_alloc(struct mm_machine *m, struct task_ctx *c)
{
	if (c->zone >= 0)
		return; /* in the middle of a run: a page for its own use */
	c->in_compact = 0;
	mm_ctx_release(m, c);
}

/** Is any task, kcompactd among them, in a compaction run on node @nid? */
bool mm_node_compacts(const struct mm_machine *m, int nid)
{
	for (unsigned int i = 0; i < m->obs->nr_ctx; i++)
		if (m->obs->ctx[i].zone >= 0 && m->core.zone[m->obs->ctx[i].zone].node == nid)
			return true;
	return false;
}

/** Counts anew who reclaims and compacts on each node. */
void mm_ctx_count(struct mm_machine *m)
{
	for (unsigned int n = 0; n < m->nodes_end; n++)
		m->core.node[n].nr_direct_reclaim = m->core.node[n].nr_direct_compact = 0;
	for (unsigned int i = 0; i < m->obs->nr_ctx; i++) {
		const struct task_ctx *c = &m->obs->ctx[i];
		int nid = c->zone >= 0 ? m->core.zone[c->zone].node : m->core.nr_zones ? m->core.zone[0].node : 0;

		if (nid < 0 || nid >= MM_MAX_NODES)
			continue;
		if ((unsigned int)nid >= m->nodes_end)
			m->nodes_end = (unsigned int)nid + 1;
		m->core.node[nid].nr_direct_reclaim += c->in_reclaim;
		m->core.node[nid].nr_direct_compact += c->in_compact && c->zone >= 0 && c->kind != CTX_KCOMPACTD;
	}
}
