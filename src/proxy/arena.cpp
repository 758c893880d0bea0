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

void Arena::Free::operator()(float* chunk) const { core::give_back_large_pages(chunk); }

Buffer Arena::take(Index count) {
  const Index whole = rounded_up(count, cache_line_floats);
  if (whole > left_) {
    left_ = rounded_up(whole, page_floats);
    chunks_.emplace_back(new_chunk(left_));
    next_ = chunks_.back().get();
  }
  const Buffer buffer(next_, count);
  next_ += whole;
  left_ -= whole;
  return buffer;
}

}  // namespace bimix::proxy
