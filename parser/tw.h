/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes events as a trace.dat of version 6, which every trace-cmd and KernelShark reads: for events that no kernel
 * recorded.  (libtracecmd's own writer has no public header, and wants tracefs for the formats.)
 *
 * An event is written in the format that the capture has of it, if that has all of its fields, so that it looks as
 * the user knows it, and if libtraceevent understands it; else in a made one, as the kernel's format files are.
 */
#ifndef TW_H
#define TW_H

#include "sg_capture.h"
#include "sg_err.h"
#include "sg_log.h"
#include "tr.h"

/** What became of the events. */
struct tw_told {
	uint64_t events;         /* written */
	unsigned int taken, made; /* formats of the capture, formats made */
	uint64_t left_out;       /* events that the list doesn't know: nobody has their fields */
	uint64_t cut_texts;      /* longer than a page of the file */
	uint64_t moved;          /* events before the last one of their CPU in time: put at its time */
};

/**
 * tw_write() - write all events of @log
 * @fd:      an empty file, open for writing, that can be sought in
 * @label:   its name in messages
 * @cap:     description of the events: kernel, tasks, names of flags, clock, CPUs
 * @formats: the capture whose formats are used where they fit; NULL: all are made
 * Return: 0; SG_E_IO or SG_E_NOMEM with the sentence
 */
int tw_write(int fd, const char *label, const struct sg_capture *cap, const struct sg_log *log, const struct tr_capture *formats,
	     struct tw_told *told, struct sg_err *err);

#endif
