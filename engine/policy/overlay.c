// SPDX-License-Identifier: GPL-2.0-only
/* The policies above the kernel's rules: taken on, asked, and what they answered wrongly. */
#include "policy/overlay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_SIZE offsetof(struct mm_hooks, flags)

const char *mm_hook_name(enum mm_hook hook)
{
	static const char *const name[] = {
#define X(id, member) #member,
		MM_HOOK_LIST(X)
#undef X
	};

	return (unsigned int)hook < MM_HOOK_COUNT ? name[hook] : hook == MM_HOOK_COUNT ? "init" : "?";
}

/* Does @h, whatever its size is, have hooks beyond those known here? */
static bool has_more(const struct mm_hooks *h)
{
	const unsigned char *p = (const unsigned char *)h;

	for (size_t i = sizeof(*h); i < h->size; i++)
		if (p[i])
			return true;
	return false;
}

static bool good_name(const char *s)
{
	size_t n = s ? strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") : 0;

	return n > 0 && n <= 40 && s[n] == 0;
}

int mm_policy_add(struct mm_policy *p, const struct mm_hooks *hooks, struct sg_err *err)
{
	/* the rest of it means nothing unless these fit */
	if (hooks->abi != MM_HOOKS_ABI)
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "the policy was built for version %u of the hooks, this program has version %u",
			       hooks->abi, MM_HOOKS_ABI);
	if (hooks->size < HEAD_SIZE || hooks->size > 65536)
		return sg_fail(err, SG_E_UNSUPPORTED, "the policy's hooks are %u bytes, which no version of the hooks is",
			       hooks->size);
	if (!good_name(hooks->name))
		return sg_fail(err, SG_E_USAGE, "the policy's name must be 1 to 40 letters, digits, and -_.");
	if (hooks->revision > MM_HOOKS_REVISION || has_more(hooks))
		return sg_fail(err, SG_E_UNSUPPORTED,
			       "policy '%s' uses revision %u of the hooks, this program knows them up to %u",
			       hooks->name, hooks->revision, MM_HOOKS_REVISION);
	if (hooks->state_size > MM_HOOKS_MAX_STATE)
		return sg_fail(err, SG_E_RANGE, "policy '%s' wants %u bytes of state, and can have %u", hooks->name,
			       hooks->state_size,
			       MM_HOOKS_MAX_STATE);
	if (p->nr_overlays == MM_MAX_OVERLAYS)
		return sg_fail(err, SG_E_RANGE, "policy '%s' would be one too many: %d can lie over each other", hooks->name,
			       MM_MAX_OVERLAYS);
	p->overlay[p->nr_overlays++] = hooks;
	return 0;
}

static void take_on(struct mm_overlays *o, struct mm_layer *l, const struct mm_hooks *h)
{
	memcpy(&l->h, h, h->size < sizeof(l->h) ? h->size : sizeof(l->h));
#define X(id, member) o->asked |= l->h.member ? UINT64_C(1) << MM_HOOK_##id : 0;
	MM_HOOK_LIST(X)
#undef X
}

int mm_overlays_new(const struct mm_policy *p, struct mm_overlays **ret, struct sg_err *err)
{
	struct mm_overlays *o;

	*ret = NULL;
	if (p->nr_overlays == 0)
		return 0;
	o = calloc(1, sizeof(*o));
	for (unsigned int i = 0; o && i < p->nr_overlays; i++) {
		take_on(o, &o->layer[i], p->overlay[i]);
		o->layer[i].until = p->retire[i].call ? p->retire[i].call : UINT64_MAX;
		o->layer[i].why = p->retire[i].why;
		o->nr++;
		o->layer[i].state = calloc(1, o->layer[i].h.state_size + 1);
		if (!o->layer[i].state) {
			mm_overlays_free(o);
			o = NULL;
		}
	}
	if (o) {
		o->at = p->at;
		o->scratch = malloc(MM_HOOKS_MAX_STATE);
		if (!o->scratch) {
			mm_overlays_free(o);
			o = NULL;
		}
	}
	if (!o)
		return sg_fail(err, SG_E_NOMEM, "out of memory for the policies' states");
	*ret = o;
	return 0;
}

