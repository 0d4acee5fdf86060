/* SPDX-License-Identifier: GPL-2.0-only */
/* What a sweep came to: runs by capture and policy, a value of each, and what may be said of them. */
#ifndef CMD_SWEEP_SHOW_H
#define CMD_SWEEP_SHOW_H

#include "cmd_cost.h"
#include "cmd_sweep.h"

#define SHOW_MOST_WHERE 16

/** A value over the runs of a policy; all NaN when none tells it. */
struct show_span {
	double low, mid, high;
	unsigned int nr;
};

/** A policy on a capture. */
struct show_point {
	unsigned int capture;
	char *spec;           /* as the grid has it */
	json_t *settings;     /* all of them, as the runs had them; NULL: no run tells */
	double *v;            /* of each whole run */
	unsigned int nr, room;
	unsigned int whole, cut, died, refused;
	struct show_span span;
};

struct show_capture {
	char *name, *id;
	double observed;      /* NaN: not known */
	const struct show_point *own; /* the captured kernel itself; NULL: it wasn't run */
};

struct show {
	/* what is asked for */
	const char *what;     /* a figure's key, or a cost as typed */
	struct cost *cost;    /* of it */
	bool is_figure;
	enum mm_unit unit;    /* of a figure */
	enum mm_more more;
	char text[140];       /* what the figure is, "" */
	const char *over;     /* key of the setting, NULL */
	const char *where[SHOW_MOST_WHERE]; /* KEY=VALUE, capture=NAME */
	unsigned int nr_where;
	/* what there is */
	struct show_capture *capture;
	unsigned int nr_captures;
	struct show_point *point; /* in the order of their texts, numbers by value */
	unsigned int nr_points;
	struct sweep_read told;
	unsigned int programs; /* builds that wrote the lines */
	unsigned int failed;   /* runs in which a policy out of a file failed, or answered what makes no sense */
};

/** What may be said of one value against another. */
enum show_verdict { SHOW_SAME, SHOW_LESS, SHOW_MORE, SHOW_OVERLAP, SHOW_ONE_RUN, SHOW_MODEL, SHOW_UNKNOWN };

/* ---- cmd_sweep_data.c ------------------------------------------------------------------------------ */

/**
 * show_load() - all runs of @paths, with the value that is asked for
 * @s: what is asked for is filled in; to be freed with show_free(), also when this failed
 * Return: 0; SG_E_USAGE: a figure that no run has, with near names; SG_E_IO, SG_E_NOMEM
 */
int show_load(struct show *s, char **paths, int nr, struct sg_err *err);
void show_free(struct show *s);
/** The value of setting @key of a point: what its policy names, else what its runs had; NULL: it has none such. */
const char *show_setting(const struct show_point *p, const char *key, char *buf, size_t size);
/**
 * show_verdict() - is @a less or more than @b?
 * @own, @observed: how far the model is off on this capture; @own NULL: that isn't known, and not asked
 * Not told: where the ranges overlap, where either has one run, and where the captured kernel's own runs miss what was
 * observed by more than @a and @b differ.
 */
enum show_verdict show_verdict(const struct show_span *a, const struct show_span *b, const struct show_span *own, double observed);
/** For people. @more: of the value. */
const char *show_verdict_text(enum show_verdict v, enum mm_more more);
/** "12 .. 15", "12", "?" */
const char *show_span_text(const struct show *s, const struct show_span *r, char *buf, size_t size);
const char *show_value_text(const struct show *s, double v, char *buf, size_t size);
/** Adds low, mid and high. */
void show_span_json(json_t *o, const struct show_span *r);

/* ---- one value over a setting: cmd_sweep_over.c ----------------------------------------------------------- */

/** A place on the axis. */
struct show_x {
	char text[80];
	double at; /* the number, or its place in the order */
};
/** Points that differ in the setting only. */
struct show_series {
	char name[300];
	unsigned int no;              /* letter and colour: the same in all panels */
	const struct show_point **at; /* by place; NULL: there is none */
};
struct show_panel {
	const struct show_capture *capture;
	struct show_series *series;
	unsigned int nr_series;
};
struct show_chart {
	struct show_x *x;
	unsigned int nr_x;
	bool numbers;
	struct show_panel *panel;
	unsigned int nr_panels, nr_names;
};
int show_chart_new(const struct show *s, struct show_chart *ret, struct sg_err *err);
void show_chart_free(struct show_chart *c);
/** A step of 1, 2 or 5 times a power of ten, so that about @most of them make @length, in @s's unit. */
double show_step(const struct show *s, double length, unsigned int most);
/** Least and most of all that a panel shows; 0 is in it unless all is below. */
void show_limits(const struct show_panel *p, unsigned int nr_x, double *low, double *high);

void show_over_text(const struct show *s, const struct show_chart *c);
void show_over_json(const struct show *s, const struct show_chart *c, json_t *to);
/** A plot of the panel for the terminal: @columns wide, @lines high. */
void show_plot(const struct show *s, const struct show_chart *c, const struct show_panel *p, unsigned int columns, unsigned int lines,
	       bool ascii);
/** All panels as one SVG. */
void show_svg(const struct show *s, const struct show_chart *c, struct cmd_out *o);

/* ---- the best of them: cmd_sweep_best.c ----------------------------------------------------------------- */

int show_best(const struct show *s, unsigned int top, json_t *to, struct sg_err *err);

#endif
