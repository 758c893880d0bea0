#include "arena.hpp"

#include <bimix/core/error.hpp>

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace bimix::proxy {
namespace {

constexpr Index cache_line_floats = 16;
constexpr Index page_floats = (2 << 20) / sizeof(float);
constexpr std::align_val_t page_alignment{2 << 20};

Index rounded_up(Index count, Index unit) { return (count + unit - 1) / unit * unit; }

float* new_chunk(Index floats) {
  const std::size_t bytes = static_cast<std::size_t>(floats) * sizeof(float);
  void* const memory = ::operator new(bytes, page_alignment, std::nothrow);
  if (memory == nullptr)
    throw core::NoMemory(
        {.place = "",
         .problem = fmt::format("no memory for {} MiB of a proxy model", bytes >> 20),
         .rule = "",
         .remedy = "Use a smaller width, batch or vocabulary, or fewer ranks a machine"});
  madvise(memory, bytes, MADV_HUGEPAGE);  // advice: where it is not taken, small pages do
  auto* const chunk = static_cast<float*>(memory);
  std::fill_n(chunk, floats, 0.0F);
  return chunk;
}

}  // namespace

void Arena::Free::operator()(float* chunk) const { ::operator delete(chunk, page_alignment); }

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