void mm_overlays_begin(struct mm_overlays *o)
{
	for (struct mm_layer *l = o->layer; l < o->layer + o->nr; l++) {
		if (!l->h.init || l->until <= 1)
			continue;
		if (o->at) {
			o->at->layer = (uint32_t)(l - o->layer);
			o->at->hook = MM_HOOK_COUNT;
			o->at->call = 0;
			o->at->position = o->eye.position;
			o->at->now = o->eye.now;
			o->at->inside = 1;
		}
		l->h.init(l->state, &o->eye);
		mm_layer_leave(o);
	}
}

bool mm_layer_gone(struct mm_overlays *o, struct mm_layer *l)
{
	if (!l->retired && o->retired)
		o->retired(o->retired_arg, l);
	l->retired = true;
	return false;
}

struct mm_overlays *mm_overlays_copy(const struct mm_overlays *o)
{
	struct mm_overlays *n = malloc(sizeof(*n));
	bool ok;

	if (!n)
		return NULL;
	*n = *o;
	n->at = NULL;
	n->scratch = malloc(MM_HOOKS_MAX_STATE);
	ok = n->scratch != NULL;
	for (unsigned int i = 0; i < n->nr; i++) {
		n->layer[i].state = malloc(n->layer[i].h.state_size + 1);
		ok &= n->layer[i].state != NULL;
		if (n->layer[i].state)
			memcpy(n->layer[i].state, o->layer[i].state, n->layer[i].h.state_size);
	}
	if (!ok) {
		mm_overlays_free(n);
		return NULL;
	}
	return n;
}

void mm_overlays_free(struct mm_overlays *o)
{
	if (!o)
		return;
	for (unsigned int i = 0; i < o->nr; i++)
		free(o->layer[i].state);
	free(o->scratch);
	free(o);
}

uint64_t mm_overlays_bytes(const struct mm_overlays *o)
{
	uint64_t n = sizeof(*o) + MM_HOOKS_MAX_STATE;

	for (unsigned int i = 0; i < o->nr; i++)
		n += o->layer[i].h.state_size + 1;
	return n;
}

void *mm_layer_state(struct mm_overlays *o, struct mm_layer *l)
{
	if (!o->eye.what_if)
		return l->state;
	memcpy(o->scratch, l->state, l->h.state_size);
	return o->scratch;
}

void mm_layer_wrong(struct mm_overlays *o, struct mm_layer *l, enum mm_hook hook, const char *what, int64_t value)
{
	struct mm_hook_fault *f = &l->fault[hook];

	if (f->count++)
		return;
	f->position = o->eye.position;
	f->what = what;
	f->value = value;
}

uint64_t mm_overlays_faults(const struct mm_overlays *o)
{
	uint64_t n = 0;

	for (unsigned int i = 0; o && i < o->nr; i++)
		for (unsigned int k = 0; k < MM_HOOK_COUNT; k++)
			n += o->layer[i].fault[k].count;
	return n;
}

bool mm_overlays_fault(const struct mm_overlays *o, unsigned int i, const char **ret_policy, const char **ret_hook,
		       struct mm_hook_fault *ret)
{
	for (unsigned int k = 0; o && k < o->nr * MM_HOOK_COUNT; k++) {
		const struct mm_layer *l = &o->layer[k / MM_HOOK_COUNT];

		if (l->fault[k % MM_HOOK_COUNT].count == 0 || i--)
			continue;
		*ret_policy = l->h.name;
		*ret_hook = mm_hook_name((enum mm_hook)(k % MM_HOOK_COUNT));
		*ret = l->fault[k % MM_HOOK_COUNT];
		return true;
	}
	return false;
}

size_t mm_overlays_say(const struct mm_overlays *o, unsigned int i, char *buf, size_t size)
{
	const char *policy, *hook;
	struct mm_hook_fault f;
	int n;

	if (!mm_overlays_fault(o, i, &policy, &hook, &f))
		return 0;
	n = snprintf(buf, size,
		     "policy '%s', hook %s: %" PRIu64 " wrong answer%s, the first at position %" PRIu64 ": %s (%" PRId64
		     "); the policy beneath answered instead", policy, hook, f.count, f.count == 1 ? "" : "s", f.position, f.what,
			     f.value);
	return n < 0 || size == 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}
