// A checksum of memory; how it is made stands in checksum.h.
#include "include/checksum.h"

#include "common/internal.h"

#include <string.h>

enum { HASHES = 8, CHUNK = HASHES * sizeof(uint64_t) };

CK_INLINE uint64_t mixed(uint64_t hash, uint64_t word) {
  // 2^64 divided by the golden ratio, made odd (Knuth, The Art of Computer Programming, 6.4).
  uint64_t product = (hash ^ word) * 0x9E3779B97F4A7C15;
  return product << 29 | product >> 35;
}

CK_INLINE void add_chunk(uint64_t hashes[HASHES], const char *bytes) {
  uint64_t words[HASHES];
  memcpy(words, bytes, CHUNK);
  for (int i = 0; i < HASHES; i++) hashes[i] = mixed(hashes[i], words[i]);
}

uint64_t ck_checksum(const void *bytes, ptrdiff_t count) {
  uint64_t hashes[HASHES] = {0};
  const char *next = bytes, *end = next + count;
  for (; end - next >= CHUNK; next += CHUNK) add_chunk(hashes, next);
  char rest[CHUNK] = {0};
  memcpy(rest, next, (size_t)(end - next));
  add_chunk(hashes, rest);
  uint64_t hash = 0;
  for (int i = 0; i < HASHES; i++) hash = mixed(hash, hashes[i]);
  return mixed(hash, (uint64_t)count);
}
