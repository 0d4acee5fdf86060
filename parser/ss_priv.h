/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the session reader and writer share; doc/session-format.md says what it means. */
#ifndef SS_PRIV_H
#define SS_PRIV_H

#include "ss.h"
#include "ss_codec.h"
#include "tr_src.h"

#define SS_LOOK        4096u /* bytes that tell a session from any other zstd file */
#define SS_MAGIC_ZSTD  0xfd2fb528u
#define SS_MAGIC_SKIP  0x184d2a5eu /* of the skippable frame with the seek table */
#define SS_MAGIC_TABLE 0x8f92eab1u
#define SS_MAGIC_PART  0x31534753u /* "SGS1": every unpacked frame begins with it */
#define SS_TITLE       "stormglass session\n"
#define SS_TITLE_LEN   19u

#define SS_PART_HEAD  40u
#define SS_EVENT_HEAD 40u
#define SS_INDEX_HEAD 8u
#define SS_INDEX_ITEM 80u
#define SS_MAX_RAW    (16u << 20) /* bytes of a frame, unpacked, at most */
#define SS_PART       (4u << 20)  /* bytes of a section in one frame, when written */
#define SS_MAX_FRAMES (1u << 20)
#define SS_MAX_DESC   (64u << 20) /* bytes of a description, a snapshot or a list */
#define SS_EVENTS_NOW 65536u      /* events in a frame, when written: found by measuring */
#define SS_PIECE      (1u << 20)  /* words of page flags in a frame, at most */

/* ---- bytes ------------------------------------------------------------------ */

/** Growing bytes; once memory ran out it takes nothing more. */
struct ss_buf {
	uint8_t *data;
	size_t len, cap;
	bool failed;
};

uint8_t *ss_buf_room(struct ss_buf *b, size_t more);
void ss_put(struct ss_buf *b, uint64_t v, unsigned int bytes);
void ss_put_bytes(struct ss_buf *b, const void *data, size_t len);
/** Length with the NUL, bytes, NUL. */
void ss_put_text(struct ss_buf *b, const char *text);

/** Bytes being taken apart; asking for more than there is sets @bad and gives zeros. */
struct ss_in {
	const uint8_t *p, *end;
	bool bad;
};

uint64_t ss_get(struct ss_in *in, unsigned int bytes);
/** A text inside the data, "" when there is none. */
const char *ss_get_text(struct ss_in *in);
/** A number of things that need at least @each bytes each. */
uint32_t ss_get_count(struct ss_in *in, size_t each, uint32_t max);

static inline uint64_t ss_le(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | p[bytes];
	return v;
}

/* ---- frames ------------------------------------------------------------------ */

/** What begins every unpacked frame. */
struct ss_part {
	char tag[4];
	uint32_t number, part, nr_parts, len;
	uint64_t pos, total;
};

void ss_part_put(uint8_t p[SS_PART_HEAD], const struct ss_part *part);
/** False when @p isn't one of @len bytes in all. */
bool ss_part_get(const uint8_t *p, size_t len, struct ss_part *ret);

/** A frame of the file, as in the index. */
struct ss_info {
	struct ss_part part;
	uint64_t offset;
	uint32_t bytes, raw; /* packed and unpacked */
	uint32_t checksum;
	uint64_t events, first_ts, last_ts, lost;
	bool lost_unknown;
	bool damaged, known; /* known: @part was read or is in the index */
};

/* ---- kinds --------------------------------------------------------------------- */

/** How this program's kinds and those of a file go together. */
struct ss_map {
	struct ss_kinds kinds;           /* the file's */
	uint8_t to_file[SG_KIND_COUNT];
	uint8_t from_file[SS_MAX_KINDS]; /* SG_EV_other for one that this program doesn't know */
	bool same[SS_MAX_KINDS];         /* slots are the same */
	bool unknown[SS_MAX_KINDS];
	uint8_t slot[SS_MAX_KINDS][SG_SLOTS]; /* this program's slot of the file's, SG_SLOTS none */
};

#define SS_UNKNOWN_ID 0x40000000 /* + the file's kind: id of events that this program doesn't know */

