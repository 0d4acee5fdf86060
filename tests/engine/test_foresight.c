// SPDX-License-Identifier: GPL-2.0-only
/* What pageblocks were before their first touch: a made history, whose every type is worked out beside it. */
#include "made.h"

#include <stdlib.h>

#include "time/foresight.h"

#define HIGHATOMIC 3u
#define NONE MM_MT_UNKNOWN

static unsigned int foreseen(const struct mm_machine *m, unsigned int i)
{
	struct mm_block_info bi;

	mm_block_get(m, B(i) / BLOCK, &bi);
	return bi.foreseen;
}

static unsigned int type(const struct mm_machine *m, unsigned int i)
{
	struct mm_block_info bi;

	mm_block_get(m, B(i) / BLOCK, &bi);
	return bi.migratetype;
}

static void prepare(struct mm_timeline *tl)
{
	while (mm_timeline_prepare(tl, 1))
		;
}

/* The first three events. */
static void begin(struct made *mk)
{
	mk->log = sg_log_new();
	send_locked(mk, B(0), 0, M, true);  /* 1: block 0 is Movable, as event 2 is no claim of it */
	send_drain(mk, B(1), 0, U);         /* 2: block 1 is Unmovable */
	send_locked(mk, B(2), 0, U, true);  /* 3: block 2 is Unmovable by now: has it just become so? */
}

static void go_on(struct made *mk)
{
	send_extfrag(mk, B(2), 0, 3, U, M, OWNED); /* 4: yes, it was Movable */
	mk->cpu = 1;
	send_locked(mk, B(3), 0, R, true);         /* 5 */
	mk->cpu = 0;
	send_locked(mk, B(4), 0, M, true);         /* 6: another CPU's, between the two of a claim */
	mk->cpu = 1;
	send_extfrag(mk, B(3), 0, 4, R, M, OWNED); /* 7: block 3 was Movable */
	mk->cpu = 0;
	send_drain(mk, B(0) + 4, 0, U);            /* 8: block 0 is told already; block 4 was Movable */
	send_extfrag(mk, B(6), 0, 10, U, M, OWNED);    /* 9: blocks 6 and 7 were Movable */
	send_extfrag(mk, B(5), 0, 2, U, R, NOT_OWNED); /* 10: block 5 is and was Reclaimable */
	send_drain(mk, B(8), 0, HIGHATOMIC);       /* 11: it may have become so without an event */
	send_drain(mk, B(8) + 1, 0, M);            /* 12: which event 12 doesn't mend */
	send_alloc(mk, B(9), 0, U);                /* 13: a touch that tells no type */
	send_drain(mk, B(9), 0, R);                /* 14: block 9 was Reclaimable, also at 13 */
	send_locked(mk, B(10), 0, U, true);        /* 15: its claim may be among the lost ones */
	mk->missed = 2;
	send_drain(mk, B(11), 0, M);               /* 16: after a gap nothing is foreseen */
	send_drain(mk, B(12), 0, M);               /* 17 */
}

static const uint8_t at_start[NR_BLOCKS] = { M, U, M, M, M, R, M, M, NONE, R, NONE, NONE, NONE, NONE, NONE, NONE };

