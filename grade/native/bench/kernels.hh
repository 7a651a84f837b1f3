// The benchmark's kernels as C++, each doing what the .sing file of its name does.
#pragma once

#include <cstdint>

int bench_crc32(int rounds);
int bench_sieve(int rounds);
int bench_quicksort(int rounds);
int bench_sha256(int rounds);
int bench_fatchain(int rounds);
int bench_matrix(int rounds);
