#include "CEdit.h"

#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

struct CEditor {
  EditLine *line;
  History *history;
  CEditCompleter completer;
  void *context;
  const char *prompt;
  int skipped;
};

static CEditor *owner(EditLine *line) {
  CEditor *editor = NULL;
  el_get(line, EL_CLIENTDATA, &editor);
  return editor;
}

static char *show_prompt(EditLine *line) { return (char *)owner(line)->prompt; }

// Reads a character, and passes over bytes that are none. A signal ends the line, where libedit's own
// reader would try again.
static int read_character(EditLine *line, wchar_t *character) {
  CEditor *editor = owner(line);
  mbstate_t state = {0};
  char byte;
  for (;;) {
    ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count < 0 && errno == EAGAIN) continue;
    if (count < 0) return errno == EINTR ? -1 : 0;
    if (count == 0) return 0;
    int was_inside = !mbsinit(&state);
    size_t length = mbrtowc(character, &byte, 1, &state);
    if (length == (size_t)-1) {
      editor->skipped++;
      memset(&state, 0, sizeof state);
      if (!was_inside) continue;
      // The byte may begin a character of its own.
      length = mbrtowc(character, &byte, 1, &state);
      if (length == (size_t)-1) memset(&state, 0, sizeof state);
    }
    if (length == 0) *character = 0;
    if (length <= 1) return 1;
  }
}

// Inserts what a terminal pastes between ESC [200~, which called this, and ESC [201~: line feeds as
// such, so that several lines stay one text, and no other control character but tab.
static unsigned char insert_pasted(EditLine *line, int key) {
  static const wchar_t end[] = {0x1B, '[', '2', '0', '1', '~'};
  const size_t length = sizeof end / sizeof *end;
  wchar_t character[2] = {0, 0};
  size_t matched = 0;
  (void)key;
  while (matched < length && read_character(line, character) == 1) {
    if (*character == end[matched]) {
      matched++;
      continue;
    }
    matched = *character == *end;
    if (*character == '\r') *character = '\n';
    if (*character >= ' ' ? *character != 0x7F : *character == '\n' || *character == '\t')
      el_winsertstr(line, character);
  }
  return CC_REFRESH;
}

// Begins a new line of the same text.
static unsigned char insert_line_feed(EditLine *line, int key) {
  (void)key;
  return el_winsertstr(line, L"\n") == 0 ? CC_REFRESH : CC_ERROR;
}

static unsigned char do_nothing(EditLine *line, int key) {
  (void)line;
  (void)key;
  return CC_NORM;
}

// Inserts what the completer adds.
static unsigned char complete(EditLine *line, int key) {
  CEditor *editor = owner(line);
  const LineInfoW *info = el_wline(line);
  const size_t count = (size_t)(info->cursor - info->buffer);
  wchar_t *wide = calloc(count + 1, sizeof *wide);
  char *before = malloc(count * MB_CUR_MAX + 1);
  unsigned char result = CC_ERROR;
  (void)key;
  if (wide != NULL && before != NULL) {
    wmemcpy(wide, info->buffer, count);
    if (wcstombs(before, wide, count * MB_CUR_MAX + 1) != (size_t)-1) {
      int listed = 0;
      char *added = editor->completer(editor->context, before, &listed);
      if (added != NULL && el_insertstr(line, added) == 0) result = CC_REFRESH;
      if (listed) result = CC_REDISPLAY;
      free(added);
    }
  }
  free(wide);
  free(before);
  return result;
}

static void bind(EditLine *line, const char *keys, const char *command) {
  el_set(line, EL_BIND, keys, command, NULL);
}

