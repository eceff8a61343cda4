#include "cbuild.h"

#include <stddef.h>

#define TEXT(word) #word
#define QUOTED(word) TEXT(word)

const char *cbuild_commit(void) {
#ifdef INTERNVL_COMMIT
  return QUOTED(INTERNVL_COMMIT);
#else
  return NULL;
#endif
}
