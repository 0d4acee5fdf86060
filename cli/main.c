// SPDX-License-Identifier: GPL-2.0-only
/* stormglass: the table of subcommands. */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_target.h"
#include "ui.h"

static int help(void);

static const struct cmd view = {
	.name = "stormglass",
	.synopsis = "FILE [--at POS] [--beside RUN] [--frame N|Nms] [--record FILE.sgs] [--dump N] [OPTION]...",
	.summary = "look at a capture in the terminal",
	.help = "  --at POS       start there\n"
		"  --beside RUN   a second capture or session, side by side with FILE in step; given again, further runs\n"
		"                 that count for the verdicts\n"
		"  --frame N|Nms  what L and H step by: events, or milliseconds (1000)\n"
		"  --color MODE   auto, truecolor, 256, 8 or none (auto)\n"
		"  --background B colours for a dark or a light background: auto, dark or light (auto)\n"
		"  --ascii        draw with ASCII only\n"
		"  --record FILE  write a session to this file from the start on\n"
		"  --no-cache     neither use nor write what is kept of opened captures\n"
		"  --memory SIZE  for going back and jumping: at most so much, e.g. 512M, 4G (a quarter of all)\n"
		"  --dump N       of the dumps in a text or a directory of snapshots this one first, from 1\n"
		"  --no-mouse     leave the mouse to the terminal\n"
		"  --keys         print the keys\n",
	.run = cmd_view,
	.help_all = help,
};

