/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay sessions: one file that holds a capture's description, its snapshots, its decoded events
 * and what was done with them (bookmarks, the path taken, filters, runs, keyframes).  It stands
 * alone: the trace.dat isn't needed any more.  doc/session-format.md describes the file byte by
 * byte.
 *
 * Event numbers start at 1; position N is "after event N", position 0 the start, as in sg_log.h.
 * Nothing in here prints.
 */
#ifndef SS_H
#define SS_H

#include "sg_capture.h"
#include "sg_err.h"
#include "sg_event.h"
#include "sg_log.h"

/** Version of the format that is written; a file that needs a newer one is refused. */
#define SS_VERSION 1u

/* Limits of what is written and read; more is an error, never cut silently. */
#define SS_MAX_TEXT      (64u << 10)  /* bytes of one text: name, note, filter, policy, view */
#define SS_MAX_ENTRIES   (1u << 20)   /* bookmarks, filters, runs; steps of one piece of the path */
#define SS_MAX_SECTION   (1ull << 30) /* bytes of one section */
#define SS_MAX_SNAPSHOTS 16u

/* ---- what a session holds beside events ---------------------------------- */

/** A place with a name. Texts are UTF-8, not checked: clean them before they reach a terminal. */
struct ss_bookmark {
	uint64_t pos;
	const char *name;
	const char *note; /* may be several lines, "" for none */
};

/** One step of the path that the user took. */
struct ss_step {
	uint64_t ms;      /* since the path began; not descending */
	uint64_t pos;     /* where it led */
	const char *view; /* what was shown, in the words of the screens; "" when unchanged */
	const char *key;  /* what was pressed, "" without */
};

/** A filter that was in use or is kept under a name. */
struct ss_filter {
	const char *name; /* "" for the one in use */
	const char *text;
};

/** A run.  The observed one may be among them, for its policy, as "observed". */
struct ss_run {
	const char *name;
	const char *policy; /* what it ran under: the policy with its tunables, as text */
};

/** Where to open: the last position, and the screens' own words for the rest. */
struct ss_place {
	uint64_t pos;
	const char *view;
};

/* ---- writing --------------------------------------------------------------- */

struct ss_writer;

/**
 * ss_create() - begin a session file
 * @path:  the file to be; what stands there stays as it is until ss_finish().  A symbolic link is
 *         followed.  A device or pipe is written to directly.
 * @cap:   the description; borrowed until ss_finish() or ss_abort(), because some of it grows
 * @snap:  @nr_snaps snapshots, written at once; not used after the call
 * @ret:   to be ended with ss_finish() or ss_abort(); untouched on failure
 * Writes to a new file beside @path, whose name is ss_temp_name().  Description and snapshots are
 * in that file when the call returns, so that from then on it opens as a session by itself.
 */
int ss_create(const char *path, const struct sg_capture *cap, const struct sg_snapshot *const *snap,
	      unsigned int nr_snaps, struct ss_writer **ret, struct sg_err *err);

/** Name of the file that is being written; borrowed. */
const char *ss_temp_name(const struct ss_writer *w);

/**
 * ss_append() - add the next event
 * Events are kept until a frame is full (65,536) and then packed and written.
 * After a failure (a full disk: SG_E_IO) the writer takes nothing more and says the same again;
 * the old file is untouched, and the temporary opens up to the last frame that was whole.
 */
int ss_append(struct ss_writer *w, const struct sg_event *ev, struct sg_err *err);

/** Packs and writes the events that wait for a full frame: a recording is safe up to here. */
int ss_flush(struct ss_writer *w, struct sg_err *err);

/** Number of events appended. */
uint64_t ss_written(const struct ss_writer *w);
/** Bytes in the file, packed, of the events that are written: ss_flush() writes the rest. */
uint64_t ss_event_bytes(const struct ss_writer *w);

struct ss_reader;

/**
 * ss_copy_events() - take all events of another session as they are packed
 * Before any ss_append(); quicker than reading and appending them.  What is damaged in @r becomes
 * a gap here too.
 */
int ss_copy_events(struct ss_writer *w, struct ss_reader *r, struct sg_err *err);

/*
 * The small things.  Each call writes a whole new list, at once and behind all that is there; the
 * newest of each wins.  Only the path comes in pieces: piece @piece (0, 1, ...) replaces an older
 * piece of that number, and the path is all pieces in their order.
 */
