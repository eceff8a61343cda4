#ifndef CSENTENCEPIECE_H
#define CSENTENCEPIECE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A loaded SentencePiece model. Encoding with one from several threads at once is safe.
typedef struct CSPModel CSPModel;

/// Loads a model from the contents of a `tokenizer.model` file, which are copied.
///
/// The library trusts some parts of the file (the normalisation tables); check them before. Returns
/// NULL when it refuses the model, with the reason in `message` (`capacity` bytes, cut to fit,
/// ending in a zero byte).
CSPModel *csp_load(const uint8_t *bytes, size_t count, char *message, size_t capacity);

/// Frees a model; NULL is allowed.
void csp_free(CSPModel *model);

/// Encodes valid UTF-8.
///
/// Returns the ids in memory that `csp_free_ids` frees, their number in `id_count`; NULL when the
/// library refuses the text or memory runs out.
int32_t *csp_encode(const CSPModel *model, const uint8_t *text, size_t count, size_t *id_count);

/// Frees what `csp_encode` returned; NULL is allowed.
void csp_free_ids(int32_t *ids);

#ifdef __cplusplus
}
#endif

#endif