static const struct cmd commands[] = {
	{
		.name = "play",
		.synopsis = "FILE.sgs [--speed X] [--memory SIZE] [OPTION]...",
		.summary = "the path that a session recorded, as a film",
		.help = "space pauses, + and - change the speed, { and } skip ten seconds; any movement leaves the\n"
			"film and explores from there, P goes back into it, q ends it.\n\n"
			"  --speed X      so many times as quick: 0.5, 2, 10 (1)\n"
			"  --color MODE   auto, truecolor, 256, 8 or none (auto)\n"
			"  --background B colours for a dark or a light background: auto, dark or light (auto)\n"
			"  --ascii        draw with ASCII only\n"
			"  --memory SIZE  for going back and jumping: at most so much, e.g. 512M, 4G\n"
			"  --no-mouse     leave the mouse to the terminal\n",
		.run = cmd_play,
		.about = ": FILE.sgs is a session.",
	},
	{
		.name = "report",
		.synopsis = "FILE [--json] [--dump N]",
		.summary = "what the capture holds, or why a request got no page",
		.help = "Kernel, machine, tracepoints with counts, lost events, totals per task, "
			"order and\n"
			"migratetype, extfrag table, reclaim and compaction, contradictions by "
			"kind.\n\n"
			"  --dump N       of the dumps in a text or a directory of snapshots only this one, from 1 (all)\n"
			"  --json         one JSON object\n",
		.run = cmd_report,
		.about = CMD_ABOUT_FILE,
	},
	{
		.name = "state",
		.synopsis = "FILE --at POS --format FORMAT [--dump N]",
		.summary = "the machine at a position",
		.help = "  --dump N       of the dumps in a text or a directory of snapshots this one, from 1 (1)\n"
			"  --at POS       the position (required)\n"
			"  --format FORMAT\n"
			"     buddyinfo     the text of /proc/buddyinfo\n"
			"     pagetypeinfo  the text of /proc/pagetypeinfo\n"
			"     pages         one byte per page frame from 0: - no page, ? unknown, "
			"f free on a\n"
			"                   buddy list, p on a per-cpu list, a allocated, i "
			"isolated\n"
			"     json          all of it as one JSON object\n",
		.run = cmd_state,
		.about = CMD_ABOUT_FILE,
		.positions = true,
	},
	{
		.name = "events",
		.synopsis = "FILE [--from POS] [--to POS] [--filter EXPR] [--explain] [--json]",
		.summary = "the decoded events",
		.help = "  --from POS     first event (the start)\n"
			"  --to POS       last event (the end)\n"
			"  --filter EXPR  only events that pass, e.g. 'mm_page_alloc && order >= 4 "
			"&& task =~ ^cat'\n"
			"  --explain      each event in words as well\n"
			"  --json         one JSON object\n",
		.run = cmd_events,
		.about = CMD_ABOUT_FILE,
		.positions = true,
	},
	{
		.name = "check",
		.synopsis = "FILE [--policy POLICY] [--kind KIND] [--list] [--json]",
		.summary = "how often the rules decide as the kernel decided",
		.help = "Before each traced outcome is applied, the rules of the capture's kernel say "
			"what they\nwould have done.\n\n"
			"  --policy POLICY  other rules and settings: linux-7.2,defrag_mode=1; see policies\n"
			"  --kind KIND    only pick, fallback, refill, drain, merge, compact_check,\n"
			"                 scanner, kswapd, slow_path or failure\n"
			"  --list         every disagreement, with both answers and the numbers\n"
			"  --json         one JSON object\n",
		.run = cmd_check,
		.about = CMD_ABOUT_FILE,
	},
	{
		.name = "decisions",
		.synopsis = "FILE [--from POS] [--to POS] [--policy POLICY] [--kind KIND] [--json]",
		.summary = "each decision with its rule, numbers and outcome",
		.help = "  --from POS     first event (the start)\n"
			"  --to POS       last event (the end)\n"
			"  --policy POLICY  other rules and settings than the capture's kernel has, as in check\n"
			"  --kind KIND    only one kind, as in check\n"
			"  --json         one JSON object\n",
		.run = cmd_decisions,
		.about = CMD_ABOUT_FILE,
		.positions = true,
	},
	{
		.name = "compare",
		.synopsis = "FILE --policy POLICY [--policy POLICY]... [--runs N] [--json|--html OUT] [OPTION]...",
		.summary = "the capture's demand under other policies, side by side with what happened",
		.help = "Each policy and the captured kernel's own are run on the demand that the capture shows, each several\n"
			"times. For each figure: what was observed, the range of the runs, by how much the captured kernel's own\n"
			"runs miss what was observed, and whether the policy makes it better or worse, or that this can't be told.\n\n"
			"  --policy POLICY  linux-7.3,defrag_mode=1, or own,defrag_mode=1: the captured kernel with a setting\n"
			"                 changed; settings that it doesn't name are the capture's; see policies;\n"
			"                 ./mine.c,base=own: a policy of your own over it; see policy\n"
			"  --machine mem=+512M,cpus=4  as it would be with more memory (mem=-256M: less), or another number of CPUs\n"
			"  --scale TASK=2 and if a task, by name or pid, wanted everything twice; may be given several times\n"
			"  --runs N       of each policy (8); they differ in the order of what no event orders\n"
			"  --seed N       of the first run, the others follow (1); the same seeds give the same figures\n"
			"  --json         one JSON object\n"
			"  --html OUT     a page for a browser, all in one file: figures, timelines, maps of pageblocks\n"
			"  --map-at S     on the page a map so many seconds after the start, up to four times (two, evenly)\n"
			"  --force        replace OUT if it exists\n"
			"  --time S       a run that takes longer ends with what it has, and is marked\n"
			"  --memory SIZE  so does one that needs more, e.g. 512M, 4G\n"
			"  --assume       go on where the recording lacks what a run needs\n",
		.run = cmd_compare,
		.about = CMD_ABOUT_FILE,
	},
	{
		.name = "policies",
		.synopsis = "[--json]",
		.summary = "the kernels and policies that are known, and their settings",
		.help = "  --json         one JSON object\n",
		.run = cmd_policies,
		.about = "",
	},
	{
		.name = "policy",
		.synopsis = "new NAME | test POLICY [CAPTURE]... [--runs N] [--time S] [--memory SIZE]",
		.summary = "a policy of your own in C: begin one, try it out",
		.help = "new NAME                   writes NAME.c, a policy to begin with\n"
			"test POLICY [CAPTURE]...   runs ./mine.c (or ./mine.so, or ./mine.c,base=linux-7.3,defrag_mode=1) and what lies\n"
			"                           beneath it on four small machines and the captures: how often each hook was asked,\n"
			"                           answered otherwise, and wrongly, and which figures differ; exit code 1 when it failed\n"
			"                           or answered wrongly\n"
			"  --runs N       of each on each (2)\n"
			"  --time S       a run that takes longer ends with what it has (600)\n"
			"  --memory SIZE  so does one that needs more, e.g. 512M, 4G\n",
		.run = cmd_policy,
		.about = "",
	},
	{
		.name = "simulate",
		.synopsis = "FILE [--policy POLICY] [--seed N] [--runs N] -o OUT.sgs|OUT.dat [OPTION]...",
		.summary = "a run of the capture's demand on a machine that decides by another policy",
		.help = "  --policy POLICY  rules and settings, as in check; without it those of the capture's kernel;\n"
			"                 ./mine.c,base=linux-7.3: a policy of your own over them; see policy\n"
			"  --machine mem=+512M,cpus=4  as it would be with more memory (mem=-256M: less), or another number of CPUs\n"
			"  --scale TASK=2 and if a task, by name or pid, wanted everything twice; may be given several times\n"
			"  --seed N       another run of the same (1)\n"
			"  --runs N       so many, with seeds from N on: OUT-1.sgs, OUT-2.sgs ... (1)\n"
			"  -o, --output   OUT.sgs: a session, for every command; OUT.dat: a trace.dat\n"
			"  --assume       also of a recording that lacks what a run needs\n"
			"  --memory SIZE  end where it takes more, e.g. 512M, 4G (a quarter of all)\n"
			"  --time SECONDS end after so much time of this computer (3600)\n"
			"  --force        replace an existing file that is no session\n",
		.run = cmd_simulate,
		.about = CMD_ABOUT_FILE,
	},
	{
		.name = "demand",
		.synopsis = "FILE [--list] [--assume] [--json]",
		.summary = "what the tasks of a capture asked for, whatever its kernel did",
		.help = "  --list         every single wish, one a line\n"
			"  --assume       also of a recording that lacks what a run needs\n"
			"  --json         one JSON object\n",
		.run = cmd_demand,
		.about = CMD_ABOUT_FILE,
	},
	{
		.name = "sweep",
		.synopsis = "CAPTURE... --policy GRID [--tunable KEY=VALUES]... -o DIR | show DIR | merge DIR... -o DIR",
		.summary = "a grid of policies and settings over captures, on one machine or many",
		.help = "Values are lists with |, ranges a..b or a..b:step, or * for all values of a choice. What is done stays, whatever\n"
			"ends the sweep: the same command goes on.\n\n"
			"  --policy P     as in compare, each value of a part a list or a range\n"
			"  --tunable KEY=VALUES  a further setting for each of them: watermark_scale_factor=10..500:50\n"
			"  --runs N       of each policy on each capture, with seeds of their own (4)\n"
			"  --seed N       of the first of them (1)\n"
			"  -o, --output   the directory that receives a line for each run\n"
			"  --at-once N    runs at a time (as many as there are CPUs)\n"
			"  --again        runs that were cut or died are made again\n"
			"  --time S       a run that takes longer ends with what it has, and is marked (3600)\n"
			"  --memory SIZE  so does one that needs more, e.g. 512M, 4G\n"
			"  --assume       go on where a recording lacks what a run needs\n"
			"  --jobs         only write what is left as DIR/jobs.txt, a command a line, and DIR/slurm.sh\n"
			"  --per-job N    policies in a job (1)\n"
			"  --lines        print the lines of the runs as well\n"
			"  --shard NAME   the part of the sweep that a job does\n\n"
			"show DIR|FILE...           what there is; with options a table and a plot, or the best settings\n"
			"  --figure F     a figure of compare, such as allocstall\n"
			"  --cost EXPR    what a run costs: 'allocstall + 10*polluted_blocks_end'; + - * / ( ) min() max()\n"
			"  --over KEY     over this setting; policy is the kernel. Without it, the policies that cost least\n"
			"  --where KEY=VALUE  only runs with this setting; capture=NAME\n"
			"  --svg OUT      the plot as a file as well; --force replaces OUT\n"
			"  --top N        of the best settings so many (5)\n"
			"  --no-plot, --ascii, --json\n\n"
			"merge DIR|FILE... -o DIR  joins what several machines did, and says what is missing and what contradicts\n"
			"  --json         one JSON object\n",
		.run = cmd_sweep,
		.about = ": CAPTURE is a trace.dat, a capture directory or a session.",
	},
	{
		.name = "session",
		.synopsis = "info|verify|export FILE.sgs | save FILE -o FILE.sgs [options]",
		.summary = "replay sessions: what is in one, is it whole, its events, make one",
		.help = "info FILE.sgs [--json]     kernel, events, sections and their sizes, bookmarks, whole or cut\n"
			"verify FILE.sgs [--json]   unpacks each frame; exit code 1 when one is damaged\n"
			"export FILE.sgs            the events, one a line\n"
			"  --format FORMAT jsonl (as events --json has them) or csv (jsonl)\n"
			"  --from POS     first event (the start)\n"
			"  --to POS       last event (the end)\n"
			"save FILE -o FILE.sgs      a session with the capture's events and snapshots\n"
			"  -o, --output   the session file; what is read is never written over\n"
			"  --force        replace an existing file that is no session\n\n"
			"  --json         one JSON object\n",
		.run = cmd_session,
		.about = CMD_ABOUT_FILE,
		.positions = true,
	},
	{
		.name = "partings",
		.synopsis = "FILE OTHER [--most N|--all] [--json]",
		.summary = "where two runs of one demand did something different",
		.help = "Lays the requests of both beside each other, task by task, and lists those that were answered otherwise.\n"
			"FILE and OTHER are a capture and a run that simulate made of it, or two runs, or two captures.\n\n"
			"  --most N       those that weigh most (20)\n"
			"  --all          all of them, in the order of FILE\n"
			"  --json         one JSON object\n",
		.run = cmd_partings,
		.about = CMD_ABOUT_FILE,
	},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Without a command: all of them. */
static int help(void)
{
	struct cmd_out *o = cmd_out_new();

	if (!o)
		return CMD_FAILED;
	cmd_puts(o, "stormglass shows the physical memory of a traced Linux machine.\n\n");
	cmd_printf(o, "  stormglass %s\n", view.synopsis);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		cmd_printf(o, "  stormglass %s %s\n", commands[i].name,
			   commands[i].synopsis);
	cmd_puts(o, "\nFILE is a trace.dat of trace-cmd or a trace as text, packed or not, a directory with one and\n"
		    "snapshots of /proc, a session, or posted text: a kernel log with a failed allocation or the OOM\n"
		    "killer, files of /proc. - is standard input.\n\n");
	cmd_puts(o, view.help);
	cmd_puts(o, "  -h, --help     this text; after a command, that command's\n"
		    "  -V, --version  the version\n\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		cmd_printf(o, "  %-10s%s\n", commands[i].name, commands[i].summary);
	cmd_puts(o, "\n");
	cmd_puts(o, cmd_positions);
	cmd_puts(o, "Exit codes: 0, 1 a failure (one line on standard error), 2 wrong "
		    "usage. man stormglass says more.\n");
	return cmd_out_end(o, CMD_OK);
}

/* A file opened on a closed standard descriptor would be written to by the next message. */
static void hold_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0) {
			/* opened the wrong way round: using it fails with an error, as it should */
			int got = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);

			if (got != fd && got >= 0)
				close(got);
		}
}

