#include "cvips.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Declarations that match libvips 8.14 and GLib 2; their objects are opaque here.
typedef struct VipsImage VipsImage;
typedef struct VipsRegion VipsRegion;
typedef int (*LoadBuffer)(void *bytes, size_t count, VipsImage **image, ...);
typedef void (*LogHandler)(const char *domain, int level, const char *message, void *user);

enum { VIPS_ACCESS_SEQUENTIAL = 1, VIPS_FAIL_ON_ERROR = 2 };
enum { G_LOG_LEVEL_MASK = -4 };

// Every function used, by name: X(result, name, parameters).
#define FUNCTIONS(X)                                                                               \
  X(int, vips_init, (const char *program))                                                         \
  X(const char *, vips_version_string, (void))                                                     \
  X(void, vips_block_untrusted_set, (int state))                                                   \
  X(void, vips_operation_block_set, (const char *class_name, int state))                           \
  X(void, vips_cache_set_max, (int operations))                                                    \
  X(void, vips_concurrency_set, (int threads))                                                     \
  X(char *, vips_error_buffer_copy, (void))                                                        \
  X(void, vips_error_clear, (void))                                                                \
  X(int, vips_image_get_width, (const VipsImage *image))                                           \
  X(int, vips_image_get_height, (const VipsImage *image))                                          \
  X(int, vips_image_get_bands, (const VipsImage *image))                                           \
  X(int, vips_image_get_format, (const VipsImage *image))                                          \
  X(int, vips_image_get_interpretation, (const VipsImage *image))                                  \
  X(int, vips_image_get_orientation, (VipsImage * image))                                          \
  X(int, vips_image_get_n_pages, (VipsImage * image))                                              \
  X(int, vips_cast, (VipsImage * image, VipsImage * *result, int format, ...))                     \
  X(VipsRegion *, vips_region_new, (VipsImage * image))                                            \
  X(uint8_t *, vips_region_fetch,                                                                  \
    (VipsRegion * region, int left, int top, int width, int height, size_t *count))                \
  X(VipsImage *, vips_image_new_from_memory,                                                       \
    (const void *samples, size_t count, int width, int height, int bands, int format))             \
  X(int, vips_pngsave_buffer, (VipsImage * image, void **png, size_t *count, ...))                 \
  X(int, vips_jpegsave_buffer, (VipsImage * image, void **jpeg, size_t *count, ...))               \
  X(void, g_object_unref, (void *object))                                                          \
  X(void, g_free, (void *memory))                                                                  \
  X(unsigned, g_log_set_handler, (const char *domain, int levels, LogHandler handler, void *user))

#define DECLARE(result, name, parameters) static result(*name) parameters;
FUNCTIONS(DECLARE)
#undef DECLARE

struct CVipsImage {
  VipsImage *image;
  VipsRegion *region;
  int width;
};

static void *library;
static bool started;

// The last warning: some loaders give their reason only there.
static char warning[256];

static void keep_warning(const char *domain, int level, const char *message, void *user) {
  (void)domain, (void)level, (void)user;
  snprintf(warning, sizeof warning, "%s", message);
}

static const char *find_functions(void) {
  static const struct {
    const char *name;
    void **function;
  } table[] = {
#define ENTRY(result, name, parameters) {#name, (void **)&name},
      FUNCTIONS(ENTRY)
#undef ENTRY
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    *table[i].function = dlsym(library, table[i].name);
    if (!*table[i].function) return dlerror();
  }
  return NULL;
}

