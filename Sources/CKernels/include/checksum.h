#ifndef CK_CHECKSUM_H
#define CK_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// A checksum against damage, at the speed of memory. It does not protect against intent.
///
/// Each of eight hashes takes every eighth word w of 64 bits, little-endian, with zeros after the
/// last: h = (h ^ w) · k rotated by 29 bits, with an odd k. For a fixed w that is a permutation of
/// the values of h, and for a fixed h of those of w. So a change within one word always shows, and
/// other changes are missed once in 2^64. The hashes are joined in the same way, with the length
/// last. Each word takes one multiplication, of which processors start one a cycle: 8 bytes a
/// cycle, more than a core reads from memory.
uint64_t ck_checksum(const void *bytes, ptrdiff_t count);

#endif