/* Letters left out, added, exchanged or swapped with their neighbour between two words of at most 15 letters; else 99. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[16][16];
	size_t n = strlen(a), m = strlen(b);

	if (n > 15 || m > 15)
		return 99;
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			unsigned int best = i == 0 ? (unsigned int)j : j == 0 ? (unsigned int)i : d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (i && j) {
				best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
				best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			}
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[n][m];
}

/* The command that @word is most like, NULL when it is like none. */
static const struct cmd *nearest(const char *word)
{
	const struct cmd *best = NULL;
	unsigned int least = strlen(word) > 4 ? 3 : 2; /* one mistake in a short word, two in a longer one */

	for (size_t i = 0; i < NR_COMMANDS; i++) {
		unsigned int d = distance(word, commands[i].name);

		if (d < least) {
			least = d;
			best = &commands[i];
		}
	}
	return best;
}

static int no_command(const char *word)
{
	const struct cmd *c = nearest(word);
	char text[64];

	sg_clean(text, sizeof(text), word, strlen(word));
	if (c)
		return cmd_usage(&view, "there is no command '%s': did you mean %s?", text, c->name);
	return cmd_usage(&view, "there is no command '%s', and no file of this name", text);
}

/* Was @word meant as a command?  It names no file, and is like a command, or something follows it (@more). */
static bool is_command_name(const char *word, bool more)
{
	if (!*word || *word == '-' || strpbrk(word, "/.") || access(word, F_OK) == 0)
		return false;
	return more || nearest(word);
}

