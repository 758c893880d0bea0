#include "arena.hpp"

#include <bimix/core/error.hpp>
#include <bimix/core/large_pages.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace bimix::proxy {
namespace {

constexpr Index cache_line_floats = 16;
constexpr Index page_floats = (2 << 20) / sizeof(float);

Index rounded_up(Index count, Index unit) { return (count + unit - 1) / unit * unit; }

float* new_chunk(Index floats) {
  const std::size_t bytes = static_cast<std::size_t>(floats) * sizeof(float);
  void* const memory = core::take_large_pages(bytes);
  if (memory == nullptr)
    throw core::NoMemory(
        {.place = "",
         .problem = fmt::format("no memory for {} MiB of a proxy model", bytes >> 20),
         .rule = "",
         .remedy = "Use a smaller width, batch or vocabulary, or fewer ranks a machine"});
  auto* const chunk = static_cast<float*>(memory);
  std::fill_n(chunk, floats, 0.0F);
  return chunk;
}

}  // namespace

void Arena::Free::operator()(float* floats) const { core::give_back_large_pages(floats); }

Buffer Arena::take(Index count) {
  const Index whole = rounded_up(count, cache_line_floats);
  auto chunk = std::find_if(chunks_.begin(), chunks_.end(),
                            [&](const Chunk& each) { return each.left >= whole; });
  if (chunk == chunks_.end()) {
    const Index size = rounded_up(whole, page_floats);
    Chunk fresh;
    fresh.floats.reset(new_chunk(size));
    fresh.next = fresh.floats.get();
    fresh.left = size;
    chunk = chunks_.insert(chunks_.end(), std::move(fresh));
  }
  const Buffer buffer(chunk->next, count);
  chunk->next += whole;
  chunk->left -= whole;
  return buffer;
}

}  // namespace bimix::proxy
