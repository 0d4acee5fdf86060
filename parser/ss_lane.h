/* SPDX-License-Identifier: GPL-2.0-only */
/* The events of a lane: kind, time, pid and context, and what comes next; included by ss_codec.c alone. */
#ifndef SS_LANE_H
#define SS_LANE_H

#include "ss_fields.h"

SS_INLINE unsigned int code_kind(struct ss_codec *cd, const bool enc, struct ss_lane *l, unsigned int kind)
{
	struct ss_model *m = &cd->m;
	unsigned int k1 = l->k1, h = mix_hash(k1, l->k2, l->k3) & 4095, guess = m->kind_guess[h], sel;

	sel = (guess == k1) * 2 + (l->run == l->last_run[k1]);
	if (ss_bit2(&cd->c, cd->t, enc, &m->kind_run[k1][sel][l->run < 63 ? l->run : 63], &m->kind_ctx[h],
		    &m->kind_mix[k1], kind == guess))
		return guess;
	kind = ss_sym(&cd->c, cd->t, enc, m->kind_sym[k1], 7, kind) & 127;
	m->kind_guess[h] = (uint8_t)kind;
	return kind;
}

SS_INLINE unsigned int bits_of(uint64_t v)
{
	return v ? 64 - (unsigned int)__builtin_clzll(v) : 0;
}

SS_INLINE uint64_t code_time(struct ss_codec *cd, const bool enc, struct ss_lane *l, uint64_t d)
{
	struct ss_model *m = &cd->m;
	uint8_t *last = &l->time[mix_hash(l->kind, l->k1, 0) & 255];
	struct ss_time *a = &m->time_a[mix_hash(l->kind, l->k1, l->k2) & (SS_TIME_SLOTS - 1)];
	struct ss_time *b = &m->time_b[mix_hash(l->kind, l->k1, *last) & (2 * SS_TIME_SLOTS - 1)];
	unsigned int len = bits_of(d), node = 1, nr, usual = len - SS_TIME_MIN < 8;

	if (!ss_bit2(&cd->c, cd->t, enc, &a->usual, &b->usual, &m->time_mix[0], usual)) {
		d = ss_number_(&cd->c, cd->t, enc, &m->time_far, d);
	} else {
		for (nr = 3; nr-- > 0;)
			node = node << 1 | ss_bit2(&cd->c, cd->t, enc, &a->len[node], &b->len[node], &m->time_mix[node],
						   (len - SS_TIME_MIN) >> nr & 1);
		len = node & 7;
		node = 1;
		for (nr = 0; nr < 5; nr++)
			node = node << 1 | ss_bit2(&cd->c, cd->t, enc, &a->top[len][node], &b->top[len][node],
						   &m->time_mix[16 + len * 32 + node], d >> (len + SS_TIME_MIN - 2 - nr) & 1);
		nr = len + SS_TIME_MIN - 6;
		d = (uint64_t)node << nr | ss_raw(&cd->c, enc, d & ((1u << nr) - 1), nr);
	}
	len = bits_of(d);
	*last = (uint8_t)(len * 8 + (len > 3 ? d >> (len - 4) & 7 : d & 7));
	return d;
}

/* Kind and time of the lane's next event, or that there is none. */
SS_INLINE void code_ahead(struct ss_codec *cd, const bool enc, struct ss_lane *l, const struct sg_event *ev)
{
	unsigned int kind = SS_NO_KIND;
	uint64_t d = 0;

	if (enc && l->next != UINT32_MAX) {
		kind = ev[l->next].kind;
		d = ev[l->next].ts - l->ts;
	}
	kind = code_kind(cd, enc, l, kind);
	l->open = kind != SS_NO_KIND;
	l->kind = (uint8_t)kind;
	if (!l->open)
		return;
	d = code_time(cd, enc, l, d);
	l->next_ts = l->ts + d;
}

