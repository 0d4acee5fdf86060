// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real captures: the fast way and libtracecmd's must give the same events, in the order in which
 * tracecmd_iterate_events() gives them.  Always the samples; every capture beside the source tree
 * too.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <trace-cmd/trace-cmd.h>
#include <traceevent/event-parse.h>
#include <unistd.h>

#include "tr_priv.h"
#include "util.h"

#define BATCH 512

struct order {
	uint64_t nr, hash;
};

static void order_add(struct order *o, uint64_t ts, unsigned int cpu)
{
	o->nr++;
	o->hash = (o->hash ^ ts) * 0x100000001b3ull;
	o->hash = (o->hash ^ cpu) * 0x100000001b3ull;
}

static int one_record(struct tracecmd_input *handle, struct tep_record *rec, int cpu, void *arg)
{
	order_add(arg, rec->ts, (unsigned int)cpu);
	return 0;
}

static struct order library_order(const char *dir)
{
	struct order o = { 0 };
	struct tr_src src = { .fd = -1 };
	struct tracecmd_input *h;
	struct sg_err err;
	char file[4096];

	snprintf(file, sizeof(file), "%s/trace.dat", dir);
	if (access(file, F_OK) != 0)
		snprintf(file, sizeof(file), "%s/trace.dat.zst", dir);
	assert_int_equal(tr_src_open(file, &src, &err), 0);
	snprintf(file, sizeof(file), "/proc/self/fd/%d", src.fd);
	h = tracecmd_open(file, TRACECMD_FL_LOAD_NO_PLUGINS);
	assert_non_null(h);
	tracecmd_iterate_events(h, NULL, 0, one_record, &o);
	tracecmd_close(h);
	tr_src_close(&src);
	return o;
}

static bool same_text(const struct sg_event *a, const struct sg_event *b)
{
	return a->str_len == b->str_len && (!a->str_len || memcmp(a->str, b->str, a->str_len) == 0);
}

static void compare(const char *dir)
{
	static struct sg_event a[BATCH], b[BATCH];
	struct tr_capture *fast, *plain;
	struct order ours = { 0 }, theirs;
	struct sg_err err;
	uint64_t at = 0;
	size_t n, m;

	if (tr_open(dir, 0, &fast, &err) < 0 || tr_open(dir, TR_PLAIN, &plain, &err) < 0)
		fail_msg("%s", err.text);
	do {
		n = tr_read(fast, a, BATCH);
		m = tr_read(plain, b, BATCH);
		assert_int_equal(n, m);
		for (size_t i = 0; i < n; i++) {
			if (!tp_same(&a[i], &b[i]) || !same_text(&a[i], &b[i]))
				fail_msg("%s: event %" PRIu64 " differs", dir, at + i);
			if (a[i].instance == 0)
				order_add(&ours, a[i].ts, a[i].cpu);
		}
		at += n;
	} while (n);
	for (unsigned int k = 0; k < tr_info(fast)->nr_other; k++)
		assert_int_equal(tr_info(fast)->other[k].count, tr_info(plain)->other[k].count);
	assert_int_equal(tr_info(fast)->lost_events, tr_info(plain)->lost_events);
	tr_close(fast);
	tr_close(plain);
	theirs = library_order(dir);
	assert_int_equal(ours.nr, theirs.nr);
	assert_true(ours.hash == theirs.hash);
	printf("  %s: %" PRIu64 " events the same both ways\n", dir, at);
}

static void all_captures(void **state)
{
	size_t nr;
	char **dirs = tp_captures(&nr);

	assert_true(nr > 0);
	for (size_t i = 0; i < nr; i++)
		compare(dirs[i]);
	tp_captures_free(dirs, nr);
}

/* Without the thread the same comes out. */
static void one_thread(void **state)
{
	size_t nr;
	char **dirs = tp_captures(&nr);

	for (size_t i = 0; i < nr && i < 2; i++) {
		struct tp_events a = tp_events_of(dirs[i], 0),
				 b = tp_events_of(dirs[i], TR_NO_THREAD);

		tp_assert_same(&a, &b);
		tp_events_free(&a);
		tp_events_free(&b);
	}
	tp_captures_free(dirs, nr);
}

/* A table of names in libtraceevent's parsed print format: the entries of REC->field. */
static const struct tep_print_flag_sym *names_in(const struct tep_print_arg *arg, const char *field)
{
	for (; arg; arg = arg->next) {
		const struct tep_print_arg *of = NULL;
		const struct tep_print_flag_sym *list = NULL;

		if (arg->type == TEP_PRINT_FLAGS) {
			of = arg->flags.field;
			list = arg->flags.flags;
		} else if (arg->type == TEP_PRINT_SYMBOL) {
			of = arg->symbol.field;
			list = arg->symbol.symbols;
		} else if (arg->type == TEP_PRINT_OP) {
			list = names_in(arg->op.left, field);
			if (!list)
				list = names_in(arg->op.right, field);
			if (list)
				return list;
		}
		while (of && (of->type == TEP_PRINT_TYPE || of->type == TEP_PRINT_OP))
			of = of->type == TEP_PRINT_TYPE ? of->typecast.item : of->op.left;
		if (of && of->type == TEP_PRINT_FIELD && strcmp(of->field.name, field) == 0)
			return list;
	}
	return NULL;
}

/* The names of fields, as libtraceevent understands the same formats. */
static void tables(void **state)
{
	size_t nr;
	char **dirs = tp_captures(&nr);
	unsigned int compared = 0, entries = 0;

	for (size_t d = 0; d < nr; d++) {
		struct tep_handle *tep = tep_alloc();
		struct tr_capture *tc;
		struct sg_err err;

		assert_int_equal(tr_open(dirs[d], TR_NO_SNAPSHOTS, &tc, &err), 0);
		for (unsigned int i = 0; i < tc->head.nr_fmt; i++)
			tep_parse_event(tep, tc->head.fmt[i].text, tc->head.fmt[i].len,
					tc->head.fmt[i].system);
		for (unsigned int k = 1; k < SG_KIND_COUNT; k++) {
			const struct sg_kind_info *ki = sg_kind_info(k);
			struct tep_event *ev = tep_find_event_by_name(tep, ki->system, ki->name);

			if (!ev || (ev->flags & TEP_EVENT_FL_FAILED))
				continue;
			for (unsigned int s = 0; s < ki->nr_fields; s++) {
				const struct sg_symtab *t = tr_info(tc)->sym[k][s];
				const struct tep_print_flag_sym *p = names_in(ev->print_fmt.args,
									      ki->field[s].aliases);
				unsigned int n = 0;

				if (!t || !p)
					continue;
				for (; p && n < t->nr; p = p->next) {
					uint64_t v = strtoull(p->value, NULL, 0);

					if (strcmp(p->str, t->sym[n].name) != 0)
						continue; /* no name, or an unresolved value */
					assert_true(v == t->sym[n].value);
					n++;
				}
				assert_int_equal(n, t->nr);
				compared++;
				entries += n;
			}
		}
		tr_close(tc);
		tep_free(tep);
	}
	printf("  %u tables with %u names are libtraceevent's\n", compared, entries);
	assert_true(compared > 40);
	tp_captures_free(dirs, nr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_captures),
		cmocka_unit_test(one_thread),
		cmocka_unit_test(tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