int ss_put_bookmarks(struct ss_writer *w, const struct ss_bookmark *b, size_t nr, struct sg_err *err);
int ss_put_path(struct ss_writer *w, uint32_t piece, const struct ss_step *s, size_t nr,
		struct sg_err *err);
int ss_put_filters(struct ss_writer *w, const struct ss_filter *f, size_t nr, struct sg_err *err);
int ss_put_runs(struct ss_writer *w, const struct ss_run *r, size_t nr, struct sg_err *err);
int ss_put_place(struct ss_writer *w, const struct ss_place *p, struct sg_err *err);

/**
 * ss_put_keyframe() - the image of a machine at a position, opaque to this module
 * @number: of this keyframe; the newest with the number wins
 * @run:    0 for the observed run, else 1 + the index of its run
 * @len:    bytes, at most SS_MAX_SECTION
 */
int ss_put_keyframe(struct ss_writer *w, uint32_t number, uint32_t run, uint64_t pos,
		    const void *image, size_t len, struct sg_err *err);

/**
 * ss_put_start() - the image of the machine before the first event, opaque to this module
 * Of a simulated run, whose start no snapshot tells wholly.  A newer one replaces it.
 */
int ss_put_start(struct ss_writer *w, const void *image, size_t len, struct sg_err *err);

/** Bytes that ss_put_keyframe() would write, in @ret: packed, and what stands around it.  0 or SG_E_NOMEM. */
int ss_keyframe_cost(const void *image, size_t len, uint64_t *ret);

/** Any bytes under a tag of four capital letters or digits that starts with 'X': for others' own use. */
int ss_put_opaque(struct ss_writer *w, const char tag[4], uint32_t number, uint64_t pos,
		  const void *data, size_t len, struct sg_err *err);

/**
 * ss_finish() - complete the file and put it in the place of the old one
 * Writes what grew in the description, index and seek table, syncs, renames, syncs the directory.
 * Frees @w in any case.  On failure the old file is as it was, and the temporary is kept when it
 * holds events that are nowhere else (@keep), else removed; the sentence names it.
 */
int ss_finish(struct ss_writer *w, bool keep, struct sg_err *err);

/** Gives up: frees @w, removes the temporary unless @keep. NULL is fine. */
void ss_abort(struct ss_writer *w, bool keep);

/* ---- reading --------------------------------------------------------------- */

enum ss_open_flags {
	SS_NO_SNAPSHOTS = 1 << 0,
};

/** True when the file @path begins like a session (of any version). */
bool ss_is_session(const char *path);

/**
 * ss_open() - open a session
 * Opens what is whole: a file that was cut off, or whose seek table is damaged, is searched for
 * frames from its beginning, and the description's notes say up to where.  Errors: no session, a
 * newer version (SG_E_UNSUPPORTED), nothing whole at its beginning.  Memory is bounded by the
 * description, the snapshots' zones and one frame, whatever the file says.
 */
int ss_open(const char *path, unsigned int flags, struct ss_reader **ret, struct sg_err *err);
void ss_close(struct ss_reader *r);

/** The description as at the end of the session; borrowed. Notes of damage may be added while reading. */
const struct sg_capture *ss_info(const struct ss_reader *r);
/** A snapshot by name, NULL when there is none; borrowed. */
const struct sg_snapshot *ss_snapshot(const struct ss_reader *r, const char *name);
/** Snapshot @i, NULL behind the last. */
const struct sg_snapshot *ss_snapshot_at(const struct ss_reader *r, unsigned int i);

/** What the file is, as known at the open and, for the damage, up to now. */
struct ss_summary {
	unsigned int version;
	uint64_t file_bytes;
	bool whole;           /* seek table and index are there and fit */
	uint64_t whole_bytes; /* up to here the file is whole frames */
	uint64_t nr_frames;
	uint64_t nr_damaged;  /* frames known to be damaged */
	uint64_t nr_events;   /* that the frames hold, those of damaged frames left out */
	uint64_t last_number; /* of the last event */
	uint64_t first_ts, last_ts;
	uint64_t event_bytes; /* in the file, packed */
};
void ss_summarize(const struct ss_reader *r, struct ss_summary *ret);