SS_INLINE void code_pid(struct ss_codec *cd, const bool enc, struct ss_lane *l, struct sg_event *ev)
{
	struct ss_model *m = &cd->m;
	unsigned int i = 0, known;

	if (ss_bit(&cd->c, cd->t, enc, &m->pid_same[ev->kind][l->k1], ev->pid == l->pid)) {
		ev->pid = l->pid;
		return;
	}
	if (enc)
		while (i < SS_NR_PIDS && m->pid[i] != ev->pid)
			i++;
	known = ss_bit(&cd->c, cd->t, enc, &m->pid_known, i < SS_NR_PIDS);
	if (known) {
		i = ss_sym(&cd->c, cd->t, enc, m->pid_which, 5, i) & (SS_NR_PIDS - 1);
		ev->pid = m->pid[i];
	} else {
		uint64_t d = (uint64_t)((int64_t)ev->pid - m->pid[0]);

		ev->pid = (int32_t)((uint64_t)m->pid[0] +
				    unzigzag(ss_number_(&cd->c, cd->t, enc, &m->pid_num, zigzag(d))));
		i = SS_NR_PIDS - 1;
	}
	memmove(m->pid + 1, m->pid, i * sizeof(m->pid[0]));
	m->pid[0] = ev->pid;
}

SS_INLINE void code_context(struct ss_codec *cd, const bool enc, struct ss_lane *l, struct sg_event *ev)
{
	struct ss_model *m = &cd->m;
	unsigned int v = ev->common_flags | (unsigned int)ev->preempt << 8;
	unsigned int h = mix_hash(ev->kind, l->k1, l->context) & 1023;

	if (ss_bit(&cd->c, cd->t, enc, &m->ctx_hit[h], v == m->ctx_guess[h])) {
		v = m->ctx_guess[h];
	} else {
		v = ss_sym(&cd->c, cd->t, enc, m->ctx_sym[0], 8, v & 255) & 255;
		v |= (ss_sym(&cd->c, cd->t, enc, m->ctx_sym[1], 8, ev->preempt) & 255) << 8;
		m->ctx_guess[h] = (uint16_t)v;
	}
	ev->common_flags = (uint8_t)v;
	ev->preempt = (uint8_t)(v >> 8);
	l->context = (uint16_t)v;
}

SS_INLINE void code_fields(struct ss_codec *cd, const bool enc, uint32_t lane, struct sg_event *ev)
{
	struct ss_lane *l = &cd->lane[lane];

	switch (ev->kind) {
	case SS_K_ALLOC:
		code_alloc(cd, enc, l, lane, ev);
		break;
	case SS_K_FREE:
		code_free(cd, enc, l, lane, ev);
		break;
	case SS_K_BATCHED:
		code_batched(cd, enc, l, ev);
		break;
	case SS_K_LOCKED:
		code_locked(cd, enc, l, lane, ev);
		break;
	case SS_K_DRAIN:
		code_drain(cd, enc, l, lane, ev);
		break;
	case SS_K_LRU:
		code_lru(cd, enc, l, ev);
		break;
	case SS_K_ADD:
		code_add(cd, enc, l, ev);
		break;
	case SS_K_DELETE:
		code_delete(cd, enc, l, ev);
		break;
	default:
		code_other(cd, enc, l, ev);
	}
}

/* One event of @lane, apart from its kind and time, and then what comes after it there. */
SS_INLINE void code_event(struct ss_codec *cd, const bool enc, uint32_t lane, struct sg_event *ev,
			 const struct sg_event *all)
{
	struct ss_lane *l = &cd->lane[lane];
	struct ss_model *m = &cd->m;

	code_pid(cd, enc, l, ev);
	code_context(cd, enc, l, ev);
	if (ss_bit(&cd->c, cd->t, enc, &m->missed, ev->missed != 0))
		ev->missed = (int64_t)unzigzag(ss_number_(&cd->c, cd->t, enc, &m->missed_num, zigzag((uint64_t)ev->missed)));
	else
		ev->missed = 0;
	code_fields(cd, enc, lane, ev);
	l->ts = ev->ts;
	l->pid = ev->pid;
	if (ev->kind == l->k1) {
		l->run++;
	} else {
		l->last_run[l->k1] = (uint16_t)(l->run < 65535 ? l->run : 65535);
		l->run = 1;
	}
	l->k3 = l->k2;
	l->k2 = l->k1;
	l->k1 = (uint8_t)ev->kind;
	code_ahead(cd, enc, l, all);
}

#endif
