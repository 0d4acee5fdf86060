// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real streams that contradict themselves: the samples' events with some dropped, doubled, swapped or bent, and
 * snapshots missing or at odds with them.  The check goes through to the end, its sums agree with what it
 * reports, the machine stays whole, and what can't be is counted.  Seeds are fixed and printed.
 */
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "time/image.h"
#include "sample.h"

#define NR_EVENTS 30000u
#define AUDIT_EVERY 5000u
#define MOST_TEXT 1024u

/* One event in RATE is bent; of page events that leaves thousands that contradict the rest. */
#define RATE 50u

enum mutation { AS_IT_IS, DROP, DOUBLE, SWAP, PFNS, ORDERS, TYPES, COUNTS, TIMES, NODES, ZONES, LOST, CPUS, NR_MUTATIONS };

static const char *const name[NR_MUTATIONS] = {
	"as it is", "dropped", "doubled", "swapped", "pfns", "orders", "types", "counts", "times", "nodes", "zones", "lost", "cpus",
};

struct told {
	uint64_t nr[MM_CHECK_COUNT][3]; /* by verdict */
};

static void on_decision(void *arg, const struct mm_decision *d)
{
	struct told *t = arg;

	assert_true(d->kind < MM_CHECK_COUNT);
	assert_true(d->nr_numbers <= MM_DECISION_NUMBERS);
	assert_true(d->rule[0]);
	assert_true(strlen(d->ours) < MOST_TEXT && strlen(d->kernel) < MOST_TEXT && strlen(d->reason) < MOST_TEXT);
	if (d->verdict == MM_UNDECIDED)
		assert_true(d->why[0]);
	for (unsigned int i = 0; i < d->nr_numbers; i++)
		assert_non_null(d->number[i].name);
	t->nr[d->kind][d->verdict]++;
}

static uint64_t odd(uint64_t *seed)
{
	static const uint64_t edges[] = { 0, 1, UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX, 1ull << 32, 11, 16, 64, 255, 65536 };
	uint64_t r = rnd(seed);

	return r & 1 ? edges[(r >> 8) % (sizeof(edges) / sizeof(edges[0]))] : rnd(seed) >> (r >> 8) % 64;
}

/* Every field of type @type becomes any number. */
static void bend_fields(struct sg_event *ev, enum sg_type type, uint64_t *seed)
{
	const struct sg_kind_info *ki = sg_kind_info(ev->kind);

	for (unsigned int i = 0; i < ki->nr_fields; i++)
		if (ki->field[i].type == type)
			ev->v[i] = odd(seed);
}

static void bend(struct sg_event *ev, enum mutation how, uint64_t *seed)
{
	switch (how) {
	case PFNS:
		bend_fields(ev, SG_T_PFN, seed);
		break;
	case ORDERS:
		bend_fields(ev, SG_T_ORDER, seed);
		break;
	case TYPES:
		bend_fields(ev, SG_T_MT, seed);
		break;
	case COUNTS:
		bend_fields(ev, SG_T_UINT, seed);
		bend_fields(ev, SG_T_INT, seed);
		break;
	case TIMES:
		ev->ts = odd(seed);
		break;
	case NODES:
		bend_fields(ev, SG_T_NID, seed);
		break;
	case ZONES:
		bend_fields(ev, SG_T_ZONE, seed);
		break;
	case LOST:
		ev->missed = (int64_t)odd(seed);
		break;
	case CPUS:
		ev->cpu = (uint16_t)odd(seed);
		ev->pid = (int32_t)odd(seed);
		break;
	default:
		break;
	}
}

struct run {
	struct mm_machine *m;
	struct mm_check *c;
	uint64_t sent;
};

static void send(struct run *r, const struct sg_event *ev)
{
	mm_check_observe(r->c, r->m, ev);
	if (++r->sent % AUDIT_EVERY == 0)
		check_whole(r->m);
}

/* Sends @ev the way @how says; @held is the event that a swap keeps for one turn. */
static void send_bent(struct run *r, struct sg_event ev, enum mutation how, uint64_t *seed, struct sg_event *held, bool *holds)
{
	bool now = rnd(seed) % RATE == 0;

	if (*holds) {
		send(r, &ev);
		send(r, held);
		*holds = false;
		return;
	}
	if (now && how == DROP)
		return;
	if (now && how == SWAP && !ev.str) { /* an event's text is only borrowed until the next one */
		*held = ev;
		*holds = true;
		return;
	}
	if (now)
		bend(&ev, how, seed);
	send(r, &ev);
	if (now && how == DOUBLE)
		send(r, &ev);
}