/** One frame of the file. */
struct ss_frame {
	char tag[5];          /* "EVTS", "KEYF", ... terminated */
	uint32_t number;      /* of the section among those with its tag */
	uint32_t part;        /* of the section, from 0 */
	uint32_t nr_parts;
	uint64_t offset;      /* in the file */
	uint64_t bytes, raw_bytes; /* packed and unpacked */
	uint64_t pos;         /* events: number of the first; else the section's position */
	uint64_t nr_events;
	uint64_t first_ts, last_ts; /* of events */
	bool damaged;         /* found so */
};

/** Frame @i, false behind the last. */
bool ss_frame_at(const struct ss_reader *r, uint64_t i, struct ss_frame *ret);
/** Unpacks frame @i and checks it wholly, events decoded; SG_OK, or the frame is named in @err. */
int ss_check_frame(struct ss_reader *r, uint64_t i, struct sg_err *err);

/**
 * ss_read() - the next events, as tr_read()
 * @ev: receives up to @max events; their str stays valid until the next call with this reader
 * A damaged frame is left out: the event after it has its number of events added to missed.
 * Return: number of events, 0 at the end
 */
size_t ss_read(struct ss_reader *r, struct sg_event *ev, size_t max);
/**
 * ss_number() - number in the file of the event that ss_read() returns next
 * Differs from a count of what was read only after a damaged frame or ss_seek().
 */
uint64_t ss_number(const struct ss_reader *r);
/** Number in the file of the event that ss_read() returned last, 0 before the first. */
uint64_t ss_last(const struct ss_reader *r);
/** Goes to event @number, or to the first after it when that one is lost. Costs at most one frame. */
int ss_seek(struct ss_reader *r, uint64_t number, struct sg_err *err);
/** Adds events @first to @last (numbers) to @log; a short count when they end earlier is fine. */
int ss_load(struct ss_reader *r, uint64_t first, uint64_t last, struct sg_log *log, struct sg_err *err);
/** Number of the last event with ts <= @ts, 0 when none. */
uint64_t ss_find_ts(struct ss_reader *r, uint64_t ts);
/** How much of the events has been read, 0 .. 1000. */
unsigned int ss_progress(const struct ss_reader *r);
/**
 * ss_pos_here() - a position of the file (of a bookmark, a keyframe) counted in readable events
 * What events before it are known to be lost is taken off; the same as @pos in an undamaged file.
 */
uint64_t ss_pos_here(const struct ss_reader *r, uint64_t pos);

/*
 * The newest of each list.  *@ret is one block that the caller frees with free(); texts point into
 * it.  Nothing there: 0 and *@nr 0, *@ret NULL.
 */
int ss_get_bookmarks(struct ss_reader *r, struct ss_bookmark **ret, size_t *nr, struct sg_err *err);
int ss_get_path(struct ss_reader *r, struct ss_step **ret, size_t *nr, struct sg_err *err);
int ss_get_filters(struct ss_reader *r, struct ss_filter **ret, size_t *nr, struct sg_err *err);
int ss_get_runs(struct ss_reader *r, struct ss_run **ret, size_t *nr, struct sg_err *err);
/** SG_E_NOTFOUND without one. */
int ss_get_place(struct ss_reader *r, struct ss_place **ret, struct sg_err *err);

/** A keyframe as listed. */
struct ss_keyframe {
	uint32_t number, run;
	uint64_t pos;
	uint64_t len; /* bytes of the image */
};
/** Keyframes by ascending run and position, the newest of each number; the caller frees *@ret. */
int ss_list_keyframes(struct ss_reader *r, struct ss_keyframe **ret, size_t *nr, struct sg_err *err);
/** The image of keyframe @number, as many bytes as listed; the caller frees *@ret. */
int ss_get_keyframe(struct ss_reader *r, uint32_t number, void **ret, size_t *len, struct sg_err *err);
/** What ss_put_start() wrote; SG_E_NOTFOUND without.  The caller frees *@ret. */
int ss_get_start(struct ss_reader *r, void **ret, size_t *len, struct sg_err *err);
/** Bytes written with ss_put_opaque(); SG_E_NOTFOUND without. The caller frees *@ret. */
int ss_get_opaque(struct ss_reader *r, const char tag[4], uint32_t number, void **ret, size_t *len,
		  struct sg_err *err);

#endif
