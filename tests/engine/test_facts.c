// SPDX-License-Identifier: GPL-2.0-only
/* The facts of releases: when each begins and ends, what stable series took over, and how releases are read and written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/facts.h"

static bool at(uint32_t release, enum mm_fact x)
{
	return mm_facts_has(mm_facts_of(release), x);
}

/* Before its date no fact holds, from then on until its end it does, whichever series took it over. */
static void dates(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < MM_FACT_COUNT; i++) {
		enum mm_fact x = (enum mm_fact)i;
		uint32_t since, until, stable[16];
		unsigned int nr = mm_fact_stable(x, stable, 16);

		mm_fact_dates(x, &since, &until);
		assert_true(since > MM_OLDEST_RELEASE && since < until && since <= MM_NEWEST_RELEASE);
		assert_true(mm_release_known(since));
		assert_true(at(since, x));
		assert_false(at(MM_OLDEST_RELEASE, x));
		assert_int_equal(at(MM_NEWEST_RELEASE, x), until == MM_ALWAYS);
		if (until != MM_ALWAYS) {
			assert_true(at(until - 1, x));
			assert_false(at(until, x));
		}
		assert_true(nr <= 16);
		for (unsigned int k = 0; k < nr; k++) {
			/* taken over: of an older series, and not by its first release */
			assert_true(stable[k] < since && mm_release_known(stable[k]));
			assert_true(at(stable[k], x));
			assert_true(at(stable[k] | 0xffff, x));
			assert_false(at(stable[k] - 0x100, x));
			assert_false(at(MM_SINCE(stable[k] >> 24, (stable[k] >> 16 & 0xff) + 1), x) &&
				     since > MM_SINCE(stable[k] >> 24, (stable[k] >> 16 & 0xff) + 1));
		}
		assert_int_equal(mm_fact_find(mm_fact_key(x), strlen(mm_fact_key(x))), x);
		assert_true(strstr(mm_fact_where(x), ": ") != NULL && *mm_fact_text(x));
	}
	assert_int_equal(mm_fact_find("", 0), MM_FACT_COUNT);
	assert_int_equal(mm_fact_find("promote-", 8), MM_FACT_COUNT);
	assert_null(mm_fact_key(MM_FACT_COUNT));
}

/* What the kernels between those that were recorded from have: some of each neighbour. */
static void between(void **state)
{
	struct mm_facts f;

	(void)state;
	f = mm_facts_of(MM_NEWEST(6, 6));
	assert_true(mm_has(f, SUITABLE_ALONE) && mm_has(f, FINISH_ANY) && mm_has(f, BOOST_WAKE));
	assert_false(mm_has(f, PCP_AUTO) || mm_has(f, HYGIENE) || mm_has(f, FOLIO_TARGETS));
	f = mm_facts_of(MM_NEWEST(6, 11));
	assert_true(mm_has(f, HYGIENE) && mm_has(f, PCP_AUTO) && mm_has(f, FOLIO_TARGETS));
	assert_false(mm_has(f, CLAIM_STEAL) || mm_has(f, HIGHATOMIC_FREE) || mm_has(f, SUITABLE_ASYNC));
	f = mm_facts_of(MM_RELEASE(6, 16, 12));
	assert_true(mm_has(f, DEFRAG) && mm_has(f, SUITABLE_ASKED) && mm_has(f, SUITABLE_ASYNC) && mm_has(f, PCP_FREE_HIGH));
	assert_true(mm_has(f, GEN_REFS) && mm_has(f, RECLAIMABLE_FREE));
	assert_false(mm_has(f, ISOLATE_BIT) || mm_has(f, HOPELESS_FREE) || mm_has(f, SKIP_AWAKE) || mm_has(f, PCP_PIECES));
	f = mm_facts_of(MM_NEWEST(7, 0));
	assert_true(mm_has(f, COMPACT_IN_LOOP) && mm_has(f, HOPELESS_BALANCED) && mm_has(f, PCP_PIECES));
	assert_false(mm_has(f, PROMOTE) || mm_has(f, GAP_CAPPED) || mm_has(f, HIGHATOMIC_BUDDY));
	f = mm_facts_of(MM_NEWEST(7, 1));
	assert_true(mm_has(f, HIGHATOMIC_BUDDY) && mm_has(f, PCP_NO_ATOMIC));
	assert_false(mm_has(f, PROMOTE) || mm_has(f, DEFERRED_LEAVES));
	/* candidates of a release have what it brings, stable releases what came later */
	assert_true(mm_has(mm_facts_of(MM_RELEASE_RC(7, 2, 1)), PROMOTE));
	assert_false(mm_has(mm_facts_of(MM_RELEASE_RC(7, 3, 7)), PROMOTE_COUNTS));
	assert_false(mm_has(mm_facts_of(MM_RELEASE(7, 3, 3)), PROMOTE_COUNTS));
	assert_true(mm_has(mm_facts_of(MM_RELEASE(7, 3, 4)), PROMOTE_COUNTS));
	assert_false(mm_has(mm_facts_of(MM_RELEASE(6, 12, 28)), CLAIM_STEAL));
	assert_true(mm_has(mm_facts_of(MM_RELEASE(6, 12, 29)), CLAIM_STEAL));
	assert_false(mm_has(mm_facts_of(MM_NEWEST(6, 13)), CLAIM_STEAL));
	assert_true(mm_facts_equal(mm_facts_of(UINT32_MAX), mm_facts_of(MM_NEWEST_RELEASE)));
}

