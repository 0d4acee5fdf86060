// SPDX-License-Identifier: GPL-2.0-only
/* The path, its film, scenes as text, bookmarks and names of positions: each by itself. */
#include "test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "check/check.h"
#include "ui_model.h"

static uint64_t random_next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* ---- path ------------------------------------------------------------------ */

/* What goes in comes out, numbers of all sizes and directions among it. */
static void path_keeps(void **state)
{
	static const uint64_t pos[] = { 0, 5, 4, 5, UINT64_MAX, 0, 1ull << 63, 3, 292508, 292507 };
	struct ui_path p = { 0 };
	struct ui_path_cursor c = { 0 };
	struct ui_step s;
	char text[24];

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		int n = snprintf(text, sizeof(text), "zoom=%u", i);

		assert_int_equal(ui_path_add(&p, i * i * 1000, pos[i], text, i % 3 ? 0 : (size_t)n), UI_PATH_ADDED);
	}
	/* a clock that goes back counts as standing still */
	assert_int_equal(ui_path_add(&p, 3, 7, "", 0), UI_PATH_ADDED);
	assert_int_equal(p.nr, 11);
	for (unsigned int i = 0; i < 10; i++) {
		assert_true(ui_path_next(&p, &c, &s));
		assert_int_equal(s.ms, i * i * 1000);
		assert_true(s.pos == pos[i]);
		snprintf(text, sizeof(text), "zoom=%u", i);
		assert_int_equal(s.view_len, i % 3 ? 0 : strlen(text));
		assert_memory_equal(s.view, text, s.view_len);
	}
	assert_true(ui_path_next(&p, &c, &s));
	assert_int_equal(s.ms, 81000);
	assert_int_equal(s.pos, 7);
	assert_false(ui_path_next(&p, &c, &s));
	ui_path_fini(&p);
}

/*
 * A full path: movements go from its older half, views and the newest step stay, and
 * the order of what stays is right.  Whoever follows it reads each step once.
 */
static void path_thins(void **state)
{
	struct ui_path p = { .max = 4096 };
	struct ui_path_cursor c = { 0 };
	struct ui_step s;
	uint64_t views = 0, followed = 0, last = 0, seen_views = 0;
	char text[32];

	(void)state;
	for (uint64_t i = 1; p.thinned < 4; i++) {
		int n = i % 50 == 0 ? snprintf(text, sizeof(text), "zoom=%" PRIu64, i) : 0;
		enum ui_path_result r = ui_path_add(&p, i * 3, i * 7, text, (size_t)n);

		assert_true(r == UI_PATH_ADDED || r == UI_PATH_THINNED);
		assert_true(p.len <= 4096);
		views += n > 0;
		if (i % 11 == 0)
			while (ui_path_next(&p, &p.rec, &s)) {
				assert_true(s.pos > followed * 7);
				assert_int_equal(s.pos, (followed + 1) * 7);
				followed++;
			}
	}
	assert_true(followed > 1000);
	while (ui_path_next(&p, &c, &s)) {
		assert_true(s.pos > last);
		assert_int_equal(s.pos / 7 * 3, s.ms);
		last = s.pos;
		if (s.view_len) {
			snprintf(text, sizeof(text), "zoom=%" PRIu64, s.pos / 7);
			assert_int_equal(s.view_len, strlen(text));
			assert_memory_equal(s.view, text, s.view_len);
			seen_views++;
		}
	}
	assert_int_equal(seen_views, views);
	assert_int_equal(last, p.pos);
	ui_path_fini(&p);
	/* nothing but views: full, once said, and it stays readable */
	p.max = 4096;
	while (!p.full)
		ui_path_add(&p, 0, 0, "search=something-that-takes-its-place", 37);
	assert_int_equal(ui_path_add(&p, 0, 0, "a", 1), UI_PATH_ADDED);
	for (c = (struct ui_path_cursor){ 0 }, last = 0; ui_path_next(&p, &c, &s); last++)
		assert_int_equal(s.view_len, 37);
	assert_int_equal(last, p.nr);
	ui_path_fini(&p);
}

/* ---- scenes ------------------------------------------------------------------ */

