#include <spawn.h>

/// Has a program that is started close every descriptor from `first` on, whatever this process opens
/// meanwhile; returns an error number.
int cprocesses_close_from(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes,
                          int first);
