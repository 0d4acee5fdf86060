/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies out of files: ./mine.so, or ./mine.c, which the machine's C compiler makes one of.
 *
 * cmd_whatif_policy() reads them wherever a policy may be named, so that most callers need nothing of this but
 * cmd_plugin_enter().  A file is never loaded into the user's process: what it says of itself is found out in a process of its
 * own, and here its policy is a struct mm_hooks without hooks, which asks nobody anything.  The process of a run fills it in.
 * What is loaded stays until the program ends.
 */
#ifndef CMD_PLUGIN_H
#define CMD_PLUGIN_H

#include "policy/overlay.h"
#include "policy/policy.h"

/** The symbol that a plug-in has: const struct mm_hooks stormglass_policy. */
#define CMD_PLUGIN_SYMBOL "stormglass_policy"
#define CMD_PLUGIN_MAX 4 /* in one policy */

/** Plug-ins of one policy. */
struct cmd_plugins {
	unsigned int nr;
	const struct mm_hooks *hooks[CMD_PLUGIN_MAX]; /* without hooks, see above */
};

/**
 * cmd_plugin_split() - takes the files out of a policy as it is typed
 * @spec: "./mine.c,base=linux-7.3,defrag_mode=1": files anywhere, the highest last; base= is what lies beneath them all.  A
 *        part is a file when it ends in .c or .so, or has a slash.  A path may have commas: the longest one that exists is meant.
 * @ret_rest: "linux-7.3,defrag_mode=1", to be freed; begins with "own" when nothing lies beneath
 * Return: 0; or < 0 and the sentence: no such file, it can't be compiled (the compiler's words are on standard error by then),
 *         can't be loaded, has no policy, or one for another version of the hooks
 */
int cmd_plugin_split(const char *spec, struct cmd_plugins *ret, char **ret_rest, struct sg_err *err);
/** Lays them over @p, the first lowest. */
int cmd_plugin_add(const struct cmd_plugins *pl, struct mm_policy *p, struct sg_err *err);
/** Does @spec name a file? */
bool cmd_plugin_named(const char *spec);

/**
 * cmd_plugin_enter() - in the process of a run, which ends with it: the files of @p are loaded, and their hooks are there
 * To be followed by mm_run_rearm(), when the run was made before.  Without plug-ins it does nothing.
 */
int cmd_plugin_enter(const struct mm_policy *p, struct sg_err *err);

/* ---- how a run's policies did ------------------------------------------------------ */

#define CMD_WRONG_MAX 4

/** Plain data, through a pipe. */
struct cmd_asked {
	uint32_t nr_wrong, more_wrong;       /* told here; hooks beyond those */
	char wrong[CMD_WRONG_MAX][320];      /* mm_overlays_say() */
	/* of the highest policy: questions, and answers other than those beneath */
	uint64_t asked[MM_HOOK_COUNT], changed[MM_HOOK_COUNT], faults[MM_HOOK_COUNT];
};
void cmd_asked_take(struct cmd_asked *ret, const struct mm_overlays *o);

/**
 * What became known of a policy that ended its run's process, or didn't answer.  The run is made again without it from there
 * on: cmd_blame_take() says from what the process noted, and puts it into a policy for the next try.
 */
#define CMD_BLAME_MAX 4
struct cmd_blame {
	unsigned int nr;
	struct cmd_failed_hook {
		uint64_t position, ns, call; /* ns of the capture's clock */
		char policy[41], hook[16];
		char how[160];       /* "a bad memory access (signal 11)" */
		char why[240];       /* "hook claim, question 12: ..."; the policy's retire.why points here */
	} hook[CMD_BLAME_MAX];
};
/**
 * cmd_blame_take() - the process of a run ended, and @at is what it noted last
 * @how: in words how it ended
 * Return: a policy was asked then, and there was room to note it; @p, the run's policy, leaves it out from there on.  @b must live as long as @p
 */
bool cmd_blame_take(struct cmd_blame *b, const struct mm_hook_at *at, const char *how, struct mm_policy *p);
/** "policy hold-back failed in hook claim, ...; the rules beneath it answer from there on", without the full stop. */
void cmd_blame_say(const struct cmd_blame *b, unsigned int i, uint64_t ts_first, char *buf, size_t size);
/** "a bad memory access (signal 11)", "exit code 3": of waitpid()'s status. */
void cmd_ended_how(int status, char *buf, size_t size);

/** Does a hook that is asked take too long?  One of these for each process of a run, zeroed. */
struct cmd_hook_clock {
	uint64_t call, wall, cpu; /* of the question that was seen first, and when */
	uint32_t layer, hook;
	bool inside;
};
#define CMD_HOOK_NS UINT64_C(2000000000) /* of processor time for one question, unless told otherwise */
/**
 * To be called now and then.  @pid: whose processor time counts; a hook that sleeps gets ten times as long
 * @ns: what one question may take; 0: CMD_HOOK_NS
 */
bool cmd_hook_stuck(struct cmd_hook_clock *c, const struct mm_hook_at *at, int pid, uint64_t ns);

#endif