static void random_scene(struct ui_scene *sc, uint64_t *seed)
{
	static const char *const zones[] = { "DMA", "Normal", "Movable", "odd name%" };
	static const char *const searches[] = { "", "phase", "=order >= 4 && task == \"a b\"", "\xc3\xa4 100% \x01" };

	memset(sc, 0, sizeof(*sc));
	sc->node = (int)(random_next(seed) % 4);
	strcpy(sc->zone, zones[random_next(seed) % 4]);
	sc->cursor_set = random_next(seed) % 2;
	sc->cursor = sc->cursor_set ? random_next(seed) << 8 : 0;
	sc->block_open = random_next(seed) % 2;
	sc->follow = random_next(seed) % 2;
	sc->trail = random_next(seed) % 2;
	sc->zoom = (int)(random_next(seed) % 6) - 1;
	sc->map_style = (int)(random_next(seed) % UI_MAP_STYLE_COUNT);
	sc->focus = (int)(random_next(seed) % UI_FOCUS_COUNT);
	sc->figures = (int)(random_next(seed) % UI_FIG_COUNT);
	sc->overlay = (int)(random_next(seed) % UI_OVERLAY_COUNT);
	sc->overlay_scroll = (int)(random_next(seed) % 100);
	sc->event_scroll = (int)(random_next(seed) % 20);
	sc->decision_scroll = (int)(random_next(seed) % 20);
	sc->kind = (int)(random_next(seed) % (MM_CHECK_COUNT + 1));
	sc->mark_sel = (int)(random_next(seed) % 30);
	if (random_next(seed) % 2)
		sc->frame_events = 1 + random_next(seed);
	else
		sc->frame_ns = 1 + random_next(seed);
	strcpy(sc->search, searches[random_next(seed) % 4]);
}

/* All of a scene, and any change of one, as words and back. */
static void scene_words(void **state)
{
	struct ui_scene old, now, got;
	char text[UI_SCENE_TEXT];
	uint64_t seed = 1;

	(void)state;
	memset(&got, 0, sizeof(got));
	for (int i = 0; i < 2000; i++) {
		random_scene(&now, &seed);
		if (i % 100 == 0) {
			ui_scene_write(NULL, &now, text);
			memset(&got, 0, sizeof(got));
		} else {
			ui_scene_write(&old, &now, text);
		}
		ui_scene_read(&got, text, strlen(text));
		if (memcmp(&got, &now, sizeof(got)) != 0)
			fail_msg("'%s' is not what was written", text);
		old = now;
	}
	assert_int_equal(ui_scene_write(&now, &now, text), 0);
	old = now;
	now.zoom = 3;
	now.focus = UI_FOCUS_EVENT;
	old.zoom = old.focus = 0;
	ui_scene_write(&old, &now, text);
	assert_string_equal(text, "zoom=3 focus=event");
}

/* Words that make no sense leave everything as it is. */
static void scene_nonsense(void **state)
{
	static const char *const texts[] = {
		"zoom", "zoom=", "zoom=41", "zoom=-2", "zoom=99999999999999999999", "style=9", "style=nice", "focus=99",
		"overlay=7000000000", "cursor=", "zone=1", "zone=-1/Normal", "zone=99999999/Normal", "frame=0", "frame=0ns",
		"frame=1x", "=", "  ", "unknown=1", "escroll=-1", "kind=", "kind=none", "kind=3", "scroll=1e9", "zone=0/"
	};
	struct ui_scene sc, was;
	uint64_t seed = 7;
	char text[400];

	(void)state;
	random_scene(&sc, &seed);
	sc.cursor_set = false;
	sc.cursor = 0;
	was = sc;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ui_scene_read(&sc, texts[i], strlen(texts[i]));
		if (memcmp(&sc, &was, sizeof(sc)) != 0)
			fail_msg("'%s' changed the scene", texts[i]);
	}
	/* any bytes at all: for the sanitizers; values stay inside of their ranges */
	for (int i = 0; i < 20000; i++) {
		static const char bits[] = "zoom=style=focus=cursor=0xfig search=%4%zz%20 zone=0/Normal frame=12ns overlay=9";
		size_t n = random_next(&seed) % sizeof(text);

		for (size_t k = 0; k < n; k++)
			text[k] = random_next(&seed) % 4 ? bits[(k + random_next(&seed) % 3) % sizeof(bits)]
							 : (char)random_next(&seed);
		ui_scene_read(&sc, text, n);
		assert_in_range(sc.focus, 0, UI_FOCUS_COUNT - 1);
		assert_in_range(sc.overlay, 0, UI_OVERLAY_COUNT - 1);
		assert_in_range(sc.map_style, 0, UI_MAP_STYLE_COUNT - 1);
		assert_true(strlen(sc.search) < sizeof(sc.search));
	}
}

/* ---- bookmarks ------------------------------------------------------------------ */

