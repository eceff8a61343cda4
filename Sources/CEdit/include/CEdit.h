// A line editor on a terminal, by libedit.
#ifndef CEDIT_H
#define CEDIT_H

typedef struct CEditor CEditor;

// What Tab adds behind the text before the cursor: a string of `malloc`, or NULL for nothing. Sets `listed`
// where it wrote what may follow on standard error, so that the line has to be shown anew.
typedef char *(*CEditCompleter)(void *context, const char *before, int *listed);

// An editor on standard input that shows its prompt and the line on standard error; NULL on failure.
CEditor *cedit_open(const char *program, CEditCompleter completer, void *context);

void cedit_close(CEditor *editor);

// Waits for a line, with its line feed. NULL at the end of the input and, with `count` below 0, after a
// signal. `prompt` is kept.
const char *cedit_read_line(CEditor *editor, const char *prompt, int *count);

// How many bytes that were no UTF-8 the last line was left without.
int cedit_skipped(const CEditor *editor);

// The places that a character takes on a terminal, by the locale; below 0 for a control character.
int cedit_cells(unsigned int character);

// Adds a line to those that the arrow keys bring back.
void cedit_remember(CEditor *editor, const char *line);

#endif