const char *cvips_start(void) {
  if (started) return NULL;
  library = dlopen("libvips.so.42", RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
  const char *missing = find_functions();
  if (missing) return missing;
  if (vips_init("internvl")) return "libvips.so.42 could not be initialised";
  // Messages of the library and its parts belong to an error, not on the terminal.
  const char *domains[] = {"VIPS", "GLib", "GLib-GObject", "Poppler", NULL};
  for (const char **domain = domains; *domain; domain++)
    g_log_set_handler(*domain, G_LOG_LEVEL_MASK, keep_warning, NULL);
  vips_block_untrusted_set(1);
  vips_operation_block_set("VipsForeignLoadMagick", 0);
  vips_operation_block_set("VipsForeignLoadPdf", 0);
  vips_cache_set_max(0);  // its keys hold addresses of buffers that are freed by then
  vips_concurrency_set(1);
  started = true;
  return NULL;
}

static int load(LoadBuffer open, void *bytes, size_t count, int page, double dpi,
                VipsImage **image) {
  if (dpi > 0) {
    return open(bytes, count, image, "page", page, "dpi", dpi, "fail_on", VIPS_FAIL_ON_ERROR, NULL);
  }
  if (page >= 0) {
    return open(bytes, count, image, "page", page, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                VIPS_FAIL_ON_ERROR, NULL);
  }
  return open(bytes, count, image, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR,
              NULL);
}

// Replaces `*image` by one with 8-bit samples, clipped, unless it has 8 or 16 bits already.
static int narrow(VipsImage **image) {
  int format = vips_image_get_format(*image);
  if (format == CVIPS_FORMAT_UCHAR || format == CVIPS_FORMAT_USHORT) return 0;
  VipsImage *narrowed = NULL;
  if (vips_cast(*image, &narrowed, CVIPS_FORMAT_UCHAR, NULL)) return -1;
  g_object_unref(*image);
  *image = narrowed;
  return 0;
}

CVipsImage *cvips_open(const char *loader, const void *bytes, size_t count, int page, double dpi,
                       CVipsHeader *header) {
  vips_error_clear();  // warnings about an earlier picture
  warning[0] = 0;
  LoadBuffer open = (LoadBuffer)dlsym(library, loader);
  VipsImage *image = NULL;
  if (!open || load(open, (void *)bytes, count, page, dpi, &image)) return NULL;
  VipsRegion *region = narrow(&image) ? NULL : vips_region_new(image);
  CVipsImage *opened = region ? malloc(sizeof *opened) : NULL;
  if (!opened) {
    if (region) g_object_unref(region);
    g_object_unref(image);
    return NULL;
  }
  *header = (CVipsHeader){
      .width = vips_image_get_width(image),
      .height = vips_image_get_height(image),
      .bands = vips_image_get_bands(image),
      .format = vips_image_get_format(image),
      .interpretation = vips_image_get_interpretation(image),
      .orientation = vips_image_get_orientation(image),
      .pages = vips_image_get_n_pages(image),
  };
  *opened = (CVipsImage){.image = image, .region = region, .width = header->width};
  return opened;
}

int cvips_read(CVipsImage *image, int top, int rows, void *destination, size_t count) {
  size_t fetched = 0;
  uint8_t *samples = vips_region_fetch(image->region, 0, top, image->width, rows, &fetched);
  if (!samples) return -1;
  int result = fetched == count ? 0 : -1;
  if (result == 0) memcpy(destination, samples, count);
  g_free(samples);
  return result;
}

void cvips_close(CVipsImage *image) {
  g_object_unref(image->region);
  g_object_unref(image->image);
  free(image);
}

// The image that RGB pixels are, or NULL; the pixels must stay in place while it lives.
static VipsImage *wrap(const uint8_t *pixels, int width, int height) {
  size_t bytes = (size_t)width * (size_t)height * 3;
  return vips_image_new_from_memory(pixels, bytes, width, height, 3, CVIPS_FORMAT_UCHAR);
}

int cvips_encode_png(const uint8_t *pixels, int width, int height, void **png, size_t *count) {
  VipsImage *image = wrap(pixels, width, height);
  if (!image) return -1;
  int result = vips_pngsave_buffer(image, png, count, NULL);
  g_object_unref(image);
  return result;
}

int cvips_encode_jpeg(const uint8_t *pixels, int width, int height, int quality, void **jpeg,
                      size_t *count) {
  VipsImage *image = wrap(pixels, width, height);
  if (!image) return -1;
  int result = vips_jpegsave_buffer(image, jpeg, count, "Q", quality, NULL);
  g_object_unref(image);
  return result;
}

void cvips_free(void *memory) { g_free(memory); }

const char *cvips_version(void) { return vips_version_string(); }

void cvips_take_error(char *text, size_t capacity) {
  char *said = vips_error_buffer_copy();
  snprintf(text, capacity, "%s", said && *said ? said : warning);
  g_free(said);
}