static void first_touch(void **state)
{
	struct made *mk = malloc(sizeof(*mk));
	struct mm_timeline *tl;
	const struct mm_machine *m;

	made_init(mk, 7, 3, MADE_USED);
	begin(mk);
	tl = mm_timeline_new(&mk->cfg, mk->log, 0, NULL);
	assert_non_null(tl);
	m = mm_timeline_machine(tl);
	for (unsigned int i = 0; i < NR_BLOCKS; i++) { /* nobody has read ahead */
		assert_int_equal(type(m, i), NONE);
		assert_int_equal(foreseen(m, i), NONE);
	}
	prepare(tl);
	assert_int_equal(foreseen(m, 0), M);
	assert_int_equal(foreseen(m, 1), U);
	assert_int_equal(foreseen(m, 2), NONE); /* the next event of the CPU decides, and isn't there */
	go_on(mk);
	prepare(tl);
	for (unsigned int i = 0; i < NR_BLOCKS; i++) {
		assert_int_equal(type(m, i), NONE); /* the machine itself knows no future */
		assert_int_equal(foreseen(m, i), at_start[i]);
	}
	mm_timeline_seek(tl, 2); /* known now: nothing is to be foreseen; of block 2 it still is */
	assert_int_equal(type(m, 1), U);
	assert_int_equal(foreseen(m, 1), NONE);
	assert_int_equal(type(m, 2), NONE);
	assert_int_equal(foreseen(m, 2), M);
	mm_timeline_seek(tl, 3);
	assert_int_equal(type(m, 2), U);
	assert_int_equal(foreseen(m, 2), NONE);
	mm_timeline_seek(tl, 13);
	assert_int_equal(type(m, 9), NONE);
	assert_int_equal(foreseen(m, 9), R);
	mm_timeline_seek(tl, 14);
	assert_int_equal(type(m, 9), R);
	assert_int_equal(foreseen(m, 9), NONE);
	mm_timeline_seek(tl, UINT64_MAX); /* and it is the state of a machine without foresight */
	assert_int_equal(mm_hash(m), mm_hash(mk->m));
	mm_timeline_free(tl);
	made_fini(mk);
	free(mk);
}

/* Until 6.9 a block may lie on another type's list: an event of the list doesn't tell of the pageblock. */
static void old_kernel(void **state)
{
	struct made *mk = malloc(sizeof(*mk));
	struct mm_timeline *tl;

	made_init(mk, 6, 1, MADE_USED);
	begin(mk);
	go_on(mk);
	tl = mm_timeline_new(&mk->cfg, mk->log, 0, NULL);
	assert_non_null(tl);
	prepare(tl);
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		assert_int_equal(foreseen(mm_timeline_machine(tl), i), NONE);
	mm_timeline_free(tl);
	made_fini(mk);
	free(mk);
}

/* Numbers that name no page, order, type or CPU of the machine are passed over. */
static void hostile(void **state)
{
	static const uint64_t odd[] = { 0, 1, 5, 7, 8, 10, 11, 63, 64, 255, 4096, START, END - 1, END, END + 1,
					UINT32_MAX, 1ull << 55, UINT64_MAX - 1, UINT64_MAX };
	struct made *mk = malloc(sizeof(*mk));
	uint64_t seed = 5, nr = sizeof(odd) / sizeof(odd[0]);
	struct mm_foresight *f;

	made_capture(mk, 7, 3);
	mk->log = sg_log_new();
	mk->m = NULL;
	for (unsigned int i = 0; i < 20000; i++) {
		uint64_t v[4];

		for (unsigned int k = 0; k < 4; k++)
			v[k] = odd[rnd(&seed) % nr];
		mk->cpu = (uint16_t)odd[rnd(&seed) % nr];
		if (i % 3 == 0)
			send_extfrag(mk, v[0], (unsigned int)v[1], (unsigned int)v[1], U, (unsigned int)v[2], OWNED);
		else
			send_any(mk, i % 3 == 1 ? SG_EV_mm_page_alloc_zone_locked : SG_EV_mm_page_pcpu_drain, v[0],
				 v[1], v[2], 0);
	}
	f = mm_foresight_new(mk->log, &mk->cap, mk->cap.nr_cpus, 11, 9, END, NULL);
	assert_non_null(f);
	while (mm_foresight_read(f, 1000))
		;
	for (uint64_t b = 0; b < END / BLOCK + 9; b++)
		assert_true(mm_foresight_get(f, b, 0) == NONE || mm_foresight_get(f, b, 0) < 6);
	assert_int_equal(mm_foresight_get(f, UINT64_MAX, 0), NONE);
	assert_int_equal(mm_foresight_get(NULL, 0, 0), NONE);
	/* 48 pageblocks at most, whatever the events name */
	assert_true(mm_foresight_bytes(f) < 49 * 8 + 2 * 16 + 400);
	mm_foresight_free(f);
	made_fini(mk);
	free(mk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_touch),
		cmocka_unit_test(old_kernel),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
