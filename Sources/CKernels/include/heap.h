#ifndef CK_HEAP_H
#define CK_HEAP_H

/// Keeps large allocations out of the heap, for as long as the process lives; nothing where the C library
/// does so anyhow.
///
/// glibc gives an allocation of 128 KiB or more pages of its own, which go back to the system when it is
/// freed. But with every one that is freed, it raises this limit to its size, up to 32 MiB. The buffers of
/// pictures then come from the heap, small allocations that stay settle between them, and the heap grows
/// with every picture. A limit that is set stays.
void ck_keep_large_allocations_apart(void);

#endif
