// The benchmark's kernels as C++, each doing what the .sing file of its name does. Functions that get
// their data as arguments have external linkage, or clang would build the one caller's data into them:
// the .sing side compiles a function without looking at its callers, and so must this one.
#pragma once

#include <cstdint>

// Each kernel begins with a page, as compiled Sing does: how well a loop lies for the processor does not
// depend on what else is linked.
asm(".p2align 12");

int bench_crc32(int rounds);
int bench_sieve(int rounds);
int bench_quicksort(int rounds);
int bench_sha256(int rounds);
int bench_fatchain(int rounds);
int bench_matrix(int rounds);
int bench_objects(int rounds);
int bench_search(int rounds);
int bench_hash64(int rounds);
int bench_packets(int rounds);
int bench_vm(int rounds);