static void bookmarks(void **state)
{
	struct ui_marks ms = { 0 };
	struct sg_err err;
	char name[24];
	static char note[UI_NOTE_MAX + 100];

	(void)state;
	assert_int_equal(ui_marks_set(&ms, "b", 20, "second", &err), 0);
	assert_int_equal(ui_marks_set(&ms, "a", 10, NULL, &err), 0);
	assert_int_equal(ui_marks_set(&ms, "c", 20, "third", &err), 2);
	assert_string_equal(ms.m[0].name, "a");
	assert_string_equal(ms.m[0].note, "");
	/* a name is there once: setting it again moves it and keeps the note */
	assert_int_equal(ui_marks_set(&ms, "b", 5, NULL, &err), 0);
	assert_string_equal(ms.m[0].note, "second");
	assert_int_equal(ms.nr, 3);
	assert_int_equal(ui_marks_find(&ms, "b"), 0);
	assert_int_equal(ui_marks_find(&ms, "x"), -1);
	assert_int_equal(ui_marks_edit(&ms, 0, "c", "", &err), SG_E_USAGE);
	assert_int_equal(ui_marks_edit(&ms, 0, "two words", "", &err), SG_E_USAGE);
	assert_int_equal(ui_marks_edit(&ms, 0, "b", "other", &err), 0);
	assert_int_equal(ui_marks_edit(&ms, 9, "z", "", &err), SG_E_NOTFOUND);
	assert_int_equal(ui_marks_set(&ms, "", 5, "", &err), SG_E_USAGE);
	assert_int_equal(ui_marks_set(&ms, "\x1b[2J", 5, "", &err), SG_E_USAGE);
	ui_marks_remove(&ms, 1);
	ui_marks_remove(&ms, 1);
	ui_marks_remove(&ms, 1);
	assert_int_equal(ms.nr, 1);
	/* a note that is too long ends with a whole character: the two bytes of ä cross the limit */
	memset(note, 'n', sizeof(note) - 1);
	note[UI_NOTE_MAX - 1] = '\xc3';
	note[UI_NOTE_MAX] = '\xa4';
	assert_true(ui_marks_set(&ms, "long", 1, note, &err) >= 0);
	assert_int_equal(strlen(ms.m[ui_marks_find(&ms, "long")].note), UI_NOTE_MAX - 1);
	for (unsigned int i = 2; i < UI_MARKS_MAX; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		assert_true(ui_marks_set(&ms, name, 1000 - i % 1000, "", &err) >= 0);
	}
	assert_int_equal(ui_marks_set(&ms, "more", 1, "", &err), SG_E_RANGE);
	assert_true(ui_marks_set(&ms, "n7", 1, "", &err) >= 0); /* moving one is no new one */
	for (size_t i = 1; i < ms.nr; i++)
		assert_true(ms.m[i - 1].pos <= ms.m[i].pos);
	ui_marks_fini(&ms);
}

/* Ten events, markers at 3 and 8; the nearest name before a position, else the next one. */
static void where(void **state)
{
	static const struct {
		uint64_t pos;
		const char *bare, *marked; /* without bookmarks, and with k at 5 and s at 8 */
	} want[] = {
		{ 0, "3 before marker begin", "3 before marker begin" },
		{ 2, "1 before marker begin", "1 before marker begin" },
		{ 3, "at marker begin", "at marker begin" },
		{ 5, "2 after marker begin", "at bookmark k" },
		{ 7, "4 after marker begin", "2 after bookmark k" },
		{ 8, "at marker end of it", "at bookmark s" },
		{ 10, "2 after marker end of it", "2 after bookmark s" },
	};
	struct ui_markers mk = { 0 };
	struct ui_marks none = { 0 }, some = { 0 };
	struct sg_log *log = sg_log_new();
	char text[UI_WHERE_TEXT];
	struct sg_err err;

	(void)state;
	ui_where(&mk, &none, log, 0, text);
	assert_string_equal(text, "");
	for (unsigned int i = 1; i <= 10; i++) {
		const char *s = i == 3 ? "begin" : i == 8 ? "end of it" : NULL;
		struct sg_event ev = { .kind = s ? SG_EV_print : SG_EV_mm_page_free,
				       .ts = i,
				       .str = s,
				       .str_len = s ? (uint32_t)strlen(s) : 0 };

		assert_int_equal(sg_log_append(log, &ev), 0);
	}
	while (ui_markers_collect(&mk, log, 3))
		;
	assert_false(ui_markers_pending(&mk, log));
	assert_int_equal(mk.nr, 2);
	ui_marks_set(&some, "k", 5, "", &err);
	ui_marks_set(&some, "s", 8, "", &err);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		ui_where(&mk, &none, log, want[i].pos, text);
		assert_string_equal(text, want[i].bare);
		ui_where(&mk, &some, log, want[i].pos, text);
		assert_string_equal(text, want[i].marked);
	}
	ui_marks_fini(&some);
	ui_markers_fini(&mk);
	sg_log_free(log);
}

