// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fibers on ucontext.  A stack is memory that is spent as far as it is used, with a page below it that can't be
 * touched, so that one that runs over ends the program rather than writing into another.  Stacks are kept for the next.
 */
#include "run/fiber.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_SIZE ((size_t)1 << 20) /* there is room between variables then */
#else
/* reclaim's batch of freed pages takes 64 KiB of it, and policies may have more on theirs */
#define STACK_SIZE ((size_t)256 << 10)
#endif

#define MAX_KEPT 32u

enum state { FIBER_NEW, FIBER_PAUSED, FIBER_RUNS, FIBER_ENDED };

struct mm_fiber {
	ucontext_t self, caller;
	void (*fn)(void *arg);
	void *arg;
	char *stack; /* its lowest byte, above the guard */
	enum state state;
#ifdef FIBER_ASAN
	void *fake, *caller_fake; /* what the sanitizer keeps of each while the other runs */
	const void *caller_stack;
	size_t caller_size;
#endif
};

static _Thread_local char *kept[MAX_KEPT];
static _Thread_local unsigned int nr_kept;

/* ---- stacks ------------------------------------------------------------------------ */

static size_t guard_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static char *stack_new(void)
{
	size_t guard = guard_size();
	char *p;

	if (nr_kept)
		return kept[--nr_kept];
	p = mmap(NULL, guard + STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p, guard, PROT_NONE) < 0) {
		munmap(p, guard + STACK_SIZE);
		return NULL;
	}
	return p + guard;
}

static void stack_unmap(char *stack)
{
	munmap(stack - guard_size(), guard_size() + STACK_SIZE);
}

static void stack_free(char *stack)
{
#ifdef FIBER_ASAN
	/* functions that never came to their end have left their marks */
	ASAN_UNPOISON_MEMORY_REGION(stack, STACK_SIZE);
#endif
	if (nr_kept < MAX_KEPT)
		kept[nr_kept++] = stack;
	else
		stack_unmap(stack);
}

void mm_fiber_trim(void)
{
	while (nr_kept)
		stack_unmap(kept[--nr_kept]);
}

/* ---- to and fro ---------------------------------------------------------------------- */

/* The fiber has just got the CPU. */
static void arrived(struct mm_fiber *f)
{
	f->state = FIBER_RUNS;
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(f->fake, &f->caller_stack, &f->caller_size);
#endif
}

/* It goes back to who resumed it. */
static void leave(struct mm_fiber *f, enum state state)
{
	f->state = state;
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(state == FIBER_ENDED ? NULL : &f->fake, f->caller_stack, f->caller_size);
#endif
	if (swapcontext(&f->self, &f->caller) < 0)
		abort(); /* it can't fail: the context is there */
}

/* makecontext() hands out ints only: the pointer comes in two halves. */
static void enter(unsigned int high, unsigned int low)
{
	struct mm_fiber *f = (struct mm_fiber *)((uintptr_t)(((uint64_t)high << 32) | low));

	arrived(f);
	f->fn(f->arg);
	leave(f, FIBER_ENDED);
}

/* A function of its own, since getcontext() is one that may return twice: nothing else is to live across it. */
static __attribute__((noinline)) int blank(ucontext_t *u)
{
	return getcontext(u);
}

struct mm_fiber *mm_fiber_new(void (*fn)(void *arg), void *arg)
{
	struct mm_fiber *f = calloc(1, sizeof(*f));
	uint64_t p = (uint64_t)(uintptr_t)f;

	if (!f)
		return NULL;
	f->stack = stack_new();
	if (!f->stack || blank(&f->self) < 0) {
		if (f->stack)
			stack_free(f->stack);
		free(f);
		return NULL;
	}
	f->fn = fn;
	f->arg = arg;
	f->self.uc_stack.ss_sp = f->stack;
	f->self.uc_stack.ss_size = STACK_SIZE;
	f->self.uc_link = NULL; /* enter() never returns */
	makecontext(&f->self, (void (*)(void))enter, 2, (unsigned int)(p >> 32), (unsigned int)p);
	return f;
}

bool mm_fiber_resume(struct mm_fiber *f)
{
	assert(f->state != FIBER_RUNS);
	if (f->state == FIBER_ENDED)
		return false;
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(&f->caller_fake, f->stack, STACK_SIZE);
#endif
	if (swapcontext(&f->caller, &f->self) < 0)
		abort();
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(f->caller_fake, NULL, NULL);
#endif
	return f->state != FIBER_ENDED;
}

void mm_fiber_yield(struct mm_fiber *f)
{
	assert(f->state == FIBER_RUNS);
	leave(f, FIBER_PAUSED);
	arrived(f);
}

void mm_fiber_free(struct mm_fiber *f)
{
	if (!f)
		return;
	assert(f->state != FIBER_RUNS);
	stack_free(f->stack);
	free(f);
}
