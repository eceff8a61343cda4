/* libedit for Swift: its variadic functions behind functions of fixed arguments. */
#ifndef CEDIT_SHIM_H
#define CEDIT_SHIM_H

#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <unistd.h>

static char *cedit_prompt(EditLine *editor) {
  (void)editor;
  return (char *)"> ";
}

/* Reads a character; a signal ends the line, where libedit's own reader would try again. */
static int cedit_read(EditLine *editor, wchar_t *character) {
  (void)editor;
  wint_t read = fgetwc(stdin);
  if (read == WEOF) {
    int interrupted = ferror(stdin) && errno == EINTR;
    clearerr(stdin);
    return interrupted ? -1 : 0;
  }
  *character = (wchar_t)read;
  return 1;
}

/* An editor on standard input that shows its prompt on standard error; NULL on failure.
   Tab completes file names. */
static inline EditLine *cedit_open(const char *program, History *lines) {
  HistEvent event;
  EditLine *editor = el_init(program, stdin, stderr, stderr);
  if (editor == NULL) return NULL;
  history(lines, &event, H_SETSIZE, 1000);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_PROMPT, cedit_prompt);
  el_set(editor, EL_HIST, history, lines);
  el_set(editor, EL_GETCFN, cedit_read);
  el_set(editor, EL_ADDFN, "ed-complete", "Complete a file name", _el_fn_complete);
  el_set(editor, EL_BIND, "^I", "ed-complete", NULL);
  return editor;
}

/* Adds a line to the history. */
static inline void cedit_remember(History *lines, const char *line) {
  HistEvent event;
  history(lines, &event, H_ENTER, line);
}

#endif
