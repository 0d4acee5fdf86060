// SPDX-License-Identifier: GPL-2.0-only
/* stormglass policy: a policy of one's own, begun and tried out. */
#include "cmd_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd_plugin.h"
#include "cmd_target.h"
#include "sg_mem.h"

#define MOST_RUNS 100

/* %s: the name, three times. */
static const char skeleton[] =
	"// A memory-management policy for stormglass.  Try it out:\n"
	"//   stormglass policy test ./%s.c\n"
	"//   stormglass compare CAPTURE --policy ./%s.c,base=linux-7.3\n"
	"// Every hook with what it is asked, when, and an example: doc/plugins.md.\n"
	"#include <stormglass/policy.h>\n"
	"\n"
	"// What the policy remembers: plain data without pointers, zeroed when a run begins, copied with the machine.\n"
	"struct state {\n"
	"\tuint64_t held; // claims held back\n"
	"};\n"
	"\n"
	"// mm/page_alloc.c: try_to_claim_block(): is the pageblock taken over?  *yes is what the kernel beneath answers.\n"
	"static void claim(void *state, const struct mm_eye *eye, const struct mm_ask_claim *in, uint32_t *yes)\n"
	"{\n"
	"\tstruct state *s = state;\n"
	"\n"
	"\t(void)eye; // looks at the machine: zones, lists, pages, pageblocks, settings\n"
	"\tif (*yes && in->mt == MM_MT_UNMOVABLE && in->free < in->half) {\n"
	"\t\ts->held++;\n"
	"\t\t*yes = 0;\n"
	"\t}\n"
	"}\n"
	"\n"
	"const struct mm_hooks stormglass_policy = {\n"
	"\tMM_HOOKS_HEAD(\"%s\"),\n"
	"\t.state_size = sizeof(struct state),\n"
	"\t.claim = claim,\n"
	"};\n";

static bool good_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n > 0 && n <= 40 && !s[n] && s[0] != '-' && s[0] != '.';
}

static int write_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, text, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return -1;
		text += w;
		n -= (size_t)w;
	}
	return 0;
}

static int policy_new(const struct cmd *cmd, int argc, char **argv)
{
	struct sg_err err = { 0 };
	char *path, *text;
	int fd, r = 0;

	if (argc != 1)
		return cmd_usage(cmd, argc ? "'%s' is one argument too many" : "policy new wants a name: stormglass policy new hold-claims",
				 argc ? argv[1] : "");
	if (!good_name(argv[0]))
		return cmd_usage(cmd, "a policy's name is 1 to 40 letters, digits and -_., not '%s'", argv[0]);
	path = sg_printf("%s.c", argv[0]);
	text = sg_printf(skeleton, argv[0], argv[0], argv[0]);
	if (!path || !text)
		r = sg_fail(&err, SG_E_NOMEM, "out of memory");
	if (r == 0)
		r = cmd_target_allow("-", path, CMD_REPLACE_NOTHING, &err);
	if (r == 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 || write_all(fd, text, strlen(text)) < 0)
			r = sg_fail(&err, SG_E_IO, "%s: %s", path, strerror(errno));
		if (fd >= 0 && close(fd) < 0 && r == 0)
			r = sg_fail(&err, SG_E_IO, "%s: %s", path, strerror(errno));
	}
	if (r == 0)
		printf("%s: a policy that holds back some claims; next: stormglass policy test ./%s\n", path, path);
	free(path);
	free(text);
	return r < 0 ? cmd_fail(&err) : CMD_OK;
}

static int policy_test(const struct cmd *cmd, int argc, char **argv, uint64_t runs, struct cmd_bounds bounds)
{
	struct cmd_policy_try t = { .runs = (unsigned int)runs, .bounds = bounds };

	if (argc < 1)
		return cmd_usage(cmd, "policy test wants a policy: stormglass policy test ./mine.c [CAPTURE]...");
	t.spec = argv[0];
	t.capture = argv + 1;
	t.nr_captures = (unsigned int)(argc - 1);
	return cmd_policy_try(cmd, &t);
}

int cmd_policy(const struct cmd *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "runs", required_argument, NULL, 'r' }, { "time", required_argument, NULL, 't' },
		{ "memory", required_argument, NULL, 'm' }, { "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' }, { 0 },
	};
	struct cmd_bounds bounds = { .ns = UINT64_C(600000000000) };
	uint64_t runs = 2;
	int o, r = CMD_OK;

	while (r == CMD_OK && (o = getopt_long(argc, argv, ":hV", options, NULL)) != -1) {
		if (o == 'r')
			r = cmd_read_whole(cmd, "--runs", optarg, 1, MOST_RUNS, &runs);
		else if (o == 't')
			r = cmd_read_time(cmd, optarg, &bounds);
		else if (o == 'm')
			r = cmd_read_memory(cmd, optarg, &bounds);
		else
			return cmd_common_option(cmd, o, argv[optind - 1]);
	}
	if (r != CMD_OK)
		return r;
	argc -= optind;
	argv += optind;
	if (argc && strcmp(argv[0], "new") == 0)
		return policy_new(cmd, argc - 1, argv + 1);
	if (argc && strcmp(argv[0], "test") == 0)
		return policy_test(cmd, argc - 1, argv + 1, runs, bounds);
	return cmd_usage(cmd, argc ? "policy new or policy test, not '%s'" : "policy new NAME, or policy test POLICY%s", argc ? argv[0] : "");
}
