// A C interface to SentencePiece that lets no exception through.
#include "csentencepiece.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <string_view>
#include <vector>

struct CSPModel {
  sentencepiece::SentencePieceProcessor processor;
};

static std::string_view view(const uint8_t *bytes, size_t count) {
  return {reinterpret_cast<const char *>(bytes), count};
}

CSPModel *csp_load(const uint8_t *bytes, size_t count, char *message, size_t capacity) {
  try {
    auto model = std::make_unique<CSPModel>();
    const auto status = model->processor.LoadFromSerializedProto(view(bytes, count));
    if (status.ok()) return model.release();
    std::snprintf(message, capacity, "%s", status.error_message());
  } catch (const std::exception &error) {
    std::snprintf(message, capacity, "%s", error.what());
  } catch (...) { std::snprintf(message, capacity, "unknown error"); }
  return nullptr;
}

void csp_free(CSPModel *model) { delete model; }

int32_t *csp_encode(const CSPModel *model, const uint8_t *text, size_t count, size_t *id_count) {
  try {
    std::vector<int> ids;
    if (!model->processor.Encode(view(text, count), &ids).ok()) return nullptr;
    auto *copy = static_cast<int32_t *>(std::malloc(ids.size() * sizeof(int32_t) + 1));
    if (copy == nullptr) return nullptr;
    std::copy(ids.begin(), ids.end(), copy);
    *id_count = ids.size();
    return copy;
  } catch (...) { return nullptr; }
}

void csp_free_ids(int32_t *ids) { std::free(ids); }
