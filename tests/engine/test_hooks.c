// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract of a policy: which hooks are taken on, how policies lie over each other, their states, and the eye.  What each
 * hook does: test_hooks_alloc.c and its neighbours.
 */
#include "sim_made.h"

#include "hooked.h"

/* ---- taking on ------------------------------------------------------------------- */

/* The policy's answers, set by the tests. */
static uint64_t say_pfn;

static void pick(void *state, const struct mm_eye *eye, const struct mm_ask_pick *in, uint64_t *pfn)
{
	*pfn = say_pfn;
}

static int add(struct mm_policy *p, const struct mm_hooks *h, struct sg_err *err)
{
	int r;

	memset(err, 0, sizeof(*err));
	r = mm_policy_add(p, h, err);
	if (r == 0)
		assert_int_equal(err->text[0], 0);
	else
		assert_null(strchr(err->text, '\n'));
	return r;
}

static void refused(void **state)
{
	struct mm_hooks good = { MM_HOOKS_HEAD("good"), .pick = pick }, h;
	struct mm_policy p, before;
	struct sg_err err;

	(void)state;
	mm_policy_init(&p, k_release(K_7_3));
	before = p;
	h = good;
	h.abi = MM_HOOKS_ABI + 1;
	assert_int_equal(add(&p, &h, &err), SG_E_UNSUPPORTED);
	assert_string_equal(err.text, "the policy was built for version 2 of the hooks, this program has version 1");
	h = good;
	h.revision = MM_HOOKS_REVISION + 1;
	assert_int_equal(add(&p, &h, &err), SG_E_UNSUPPORTED);
	h = good;
	h.size = 8;
	assert_int_equal(add(&p, &h, &err), SG_E_UNSUPPORTED);
	h = good;
	h.name = "a\nb";
	assert_int_equal(add(&p, &h, &err), SG_E_USAGE);
	h.name = NULL;
	assert_int_equal(add(&p, &h, &err), SG_E_USAGE);
	h = good;
	h.state_size = MM_HOOKS_MAX_STATE + 1;
	assert_int_equal(add(&p, &h, &err), SG_E_RANGE);
	assert_memory_equal(&p, &before, sizeof(p));
	for (unsigned int i = 0; i < MM_MAX_OVERLAYS; i++)
		assert_int_equal(add(&p, &good, &err), 0);
	assert_int_equal(add(&p, &good, &err), SG_E_RANGE);
}

/* A plug-in of a smaller struct: what comes after its end is no hook, whatever stands there. */
static void older(void **state)
{
	struct mm_hooks h = { MM_HOOKS_HEAD("old"), .pick = pick,
			      .lru_balance = (void (*)(void *, const struct mm_eye *, const struct mm_ask_lru_balance *,
						       struct mm_reply_lru_balance *))(uintptr_t)1 };
	struct mm_sim *s;
	uint64_t pfn;

	(void)state;
	h.size = offsetof(struct mm_hooks, fallback);
	s = hooked(K_7_3, &h);
	assert_int_equal(mm_sim_overlays(s)->asked, 1u << MM_HOOK_PICK);
	say_pfn = B(6);
	assert_int_equal(sim_ask_for(s, 4, M, 0, &pfn), MM_GOT_PAGE);
	assert_int_equal(pfn, B(6));
	hooked_done(s);
}

/* One of a larger struct goes as long as it has nothing in the part that isn't known here. */
static void newer(void **state)
{
	struct {
		struct mm_hooks h;
		void *more[2];
	} big = { .h = { MM_HOOKS_HEAD("new"), .pick = pick } };
	struct mm_policy p;
	struct sg_err err;

	(void)state;
	big.h.size = sizeof(big);
	mm_policy_init(&p, k_release(K_7_3));
	assert_int_equal(add(&p, &big.h, &err), 0);
	big.more[1] = &p;
	assert_int_equal(add(&p, &big.h, &err), SG_E_UNSUPPORTED);
	assert_non_null(strstr(err.text, "'new'"));
}

/* ---- states, and policies over each other --------------------------------------------- */

struct count {
	uint64_t asked, seen;
};

static void count_init(void *state, const struct mm_eye *eye)
{
	((struct count *)state)->asked = eye->nr_zones * 100;
}

/* Remembers what the policy beneath says, and answers that block's second successor. */
static void count_pick(void *state, const struct mm_eye *eye, const struct mm_ask_pick *in, uint64_t *pfn)
{
	struct count *c = state;

	c->asked++;
	c->seen = *pfn;
	*pfn += 2 * BLOCK;
}

static const struct mm_hooks counting = { MM_HOOKS_HEAD("counting"), .state_size = sizeof(struct count), .init = count_init,
					  .pick = count_pick };