static void order(void **state)
{
	uint32_t all[64];
	unsigned int n = mm_release_series(all, 64);

	(void)state;
	assert_true(MM_RELEASE(7, 2, 13) < MM_SINCE(7, 3) && MM_SINCE(7, 3) < MM_RELEASE_RC(7, 3, 1));
	assert_true(MM_RELEASE_RC(7, 3, 254) < MM_RELEASE(7, 3, 0) && MM_RELEASE(7, 3, 0) < MM_RELEASE(7, 3, 1));
	assert_true(n > 30 && n <= 64);
	assert_int_equal(mm_release_series(all, 3), n);
	for (unsigned int i = 0; i < n; i++) {
		char buf[24];
		size_t len = mm_release_print(all[i], buf, sizeof(buf));

		assert_int_equal(len, strlen(buf));
		assert_int_equal(mm_release_parse(buf, len), all[i]);
		assert_true(mm_release_known(all[i]));
		assert_true(i == 0 || all[i] > all[i - 1]);
	}
	assert_int_equal(all[n - 1], MM_NEWEST_RELEASE);
	assert_int_equal(mm_release_print(MM_RELEASE(6, 12, 29), (char[4]){ 0 }, 4), 3);
	assert_int_equal(mm_release_print(MM_RELEASE(6, 12, 29), NULL, 0), 0);
}

/* As uname prints them, whole and broken. */
static void read_back(void **state)
{
	static const struct {
		const char *s;
		uint32_t release;
	} t[] = {
		{ "6.12.107+deb13-cloud-amd64", MM_RELEASE(6, 12, 107) }, { "6.1.0-50-amd64", MM_NEWEST(6, 1) },
		{ "5.10.0-32", MM_NEWEST(5, 10) }, { "6.9.0", MM_RELEASE(6, 9, 0) }, { "6.9.0-custom", MM_RELEASE(6, 9, 0) },
		{ "7.3.0-rc7", MM_RELEASE_RC(7, 3, 7) }, { "7.3.0-rc7-00012-gabcdef", MM_RELEASE_RC(7, 3, 7) },
		{ "7.3-rc7", MM_RELEASE_RC(7, 3, 7) }, { "7.3-cloud-amd64", MM_RELEASE_RC(7, 3, 254) }, { "7.3", MM_RELEASE(7, 3, 0) },
		{ "5.10.262", MM_NEWEST(5, 10) }, { "6.1.99999999999", MM_NEWEST(6, 1) }, { "6.x", 0 }, { "", 0 }, { "unknown", 0 },
		{ "6", 0 }, { "6.", 0 }, { ".6", 0 }, { "-6.1", 0 }, { "1234.5", 0 }, { "200.1", 0 }, { "6.256", 0 },
		{ "6.12.", MM_NEWEST(6, 12) },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (mm_release_read(t[i].s) != t[i].release)
			fail_msg("'%s': %x", t[i].s, mm_release_read(t[i].s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates), cmocka_unit_test(between), cmocka_unit_test(order), cmocka_unit_test(read_back),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
