/* SPDX-License-Identifier: GPL-2.0-only */
/* The entry that fuzzers and fuzz_replay.c call. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