static void states(void **state)
{
	struct mm_sim *s = hooked(K_7_3, &counting);
	struct mm_overlays *copy;
	const struct count *c = mm_sim_overlays(s)->layer[0].state, *d;
	uint64_t pfn;

	(void)state;
	assert_int_equal(c->asked, 100);
	sim_ask_for(s, 4, M, 0, &pfn);
	assert_int_equal(pfn, B(2));
	assert_int_equal(c->asked, 101);
	copy = mm_overlays_copy(mm_sim_overlays(s));
	d = copy->layer[0].state;
	assert_ptr_not_equal(c, d);
	assert_memory_equal(c, d, sizeof(*c));
	mm_sim_release(s, 0, B(2), 4); /* the first of its list now */
	sim_ask_for(s, 10, M, 0, &pfn);
	assert_int_equal(pfn, B(4));
	assert_int_equal(c->asked, 102);
	assert_int_equal(d->asked, 101);
	mm_sim_release(s, 0, B(4), 10);
	/* a question that nobody acts on leaves no trace */
	s->hooks->eye.what_if = true;
	sim_ask_for(s, 10, M, 0, &pfn);
	assert_int_equal(c->asked, 102);
	mm_overlays_free(copy);
	assert_faultless(s);
	hooked_done(s);
}

static void stack(void **state)
{
	struct mm_hooks low = { MM_HOOKS_HEAD("low"), .pick = pick };
	struct mm_sim_cfg c = hooked_cfg(K_7_3, &low);
	struct sg_err err;
	const struct count *n;
	struct mm_sim *s;
	uint64_t pfn;

	(void)state;
	assert_int_equal(mm_policy_add(&c.policy, &counting, &err), 0);
	s = sim_make(&c);
	n = mm_sim_overlays(s)->layer[1].state;
	say_pfn = B(6);
	sim_ask_for(s, 4, M, 0, &pfn);
	assert_int_equal(n->seen, B(6));
	assert_int_equal(pfn, B(8));
	/* the upper one is wrong: there is nothing behind B(14); the lower one's answer stays */
	say_pfn = B(14);
	sim_ask_for(s, 10, M, 0, &pfn);
	assert_int_equal(pfn, B(14));
	assert_wrong(s, "pick", "the page is not in the zone");
	hooked_done(s);
}

/* ---- the eye --------------------------------------------------------------------------- */

static void eye(void **state)
{
	struct mm_sim *s = hooked_full(K_7_3, &counting);
	const struct mm_eye *e = &mm_sim_overlays(s)->eye;
	struct mm_eye_zone z;
	struct mm_eye_page p;
	struct mm_eye_block b;
	uint64_t pfn[4], n;
	int64_t v;

	(void)state;
	sim_vacate(s, B(5), 9);
	sim_vacate(s, B(7), 9);
	assert_true(e->zone(e, 0, &z));
	assert_false(e->zone(e, 1, &z));
	assert_int_equal(z.min, 100);
	assert_int_equal(z.high, 300);
	assert_int_equal(z.free, 1024);
	assert_int_equal(z.free_blocks, 1024);
	assert_string_equal(z.name, "Normal");
	assert_int_equal(e->list_blocks(e, 0, 9, M), 2);
	assert_int_equal(e->list(e, 0, 9, M, pfn, 4), 2);
	assert_int_equal(pfn[0], B(7));
	assert_int_equal(e->list_blocks(e, 0, 99, M), 0);
	assert_int_equal(e->zone_of(e, B(3)), 0);
	assert_int_equal(e->zone_of(e, 3), -1);
	assert_true(e->page(e, B(5) + 3, &p));
	assert_int_equal(p.state, MM_EYE_FREE);
	assert_int_equal(p.head, B(5));
	assert_true(e->page(e, B(6), &p));
	assert_int_equal(p.state, MM_EYE_USED);
	assert_int_equal(p.pid, 7);
	assert_false(e->page(e, 3, &p));
	assert_true(e->block(e, B(6) + 9, &b));
	assert_int_equal(b.used, 512);
	assert_int_equal(e->type_blocks(e, 0, M), 16);
	assert_true(e->setting(e, "swappiness", &v));
	assert_int_equal(v, 60);
	assert_true(e->setting(e, "promote", &v));
	assert_int_equal(v, 1);
	assert_false(e->setting(e, "?", &v));
	assert_true(e->count(e, "pgfree", &n));
	assert_false(e->count(e, "?", &n));
	hooked_done(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused), cmocka_unit_test(older), cmocka_unit_test(newer), cmocka_unit_test(states),
		cmocka_unit_test(stack), cmocka_unit_test(eye),
	};

	return cmocka_run_group_tests_name("policies over the kernel's rules", tests, NULL, NULL);
}
