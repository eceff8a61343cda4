#ifndef CK_CHECKSUM_H
#define CK_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// A checksum against damage, at the speed of memory; nobody is kept from making data that fits.
///
/// Each of eight lanes takes every eighth word w of 64 bits, little-endian, the last ones filled up
/// with zeros: h = (h ^ w) · k rotated by 29 bits, with an odd k. For a fixed w that is a
/// permutation of the values of h, and for a fixed h of those of w: a change within one word always
/// shows, and others all but once in 2^64. Lanes are joined in the same way, the length behind
/// them. Per word one multiplication, of which processors start one a cycle: 8 bytes a cycle, more
/// than a core reads from memory.
uint64_t ck_checksum(const void *bytes, ptrdiff_t count);

#endif
