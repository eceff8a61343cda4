#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

// archive_read_next_header with the bytes of the name, NULL where it has none that can be told.
//
// libarchive converts names to the thread's locale, and composes characters where that is UTF-8. In the C
// locale tar names stay the bytes that they are; names in ZIP and 7z archives, which say what encoding they
// have, need a UTF-8 locale.
static inline int carchive_next_header(struct archive *archive, struct archive_entry **entry,
                                       const char **name, int is_utf8) {
  locale_t locale = newlocale(LC_CTYPE_MASK, is_utf8 ? "C.UTF-8" : "C", (locale_t)0);
  locale_t before = locale ? uselocale(locale) : (locale_t)0;
  int result = archive_read_next_header(archive, entry);
  *name = result >= ARCHIVE_WARN ? archive_entry_pathname(*entry) : NULL;
  if (locale) {
    uselocale(before);
    freelocale(locale);
  }
  return result;
}