/* ---- film ---------------------------------------------------------------------- */

static uint64_t still(void *arg)
{
	return *(uint64_t *)arg;
}

static void idle(struct ui_model *md, uint64_t *clock)
{
	while (ui_model_busy(md))
		ui_model_work(md, still, clock);
	ui_model_sync(md);
}

/* Position and zoom that the path has at @us. */
static void at(const struct ui_path *p, uint64_t us, uint64_t *ret_pos, int *ret_zoom)
{
	struct ui_path_cursor c = { 0 };
	struct ui_step s;

	*ret_zoom = -1;
	for (*ret_pos = 0; ui_path_next(p, &c, &s) && s.ms <= us / 1000; *ret_pos = s.pos)
		if (s.view_len) /* "zoom=N" */
			*ret_zoom = s.view[5] - '0';
}

/*
 * A path of 400 random steps, played with a fake clock at several speeds, with skips
 * and pauses: whenever the film has come to rest it shows what the path has there.
 */
static void film(void **state)
{
	struct machine m;
	struct ui_model *md = calloc(1, sizeof(*md));
	struct sg_err err;
	uint64_t seed = 3, clock = 1000, ms = 0, pos, shown = 0;
	int zoom;

	(void)state;
	machine_init(&m);
	assert_non_null(md);
	assert_int_equal(ui_model_init(md, &m.src, &err), 0);
	idle(md, &clock);
	assert_false(ui_film_start(md, 0, clock)); /* nothing to be played */
	for (int i = 0; i < 400; i++) {
		char text[16] = "";

		if (random_next(&seed) % 3 == 0)
			snprintf(text, sizeof(text), "zoom=%d", (int)(random_next(&seed) % 2));
		ui_path_add(&md->path, ms, random_next(&seed) % (MACHINE_EVENTS + 1), text, strlen(text));
		ms += random_next(&seed) % 200;
	}
	assert_true(ui_film_start(md, 0, clock));
	for (int i = 0; i < 30000 && md->film.playing; i++) {
		uint64_t was = md->film.us;

		clock += 1000 + random_next(&seed) % 30000;
		if (i % 97 == 0)
			ui_film_speed(md, random_next(&seed) % 2 ? 1 : -1, clock);
		if (i % 211 == 0)
			ui_film_skip(md, (int64_t)(random_next(&seed) % 4000000) - 2500000, clock);
		if (i % 53 == 0) { /* a pause: time goes by and the film doesn't */
			ui_film_play(md, false, clock);
			was = md->film.us;
			clock += 5000000;
			ui_film_tick(md, clock);
			assert_int_equal(md->film.us, was);
			ui_film_play(md, true, clock);
		}
		ui_film_tick(md, clock);
		idle(md, &clock);
		at(&md->path, md->film.us, &pos, &zoom);
		assert_int_equal(mm_position(md->run->m), pos);
		if (zoom >= 0)
			assert_int_equal(md->zoom, zoom);
		shown++;
		if (md->film.speed > 20)
			md->film.speed = 1;
	}
	assert_false(md->film.playing);
	assert_int_equal(md->film.us, md->film.end_ms * 1000);
	assert_int_equal(mm_position(md->run->m), md->path.pos);
	assert_true(shown > 300);
	/* at twice the speed half the time is enough: from the start to the end in end / 2 */
	ui_film_play(md, true, clock);
	md->film.speed = 2;
	for (uint64_t until = clock + md->film.end_ms * 500 - 1000; clock < until; clock += 10000) {
		assert_true(md->film.playing);
		ui_film_tick(md, clock);
		idle(md, &clock);
	}
	clock += 20000;
	ui_film_tick(md, clock);
	assert_false(md->film.playing);
	ui_model_fini(md);
	free(md);
	machine_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_keeps), cmocka_unit_test(path_thins), cmocka_unit_test(scene_words),
		cmocka_unit_test(scene_nonsense), cmocka_unit_test(bookmarks), cmocka_unit_test(where),
		cmocka_unit_test(film),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
