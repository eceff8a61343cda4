// The part of libvips 8.14 that the module Imaging uses.
//
// libvips is opened with dlopen by cvips_start, not linked: loading it and its
// loader plug-ins takes about 60 ms, which a run without pictures should not pay,
// and a program that never sees a picture then works without the library.
//
// None of these functions may run at the same time as another: libvips has one
// error buffer per process. The caller holds a lock.
#ifndef CVIPS_H
#define CVIPS_H

#include <stddef.h>
#include <stdint.h>

// Values of the VipsBandFormat enumeration that need no conversion.
enum { CVIPS_FORMAT_UCHAR = 0, CVIPS_FORMAT_USHORT = 2 };

// Values of the VipsInterpretation enumeration.
enum {
  CVIPS_INTERPRETATION_MULTIBAND = 0,
  CVIPS_INTERPRETATION_B_W = 1,
  CVIPS_INTERPRETATION_CMYK = 15,
  CVIPS_INTERPRETATION_RGB = 17,
  CVIPS_INTERPRETATION_SRGB = 22,
  CVIPS_INTERPRETATION_RGB16 = 25,
  CVIPS_INTERPRETATION_GREY16 = 26,
  CVIPS_INTERPRETATION_SCRGB = 28,
};

// What a file's header says.
typedef struct {
  int width, height;   // of one page, in pixels, at least 1
  int bands;           // samples per pixel, at least 1
  int format;          // CVIPS_FORMAT_UCHAR or CVIPS_FORMAT_USHORT
  int interpretation;  // VipsInterpretation
  int orientation;     // EXIF orientation, 1 to 8; 1 when there is none
  int pages;           // at least 1
} CVipsHeader;

// One opened picture.
typedef struct CVipsImage CVipsImage;

// Opens and starts the library and blocks all of its loaders that are not meant
// for untrusted files, except those of BMP (ImageMagick) and PDF (poppler): these
// are reached only through cvips_open, which never guesses a format.
//
// Returns NULL when the library is ready, else why not. May be called again.
const char *cvips_start(void);

// Opens a picture in memory with a loader, such as "vips_pngload_buffer", and reads
// its header. `page` is -1 for loaders without pages; `dpi` is 0 for all but PDF.
// The bytes must stay in place until cvips_close. Samples other than 8 and 16 bits
// unsigned are cut to 0...255.
//
// Returns NULL on failure; cvips_take_error then says why.
CVipsImage *cvips_open(const char *loader, const void *bytes, size_t count, int page, double dpi,
                       CVipsHeader *header);

// Decodes `rows` full rows beginning at row `top` into `destination`, samples of a
// pixel next to each other. Ask for rows from top to bottom, each once: most formats
// are decoded as a stream.
//
// Returns 0, or -1 when the file is damaged or the rows do not fill exactly `count` bytes.
int cvips_read(CVipsImage *image, int top, int rows, void *destination, size_t count);

void cvips_close(CVipsImage *image);

// Encodes `[height, width, 3]` 8-bit RGB as PNG into `*png`, to be freed with cvips_free.
// Returns 0, or -1 on failure.
int cvips_encode_png(const uint8_t *pixels, int width, int height, void **png, size_t *count);

// The same as JPEG; `quality` is 1 to 100.
int cvips_encode_jpeg(const uint8_t *pixels, int width, int height, int quality, void **jpeg,
                      size_t *count);

void cvips_free(void *memory);

// The library's version; it must have been started.
const char *cvips_version(void);

// Copies what the library said since the last cvips_open into `text` (cut to `capacity`, with
// a final zero).
void cvips_take_error(char *text, size_t capacity);

#endif
