#pragma once

#include "kernels.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace bimix::proxy {

/// Numbers on a cache line boundary, owned by an arena.
template <class Number>
class BufferOf {
 public:
  BufferOf(Number* data, Index size) : data_(data), size_(size) {}
  Number* data() const { return data_; }
  Number* at(Index offset) const { return data_ + offset; }
  Index size() const { return size_; }

 private:
  Number* data_;
  Index size_;
};
using Buffer = BufferOf<float>;

/// Hands out zeroed buffers that live as long as it does, side by side on pages of 2 MiB where the
/// system has them: a step touches more memory than small pages can be remembered for.
class Arena {
 public:
  /// @throws DataError if there is not enough memory
  Buffer take(Index count);
  /// The same of numbers as products multiply them: float or Bf16.
  template <class Factor>
  BufferOf<Factor> take_factors(Index count) {
    const Index floats =
        (count * Index{sizeof(Factor)} + Index{sizeof(float) - 1}) / Index{sizeof(float)};
    return {reinterpret_cast<Factor*>(take(floats).data()), count};
  }

 private:
  struct Free {
    void operator()(float* floats) const;
  };
  /// Whole pages, filled from their beginning.
  struct Chunk {
    std::unique_ptr<float[], Free> floats{};
    float* next = nullptr;
    Index left = 0;
  };
  std::vector<Chunk> chunks_{};
};

}  // namespace bimix::proxy