/** The kinds of this program, as they are written. */
void ss_map_own(struct ss_map *map);
void ss_map_put(struct ss_buf *b);
/** Reads the kinds of a file. @name: receives the names of those that this program doesn't know. */
bool ss_map_get(struct ss_in *in, struct ss_map *map, const char *name[SS_MAX_KINDS]);
/** An event of the file as one of this program's. */
void ss_map_event(const struct ss_map *map, struct sg_event *ev);

/* ---- description and snapshots ---------------------------------------------------- */

/** Memory that lives as long as a reader. */
struct ss_arena {
	struct ss_chunk *chunk;
	bool failed;
};
void *ss_alloc(struct ss_arena *a, size_t nr, size_t size);
void ss_arena_free(struct ss_arena *a);

void ss_desc_put(struct ss_buf *b, const struct sg_capture *cap);
/** @map is filled too. @cap's texts and tables are in @a. */
bool ss_desc_get(struct ss_in *in, struct ss_arena *a, struct sg_capture *cap, struct ss_map *map);
void ss_snap_put(struct ss_buf *b, const struct sg_snapshot *snap);
bool ss_snap_get(struct ss_in *in, struct ss_arena *a, struct sg_snapshot *snap);

/* ---- the reader -------------------------------------------------------------------- */

struct ss_reader {
	char *path;
	struct tr_src src; /* owns @fd */
	int fd;
	uint64_t size;
	unsigned int version;
	bool whole;
	uint64_t whole_bytes;
	struct ss_info *frame;
	uint32_t nr_frames, cap_frames;
	uint32_t *events;       /* the frames with events, by number */
	uint32_t nr_events;
	struct sg_capture cap;
	struct ss_map map;
	struct ss_arena arena;
	struct sg_note *note;   /* copied, with room for more */
	struct sg_snapshot snap[SS_MAX_SNAPSHOTS];
	struct ss_snap_from {
		struct ss_reader *r;
		uint32_t number;
	} from[SS_MAX_SNAPSHOTS];
	unsigned int nr_snaps;
	uint8_t *packed, *raw;  /* of the frame that was unpacked last */
	size_t cap_packed, cap_raw;
	void *dctx;             /* ZSTD_DCtx */
	/* reading events: they have their own unpacked frame, so that other sections can be read between */
	struct ss_codec *codec;
	struct ss_codec *checker; /* of ss_check_frame() */
	uint8_t *event_raw;
	size_t cap_event_raw;
	uint32_t at;            /* index in @events of the frame that is open, or to be opened */
	bool open;
	uint64_t next;          /* number of the next event */
	uint64_t expect;        /* and what it would be without gaps */
};

/**
 * ss_look() - do these first bytes of a file begin a session, of any version, whole or not?
 * Return: 1, 0 when it is something else, SG_E_NOMEM
 */
int ss_look(const uint8_t *packed, size_t n, unsigned int *version);
/** Unpacks and checks frame @i into r->raw; its payload is behind the head. */
int ss_frame_load(struct ss_reader *r, uint32_t i, struct ss_part *ret, struct sg_err *err);
/** Finds the frames: from seek table and index, or by searching. */
int ss_scan(struct ss_reader *r, struct sg_err *err);
/** Newest whole section with @tag and @number; the caller frees. SG_E_NOTFOUND. */
int ss_section(struct ss_reader *r, const char tag[4], uint32_t number, uint64_t max, uint8_t **ret,
	       size_t *len, struct sg_err *err);
/** Adds a note to the description. */
void ss_note(struct ss_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** What the frame is called in messages. */
const char *ss_frame_name(const struct ss_info *f, char buf[64]);
/** Sets the order of event frames and what is missing between them. */
int ss_order_events(struct ss_reader *r);
void ss_frame_damaged(struct ss_reader *r, uint32_t i);

/* ---- the writer --------------------------------------------------------------------- */

int ss_write_section(struct ss_writer *w, const char tag[4], uint32_t number, uint64_t pos, const void *data,
		     size_t len, int level, struct sg_err *err);

#endif