// Keys as xterm, the Linux console and rxvt send them: those that move or delete do so, others do
// nothing, where libedit would insert their last letters.
static void bind_keys(EditLine *line) {
  char keys[16];
  for (int code = 1; code <= 34; code++) {
    const char *command = code == 1 || code == 7   ? "ed-move-to-beg"
                          : code == 4 || code == 8 ? "ed-move-to-end"
                          : code == 3              ? "ed-delete-next-char"
                                                   : "ed-nothing";
    snprintf(keys, sizeof keys, "\\e[%d~", code);
    bind(line, keys, command);
    for (int modifier = 2; modifier <= 8; modifier++) {
      snprintf(keys, sizeof keys, "\\e[%d;%d~", code, modifier);
      bind(line, keys, command);
    }
  }
  static const char letters[] = "ABCDEFHPQRS";
  for (const char *letter = letters; *letter != 0; letter++) {
    const char *command = *letter == 'C'   ? "em-next-word"
                          : *letter == 'D' ? "ed-prev-word"
                          : *letter == 'H' ? "ed-move-to-beg"
                          : *letter == 'F' ? "ed-move-to-end"
                                           : "ed-nothing";
    for (int modifier = 2; modifier <= 8; modifier++) {
      snprintf(keys, sizeof keys, "\\e[1;%d%c", modifier, *letter);
      bind(line, keys, command);
    }
  }
  for (const char *letter = "PQRS"; *letter != 0; letter++) {
    snprintf(keys, sizeof keys, "\\eO%c", *letter);
    bind(line, keys, "ed-nothing");
  }
  for (const char *letter = "ABCDE"; *letter != 0; letter++) {  // the console's F1 to F5
    snprintf(keys, sizeof keys, "\\e[[%c", *letter);
    bind(line, keys, "ed-nothing");
  }
  static const char *const others[][2] = {
      {"\\e[Z", "ed-nothing"},       {"\\e[E", "ed-nothing"},     {"\\e[H", "ed-move-to-beg"},
      {"\\e[F", "ed-move-to-end"},   {"\\eOH", "ed-move-to-beg"}, {"\\eOF", "ed-move-to-end"},
      {"\\eOc", "em-next-word"},     {"\\eOd", "ed-prev-word"},   {"^U", "vi-kill-line-prev"},
      {"^W", "ed-delete-prev-word"}, {"\\e[200~", "ed-paste"},    {"^I", "ed-complete-word"},
      {"\\e^J", "ed-new-line"},      {"\\e^M", "ed-new-line"},
  };
  for (size_t index = 0; index < sizeof others / sizeof *others; index++)
    bind(line, others[index][0], others[index][1]);
}

CEditor *cedit_open(const char *program, CEditCompleter completer, void *context) {
  CEditor *editor = calloc(1, sizeof *editor);
  HistEvent event;
  if (editor == NULL) return NULL;
  editor->completer = completer;
  editor->context = context;
  editor->prompt = "";
  editor->history = history_init();
  editor->line = el_init(program, stdin, stderr, stderr);
  if (editor->history == NULL || editor->line == NULL) {
    cedit_close(editor);
    return NULL;
  }
  history(editor->history, &event, H_SETSIZE, 1000);
  el_set(editor->line, EL_CLIENTDATA, editor);
  el_set(editor->line, EL_EDITOR, "emacs");
  el_set(editor->line, EL_PROMPT, show_prompt);
  el_set(editor->line, EL_HIST, history, editor->history);
  el_set(editor->line, EL_GETCFN, read_character);
  el_set(editor->line, EL_ADDFN, "ed-complete-word", "Complete a word", complete);
  el_set(editor->line, EL_ADDFN, "ed-paste", "Insert pasted text", insert_pasted);
  el_set(editor->line, EL_ADDFN, "ed-new-line", "Begin a new line", insert_line_feed);
  el_set(editor->line, EL_ADDFN, "ed-nothing", "Do nothing", do_nothing);
  bind_keys(editor->line);
  return editor;
}

void cedit_close(CEditor *editor) {
  if (editor->line != NULL) el_end(editor->line);
  if (editor->history != NULL) history_end(editor->history);
  free(editor);
}

const char *cedit_read_line(CEditor *editor, const char *prompt, int *count) {
  editor->prompt = prompt;
  editor->skipped = 0;
  return el_gets(editor->line, count);
}

int cedit_cells(unsigned int character) { return wcwidth((wchar_t)character); }

int cedit_skipped(const CEditor *editor) { return editor->skipped; }

void cedit_remember(CEditor *editor, const char *line) {
  HistEvent event;
  history(editor->history, &event, H_ENTER, line);
}
