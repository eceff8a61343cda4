#include "cprocesses.h"

// Swift does not see this function, which glibc declares only where its extensions are asked for.
int cprocesses_close_from(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes,
                          int first) {
#ifdef __APPLE__
  short flags = 0;
  (void)files;
  (void)first;
  int code = posix_spawnattr_getflags(attributes, &flags);
  return code != 0 ? code
                   : posix_spawnattr_setflags(attributes, flags | POSIX_SPAWN_CLOEXEC_DEFAULT);
#else
  (void)attributes;
  return posix_spawn_file_actions_addclosefrom_np(files, first);
#endif
}
