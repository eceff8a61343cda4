// A checksum of memory; how it is made stands in checksum.h.
#include "include/checksum.h"

#include "common/internal.h"

#include <string.h>

enum { LANES = 8, BLOCK = LANES * sizeof(uint64_t) };

CK_INLINE uint64_t mixed(uint64_t hash, uint64_t word) {
  // 2^64 divided by the golden ratio, made odd (Knuth, The Art of Computer Programming, 6.4).
  uint64_t product = (hash ^ word) * 0x9E3779B97F4A7C15;
  return product << 29 | product >> 35;
}

CK_INLINE void add_block(uint64_t hashes[LANES], const char *bytes) {
  uint64_t words[LANES];
  memcpy(words, bytes, BLOCK);
  for (int lane = 0; lane < LANES; lane++) hashes[lane] = mixed(hashes[lane], words[lane]);
}

uint64_t ck_checksum(const void *bytes, ptrdiff_t count) {
  uint64_t hashes[LANES] = {0};
  const char *next = bytes, *end = next + count;
  for (; end - next >= BLOCK; next += BLOCK) add_block(hashes, next);
  char rest[BLOCK] = {0};
  memcpy(rest, next, (size_t)(end - next));
  add_block(hashes, rest);
  uint64_t hash = 0;
  for (int lane = 0; lane < LANES; lane++) hash = mixed(hash, hashes[lane]);
  return mixed(hash, (uint64_t)count);
}