/* Runs the check over the first events of @s; the number of contradictions that the machine counted. */
static uint64_t run(const struct sample *s, const struct mm_config *cfg, enum mutation how, uint64_t seed)
{
	struct told told = { 0 };
	struct sg_cursor cursor = { 0 };
	struct sg_err err = { 0 };
	struct sg_event ev, held = { 0 };
	struct run r = { .m = mm_machine_new(cfg, &err) };
	bool holds = false;
	uint64_t found;

	assert_non_null(r.m);
	r.c = mm_check_new(r.m, cfg, on_decision, &told, &err);
	assert_non_null(r.c);
	sg_log_seek(s->log, &cursor, 1);
	for (uint64_t i = 0; i < NR_EVENTS && sg_log_next(&cursor, &ev); i++)
		send_bent(&r, ev, how, &seed, &held, &holds);
	mm_check_finish(r.c);
	assert_int_equal(mm_position(r.m), r.sent);
	check_whole(r.m);
	for (unsigned int k = 0; k < MM_CHECK_COUNT; k++) {
		const struct mm_check_sum *sum = mm_check_get(r.c, (enum mm_check_kind)k);
		const uint64_t *nr = told.nr[k];
		uint64_t undecided = 0;

		/* every decision is told once, and is one of the three */
		assert_int_equal(sum->total, nr[MM_UNDECIDED] + nr[MM_EQUAL] + nr[MM_DIFFERS]);
		assert_int_equal(sum->decidable, nr[MM_EQUAL] + nr[MM_DIFFERS]);
		assert_int_equal(sum->equal, nr[MM_EQUAL]);
		for (unsigned int i = 0; i < sum->nr_why; i++)
			undecided += sum->undecided[i].count;
		assert_int_equal(undecided, nr[MM_UNDECIDED]);
	}
	found = contradictions(r.m);
	print_message("%s: %llu events, %llu contradictions\n", name[how], (unsigned long long)r.sent, (unsigned long long)found);
	mm_check_free(r.c);
	mm_machine_free(r.m);
	return found;
}

/* Events that are missing or that name other pages and orders are more contradictions than the stream has by itself. */
static void every_mutation(const char *path, uint64_t seed)
{
	struct sample s;
	uint64_t plain;

	print_message("seed %llu\n", (unsigned long long)seed);
	sample_open(&s, path);
	plain = run(&s, &s.cfg, AS_IT_IS, seed);
	for (enum mutation how = DROP; how < NR_MUTATIONS; how++) {
		uint64_t found = run(&s, &s.cfg, how, seed + how);

		if (how == DROP || how == DOUBLE || how == PFNS || how == ORDERS)
			assert_true(found > plain);
	}
	sample_close(&s);
}

static void bent_7_3(void **state)
{
	every_mutation(SAMPLE, 1);
}

static void bent_6_1(void **state)
{
	every_mutation(SAMPLE_OLD, 100);
}

/* No snapshot, only the later one, and zones of half their size: pages outside every zone. */
static void other_snapshots(void **state)
{
	struct sg_snapshot half;
	struct sg_zone_snap zone[64];
	struct mm_config cfg;
	struct sample s;
	uint64_t plain;

	sample_open(&s, SAMPLE);
	plain = run(&s, &s.cfg, AS_IT_IS, 1);
	cfg = s.cfg;
	cfg.nr_seeds = 0;
	run(&s, &cfg, AS_IT_IS, 1);
	cfg = s.cfg;
	cfg.seed[0] = cfg.seed[1];
	cfg.nr_seeds = 1;
	run(&s, &cfg, AS_IT_IS, 1);
	cfg = s.cfg;
	half = *cfg.seed[0].snap;
	assert_true(half.nr_zones <= 64);
	memcpy(zone, half.zone, half.nr_zones * sizeof(zone[0]));
	for (unsigned int i = 0; i < half.nr_zones; i++)
		zone[i].spanned /= 2;
	half.zone = zone;
	cfg.seed[0].snap = &half;
	assert_true(run(&s, &cfg, AS_IT_IS, 1) > plain);
	sample_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bent_7_3), cmocka_unit_test(bent_6_1), cmocka_unit_test(other_snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
