// libedit for Swift: its variadic functions behind functions of fixed arguments.
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

// Reads a character; a signal ends the line, where libedit's own reader would try again.
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

// Inserts what a terminal pastes between ESC [200~, which called this, and ESC [201~: line feeds as
// such, so that several lines stay one text, and no other control character but tab.
static unsigned char cedit_paste(EditLine *editor, int key) {
  static const wchar_t end[] = {0x1B, '[', '2', '0', '1', '~'};
  const size_t length = sizeof end / sizeof *end;
  wchar_t character[2] = {0, 0};
  size_t matched = 0;
  (void)key;
  while (matched < length && cedit_read(editor, character) == 1) {
    if (*character == end[matched]) {
      matched++;
      continue;
    }
    matched = *character == *end;
    if (*character == '\r') *character = '\n';
    if (*character >= ' ' ? *character != 0x7F : *character == '\n' || *character == '\t')
      el_winsertstr(editor, character);
  }
  return CC_REFRESH;
}

// Begins a new line of the same text.
static unsigned char cedit_new_line(EditLine *editor, int key) {
  (void)key;
  return el_winsertstr(editor, L"\n") == 0 ? CC_REFRESH : CC_ERROR;
}

// An editor on standard input that shows its prompt on standard error; NULL on failure.
// Tab completes file names, Alt-Enter begins a new line, and pasted lines are one text.
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
  el_set(editor, EL_ADDFN, "ed-paste", "Insert pasted text", cedit_paste);
  el_set(editor, EL_BIND, "\\e[200~", "ed-paste", NULL);
  el_set(editor, EL_ADDFN, "ed-new-line", "Begin a new line", cedit_new_line);
  el_set(editor, EL_BIND, "\\e^J", "ed-new-line", NULL);
  el_set(editor, EL_BIND, "\\e^M", "ed-new-line", NULL);
  return editor;
}

// Adds a line to the history.
static inline void cedit_remember(History *lines, const char *line) {
  HistEvent event;
  history(lines, &event, H_ENTER, line);
}

#endif