/* The user's locale; where it isn't installed and its name says UTF-8, C.UTF-8, so that the screens needn't be ASCII. */
static void set_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *name = NULL;

	if (setlocale(LC_CTYPE, ""))
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && (!name || !*name); i++)
		name = getenv(names[i]);
	if (name && (strcasestr(name, "utf-8") || strcasestr(name, "utf8")))
		setlocale(LC_CTYPE, "C.UTF-8");
}

/*
 * Whatever a command made of it: when memory ran out, or a file couldn't be read, what was printed isn't all there is.
 * The screens say it themselves.
 */
static int whole(int code)
{
	struct sg_err err;

	if (code == CMD_OK && cmd_whole("standard output", NULL, &err) < 0)
		return cmd_fail(&err);
	return code;
}

int main(int argc, char **argv)
{
	hold_standard_descriptors();
	set_locale();
	signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error of write(), and no failure */
	signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files, and as a full disk is */
	opterr = 0;

	if (argc < 2)
		return cmd_usage(&view, "which FILE? Name a trace.dat or a capture directory");
	if (strcmp(argv[1], "help") == 0 && argc <= 3) {
		if (argc == 2)
			return help();
		for (size_t i = 0; i < NR_COMMANDS; i++)
			if (strcmp(argv[2], commands[i].name) == 0)
				return cmd_common_option(&commands[i], 'h', NULL);
		return no_command(argv[2]);
	}
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return whole(commands[i].run(&commands[i], argc - 1, argv + 1));
	if (is_command_name(argv[1], argc > 2))
		return no_command(argv[1]);
	return view.run(&view, argc, argv);
}
