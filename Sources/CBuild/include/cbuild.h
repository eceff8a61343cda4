#ifndef CBUILD_H
#define CBUILD_H

// The commit that the program was built from, or NULL where nobody said.
const char *cbuild_commit(void);

#endif
