// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screens as a program of their own: the hand-made machine, or a capture.
 *	app [--color=MODE] [--ascii] [--no-mouse] [--at=POS] [--crash] [--chatter] [--limits] [--simulated] [--beside]
 *	    [--maker] [FILE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "maker.h"
#include "tr.h"

struct feed {
	struct tr_capture *tc;
	struct sg_log *log;
	struct mm_config cfg;
};

static int feed_more(void *arg, uint64_t budget)
{
	struct feed *f = arg;
	struct sg_event ev[256];
	uint64_t n = 0;

	while (n < budget && n < 1000000) {
		size_t got = tr_read(f->tc, ev, budget - n < 256 ? budget - n : 256);

		if (got == 0)
			break;
		for (size_t i = 0; i < got; i++)
			if (sg_log_append(f->log, &ev[i]) < 0)
				return SG_E_NOMEM;
		n += got;
	}
	return (int)n;
}

static unsigned int feed_progress(void *arg)
{
	return tr_progress(((struct feed *)arg)->tc);
}

static int open_capture(const char *file, struct feed *f, struct ui_source *src, struct sg_err *err)
{
	const struct sg_snapshot *before, *start;
	int r = tr_open(file, 0, &f->tc, err);

	if (r < 0)
		return r;
	f->log = sg_log_new();
	if (!f->log)
		return SG_E_NOMEM;
	if (tr_still(f->tc))
		f->cfg.seed[f->cfg.nr_seeds++] = (struct mm_seed){ .snap = tr_still(f->tc) };
	before = tr_snapshot(f->tc, "before");
	start = tr_snapshot(f->tc, "in-start");
	f->cfg.cap = tr_info(f->tc);
	if (before)
		f->cfg.seed[f->cfg.nr_seeds++] = (struct mm_seed){ .snap = before };
	if (start)
		f->cfg.seed[f->cfg.nr_seeds++] =
			(struct mm_seed){ .snap = start,
					  .marker = "snapshot-begin",
					  .marker_end = "snapshot-begin-done" };
	*src = (struct ui_source){ .cap = f->cfg.cap,
				   .log = f->log,
				   .cfg = &f->cfg,
				   .more = feed_more,
				   .progress = feed_progress,
				   .arg = f };
	return 0;
}

/* What a library might do while the screen is up. */
static int (*quiet_more)(void *arg, uint64_t budget);
static int chatter(void *arg, uint64_t budget)
{
	printf("chatter on stdout\n");
	fflush(stdout);
	fprintf(stderr, "chatter on stderr \033[2J\n");
	fprintf(stderr, "and \x7f \x9b" "5m \xc2\x9b" "5m caf\xc3\xa9 \xe2\x86\x90\n"); /* 8-bit CSI, alone and as UTF-8 */
	return quiet_more(arg, budget);
}

/* not for the sanitizers: the crash itself is what is tested */
__attribute__((no_sanitize("undefined"))) static int crash(void *arg, uint64_t budget)
{
	int r = quiet_more(arg, budget);

	if (r <= 0) {
		volatile int *p = NULL;

		*p = 1;
	}
	return r;
}

int main(int argc, char **argv)
{
	struct machine m, other;
	struct maker mk;
	struct feed f = { 0 };
	struct ui_options opt = { 0 };
	struct sg_err err = { 0 };
	struct ui_source src;
	int r = 0;

	machine_init(&m);
	machine_init(&other);
	src = m.src;
	for (int i = 1; i < argc && r == 0; i++) {
		if (strncmp(argv[i], "--color=", 8) == 0) {
			opt.colour = (enum ui_colour_mode)ui_colour_by_name(argv[i] + 8);
		} else if (strcmp(argv[i], "--ascii") == 0) {
			opt.ascii = true;
		} else if (strcmp(argv[i], "--no-mouse") == 0) {
			opt.no_mouse = true;
		} else if (strncmp(argv[i], "--at=", 5) == 0) {
			opt.start = argv[i] + 5;
		} else if (strcmp(argv[i], "--limits") == 0) {
			machine_limits(&m);
		} else if (strcmp(argv[i], "--simulated") == 0) {
			machine_simulated(&m);
		} else if (strcmp(argv[i], "--beside") == 0) {
			machine_other(&other);
			src.beside = &other.src;
		} else if (strcmp(argv[i], "--maker") == 0) {
			maker_init(&mk);
			src.maker = &mk.maker;
		} else if (strcmp(argv[i], "--crash") == 0 || strcmp(argv[i], "--chatter") == 0) {
			quiet_more = src.more;
			src.more = argv[i][3] == 'r' ? crash : chatter;
		} else {
			r = open_capture(argv[i], &f, &src, &err);
		}
	}
	if (r == 0)
		r = ui_run(&src, &opt, &err);
	if (r < 0)
		fprintf(stderr, "stormglass: %s\n", err.text);
	machine_fini(&m);
	machine_fini(&other);
	sg_log_free(f.log);
	tr_close(f.tc);
	return r < 0;
}
